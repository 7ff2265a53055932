//! Owners: by number, or by name from the image's own `/etc/passwd` and `/etc/group`.
//!
//! Source: `BuildKit`'s `solver/llbsolver/ops/user_linux.go`. There a name that the image does not
//! have means root without a word; here, as with Kaniko, it is an error.

/// Somebody's numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Why somebody has no numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unknown<E> {
    /// No such user.
    User(String),
    /// No such group.
    Group(String),
    /// The file could not be read.
    File(E),
}

/// The numbers of `user[:group]`; `read` gives `/etc/passwd` or `/etc/group`, empty where there
/// is none.
///
/// A number without a group is the group's too, a name without one has that of its line.
pub(super) fn owner<E>(
    text: &str,
    read: &mut dyn FnMut(&'static str) -> Result<Vec<u8>, E>,
) -> Result<Owner, Unknown<E>> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (text, None),
    };
    let mut owner = match user.parse() {
        _ if user.is_empty() => Owner::default(),
        Ok(number) => Owner { uid: number, gid: number },
        Err(_) => {
            let passwd = read("/etc/passwd").map_err(Unknown::File)?;
            let found = line(&passwd, user).and_then(|line| {
                Some(Owner { uid: number(line.get(2)?)?, gid: number(line.get(3)?)? })
            });
            match found {
                Some(owner) => owner,
                // Where there is no passwd at all, there is root all the same.
                None if user == "root" => Owner::default(),
                None => return Err(Unknown::User(user.to_owned())),
            }
        }
    };
    if let Some(group) = group {
        owner.gid = if let Ok(number) = group.parse() {
            number
        } else {
            let groups = read("/etc/group").map_err(Unknown::File)?;
            match line(&groups, group).and_then(|line| number(line.get(2)?)) {
                Some(gid) => gid,
                None if group == "root" => 0,
                None => return Err(Unknown::Group(group.to_owned())),
            }
        };
    }
    Ok(owner)
}

/// The fields of the first line that begins with `name:`.
fn line<'f>(file: &'f [u8], name: &str) -> Option<Vec<&'f [u8]>> {
    file.split(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii().split(|byte| *byte == b':').collect::<Vec<_>>())
        .find(|fields| fields.len() > 2 && fields[0] == name.as_bytes())
}

fn number(field: &[u8]) -> Option<u32> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<(u32, u32), Unknown<()>> {
        let mut read = |path| {
            Ok(match path {
                "/etc/passwd" => {
                    b"root:x:0:0::/:\n# a:x\nweb:x:33:44:Web:/srv:/bin/sh\nbad:x:no:1::\n".to_vec()
                }
                _ => b"root:x:0:\nstaff:x:50:web,root\n".to_vec(),
            })
        };
        owner(text, &mut read).map(|Owner { uid, gid }| (uid, gid))
    }

    #[test]
    fn numbers_need_no_file() {
        assert_eq!(found("1000"), Ok((1000, 1000)));
        assert_eq!(found("1:2"), Ok((1, 2)));
        assert_eq!(found(":2"), Ok((0, 2)));
        assert_eq!(found("7:"), Ok((7, 7)));
        let mut none = |_| Err(());
        assert_eq!(owner("1:2", &mut none), Ok(Owner { uid: 1, gid: 2 }));
        assert_eq!(owner("web", &mut none), Err(Unknown::File(())));
    }

    #[test]
    fn names_are_looked_up() {
        assert_eq!(found("web"), Ok((33, 44)));
        assert_eq!(found("web:staff"), Ok((33, 50)));
        assert_eq!(found("5:staff"), Ok((5, 50)));
        assert_eq!(found("root:root"), Ok((0, 0)));
    }

    #[test]
    fn a_name_that_is_not_there_is_an_error() {
        assert_eq!(found("nobody"), Err(Unknown::User("nobody".into())));
        assert_eq!(found("bad"), Err(Unknown::User("bad".into())));
        assert_eq!(found("web:none"), Err(Unknown::Group("none".into())));
        let mut empty = |_| Ok::<_, ()>(Vec::new());
        assert_eq!(owner("root:root", &mut empty), Ok(Owner::default()));
    }
}
