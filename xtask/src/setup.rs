//! `cargo xtask setup`: brings a machine to where everything else works.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use signalbox_lab::REQUIRED_PACKAGES;

use crate::{
    exec::{cargo, is_installed, is_root, output, run, step},
    failure::Failure,
    places::Places,
};

/// Debian packages that the build and the browser tests need, the font for their Chinese pages, and
/// iptables with its sets, which the firewall's simulation is held against.
const BUILD_PACKAGES: &[&str] =
    &["build-essential", "chromium", "fonts-noto-cjk", "ipset", "iptables"];

const WASM_TARGET: &str = "wasm32-unknown-unknown";

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Install cargo-deny too, which checks licences and duplicate crates (builds for minutes).
    #[arg(long)]
    with_deny: bool,
}

pub(crate) fn setup(places: &Places, args: &Args) -> Result<(), Failure> {
    debian_packages()?;
    wasm_target()?;
    npm_packages(places)?;
    if args.with_deny {
        install_cargo_deny(places)?;
    }
    Ok(())
}

fn debian_packages() -> Result<(), Failure> {
    step("Debian packages");
    let missing = missing_packages()?;
    if missing.is_empty() {
        println!("  all present");
        return Ok(());
    }
    println!("  installing {}", missing.join(" "));
    if !is_root() {
        return Err(Failure::Missing {
            what: format!("these packages are missing: {}", missing.join(" ")),
            advice: format!("run: sudo apt-get install -y {}", missing.join(" ")),
        });
    }
    // A fresh machine has no package lists; an old one has lists that name files long gone.
    if apt_get(&["install", "-y", "--no-install-recommends"], &missing).is_ok() {
        return Ok(());
    }
    println!("  again, with fresh package lists");
    apt_get(&["update"], &[])?;
    apt_get(&["install", "-y", "--no-install-recommends"], &missing)
}

fn missing_packages() -> Result<Vec<&'static str>, Failure> {
    let wanted: Vec<&str> = BUILD_PACKAGES.iter().chain(REQUIRED_PACKAGES).copied().collect();
    // dpkg-query exits with 1 when it does not know one of the names; its list is right anyway.
    let query = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status} ${Package}\n"])
        .args(&wanted)
        .output()
        .map_err(|source| Failure::Start {
            program: "dpkg-query".into(),
            source,
            advice: "Signalbox is developed on Debian 12; on another system install the tools by hand",
        })?;
    let listed = String::from_utf8_lossy(&query.stdout);
    let installed: Vec<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
    Ok(wanted.into_iter().filter(|name| !installed.contains(name)).collect())
}

fn apt_get(args: &[&str], packages: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q").args(args).args(packages);
    run(&mut command, "read apt's message above; a mirror that does not answer may do so later")
}

fn wasm_target() -> Result<(), Failure> {
    step("Rust's standard library for the browser");
    if has_wasm_target()? {
        println!("  present");
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", WASM_TARGET]);
    run(&mut rustup, "without rustup, install your distribution's Rust library for wasm32")
}

fn has_wasm_target() -> Result<bool, Failure> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]);
    let libdir = output(&mut rustc, "install Rust from https://rustup.rs")?;
    Ok(Path::new(libdir.trim()).exists())
}

/// The browser tests, and wasm-opt for builds that are optimised.
fn npm_packages(places: &Places) -> Result<(), Failure> {
    step("Packages from npm");
    let dir = places.playwright();
    let lock = dir.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(Failure::file("read", &lock))?;
    let stamp = dir.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("  present");
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(&dir)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    run(&mut npm, "needs Node 20 with npm and a way to its registry; read npm's message above")?;
    fs::write(&stamp, wanted).map_err(Failure::file("write", &stamp))
}

/// Where `cargo deny` is: the user's own, or the one that setup built.
pub(crate) fn cargo_deny(places: &Places) -> PathBuf {
    if is_installed("cargo-deny") {
        PathBuf::from("cargo-deny")
    } else {
        places.tools().join("bin/cargo-deny")
    }
}

pub(crate) fn install_cargo_deny(places: &Places) -> Result<(), Failure> {
    step("cargo-deny");
    if is_installed("cargo-deny") || cargo_deny(places).exists() {
        println!("  present");
        return Ok(());
    }
    let mut install = cargo(places);
    // Unoptimised, it is built in a third of the time and checks this workspace as fast.
    install.args(["install", "--debug", "--locked", "cargo-deny", "--root"]).arg(places.tools());
    run(&mut install, "read cargo's message above")
}
