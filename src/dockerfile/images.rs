//! Which stages a target needs, and which images they are built from.

use std::collections::{BTreeMap, HashMap};

use super::{Dockerfile, Stage, Substituted, substitute};

/// An image that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// As the executor resolves it; none where that cannot be told or is no reference.
    pub reference: Option<String>,
    /// As it is written.
    pub written: String,
    /// Where it stands, from 1.
    pub line: usize,
    /// The target needs it. The original executor pulls what stands before the target and is not
    /// needed as well, unless `skip-unused-stages` is set.
    pub needed: bool,
    /// Variables in it that have neither a value nor a default: empty for the executor.
    pub unset: Vec<String>,
}

/// A target that the Dockerfile does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Dockerfile has no stage `{target}`")]
pub struct UnknownTarget {
    /// As it was asked for.
    pub target: String,
    /// The stage of the most similar name.
    pub nearest: Option<String>,
}

impl Dockerfile {
    /// The index of the stage that is built: the named one, or the last.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`]. A number is none: unlike Docker's, Kaniko's stages are known by name.
    ///
    /// Source: Kaniko's pkg/dockerfile/dockerfile.go, `targetStage`.
    pub fn target(&self, target: Option<&str>) -> Result<usize, UnknownTarget> {
        let Some(target) = target else { return Ok(self.stages.len() - 1) };
        let is_named = |stage: &Stage| {
            stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(target))
        };
        self.stages.iter().position(is_named).ok_or_else(|| UnknownTarget {
            target: target.to_owned(),
            nearest: self
                .stages
                .iter()
                .filter_map(|stage| stage.name.clone())
                .map(|name| (strsim::damerau_levenshtein(&name, target), name))
                .filter(|(distance, name)| *distance <= name.len().max(target.len()).div_ceil(3))
                .min()
                .map(|(_, name)| name),
        })
    }

    /// Images of all stages up to the target: of `FROM`, `COPY --from` and `RUN --mount=…,from=`,
    /// without `scratch` and stages, in the order of their lines.
    ///
    /// Build args override defaults unless they are empty, and reach `FROM` undeclared, as with
    /// Kaniko. What an image's own `ONBUILD` names cannot be known here.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`].
    ///
    /// Source: Kaniko's pkg/dockerfile/dockerfile.go, `unifyArgs`.
    pub fn images(
        &self,
        build_args: &BTreeMap<String, String>,
        target: Option<&str>,
    ) -> Result<Vec<Image>, UnknownTarget> {
        let target = self.target(target)?;
        let values = self.values(build_args);
        let value_of = |name: &str| values.get(name).map(String::as_str);
        let bases: Vec<Substituted> = self.stages[..=target]
            .iter()
            .map(|stage| substitute(&stage.base, self.escape, &value_of))
            .collect();

        let names = Names::new(&self.stages[..=target]);
        let edges = |index: usize| self.sources(index, &bases[index], &names);
        let needed = needed(target, edges);

        let mut images = Vec::new();
        for (index, stage) in self.stages[..=target].iter().enumerate() {
            for (from, stage_index) in edges(index) {
                if stage_index.is_some() || from.text.text == "scratch" {
                    continue;
                }
                images.push(Image {
                    reference: Some(&from.text)
                        .filter(|done| !done.unread && is_reference(&done.text))
                        .map(|done| done.text.clone()),
                    written: from.written.to_owned(),
                    line: from.line.unwrap_or(stage.line),
                    needed: needed[index],
                    unset: from.text.unset.clone(),
                });
            }
        }
        Ok(images)
    }

    /// The stages, by index, that a target is made of, the target among them; in order.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`].
    pub fn needed(
        &self,
        build_args: &BTreeMap<String, String>,
        target: Option<&str>,
    ) -> Result<Vec<usize>, UnknownTarget> {
        let target = self.target(target)?;
        let values = self.values(build_args);
        let value_of = |name: &str| values.get(name).map(String::as_str);
        let names = Names::new(&self.stages[..=target]);
        let needed = needed(target, |index| {
            let base = substitute(&self.stages[index].base, self.escape, &value_of);
            self.sources(index, &base, &names)
        });
        Ok((0..=target).filter(|index| needed[*index]).collect())
    }

    /// The values of variables in `FROM`.
    fn values(&self, build_args: &BTreeMap<String, String>) -> HashMap<String, String> {
        let mut values: HashMap<String, String> = build_args
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for argument in &self.arguments {
            let Some(default) = &argument.default else { continue };
            if build_args.get(&argument.name).is_none_or(String::is_empty) {
                let value_of = |name: &str| values.get(name).map(String::as_str);
                let value = substitute(default, self.escape, &value_of).text;
                values.insert(argument.name.clone(), value);
            }
        }
        values
    }

    /// What a stage takes from elsewhere, each with the stage that it is, if it is one.
    fn sources<'d>(
        &'d self,
        index: usize,
        base: &Substituted,
        names: &Names,
    ) -> Vec<(From<'d>, Option<usize>)> {
        let stage = &self.stages[index];
        let base = From { text: base.clone(), written: &stage.base, line: None };
        let base_stage = names.before(&base.text.text, index);
        let mut sources = vec![(base, base_stage)];
        // An `ONBUILD` runs in stages that are built from this one: theirs, then.
        let inherited = base_stage.map(|base| &self.stages[base].onbuild);
        for steps in inherited.into_iter().chain([&stage.steps]) {
            let copies = steps.copies.iter().map(|copy| (copy.from.as_deref(), copy.line));
            let mounts = steps.mounts.iter().map(|mount| (mount.from.as_deref(), mount.line));
            for (from, line) in copies.chain(mounts) {
                // `context` is the fork's name of the context.
                let Some(written) = from.filter(|from| !from.is_empty() && *from != "context")
                else {
                    continue;
                };
                // Nothing is replaced here: a variable leaves no reference.
                let text = Substituted {
                    text: written.to_owned(),
                    unset: Vec::new(),
                    unread: written.contains('$'),
                };
                let from = From { text, written, line: Some(line) };
                sources.push((from, names.named_or_numbered(written)));
            }
        }
        sources
    }
}

/// Something that a stage takes from elsewhere.
struct From<'d> {
    text: Substituted,
    written: &'d str,
    /// None: the line of `FROM`.
    line: Option<usize>,
}

/// Stages by name in lower case: the first and the last of each.
struct Names {
    count: usize,
    first_and_last: HashMap<String, (usize, usize)>,
}

impl Names {
    fn new(stages: &[Stage]) -> Self {
        let mut first_and_last = HashMap::new();
        for (index, stage) in stages.iter().enumerate() {
            if let Some(name) = &stage.name {
                first_and_last
                    .entry(name.to_ascii_lowercase())
                    .and_modify(|(_, last)| *last = index)
                    .or_insert((index, index));
            }
        }
        Self { count: stages.len(), first_and_last }
    }

    /// The stage that `FROM name` of the stage `index` means: the first of that name before it.
    fn before(&self, name: &str, index: usize) -> Option<usize> {
        let (first, _) = self.first_and_last.get(&name.to_ascii_lowercase())?;
        Some(*first).filter(|first| *first < index)
    }

    /// The stage that `--from=name` means: the last of that name, or a number.
    fn named_or_numbered(&self, name: &str) -> Option<usize> {
        let named = self.first_and_last.get(&name.to_ascii_lowercase()).map(|(_, last)| *last);
        named.or_else(|| name.parse().ok().filter(|number| *number < self.count))
    }
}

/// Whether each stage is needed for `target`, without recursion: chains may be long.
fn needed<'d>(
    target: usize,
    sources: impl Fn(usize) -> Vec<(From<'d>, Option<usize>)>,
) -> Vec<bool> {
    let mut needed = vec![false; target + 1];
    let mut waiting = vec![target];
    while let Some(index) = waiting.pop() {
        if !std::mem::replace(&mut needed[index], true) {
            waiting.extend(sources(index).into_iter().filter_map(|(_, stage)| stage));
        }
    }
    needed
}

/// Rough, to tell what an empty variable leaves from a reference; no judge of references.
fn is_reference(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| ends(c) || c == '-' || c == '.')
        && !["//", ":/", ":@", "/:", "/@", "::"].iter().any(|broken| text.contains(broken))
        && !text.chars().any(|c| c.is_whitespace() || c == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str, build_args: &[(&str, &str)], target: Option<&str>) -> Vec<Image> {
        let build_args =
            build_args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Dockerfile::parse(text).unwrap().images(&build_args, target).unwrap()
    }

    fn references(text: &str, build_args: &[(&str, &str)], target: Option<&str>) -> Vec<String> {
        let images = images(text, build_args, target);
        images
            .into_iter()
            .filter(|image| image.needed)
            .map(|image| format!("{}:{}", image.line, image.reference.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn stages_and_scratch_are_no_images() {
        let text = "FROM golang:1.25 AS Build\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=0 /b /b\nFROM build\n";

        assert_eq!(references(text, &[], None), ["1:golang:1.25"]);
    }

    #[test]
    fn copies_and_mounts_name_images_too() {
        let text = "FROM a.example/b\nCOPY --from=c.example/d:1 /x /\nRUN --mount=from=e.example/f,target=/f true\nCOPY . .\n";

        assert_eq!(
            references(text, &[], None),
            ["1:a.example/b", "2:c.example/d:1", "3:e.example/f"]
        );
    }

    #[test]
    fn what_the_target_does_not_need_is_marked() {
        let text = "FROM a AS one\nFROM b AS two\nFROM one AS three\nFROM d AS four\n";

        let images = images(text, &[], Some("THREE"));

        let seen: Vec<_> =
            images.iter().map(|i| (i.reference.as_deref().unwrap(), i.needed)).collect();
        assert_eq!(seen, [("a", true), ("b", false)]);
    }

    #[test]
    fn build_args_override_defaults_unless_they_are_empty() {
        let text = "ARG TAG=1 BASE=alpine:$TAG\nARG OTHER\nFROM ${BASE}\nFROM b:${OTHER:-2}\nFROM c:$UNDECLARED\n";

        assert_eq!(references(text, &[("TAG", "")], None), ["5:"]);
        assert_eq!(references(text, &[("UNDECLARED", "3")], None), ["5:c:3"]);
        let all = |args: &[(&str, &str)]| {
            images(text, args, None).into_iter().map(|i| i.reference).collect::<Vec<_>>()
        };
        assert_eq!(all(&[])[..2], [Some("alpine:1".into()), Some("b:2".into())]);
        assert_eq!(
            all(&[("TAG", "9"), ("OTHER", "8")])[..2],
            [Some("alpine:9".into()), Some("b:8".into())]
        );
    }

    #[test]
    fn quotes_around_defaults_and_references_are_no_part_of_them() {
        let text = "ARG A=\"al pine\" B='x'\nFROM \"img:$B\"\n";

        assert_eq!(references(text, &[], None), ["2:img:x"]);
    }

    #[test]
    fn a_variable_without_value_is_named_and_may_still_leave_a_reference() {
        let found = images("ARG REGISTRY\nFROM ${REGISTRY}alpine:3\nFROM a:$TAG\n", &[], None);

        assert_eq!(found[0].reference.as_deref(), Some("alpine:3"));
        assert_eq!(found[0].unset, ["REGISTRY"]);
        assert_eq!(found[1].reference, None);
        assert_eq!((found[1].written.as_str(), found[1].line), ("a:$TAG", 3));
    }

    #[test]
    fn variables_in_copy_from_are_not_replaced() {
        let found = images("ARG X=a\nFROM b\nCOPY --from=$X /a /a\n", &[], None);

        assert_eq!(found[1].reference, None);
        assert_eq!(found[1].written, "$X");
    }

    #[test]
    fn onbuild_counts_where_it_runs() {
        let text = "FROM a AS base\nONBUILD COPY --from=tools.example/t /t /t\nFROM base\n";

        assert_eq!(references(text, &[], None), ["1:a", "2:tools.example/t"]);
        assert_eq!(references(text, &[], Some("base")), ["1:a"]);
    }

    #[test]
    fn an_unknown_target_names_the_nearest_stage() {
        let dockerfile = Dockerfile::parse("FROM a AS runtime\nFROM b AS test\n").unwrap();

        let error = dockerfile.target(Some("runtme")).unwrap_err();
        assert_eq!(error.nearest.as_deref(), Some("runtime"));
        assert_eq!(error.to_string(), "the Dockerfile has no stage `runtme`");
        assert_eq!(dockerfile.target(Some("0")).unwrap_err().nearest, None);
        assert_eq!(dockerfile.target(None), Ok(1));
    }

    #[test]
    fn the_needed_stages_are_told_by_index() {
        let text = "FROM a AS x\nFROM b AS y\nFROM c\nCOPY --from=x / /\n";
        let dockerfile = Dockerfile::parse(text).unwrap();

        assert_eq!(dockerfile.needed(&BTreeMap::new(), None), Ok(vec![0, 2]));
    }

    #[test]
    fn of_two_stages_of_one_name_from_means_the_first_and_copy_the_last() {
        let text = "FROM a AS x\nFROM b AS x\nFROM x AS y\nFROM c AS z\nCOPY --from=x / /\n";

        assert_eq!(references(text, &[], Some("y")), ["1:a"]);
        assert_eq!(references(text, &[], None), ["2:b", "4:c"]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_stages_is_followed_to_its_end() {
        let chain = (1..100_000).map(|index| format!("FROM s{} AS s{index}\n", index - 1));
        let text: String = std::iter::once("FROM a AS s0\n".to_owned()).chain(chain).collect();

        assert_eq!(references(&text, &[], None), ["1:a"]);
    }
}
