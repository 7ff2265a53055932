//! Words of a line of a CI's script, as a shell would split them.

/// The commands of `line`, each as its words, without the quotes around them.
///
/// A line that YAML has in quotes is what is in these. What a shell would put in place of `$NAME`
/// stays as it is written, and a quote without an end ends with the line.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    for word in words(unquoted(line)) {
        let is_end = matches!(word.as_str(), "&&" | "||" | "|" | ";");
        let ends = !is_end && word.ends_with(';');
        if is_end {
            commands.push(Vec::new());
        } else if let Some(command) = commands.last_mut() {
            command.push(word.trim_end_matches(';').to_owned());
        }
        if ends {
            commands.push(Vec::new());
        }
    }
    commands
}

/// An item or a value of YAML without the quotes around all of it.
fn unquoted(line: &str) -> &str {
    let line = line.trim();
    let item = line.strip_prefix("- ").map_or(line, str::trim_start);
    let value = item.split_once(": ").map_or(item, |(key, value)| {
        if key.contains([' ', '"', '\'']) { item } else { value.trim_start() }
    });
    let within = |quote: char| {
        let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
        inner.starts_with("cf ").then_some(inner)
    };
    within('"').or_else(|| within('\'')).unwrap_or(line)
}

fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(letters.next()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(
            commands("  - cf target -o 'my org' -s \"my space\" -x a\\ b"),
            [["-", "cf", "target", "-o", "my org", "-s", "my space", "-x", "a b"]]
        );
    }

    #[test]
    fn a_line_that_yaml_has_in_quotes_is_what_is_in_them() {
        assert_eq!(commands("- \"cf target -o a\""), [["cf", "target", "-o", "a"]]);
        assert_eq!(commands("script: 'cf api \"$A\"'"), [["cf", "api", "$A"]]);
    }

    #[test]
    fn a_line_may_have_several_commands() {
        assert_eq!(
            commands("cf api a; cf auth b c && cf target -s d"),
            [vec!["cf", "api", "a"], vec!["cf", "auth", "b", "c"], vec!["cf", "target", "-s", "d"]]
        );
    }
}
