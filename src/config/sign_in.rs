//! As whom a context signs in: the ways to try, in order, out of the context and the environment.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;
use zeroize::Zeroizing;

use super::{ConfigError, Context, CredentialName};
use crate::azure::{Chain, ClientCertificate, Door, Identity, LibrarySignIn, OwnSignIn};
use crate::model::secret_line;
use crate::pki::ReadError;
use crate::runtime::browser;
use crate::{file, pki};

/// The variable with the password of a client certificate.
const PASSWORD: &str = "AZURE_CLIENT_CERTIFICATE_PASSWORD";

type Var<'v> = &'v dyn Fn(&str) -> Option<String>;

/// A context that names its credential is that and nothing else: an `AZURE_CLIENT_SECRET` that was meant for
/// another tool must not change the identity. Without a name: every way there is, applications before people
/// before the machine.
pub(super) fn chain(context: &Context, door: Door, var: Var<'_>) -> Result<Chain, ConfigError> {
    let tenant = context.tenant.clone();
    let identity = match context.credential.unwrap_or_default() {
        CredentialName::Auto => return auto(context, door, var),
        CredentialName::AzureCli => LibrarySignIn::AzureCli { tenant }.into(),
        CredentialName::AzureDeveloperCli => LibrarySignIn::AzureDeveloperCli { tenant }.into(),
        CredentialName::ClientSecret => client_secret(context, var)?
            .ok_or(ConfigError::Incomplete("a secret: AZURE_CLIENT_SECRET or client_secret_file"))?,
        CredentialName::ClientCertificate => {
            client_certificate(context, var)?.ok_or(ConfigError::Incomplete(
                "a certificate: AZURE_CLIENT_CERTIFICATE_PATH or client_certificate_file",
            ))?
        }
        CredentialName::WorkloadIdentity => workload_identity(context, var)?.ok_or(
            ConfigError::Incomplete("a token file: AZURE_FEDERATED_TOKEN_FILE or federated_token_file"),
        )?,
        CredentialName::ManagedIdentity => managed_identity(context, var),
        CredentialName::DeviceCode | CredentialName::Browser => {
            door.identity(tenant, context.client_id.clone())
        }
    };
    Ok(Chain::just(identity).asking_by(door))
}

/// As the context says it; else by browser where this machine has one in front of the person.
pub(super) fn door(context: &Context, var: Var<'_>) -> Door {
    match context.credential {
        Some(CredentialName::DeviceCode) => Door::DeviceCode,
        Some(CredentialName::Browser) => Door::Browser { port: 0 },
        _ if browser::is_here(var) => Door::Browser { port: 0 },
        _ => Door::DeviceCode,
    }
}

fn auto(context: &Context, door: Door, var: Var<'_>) -> Result<Chain, ConfigError> {
    let tenant = || context.tenant.clone();
    let mut chain = Chain::default();
    chain = match client_secret(context, var)? {
        Some(identity) => chain.then(identity),
        None => chain.without("client secret", "AZURE_CLIENT_SECRET is not set"),
    };
    chain = match client_certificate(context, var)? {
        Some(identity) => chain.then(identity),
        None => chain.without("client certificate", "AZURE_CLIENT_CERTIFICATE_PATH is not set"),
    };
    chain = match workload_identity(context, var)? {
        Some(identity) => chain.then(identity),
        None => chain.without("workload identity", "AZURE_FEDERATED_TOKEN_FILE is not set"),
    };
    Ok(chain
        .then(OwnSignIn::SavedSignIn { tenant: tenant(), client_id: None })
        .then(LibrarySignIn::AzureCli { tenant: tenant() })
        .then(LibrarySignIn::AzureDeveloperCli { tenant: tenant() })
        .then(managed_identity(context, var))
        .then(door.identity(tenant(), None))
        .asking_by(door))
}

fn client_secret(context: &Context, var: Var<'_>) -> Result<Option<Identity>, ConfigError> {
    let secret: SecretString = match (var("AZURE_CLIENT_SECRET"), &context.client_secret_file) {
        (Some(secret), _) => client_secret_in(&secret),
        (None, Some(file)) => client_secret_in(&read_text(file)?),
        (None, None) => return Ok(None),
    };
    let (tenant, client_id) = application(context, var)?;
    Ok(Some(LibrarySignIn::ClientSecret { tenant, client_id, secret }.into()))
}

/// A client secret has no blanks, so those around it are not part of it either.
fn client_secret_in(text: &str) -> SecretString {
    secret_line(text.trim_start_matches(|c: char| c == '\u{FEFF}' || c.is_whitespace())).trim().into()
}

fn client_certificate(context: &Context, var: Var<'_>) -> Result<Option<Identity>, ConfigError> {
    let path = var("AZURE_CLIENT_CERTIFICATE_PATH")
        .map(PathBuf::from)
        .or_else(|| context.client_certificate_file.clone());
    let Some(path) = path else { return Ok(None) };
    let password = var(PASSWORD).map(|text| SecretString::from(secret_line(&text)));
    let certificate = read_certificate(&path, password.as_ref())
        .map_err(|why| ConfigError::BadCertificate { path, why })?;
    let (tenant, client_id) = application(context, var)?;
    Ok(Some(
        LibrarySignIn::ClientCertificate { tenant, client_id, certificate: Arc::new(certificate) }.into(),
    ))
}

fn workload_identity(context: &Context, var: Var<'_>) -> Result<Option<Identity>, ConfigError> {
    let token_file =
        var("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from).or_else(|| context.federated_token_file.clone());
    let Some(token_file) = token_file else { return Ok(None) };
    let (tenant, client_id) = application(context, var)?;
    Ok(Some(LibrarySignIn::WorkloadIdentity { tenant, client_id, token_file }.into()))
}

/// With a client id the machine's user-assigned identity of that id, else its own.
fn managed_identity(context: &Context, var: Var<'_>) -> Identity {
    let host = var("AZURE_POD_IDENTITY_AUTHORITY_HOST").and_then(|text| Url::parse(&text).ok());
    LibrarySignIn::ManagedIdentity {
        client_id: var("AZURE_CLIENT_ID").or_else(|| context.client_id.clone()),
        host,
    }
    .into()
}

/// Its tenant and its id.
fn application(context: &Context, var: Var<'_>) -> Result<(String, String), ConfigError> {
    let tenant =
        context.tenant.clone().ok_or(ConfigError::Incomplete("a tenant: AZURE_TENANT_ID or tenant"))?;
    let client_id = var("AZURE_CLIENT_ID").or_else(|| context.client_id.clone());
    Ok((tenant, client_id.ok_or(ConfigError::Incomplete("an application id: AZURE_CLIENT_ID or client_id"))?))
}

/// The certificates of a CA file, in DER, in every form that a file can have.
pub fn authorities(path: &Path) -> Result<Vec<Vec<u8>>, ConfigError> {
    let refuse = |why: String| ConfigError::BadAuthorities { path: path.to_owned(), why };
    let bytes = file::read(path).map_err(|why| refuse(why.to_string()))?;
    let certificates = pki::certificates(&bytes).map_err(|refused| refuse(refused.to_string()))?;
    if certificates.is_empty() {
        Err(refuse("it holds no certificate".to_owned()))
    } else {
        Ok(certificates.into_iter().map(|one| one.der).collect())
    }
}

/// PEM or PKCS#12 with the certificate and its key.
fn read_certificate(path: &Path, password: Option<&SecretString>) -> Result<ClientCertificate, String> {
    let bytes = file::read(path).map_err(|why| why.to_string())?;
    let contents = pki::read(&bytes, password).map_err(|refused| unread(&refused.error))?;
    if let Some(gap) = contents.gap() {
        return Err(if gap.first.is_about_password() { unread(&gap.first) } else { gap.to_string() });
    }
    let key = contents.keys.first().ok_or("it holds no private key")?;
    let leaf = contents.certificates.iter().find(|one| key.fits(one) == Some(true));
    let leaf = leaf.ok_or("it holds no certificate that belongs to its private key")?;
    ClientCertificate::new(&leaf.der, key.pkcs8())
        .ok_or_else(|| format!("its key is {}, not RSA, and Entra takes no other", key.kind))
}

/// Says where the password of the file is given, where that is what is wrong.
fn unread(why: &ReadError) -> String {
    if why.is_about_password() {
        format!("{why}; the password is that of {PASSWORD}")
    } else {
        why.to_string()
    }
}

fn read_text(file: &Path) -> Result<Zeroizing<String>, ConfigError> {
    let refuse = |why| ConfigError::Unreadable { path: file.to_owned(), why };
    let bytes = file::read(file).map_err(|why| refuse(io::Error::other(why)))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| refuse(io::Error::other("it is not UTF-8 text: save it again as UTF-8")))?;
    Ok(Zeroizing::new(text.to_owned()))
}
