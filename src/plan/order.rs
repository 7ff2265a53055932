//! The order of builds: that of the file, moved only by what they need.

use std::{collections::BTreeMap, sync::Arc};

use foldhash::{HashMap, HashSet};

use crate::config::{Config, Mistake, Mistakes, Place};

use super::{Build, Plan, known::Known, needs};

/// Names of the builds that `when` leaves out; that another needs one by its name is a mistake.
pub(super) fn left_out(
    builds: &mut BTreeMap<usize, Box<Build>>,
    left_out: &[usize],
    loose: &HashMap<usize, Vec<Arc<str>>>,
    (known, config): (&Known<'_>, &Config),
    mistakes: &mut Vec<Mistake>,
) -> Vec<String> {
    let out: HashSet<&str> = left_out.iter().map(|index| known.names[*index]).collect();
    for (index, build) in builds.iter_mut() {
        let loose = loose.get(index).map_or(&[][..], Vec::as_slice);
        build.after.retain(|name| !(out.contains(&**name) && loose.contains(name)));
        let build = &**build;
        for name in build.after.iter().filter(|name| out.contains(&***name)) {
            let Some(section) = known.index(name).map(|index| &config.builds[index]) else {
                continue;
            };
            let message = format!("`{}` needs `{name}`, which its `when` leaves out", build.name);
            let when = section.table.get("when").map_or(&section.key, |node| &node.place);
            let mistake = Mistake::at(place(build, name), message, "needed here");
            let mistake = mistake.also(when, "does not hold");
            let hint = "give both the same `when`; or name a group of builds in `needs`, which \
                        means those of them that are built";
            mistakes.push(mistake.hint(hint));
        }
    }
    let mut left_out = left_out.to_vec();
    left_out.sort_unstable();
    left_out.into_iter().map(|index| known.names[index].to_owned()).collect()
}

/// So many circles are told.
const MOST: usize = 10;

/// The builds in their order; a circle and an image of a build that pushes none are mistakes.
pub(super) fn order(
    mut builds: BTreeMap<usize, Box<Build>>,
    known: &Known<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Build> {
    for build in builds.values() {
        for taken in build.takes() {
            let pushes = |build: &Build| build.push || build.push_withheld;
            let unpushed = known.index(taken).and_then(|index| builds.get(&index));
            if unpushed.is_some_and(|build| !pushes(build)) {
                let name = &build.name;
                let message = format!("`{name}` takes the image of `{taken}`, which pushes none");
                let hint = "an executor can only pull what was pushed: give it a destination, \
                            and no `no-push`";
                let mistake = Mistake::at(place(build, taken), message, "needs an image");
                mistakes.push(mistake.hint(hint).may_follow());
            }
        }
    }
    tell_of_two(&builds, mistakes);
    let mut needs: BTreeMap<usize, Vec<usize>> = builds
        .iter()
        .map(|(index, build)| {
            let needed = build.after.iter().filter_map(|name| known.index(name));
            (*index, needed.filter(|needed| builds.contains_key(needed)).collect())
        })
        .collect();
    let mut circles = 0;
    let order = loop {
        match sorted(&needs) {
            Ok(order) => break order,
            Err(_) if circles == MOST => break Vec::new(),
            Err(circle) => {
                circles += 1;
                let shown: Vec<_> = circle.iter().map(|index| known.names[*index]).collect();
                let message = format!("builds need one another in a circle: {}", shown.join(" → "));
                let (first, next) = (&builds[&circle[0]], known.names[circle[1]]);
                let mistake = Mistake::at(place(first, next), message, "in the circle");
                mistakes.push(mistake.hint("take one of these needs away"));
                // Once they are told their needs are done with: there may be another circle.
                for index in circle {
                    needs.remove(&index);
                }
            }
        }
    };
    let ordered = order.into_iter().filter_map(|index| builds.remove(&index)).collect::<Vec<_>>();
    ordered.into_iter().chain(builds.into_values()).map(|build| *build).collect()
}

/// Two builds that are pushed under one name are a mistake: the later one would take it away.
fn tell_of_two(builds: &BTreeMap<usize, Box<Build>>, mistakes: &mut Vec<Mistake>) {
    let mut pushed: HashMap<(&str, &str, &str), &Build> = HashMap::default();
    for build in builds.values().filter(|build| build.push || build.push_withheld) {
        for to in &build.destinations {
            let image = (to.host(), to.repository(), to.tag().unwrap_or("latest"));
            let Some(other) = pushed.insert(image, build) else { continue };
            let message =
                format!("`{}` and `{}` are both pushed as `{to}`", other.name, build.name);
            let keys = ["destinations", "tags", "image"];
            let place = keys.iter().find_map(|key| build.origin(key));
            let mistake = Mistake::at(place.unwrap_or(&build.place), message, "the same for both");
            mistakes.push(mistake.may_follow().hint(
                "give them other images or tags; those of a matrix differ by `{{ matrix.NAME }}`, \
                 those of `defaults` by `{{ build.name }}`",
            ));
        }
    }
}

/// Where it is written that `build` needs `needed`.
fn place<'b>(build: &'b Build, needed: &str) -> &'b Place {
    let taken_by = build.texts().find(|(_, _, text)| text.late().any(|it| it.build() == needed));
    let by_use = taken_by.and_then(|(key, name, _)| build.origin(&format!("{key}.{name}")));
    let by_name = build.needed_at.get(needed);
    by_name.or(by_use).or(build.origin(needs::KEY)).unwrap_or(&build.place)
}

/// Builds that take the image of another whose push is withheld: a plan shows them, and a run of
/// them would pull what is not there.
#[must_use]
pub fn withheld(plan: &Plan) -> Option<Mistakes> {
    let withheld = plan.builds.iter().filter(|build| build.push_withheld);
    let withheld: HashSet<&str> = withheld.map(|build| &*build.name).collect();
    let mistake = |build: &Build| {
        let needed = build.takes().find(|name| withheld.contains(name))?;
        let message =
            format!("`{}` takes the image of `{needed}`, which is not pushed", build.name);
        let hint = "outside of CI nothing is pushed without `--push`";
        let mistake = Mistake::at(place(build, needed), message, "needs an image");
        Some(mistake.hint(hint))
    };
    let mistakes: Vec<_> = plan.builds.iter().filter_map(mistake).collect();
    Mistakes::any(mistakes, &plan.sources)
}

/// Each after what it needs, else in their order; a circle is answered with its whole path, its
/// first again at its end.
fn sorted(needs: &BTreeMap<usize, Vec<usize>>) -> Result<Vec<usize>, Vec<usize>> {
    let mut order = Vec::with_capacity(needs.len());
    let (mut done, mut open) = (HashSet::default(), HashSet::default());
    // Not by recursion: a chain of builds may be as long as the file.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in needs.keys() {
        let mut next = Some(*start);
        loop {
            if let Some(index) = next.take().filter(|index| !done.contains(index)) {
                if !open.insert(index) {
                    let from = path.iter().position(|(known, _)| *known == index);
                    let circle = path[from.unwrap_or_default()..].iter().map(|(known, _)| *known);
                    return Err(circle.chain([index]).collect());
                }
                path.push((index, 0));
            }
            let Some((index, at)) = path.last_mut() else { break };
            if let Some(needed) = needs.get(index).and_then(|needed| needed.get(*at)) {
                *at += 1;
                next = Some(*needed);
            } else {
                done.insert(*index);
                order.push(*index);
                path.pop();
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(needs: &[(usize, &[usize])]) -> Result<Vec<usize>, Vec<usize>> {
        sorted(&needs.iter().map(|(index, on)| (*index, on.to_vec())).collect())
    }

    #[test]
    fn builds_keep_the_order_of_the_file_but_for_what_they_need() {
        assert_eq!(ordered(&[(0, &[2]), (1, &[]), (2, &[])]), Ok(vec![2, 0, 1]));
        assert_eq!(ordered(&[(0, &[1, 2]), (1, &[2]), (2, &[])]), Ok(vec![2, 1, 0]));
    }

    #[test]
    fn a_circle_is_told_with_its_whole_path() {
        assert_eq!(ordered(&[(0, &[1]), (1, &[2]), (2, &[1])]), Err(vec![1, 2, 1]));
        assert_eq!(ordered(&[(0, &[0])]), Err(vec![0, 0]));
    }

    #[test]
    fn a_chain_as_long_as_any_file_is_ordered() {
        let needs = (0..20_000).map(|index| (index, vec![index + 1]));
        let needs = needs.chain([(20_000, vec![])]).collect();

        let order = sorted(&needs).unwrap();

        assert_eq!((order[0], order[20_000]), (20_000, 0));
    }
}
