//! The badge: specification version, profiles, who tested. Never a percentage.
use super::summary::{Verdict, verdict};
use super::text::one_line;
use crate::journal::Journal;
use serde_json::{Value, json};

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The backend's own run.
    SelfTested,
    /// Somebody else ran it again and got the same.
    Verified,
}

/// A badge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// The left half.
    pub label: String,
    /// The right half.
    pub message: String,
    /// The verdict, which gives the colour.
    pub verdict: Verdict,
    /// Whether the hardware was emulated: then conforming is not green.
    pub emulated: bool,
}

impl Badge {
    /// The badge of a verdict.
    pub fn new(spec: &str, profiles: &[String], verdict: Verdict, trust: Trust, emulated: bool) -> Badge {
        let said = match (verdict, trust) {
            (Verdict::Conforms, Trust::SelfTested) => format!("{} \u{b7} self-tested", one_line(&profiles.join(", "))),
            (Verdict::Conforms, Trust::Verified) => format!("{} \u{b7} verified", one_line(&profiles.join(", "))),
            (other, _) => other.name().into(),
        };
        let message = if emulated { said + " \u{b7} emulated" } else { said };
        Badge { label: format!("array protocol {}", one_line(spec)), message, verdict, emulated }
    }

    /// The badge of a run.
    pub fn of(journal: &Journal) -> Badge {
        Badge::new(&journal.start.spec, &journal.start.profiles, verdict(journal), Trust::SelfTested, journal.start.backend.emulated)
    }

    /// The badge of a certificate.
    pub fn of_certificate(certificate: &super::Certificate, trust: Trust) -> Badge {
        let profiles: Vec<String> = certificate.profiles.keys().cloned().collect();
        Badge::new(&certificate.spec, &profiles, certificate.verdict, trust, certificate.backend.emulated)
    }

    /// As the JSON that shields.io's endpoint badge reads.
    pub fn endpoint(&self) -> Value {
        let colour = match self.verdict {
            Verdict::Conforms if self.emulated => "yellow",
            Verdict::Conforms => "brightgreen",
            Verdict::Incomplete => "lightgrey",
            Verdict::NotConforming => "red",
        };
        json!({ "schemaVersion": 1, "label": self.label, "message": self.message, "color": colour })
    }

    /// As an SVG image.
    pub fn svg(&self) -> String {
        let colour = match self.verdict {
            Verdict::Conforms if self.emulated => "#8a6d00",
            Verdict::Conforms => "#2a7d2e",
            Verdict::Incomplete => "#6b7280",
            Verdict::NotConforming => "#b42318",
        };
        let (label, message) = (escape(&self.label), escape(&self.message));
        let (left, right) = (width(&self.label) + 12, width(&self.message) + 12);
        let total = left + right;
        let text = |from: u32, wide: u32, text: &str| {
            let (middle, length) = (from + wide / 2, wide - 12);
            format!(r#"<text x="{middle}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs">{text}</text>"#)
        };
        let (left_text, right_text) = (text(0, left, &label), text(left, right, &message));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" viewBox="0 0 {total} 20" role="img" aria-label="{label}: {message}"><title>{label}: {message}</title><clipPath id="round"><rect width="{total}" height="20" rx="4"/></clipPath><g clip-path="url(#round)"><rect width="{left}" height="20" fill="#3b4252"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/></g><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">{left_text}{right_text}</g></svg>
"##
        )
    }
}

/// About how wide a text is in 11 pixel Verdana. `textLength` makes the text as wide as the space, so being near is enough.
fn width(text: &str) -> u32 {
    let eighths: u32 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | '\'' | '|' | ':' | '\u{b7}' => 26,
            'f' | 't' | 'r' | ' ' | '-' | '(' | ')' | '/' => 36,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 84,
            c if c.is_ascii_lowercase() => 54,
            c if c.is_ascii_digit() => 56,
            _ => 64,
        })
        .sum();
    eighths / 8
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
