//! Foreign text, made harmless for a terminal.
use std::borrow::Cow;

/// The text with everything escaped that moves, hides or reorders what a reader sees: control characters (`\u{1b}`), and the
/// characters of Unicode that set directions or have no width. A line feed stays; use `one_line` where there must be none.
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && disturbs(c))
}

/// As [`visible`], line feeds included.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, disturbs)
}

fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{fffe}' | '\u{ffff}')
}

fn escape(text: &str, disturbs: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&disturbs) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' if disturbs(c) => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if disturbs(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}
