//! What the first page costs: every byte that a browser fetches before it can use the page, what
//! the lazily loaded ones add on the way, and how long the console takes to serve the Overview.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    bench::live,
    build::{self, site::Manifest},
    failure::Failure,
    places::Places,
};

/// The first page's share: WebAssembly, scripts, style and fonts, as sent.
const BUDGET_BYTES: u64 = 500_000;

pub(super) fn measure(places: &Places) -> Result<Value, Failure> {
    let site = build::site(places, true)?;
    let manifest = Manifest::load(&site)?;
    let app = site_path(&site, &manifest.app);

    let scripts =
        sent(&site_path(&site, &manifest.script))? + sent(&app.join(&manifest.split_script))?;
    let wasm = sent(&site_path(&site, &manifest.wasm))?;
    let style = sent(&site_path(&site, &manifest.style))?;
    let mut fonts = 0;
    for font in &manifest.fonts {
        fonts += sent(&site_path(&site, font))?;
    }
    let first = scripts + wasm + style + fonts;

    let mut later = serde_json::Map::new();
    for (page, modules) in &manifest.lazy {
        let mut bytes = 0;
        for module in modules {
            bytes += sent(&app.join(format!("{module}.wasm")))?;
        }
        later.insert(page.clone(), bytes.into());
    }
    Ok(json!({
        "bench": "page",
        "first_route_bytes": {
            "wasm": wasm, "scripts": scripts, "style": style, "fonts": fonts, "total": first,
        },
        "budget_bytes": BUDGET_BYTES,
        "ratio": first as f64 / BUDGET_BYTES as f64,
        "later_route_bytes": later,
        "overview": live::measure_overview(places)?,
    }))
}

/// Where a served address lies in the site directory.
fn site_path(site: &Path, address: &str) -> PathBuf {
    site.join(address.trim_start_matches(build::site::SERVED_AT).trim_start_matches('/'))
}

/// The size of a file as a browser gets it: the brotli file beside it, if there is one.
fn sent(path: &Path) -> Result<u64, Failure> {
    let mut brotli = path.as_os_str().to_owned();
    brotli.push(".br");
    let size = |path: &Path| fs::metadata(path).map(|file| file.len());
    size(Path::new(&brotli)).or_else(|_| size(path)).map_err(Failure::file("measure", path))
}
