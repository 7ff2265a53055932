//! `--chmod`: octal, or symbolic as the program `chmod` takes it.
//!
//! Source: the Dockerfile reference, "COPY --chmod"; POSIX, `chmod`. `BuildKit` reads it with a
//! umask of 0: no `who` is everybody.

/// What becomes of permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chmod {
    /// These.
    Octal(u32),
    /// Those that are there, changed one after the other.
    Symbolic(Vec<Change>),
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Bits of those whom it is for: 0o4700, 0o2070, 0o1007 together.
    who: u32,
    operator: u8,
    permissions: Vec<Permission>,
}

/// What a change gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permission {
    /// For all three: 0o444, 0o222, 0o111.
    Bits(u32),
    /// To execute, where it is a directory or somebody may already.
    ExecuteIfAny,
    SetId,
    Sticky,
    /// What user, group or others have: how far their bits stand from the lowest.
    Like(u32),
}

impl Chmod {
    /// Reads `755`, `u=rwX,go=rX`, `+x`; none for what is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.bytes().next()?.is_ascii_digit() {
            let octal = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
            let mode = u32::from_str_radix(text, 8).ok().filter(|mode| octal && *mode <= 0o7777)?;
            return Some(Self::Octal(mode));
        }
        let mut changes = Vec::new();
        for clause in text.split(',') {
            let start = clause.find(['+', '-', '='])?;
            let mut who = 0;
            for letter in clause[..start].bytes() {
                who |= match letter {
                    b'u' => 0o4700,
                    b'g' => 0o2070,
                    b'o' => 0o1007,
                    b'a' => 0o7777,
                    _ => return None,
                };
            }
            let who = if start == 0 { 0o7777 } else { who };
            for letter in clause[start..].bytes() {
                let permission = match letter {
                    b'+' | b'-' | b'=' => {
                        changes.push(Change { who, operator: letter, permissions: Vec::new() });
                        continue;
                    }
                    b'r' => Permission::Bits(0o444),
                    b'w' => Permission::Bits(0o222),
                    b'x' => Permission::Bits(0o111),
                    b'X' => Permission::ExecuteIfAny,
                    b's' => Permission::SetId,
                    b't' => Permission::Sticky,
                    b'u' => Permission::Like(6),
                    b'g' => Permission::Like(3),
                    b'o' => Permission::Like(0),
                    _ => return None,
                };
                changes.last_mut()?.permissions.push(permission);
            }
        }
        Some(Self::Symbolic(changes))
    }

    /// What becomes of `mode`.
    pub(super) fn apply(&self, mode: u32, directory: bool) -> u32 {
        let changes = match self {
            Self::Octal(mode) => return *mode,
            Self::Symbolic(changes) => changes,
        };
        changes.iter().fold(mode, |mode, Change { who, operator, permissions }| {
            let bits = permissions.iter().fold(0, |bits, permission| {
                bits | match permission {
                    Permission::Bits(bits) => bits & who,
                    Permission::ExecuteIfAny if directory || mode & 0o111 != 0 => 0o111 & who,
                    Permission::ExecuteIfAny => 0,
                    Permission::SetId => 0o6000 & who,
                    Permission::Sticky => 0o1000 & who,
                    Permission::Like(distance) => (((mode >> distance) & 7) * 0o111) & who,
                }
            });
            match operator {
                b'+' => mode | bits,
                b'-' => mode & !bits,
                // A directory keeps what is not named here: setuid and setgid of its own.
                _ => mode & !(who & if directory { 0o1777 } else { 0o7777 }) | bits,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, mode: u32) -> u32 {
        Chmod::parse(text).unwrap().apply(mode, false)
    }

    #[test]
    fn octal_is_taken_as_it_is() {
        assert_eq!(file("755", 0o600), 0o755);
        assert_eq!(file("04711", 0o600), 0o4711);
        assert_eq!(file("0", 0o600), 0);
    }

    #[test]
    fn symbols_change_what_is_there() {
        assert_eq!(file("+x", 0o644), 0o755);
        assert_eq!(file("u=rwX,go=rX", 0o600), 0o644);
        assert_eq!(file("u=rwX,go=rX", 0o700), 0o755);
        assert_eq!(file("a-w", 0o666), 0o444);
        assert_eq!(file("g=u,o=", 0o740), 0o770);
        assert_eq!(file("u+s,g+s,+t", 0o755), 0o7755);
        assert_eq!(file("u-x+w", 0o555), 0o655);
        assert_eq!(file("go=", 0o777), 0o700);
        assert_eq!(Chmod::parse("a=rX").unwrap().apply(0o700, true), 0o555);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["", "8", "77777", "1x", "u", "u+q", "z+x", "u=rw,", "0x1ff", "-1", "+ x"] {
            assert!(Chmod::parse(text).is_none(), "{text}");
        }
    }
}
