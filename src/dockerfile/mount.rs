//! The value of `RUN --mount`: fields with commas between them, quoted as in CSV.
//!
//! Source: `BuildKit`'s `commands_runmount.go` in frontend/dockerfile/instructions; go-csvvalue.

use super::{
    Mount,
    flags::Value,
    lines::Mistake,
    nearest::{hint, nearest},
};

const KINDS: [&str; 5] = ["bind", "cache", "secret", "ssh", "tmpfs"];

const KEYS: [&str; 19] = [
    "destination",
    "dst",
    "env",
    "from",
    "gid",
    "id",
    "mode",
    "readonly",
    "readwrite",
    "required",
    "ro",
    "rw",
    "sharing",
    "size",
    "source",
    "src",
    "target",
    "type",
    "uid",
];

/// Reads the value of a `--mount` in the instruction on `line`.
pub(super) fn read(value: &Value, line: usize) -> Result<Mount, Mistake> {
    let wrong = |message: String| Err(Mistake::new(value.at, message));
    let mut mount = Mount {
        line,
        kind: "bind".to_owned(),
        from: None,
        source: None,
        target: None,
        id: None,
        required: false,
    };
    let Some(fields) = fields(&value.text) else {
        return wrong(format!("the quotes in `--mount={}` are wrong", value.text));
    };
    for field in fields {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(value)),
            None => (field.to_lowercase(), None),
        };
        let text = value.map(str::to_owned).filter(|value| !value.is_empty());
        let flag = matches!(key.as_str(), "ro" | "readonly" | "rw" | "readwrite" | "required");
        if value.is_none() && !flag && KEYS.contains(&key.as_str()) {
            return wrong(format!("`{key}` of `--mount` has no value"));
        }
        match key.as_str() {
            "type" => {
                let kind = value.unwrap_or_default();
                let lower = kind.to_lowercase();
                if !kind.contains('$') && !KINDS.contains(&lower.as_str()) {
                    let near = nearest(&lower, &KINDS);
                    return wrong(format!("there is no mount of type `{kind}`{}", hint("", near)));
                }
                mount.kind = if kind.contains('$') { kind.to_owned() } else { lower };
            }
            "from" => {
                // Only a dollar sign at the very end is none of a variable's.
                if value.is_some_and(|from| from.find('$').is_some_and(|at| at + 1 < from.len())) {
                    return wrong(
                        "`from` of `--mount` takes no variables; give the image a stage of its own"
                            .to_owned(),
                    );
                }
                mount.from = text;
            }
            "source" | "src" => mount.source = text,
            "target" | "dst" | "destination" => mount.target = text,
            "id" => mount.id = text,
            "required" => {
                let no = |value| matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False");
                mount.required = value.is_none_or(|value| !no(value));
            }
            key if KEYS.contains(&key) => {}
            key => {
                return wrong(format!("`--mount` has no `{key}`{}", hint("", nearest(key, &KEYS))));
            }
        }
    }
    Ok(mount)
}

/// The fields of one line of CSV; none where its quotes are wrong.
fn fields(text: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let Some(mut quoted) = rest.strip_prefix('"') else {
            let (field, after) = match rest.split_once(',') {
                Some((field, after)) => (field, Some(after)),
                None => (rest, None),
            };
            if field.contains('"') {
                return None;
            }
            fields.push(field.to_owned());
            match after {
                Some(after) => rest = after,
                None => return Some(fields),
            }
            continue;
        };
        let mut field = String::new();
        loop {
            let (part, after) = quoted.split_once('"')?;
            field.push_str(part);
            if let Some(after) = after.strip_prefix('"') {
                field.push('"');
                quoted = after;
                continue;
            }
            fields.push(field);
            if after.is_empty() {
                return Some(fields);
            }
            rest = after.strip_prefix(',')?;
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(text: &str) -> Result<Mount, String> {
        let value = Value { at: 0, text: text.to_owned() };
        read(&value, 1).map_err(|mistake| mistake.message)
    }

    #[test]
    fn fields_can_be_quoted() {
        let quoted = mount("Type=cache,\"target=/a,b\"").unwrap();

        assert_eq!((quoted.kind.as_str(), quoted.target.as_deref()), ("cache", Some("/a,b")));
        assert_eq!(fields("a,\"b,\"\"c\",").unwrap(), ["a", "b,\"c", ""]);
        assert_eq!(mount("id=\"\"").unwrap_err(), "the quotes in `--mount=id=\"\"` are wrong");
    }

    #[test]
    fn a_kind_and_a_key_that_do_not_exist_are_told_with_the_nearest() {
        assert_eq!(
            mount("type=secert,id=a").unwrap_err(),
            "there is no mount of type `secert`; did you mean `secret`?"
        );
        assert_eq!(
            mount("type=bind,sorce=/a").unwrap_err(),
            "`--mount` has no `sorce`; did you mean `source`?"
        );
        assert_eq!(mount("target").unwrap_err(), "`target` of `--mount` has no value");
        assert_eq!(mount("type=$KIND,target=/a").unwrap().kind, "$KIND");
    }

    #[test]
    fn from_takes_no_variables() {
        assert!(mount("from=$X,target=/a").is_err());
        assert_eq!(mount("from=x$,target=/a").unwrap().from.as_deref(), Some("x$"));
    }
}
