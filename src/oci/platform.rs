//! Platforms: which image of an index is ours.
//!
//! Source: the OCI image specification, "Image Index"; containerd's platforms package, for
//! what variants mean and which names are one architecture.

use std::{fmt, str::FromStr};

/// `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// Go's name of it: `amd64`, `arm64`.
    pub architecture: String,
    /// `v8`, `v7`; only where there are some.
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform: those are like `linux/amd64` and `linux/arm/v7`")]
pub struct NoPlatform(pub String);

impl Platform {
    /// The platform of this program.
    #[must_use]
    pub fn here() -> Self {
        let architecture = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else if cfg!(target_arch = "arm") {
            "arm"
        } else if cfg!(target_arch = "x86") {
            "386"
        } else if cfg!(target_arch = "powerpc64") {
            "ppc64le"
        } else if cfg!(target_arch = "riscv64") {
            "riscv64"
        } else if cfg!(target_arch = "s390x") {
            "s390x"
        } else {
            "amd64"
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
    }

    /// Reads `linux/arm64/v8`; other names of an architecture (`x86_64`, `aarch64`) are known.
    ///
    /// # Errors
    ///
    /// [`NoPlatform`] unless there are two or three words between the slashes.
    pub fn parse(text: &str) -> Result<Self, NoPlatform> {
        let wrong = || NoPlatform(text.to_owned());
        let words: Vec<_> = text.split('/').collect();
        let is_word = |word: &&str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        };
        if !words.iter().all(is_word) {
            return Err(wrong());
        }
        let (os, architecture, variant) = match words[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant.to_ascii_lowercase())),
            _ => return Err(wrong()),
        };
        let architecture = architecture.to_ascii_lowercase();
        let (architecture, implied) = match &*architecture {
            "x86_64" | "x86-64" => ("amd64", None),
            "aarch64" => ("arm64", None),
            "i386" => ("386", None),
            "armhf" => ("arm", Some("v7")),
            "armel" => ("arm", Some("v6")),
            other => (other, None),
        };
        let variant = variant.or(implied.map(str::to_owned));
        Ok(Self { os: os.to_ascii_lowercase(), architecture: architecture.to_owned(), variant })
    }

    /// Whether what is for `other` runs here.
    #[must_use]
    pub fn runs(&self, other: &Self) -> bool {
        self.fit(other).is_some()
    }

    /// How well what `offered` names runs here: none does not, and of the rest the least is best.
    pub(super) fn fit(&self, offered: &Self) -> Option<u32> {
        if self.os != offered.os || self.architecture != offered.architecture {
            return None;
        }
        let (wanted, offered) = (self.generation(), offered.generation());
        match (wanted, offered) {
            (Ok(wanted), Ok(offered)) => wanted.checked_sub(offered),
            (Err(wanted), Err(offered)) if wanted == offered => Some(0),
            _ => None,
        }
    }

    /// The variant as a number, where variants follow each other; a later one runs the earlier.
    fn generation(&self) -> Result<u32, &str> {
        let usual = match &*self.architecture {
            "arm64" => 8,
            "arm" => 7,
            _ => 1,
        };
        let Some(variant) = &self.variant else { return Ok(usual) };
        variant.trim_start_matches('v').parse().map_err(|_| &**variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { os, architecture, variant } = self;
        write!(formatter, "{os}/{architecture}")?;
        variant.as_ref().map_or(Ok(()), |variant| write!(formatter, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = NoPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(wanted: &str, offered: &str) -> Option<u32> {
        Platform::parse(wanted).unwrap().fit(&Platform::parse(offered).unwrap())
    }

    #[test]
    fn names_of_one_architecture_are_one() {
        assert_eq!(Platform::parse("Linux/x86_64").unwrap().to_string(), "linux/amd64");
        assert_eq!(Platform::parse("linux/aarch64/V8").unwrap().to_string(), "linux/arm64/v8");
        assert_eq!(Platform::parse("linux/armhf").unwrap().to_string(), "linux/arm/v7");
    }

    #[test]
    fn a_platform_has_two_or_three_words() {
        for text in ["linux", "linux/", "/amd64", "a/b/c/d", "linux/am d64", ""] {
            assert_eq!(Platform::parse(text), Err(NoPlatform(text.to_owned())));
        }
        assert_eq!(
            NoPlatform("linux".to_owned()).to_string(),
            "`linux` is no platform: those are like `linux/amd64` and `linux/arm/v7`"
        );
    }

    #[test]
    fn the_usual_variant_need_not_be_written() {
        assert_eq!(fit("linux/arm64", "linux/arm64/v8"), Some(0));
        assert_eq!(fit("linux/arm64/v8", "linux/arm64"), Some(0));
        assert_eq!(fit("linux/arm", "linux/arm/v7"), Some(0));
        assert_eq!(fit("linux/amd64", "linux/amd64/v1"), Some(0));
    }

    #[test]
    fn an_earlier_variant_runs_and_a_later_one_does_not() {
        assert_eq!(fit("linux/arm/v7", "linux/arm/v6"), Some(1));
        assert_eq!(fit("linux/arm/v6", "linux/arm/v7"), None);
        assert_eq!(fit("linux/amd64", "linux/amd64/v3"), None);
        assert_eq!(fit("linux/amd64", "linux/arm64"), None);
        assert_eq!(fit("linux/amd64", "windows/amd64"), None);
    }
}
