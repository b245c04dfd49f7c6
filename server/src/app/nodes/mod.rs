//! Managed machines: added, edited, pinned anew, removed.

mod credentials;
mod directory;
mod import;

use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{
    HostKey, NewNode, NodeEdit, NodeRecord, NodeView, Observed, PinRequest, ScanRequest,
};
use signalbox_domain::values::UserName;

use crate::app::access::Actor;
use crate::app::audit;
use crate::clock;
use crate::sealing::SealError;
use crate::ssh::{Credential, SshError, Target};
use crate::state::App;
use crate::store::{NodeChangeError, StoreError, StoredNode};

pub use credentials::{add_credential, remove_credential};
pub use directory::Directory;
pub use import::scan_import;

/// Why a node or a credential stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum NodesError {
    #[error("there is no such node")]
    NoSuchNode,
    #[error("there is no such credential")]
    NoSuchCredential,
    #[error("a credential's name has 1 to 63 characters on one line")]
    CredentialName,
    #[error("expected SHA256: and 43 characters of base64; found {found:?}")]
    NotAFingerprint { found: String },
    #[error("the node shows host key {}, not the one that was confirmed", .shown.fingerprint)]
    OtherKeyShown { shown: HostKey },
    #[error("expected at most {most} lines; found {found}")]
    TooManyLines { most: usize, found: usize },
    #[error(transparent)]
    Change(#[from] NodeChangeError),
    #[error(transparent)]
    Ssh(#[from] SshError),
    #[error("a credential cannot be kept")]
    Seal(#[from] SealError),
    #[error("a credential cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the database failed")]
    Store(#[from] StoreError),
}

/// Every node, oldest first, with what was seen of it.
pub async fn views(app: &App) -> Result<Vec<NodeView>, NodesError> {
    let mut records = app.store.nodes().await?;
    records.sort_by_key(|record| record.id);
    Ok(records.into_iter().map(|record| view(app, record)).collect())
}

pub async fn view_of(app: &App, id: NodeId) -> Result<NodeView, NodesError> {
    let node = app.store.node(id).await?.ok_or(NodesError::NoSuchNode)?;
    Ok(view(app, node.record))
}

fn view(app: &App, record: NodeRecord) -> NodeView {
    let observed = app.fleet.observed(record.id);
    NodeView { observed: observed.unwrap_or_else(|| Observed::nothing(clock::now())), record }
}

/// The host key that a machine shows. Nothing but the key exchange is sent.
pub async fn scan(app: &App, request: &ScanRequest) -> Result<HostKey, NodesError> {
    Ok(app.lines.scan(&request.host, request.port, request.jump).await?)
}

/// The host key that a node shows now, whichever is pinned.
pub async fn scan_node(app: &App, id: NodeId) -> Result<HostKey, NodesError> {
    let NodeRecord { host, port, jump, .. } = stored(app, id).await?.record;
    scan(app, &ScanRequest { host, port, jump }).await
}

/// Connects with the confirmed host key, signs in, tries sudo where it is asked for, and only then
/// stores the node.
pub async fn add(app: &App, actor: &Actor, mut new: NewNode) -> Result<NodeView, NodesError> {
    let deed = audit::deed(actor, "nodes.add", new.name.as_str());
    let because = new.trusted_because.take().unwrap_or_default();
    let adding = add_checked(app, new);
    let record = audit::attempt_because(&app.store, &deed, &because, adding).await?;
    app.fleet.node_added(record.clone());
    Ok(view(app, record))
}

async fn add_checked(app: &App, new: NewNode) -> Result<NodeRecord, NodesError> {
    check_fingerprint(&new.host_key)?;
    let mut node = StoredNode {
        record: NodeRecord {
            // The store gives it one.
            id: NodeId(0),
            name: new.name,
            host: new.host,
            port: new.port,
            user: new.user,
            elevation: new.elevation,
            credential: credentials::id_or_none(&new.credential),
            jump: new.jump,
            tags: new.tags,
            host_key: new.host_key,
            added_at: clock::now(),
            version: 1,
        },
        host_key_algorithm: String::new(),
    };
    let credential = credentials::read_choice(app, &new.credential).await?;
    let shown = app.lines.check(&target(&node, credential)).await?;
    node.host_key_algorithm = shown.algorithm;
    let kept = credentials::keep(app, &node.record.name, new.credential).await?;
    node.record.credential = kept.id;
    let added = app.store.add_node(&node).await;
    if added.is_err() && kept.is_new {
        app.store.remove_credential(kept.id).await?;
    }
    Ok(added?)
}

/// Changes what `edit` names, when the node's version is still `version`. A changed address, account
/// or credential is tried first, against the pinned host key.
pub async fn edit(
    app: &App,
    actor: &Actor,
    id: NodeId,
    version: i64,
    edit: NodeEdit,
) -> Result<NodeView, NodesError> {
    let before = stored(app, id).await?;
    let deed = audit::deed(actor, "nodes.edit", before.record.name.as_str());
    let changes_line = edit.changes_line();
    let changed = edited(app, before, version, edit);
    let record = audit::attempt(&app.store, &deed, changed).await?;
    if changes_line {
        app.lines.forget(id);
    }
    app.fleet.node_changed(record.clone());
    Ok(view(app, record))
}

async fn edited(
    app: &App,
    before: StoredNode,
    version: i64,
    edit: NodeEdit,
) -> Result<NodeRecord, NodesError> {
    if before.record.version != version {
        return Err(NodeChangeError::Stale { found: before.record.version }.into());
    }
    let changes_line = edit.changes_line();
    let mut node = before;
    let record = &mut node.record;
    record.name = edit.name.unwrap_or_else(|| record.name.clone());
    record.host = edit.host.unwrap_or_else(|| record.host.clone());
    record.port = edit.port.unwrap_or(record.port);
    record.user = edit.user.unwrap_or_else(|| record.user.clone());
    record.elevation = edit.elevation.unwrap_or(record.elevation);
    record.jump = edit.jump.unwrap_or(record.jump);
    record.tags = edit.tags.unwrap_or_else(|| record.tags.clone());
    if changes_line {
        check_jumps(app, record).await?;
        let credential = match &edit.credential {
            Some(choice) => credentials::read_choice(app, choice).await?,
            None => credentials::open(&app.store, &app.sealer, node.record.credential).await?,
        };
        app.lines.check(&target(&node, credential)).await?;
    }
    let kept = match edit.credential {
        Some(choice) => Some(credentials::keep(app, &node.record.name, choice).await?),
        None => None,
    };
    node.record.credential = kept.as_ref().map_or(node.record.credential, |kept| kept.id);
    let changed = app.store.change_node(&node).await;
    if let Some(kept) = kept.filter(|kept| changed.is_err() && kept.is_new) {
        app.store.remove_credential(kept.id).await?;
    }
    Ok(changed?)
}

/// A node is not reached through itself.
async fn check_jumps(app: &App, record: &NodeRecord) -> Result<(), NodesError> {
    const LIMIT: usize = 4;
    let mut next = record.jump;
    for _ in 0..LIMIT {
        let Some(jump) = next.filter(|jump| *jump != record.id) else { break };
        next = stored(app, jump).await?.record.jump;
    }
    if next.is_some() {
        let host = record.host.to_string();
        return Err(SshError::TooManyJumps { host, limit: LIMIT }.into());
    }
    Ok(())
}

/// Pins the host key that the node shows now, when it is the one that an admin has confirmed.
pub async fn pin(
    app: &App,
    actor: &Actor,
    id: NodeId,
    request: PinRequest,
) -> Result<NodeView, NodesError> {
    let confirmed = request.host_key;
    let because = request.trusted_because.unwrap_or_default();
    let mut node = stored(app, id).await?;
    let deed = audit::deed(actor, "nodes.pin", node.record.name.as_str());
    let pinning = async {
        check_fingerprint(&confirmed)?;
        let shown = scan_node(app, id).await?;
        if shown.fingerprint != confirmed {
            return Err(NodesError::OtherKeyShown { shown });
        }
        node.record.host_key = shown.fingerprint;
        node.host_key_algorithm = shown.algorithm;
        Ok(app.store.change_node(&node).await?)
    };
    let record = audit::attempt_because(&app.store, &deed, &because, pinning).await?;
    app.lines.forget(id);
    app.fleet.node_changed(record.clone());
    Ok(view(app, record))
}

pub async fn remove(app: &App, actor: &Actor, id: NodeId) -> Result<(), NodesError> {
    let node = stored(app, id).await?;
    let deed = audit::deed(actor, "nodes.remove", node.record.name.as_str());
    let removal = async { Ok::<_, NodesError>(app.store.remove_node(id).await?) };
    audit::attempt(&app.store, &deed, removal).await?;
    app.fleet.node_removed(id);
    app.lines.forget(id);
    Ok(())
}

async fn stored(app: &App, id: NodeId) -> Result<StoredNode, NodesError> {
    app.store.node(id).await?.ok_or(NodesError::NoSuchNode)
}

fn target(node: &StoredNode, credential: Credential) -> Target {
    let StoredNode { record, host_key_algorithm } = node;
    Target {
        host: record.host.clone(),
        port: record.port,
        user: record.user.clone(),
        elevation: record.elevation,
        credential,
        host_key: record.host_key.clone(),
        host_key_algorithm: Some(host_key_algorithm.clone()),
        jump: record.jump,
    }
}

/// SHA-256 in base64 without padding, as `ssh-keygen -lf` prints it.
fn check_fingerprint(text: &str) -> Result<(), NodesError> {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    match text.strip_prefix("SHA256:") {
        Some(digest) if digest.len() == 43 && digest.chars().all(is_base64) => Ok(()),
        _ => Err(NodesError::NotAFingerprint { found: text.chars().take(80).collect() }),
    }
}

/// A file for `/etc/sudoers.d` that lets an account do what the console asks for with
/// `sudo -n`, and nothing with a terminal or another environment (sudoers(5)).
pub fn sudoers(user: &UserName) -> String {
    // RemoteCommand::line begins every command with this; , : = and \ are escaped as sudoers(5) asks.
    let environment =
        signalbox_domain::remote::SUDO_ENVIRONMENT.replace('=', "\\=").replace(':', "\\:");
    format!(
        "# Signalbox signs in as {user} and runs its commands by sudo -n.\n\
         # Check this file before it is used:  visudo -cf FILE\n\
         # Keep it as /etc/sudoers.d/signalbox, owner root, mode 0440.\n\
         #\n\
         # Signalbox's scripts are run by sh, so that this entry is worth root: guard the console\n\
         # and its key as you guard root's. It allows no other user, no password prompt and no\n\
         # environment but the one given.\n\
         Defaults:{user} env_reset, !requiretty, !lecture\n\
         {user} ALL = (root) NOPASSWD: NOSETENV: /usr/bin/env {environment} *\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_fingerprint_is_one() {
        assert!(check_fingerprint("SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA").is_ok());
        for text in ["", "SHA256:", "SHA256:short", "MD5:aa:bb", "SHA256:HwkW'; reboot; '"] {
            assert!(check_fingerprint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sudoers_file_allows_exactly_how_commands_begin() {
        let file = sudoers(&"ops".parse().unwrap());
        insta::assert_snapshot!(file.lines().last().unwrap(), @r"ops ALL = (root) NOPASSWD: NOSETENV: /usr/bin/env LC_ALL\=C PATH\=/usr/local/sbin\:/usr/local/bin\:/usr/sbin\:/usr/bin\:/sbin\:/bin *");
    }
}
