//! `schema`: what the program reads and writes, for editors and other programs.

use crate::{reference, report::Printer};

use super::{args::Schema, written};

/// Prints a schema.
pub(super) fn schema(which: Schema, printer: &Printer) -> u8 {
    let text = match which {
        Schema::File => &reference::schema(),
        Schema::Plan => include_str!("../../schemas/plan.schema.json"),
        Schema::Report => include_str!("../../schemas/report.schema.json"),
        Schema::Check => include_str!("../../schemas/check.schema.json"),
        Schema::Doctor => include_str!("../../schemas/doctor.schema.json"),
    };
    written(printer.document(text.trim_end()), printer)
}
