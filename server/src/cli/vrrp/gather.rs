//! A file and those that it includes, read from the disk.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use signalbox_domain::vrrp::conf::{Configuration, Files, alternatives, is_match, is_wildcard};

use super::VrrpError;

/// More files or bytes are in no configuration; what goes beyond is told as missing.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: u64 = 64 * 1024 * 1024;

pub(super) struct Gathered {
    path: String,
    files: Files,
}

impl Gathered {
    pub(super) fn read(&self, host: &str) -> Configuration {
        Configuration::read(&self.files, &self.path, host)
    }

    /// The file itself.
    pub(super) fn text(&self) -> &str {
        self.files.get(&self.path).map_or("", String::as_str)
    }
}

/// Reads the file, and what it includes for any of the nodes; - is standard input.
pub(super) fn gather(file: &Path, hosts: &[String]) -> Result<Gathered, VrrpError> {
    let error = |source| VrrpError::Read { file: file.to_owned(), source };
    let text = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let path = file.to_string_lossy().into_owned();
    let mut gathered =
        Gathered { files: Files::from([(path.clone(), text.map_err(error)?)]), path };
    let mut asked = BTreeSet::new();
    loop {
        let no_name = String::new();
        let names = if hosts.is_empty() { std::slice::from_ref(&no_name) } else { hosts };
        let wanted: BTreeSet<String> = names
            .iter()
            .flat_map(|host| gathered.read(host).wanted)
            .map(|wanted| wanted.pattern)
            .filter(|pattern| !asked.contains(pattern))
            .collect();
        if wanted.is_empty() {
            return Ok(gathered);
        }
        for pattern in wanted {
            for path in alternatives(&pattern).iter().flat_map(|pattern| paths(pattern)) {
                add(&mut gathered.files, &path);
            }
            asked.insert(pattern);
        }
    }
}

/// What cannot be read is missing to keepalived, too, and told as that.
fn add(files: &mut Files, path: &Path) {
    let name = path.to_string_lossy().into_owned();
    let is_small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= MOST_BYTES);
    if !is_small || files.contains_key(&name) || files.len() >= MOST_FILES {
        return;
    }
    if let Ok(text) = fs::read_to_string(path) {
        files.insert(name, text);
    }
}

/// The paths that a pattern without braces means, folder by folder.
fn paths(pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = vec![PathBuf::from(root)];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = match is_wildcard(part) {
            false => found.into_iter().map(|folder| folder.join(part)).collect(),
            true => {
                found.iter().flat_map(|folder| entries(folder, part)).take(MOST_FILES).collect()
            }
        };
    }
    found
}

fn entries(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| is_match(pattern, name)).map(|name| folder.join(name)).collect()
}
