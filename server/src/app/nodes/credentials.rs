//! Keys and passwords: encrypted before they are stored, read only to sign in.

use signalbox_domain::ids::CredentialId;
use signalbox_domain::nodes::{
    CredentialChoice, CredentialKind, CredentialRecord, NewCredential, NewSecret,
};
use signalbox_domain::values::NodeName;

use super::NodesError;
use crate::app::access::Actor;
use crate::app::audit;
use crate::clock;
use crate::sealing::Sealer;
use crate::secret::Secret;
use crate::ssh::{Credential, private_key_fingerprint};
use crate::state::App;
use crate::store::{CredentialEntry, NodeChangeError, Store};

/// Stores a credential under a name, for several nodes.
pub async fn add_credential(
    app: &App,
    actor: &Actor,
    new: NewCredential,
) -> Result<CredentialRecord, NodesError> {
    let deed = audit::deed(actor, "nodes.add_credential", new.name.as_str());
    audit::attempt(&app.store, &deed, async {
        if new.name.parse::<NodeName>().is_err() {
            return Err(NodesError::CredentialName);
        }
        store(app, new.name, new.secret, true).await
    })
    .await
}

pub async fn remove_credential(
    app: &App,
    actor: &Actor,
    id: CredentialId,
) -> Result<(), NodesError> {
    let deed = audit::deed(actor, "nodes.remove_credential", id.to_string());
    audit::attempt(&app.store, &deed, async {
        app.store.remove_credential(id).await.map_err(|error| match error {
            NodeChangeError::Missing => NodesError::NoSuchCredential,
            other => other.into(),
        })
    })
    .await
}

pub(super) struct Kept {
    pub(super) id: CredentialId,
    pub(super) is_new: bool,
}

/// Of a stored credential; one that is new gets its id when it is kept.
pub(super) fn id_or_none(choice: &CredentialChoice) -> CredentialId {
    match choice {
        CredentialChoice::Stored { credential } => *credential,
        CredentialChoice::New(_) => CredentialId(0),
    }
}

/// Stores a credential that was entered with a node, under the node's name.
pub(super) async fn keep(
    app: &App,
    node: &NodeName,
    choice: CredentialChoice,
) -> Result<Kept, NodesError> {
    match choice {
        CredentialChoice::Stored { credential } => Ok(Kept { id: credential, is_new: false }),
        CredentialChoice::New(secret) => {
            let id = store(app, node.to_string(), secret, false).await?.id;
            Ok(Kept { id, is_new: true })
        }
    }
}

pub(super) async fn read_choice(
    app: &App,
    choice: &CredentialChoice,
) -> Result<Credential, NodesError> {
    match choice {
        CredentialChoice::Stored { credential } => open(&app.store, &app.sealer, *credential).await,
        CredentialChoice::New(secret) => Ok(reveal(secret.clone())),
    }
}

/// Decrypts a stored credential.
pub(super) async fn open(
    store: &Store,
    sealer: &Sealer,
    id: CredentialId,
) -> Result<Credential, NodesError> {
    let sealed = store.sealed_credential(id).await?.ok_or(NodesError::NoSuchCredential)?;
    let plain = sealer.open(&purpose(id), &sealed)?;
    Ok(reveal(serde_json::from_slice(plain.reveal())?))
}

async fn store(
    app: &App,
    name: String,
    secret: NewSecret,
    shared: bool,
) -> Result<CredentialRecord, NodesError> {
    let (kind, fingerprint) = match reveal(secret.clone()) {
        Credential::Password(_) => (CredentialKind::Password, None),
        Credential::PrivateKey { key, passphrase } => {
            let fingerprint = private_key_fingerprint(&key, passphrase.as_ref()).await?;
            (CredentialKind::PrivateKey, Some(fingerprint))
        }
    };
    let plain = Secret::new(serde_json::to_vec(&secret)?);
    let entry = CredentialEntry { name, kind, fingerprint, shared, created_at: clock::now() };
    let seal = |id| Ok::<_, NodesError>(app.sealer.seal(&purpose(id), plain.reveal())?);
    app.store.add_credential(&entry, seal).await
}

fn purpose(id: CredentialId) -> String {
    format!("credentials/{id}")
}

fn reveal(secret: NewSecret) -> Credential {
    match secret {
        NewSecret::Password { password } => {
            Credential::Password(Secret::new(password.into_inner()))
        }
        NewSecret::PrivateKey { private_key, passphrase } => Credential::PrivateKey {
            key: Secret::new(private_key.into_inner()),
            passphrase: passphrase.map(|text| Secret::new(text.into_inner())),
        },
    }
}
