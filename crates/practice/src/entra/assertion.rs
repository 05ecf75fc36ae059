//! Applications that sign in with a signed assertion instead of a secret: with a certificate that was
//! registered for them, or with the token of a trusted cluster (workload identity).

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{TokenIssuer, refusal};
use crate::{
    context::CloudContext,
    material::Base64Bytes,
    principals::{CERTDECK, ServicePrincipal},
    reply::Fault,
    store::Collection,
};

/// The certificates of certdeck's application, by SHA-1 thumbprint.
const CERTIFICATES: Collection<Base64Bytes> = Collection::new("entra-certificates");
/// The issuer of the cluster whose service account may act as the application.
const CLUSTER: &str = "https://cluster.contoso.example/";

/// Registers a certificate in PEM form; returns its thumbprint.
pub(super) fn register(ctx: &CloudContext<'_>, pem: &str) -> Result<String, Fault> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| Fault::invalid("pem is no certificate in PEM form."))?;
    let thumbprint = BASE64URL.encode(Sha1::digest(&der));
    ctx.tx.put(&CERTIFICATES, &thumbprint, &Base64Bytes(der.to_vec()))?;
    Ok(thumbprint)
}

/// A token such as Kubernetes writes into the file of a pod.
pub(super) fn federated_token(authority: &TokenIssuer) -> String {
    let now = Timestamp::now().as_second();
    authority.sign(&json!({
        "iss": CLUSTER,
        "sub": "system:serviceaccount:certdeck:certdeck",
        "aud": ["api://AzureADTokenExchange"],
        "iat": now,
        "exp": now + 3600,
    }))
}

/// Checks that the application really signed the assertion.
pub(super) fn verify(
    ctx: &CloudContext<'_>,
    assertion: &str,
    application: &ServicePrincipal,
) -> Result<(), Fault> {
    let refused = |number, text: &str| Err(refusal(401, "invalid_client", number, text));
    let Some((header, claims)) = parts(assertion) else {
        return refused(50_027, "JWT token is invalid or malformed for app");
    };
    if claims["exp"].as_i64().unwrap_or(0) <= Timestamp::now().as_second() {
        return refused(700_024, "Client assertion is not within its valid time range for app");
    }
    if claims["iss"] == CLUSTER {
        return match ctx.setting.authority.open(assertion) {
            Some(_) => Ok(()),
            None => {
                refused(700_211, "No matching federated identity record found for presented assertion of app")
            }
        };
    }
    let me = application.app_id;
    if claims["iss"] != me || claims["sub"] != me {
        return refused(
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter of app",
        );
    }
    if !claims["aud"].as_str().is_some_and(|aud| aud.starts_with(&ctx.setting.authority.origin)) {
        return refused(700_023, "Client assertion audience claim does not match Realm issuer of app");
    }
    let registered = if *application == CERTDECK { ctx.tx.scan(&CERTIFICATES, "")? } else { Vec::new() };
    for (_, certificate) in registered {
        if is_named(&header, &certificate.0) && is_signed(assertion, &header, &certificate.0) {
            return Ok(());
        }
    }
    refused(
        700_027,
        "The certificate with identifier used to sign the client assertion is not registered on application",
    )
}

fn parts(token: &str) -> Option<(Value, Value)> {
    let read = |part: &str| serde_json::from_slice(&BASE64URL.decode(part).ok()?).ok();
    let mut parts = token.split('.');
    Some((read(parts.next()?)?, read(parts.next()?)?))
}

/// Whether the header names this certificate, by either of its thumbprints.
fn is_named(header: &Value, der: &[u8]) -> bool {
    header["x5t#S256"] == BASE64URL.encode(Sha256::digest(der)).as_str()
        || header["x5t"] == BASE64URL.encode(Sha1::digest(der)).as_str()
}

fn is_signed(token: &str, header: &Value, der: &[u8]) -> bool {
    let algorithm: &dyn VerificationAlgorithm = match header["alg"].as_str() {
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => return false,
    };
    let (Some((body, tag)), Ok((_, certificate))) = (token.rsplit_once('.'), X509Certificate::from_der(der))
    else {
        return false;
    };
    let Ok(tag) = BASE64URL.decode(tag) else { return false };
    UnparsedPublicKey::new(algorithm, &certificate.public_key().subject_public_key.data)
        .verify(body.as_bytes(), &tag)
        .is_ok()
}
