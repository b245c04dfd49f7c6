//! The part of the console that runs in the browser: compile, split, bind, optimise.
//!
//! Pages marked `#[lazy]` become WebAssembly modules of their own, which the browser loads on the
//! way to that page. wasm-split cuts them out by the linker's relocations, so it comes first;
//! wasm-bindgen then handles only the module that starts.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    exec::{cargo, run, step},
    failure::Failure,
    places::Places,
};

/// The name of the script that starts the page, without `.js`.
pub(crate) const APP: &str = "signalbox";

/// The name of the script that loads the split modules.
pub(crate) const SPLIT_SCRIPT: &str = "split.js";

/// wasm-opt has to be told which features of WebAssembly rustc uses.
const WASM_OPT_FLAGS: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The browser's part, as files that refer to each other by their plain names.
pub(crate) struct Bundle {
    pub dir: PathBuf,
    /// For each lazily loaded function: the modules that it needs, by file name without `.wasm`.
    pub lazy: BTreeMap<String, Vec<String>>,
}

/// What a bundle was made from: while that stays the same, the bundle does.
#[derive(Serialize, Deserialize)]
struct Stamp {
    source_sha256: String,
    lazy: BTreeMap<String, Vec<String>>,
}

pub(crate) fn bundle(places: &Places, release: bool) -> Result<Bundle, Failure> {
    let profile = if release { "wasm-release" } else { "wasm-dev" };
    let source = compile(places, profile)?;
    let bytes = fs::read(&source).map_err(Failure::file("read", &source))?;
    let source_sha256 = format!("{:x}", Sha256::digest(&bytes));

    let dir = places.wasm_target.join(format!("bundle-{profile}"));
    let stamp_file = dir.with_extension("json");
    if let Some(stamp) = read_stamp(&stamp_file).filter(|s| s.source_sha256 == source_sha256) {
        return Ok(Bundle { dir, lazy: stamp.lazy });
    }
    step("Splitting and binding the browser's part");
    clear(&dir, &stamp_file)?;
    let lazy = split_and_bind(&bytes, &dir)?;
    if release {
        optimise(places, &dir)?;
    }
    let stamp = Stamp { source_sha256, lazy };
    let json = serde_json::to_vec(&stamp)
        .map_err(|source| Failure::Json { path: stamp_file.clone(), source })?;
    fs::write(&stamp_file, json).map_err(Failure::file("write", &stamp_file))?;
    Ok(Bundle { dir, lazy: stamp.lazy })
}

fn compile(places: &Places, profile: &str) -> Result<PathBuf, Failure> {
    step("Building the browser's part");
    let mut build = cargo(places);
    build
        .args(["build", "--package", "signalbox-frontend", "--lib", "--features", "hydrate"])
        .args(["--target", "wasm32-unknown-unknown", "--profile", profile])
        .env("CARGO_TARGET_DIR", &places.wasm_target);
    run(&mut build, "if the target is missing, run: cargo xtask setup")?;
    let built = places.wasm_target.join("wasm32-unknown-unknown").join(profile);
    Ok(built.join("signalbox_frontend.wasm"))
}

fn read_stamp(file: &Path) -> Option<Stamp> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn clear(dir: &Path, stamp_file: &Path) -> Result<(), Failure> {
    for removed in [fs::remove_file(stamp_file), fs::remove_dir_all(dir)] {
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::file("clear", dir)(error));
            }
            _ => {}
        }
    }
    fs::create_dir_all(dir).map_err(Failure::file("create", dir))
}

fn split_and_bind(source: &[u8], dir: &Path) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let main = dir.with_extension("main.wasm");
    let script = format!("./{APP}.js");
    let split_script = format!("./{SPLIT_SCRIPT}");
    let mut options = wasm_split_cli_support::Options::new(source);
    options.output_dir = dir;
    options.main_out_path = &main;
    options.main_module = &script;
    options.link_name = &split_script;
    let split = wasm_split_cli_support::transform(options)
        .map_err(Failure::wasm("wasm-split cannot cut out the lazily loaded pages"))?;

    let failed = Failure::wasm("wasm-bindgen cannot bind the browser's part");
    bind(&main, dir).map_err(failed)?;
    fs::remove_file(&main).map_err(Failure::file("remove", &main))?;
    Ok(split.prefetch_map.into_iter().collect())
}

fn bind(main: &Path, dir: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Bindgen::new()
        .input_path(main)
        .out_name(APP)
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true)
        .generate(dir)?;
    Ok(())
}

/// A module below this size gains less than the seconds that wasm-opt takes to start.
const WORTH_OPTIMISING_BYTES: u64 = 8 * 1024;

/// Makes each larger module smaller. The wasm-opt is npm's: the one in Debian 12 (108) confuses the two tables
/// that wasm-bindgen exports.
fn optimise(places: &Places, dir: &Path) -> Result<(), Failure> {
    step("Optimising for size");
    let program = places.playwright().join("node_modules/.bin/wasm-opt");
    for entry in fs::read_dir(dir).map_err(Failure::file("list", dir))? {
        let entry = entry.map_err(Failure::file("list", dir))?;
        let path = entry.path();
        let bytes = entry.metadata().map_err(Failure::file("measure", &path))?.len();
        let is_module = path.extension().is_some_and(|extension| extension == "wasm");
        if is_module && bytes >= WORTH_OPTIMISING_BYTES {
            let mut wasm_opt = Command::new(&program);
            wasm_opt.args(WASM_OPT_FLAGS).arg(&path).arg("-o").arg(&path);
            run(&mut wasm_opt, "npm's package binaryen has it: cargo xtask setup")?;
        }
    }
    Ok(())
}
