//! The fixed properties of a data directory: tenant, secrets, CA, key pool and ports.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jiff::Timestamp;
use rcgen::KeyPair;
use serde::{Deserialize, Serialize};

use super::{
    ca::{self, Ca, CaError},
    error::EmulatorError,
    material::Base64Bytes,
    store::{Collection, Transaction},
};

const IDENTITY: Collection<CloudIdentity> = Collection::private("identity");
const PORTS: Collection<Ports> = Collection::new("ports");
/// The number of keys that the initial estate shares: RSA keys are slow to make, and a new practice cloud has
/// to answer at once.
const POOL: usize = 1;

/// Made at the first start; never part of a response.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CloudIdentity {
    pub tenant_id: String,
    pub client_secret: String,
    pub signing_key: String,
    ca: String,
    keys: Vec<Base64Bytes>,
}

impl std::fmt::Debug for CloudIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.tenant_id)
    }
}

impl CloudIdentity {
    /// The stored identity of the directory, or a new one.
    pub(crate) fn load_or_create(tx: &Transaction, now: Timestamp) -> Result<Self, EmulatorError> {
        if let Some(identity) = tx.get(&IDENTITY, "")? {
            return Ok(identity);
        }
        let failed = |error: CaError| EmulatorError::Certificate(error.to_string());
        // The CA and the pool each need RSA keys, so both are made in parallel.
        let (ca, keys) = std::thread::scope(|scope| {
            let pool = scope.spawn(|| (0..POOL).map(|_| ca::new_rsa_key(2048)).collect());
            // Estates live by the practice clock, TLS clients by the real one.
            let ca = Ca::generate([now, Timestamp::now()]);
            let keys: Result<Vec<_>, CaError> =
                pool.join().unwrap_or_else(|_| Err(CaError::Stored("the key pool was not made".to_owned())));
            (ca, keys)
        });
        let identity = Self {
            tenant_id: uuid::Uuid::new_v4().to_string(),
            client_secret: random_text(),
            signing_key: random_text(),
            ca: ca.map_err(failed)?.to_pem().to_string(),
            keys: keys.map_err(failed)?.into_iter().map(|key| Base64Bytes(key.to_vec())).collect(),
        };
        tx.put(&IDENTITY, "", &identity)?;
        Ok(identity)
    }

    pub(crate) fn ca(&self) -> Result<Ca, EmulatorError> {
        Ca::from_pem(&self.ca).map_err(|error| EmulatorError::Certificate(error.to_string()))
    }

    pub(crate) fn keys(&self) -> Result<Vec<Arc<KeyPair>>, EmulatorError> {
        let keys = self.keys.iter().map(|key| ca::key_pair(&key.0).map(Arc::new));
        keys.collect::<Result<_, CaError>>().map_err(|error| EmulatorError::Certificate(error.to_string()))
    }
}

/// The ports of the last run; they are used again when free, so that a restart keeps every address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub https: u16,
    pub dns: u16,
    pub front_door: u16,
    #[serde(default)]
    pub imds: u16,
    #[serde(default)]
    pub edge: u16,
}

impl Ports {
    pub(crate) fn load(tx: &Transaction) -> Result<Self, EmulatorError> {
        Ok(tx.get(&PORTS, "")?.unwrap_or_default())
    }

    pub(crate) fn save(self, tx: &Transaction) -> Result<(), EmulatorError> {
        Ok(tx.put(&PORTS, "", &self)?)
    }
}

/// 240 random bits that look like an Entra client secret. It begins with a letter: `az login -p` would take a
/// dash for another option.
fn random_text() -> String {
    let mut bytes = [0_u8; 30];
    // Cannot fail on a system that has a random source; without one nothing here would be secret anyway.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    format!("p8Q~{}", BASE64URL.encode(bytes))
}
