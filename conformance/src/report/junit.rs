//! JUnit XML: one test case per check. What did not pass is never a success: skipped, failed, or an error.
use super::incident_text;
use super::text::visible;
use crate::journal::{CheckRecord, Journal, Status};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// The document.
///
/// # Errors
/// Those of writing XML.
pub fn render(journal: &Journal, texts: &BTreeMap<String, String>) -> Result<String, quick_junit::SerializeError> {
    let start = &journal.start;
    let mut report = Report::new(&*visible(&format!("array protocol {}: {}", start.spec, start.backend.title())));
    for category in super::summary::categories(journal) {
        let mut suite = TestSuite::new(&*visible(category.name));
        let properties = [
            ("spec", start.spec.clone()),
            ("suite", start.suite.clone()),
            ("plan", start.plan.clone()),
            ("mode", start.mode.clone()),
            ("seed", start.seed.to_string()),
            ("worker", start.worker.clone()),
        ];
        suite.add_properties(properties.map(|(name, value)| Property::new(name, &*visible(&value))));
        suite.add_test_cases(journal.checks.iter().filter(|c| c.category == category.name).map(|c| test_case(c, texts)));
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn test_case(check: &CheckRecord, texts: &BTreeMap<String, String>) -> TestCase {
    let mut status = match check.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Incident => TestCaseStatus::non_success(NonSuccessKind::Error),
        Status::ExpectedFail | Status::Unsupported | Status::Blocked | Status::Untestable => TestCaseStatus::skipped(),
    };
    if check.status != Status::Pass {
        let why = check.reason.as_deref().or(check.failure.as_ref().map(|f| f.summary.as_str())).unwrap_or_default();
        status.set_type(check.status.name());
        status.set_message(&*visible(&format!("{}: {why}", check.status.name())));
    }
    if matches!(check.status, Status::Fail | Status::Incident) {
        status.set_description(&*visible(&description(check, texts)));
    }
    let class = match &check.operation {
        Some(operation) => format!("{}.{operation}", check.category),
        None => check.category.clone(),
    };
    let mut case = TestCase::new(&*visible(&check.id), status);
    case.set_classname(&*visible(&class)).set_assertions(usize::try_from(check.cases).unwrap_or(usize::MAX));
    case
}

fn description(check: &CheckRecord, texts: &BTreeMap<String, String>) -> String {
    let text = texts.get(&check.clause).map_or("", String::as_str);
    let Some(failure) = &check.failure else {
        return text.into();
    };
    let incident = failure.incident.as_ref().map_or(String::new(), |i| format!("incident: {}\n", incident_text(i)));
    format!(
        "{text}\n\n{}\n{incident}expected: {}\ngot: {}\n\n{}\n{}",
        failure.summary, failure.expected, failure.got, failure.rust, failure.python
    )
}
