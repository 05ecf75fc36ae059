//! An application of which a service requires more claims: requests the token with them, which the library
//! cannot do.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::super::challenge::Claims;
use super::super::error::AzureError;
use super::chain::LibrarySignIn;
use super::party::{SignInParty, access, failed};
use super::sdk::sign_in;
use super::{AssertionSigner, FetchedToken, Means};
use certdeck_model::{reason, secret_line, shown};

/// The type of a cluster's or pipeline's own assertion (RFC 7523).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token for an application, with the claims if its tenant grants them; `None` if the identity is no
/// application.
pub(super) async fn fetch(
    means: &Means,
    identity: &LibrarySignIn,
    audience: &str,
    claims: &Claims,
) -> Option<Result<FetchedToken, AzureError>> {
    let (tenant, client_id, proof) = match identity {
        LibrarySignIn::ClientSecret { tenant, client_id, secret } => {
            (tenant, client_id, Ok(("client_secret", Zeroizing::new(secret.expose_secret().to_owned()))))
        }
        LibrarySignIn::ClientCertificate { tenant, client_id, certificate } => {
            let signed = AssertionSigner::new(certificate.clone(), &means.authority, tenant, client_id)
                .statement(Timestamp::now());
            let signed = signed.ok_or_else(|| sign_in("the key of the client certificate cannot sign"));
            (tenant, client_id, signed.map(|text| ("client_assertion", Zeroizing::new(text))))
        }
        LibrarySignIn::WorkloadIdentity { tenant, client_id, token_file } => {
            let read = tokio::fs::read_to_string(token_file).await.map(Zeroizing::new);
            let read = read
                .map_err(|why| sign_in(&format!("{} cannot be read: {}", shown(token_file), reason(&why))));
            (
                tenant,
                client_id,
                read.map(|text| ("client_assertion", Zeroizing::new(secret_line(text.trim()).to_owned()))),
            )
        }
        _ => return None,
    };
    let asked = async {
        let (name, proof) = proof?;
        let party = SignInParty::new(means, Some(tenant), Some(client_id))?;
        let (scope, claims) = (format!("{audience}/.default"), Claims::parameter(Some(claims)));
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("scope", &scope),
            ("claims", &claims),
            (name, &proof),
        ];
        if name == "client_assertion" {
            form.push(("client_assertion_type", ASSERTION));
        }
        let answer = party.post("token", &form).await?;
        if answer.is_success() { access(&answer.body) } else { Err(failed(&answer)) }
    };
    Some(asked.await)
}
