//! Why a template has no value.

use std::fmt;
use std::ops::Range;

use minijinja::{Error, ErrorKind};

use super::operation;

/// What stands before the vars of a circle.
pub(super) const CIRCLE: &str = "vars need one another in a circle: ";

/// Why a template has no value, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, in a lowercase fragment.
    pub message: String,
    /// The bytes of the template's source that it is about.
    pub range: Range<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl TemplateError {
    pub(super) fn new(range: Range<usize>, problem: impl Into<Problem>) -> Self {
        let Problem { message, hint, about: _ } = problem.into();
        Self { message, range, hint }
    }
}

/// `range` of `source`, of whole letters: minijinja takes the first byte of one that it does not
/// expect for all of it.
pub(super) fn in_letters(source: &str, range: &Range<usize>) -> Range<usize> {
    source.floor_char_boundary(range.start)..source.ceil_char_boundary(range.end)
}

/// A [`TemplateError`] before its place is known: it travels as the source of minijinja's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// The path of the name that it is about, to find its place.
    pub(super) about: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, about: None }
    }

    /// What is rendered would be longer than [`super::bounds::LONGEST`].
    pub(super) fn too_long() -> Self {
        Self::new("the result is too long")
            .hint("a string of the configuration may have 1 MiB".to_owned())
    }

    /// What is done would go beyond [`super::bounds::FUEL`].
    pub(super) fn endless() -> Self {
        Self::new("this template does not come to an end, or makes too much text on its way").hint(
            "make a list or a text in it shorter: half a million steps are too many".to_owned(),
        )
    }

    pub(super) fn about(mut self, path: &str) -> Self {
        self.about = Some(path.to_owned());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        Self { message: error.message, hint: error.hint, about: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::new(ErrorKind::InvalidOperation, problem.message.clone()).with_source(problem)
    }
}

/// The problem that an object or filter of ours has raised.
pub(super) fn raised(error: &Error) -> Option<&Problem> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(problem) = error.downcast_ref::<Problem>() {
            return Some(problem);
        }
        source = error.source();
    }
    None
}

/// minijinja's error in our words; `called` is the filter or function that it comes from.
pub(super) fn in_our_words(error: &Error, called: Option<&str>) -> Problem {
    if let Some(problem) = raised(error) {
        return problem.clone();
    }
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::BadEscape | ErrorKind::InvalidDelimiter => {
            syntax(detail)
        }
        ErrorKind::UnknownFilter => Problem::new("there is no filter of that name"),
        ErrorKind::UnknownTest => Problem::new("there is no test of that name"),
        ErrorKind::UnknownFunction => Problem::new("there is no function of that name"),
        ErrorKind::UnknownMethod => Problem::new("values have no methods: use a filter or a test"),
        ErrorKind::TooManyArguments => match detail.split('\'').nth(1) {
            Some(name) => Problem::new(format!("there is no argument `{name}`")),
            None => Problem::new("this has more arguments than it takes"),
        }
        .hint(operation::usage(called)),
        ErrorKind::MissingArgument => {
            Problem::new("this lacks an argument").hint(operation::usage(called))
        }
        ErrorKind::UndefinedError => Problem::new("this has no value"),
        ErrorKind::CannotUnpack => Problem::new("this does not have as many items as names"),
        ErrorKind::WriteFailure => Problem::too_long(),
        ErrorKind::OutOfFuel => Problem::endless(),
        ErrorKind::InvalidOperation if detail.contains("recursion limit") => {
            Problem::new("this is nested too deeply")
        }
        ErrorKind::InvalidOperation if detail.contains("too large") => Problem::too_long(),
        _ => operation::told(detail, called),
    }
}

fn syntax(detail: &str) -> Problem {
    let message = if detail.contains("end of comment") {
        return Problem::new("a `{#` opens a comment that has no end").hint(literal("{#"));
    } else if detail.contains("end of string") {
        "a string in this template has no end".to_owned()
    } else if detail.contains("recursion") {
        "this is nested too deeply".to_owned()
    } else if detail.contains("end of raw block") {
        "a `{% raw %}` has no `{% endraw %}`".to_owned()
    } else if detail.contains("end of input") {
        return Problem::new("the template ends too early")
            .hint("a `}}`, a `%}`, an `{% endif %}` or an `{% endfor %}` is missing".to_owned());
    } else if let Some(statement) = detail.strip_prefix("unknown statement ") {
        match statement {
            "else" | "elif" | "endif" | "endfor" | "endset" | "endwith" | "endraw" => {
                format!("this `{{% {statement} %}}` belongs to nothing")
            }
            _ => format!("there is no statement `{statement}`"),
        }
    } else if let Some(found) = detail.strip_prefix("unexpected ") {
        let found = found.split_once(", expected").map_or(found, |(found, _)| found);
        format!("this template is not well-formed: {} is out of place", plain(found))
    } else {
        "this template is not well-formed".to_owned()
    };
    Problem::new(message)
}

fn literal(opening: &str) -> String {
    format!("for the text `{opening}` itself write `{{{{ \"{opening}\" }}}}`")
}

/// What the parser calls its tokens, in words of the page that explains templates.
fn plain(token: &str) -> &str {
    match token {
        "end of variable block" => "`}}`",
        "start of variable block" => "`{{`",
        "end of block" => "`%}`",
        "start of block" => "`{%`",
        "template-data" => "text",
        "identifier" => "a name",
        "string" => "a text in quotes",
        "integer" | "float" => "a number",
        "character" => "a character",
        other if other.starts_with('`') => other,
        _ => "something",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_ours_survives_its_way_through_the_engine() {
        let problem = Problem::new("`ci.tga` does not exist").hint("look".to_owned());
        let error = Error::from(problem.clone());
        assert_eq!(in_our_words(&error, None), problem);
    }
}
