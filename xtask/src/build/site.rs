//! The site directory: everything that the console serves besides pages and its API.
//!
//! Each name holds a hash of the content, so a browser may keep a file for ever. `site.json` tells
//! the console the names of the moment. The browser's part lies in one directory with one hash,
//! because its files refer to each other in a circle.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    style,
    wasm::{APP, Bundle, SPLIT_SCRIPT},
};
use crate::{failure::Failure, places::Places};

/// The address that the console serves the directory under.
pub(crate) const SERVED_AT: &str = "/assets";

/// What compressing cannot make smaller, or what a browser never asks for.
const NOT_COMPRESSED: &[&str] = &["woff2", "json"];

/// `site.json`: the names that pages refer to. All are addresses from the root of the console.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The style sheet.
    pub(crate) style: String,
    /// The fonts that the first page needs.
    pub(crate) fonts: Vec<String>,
    pub(crate) icon: String,
    /// The script that starts the page, and the module that it loads.
    pub(crate) script: String,
    pub(crate) wasm: String,
    /// Where the script's other files are, and the one that loads split modules.
    pub(crate) app: String,
    pub(crate) split_script: String,
    /// For each lazily loaded function the modules that it needs: `app`/NAME`.wasm`.
    pub(crate) lazy: BTreeMap<String, Vec<String>>,
}

impl Manifest {
    pub(crate) fn load(site: &Path) -> Result<Self, Failure> {
        let path = site.join("site.json");
        let json = fs::read(&path).map_err(Failure::file("read", &path))?;
        serde_json::from_slice(&json).map_err(|source| Failure::Json { path, source })
    }
}

/// Writes the directory anew and returns where it is.
pub(crate) fn assemble(
    places: &Places,
    bundle: &Bundle,
    compress: bool,
) -> Result<PathBuf, Failure> {
    let site = places.site();
    let fresh = site.with_extension("new");
    remove(&fresh)?;
    fs::create_dir_all(&fresh).map_err(Failure::file("create", &fresh))?;

    let manifest = fill(&fresh, &places.checkout.join("assets"), bundle)?;
    let file = fresh.join("site.json");
    let json = serde_json::to_string_pretty(&manifest)
        .map_err(|source| Failure::Json { path: file.clone(), source })?;
    fs::write(&file, json).map_err(Failure::file("write", &file))?;
    if compress {
        for path in files(&fresh)? {
            precompress(&path)?;
        }
    }

    remove(&site)?;
    fs::rename(&fresh, &site).map_err(Failure::file("put in place", &site))?;
    Ok(site)
}

fn fill(site: &Path, assets: &Path, bundle: &Bundle) -> Result<Manifest, Failure> {
    let mut fonts = BTreeMap::new();
    for font in files(&assets.join("fonts"))? {
        if font.extension().is_some_and(|extension| extension == "woff2") {
            let content = fs::read(&font).map_err(Failure::file("read", &font))?;
            let name = font.file_name().unwrap_or_default().to_string_lossy().into_owned();
            fonts.insert(format!("fonts/{name}"), put(site, &name, &content)?);
        }
    }
    let css = style::with_served_names(&style::bundle(&assets.join("css/app.css"))?, &fonts);
    let icon_file = assets.join("favicon.svg");
    let icon = fs::read(&icon_file).map_err(Failure::file("read", &icon_file))?;
    let app = put_bundle(site, &bundle.dir)?;
    Ok(Manifest {
        style: put(site, "app.css", css.as_bytes())?,
        fonts: fonts.into_values().collect(),
        icon: put(site, "favicon.svg", &icon)?,
        script: format!("{app}/{APP}.js"),
        wasm: format!("{app}/{APP}_bg.wasm"),
        app,
        split_script: SPLIT_SCRIPT.to_owned(),
        lazy: bundle.lazy.clone(),
    })
}

/// Writes one file under its hashed name and returns its address.
fn put(site: &Path, name: &str, content: &[u8]) -> Result<String, Failure> {
    let hashed = match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{}.{extension}", short_hash([content])),
        None => format!("{name}.{}", short_hash([content])),
    };
    let path = site.join(&hashed);
    fs::write(&path, content).map_err(Failure::file("write", &path))?;
    Ok(format!("{SERVED_AT}/{hashed}"))
}

/// Copies the browser's part into a directory named after all of it and returns its address.
fn put_bundle(site: &Path, bundle: &Path) -> Result<String, Failure> {
    let mut contents = Vec::new();
    for path in files(bundle)? {
        let content = fs::read(&path).map_err(Failure::file("read", &path))?;
        contents.push((path, content));
    }
    let name = format!("app-{}", short_hash(contents.iter().map(|(_, bytes)| bytes.as_slice())));
    for (path, content) in &contents {
        let below = path.strip_prefix(bundle).unwrap_or(path);
        let copy = site.join(&name).join(below);
        if let Some(parent) = copy.parent() {
            fs::create_dir_all(parent).map_err(Failure::file("create", parent))?;
        }
        fs::write(&copy, content).map_err(Failure::file("write", &copy))?;
    }
    Ok(format!("{SERVED_AT}/{name}"))
}

/// The first 48 bits of SHA-256: names have to differ between builds, not resist an attack.
fn short_hash<'a>(contents: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for content in contents {
        hash.update(content);
    }
    format!("{:x}", hash.finalize()).chars().take(12).collect()
}

/// Writes `.br` and `.gz` beside a file.
fn precompress(path: &Path) -> Result<(), Failure> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    if NOT_COMPRESSED.contains(&extension.as_str()) {
        return Ok(());
    }
    let content = fs::read(path).map_err(Failure::file("read", path))?;
    let beside = |suffix: &str| path.with_extension(format!("{extension}.{suffix}"));

    let br = beside("br");
    let mut compressed = Vec::new();
    let mut brotli = brotli::CompressorWriter::new(&mut compressed, 64 * 1024, 11, 22);
    brotli.write_all(&content).map_err(Failure::file("compress", path))?;
    drop(brotli);
    fs::write(&br, &compressed).map_err(Failure::file("write", &br))?;

    let gz = beside("gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&content).map_err(Failure::file("compress", path))?;
    let compressed = gzip.finish().map_err(Failure::file("compress", path))?;
    fs::write(&gz, compressed).map_err(Failure::file("write", &gz))
}

/// All files below a directory, in the order of their names.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(Failure::file("list", dir))? {
        let path = entry.map_err(Failure::file("list", dir))?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn remove(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::file("remove", dir)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_only() {
        let site = tempfile::tempdir().unwrap();
        let first = put(site.path(), "app.css", b"a {}").unwrap();
        assert_eq!(first, put(site.path(), "app.css", b"a {}").unwrap());
        assert_ne!(first, put(site.path(), "app.css", b"b {}").unwrap());
        assert!(first.starts_with("/assets/app.") && first.ends_with(".css"), "{first}");
    }

    #[test]
    fn compressed_files_hold_the_same_content() {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("a.js");
        let content = "export const a = 1;\n".repeat(100);
        fs::write(&script, &content).unwrap();
        precompress(&script).unwrap();

        let mut plain = Vec::new();
        let br = fs::read(dir.path().join("a.js.br")).unwrap();
        brotli::BrotliDecompress(&mut br.as_slice(), &mut plain).unwrap();
        assert_eq!(plain, content.as_bytes());
        let gz = fs::File::open(dir.path().join("a.js.gz")).unwrap();
        let text = std::io::read_to_string(flate2::read::GzDecoder::new(gz)).unwrap();
        assert_eq!(text, content);
    }
}
