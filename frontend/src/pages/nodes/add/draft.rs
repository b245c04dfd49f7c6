//! What is typed on the way to a node, and the requests that it becomes.

use leptos::prelude::*;
use signalbox_domain::ids::NodeId;
use signalbox_domain::nodes::{
    CredentialChoice, ImportEntry, NewNode, NewSecret, SSH_PORT, ScanRequest, SecretText,
};
use signalbox_domain::remote::Elevation;
use signalbox_domain::values::{Host, NodeName, UserName};

use super::super::tags::parse_tags;
use crate::locale::{Text, t};
use crate::locales::nodes as texts;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Stored,
    Password,
    PrivateKey,
}

/// How to sign in; one for all that are added together.
#[derive(Clone, Copy)]
pub(super) struct SignIn {
    pub elevation: RwSignal<Elevation>,
    /// A node's id, or empty: reached directly.
    pub jump: RwSignal<String>,
    pub way: RwSignal<Way>,
    /// A credential's id.
    pub stored: RwSignal<String>,
    pub password: RwSignal<String>,
    pub private_key: RwSignal<String>,
    pub passphrase: RwSignal<String>,
}

#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub name: RwSignal<String>,
    pub host: RwSignal<String>,
    pub port: RwSignal<String>,
    pub user: RwSignal<String>,
    pub tags: RwSignal<String>,
    pub sign_in: SignIn,
}

fn empty() -> RwSignal<String> {
    RwSignal::new(String::new())
}

impl SignIn {
    fn new() -> SignIn {
        SignIn {
            elevation: RwSignal::new(Elevation::None),
            jump: empty(),
            way: RwSignal::new(Way::PrivateKey),
            stored: empty(),
            password: empty(),
            private_key: empty(),
            passphrase: empty(),
        }
    }

    pub(super) fn jump(self) -> Option<NodeId> {
        self.jump.with_untracked(|id| id.parse().ok())
    }

    pub(super) fn credential(self) -> Result<CredentialChoice, Text> {
        let secret = |field: RwSignal<String>| {
            let text = field.get_untracked();
            (!text.is_empty()).then(|| SecretText::new(text))
        };
        let choice = match self.way.get_untracked() {
            Way::Stored => self
                .stored
                .with_untracked(|id| id.parse().ok())
                .map(|credential| CredentialChoice::Stored { credential }),
            Way::Password => secret(self.password)
                .map(|password| CredentialChoice::New(NewSecret::Password { password })),
            Way::PrivateKey => secret(self.private_key).map(|private_key| {
                let passphrase = secret(self.passphrase);
                CredentialChoice::New(NewSecret::PrivateKey { private_key, passphrase })
            }),
        };
        choice.ok_or(texts::CREDENTIAL_RULE)
    }

    /// The node of a pasted line.
    pub(super) fn node(self, entry: &ImportEntry, host_key: &str) -> Result<NewNode, Text> {
        let ImportEntry { name, user, host, port, tags } = entry.clone();
        Ok(NewNode {
            name,
            host,
            port,
            user,
            elevation: self.elevation.get_untracked(),
            credential: self.credential()?,
            jump: self.jump(),
            tags,
            host_key: host_key.to_owned(),
            trusted_because: None,
        })
    }
}

impl Draft {
    pub(super) fn new() -> Draft {
        Draft {
            name: empty(),
            host: empty(),
            port: RwSignal::new(SSH_PORT.to_string()),
            user: RwSignal::new("root".to_owned()),
            tags: empty(),
            sign_in: SignIn::new(),
        }
    }

    /// `10.20.0.11:22`
    pub(super) fn place(self) -> String {
        format!("{}:{}", self.host.get_untracked().trim(), self.port.get_untracked().trim())
    }

    /// What the key is asked with. Everything else is checked as well, so that nothing is left to
    /// correct once the key is confirmed.
    pub(super) fn scan(self) -> Result<ScanRequest, Text> {
        let NewNode { host, port, jump, .. } = self.node("", None)?;
        Ok(ScanRequest { host, port, jump })
    }

    pub(super) fn node(
        self,
        host_key: &str,
        trusted_because: Option<String>,
    ) -> Result<NewNode, Text> {
        let entry = self.entry()?;
        Ok(NewNode { trusted_because, ..self.sign_in.node(&entry, host_key)? })
    }

    fn entry(self) -> Result<ImportEntry, Text> {
        let text = |field: RwSignal<String>| field.get_untracked().trim().to_owned();
        let host: Host = text(self.host).parse().map_err(|_| texts::HOST_RULE)?;
        let name = Some(text(self.name)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| host.to_string());
        Ok(ImportEntry {
            name: name.parse::<NodeName>().map_err(|_| texts::NAME_RULE)?,
            user: text(self.user).parse::<UserName>().map_err(|_| texts::USER_RULE)?,
            host,
            port: parse_port(&text(self.port)).ok_or(texts::PORT_RULE)?,
            tags: parse_tags(&text(self.tags)).map_err(|_| texts::TAGS_RULE)?,
        })
    }
}

fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// Checks a field by the type that it becomes.
pub(super) fn check<T: std::str::FromStr>(rule: Text) -> Callback<String, Option<String>> {
    Callback::new(move |text: String| text.trim().parse::<T>().is_err().then(|| t(rule).to_owned()))
}

pub(super) fn check_port() -> Callback<String, Option<String>> {
    Callback::new(|text: String| {
        parse_port(text.trim()).is_none().then(|| t(texts::PORT_RULE).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_draft(test: impl FnOnce(Draft)) {
        Owner::new().with(|| test(Draft::new()));
    }

    #[test]
    fn a_node_without_a_name_is_called_by_its_address() {
        with_draft(|draft| {
            draft.host.set(" 192.0.2.7 ".into());
            draft.sign_in.private_key.set("-----BEGIN".into());
            draft.tags.set("prod web".into());
            let node = draft.node("SHA256:x", Some("new machine".into())).unwrap();
            assert_eq!(
                (node.name.as_str(), node.port, node.user.as_str()),
                ("192.0.2.7", 22, "root")
            );
            assert_eq!(node.tags.len(), 2);
            assert_eq!(node.trusted_because.as_deref(), Some("new machine"));
            assert_eq!(draft.place(), "192.0.2.7:22");
        });
    }

    #[test]
    fn what_is_missing_is_told_before_the_machine_is_asked() {
        with_draft(|draft| {
            assert_eq!(draft.scan().unwrap_err(), texts::HOST_RULE);
            draft.host.set("db-1".into());
            assert_eq!(draft.scan().unwrap_err(), texts::CREDENTIAL_RULE);
            draft.sign_in.way.set(Way::Stored);
            draft.sign_in.stored.set("4".into());
            assert!(draft.scan().is_ok());
            draft.port.set("0".into());
            assert_eq!(draft.scan().unwrap_err(), texts::PORT_RULE);
        });
    }
}
