//! Encryption of secrets at rest: XChaCha20-Poly1305 with a key that is not in the database.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngCore;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// First byte of what [`Sealer::seal`] returns: version of the format.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Encrypts and decrypts secrets. Each is bound to its purpose, e.g. `credentials/7`: moved to
/// another row it does not open.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    key: Secret<[u8; 32]>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the secret of {purpose} is {found} bytes long, which is too short to be one")]
    TooShort { purpose: String, found: usize },
    #[error("the secret of {purpose} is in format {found}; this program knows format 1")]
    UnknownVersion { purpose: String, found: u8 },
    #[error(
        "the secret of {purpose} does not open: it was altered, belongs to another row, or the key file is not the one it was made with"
    )]
    DoesNotOpen { purpose: String },
    #[error("the secret of {purpose} cannot be encrypted")]
    DoesNotSeal { purpose: String },
}

impl Sealer {
    pub fn new(key: &Secret<[u8; 32]>) -> Sealer {
        Sealer { cipher: XChaCha20Poly1305::new(key.reveal().into()), key: key.clone() }
    }

    /// Version byte, 24 bytes of nonce, ciphertext with its tag.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: purpose.as_bytes() };
        let ciphertext = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SealError::DoesNotSeal { purpose: purpose.to_owned() })?;
        Ok([&[VERSION], nonce.as_slice(), &ciphertext].concat())
    }

    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let too_short = || SealError::TooShort { purpose: purpose.to_owned(), found: sealed.len() };
        let (&version, rest) = sealed.split_first().ok_or_else(too_short)?;
        if version != VERSION {
            return Err(SealError::UnknownVersion { purpose: purpose.to_owned(), found: version });
        }
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES).ok_or_else(too_short)?;
        let payload = Payload { msg: ciphertext, aad: purpose.as_bytes() };
        self.cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Secret::new)
            .map_err(|_| SealError::DoesNotOpen { purpose: purpose.to_owned() })
    }

    /// A key for another use, from which this one cannot be found.
    pub fn derive(&self, purpose: &str) -> Secret<[u8; 32]> {
        let digest = Sha256::new()
            .chain_update(self.key.reveal())
            .chain_update(b"signalbox/derive/")
            .chain_update(purpose)
            .finalize();
        Secret::new(digest.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&Secret::new([byte; 32]))
    }

    #[test]
    fn opens_only_for_its_purpose_with_its_key_and_unaltered() {
        let sealed = sealer(1).seal("credentials/7", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(sealer(1).open("credentials/7", &sealed).unwrap().reveal(), b"hunter2");

        let refused = SealError::DoesNotOpen { purpose: "credentials/8".into() };
        assert_eq!(sealer(1).open("credentials/8", &sealed).unwrap_err(), refused);
        assert!(sealer(2).open("credentials/7", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(sealer(1).open("credentials/7", &altered).is_err(), "byte {at}");
            assert!(sealer(1).open("credentials/7", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_secret_looks_different_each_time() {
        let sealer = sealer(1);
        assert_ne!(sealer.seal("a", b"x").unwrap(), sealer.seal("a", b"x").unwrap());
    }
}
