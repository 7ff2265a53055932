//! Images in registries and in files: pulled, pushed, and written as a layout or an archive.
//!
//! What the builds without Kaniko stand on: an [`Image`] is a config and layers, a [`Base`] is
//! one that was pulled, and [`Registries`] moves them. Every byte that comes in is held against
//! its digest and its size, and nothing is held in memory but manifests and configs. Nothing
//! here knows of Dockerfiles, and nothing is read from the environment: [`Network`] says what
//! surrounds us.

mod error;
mod files;
mod http;
mod image;
mod network;
mod notice;
mod platform;
mod registries;
mod stop;

pub use error::OciError;
pub use files::{Staged, archive, layout};
pub use image::{Base, Blob, Content, Format, Image, Layer, digest};
pub use network::{Host, Network, Proxies, Roots};
pub use notice::Notice;
pub use platform::{NoPlatform, Platform};
pub(crate) use registries::AT_ONCE;
pub use registries::{Pushed, Registries};
pub(crate) use stop::Stop;
