//! What is kept of a password: an argon2id hash for the console, the digest hashes for the phone. The password itself is kept nowhere.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use md5::Md5;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{Invalid, rules};
use crate::clock::Rng;

/// The realm of the phones' digest authentication. Part of every stored hash: a change would void all passwords.
pub const SIP_REALM: &str = "minsheng";

/// Argon2 takes 19 MiB and tens of milliseconds of a core; more at once would be a way to stop the calls.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A hash no known password fits, with the same parameters as a real one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bWluc2hlbmctbm9ib2R5$Ww6dWF6ZkwYtq8qyrLK0Qv3w8bDnnCFZk7q0uZ0m9zE";

/// Everything that is stored of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    pub(super) password_hash: String,
    pub(super) sip_ha1_md5: String,
    pub(super) sip_ha1_sha256: String,
}

/// Secrets are never written to a log.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// Derives them on a blocking thread.
    pub async fn derive(rng: &Rng, username: &str, password: &str) -> Result<Self, Vec<Invalid>> {
        rules::check_password(password)?;
        let (salt, username, password) = (rng.bytes::<16>(), username.to_owned(), password.to_owned());
        let work = move || Self::compute(&salt, &username, &password);
        blocking(work).await.ok_or_else(|| {
            vec![Invalid {
                field: "password",
                message: "密码无法处理",
            }]
        })
    }

    fn compute(salt: &[u8; 16], username: &str, password: &str) -> Option<Self> {
        let password_hash: String = Argon2::default()
            .hash_password_with_salt(password.as_bytes(), salt)
            .ok()?
            .to_string();
        let a1 = format!("{username}:{SIP_REALM}:{password}");
        Some(Self {
            password_hash,
            sip_ha1_md5: hex::encode(Md5::digest(&a1)),
            sip_ha1_sha256: hex::encode(Sha256::digest(&a1)),
        })
    }
}

/// Whether the password fits. Without a hash (an unknown user) the same work is done in vain, so that time tells nothing.
pub(super) async fn verify(hash: Option<String>, password: &str) -> bool {
    let password = password.to_owned();
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
    let fits = blocking(move || {
        let parsed = PasswordHash::new(&hash).ok()?;
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .ok()
    })
    .await;
    fits.is_some() && known
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    // The semaphore is never closed.
    let _place = AT_ONCE.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let secrets = Secrets::derive(&Rng::seeded(1), "a", "minsheng-demo")
            .await
            .expect("secrets");
        assert!(verify(Some(secrets.password_hash.clone()), "minsheng-demo").await);
        assert!(!verify(Some(secrets.password_hash), "minsheng-dema").await);
        assert!(!verify(None, "minsheng-demo").await);
    }

    #[tokio::test]
    async fn the_phone_hashes_are_those_of_rfc_7616() {
        let secrets = Secrets::derive(&Rng::seeded(1), "operator1", "minsheng-demo")
            .await
            .expect("secrets");
        let a1 = "operator1:minsheng:minsheng-demo";
        assert_eq!(secrets.sip_ha1_md5, hex::encode(Md5::digest(a1)));
        assert_eq!(secrets.sip_ha1_sha256.len(), 64);
        assert!(!secrets.password_hash.contains("minsheng-demo"));
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_a_real_one() {
        let real = Secrets::compute(&[7; 16], "a", "minsheng-demo")
            .expect("secrets")
            .password_hash;
        let (real, nobody) = (
            PasswordHash::new(&real).expect("PHC"),
            PasswordHash::new(NOBODY).expect("PHC"),
        );
        assert_eq!(real.algorithm, nobody.algorithm);
        assert_eq!(real.params, nobody.params);
        assert_eq!(real.hash.expect("hash").len(), nobody.hash.expect("hash").len());
    }
}
