//! One rule as text, with fields for what most rules ask.

use leptos::prelude::*;
use signalbox_domain::firewall::draft::{Change, Edit, EditError, parse_rule};

use super::board::Board;
use super::columns::{Words, cells};
use super::edits::{Editing, change};
use crate::locale::{Text, t, t_with};
use crate::locales::firewall as texts;
use crate::locales::words;
use crate::ui::{Button, Dialog, Field, Kind};

/// The fields, as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) protocol: String,
    pub(super) port: String,
    pub(super) in_interface: String,
    pub(super) target: String,
}

impl Common {
    /// The rule that the fields say, as iptables-save would print it.
    pub(super) fn text(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut option = |name: &str, value: &str| {
            if !value.trim().is_empty() {
                words.push(format!("{name} {}", value.trim()));
            }
        };
        option("-s", &self.source);
        option("-d", &self.destination);
        option("-i", &self.in_interface);
        option("-p", &self.protocol);
        let (protocol, port) = (self.protocol.trim(), self.port.trim());
        if !port.is_empty() {
            if port.contains(',') {
                words.push(format!("-m multiport --dports {port}"));
            } else if protocol.is_empty() {
                words.push(format!("--dport {port}"));
            } else {
                words.push(format!("-m {protocol} --dport {port}"));
            }
        }
        if !self.target.trim().is_empty() {
            words.push(format!("-j {}", self.target.trim()));
        }
        words.join(" ")
    }
}

#[component]
pub(super) fn RuleForm(
    board: Board,
    editing: Editing,
    at: usize,
    old: Option<String>,
) -> impl IntoView {
    let is_new = old.is_none();
    let (table, chain) = board.place.get_untracked();
    let title = t_with(texts::RULE_IN, &[&table, &chain, &at]);
    let text = RwSignal::new(old.clone().unwrap_or_default());
    let error = RwSignal::new(None::<String>);
    let fields = Fields::of(board, old.as_deref());
    let put = Callback::new(move |()| {
        let text = text.get_untracked();
        let wanted =
            if is_new { Change::Insert { at, text } } else { Change::Replace { at, text } };
        match change(board, wanted) {
            Ok(()) => {
                board.selected.set(None);
                editing.close();
            }
            Err(EditError::Rule(wrong)) => {
                error.set(Some(t_with(
                    texts::COLUMN,
                    &[&wrong.column, &wrong.expected, &wrong.found],
                )));
            }
            Err(other) => error.set(Some(other.to_string())),
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        put.run(());
    };
    view! {
        <Dialog title=Signal::stored(title) class="wide" on_close=move |()| editing.close()>
            <form on:submit=submit>
                <div class="body fw-form">
                    <Field label=t_with(texts::RULE_TEXT, &[&chain]) name="rule-text" value=text mono=true help=t(texts::RULE_HELP) error=error />
                    <fieldset on:input=move |_| { error.set(None); text.set(fields.common().text()); }>
                        {fields.view()}
                    </fieldset>
                </div>
                <footer>
                    <Button on_click=move |_| editing.close()>{t(words::CANCEL)}</Button>
                    <Button kind=Kind::Primary submit=true on_click=|_| ()>{t(texts::PUT_IN)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[derive(Clone, Copy)]
struct Fields {
    source: RwSignal<String>,
    destination: RwSignal<String>,
    protocol: RwSignal<String>,
    port: RwSignal<String>,
    in_interface: RwSignal<String>,
    target: RwSignal<String>,
}

impl Fields {
    fn of(board: Board, old: Option<&str>) -> Fields {
        let words = Words { not: "!", inside: "in", outside: "out" };
        let rule = old.and_then(|old| parse_rule(old, board.family()).ok());
        let cells = rule.map(|rule| cells(&rule, words)).unwrap_or_default();
        let part = |name: &str| {
            let mut parts = cells.matches.split(", ");
            let found = parts.find_map(|part| part.strip_prefix(name));
            RwSignal::new(found.unwrap_or_default().to_owned())
        };
        Fields {
            port: part("dport "),
            in_interface: part("in "),
            source: RwSignal::new(cells.source.clone()),
            destination: RwSignal::new(cells.destination.clone()),
            protocol: RwSignal::new(cells.protocol.clone()),
            target: RwSignal::new(if old.is_some() {
                cells.target.clone()
            } else {
                "ACCEPT".to_owned()
            }),
        }
    }

    fn common(self) -> Common {
        Common {
            source: self.source.get_untracked(),
            destination: self.destination.get_untracked(),
            protocol: self.protocol.get_untracked(),
            port: self.port.get_untracked(),
            in_interface: self.in_interface.get_untracked(),
            target: self.target.get_untracked(),
        }
    }

    fn view(self) -> impl IntoView {
        view! {
            <Field label=t(texts::PROTOCOL) name="rule-protocol" value=self.protocol mono=true />
            <Field label=t(texts::SOURCE) name="rule-source" value=self.source mono=true />
            <Field label=t(texts::DESTINATION) name="rule-destination" value=self.destination mono=true />
            <Field label=t(texts::PORT) name="rule-port" value=self.port mono=true />
            <Field label=t(texts::IN_INTERFACE) name="rule-in" value=self.in_interface mono=true />
            <Field label=t(texts::TARGET) name="rule-target" value=self.target mono=true />
        }
    }
}

#[component]
pub(super) fn ChainForm(board: Board, editing: Editing) -> impl IntoView {
    let (table, _) = board.place.get_untracked();
    let put = Callback::new(move |name: String| {
        board.edit(&Edit { table, chain: name, change: Change::NewChain })
    });
    view! { <NameForm board editing title=texts::NEW_CHAIN name=String::new() put /> }
}

#[component]
pub(super) fn RenameForm(board: Board, editing: Editing) -> impl IntoView {
    let (table, chain) = board.place.get_untracked();
    let name = chain.clone();
    let put = Callback::new(move |to: String| {
        board.edit(&Edit { table, chain: chain.clone(), change: Change::Rename { to } })
    });
    view! { <NameForm board editing title=texts::RENAME_CHAIN name put /> }
}

/// Asks for a chain's name and goes there.
#[component]
fn NameForm(
    board: Board,
    editing: Editing,
    title: Text,
    name: String,
    put: Callback<String, Result<(), EditError>>,
) -> impl IntoView {
    let name = RwSignal::new(name);
    let error = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (table, _) = board.place.get_untracked();
        let chain = name.get_untracked().trim().to_owned();
        match put.run(chain.clone()) {
            Ok(()) => {
                board.choose(table, &chain);
                editing.close();
            }
            Err(EditError::Rule(wrong)) => error.set(Some(wrong.expected)),
            Err(other) => error.set(Some(other.to_string())),
        }
    };
    view! {
        <Dialog title=Signal::stored(t(title).to_owned()) on_close=move |()| editing.close()>
            <form on:submit=submit>
                <div class="body">
                    <Field label=t(texts::CHAIN_NAME) name="chain-name" value=name mono=true error=error />
                </div>
                <footer>
                    <Button on_click=move |_| editing.close()>{t(words::CANCEL)}</Button>
                    <Button kind=Kind::Primary submit=true on_click=|_| ()>{t(texts::PUT_IN)}</Button>
                </footer>
            </form>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use signalbox_domain::firewall::Family;

    use super::*;

    #[test]
    fn the_fields_write_a_rule_that_reads_back() {
        let common = Common {
            source: " 192.0.2.0/24".to_owned(),
            protocol: "tcp".to_owned(),
            port: "3306".to_owned(),
            target: "ACCEPT".to_owned(),
            ..Common::default()
        };
        assert_eq!(common.text(), "-s 192.0.2.0/24 -p tcp -m tcp --dport 3306 -j ACCEPT");
        let several = Common { port: "80,443".to_owned(), ..common };
        assert!(parse_rule(&several.text(), Family::V4).is_ok());
        assert_eq!(Common::default().text(), "");
    }
}
