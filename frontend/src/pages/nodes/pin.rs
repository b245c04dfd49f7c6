//! A node shows another host key: both are compared, and exactly the one on screen can be pinned.

use leptos::prelude::*;
use signalbox_domain::nodes::{HostKey, NodeRecord, NodeView, PinRequest};

use super::host_key::{Groups, KeyCard, Proof, ProofFields};
use crate::api;
use crate::document::Answer;
use crate::locale::{t, t_with};
use crate::locales::nodes as texts;
use crate::sending::Sending;
use crate::ui::{Button, Dialog, Icon, Kind, Waiting, use_toasts};

#[component]
pub(super) fn PinDialog(record: NodeRecord, on_close: Callback<()>) -> impl IntoView {
    let offered = RwSignal::new(Answer::<HostKey>::None);
    let id = record.id;
    Effect::new(move |_| {
        leptos::task::spawn_local(async move {
            let path = format!("/api/v1/nodes/{id}/scan");
            let answer = api::post(&path, &serde_json::json!({})).await;
            let _ = offered.try_set(Some(answer));
        });
    });
    let title = t_with(texts::OTHER_KEY, &[&record.name]);
    let asking = t_with(texts::ASKING_KEY, &[&record.host]);
    let compared =
        move |key: HostKey| view! { <Compared record=record.clone() key on_close /> }.into_any();
    view! {
        <Dialog title=title class="wide" on_close=on_close>
            <Waiting answer=offered what=asking rows=4 children=Callback::new(compared) />
        </Dialog>
    }
}

#[component]
fn Compared(record: NodeRecord, key: HostKey, on_close: Callback<()>) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    let proof = Proof::new();
    let fingerprint = StoredValue::new(key.fingerprint.clone());
    let closed = Signal::derive(move || fingerprint.with_value(|key| proof.missing(key)));
    let (id, name) = (record.id, record.name.to_string());
    let pin = move |_| {
        let host_key = fingerprint.get_value();
        let body = PinRequest { trusted_because: proof.because(&host_key), host_key };
        let path = format!("/api/v1/nodes/{id}/pin");
        let request = async move { api::post::<NodeView>(&path, &body).await };
        let told = t_with(texts::PINNED, &[&name]);
        sending.send(request, move |_| {
            toasts.show(told);
            on_close.run(());
        });
    };
    view! {
        <div class="body col g12">
            <div>
                <div class="cap">{t(texts::PINNED_KEY)}</div>
                <Groups fingerprint=record.host_key />
            </div>
            <div class="cap">{t(texts::OFFERED_KEY)}</div>
            <KeyCard key offered_by=format!("{}:{}", record.host, record.port) />
            <ProofFields proof fingerprint=fingerprint.get_value() />
            {sending.refusal()}
        </div>
        <footer>
            <Button on_click=move |_| on_close.run(())>{t(texts::KEEP_PINNED)}</Button>
            <Button
                kind=Kind::Primary
                icon=Icon::FingerprintPattern
                disabled=closed
                busy=sending.busy()
                on_click=pin
            >
                {t(texts::PIN)}
            </Button>
        </footer>
    }
}
