//! The directors' files as they were read, and as they were edited since.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::values::Sha256Hex;
use signalbox_domain::vrrp::conf::{Configuration, Effective, Files, Version};
use signalbox_domain::vrrp::deploy::{ConfView, FileChange, NodeChange};

/// A node's file, by its path.
pub(super) type Chosen = (NodeId, String);

/// A large file takes a moment to be read anew, so it is when nobody types.
const QUIET: Duration = Duration::from_millis(250);

/// A text that somebody edited, and the file that it was made from; `None`: the file is new.
#[derive(Debug, Clone, PartialEq)]
struct Edited {
    base: Option<Sha256Hex>,
    text: String,
    /// The file goes.
    is_gone: bool,
}

type Edits = BTreeMap<Chosen, Edited>;

#[derive(Clone, Copy)]
pub(super) struct Draft {
    views: RwSignal<BTreeMap<NodeId, ConfView>>,
    /// Only those that differ from what was read.
    edits: RwSignal<Edits>,
    /// The same, once nobody types.
    settled: RwSignal<Edits>,
    pub(super) chosen: RwSignal<Option<Chosen>>,
    pub(super) readings: Memo<Vec<Read>>,
    /// The node whose file the page's address asks for, until it is chosen.
    wanted: StoredValue<Option<NodeId>>,
}

/// What a node does by the edited files.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) node: NodeId,
    pub(super) name: String,
    pub(super) version: Option<Version>,
    pub(super) configuration: Configuration,
    pub(super) effective: Effective,
    files: Files,
}

impl PartialEq for Read {
    /// The rest follows from these.
    fn eq(&self, other: &Read) -> bool {
        (self.node, &self.name, self.version, &self.files)
            == (other.node, &other.name, other.version, &other.files)
    }
}

impl Draft {
    pub(super) fn new(wanted: Option<NodeId>) -> Draft {
        let views = RwSignal::new(BTreeMap::<NodeId, ConfView>::new());
        let settled = RwSignal::new(Edits::new());
        let readings = Memo::new(move |_| {
            let edits = settled.get();
            views.with(|views| views.values().map(|view| read(view, &edits)).collect())
        });
        let (edits, chosen) = (RwSignal::new(Edits::new()), RwSignal::new(None));
        let wanted = StoredValue::new(wanted);
        Draft { views, edits, settled, chosen, readings, wanted }
    }

    /// What was read of a node. Edits stay, with the text that they were made from: the plan tells
    /// when that is no longer there.
    pub(super) fn take(self, view: ConfView) {
        let main = (view.node, view.main.clone());
        self.views.update(|views| drop(views.insert(view.node, view)));
        let is_wanted = self.wanted.get_value() == Some(main.0);
        if is_wanted {
            self.wanted.set_value(None);
        }
        if is_wanted || self.chosen.get_untracked().is_none() {
            self.chosen.set(Some(main));
        }
    }

    /// Every file with what it is called: the node alone where it has one.
    pub(super) fn files(self) -> Vec<(Chosen, String)> {
        let edits = self.edits.get();
        let label = |view: &ConfView, path: &String, of: usize| {
            let file = match of {
                1 => String::new(),
                _ => format!(" {}", path.strip_prefix("/etc/keepalived/").unwrap_or(path)),
            };
            let mark = if edits.contains_key(&(view.node, path.clone())) { " *" } else { "" };
            format!("{}{file}{mark}", view.node_name)
        };
        self.views.with(|views| {
            let all = views.values().flat_map(|view| {
                let new = edits.keys().filter(|(node, _)| *node == view.node);
                let mut paths: BTreeSet<&String> = new.map(|(_, path)| path).collect();
                paths.extend(view.files.keys().chain([&view.main]));
                let count = paths.len();
                let labelled = |path| ((view.node, String::clone(path)), label(view, path, count));
                paths.into_iter().map(labelled).collect::<Vec<_>>()
            });
            all.collect()
        })
    }

    /// As it is now.
    pub(super) fn text(self, chosen: &Chosen) -> String {
        let edited = self.edits.with(|edits| edits.get(chosen).map(|edited| edited.text.clone()));
        edited
            .or_else(|| self.views.with(|views| Some(original(views, chosen)?.0.to_owned())))
            .unwrap_or_default()
    }

    pub(super) fn write(self, chosen: &Chosen, text: String) {
        let original = self.views.with_untracked(|views| {
            original(views, chosen).map(|(text, digest)| (text.to_owned(), digest.cloned()))
        });
        let Some((read, digest)) = original else { return };
        self.edits.update(|edits| {
            if text == read {
                edits.remove(chosen);
            } else {
                let edited = edits.entry(chosen.clone());
                let edited =
                    edited.or_insert(Edited { base: digest, text: String::new(), is_gone: false });
                (edited.text, edited.is_gone) = (text, false);
            }
        });
        self.settle();
    }

    /// Takes a file away; one that was new is forgotten.
    pub(super) fn remove(self, chosen: &Chosen) {
        let read = self.views.with_untracked(|views| {
            original(views, chosen).and_then(|(_, digest)| digest.cloned())
        });
        self.edits.update(|edits| {
            edits.remove(chosen);
            if let Some(base) = read {
                let gone = Edited { base: Some(base), text: String::new(), is_gone: true };
                edits.insert(chosen.clone(), gone);
            }
        });
        self.settle();
    }

    fn settle(self) {
        let edits = self.edits.get_untracked();
        let settle = move || {
            if self.edits.try_get_untracked().is_some_and(|now| now == edits) {
                self.settled.set(edits.clone());
            }
        };
        set_timeout(settle, QUIET);
    }

    /// The file that a node's keepalived begins with, where the node was read.
    pub(super) fn main_file(self, node: NodeId) -> Option<Chosen> {
        self.views.with_untracked(|views| Some((node, views.get(&node)?.main.clone())))
    }

    /// Whether the node's files have settings for the whole of keepalived, where they were read.
    pub(super) fn has_globals(self, node: NodeId) -> Option<bool> {
        self.readings.with_untracked(|readings| {
            let read = readings.iter().find(|read| read.node == node)?;
            let mut all = read.configuration.statements.iter();
            Some(all.any(|statement| statement.keyword() == "global_defs"))
        })
    }

    pub(super) fn discard(self) {
        self.edits.set(Edits::new());
        self.settled.set(Edits::new());
    }

    pub(super) fn edited(self) -> Vec<Chosen> {
        self.edits.with(|edits| edits.keys().cloned().collect())
    }

    /// The names of the nodes with an edited file.
    pub(super) fn edited_nodes(self) -> Vec<String> {
        let nodes: BTreeSet<NodeId> = self.edited().into_iter().map(|(node, _)| node).collect();
        self.views.with(|views| {
            nodes.iter().filter_map(|node| Some(views.get(node)?.node_name.clone())).collect()
        })
    }

    /// What a deployment is asked for. A path that cannot be one is not offered for editing.
    pub(super) fn changes(self) -> Vec<NodeChange> {
        let mut changes: BTreeMap<NodeId, Vec<FileChange>> = BTreeMap::new();
        self.edits.with(|edits| {
            for ((node, path), Edited { base, text, is_gone }) in edits {
                if let Ok(path) = path.parse() {
                    let change = FileChange {
                        path,
                        base: base.clone(),
                        text: text.clone(),
                        remove: *is_gone,
                    };
                    changes.entry(*node).or_default().push(change);
                }
            }
        });
        changes.into_iter().map(|(node, files)| NodeChange { node, files }).collect()
    }
}

/// What was read of a file; a file that is not there is empty.
fn original<'a>(
    views: &'a BTreeMap<NodeId, ConfView>,
    (node, path): &Chosen,
) -> Option<(&'a str, Option<&'a Sha256Hex>)> {
    let file = views.get(node)?.files.get(path);
    Some(file.map_or(("", None), |file| (&file.text, Some(&file.digest))))
}

fn read(view: &ConfView, edits: &Edits) -> Read {
    let mut files: Files =
        view.files.iter().map(|(path, file)| (path.clone(), file.text.clone())).collect();
    let edited = edits.iter().filter(|((node, _), _)| *node == view.node);
    files.extend(edited.map(|((_, path), edited)| (path.clone(), edited.text.clone())));
    let configuration = Configuration::read(&files, &view.main, &view.host);
    let effective = configuration.effective();
    Read {
        node: view.node,
        name: view.node_name.clone(),
        version: view.version.as_ref().and_then(|version| version.parse().ok()),
        configuration,
        effective,
        files,
    }
}
