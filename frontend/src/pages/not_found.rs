use leptos::prelude::*;

use crate::locale::t;
use crate::locales::states;
use crate::ui::{Empty, PageHead};

#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(missing) = use_context::<crate::app::Missing>() {
        missing.mark();
    }
    view! {
        <PageHead title=t(states::NOT_FOUND) />
        <Empty title=t(states::NOT_FOUND) text=t(states::NOT_FOUND_HELP)>
            <a class="btn" href="/">{t(states::TO_OVERVIEW)}</a>
        </Empty>
    }
}
