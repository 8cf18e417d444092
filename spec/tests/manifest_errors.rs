//! What is said of manifests that are wrong.
#![cfg(feature = "manifests")]
use array_protocol::manifest::{self, FILES, ManifestError, Suite, parse, validate};

const EXP: &str = "elementwise/exp.toml";

fn text(path: &str) -> &'static str {
    FILES.iter().find(|(p, _)| *p == path).unwrap_or_else(|| panic!("{path}")).1
}

/// The error of a file in which `from` is replaced by `to`.
fn broken(path: &str, from: &str, to: &str) -> ManifestError {
    let wrong = text(path).replacen(from, to, 1);
    assert_ne!(wrong, text(path), "{from} is not in {path}");
    parse(path, &wrong).expect_err(to)
}

#[test]
fn a_mistyped_key_is_named_with_its_place_and_what_was_meant() {
    let e = broken(EXP, "level = \"must\"", "levle = \"must\"");
    assert_eq!(e.path, EXP);
    assert_eq!(e.key.as_deref(), Some("levle"));
    assert_eq!(e.hint.as_deref(), Some("level"));
    let line = text(EXP).lines().position(|l| l.starts_with("level")).unwrap() + 1;
    assert_eq!(e.at, Some((line, 1)));
    assert!(e.to_string().starts_with(&format!("{EXP}:{line}:1: at `levle`: unknown field")), "{e}");
    assert!(e.to_string().ends_with("(did you mean `level`?)"), "{e}");
}

#[test]
fn a_mistyped_value_is_named_with_what_was_meant() {
    assert_eq!(broken(EXP, "\"float32\"", "\"flaot32\"").hint.as_deref(), Some("float32"));
    assert_eq!(broken(EXP, "kind = \"shape\"", "kind = \"shapes\"").hint.as_deref(), Some("shape"));
    assert_eq!(broken(EXP, "level = \"must\"", "level = \"mus\"").hint.as_deref(), Some("must"));
    assert_eq!(broken(EXP, "name = \"exp\"", "name = \"expm\"").hint.as_deref(), Some("exp"));
}

#[test]
fn what_is_missing_or_no_toml_is_named() {
    let e = broken(EXP, "summary = \"The exponential of each element.\"\n", "");
    assert!(e.message.contains("missing field `summary`"), "{e}");
    let e = broken(EXP, "manifest = 1", "manifest 1");
    assert_eq!(e.at.map(|at| at.0), Some(1), "{e}");
    let e = broken(EXP, "manifest = 1", "manifest = \"one\"");
    assert!(e.message.contains("u32"), "{e}");
}

#[test]
fn a_file_in_the_wrong_place_is_named() {
    let e = parse("elementwse/exp.toml", text(EXP)).unwrap_err();
    assert_eq!(e.hint.as_deref(), Some("elementwise"), "{e}");
    assert!(parse("exp.toml", text(EXP)).is_err());
    assert!(parse("elementwise/exp.json", text(EXP)).is_err());
    assert!(parse("tables/rounding.toml", "").unwrap_err().message.contains("promotion"));
}

#[test]
fn an_operation_has_one_manifest_and_tables_are_there() {
    let twice = FILES.iter().copied().chain([("reduction/exp.toml", text(EXP))]);
    let e = Suite::from_files(twice).unwrap_err();
    assert!(e.message.contains("already defined by elementwise/exp.toml"), "{e}");
    let e = Suite::from_files(FILES.iter().copied().filter(|f| f.0 != "tables/promotion.toml")).unwrap_err();
    assert_eq!(e.path, "tables/promotion.toml");
}

/// What `validate` says of the suite in which `from` is replaced by `to` in one file.
fn disagreements(path: &str, from: &str, to: &str) -> Vec<String> {
    let wrong = text(path).replace(from, to);
    assert_ne!(wrong, text(path), "{from} is not in {path}");
    let files: Vec<(&str, &str)> = FILES.iter().map(|&(p, t)| (p, if p == path { wrong.as_str() } else { t })).collect();
    let suite = Suite::from_files(files).unwrap_or_else(|e| panic!("{e}"));
    validate(&suite).iter().map(ToString::to_string).collect()
}

#[test]
fn contradictions_are_found() {
    const SUM: &str = "reduction/sum.toml";
    const FLOOR: &str = "elementwise/floor_divide.toml";
    const VALUES: &str = "common/values.toml";
    let wrong: &[(&str, &str, &str, &str)] = &[
        (EXP, "family = \"unary\"", "family = \"binary\"", "the list of operations says `unary`"),
        (EXP, "manifest = 1", "manifest = 2", "version 2"),
        (EXP, "id = \"exp.shape\"", "id = \"shape.exp\"", "`exp.<slug>`"),
        (EXP, "id = \"exp.shape\"", "id = \"exp.Shape\"", "`exp.<slug>`"),
        (EXP, "id = \"exp.shape\"", "id = \"exp.dtype\"", "is there twice"),
        (EXP, "faults = [\"generic.wrong_dtype\"]", "faults = []", "no fault shows that its check can fail"),
        (EXP, "faults = [\"generic.wrong_dtype\"]", "faults = [\"wrong\"]", "fault `wrong`"),
        (EXP, "faults = [\"generic.wrong_dtype\"]", "faults = [\"generic.wrong_dtype\", \"generic.wrong_dtype\"]", "a fault twice"),
        (EXP, "float32 = 3, ", "", "float32 is accepted but has no limit"),
        (EXP, "float32 = 3, ", "float32 = 3, float16 = 3, ", "float16 is not accepted"),
        (EXP, "float32 = 3, ", "float32 = -3, ", "not a positive number"),
        (EXP, "measure = \"ulp\"", "measure = \"exact\"", "no meaning where the measure is `exact`"),
        (EXP, "measure = \"ulp\"", "measure = \"forward\"", "needs the bound"),
        (EXP, "clause = \"exp.special_values\"", "clause = \"exp.special_value\"", "did you mean `exp.special_values`?"),
        (EXP, "clause = \"exp.special_values\"", "clause = \"exp.shape\"", "is not checked by them"),
        (EXP, "when = { x = \"nan\" }", "when = { y = \"nan\" }", "no parameter is called `y`"),
        (EXP, "kind = \"dtype\"\nwhen", "kind = \"value\"\nwhen", "the check something else"),
        (EXP, "given = \"dtype\", ", "", "needs `given`"),
        (EXP, "check = { kind = \"dtype\" }", "check = { kind = \"dtype\", why = \"no\" }", "`why` has no meaning"),
        (EXP, "check = { kind = \"dtype\" }", "check = { kind = \"none\", why = \"no\" }", "go together"),
        (EXP, "\nx = { dtype", "\nz = { dtype", "no parameter is called `z`"),
        (EXP, "\nout = { dtype = \"float32\"", "\nres = { dtype = \"float32\"", "no result is called `res`"),
        (EXP, "when = { x = \"-inf\" }", "when = { x = \"-infinity\" }", "`-infinity` is not a pattern"),
        (EXP, "\nout = \"+0\"", "\nout = \"y\"", "`y` is not a pattern"),
        (EXP, "edges = [\"0\"", "edges = [\"zero\"", "`zero` is not a number"),
        (EXP, "range = [-20.0, 20.0]", "range = [20.0, -20.0]", "is empty"),
        (EXP, "data = [0.0, \"-inf\", \"inf\"]", "data = [0.0, \"-inf\", \"far\"]", "`x`: `\"far\"` is not an element of float32"),
        (EXP, "out = { dtype = \"float32\", data = [1.0, 0.0, \"inf\"] }", "error = \"dtypes\"", "no kind of error"),
        (SUM, "name = \"axes\"", "name = \"keepdims\"", "is there twice"),
        (SUM, "type = \"axes\"", "type = \"axs\"", "type `axs` is not one of"),
        (FLOOR, "declared = \"floor_div_inf=python\"", "declared = \"floor_div_inf=snake\"", "not one of its choices"),
        (FLOOR, "level = \"declared\"", "level = \"must\"", "go together"),
        (VALUES, "\"unary\"", "\"unry\"", "did you mean `unary`?"),
        (VALUES, "\"setitem\"", "\"getitems\"", "did you mean `getitem`?"),
        (
            "tables/promotion.toml",
            "bool = [\"bool\"]\n\n[[group]]\nname = \"int",
            "bool = [\"bol\"]\n\n[[group]]\nname = \"int",
            "`bol` is no dtype",
        ),
        ("common/transport.toml", "topic = \"transport\"", "topic = \"transports\"", "`transports.<slug>`"),
    ];
    for (path, from, to, said) in wrong {
        let found = disagreements(path, from, to);
        assert!(found.iter().any(|d| d.contains(said)), "{path}: `{from}` as `{to}` should be answered with `{said}`: {found:#?}");
    }
}

#[test]
fn a_missing_manifest_is_found() {
    let suite = Suite::from_files(FILES.iter().copied().filter(|f| f.0 != EXP)).unwrap();
    let found = validate(&suite);
    assert!(found.iter().any(|d| d.text.contains("has no manifest") && d.path.contains("exp")), "{found:?}");
}

#[test]
fn explanations_show_clause_operation_and_topic() {
    let suite = manifest::load().unwrap();
    let clause = manifest::explain(&suite, "floor_divide.floor_of_exact_quotient").unwrap();
    for part in
        ["floor_divide(x1: T1 S1, x2: T2 S2)", "[must, since 1.0]", "1 // 0.1 is 9", "check: ", "floor_divide.floor_of_rounded_quotient"]
    {
        assert!(clause.contains(part), "{part} is not in\n{clause}");
    }
    let special = manifest::explain(&suite, "exp.special_values").unwrap();
    assert!(special.contains("x = -inf -> +0"), "{special}");
    assert!(special.contains("float32 3"), "{special}");
    let operation = manifest::explain(&suite, "sum").unwrap();
    for clause in suite.entry(array_protocol::ReduceOp::Sum).unwrap().manifest.clauses.iter() {
        assert!(operation.contains(&clause.id));
    }
    assert!(manifest::explain(&suite, "values").unwrap().contains("values.copy_on_write"));
    assert!(operation.lines().chain(clause.lines()).all(|l| l.chars().count() <= 110));
    assert_eq!(manifest::explain(&suite, "flor_divide"), None);
    assert_eq!(manifest::suggest(&suite, "flor_divide"), Some("floor_divide"));
}
