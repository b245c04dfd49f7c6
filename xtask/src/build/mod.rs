//! `cargo xtask build`: the console and the site directory that it serves.

pub(crate) mod site;
mod style;
mod wasm;

use std::path::PathBuf;

use crate::{
    exec::{cargo, run, step},
    failure::Failure,
    places::Places,
};

#[derive(clap::Args, Clone, Copy, Default)]
pub(crate) struct Args {
    /// Optimise for speed on the server and size in the browser, and compress the files.
    #[arg(long)]
    pub release: bool,
    /// Build the files alone.
    #[arg(long)]
    pub site_only: bool,
}

/// What a build leaves behind.
#[derive(Debug)]
pub(crate) struct Built {
    /// The console's program.
    pub console: PathBuf,
    /// The directory that it serves; see [`site`] for what is in it.
    pub site: PathBuf,
}

pub(crate) fn build(places: &Places, args: Args) -> Result<Built, Failure> {
    let console = console(places, args.release)?;
    let site = site(places, args.release)?;
    Ok(Built { console, site })
}

fn console(places: &Places, release: bool) -> Result<PathBuf, Failure> {
    step("Building the console");
    let mut cargo_build = cargo(places);
    // The whole workspace is named so that the tests and the console share what is built.
    cargo_build.args(["build", "--workspace", "--bin", "signalbox"]);
    if release {
        cargo_build.arg("--release");
    }
    run(&mut cargo_build, "read the compiler's message above")?;
    let profile = if release { "release" } else { "debug" };
    Ok(places.target.join(profile).join("signalbox"))
}

/// Builds the site directory alone.
pub(crate) fn site(places: &Places, release: bool) -> Result<PathBuf, Failure> {
    let bundle = wasm::bundle(places, release)?;
    step("Assembling the site");
    site::assemble(places, &bundle, release)
}
