//! Which key a machine shows, and whether it is the pinned one.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use russh::client;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey, PublicKeyOrCertificate};
use signalbox_domain::nodes::HostKey;
use tokio::sync::watch;

/// All that are offered, best first. SHA-1 signatures (plain `ssh-rsa`) are not.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// The order in which host keys are asked for. The pinned key's algorithm comes first, so that a
/// node that has since got a key of a better algorithm still shows the pinned one; the others stay,
/// so that a replaced key is seen as changed and not as a failed negotiation.
pub(super) fn algorithms(pinned: Option<&str>) -> Cow<'static, [Algorithm]> {
    let mut order = ALGORITHMS.to_vec();
    order.sort_by_key(|algorithm| pinned != Some(family(algorithm).as_str()));
    Cow::Owned(order)
}

/// The name in the public key itself: RSA keys are `ssh-rsa` whatever hash signs with them.
fn family(algorithm: &Algorithm) -> String {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa".to_owned(),
        other => other.to_string(),
    }
}

fn host_key(key: &PublicKey) -> HostKey {
    let fingerprint = key.fingerprint(HashAlg::Sha256);
    let algorithm = family(&key.algorithm());
    let randomart = fingerprint.to_randomart(&format!("[{algorithm}]"));
    HostKey::new(algorithm, fingerprint.to_string(), randomart)
}

/// The client's side of a connection: accepts the pinned key and no other, and keeps why the
/// connection ended.
pub(super) struct Doorkeeper {
    /// `None` refuses every key: only to see which one is shown.
    pub(super) pinned: Option<String>,
    pub(super) seen: Arc<OnceLock<HostKey>>,
    pub(super) cut: watch::Sender<Option<String>>,
}

impl client::Handler for Doorkeeper {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        let shown = host_key(&shown.public_key());
        let is_pinned = self.pinned.as_deref() == Some(shown.fingerprint.as_str());
        // Set once: a later key exchange on the same connection shows the same key or is refused.
        let _ = self.seen.set(shown);
        Ok(is_pinned)
    }

    async fn disconnected(
        &mut self,
        reason: client::DisconnectReason<russh::Error>,
    ) -> Result<(), russh::Error> {
        let (text, result) = match reason {
            client::DisconnectReason::ReceivedDisconnect(info) => {
                (format!("the node ended it: {}", info.message), Ok(()))
            }
            client::DisconnectReason::Error(error) => (error.to_string(), Err(error)),
        };
        self.cut.send_replace(Some(text));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_algorithm_is_asked_for_first_and_the_others_stay() {
        let names = |pinned| -> Vec<String> {
            algorithms(pinned).iter().map(ToString::to_string).collect()
        };
        assert_eq!(names(None)[0], "ssh-ed25519");
        assert_eq!(names(Some("ssh-rsa"))[..2], ["rsa-sha2-512", "rsa-sha2-256"]);
        assert_eq!(names(Some("ecdsa-sha2-nistp256"))[0], "ecdsa-sha2-nistp256");
        assert_eq!(names(Some("ssh-rsa")).len(), ALGORITHMS.len());
        assert!(!names(None).contains(&"ssh-rsa".to_owned()), "no SHA-1");
    }
}
