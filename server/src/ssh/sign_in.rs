//! Proving to a node who we are.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse, Prompt};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{MethodKind, MethodSet};

use super::host_key::Doorkeeper;
use super::{Credential, SshError, Target};
use crate::secret::Secret;

/// A server that keeps asking is not answered for ever.
const MAX_ROUNDS: usize = 5;

pub(super) async fn sign_in(
    handle: &mut Handle<Doorkeeper>,
    target: &Target,
) -> Result<(), SshError> {
    let user = target.user.as_str();
    let accepted = match &target.credential {
        Credential::Password(password) => with_password(handle, user, password.reveal()).await,
        Credential::PrivateKey { key, passphrase } => {
            let key = read_private_key(key.clone(), passphrase.clone()).await?;
            with_key(handle, user, key).await
        }
    };
    match accepted {
        Ok(true) => Ok(()),
        Ok(false) if handle.is_closed() => {
            Err(SshError::Cut("the node ended it during sign-in".to_owned()))
        }
        Ok(false) => Err(SshError::AccessDenied {
            host: target.host.to_string(),
            user: target.user.to_string(),
        }),
        Err(error) => Err(SshError::Cut(format!("during sign-in: {error}"))),
    }
}

/// `SHA256:…` of the public key, so that a key which cannot be read is not stored.
pub async fn private_key_fingerprint(
    key: &Secret<String>,
    passphrase: Option<&Secret<String>>,
) -> Result<String, SshError> {
    let key = read_private_key(key.clone(), passphrase.cloned()).await?;
    Ok(key.public_key().fingerprint(HashAlg::Sha256).to_string())
}

/// On a thread of its own: a passphrase is stretched by bcrypt, which takes a good part of a second.
async fn read_private_key(
    key: Secret<String>,
    passphrase: Option<Secret<String>>,
) -> Result<PrivateKey, SshError> {
    let read = tokio::task::spawn_blocking(move || {
        decode_secret_key(key.reveal(), passphrase.as_ref().map(|secret| secret.reveal().as_str()))
    });
    match read.await {
        Ok(Ok(key)) => Ok(key),
        Ok(Err(error)) => Err(SshError::BadKey(error.to_string())),
        Err(error) => Err(SshError::BadKey(error.to_string())),
    }
}

async fn with_key(
    handle: &mut Handle<Doorkeeper>,
    user: &str,
    key: PrivateKey,
) -> Result<bool, russh::Error> {
    let hashes: &[Option<HashAlg>] = if key.algorithm().is_rsa() {
        // Both, whatever the server announces: OpenSSH announces what it knows, not what it is
        // configured to take. Never SHA-1.
        &[Some(HashAlg::Sha512), Some(HashAlg::Sha256)]
    } else {
        &[None]
    };
    let key = Arc::new(key);
    for hash in hashes {
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&key), *hash);
        if handle.authenticate_publickey(user, key).await?.success() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn with_password(
    handle: &mut Handle<Doorkeeper>,
    user: &str,
    password: &str,
) -> Result<bool, russh::Error> {
    match handle.authenticate_password(user, password).await? {
        AuthResult::Success => Ok(true),
        AuthResult::Failure { remaining_methods, .. } if asks_in_dialogue(&remaining_methods) => {
            in_dialogue(handle, user, password).await
        }
        AuthResult::Failure { .. } => Ok(false),
    }
}

fn asks_in_dialogue(methods: &MethodSet) -> bool {
    methods.contains(&MethodKind::KeyboardInteractive) && !methods.contains(&MethodKind::Password)
}

/// RFC 4256, as PAM uses it: the one hidden prompt is for the password.
async fn in_dialogue(
    handle: &mut Handle<Doorkeeper>,
    user: &str,
    password: &str,
) -> Result<bool, russh::Error> {
    let mut reply = handle.authenticate_keyboard_interactive_start(user, None::<String>).await?;
    for _ in 0..MAX_ROUNDS {
        let prompts = match reply {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
        };
        let answer =
            |prompt: &Prompt| if prompt.echo { String::new() } else { password.to_owned() };
        let answers = prompts.iter().map(answer).collect();
        reply = handle.authenticate_keyboard_interactive_respond(answers).await?;
    }
    Ok(false)
}
