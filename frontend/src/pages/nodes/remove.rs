use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use signalbox_domain::nodes::NodeRecord;

use crate::api;
use crate::locale::{t, t_with};
use crate::locales::{nodes as texts, words};
use crate::sending::Sending;
use crate::ui::{Button, Dialog, Icon, Kind, use_toasts};

#[component]
pub(super) fn RemoveDialog(record: NodeRecord, on_close: Callback<()>) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    let navigate = use_navigate();
    let (id, name) = (record.id, record.name.to_string());
    let title = t_with(texts::REMOVE_TITLE, &[&name]);
    let remove = move |_| {
        let told = t_with(texts::REMOVED, &[&name]);
        let navigate = navigate.clone();
        let request = async move { api::delete(&format!("/api/v1/nodes/{id}")).await };
        sending.send(request, move |()| {
            toasts.show(told);
            navigate("/nodes", NavigateOptions::default());
        });
    };
    view! {
        <Dialog title=title on_close=on_close>
            <div class="body col g12">
                <p class="i2">{t(texts::REMOVE_HELP)}</p>
                {sending.refusal()}
            </div>
            <footer>
                <Button kind=Kind::Quiet on_click=move |_| on_close.run(())>
                    {t(words::CANCEL)}
                </Button>
                <Button kind=Kind::Primary icon=Icon::Trash2 busy=sending.busy() on_click=remove>
                    {t(texts::REMOVE)}
                </Button>
            </footer>
        </Dialog>
    }
}
