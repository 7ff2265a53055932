//! The order of builds: that of the file, moved only by what they need.

use std::{collections::BTreeMap, sync::Arc};

use crate::config::{Config, Mistake, Mistakes};

use super::{Build, Plan};

/// Names of the builds that `when` leaves out; that another needs one is a mistake.
pub(super) fn left_out(
    builds: &BTreeMap<usize, Build>,
    left_out: &[usize],
    config: &Config,
    mistakes: &mut Vec<Mistake>,
) -> Vec<String> {
    let mut left_out = left_out.to_vec();
    left_out.sort_unstable();
    for build in builds.values() {
        for section in left_out.iter().map(|index| &config.builds[*index]) {
            if !build.after.iter().any(|name| **name == *section.name) {
                continue;
            }
            let name = &section.name;
            let message = format!("`{}` needs `{name}`, which its `when` leaves out", build.name);
            let place = section.table.get("when").map_or(&section.key, |node| &node.place);
            let mistake = Mistake::at(place, message, "does not hold");
            mistakes.push(mistake.hint("give both the same `when`"));
        }
    }
    left_out.into_iter().map(|index| config.builds[index].name.clone()).collect()
}

/// The builds in their order; a circle and a needed build that pushes nothing are mistakes.
pub(super) fn order(
    mut builds: BTreeMap<usize, Build>,
    names: &[&str],
    config: &Config,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Build> {
    let index_of = |name: &str| names.iter().position(|known| *known == name);
    let needs: BTreeMap<usize, Vec<usize>> = builds
        .iter()
        .map(|(index, build)| {
            (*index, build.after.iter().filter_map(|name| index_of(name)).collect())
        })
        .collect();
    for (index, needed) in &needs {
        for needed in needed {
            let pushes = |build: &Build| build.push || build.push_withheld;
            if builds.get(needed).is_some_and(|build| !pushes(build)) {
                let message = format!(
                    "`{}` takes the image of `{}`, which pushes none",
                    names[*index], names[*needed]
                );
                let hint = "an executor can only pull what was pushed: give it a destination, \
                            and no `no-push`";
                let key = &config.builds[*index].key;
                mistakes.push(Mistake::at(key, message, "needs an image").hint(hint));
            }
        }
    }
    let mut order = Vec::new();
    let mut path = Vec::new();
    for index in needs.keys() {
        if let Some(circle) = visit(*index, &needs, &mut order, &mut path) {
            let shown: Vec<_> = circle.iter().map(|index| names[*index]).collect();
            let message = format!("builds need one another in a circle: {}", shown.join(" → "));
            mistakes.push(Mistake::at(&config.builds[circle[0]].key, message, "in the circle"));
            return Vec::new();
        }
    }
    order.into_iter().filter_map(|index| builds.remove(&index)).collect()
}

/// Builds that take the image of another whose push is withheld: a plan shows them, and a run of
/// them would pull what is not there.
#[must_use]
pub fn withheld(plan: &Plan) -> Option<Mistakes> {
    let mistake = |build: &Build| {
        let is_unpushed = |name: &&Arc<str>| {
            plan.builds.iter().any(|needed| needed.name == **name && needed.push_withheld)
        };
        let needed = build.after.iter().find(is_unpushed)?;
        let message =
            format!("`{}` takes the image of `{needed}`, which is not pushed", build.name);
        let hint = "outside of CI nothing is pushed without `--push`";
        let mistake = Mistake::at(&build.place, message, "needs an image");
        Some(mistake.hint(hint))
    };
    let mistakes: Vec<_> = plan.builds.iter().filter_map(mistake).collect();
    (!mistakes.is_empty()).then(|| Mistakes::new(mistakes, &plan.sources))
}

/// Appends `index` after what it needs; a circle is answered with its whole path.
fn visit(
    index: usize,
    needs: &BTreeMap<usize, Vec<usize>>,
    order: &mut Vec<usize>,
    path: &mut Vec<usize>,
) -> Option<Vec<usize>> {
    if order.contains(&index) {
        return None;
    }
    if let Some(start) = path.iter().position(|known| *known == index) {
        let mut circle = path[start..].to_vec();
        circle.push(index);
        return Some(circle);
    }
    path.push(index);
    for needed in needs.get(&index)? {
        if let Some(circle) = visit(*needed, needs, order, path) {
            return Some(circle);
        }
    }
    path.pop();
    order.push(index);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(needs: &[(usize, &[usize])]) -> (Vec<usize>, Option<Vec<usize>>) {
        let needs = needs.iter().map(|(index, on)| (*index, on.to_vec())).collect();
        let (mut order, mut path) = (Vec::new(), Vec::new());
        for index in BTreeMap::keys(&needs) {
            if let Some(circle) = visit(*index, &needs, &mut order, &mut path) {
                return (order, Some(circle));
            }
        }
        (order, None)
    }

    #[test]
    fn builds_keep_the_order_of_the_file_but_for_what_they_need() {
        assert_eq!(ordered(&[(0, &[2]), (1, &[]), (2, &[])]), (vec![2, 0, 1], None));
    }

    #[test]
    fn a_circle_is_told_with_its_whole_path() {
        assert_eq!(ordered(&[(0, &[1]), (1, &[2]), (2, &[1])]).1, Some(vec![1, 2, 1]));
    }
}
