//! Names of builds by wildcards, as a selection and `--set` have them.

/// So many words may `{a,b}` stand for; with more a pattern matches nothing.
const MOST: usize = 1024;

/// Whether `pattern` matches all of `name`: `*` is any run of characters, `?` one, `{a,b}` one of
/// these.
#[must_use]
pub fn wildcard(pattern: &str, name: &str) -> bool {
    if !pattern.contains('{') {
        return matches(pattern, name);
    }
    alternatives(pattern).iter().any(|pattern| matches(pattern, name))
}

/// Whether `word` can match several names.
pub(super) fn is_glob(word: &str) -> bool {
    word.contains(['*', '?', '{'])
}

/// The patterns without braces that one with them stands for; in braces are no braces.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, group, after)) = group(rest) {
        let choices: Vec<_> = group.split(',').collect();
        if all.len() * choices.len() > MOST {
            return Vec::new();
        }
        let longer = |start: &String| {
            let start = format!("{start}{before}");
            choices.iter().map(move |choice| format!("{start}{choice}")).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
        rest = after;
    }
    for one in &mut all {
        one.push_str(rest);
    }
    all
}

fn group(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (group, after) = rest.split_once('}')?;
    Some((before, group, after))
}

fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    // Greedy with one point to come back to: linear but for the last `*`.
    let (mut at_pattern, mut at_name, mut back) = (0, 0, None);
    while at_name < name.len() {
        match pattern.get(at_pattern) {
            Some(b'*') => {
                back = Some((at_pattern, at_name));
                at_pattern += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[at_name] => {
                at_pattern += 1;
                at_name += 1;
            }
            _ => {
                let Some((star, taken)) = back else { return false };
                back = Some((star, taken + 1));
                at_pattern = star + 1;
                at_name = taken + 1;
            }
        }
    }
    pattern[at_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_one() {
        let matched = ["*v?", "api-*", "api-v1", "*", "api", "?pi*1"]
            .map(|pattern| wildcard(pattern, "api-v1"));

        assert_eq!(matched, [true, true, true, true, false, true]);
    }

    #[test]
    fn braces_hold_what_may_stand_there() {
        let matched =
            ["api-{v1,v2}", "{web,a?i}-v{1,2}", "api-v{2,3}", "api-{v1", "{api-v1}", "{}"]
                .map(|pattern| wildcard(pattern, "api-v1"));

        assert_eq!(matched, [true, true, false, false, true, false]);
    }

    #[test]
    fn braces_that_stand_for_very_much_match_nothing() {
        assert!(!wildcard(&"{a,}".repeat(40), "a"));
    }
}
