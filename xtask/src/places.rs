//! Where the checkout, the caches and the build's output are.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// The directories that the commands work in.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The checkout that this command was started from.
    pub checkout: PathBuf,
    /// Cargo's target directory for programs that run on this machine.
    pub target: PathBuf,
    /// Cargo's target directory for the browser. It is one of its own so that the two builds,
    /// which differ in flags and features, never wait for each other's lock.
    pub wasm_target: PathBuf,
}

impl Places {
    /// Reads them from the environment: `CARGO_TARGET_DIR` if set, else a directory in
    /// `SIGNALBOX_CACHE`, `XDG_CACHE_HOME/signalbox` or `~/.cache/signalbox`.
    pub(crate) fn from_env() -> Result<Self, Failure> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let checkout = match manifest_dir.as_deref().and_then(Path::parent) {
            Some(checkout) => checkout.to_owned(),
            None => env::current_dir().map_err(Failure::file("find", "."))?,
        };
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => checkout.join(dir),
            None => cache_dir(|name| env::var_os(name))?.join("target"),
        };
        Ok(Self { wasm_target: sibling(&target, "-wasm"), checkout, target })
    }

    /// The directory that the console serves its files from.
    pub(crate) fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// Where programs are installed that the tests need and no package has.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Where the browser tests live.
    pub(crate) fn playwright(&self) -> PathBuf {
        self.checkout.join("playwright")
    }
}

fn cache_dir(var: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Failure> {
    if let Some(dir) = var("SIGNALBOX_CACHE") {
        return Ok(dir.into());
    }
    if let Some(dir) = var("XDG_CACHE_HOME") {
        return Ok(Path::new(&dir).join("signalbox"));
    }
    match var("HOME") {
        Some(home) => Ok(Path::new(&home).join(".cache/signalbox")),
        None => Err(Failure::Missing {
            what: "no HOME in the environment, so there is no place for the build cache".into(),
            advice: "set SIGNALBOX_CACHE to a directory with 6 GB free".into(),
        }),
    }
}

fn sibling(dir: &Path, suffix: &str) -> PathBuf {
    let mut name = dir.file_name().map(OsString::from).unwrap_or_default();
    name.push(suffix);
    dir.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(vars: &[(&str, &str)]) -> Option<PathBuf> {
        cache_dir(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into())).ok()
    }

    #[test]
    fn the_nearest_setting_names_the_cache() {
        let home = ("HOME", "/home/ann");
        let xdg = ("XDG_CACHE_HOME", "/var/cache/ann");
        assert_eq!(cache(&[home]), Some("/home/ann/.cache/signalbox".into()));
        assert_eq!(cache(&[home, xdg]), Some("/var/cache/ann/signalbox".into()));
        assert_eq!(cache(&[home, xdg, ("SIGNALBOX_CACHE", "/big")]), Some("/big".into()));
        assert_eq!(cache(&[]), None);
    }

    #[test]
    fn the_wasm_target_lies_beside_the_native_one() {
        assert_eq!(sibling(Path::new("/c/target"), "-wasm"), PathBuf::from("/c/target-wasm"));
    }
}
