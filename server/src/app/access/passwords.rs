//! Password hashes: argon2id, off the runtime's threads, few at a time.

use std::sync::Arc;

use argon2::password_hash::{self, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngCore;
use signalbox_domain::access::{PASSWORD_LEAST_CHARACTERS, PASSWORD_MOST_BYTES};
use tokio::sync::Semaphore;

use super::AccessError;
use crate::secret::Secret;

/// Hashes at one time. Each takes 19 MiB: a crowd at the door waits, it does not fill the memory.
const AT_ONCE: usize = 2;

#[derive(Debug, Clone)]
pub struct Passwords {
    lanes: Arc<Semaphore>,
    /// Of no password. Checked for accounts that do not exist, so that they take as long.
    nobody: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Passwords, AccessError> {
        let nobody = hash(&super::new_secret()).map_err(AccessError::Hash)?;
        Ok(Passwords { lanes: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.into() })
    }

    /// In PHC form, with its salt and costs.
    pub async fn hash(&self, password: &Secret<String>) -> Result<String, AccessError> {
        let text = password.reveal();
        if text.chars().count() < PASSWORD_LEAST_CHARACTERS || text.len() > PASSWORD_MOST_BYTES {
            return Err(AccessError::PasswordLength);
        }
        let password = password.clone();
        self.off_thread(move || hash(&password)).await?.map_err(AccessError::Hash)
    }

    /// Whether the password is the one of `expected`; never for `None`, which takes as long.
    pub async fn verify(
        &self,
        expected: Option<&str>,
        password: &Secret<String>,
    ) -> Result<bool, AccessError> {
        let known = expected.is_some();
        let expected = expected.unwrap_or(&self.nobody).to_owned();
        let password = password.clone();
        let verified = self.off_thread(move || verify(&expected, &password)).await?;
        Ok(verified.map_err(AccessError::Hash)? && known)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccessError> {
        // The semaphore is never closed; if it were, hashing would only be less orderly.
        let lane = Arc::clone(&self.lanes).acquire_owned().await.ok();
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(lane);
            done
        });
        Ok(worked.await?)
    }
}

/// The costs that OWASP's password storage cheat sheet asks for: 19 MiB, 2 passes, 1 lane.
fn argon2id() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(password: &Secret<String>) -> Result<String, password_hash::Error> {
    let mut salt = [0; 16];
    rand::rng().fill_bytes(&mut salt);
    let salt = SaltString::encode_b64(&salt)?;
    Ok(argon2id().hash_password(password.reveal().as_bytes(), &salt)?.to_string())
}

fn verify(expected: &str, password: &Secret<String>) -> Result<bool, password_hash::Error> {
    let expected = PasswordHash::new(expected)?;
    match argon2id().verify_password(password.reveal().as_bytes(), &expected) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::Password) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_argon2id_and_tells_its_password_from_others() {
        let passwords = Passwords::new().unwrap();
        let password = Secret::new("correct horse battery".to_owned());
        let hash = passwords.hash(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Some(&hash), &password).await.unwrap());
        let other = Secret::new("correct horse batterz".to_owned());
        assert!(!passwords.verify(Some(&hash), &other).await.unwrap());
        assert!(!passwords.verify(None, &password).await.unwrap());
    }

    #[tokio::test]
    async fn short_and_huge_passwords_are_refused() {
        let passwords = Passwords::new().unwrap();
        for text in ["eleven char".to_owned(), "x".repeat(PASSWORD_MOST_BYTES + 1)] {
            let refused = passwords.hash(&Secret::new(text)).await;
            assert!(matches!(refused, Err(AccessError::PasswordLength)));
        }
    }
}
