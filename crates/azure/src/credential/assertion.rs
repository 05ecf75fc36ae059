//! An application that signs in with a certificate: an assertion that is valid for a few minutes, signed with
//! its key (RFC 7523).

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

/// Seconds; this allows for clocks that differ by some of them.
const LIFETIME: i64 = 600;

/// The certificate of an application and its key, which must be RSA: Entra accepts no other.
pub struct ClientCertificate {
    key: KeyPair,
    /// SHA-256 of the certificate, as the header contains it.
    thumbprint: String,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientCertificate({})", self.thumbprint)
    }
}

impl ClientCertificate {
    /// From the certificate in DER and its key in PKCS#8; `None` if Entra does not accept the key.
    pub fn new(certificate: &[u8], pkcs8: &[u8]) -> Option<Self> {
        Some(Self {
            key: KeyPair::from_pkcs8(pkcs8).ok()?,
            thumbprint: BASE64URL.encode(Sha256::digest(certificate)),
        })
    }

    fn sign(&self, audience: &str, client_id: &str, now: i64) -> Option<String> {
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now - LIFETIME / 2,
            "exp": now + LIFETIME,
        });
        let body =
            format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims.to_string()));
        let mut tag = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), body.as_bytes(), &mut tag).ok()?;
        Some(format!("{body}.{}", BASE64URL.encode(tag)))
    }
}

/// Signs an assertion whenever the library needs one.
#[derive(Debug)]
pub(super) struct AssertionSigner {
    certificate: Arc<ClientCertificate>,
    audience: String,
    client_id: String,
}

impl AssertionSigner {
    /// An assertion that is valid for some minutes from now; `None` if the key cannot sign.
    pub(super) fn statement(&self, now: Timestamp) -> Option<String> {
        self.certificate.sign(&self.audience, &self.client_id, now.as_second())
    }

    pub(super) fn new(
        certificate: Arc<ClientCertificate>,
        authority: &Url,
        tenant: &str,
        client_id: &str,
    ) -> Self {
        let audience = format!("{}/{tenant}/oauth2/v2.0/token", authority.as_str().trim_end_matches('/'));
        Self { certificate, audience, client_id: client_id.to_owned() }
    }
}

#[async_trait]
impl ClientAssertion for AssertionSigner {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let signed = self.statement(Timestamp::now());
        signed.ok_or_else(|| {
            Error::with_message(ErrorKind::Credential, "the key of the client certificate cannot sign")
        })
    }
}
