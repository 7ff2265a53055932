//! From a repository to its images.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{
    builtin::{self, NoImage},
    dockerfile::Dockerfile,
    kaniko::unsupported::{Harm, unsupported},
};

use super::{
    Found, Image, LeftOut, Repository,
    context::{Context, context},
    names::names,
    quoted::is_template,
    walk::{Walked, walk},
};

/// A Dockerfile is not longer, in bytes.
const LONGEST: usize = 1 << 20;

/// Finds the Dockerfiles of a repository and what each needs.
///
/// It reads names of directories and Dockerfiles, at most half a million and 1 MiB each.
#[must_use]
pub fn look(repository: &Repository<'_>) -> Found {
    let Walked { dockerfiles, mut left_out } = walk(repository);
    let mut read = Vec::new();
    for path in dockerfiles {
        match self::read(repository.root, &path) {
            Ok(one) => read.push(one),
            Err(why) => left_out.push(why),
        }
    }
    left_out.sort_by(|one, other| one.path.cmp(&other.path));
    let paths: Vec<_> = read.iter().map(|one| one.path.clone()).collect();
    let names = names(&paths, repository.name);
    let image = |(one, name): (Read, String)| {
        let Context { directory, missing } = one.context;
        let context = directory.to_string_lossy().into_owned();
        let context = if context.is_empty() { ".".to_owned() } else { context };
        Image { name, path: one.path, context, needs: one.needs, missing }
    };
    Found { images: read.into_iter().zip(names).map(image).collect(), left_out }
}

/// A Dockerfile that can be built.
struct Read {
    path: String,
    context: Context,
    needs: Option<String>,
}

fn read(root: &Path, path: &PathBuf) -> Result<Read, LeftOut> {
    let wrong = |line, why: &str| LeftOut::new(path, line, why);
    let shown = match path.to_str() {
        None => return Err(wrong(None, "its path is no UTF-8")),
        Some(shown) if shown.chars().any(char::is_control) => {
            return Err(wrong(None, "its path has control characters"));
        }
        Some(shown) if is_template(shown) => {
            return Err(wrong(None, "its path would be taken for a template"));
        }
        Some(shown) => shown.to_owned(),
    };
    let text = text(&root.join(path)).map_err(|why| wrong(None, &why))?;
    let file = Dockerfile::parse(&text).map_err(|error| wrong(Some(error.line), &error.message))?;
    let values = BTreeMap::new();
    let reach = file.reach(&values, None).map_err(|error| wrong(None, &error.to_string()))?;
    if let Some(NoImage { line, what, hint }) = builtin::no_images(&file, &reach).next() {
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        return Err(wrong(Some(line), &format!("{what}{hint}")));
    }
    let needs = builtin::check(&file, &reach, &values).into_iter().next();
    if needs.is_some() {
        // What no executor does as it is written makes no image worth having.
        let found = unsupported(file.needed(&reach), file.executed(&reach));
        let harmful = found.into_iter().find(|one| one.harm == Harm::Wrong);
        if let Some(one) = harmful {
            let why = format!("`{}`: Kaniko {}", one.what, one.instead);
            return Err(wrong(Some(one.line), &why));
        }
    }
    let needs = needs.map(|one| format!("{shown}:{}: {}", one.line, one.what));
    Ok(Read { context: context(&file, path, root), path: shown, needs })
}

fn text(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot be read: {}", error.kind());
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LONGEST {
        return Err("is longer than 1 MiB".to_owned());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
