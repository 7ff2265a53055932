//! Values that stand for yes or no.

use super::error::{Problem, TemplateError};
use super::names::Value;

/// What a value says that stands for yes or no.
pub(super) fn word_of_flag(value: &Value) -> Option<bool> {
    let text = match value {
        Value::Bool(value) => return Some(*value),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.trim().to_ascii_lowercase(),
        Value::Float(_) | Value::List(_) | Value::Table(_) => return None,
    };
    match &*text {
        "" | "false" | "no" | "off" | "0" => Some(false),
        "true" | "yes" | "on" | "1" => Some(true),
        _ => None,
    }
}

/// The error of a value that says neither.
pub(super) fn no_flag(source: &str, value: &Value) -> TemplateError {
    let message = match value {
        Value::Text(text) if text != source => {
            format!("this gives `{text}`, which is neither `true` nor `false`")
        }
        _ => "this is neither `true` nor `false`".to_owned(),
    };
    let problem = Problem::new(message).hint(
        "also `yes`, `no`, `on`, `off`, `1`, `0` and an empty text are understood; whether a name \
         has a value is `{{ NAME is defined }}`"
            .to_owned(),
    );
    TemplateError::new(0..source.len(), problem)
}
