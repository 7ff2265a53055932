//! A directory with an image: `oci-layout`, `index.json`, and blobs by their digests.
//!
//! Source: the OCI image specification, "Image Layout".

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use serde_json::json;
use tempfile::TempDir;

use super::{Here, hex, parent, unwritable};
use crate::oci::{Image, OciError};

/// What it is called while it comes into being.
const MADE: &str = "layout";

pub(super) fn stage(image: &Image, blobs: &[Here], path: &Path) -> Result<TempDir, OciError> {
    let wrong = unwritable(path);
    is_occupied(path)?;
    let beside = tempfile::Builder::new()
        .prefix(".kaniko-build-")
        .tempdir_in(parent(path)?)
        .map_err(&wrong)?;
    fill(image, blobs, &beside.path().join(MADE)).map_err(&wrong)?;
    Ok(beside)
}

pub(super) fn place(beside: &TempDir, path: &Path) -> Result<(), OciError> {
    let wrong = unwritable(path);
    let made = beside.path().join(MADE);
    if is_occupied(path)? {
        let old = beside.path().join("old");
        fs::rename(path, &old).map_err(&wrong)?;
        return fs::rename(&made, path).map_err(|source| {
            // Without the new one the old one is better than none.
            let _ = fs::rename(&old, path);
            wrong(source)
        });
    }
    fs::rename(&made, path).map_err(&wrong)
}

/// Whether a layout is there; anything else is an error.
fn is_occupied(path: &Path) -> Result<bool, OciError> {
    let occupied = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(source) => return Err(unwritable(path)(source)),
    };
    if occupied && !path.join("oci-layout").is_file() {
        return Err(OciError::Occupied { path: path.to_owned() });
    }
    Ok(occupied)
}

fn fill(image: &Image, blobs: &[Here], directory: &Path) -> io::Result<()> {
    let place = directory.join("blobs/sha256");
    fs::create_dir_all(&place)?;
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    for here in blobs {
        let mut file = File::create(place.join(hex(&here.blob.digest)))?;
        io::copy(&mut here.bytes(), &mut file)?;
    }
    let (config, manifest) = (image.config_blob(), image.manifest());
    fs::write(place.join(hex(&config.digest)), &image.config)?;
    fs::write(place.join(hex(&image.digest())), &manifest)?;
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": image.format.manifest(),
            "size": manifest.len(),
            "digest": image.digest(),
        }],
    });
    fs::write(directory.join("index.json"), index.to_string())?;
    fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{Blob, Format, Layer, Stop, digest};

    fn image(text: &str) -> (Image, Vec<Here>) {
        let blob = Blob::of(Format::Oci.layer(), text.as_bytes().to_vec());
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let here = Here { blob: blob.clone(), file: file.into(), stop: Stop::default() };
        let layers = vec![Layer { blob, diff_id: digest(b"") }];
        let format = Format::Oci;
        (Image { config: b"{}".to_vec(), layers, format, annotations: Vec::new() }, vec![here])
    }

    fn write(image: &Image, blobs: &[Here], path: &Path) -> Result<(), OciError> {
        place(&stage(image, blobs, path)?, path)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_layout_holds_one_image_and_is_replaced_whole() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("out/image");
        let (first, blobs) = image("one");
        write(&first, &blobs, &path).unwrap();
        let (second, blobs) = image("two");
        write(&second, &blobs, &path).unwrap();

        assert_eq!(names(&top.path().join("out")), ["image"]);
        assert_eq!(names(&path), ["blobs", "index.json", "oci-layout"]);
        let mut expected: Vec<_> =
            [second.digest(), digest(b"{}"), digest(b"two")].map(|it| hex(&it).to_owned()).into();
        expected.sort();
        assert_eq!(names(&path.join("blobs/sha256")), expected);
        let layer = path.join("blobs/sha256").join(hex(&digest(b"two")));
        assert_eq!(fs::read(layer).unwrap(), b"two");
        assert!(fs::read_to_string(path.join("index.json")).unwrap().contains(&second.digest()));
    }

    #[test]
    fn a_directory_that_holds_something_else_stays_as_it_is() {
        let top = tempfile::tempdir().unwrap();
        fs::write(top.path().join("thesis"), "years").unwrap();
        let (image, blobs) = image("one");
        let error = write(&image, &blobs, top.path()).unwrap_err();

        assert!(error.to_string().ends_with("is there and is no OCI layout: it is not replaced"));
        assert_eq!(names(top.path()), ["thesis"]);
    }

    #[test]
    fn an_empty_directory_is_taken() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("image");
        fs::create_dir(&path).unwrap();
        let (image, blobs) = image("one");
        write(&image, &blobs, &path).unwrap();

        assert_eq!(names(&path), ["blobs", "index.json", "oci-layout"]);
    }

    #[test]
    fn a_layer_that_has_become_shorter_leaves_nothing() {
        let top = tempfile::tempdir().unwrap();
        let (image, blobs) = image("one");
        blobs[0].file.set_len(1).unwrap();
        write(&image, &blobs, &top.path().join("image")).unwrap_err();

        assert_eq!(names(top.path()), [""; 0]);
    }
}
