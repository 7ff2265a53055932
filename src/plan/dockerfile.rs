//! The Dockerfile of a build: where it is, what it takes, and what an executor must be able to.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::File,
    io::{self, Read as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use foldhash::HashMap;
use rustix::fs::{Mode, OFlags};

use crate::{
    config::{Mistake, Sources},
    context::Dockerfile as DockerfileAt,
    dockerfile::{Argument, Dockerfile, Inline, Reach, UnknownTarget, What, is_never_empty},
    kaniko::{
        flags::{self, Availability},
        unsupported::{Harm, Unsupported, unsupported},
        version::Ability,
    },
    template::{LateValue, Rendered},
    transport::Need,
};

use super::{
    Base, Build, ExecutorKind,
    arguments::{resolve, shown},
    reader::{Reader, absolute},
    unexpanded,
};

/// A Dockerfile that was read.
pub(super) struct Read {
    pub(super) at: DockerfileAt,
    pub(super) bases: Vec<Base>,
    pub(super) file: Arc<Dockerfile>,
    pub(super) reach: Reach,
    /// Build args as its `FROM`s see them.
    pub(super) values: BTreeMap<String, String>,
    /// As messages name it.
    pub(super) label: String,
}

/// Finds and reads the Dockerfile; what is wrong with it goes to `keys`.
pub(super) fn read(
    keys: &mut Reader<'_>,
    context: &Path,
    target: Option<&str>,
    build_args: &[(String, Rendered)],
) -> Option<Read> {
    let (path, bytes) = if let Some((path, file, length)) = usual(keys, context) {
        (path, bounded(file, length))
    } else {
        let path = find(keys, context)?;
        let file = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        (path, file.and_then(|(length, file)| bounded(file, length)))
    };
    let label = below(&path, keys.current).unwrap_or(&path).display().to_string();
    let text = match bytes {
        Ok(Some(bytes)) => text(bytes),
        Ok(None) => {
            let message = format!("`{label}` has more than 4 MiB");
            let hint = "copy long texts from files of the context instead of writing them there";
            keys.wrong("dockerfile", message, "a Dockerfile that is too long", hint);
            return None;
        }
        Err(error) => {
            let message = format!("`{label}` cannot be read: {}", error.kind());
            keys.wrong("dockerfile", message, "this Dockerfile", "may this user read it?");
            return None;
        }
    };
    let file = match Dockerfile::parse(&text) {
        Ok(file) => file,
        Err(error) => {
            let place = format!("{label}:{}:{}", error.line, error.column);
            let message = format!("{place}: {}", error.message);
            keys.mistakes.push(at(keys, message));
            return None;
        }
    };
    let values = values(build_args);
    let reach = match file.reach(&values, target) {
        Ok(reach) => reach,
        Err(error) => {
            unknown_target(keys, &label, &error);
            return None;
        }
    };
    let bases = bases(&file, &reach);
    let at = match below(&path, context) {
        Some(inside) => DockerfileAt::Inside(inside.to_owned()),
        None => DockerfileAt::Outside(path),
    };
    Some(Read { at, bases, file: Arc::new(file), reach, values, label })
}

fn bases(file: &Dockerfile, reach: &Reach) -> Vec<Base> {
    let images = file.images(reach).into_iter();
    images
        .filter_map(|image| Some(Base { reference: image.reference?, line: image.line }))
        .collect()
}

/// The images that a build's Dockerfile takes where `late` tells what others have become.
pub fn taken_bases(
    build: &Build,
    late: &mut impl FnMut(&LateValue) -> Option<String>,
) -> Vec<Base> {
    if build.build_args.iter().all(|(_, text)| text.late().next().is_none()) {
        return build.bases.clone();
    }
    let value = |(name, text): &(String, Rendered)| {
        (name.clone(), resolve(text, late).unwrap_or_else(|| shown(text)))
    };
    let values: BTreeMap<_, _> = build.build_args.iter().map(value).collect();
    match build.instructions.reach(&values, build.target.as_deref()) {
        Ok(reach) => bases(&build.instructions, &reach),
        Err(_) => build.bases.clone(),
    }
}

/// What follows `directory` in a path below it, both without `.` and `..`: letter by letter, and
/// not name by name as [`Path::strip_prefix`], for there are thousands.
fn below<'p>(path: &'p Path, directory: &Path) -> Option<&'p Path> {
    let rest = path.as_os_str().as_bytes().strip_prefix(directory.as_os_str().as_bytes())?;
    let rest = if directory.as_os_str() == "/" { rest } else { rest.strip_prefix(b"/")? };
    Some(Path::new(OsStr::from_bytes(rest)))
}

/// Bytes that a Dockerfile may have: as many as an image's config, in which its lines end.
const MOST: u64 = 4 << 20;

/// Bytes that nearly all have less of: they are read at once.
const USUAL: usize = 8 << 10;

/// The text of a file, in which what is no UTF-8 is replaced.
fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// What a file of this length holds; nothing where that is too much.
fn bounded(file: File, length: u64) -> io::Result<Option<Vec<u8>>> {
    let most = match length {
        // Files of the kernel tell no length.
        0 => MOST + 1,
        length => length.min(MOST + 1),
    };
    let mut bytes = Vec::with_capacity(usize::try_from(most).unwrap_or_default().min(USUAL));
    file.take(most).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MOST).then_some(bytes))
}

/// Build args as the Dockerfile's `FROM`s see them.
pub(super) fn values(build_args: &[(String, Rendered)]) -> BTreeMap<String, String> {
    build_args.iter().map(|(name, text)| (name.clone(), shown(text))).collect()
}

/// A mistake about the Dockerfile, underlined where the build names it.
pub(super) fn at(keys: &Reader<'_>, message: String) -> Mistake {
    match keys.place("dockerfile").or(keys.of) {
        Some(place) => Mistake::at(place, message, "this Dockerfile"),
        None => Mistake::nowhere(message),
    }
}

fn unknown_target(keys: &mut Reader<'_>, label: &str, error: &UnknownTarget) {
    let UnknownTarget { target, nearest } = error;
    let hint = match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None => unexpanded::hint(target)
            .unwrap_or_else(|| "write the name of a stage: `FROM image AS name`".to_owned()),
    };
    let message = format!("`{label}` has no stage `{target}`");
    keys.wrong("target", message, "no such stage", &hint);
}

/// Where nearly every Dockerfile is, opened, with its length: one look instead of many, as plans
/// have many builds.
fn usual(keys: &Reader<'_>, context: &Path) -> Option<(PathBuf, File, u64)> {
    let path = absolute(context, "Dockerfile");
    if keys.has("dockerfile") || path.parent() != Some(context) {
        return None;
    }
    // A pipe would be waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(&path, flags, Mode::empty()).ok()?);
    let found = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((path, file, found.len()))
}

/// Relative to the context, then to the file: the first that is there.
fn find(keys: &mut Reader<'_>, context: &Path) -> Option<PathBuf> {
    let show = |path: &Path, current: &Path| {
        path.strip_prefix(current).unwrap_or(path).display().to_string()
    };
    let current = keys.current;
    if !context.is_dir() {
        let what = if context.exists() { "is no directory" } else { "is not there" };
        let written = keys.node("context").and_then(|node| keys.text_of("context", node));
        if let Some(address) = written.filter(|written| written.contains("://")) {
            let message = format!("the context `{address}` is no directory");
            let hint = "check it out first: a directory of this machine is sent";
            keys.wrong("context", message, "an address", hint);
            return None;
        }
        let shown = show(context, current);
        let shown = if shown.is_empty() { ".".to_owned() } else { shown };
        let message = format!("the context `{shown}` {what}");
        let hint = unexpanded::hint(&shown);
        let hint = hint.as_deref().unwrap_or("`context` is the directory that is sent");
        keys.wrong("context", message, what, hint);
        return None;
    }
    let named = match keys.node("dockerfile") {
        Some(node) => Some((keys.text_of("dockerfile", node)?, node)),
        None => None,
    };
    let mut tried = vec![absolute(context, named.as_ref().map_or("Dockerfile", |(name, _)| name))];
    if let Some((name, node)) = &named {
        tried.push(absolute(keys.config.base(&node.place, current), name));
    }
    tried.dedup();
    if let Some(found) = tried.iter().find(|path| path.is_file()) {
        return Some(found.clone());
    }
    let shown: Vec<_> = tried.iter().map(|path| format!("`{}`", show(path, current))).collect();
    let message = format!("there is no Dockerfile at {}", shown.join(" or "));
    if named.is_some() {
        let hint = unexpanded::hint(&message);
        let usual = "`dockerfile` is looked for in the context, then beside this file";
        keys.wrong("dockerfile", message, "not there", hint.as_deref().unwrap_or(usual));
    } else {
        let hint = "where it is elsewhere, name it with `dockerfile`, relative to the context or \
                    to this file";
        keys.wrong("context", message, "has no Dockerfile", hint);
    }
    None
}

/// What the executor must be able to do, each with the place that asks for it.
pub(super) fn needs(build: &Build, read: &Read, sources: &Sources) -> Vec<Need> {
    let origin = |key: &str| match build.origin(key) {
        Some(place) => format!("`{key}` ({})", sources.show(place)),
        None => format!("`{key}`"),
    };
    let mut needs = Vec::new();
    let mut need = |ability: Ability, reason: String| {
        if !needs.iter().any(|known: &Need| known.ability == ability) {
            needs.push(Need { ability, reason });
        }
    };
    if !build.secrets.is_empty() {
        need(Ability::Flag("--secret"), origin("secrets"));
    }
    for instruction in read.file.executed(&read.reach) {
        let place = format!("{}:{}", read.label, instruction.line);
        let (inline, mounts) = match &instruction.what {
            What::Add(copy) | What::Copy(copy) => {
                if copy.chmod.as_deref().is_some_and(is_symbolic) {
                    need(Ability::SymbolicMode, format!("`--chmod` ({place})"));
                }
                if let Some(mode) = copy.chmod.as_deref().filter(|mode| has_special_bits(mode)) {
                    need(Ability::SpecialBits, format!("`--chmod={mode}` ({place})"));
                }
                let replaced = |one: &&Inline| one.expand && one.content.contains(['$', '\\']);
                if let Some(document) = copy.inline.iter().find(replaced) {
                    let reason = format!("`<<{}` ({place})", document.name);
                    need(Ability::HeredocVariables, reason);
                }
                (&copy.inline, &[][..])
            }
            What::Run(run) => (&run.inline, &run.mounts[..]),
            What::Arg(declared) => {
                let of_platform = |argument: &&Argument| {
                    is_never_empty(&argument.name)
                        && argument.default.is_none()
                        && !read.values.contains_key(&argument.name)
                };
                if let Some(argument) = declared.iter().find(of_platform) {
                    need(Ability::PlatformArguments, format!("`ARG {}` ({place})", argument.name));
                }
                continue;
            }
            _ => continue,
        };
        for mount in mounts {
            need(Ability::Mount(mount.kind.clone()), format!("`RUN --mount` ({place})"));
        }
        for document in inline {
            need(Ability::Heredoc, format!("`<<{}` ({place})", document.name));
        }
    }
    if !build.annotations.is_empty() {
        need(Ability::Flag("--annotation"), origin("annotations"));
    }
    for flag in flags::FLAGS.iter().filter(|flag| flag.since_original != Availability::Always) {
        let Some(key) = flag.key else { continue };
        let given = build.flags.iter().any(|argument| {
            argument.strip_prefix(flag.name).is_some_and(|rest| rest.starts_with('='))
        });
        if given {
            need(Ability::Flag(flag.name), origin(key));
        }
    }
    needs
}

/// So many lines are told of each kind.
const LINES: usize = 5;

/// Tells what no Kaniko does of what the Dockerfile says, each kind once with its lines.
pub(super) fn tell_unsupported(keys: &mut Reader<'_>, build: &Build, read: &Read) {
    if build.executor.kind == ExecutorKind::Builtin {
        return;
    }
    let (file, reach) = (&read.file, &read.reach);
    let mut kinds: Vec<(Unsupported, Vec<usize>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::default();
    for found in unsupported(file.needed(reach), file.executed(reach)) {
        let index = *known.entry(found.what.clone()).or_insert(kinds.len());
        match kinds.get_mut(index) {
            Some((_, lines)) if lines.last() == Some(&found.line) => {}
            Some((_, lines)) => lines.push(found.line),
            None => {
                let line = found.line;
                kinds.push((found, vec![line]));
            }
        }
    }
    for (Unsupported { what, instead, harm, .. }, lines) in kinds {
        let shown: Vec<_> = lines.iter().take(LINES).map(usize::to_string).collect();
        let more = if lines.len() > LINES { " and more" } else { "" };
        let lines = shown.join(", ");
        let message = format!("{}:{lines}{more}: `{what}`: Kaniko {instead}", read.label);
        let mistake = at(keys, message);
        match harm {
            Harm::Wrong => keys.mistakes.push(mistake),
            Harm::None => keys.warnings.push(mistake),
        }
    }
}

/// Warns of a Dockerfile that is written for another reader.
pub(super) fn tell_frontend(keys: &mut Reader<'_>, read: &Read) {
    if let Some(image) = read.file.foreign_frontend() {
        let message = format!(
            "{}: `# syntax={image}`: only BuildKit has other readers; it is read as Docker's own \
             form",
            read.label
        );
        let mistake = at(keys, message);
        keys.warnings.push(mistake);
    }
}

/// `u+x`; what holds variables may be anything.
fn is_symbolic(mode: &str) -> bool {
    !mode.contains('$') && mode.contains(|c: char| !c.is_ascii_digit())
}

/// `4755`, `1777`.
fn has_special_bits(mode: &str) -> bool {
    u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o7000 != 0)
}
