//! The order of builds: that of the file, moved only by what they need.

use std::collections::BTreeMap;

use crate::config::{Config, Mistake};

use super::Build;

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
            if builds.get(needed).is_some_and(|build| build.destinations.is_empty() || !build.push)
            {
                let message = format!(
                    "`{}` takes the image of `{}`, which pushes none",
                    names[*index], names[*needed]
                );
                let hint = "only a pushed image has a digest: give it a destination, and outside \
                            of CI add `--push`";
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
