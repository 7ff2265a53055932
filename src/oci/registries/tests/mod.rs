//! The client against registries that lie, fail and forget.

mod asking;
mod early;
mod fake;
mod login;
mod mirrors;
mod pulling;
mod pushing;

use std::time::Duration;

use super::*;
use crate::{
    oci::{Blob, Format, Proxies, Roots, digest},
    registry::Reference,
};

/// With short waits: what is tested is whether and how often, not how long.
fn registries(hosts: Vec<Host>) -> Registries {
    through(Proxies::default(), hosts)
}

fn through(proxies: Proxies, hosts: Vec<Host>) -> Registries {
    let temporary = std::env::temp_dir();
    let network = Network { proxies, roots: Roots::default(), temporary };
    let pace = Pace { tries: 3, pause: Duration::from_millis(1), most: Duration::from_secs(5) };
    Registries::with(hosts, &network, Limits::default(), pace).unwrap()
}

fn here() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

/// An image of one layer for each of `layers`, which are no tars: nobody looks.
fn image(layers: &[&str]) -> Image {
    let ids: Vec<_> = layers.iter().map(|it| format!("{:?}", digest(it.as_bytes()))).collect();
    let config = format!(r#"{{"rootfs":{{"diff_ids":[{}]}}}}"#, ids.join(","));
    let layer = |text: &&str| Layer {
        blob: Blob::of(Format::Oci.layer(), text.as_bytes().to_vec()),
        diff_id: digest(text.as_bytes()),
    };
    Image {
        config: config.into_bytes(),
        layers: layers.iter().map(layer).collect(),
        format: Format::Oci,
        annotations: Vec::new(),
    }
}

fn reference(host: &str, rest: &str) -> Reference {
    Reference::parse(&format!("{host}/{rest}")).unwrap()
}

fn text(file: &File) -> String {
    use std::os::unix::fs::FileExt as _;

    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_done_can_be_done_on_another_thread() {
    fn moves<T: Send>(_: &T) {}
    let (registries, image) = (registries(Vec::new()), image(&["one"]));
    let (to, platform) = (reference("a.io", "x/y"), here());
    moves(&registries.pull(&to, &platform));
    moves(&registries.fetch(&image.layers[0]));
    moves(&registries.push(&image, &to, &mut false));
}
