//! The ways to sign in of `azure_identity`, each with the same few settings, and its errors in certdeck's
//! words.

use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use secrecy::ExposeSecret;

use super::super::cloud::host_of;
use super::super::error::AzureError;
use super::super::transport;
use super::chain::{LibrarySignIn, Miss};
use super::{AssertionSigner, FetchedToken, Means, Token, imds};
use certdeck_model::printable;

/// A command line that prompts on a missing terminal would never end.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn fetch(
    means: &Means,
    identity: &LibrarySignIn,
    audience: &str,
) -> Result<FetchedToken, Miss> {
    let is_a_tool =
        matches!(identity, LibrarySignIn::AzureCli { .. } | LibrarySignIn::AzureDeveloperCli { .. });
    if let LibrarySignIn::ManagedIdentity { host, .. } = identity {
        imds::find(host.as_ref()).await.map_err(Miss::Absent)?;
    }
    // Created each time: it has a cache of its own, from which a refused token cannot be removed.
    let scope = format!("{audience}/.default");
    let token = async { credential(means, identity)?.get_token(&[&scope], None).await };
    let token = match tokio::time::timeout(PATIENCE, token).await {
        Ok(token) => token,
        Err(_) if is_a_tool => {
            return Err(Miss::Absent(format!("it did not answer within {} s", PATIENCE.as_secs())));
        }
        Err(_) => {
            let why = format!("no answer within {} s", PATIENCE.as_secs());
            return Err(AzureError::Unreachable { host: host_of(&means.authority), why }.into());
        }
    };
    let access = token.map_err(|error| {
        let text = error.to_string();
        // The library itself only reports that its retries are used up.
        let unreached = transport::cause(&error).map(|why| {
            let url = why.url().unwrap_or(&means.authority);
            match identity {
                LibrarySignIn::ManagedIdentity { .. } => transport::failure(url, None, why).0,
                _ => means.http.failure(url, why).0,
            }
        });
        match identity {
            // A tool's sign-in may be missing; a configured way must work.
            _ if is_a_tool => Miss::Absent(sentence(&text)),
            LibrarySignIn::ManagedIdentity { .. }
                if text.contains("not been assigned") || text.contains("Identity not found") =>
            {
                Miss::Absent("no such identity is assigned to this machine".to_owned())
            }
            _ => Miss::Failed(unreached.unwrap_or_else(|| sign_in(&text))),
        }
    })?;
    let lifetime = access.expires_on - azure_core::time::OffsetDateTime::now_utc();
    Ok(FetchedToken {
        token: Token::from(access.token.secret()),
        lifetime: lifetime.try_into().unwrap_or(Duration::ZERO),
    })
}

fn credential(means: &Means, identity: &LibrarySignIn) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let client_options = options(means);
    Ok(match identity {
        LibrarySignIn::ClientSecret { tenant, client_id, secret } => {
            let secret = Secret::new(secret.expose_secret().to_owned());
            let options = ClientSecretCredentialOptions { client_options };
            ClientSecretCredential::new(tenant, client_id.clone(), secret, Some(options))?
        }
        LibrarySignIn::ClientCertificate { tenant, client_id, certificate } => {
            let signed = AssertionSigner::new(certificate.clone(), &means.authority, tenant, client_id);
            let options = ClientAssertionCredentialOptions { client_options };
            ClientAssertionCredential::new(tenant.clone(), client_id.clone(), signed, Some(options))?
        }
        LibrarySignIn::WorkloadIdentity { tenant, client_id, token_file } => {
            let mut options = WorkloadIdentityCredentialOptions::default();
            options.credential_options.client_options = client_options;
            options.client_id = Some(client_id.clone());
            options.tenant_id = Some(tenant.clone());
            options.token_file_path = Some(token_file.clone());
            WorkloadIdentityCredential::new(Some(options))?
        }
        LibrarySignIn::ManagedIdentity { client_id, host } => {
            imds::credential(client_id.as_deref(), host.clone())?
        }
        LibrarySignIn::AzureDeveloperCli { tenant } => {
            let mut options = AzureDeveloperCliCredentialOptions::default();
            options.tenant_id.clone_from(tenant);
            AzureDeveloperCliCredential::new(Some(options))?
        }
        LibrarySignIn::AzureCli { tenant } => {
            let mut options = AzureCliCredentialOptions::default();
            options.tenant_id.clone_from(tenant);
            AzureCliCredential::new(Some(options))?
        }
    })
}

fn options(means: &Means) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = means.authority.to_string();
    ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        transport: Some(Transport::new(Arc::new(means.http.client().clone()))),
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 2,
            ..ExponentialRetryOptions::default()
        }),
        ..ClientOptions::default()
    }
}

/// The sign-in service's error in a longer text: its code, and its sentence without ids and links.
pub(super) fn sign_in(text: &str) -> AzureError {
    let code = text
        .find("AADSTS")
        .map(|start| text[start..].chars().take_while(char::is_ascii_alphanumeric).collect());
    AzureError::SignIn { code, message: sentence(text) }
}

fn sentence(text: &str) -> String {
    let (from, ends): (_, &[&str]) = match text.find("AADSTS") {
        Some(start) => (&text[start..], &[" Trace ID", "\r", "\n", "\\r", "\\n", "\","]),
        None => (
            text.split_once("authentication failed.").map_or(text, |(_, rest)| rest).trim_start(),
            &["\r", "\n"],
        ),
    };
    let from = from.trim_start_matches("ERROR: ");
    let end = ends.iter().filter_map(|mark| from.find(mark)).min().unwrap_or(from.len());
    printable(from[..end].trim()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_found_in_what_libraries_and_tools_say() {
        let az = "AzureCliCredential authentication failed. ERROR: Please run 'az login' to setup account.\n\nTo troubleshoot, visit x";
        assert_eq!(sentence(az), "Please run 'az login' to setup account.");
        let entra = "ClientSecretCredential authentication failed. AADSTS7000222: The keys are expired. Trace ID: 1 Correlation ID: 2";
        let expected = AzureError::SignIn {
            code: Some("AADSTS7000222".to_owned()),
            message: "AADSTS7000222: The keys are expired.".to_owned(),
        };
        assert_eq!(sign_in(entra), expected);
    }
}
