//! Makes values of templates.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use foldhash::HashMap;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::attempt::Attempt;
use super::bounds::{Bounded, FUEL, LONGEST};
use super::convert;
use super::error::{Problem, TemplateError};
use super::filters;
use super::flag::{no_flag, word_of_flag};
use super::names::{Names, Value, Var};
use super::plain::Plain;
use super::references::{Uses, Words};
use super::rendered::Rendered;
use super::roots::{Node, Scene};
use super::scan::{Tag, TagKind, TokenKind, scan};
use super::structure;
use super::unprintable::{self, known_too_late};

/// How deep a template may be nested.
const RECURSION: usize = 50;

/// Makes values of templates that may name what was given to it.
///
/// Values from outside and rendered results are text: what looks like a template in them is
/// not rendered again.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What all renderings of an engine share.
pub(super) struct Inner {
    pub(super) names: Names,
    pub(super) shared: Arc<Shared>,
    fine: Arc<RwLock<Fine>>,
}

/// What the engines of all builds share.
pub(super) struct Shared {
    env: Arc<Environment<'static>>,
    /// Values of `vars`, as they were first asked for: what differs from build to build is nothing
    /// that they may name.
    pub(super) vars: RwLock<HashMap<String, Outcome>>,
    /// Templates without a mistake, by what of the names differs from build to build: whether
    /// there is one, and its matrix.
    fine: Mutex<HashMap<String, Arc<RwLock<Fine>>>>,
}

impl Shared {
    fn with(env: Arc<Environment<'static>>) -> Self {
        Self { env, vars: RwLock::default(), fine: Mutex::default() }
    }
}

/// Templates without a mistake, each with what it is where it is plain.
type Fine = HashMap<String, Option<Arc<Plain>>>;

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("names", &self.names).finish_non_exhaustive()
    }
}

/// What a string has come to where its type is kept.
#[derive(Debug, Clone)]
pub(super) enum Evaluated<Why = TemplateError> {
    Known(Value),
    /// It is only one expression, and that has no value now: why it can't be used.
    Absent(Why),
}

/// What a value of the file's own has come to.
pub(super) type Outcome = Result<Evaluated, Problem>;

impl Engine {
    /// An engine for templates that may name `names`.
    #[must_use]
    pub fn new(names: Names) -> Self {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_syntax(syntax());
        env.set_recursion_limit(RECURSION);
        env.set_fuel(Some(FUEL));
        env.set_formatter(unprintable::print);
        // A template's name is its source: one that many builds share is read once.
        env.set_loader(|source| Ok(Some(source.to_owned())));
        filters::install(&mut env);
        Self::sharing(names, Arc::new(Shared::with(Arc::new(env))))
    }

    /// The same for templates that may name `names`.
    #[must_use]
    pub fn with(&self, names: Names) -> Self {
        Self::sharing(names, Arc::new(Shared::with(Arc::clone(&self.inner.shared.env))))
    }

    /// The same for the build `name`, with the values of its matrix; what was found to be well
    /// for one build is not looked at again for the next.
    #[must_use]
    pub fn of_build(&self, name: &str, matrix: BTreeMap<String, Value>) -> Self {
        let build = Some(name.to_owned());
        let names = Names { matrix, build, ..self.inner.names.clone() };
        Self::sharing(names, Arc::clone(&self.inner.shared))
    }

    fn sharing(names: Names, shared: Arc<Shared>) -> Self {
        let axes: Vec<_> = names.matrix.keys().map(String::as_str).collect();
        let scope = format!("{}\0{}", names.build.is_some(), axes.join("\0"));
        let mut scopes = shared.fine.lock().unwrap_or_else(PoisonError::into_inner);
        let fine = Arc::clone(scopes.entry(scope).or_default());
        drop(scopes);
        Self { inner: Arc::new(Inner { names, shared, fine }) }
    }

    /// All mistakes of `source` that do not depend on values, in the order of their places.
    #[must_use]
    pub fn check(&self, source: &str) -> Vec<TemplateError> {
        self.inner.examined(source).0
    }

    /// What `source` becomes as text.
    ///
    /// # Errors
    ///
    /// The first mistake of structure, or why a value is not to be had.
    pub fn text(&self, source: &str) -> Result<Rendered, TemplateError> {
        self.inner.text(source, Vec::new())
    }

    /// What `source` becomes where not only text is wanted: a string that is only one
    /// `{{ … }}` keeps its value's type, any other is text.
    ///
    /// # Errors
    ///
    /// As [`Self::text`], and late values, which can only be printed into text.
    pub fn value(&self, source: &str) -> Result<Value, TemplateError> {
        match self.inner.value(source, Vec::new())? {
            Evaluated::Known(value) => Ok(value),
            Evaluated::Absent(error) => Err(error),
        }
    }

    /// Whether `source` holds. Of a string that is only one `{{ … }}` the value decides, as in
    /// a test: no for a name without a value, an empty text, list or table, 0, and the words
    /// that a CI's variables have for no: `false`, `no`, `off`, `0`. Any other string must be
    /// such a word, nothing, or `true`, `yes`, `on`, `1`.
    ///
    /// # Errors
    ///
    /// As [`Self::value`], and for text of another kind.
    pub fn condition(&self, source: &str) -> Result<bool, TemplateError> {
        let Evaluated::Known(value) = self.inner.evaluated(source, Vec::new(), |_| ())? else {
            return Ok(false);
        };
        match value {
            Value::Float(number) => Ok(number != 0.0),
            Value::List(items) => Ok(!items.is_empty()),
            Value::Table(entries) => Ok(!entries.is_empty()),
            Value::Integer(number) => Ok(number != 0),
            value => match word_of_flag(&value) {
                Some(flag) => Ok(flag),
                None if only_expression(source, &scan(source)).is_some() => Ok(true),
                None => Err(no_flag(source, &value)),
            },
        }
    }

    /// Yes or no where a key takes nothing else: as [`Self::condition`], but that a value of
    /// another kind, such as a text that is no word for yes or no, is an error.
    ///
    /// # Errors
    ///
    /// As [`Self::value`], and for any such value.
    pub fn flag(&self, source: &str) -> Result<bool, TemplateError> {
        match self.inner.evaluated(source, Vec::new(), |_| ())? {
            Evaluated::Known(value) => word_of_flag(&value).ok_or_else(|| no_flag(source, &value)),
            Evaluated::Absent(()) => Ok(false),
        }
    }

    /// What `source` names, without rendering it.
    #[must_use]
    pub fn uses(&self, source: &str) -> Uses {
        let mut uses = Uses::default();
        self.inner.add_uses(source, &mut uses);
        uses
    }
}

/// The tag of a string that is only one `{{ … }}`.
fn only_expression<'a, 's>(source: &str, tags: &'a [Tag<'s>]) -> Option<&'a Tag<'s>> {
    match tags {
        [tag] if tag.kind == TagKind::Print && tag.range == (0..source.len()) => Some(tag),
        _ => None,
    }
}

/// minijinja's, but that a newline at the end of a string belongs to it.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default()
}

impl Inner {
    fn text(
        self: &Arc<Self>,
        source: &str,
        resolving: Vec<String>,
    ) -> Result<Rendered, TemplateError> {
        let plain = self.checked(source)?;
        if !structure::is_template(source) {
            return Ok(Rendered::literal(source));
        }
        let look_up = |plain: Arc<Plain>| {
            let top = || Node::top(&self.scene(resolving.clone()));
            plain.text(|name| self.names.text(name), top).map(Rendered::literal)
        };
        if let Some(text) = plain.and_then(look_up) {
            return Ok(text);
        }
        let scene = self.scene(resolving);
        let attempt = Attempt { source, offset: 0, record: &scene.record };
        let template =
            self.shared.env.get_template(source).map_err(|error| attempt.failed(&error))?;
        let mut output = Bounded::default();
        template
            .render_captured_to(Node::top(&scene), &mut output)
            .map_err(|error| attempt.failed(&error))?;
        attempt.untouched()?;
        Ok(scene.record.assemble(output.into_text()))
    }

    pub(super) fn value(
        self: &Arc<Self>,
        source: &str,
        resolving: Vec<String>,
    ) -> Result<Evaluated, TemplateError> {
        self.evaluated(source, resolving, |error| error())
    }

    /// `why` is handed what makes the error of a value that is not there.
    fn evaluated<Why>(
        self: &Arc<Self>,
        source: &str,
        resolving: Vec<String>,
        why: impl FnOnce(&dyn Fn() -> TemplateError) -> Why,
    ) -> Result<Evaluated<Why>, TemplateError> {
        let plain = self.checked(source)?;
        let tags = scan(source);
        let Some(Tag { inner, tokens, .. }) = only_expression(source, &tags) else {
            return self.value_of_text(source, resolving);
        };
        let mut scene = self.scene(resolving.clone());
        let value = plain.and_then(|plain| plain.value(&Node::top(&scene)));
        let value = if let Some(value) = value {
            value
        } else {
            scene = self.scene(resolving);
            let attempt = Attempt { source, offset: inner.start, record: &scene.record };
            let expression = self.shared.env.compile_expression(&source[inner.clone()]);
            let value = expression.and_then(|expression| expression.eval(Node::top(&scene)));
            let value = value.map_err(|error| attempt.failed(&error))?;
            attempt.untouched()?;
            value
        };
        let attempt = Attempt { source, offset: inner.start, record: &scene.record };
        if let Some(absent) = unprintable::Absent::of(&value) {
            let error = || attempt.placed(inner.clone(), absent.why());
            // What takes a value of `vars` does not see what is in it.
            if scene.record.why_unsure().is_some() && !scene.resolving.is_empty() {
                return Err(error());
            }
            return Ok(Evaluated::Absent(why(&error)));
        }
        let lacks_else = tokens.iter().any(|token| token.kind == TokenKind::Name("if"));
        if value.is_undefined() && lacks_else {
            return Ok(Evaluated::Known(Value::Text(String::new())));
        }
        match convert::outward(&value) {
            Ok(value) if value.size() <= LONGEST => Ok(Evaluated::Known(value)),
            Ok(_) => Err(attempt.placed(inner.clone(), Problem::too_long())),
            Err(problem) => Err(attempt.placed(inner.clone(), problem)),
        }
    }

    fn value_of_text<Why>(
        self: &Arc<Self>,
        source: &str,
        resolving: Vec<String>,
    ) -> Result<Evaluated<Why>, TemplateError> {
        let rendered = self.text(source, resolving)?;
        if let Some(late) = rendered.late().next() {
            let problem = known_too_late(late, "it can't be used here");
            return Err(TemplateError::new(0..source.len(), problem));
        }
        let text = rendered.as_literal().unwrap_or_default().to_owned();
        Ok(Evaluated::Known(Value::Text(text)))
    }

    fn scene(self: &Arc<Self>, resolving: Vec<String>) -> Arc<Scene> {
        Arc::new(Scene { inner: Arc::clone(self), record: Arc::default(), resolving })
    }

    /// What a template is where it is plain; else its first mistake.
    fn checked(&self, source: &str) -> Result<Option<Arc<Plain>>, TemplateError> {
        let (mistakes, plain) = self.examined(source);
        mistakes.into_iter().next().map_or(Ok(plain), Err)
    }

    /// All mistakes of a template; of one that has none and is plain, what it is.
    fn examined(&self, source: &str) -> (Vec<TemplateError>, Option<Arc<Plain>>) {
        if structure::is_text(source) {
            return (Vec::new(), None);
        }
        let known = self.fine.read().unwrap_or_else(PoisonError::into_inner).get(source).cloned();
        if let Some(known) = known {
            return (Vec::new(), known);
        }
        let mistakes = structure::mistakes(source, &self.shared.env, &self.names);
        if !mistakes.is_empty() {
            return (mistakes, None);
        }
        let plain = Plain::of(source).map(Arc::new);
        let mut fine = self.fine.write().unwrap_or_else(PoisonError::into_inner);
        fine.insert(source.to_owned(), plain.clone());
        (mistakes, plain)
    }

    /// Those of the `vars` that it names, too; one after the other, as a row of them can be long.
    fn add_uses(&self, source: &str, uses: &mut Uses) {
        let mut sources = vec![source];
        while let Some(source) = sources.pop() {
            self.add_uses_of(source, uses, &mut sources);
        }
    }

    fn add_uses_of<'s>(&'s self, source: &str, uses: &mut Uses, more: &mut Vec<&'s str>) {
        let tags = scan(source);
        for reference in Words::of(&tags).references {
            let key = reference.key(0);
            match (reference.root, key) {
                ("builds", Some(name)) => {
                    let build = super::lookup::build(&self.names, name).unwrap_or(name);
                    uses.builds.insert(build.to_owned());
                }
                ("builds", None) => uses.computes_builds = true,
                ("ci", Some(name)) => {
                    uses.ci.insert(name.to_owned());
                }
                ("env", Some(name)) => {
                    uses.env.insert(name.to_owned());
                }
                ("env", None) => uses.computes_env = true,
                ("vars", Some(name)) if uses.vars.insert(name.to_owned()) => {
                    let var = self.names.vars.get(name);
                    more.extend(var.map(Var::templates).unwrap_or_default());
                }
                (root, Some(name)) => uses.add_own(root, name),
                _ => {}
            }
        }
    }
}
