use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::CredentialId;
use crate::time::Timestamp;

/// A password or a key on its way from a person to the console. It prints as `***`; it is written
/// out only in the request that carries it, and no answer has one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: impl Into<String>) -> SecretText {
        SecretText(text.into())
    }

    pub fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What to sign in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, deny_unknown_fields)]
pub enum CredentialChoice {
    /// One that is stored already.
    Stored {
        credential: CredentialId,
    },
    New(NewSecret),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, deny_unknown_fields)]
pub enum NewSecret {
    Password {
        password: SecretText,
    },
    PrivateKey {
        /// OpenSSH or PEM text.
        private_key: SecretText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passphrase: Option<SecretText>,
    },
}

/// A credential under a name, for several nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCredential {
    /// 1 to 63 characters.
    pub name: String,
    #[serde(flatten)]
    pub secret: NewSecret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    Password,
    PrivateKey,
}

impl CredentialKind {
    pub fn as_str(self) -> &'static str {
        match self {
            CredentialKind::Password => "password",
            CredentialKind::PrivateKey => "private_key",
        }
    }
}

/// A stored credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialRecord {
    pub id: CredentialId,
    pub name: String,
    pub kind: CredentialKind,
    /// `SHA256:…` of the public key; none for a password.
    pub fingerprint: Option<String>,
    pub created_at: Timestamp,
    /// How many nodes are signed in to with it.
    pub nodes: u32,
}
