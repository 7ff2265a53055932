//! TOML text to nodes: parsed once, in order, with the place of every key and value.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    mistake::Mistake,
    node::{Data, Entry, Node, Table},
    source::{Place, Sources},
};

/// The table of a whole document, with all syntax errors of it.
pub(super) fn document(source: usize, sources: &Sources) -> (Table, Vec<Mistake>) {
    let root = Place { source, span: 0..0 };
    let text = &sources.of(&root).text;
    let (table, errors) = DeTable::parse_recoverable(text);
    let mistakes = errors.iter().map(|error| syntax(source, error, 0)).collect();
    (convert_table(table.get_ref(), source, 0), mistakes)
}

/// The value that stands at `span` of a source, for values of variables and of the command line.
pub(super) fn value(place: &Place, sources: &Sources) -> Result<Node, Mistake> {
    let text = &sources.of(place).text[place.span.clone()];
    match DeValue::parse(text) {
        Ok(value) => Ok(convert(&value, place.source, place.span.start)),
        Err(error) => Err(syntax(place.source, &error, place.span.start)),
    }
}

/// A value that stands alone, as one of ours in the table of keys.
pub(crate) fn literal(text: &str) -> Option<Data> {
    Some(convert(&DeValue::parse(text).ok()?, 0, 0).data)
}

fn syntax(source: usize, error: &toml::de::Error, offset: usize) -> Mistake {
    let span = error.span().unwrap_or(0..0);
    let place = Place { source, span: shifted(&span, offset) };
    Mistake::at(&place, "invalid TOML", error.message().replace('\n', ", "))
}

fn shifted(span: &Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}

fn convert_table(table: &DeTable<'_>, source: usize, offset: usize) -> Table {
    let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| Entry {
        name: key.get_ref().to_string(),
        key: Place { source, span: shifted(&key.span(), offset) },
        node: convert(value, source, offset),
    };
    Table(table.iter().map(entry).collect())
}

fn convert(value: &Spanned<DeValue<'_>>, source: usize, offset: usize) -> Node {
    let data = match value.get_ref() {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Boolean(value) => Data::Bool(*value),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Data::Other("a number that is too large"), Data::Integer),
        DeValue::Float(_) => Data::Other("a decimal number"),
        DeValue::Datetime(_) => Data::Other("a date"),
        DeValue::Array(items) => {
            Data::List(items.iter().map(|item| convert(item, source, offset)).collect())
        }
        DeValue::Table(table) => Data::Table(convert_table(table, source, offset)),
    };
    Node { place: Place { source, span: shifted(&value.span(), offset) }, data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Origin, Source};

    fn parse(text: &str) -> (Table, Vec<Mistake>) {
        let mut sources = Sources::default();
        let origin = Origin::File("/kaniko.toml".into());
        let source = sources.add(Source { label: "kaniko.toml".into(), text: text.into(), origin });
        document(source, &sources)
    }

    #[test]
    fn entries_keep_their_order_and_their_places() {
        let (table, mistakes) = parse("z = 1\na = { k = \"v\" }\n");

        assert_eq!(mistakes, []);
        let names: Vec<_> = table.0.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["z", "a"]);
        assert_eq!(table.0[1].key.span, 6..7);
        assert_eq!(table.0[1].node.place.span, 10..21);
    }

    #[test]
    fn every_syntax_error_is_told_with_its_place() {
        let (_, mistakes) = parse("a = \nb = 1\nc = [1\n");

        assert!(mistakes.len() >= 2, "{mistakes:?}");
        assert!(mistakes.iter().all(|mistake| mistake.place.is_some()));
    }
}
