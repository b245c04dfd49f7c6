use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use signalbox_domain::nodes::{NodeEdit, NodeRecord, NodeView};
use signalbox_domain::values::{InvalidValue, Tag};

use crate::api;
use crate::locale::{t, t_with};
use crate::locales::{nodes as texts, words};
use crate::sending::Sending;
use crate::ui::{Button, Dialog, Field, Kind, use_toasts};

/// The tags of a typed line, in its order and each once.
pub(super) fn parse_tags(text: &str) -> Result<Vec<Tag>, InvalidValue> {
    let words = text.split([',', ' ', '，', '\n']).filter(|word| !word.is_empty());
    let mut tags = Vec::new();
    for word in words {
        let tag: Tag = word.parse()?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// For a field of tags.
pub(super) fn check_tags(text: String) -> Option<String> {
    parse_tags(&text).err().map(|_| t(texts::TAGS_RULE).to_owned())
}

#[component]
pub(super) fn TagsDialog(record: NodeRecord, on_close: Callback<()>) -> impl IntoView {
    let (sending, toasts) = (Sending::new(), use_toasts());
    let now: Vec<&str> = record.tags.iter().map(Tag::as_str).collect();
    let tags = RwSignal::new(now.join(", "));
    let (id, version, name) = (record.id, record.version, record.name.to_string());
    let title = t_with(texts::TAGS_OF, &[&name]);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(tags) = tags.with_untracked(|tags| parse_tags(tags)) else { return };
        let edit = NodeEdit { tags: Some(tags), ..NodeEdit::default() };
        let request = async move {
            let seen = [("if-match", format!("\"{version}\""))];
            api::send_with::<NodeView>("PATCH", &format!("/api/v1/nodes/{id}"), &edit, &seen).await
        };
        let told = t_with(texts::TAGS_SAVED, &[&name]);
        sending.send(request, move |_| {
            toasts.show(told);
            on_close.run(());
        });
    };
    view! {
        <Dialog title=title on_close=on_close>
            <form on:submit=save>
                <div class="body col g12">
                    <Field
                        label=t(texts::TAGS)
                        name="tags"
                        value=tags
                        help=t(texts::TAGS_HELP)
                        mono=true
                        check=Callback::new(check_tags)
                    />
                    {sending.refusal()}
                </div>
                <footer>
                    <Button kind=Kind::Quiet on_click=move |_| on_close.run(())>
                        {t(words::CANCEL)}
                    </Button>
                    <Button kind=Kind::Primary submit=true busy=sending.busy() on_click=|_| ()>
                        {t(texts::SAVE_TAGS)}
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_apart_by_commas_and_spaces() {
        let tags = |text: &str| {
            parse_tags(text).map(|tags| tags.iter().map(Tag::to_string).collect::<Vec<_>>())
        };
        assert_eq!(tags("prod, hz1  web,prod，主").unwrap(), ["prod", "hz1", "web", "主"]);
        assert!(tags("").unwrap().is_empty());
        assert!(tags("prod -x").is_err());
    }
}
