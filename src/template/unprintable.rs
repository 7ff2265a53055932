//! Values that stand for what can't be shown: what has no value, and what has none yet.

use std::cmp::Ordering;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, Output, State, Value, value::ValueKind};

use super::error::Problem;
use super::rendered::{LateValue, Rendered};

/// Stands in the output for each late value, in order. No value may contain it.
pub(super) const LATE: char = '\0';

/// The fact that may have a value which nobody tells: with `or` it is as any other without one;
/// compared it would be taken for another.
pub(super) const UNSURE: &str = "ci.default_branch";

/// Why there is no value: found out when it is asked, for most often nobody does.
pub(super) type Why = Arc<dyn Fn() -> Problem + Send + Sync>;

/// What happened while one template was rendered.
#[derive(Default)]
pub(super) struct Record {
    /// Of each name without a value that was looked up.
    absent: Mutex<Vec<Why>>,
    /// What was made into text where minijinja can't be told that there is none.
    touched: Mutex<Vec<Problem>>,
    printed: Mutex<Vec<LateValue>>,
    /// Why [`UNSURE`], which was looked up, can't be told.
    unsure: Mutex<Vec<Problem>>,
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    list.lock().unwrap_or_else(PoisonError::into_inner).push(item);
}

fn taken<T>(list: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Record {
    /// Why what was rendered is not valid after all.
    pub(super) fn touched(&self) -> Option<Problem> {
        taken(&self.touched).into_iter().next()
    }

    /// Why each name that has no value has none.
    pub(super) fn absent(&self) -> Vec<Problem> {
        taken(&self.absent).into_iter().map(|why| why()).collect()
    }

    /// That [`UNSURE`] was looked up and can't be told.
    pub(super) fn unsure(&self, problem: Problem) {
        push(&self.unsure, problem);
    }

    /// Why [`UNSURE`] can't be told, where it was looked up.
    pub(super) fn why_unsure(&self) -> Option<Problem> {
        self.unsure.lock().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }

    /// The output with the late values that were printed into it.
    pub(super) fn assemble(&self, output: String) -> Rendered {
        if !output.contains(LATE) {
            return Rendered::literal(output);
        }
        let mut rendered = Rendered::default();
        let mut printed = taken(&self.printed).into_iter();
        for (index, text) in output.split(LATE).enumerate() {
            if index > 0
                && let Some(late) = printed.next()
            {
                rendered.push_late(late);
            }
            rendered.push_text(text);
        }
        rendered
    }
}

/// A name that exists and has no value now.
pub(super) struct Absent {
    why: Why,
    record: Arc<Record>,
    /// Two that are absent are not equal, and yet can be sorted.
    serial: u64,
}

impl Absent {
    pub(super) fn value(why: Why, record: &Arc<Record>) -> Value {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        push(&record.absent, Arc::clone(&why));
        let serial = NEXT.fetch_add(1, Atomic::Relaxed);
        Value::from_object(Self { why, record: Arc::clone(record), serial })
    }

    /// `value`, if it is one.
    pub(super) fn of(value: &Value) -> Option<&Self> {
        value.downcast_object_ref::<Self>()
    }

    /// Whether `value` is one.
    pub(super) fn is(value: &Value) -> bool {
        Self::of(value).is_some()
    }

    /// Why there is no value.
    pub(super) fn why(&self) -> Problem {
        (self.why)()
    }
}

impl fmt::Debug for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("absent")
    }
}

impl Object for Absent {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.serial.cmp(&other.downcast_ref::<Self>()?.serial))
    }

    /// Called where text is wanted; no error can be returned from here.
    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        push(&self.record.touched, self.why());
        Ok(())
    }
}

/// What only another build's end can tell.
pub(super) struct Late {
    value: LateValue,
    record: Arc<Record>,
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl Late {
    pub(super) fn value(value: LateValue, record: &Arc<Record>) -> Value {
        Value::from_object(Self { value, record: Arc::clone(record) })
    }
}

/// Why a late value can't be used as others are.
pub(super) fn known_too_late(late: &LateValue, not: &str) -> Problem {
    let build = late.build();
    let path = super::lookup::spelt("builds", build);
    let field = late.field();
    Problem::new(format!("`{path}.{field}` is known only when `{build}` has been built: {not}"))
}

impl Object for Late {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        push(&self.record.touched, known_too_late(&self.value, PRINTED_ONLY));
        Ok(())
    }
}

/// What may be done with a late value.
pub(super) const PRINTED_ONLY: &str = "it may be printed, not tested or filtered";

/// Why this value can't be used, if it is none.
pub(super) fn problem_of(value: &Value) -> Option<Problem> {
    if let Some(absent) = Absent::of(value) {
        return Some(absent.why());
    }
    let late = value.downcast_object_ref::<Late>()?;
    Some(known_too_late(&late.value, "it can't be used here"))
}

/// Prints `value`, or says why that can't be.
pub(super) fn print(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if let Some(late) = value.downcast_object_ref::<Late>() {
        push(&late.record.printed, late.value.clone());
        return Ok(out.write_str(LATE.encode_utf8(&mut [0; 4]))?);
    }
    if let Some(problem) = problem_of(value) {
        return Err(problem.into());
    }
    let unprintable = |what: &str| Problem::new(format!("{what} can't be printed"));
    match value.kind() {
        // The missing `else` of an `if` within an expression; all else that is undefined has
        // been refused before.
        ValueKind::Undefined => Ok(()),
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::Number => Ok(out.write_str(&value.to_string())?),
        ValueKind::String => match value.as_str() {
            Some(text) if !text.contains(LATE) => Ok(out.write_str(text)?),
            _ => Err(unprintable("a text with a NUL in it").into()),
        },
        ValueKind::Seq | ValueKind::Iterable => Err(unprintable("a list")
            .hint("join its items: `{{ … | join(\",\") }}`".to_owned())
            .into()),
        ValueKind::Map => Err(unprintable("a table").hint("name a field of it".to_owned()).into()),
        _ => Err(unprintable("this").into()),
    }
}
