//! Hashing passwords: slow on purpose, so a few at a time, beside the runtime, and with an end to the queue.

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::AccountFailed;

/// Passwords that may wait for their turn: about a second of work.
const WAITING: usize = 64;

/// The pool.
pub(super) struct Passwords {
    /// One for each that is being hashed.
    working: Arc<Semaphore>,
    /// One for each that is being hashed or waits.
    places: Arc<Semaphore>,
    /// Stands in for the password of an account that does not exist.
    nobody: Arc<OnceLock<Option<String>>>,
}

impl Passwords {
    /// All processors but one may work on passwords.
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let working = processors.saturating_sub(1).max(1);
        Self {
            working: Arc::new(Semaphore::new(working)),
            places: Arc::new(Semaphore::new(working + WAITING)),
            nobody: Arc::default(),
        }
    }

    /// The password's hash, in PHC's form.
    pub(super) async fn hash(&self, password: String) -> Result<String, AccountFailed> {
        let hashed = self.work(move || hash(&password)).await?;
        hashed.ok_or_else(|| AccountFailed::Unavailable("the password can't be hashed".into()))
    }

    /// Whether this is the password of that hash. Without a hash it is not, and that takes as long.
    pub(super) async fn verify(&self, of: Option<String>, password: String) -> Result<bool, AccountFailed> {
        let nobody = Arc::clone(&self.nobody);
        self.work(move || {
            let exists = of.is_some();
            let Some(of) = of.or_else(|| nobody.get_or_init(|| hash("nobody's password")).clone()) else {
                return false;
            };
            let Ok(parsed) = PasswordHash::new(&of) else { return false };
            Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && exists
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountFailed> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| AccountFailed::Busy)?;
        // The semaphore is never closed.
        let turn = Arc::clone(&self.working).acquire_owned().await.map_err(|_closed| AccountFailed::Busy)?;
        let held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, turn);
        let done = tokio::task::spawn_blocking(move || {
            let _held = held;
            work()
        });
        done.await.map_err(|panic| AccountFailed::Unavailable(panic.to_string()))
    }
}

fn hash(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_nobody_has_none() {
        let passwords = Passwords::new();
        let of = passwords.hash("correct horse".into()).await.unwrap();
        assert!(of.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{of}");
        assert_ne!(of, passwords.hash("correct horse".into()).await.unwrap(), "each has a salt of its own");
        assert!(passwords.verify(Some(of.clone()), "correct horse".into()).await.unwrap());
        assert!(!passwords.verify(Some(of), "wrong horse".into()).await.unwrap());
        assert!(!passwords.verify(None, "nobody's password".into()).await.unwrap());
    }

    #[tokio::test]
    async fn there_is_an_end_to_the_queue() {
        let passwords = Passwords::new();
        let _all = Arc::clone(&passwords.places).acquire_many_owned(passwords.places.available_permits() as u32).await;
        assert_eq!(passwords.hash("x".into()).await, Err(AccountFailed::Busy));
    }
}
