#![cfg(feature = "hydrate")]
use leptos::prelude::*;
#[lazy]
fn heavy(n: u32) -> String {
    format!("lazy {}", (0..n).map(|i| format!("{i:?}-")).collect::<String>())
}
#[lazy]
fn other(n: u32) -> String {
    let el = document().create_element("b").unwrap();
    el.set_text_content(Some("bold"));
    document().body().unwrap().append_child(&el).unwrap();
    format!("other {:?}", (0..n).map(|i| i as f64 * 1.5).collect::<Vec<_>>())
}
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    wasm_bindgen_futures::spawn_local(async {
        let s = heavy(5).await;
        let o = other(3).await;
        let p = document().create_element("p").unwrap();
        p.set_text_content(Some(&format!("{s} {o}")));
        document().body().unwrap().append_child(&p).unwrap();
    })
}
