//! Documents for other programs without the secrets that are known.
//!
//! Texts are redacted before they are written as JSON: a number, a name of a field or a word of
//! ours that happens to be a secret's value as well must not break the document. Nor is a digest
//! a place for a secret, though four digits of it may be those of one.

use serde::Serialize;
use serde_json::Value;

use super::indented;
use crate::secret::Redactor;

/// Fields whose texts are ours alone, or measured: no user's text is in them.
const OURS: [&str; 12] = [
    "bundle_sha256",
    "commit",
    "digest",
    "ended",
    "fingerprint",
    "executor_type",
    "program",
    "provider",
    "pushed",
    "result",
    "started",
    "type",
];

/// Fields that hold names of the user's own.
const NAMED: [&str; 6] =
    ["annotations", "build_args", "credentials", "labels", "layers", "secrets"];

/// What stands before the digits of a digest, and how many they are.
const DIGEST: (&str, usize) = ("sha256:", 64);

/// The document as JSON, over several lines, without an end of line.
pub(super) fn document(document: &impl Serialize, redactor: &Redactor) -> String {
    let mut bytes = Vec::new();
    append(&mut bytes, 0, document, redactor);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Appends a part of a document that stands at `depth` in it.
pub(super) fn append(
    bytes: &mut Vec<u8>,
    depth: usize,
    part: &impl Serialize,
    redactor: &Redactor,
) {
    if redactor.knows_nothing() {
        return indented::append(bytes, depth, part);
    }
    // Fields keep their order: both ways give the same text.
    let mut value = serde_json::to_value(part).unwrap_or_default();
    clean(&mut value, false, redactor);
    indented::append(bytes, depth, &value);
}

fn clean(value: &mut Value, is_named: bool, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = data(text, redactor),
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, false, redactor)),
        Value::Object(fields) => {
            let cleaned = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                if is_named {
                    clean(&mut value, false, redactor);
                    return (data(&name, redactor), value);
                }
                if !OURS.contains(&&*name) {
                    clean(&mut value, NAMED.contains(&&*name), redactor);
                }
                (name, value)
            });
            *fields = cleaned.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `text` with what is secret in it replaced, but for digests.
pub(super) fn data(text: &str, redactor: &Redactor) -> String {
    let (name, digits) = DIGEST;
    let mut out = String::new();
    let (mut shown, mut from) = (0, 0);
    while let Some(found) = text[from..].find(name) {
        let start = from + found;
        from = start + name.len();
        let rest = &text.as_bytes()[from..];
        let hex = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if hex == digits {
            out.push_str(&redactor.text(&text[shown..start]));
            from += digits;
            out.push_str(&text[start..from]);
            shown = from;
        }
    }
    out + &redactor.text(&text[shown..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_the_same_text_whether_or_not_it_is_searched() {
        let document = serde_json::json!({ "z": 1.5, "a": { "y": ["x"], "b": null } });

        assert_eq!(
            super::document(&document, &Redactor::default()),
            super::document(&document, &knowing("hunter2"))
        );
    }

    fn knowing(secret: &str) -> Redactor {
        let redactor = Redactor::default();
        redactor.add(&secret.into()).unwrap();
        redactor
    }

    #[test]
    fn numbers_and_what_is_ours_stay_as_they_are() {
        let told = serde_json::json!({
            "version": 1, "bundle_bytes": 20_261, "started": "2026-11-23T00:00:00Z",
            "cause": "2026 is in it", "labels": {"a2026": "2026"}, "result": "built",
        });

        assert_eq!(
            document(&told, &knowing("2026")).split_whitespace().collect::<String>(),
            r#"{"version":1,"bundle_bytes":20261,"started":"2026-11-23T00:00:00Z","cause":"[secret]isinit","labels":{"a[secret]":"[secret]"},"result":"built"}"#
        );
    }

    #[test]
    fn a_digest_is_whole_and_what_stands_before_it_is_not() {
        let digest = format!("sha256:{}", "1234".repeat(16));

        assert_eq!(
            data(&format!("r.example.com/1234@{digest}, {digest}"), &knowing("1234")),
            format!("r.example.com/[secret]@{digest}, {digest}")
        );
        assert_eq!(data("sha256:1234", &knowing("1234")), "sha256:[secret]");
    }

    #[test]
    fn quotes_of_a_secret_do_not_break_the_document() {
        let told = serde_json::json!({"cause": "is a\"b\"c"});

        let shown: Value = serde_json::from_str(&document(&told, &knowing("a\"b\"c"))).unwrap();

        assert_eq!(shown["cause"], "is [secret]");
    }
}
