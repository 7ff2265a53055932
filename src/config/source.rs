//! The texts that settings come from, and places within them.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Where a setting was written: a span of bytes in one of the [`Sources`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index into [`Sources`].
    pub source: usize,
    /// Bytes of that source's text.
    pub span: Range<usize>,
}

impl Place {
    /// Whether both have something of one text in common; an empty one with what it stands at.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let wide = |span: &Range<usize>| {
            let reach = usize::from(span.is_empty());
            span.start.saturating_sub(reach)..span.end + reach
        };
        let (one, two) = (wide(&self.span), wide(&other.span));
        self.source == other.source && one.start < two.end && two.start < one.end
    }
}

/// What kind of thing a text came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file; the path is absolute and its directory is the base of relative paths.
    File(PathBuf),
    /// An environment variable; the text is its value.
    Variable,
    /// A `--set` of the command line; the text is all of `key=value`.
    Flag,
    /// An option of the command line that stands for a key; the text is its value.
    Given,
    /// What goes without saying where there is no file; its strings are templates.
    BuiltIn,
}

impl Origin {
    /// Whether it comes from outside of the repository: such strings are no templates, and have
    /// the type of the key that they set.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        match self {
            Self::File(_) | Self::BuiltIn => false,
            Self::Variable | Self::Flag | Self::Given => true,
        }
    }
}

/// One text with its name.
#[derive(Debug, Clone)]
pub struct Source {
    /// As it is shown: a path as the user would type it, a variable's name, `--set`.
    pub label: String,
    /// Its whole text.
    pub text: String,
    /// What it is.
    pub origin: Origin,
}

/// All texts of one configuration, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<(Source, Lines)>);

/// Where the lines of a text end: found when the first place in it is shown, and once.
type Lines = OnceLock<Vec<usize>>;

impl Sources {
    /// Adds a text and returns its index.
    pub fn add(&mut self, source: Source) -> usize {
        self.0.push((source, Lines::new()));
        self.0.len() - 1
    }

    /// The text that `place` is in.
    #[must_use]
    pub fn of(&self, place: &Place) -> &Source {
        &self.0[place.source].0
    }

    /// `label:line` for a file, else the label alone.
    #[must_use]
    pub fn show(&self, place: &Place) -> String {
        self.shown(place).to_string()
    }

    /// As [`Self::show`], written where it goes.
    #[must_use]
    pub fn shown<'s>(&'s self, place: &'s Place) -> Shown<'s> {
        Shown { sources: self, place }
    }

    /// The line of `place`, from 1.
    #[must_use]
    pub fn line(&self, place: &Place) -> usize {
        let (Source { text, .. }, lines) = &self.0[place.source];
        let ends = lines.get_or_init(|| text.match_indices('\n').map(|(at, _)| at).collect());
        1 + ends.partition_point(|end| *end < place.span.start)
    }

    /// The column of `place` in characters, from 1.
    #[must_use]
    pub fn column(&self, place: &Place) -> usize {
        let text = &self.of(place).text;
        let before = text.get(..place.span.start).unwrap_or(text);
        1 + before.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// The first line of the file, for what is missing in it; none where there is no file.
    #[must_use]
    pub fn top(&self) -> Option<Place> {
        let (file, _) =
            self.0.first().filter(|(source, _)| matches!(source.origin, Origin::File(_)))?;
        let line = file.text.lines().next().unwrap_or_default();
        Some(Place { source: 0, span: 0..line.len() })
    }

    /// The files of the configuration, each with its label and absolute path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.0.iter().filter_map(|(source, _)| match &source.origin {
            Origin::File(path) => Some((&*source.label, path.as_path())),
            Origin::Variable | Origin::Flag | Origin::Given | Origin::BuiltIn => None,
        })
    }

    /// All texts that override the file, in the order of their layers.
    pub fn overrides(&self) -> impl Iterator<Item = &Source> {
        let texts = self.0.iter().map(|(source, _)| source);
        texts.filter(|source| matches!(source.origin, Origin::Variable | Origin::Flag))
    }
}

/// A place as it is told.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'s> {
    sources: &'s Sources,
    place: &'s Place,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.sources.of(self.place);
        formatter.write_str(&source.label)?;
        match source.origin {
            Origin::File(_) => {
                formatter.write_str(":")?;
                self.sources.line(self.place).fmt(formatter)
            }
            Origin::Variable | Origin::Flag | Origin::Given | Origin::BuiltIn => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_by_file_and_line_and_counts_columns_in_characters() {
        let mut sources = Sources::default();
        let source = sources.add(Source {
            label: "kaniko.toml".into(),
            text: "a = 1\né = 2\n".into(),
            origin: Origin::File("/x/kaniko.toml".into()),
        });
        let place = Place { source, span: 11..12 };

        assert_eq!(sources.show(&place), "kaniko.toml:2");
        assert_eq!(sources.column(&place), 5);
    }
}
