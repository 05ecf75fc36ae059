//! What a hostname really serves: a TLS handshake that records the certificate and trusts none.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha1::{Digest, Sha1};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::dns;
use crate::azure::{Cloud, x509};
use crate::model::custody::Served;
use crate::model::{Hostname, Seen, Thumbprint};

const HTTPS: u16 = 443;
const TIMEOUT: Duration = Duration::from_secs(5);

/// The thumbprint of the certificate that `host` serves by SNI; `Absent` where it cannot be reached from
/// here. In a practice cloud the front door on loopback is asked, because the names there do not exist in
/// public DNS.
pub async fn served_thumbprint(cloud: &Cloud, host: &Hostname) -> Seen<Thumbprint> {
    match served(cloud, host).await {
        Seen::Here(served) => Seen::Here(served.thumbprint),
        Seen::Absent | Seen::NotAsked => Seen::Absent,
    }
}

/// The same with the certificate's end.
pub async fn served(cloud: &Cloud, host: &Hostname) -> Seen<Served> {
    // A wildcard is a certificate's name, not something that can be connected to.
    if host.is_wildcard() {
        return Seen::Absent;
    }
    match tokio::time::timeout(TIMEOUT, handshake(&address(cloud, host).await, host)).await {
        Ok(Some(served)) => Seen::Here(served),
        Ok(None) | Err(_) => Seen::Absent,
    }
}

/// The thumbprint of the certificate that `host` would be served at this address, wherever DNS leads.
pub async fn served_at(cloud: &Cloud, address: IpAddr, host: &Hostname) -> Seen<Thumbprint> {
    let place = cloud
        .practice
        .as_ref()
        .map_or_else(|| SocketAddr::new(address, HTTPS), |practice| practice.door(&[address]));
    match tokio::time::timeout(TIMEOUT, handshake(&place.to_string(), host)).await {
        Ok(Some(served)) if !host.is_wildcard() => Seen::Here(served.thumbprint),
        Ok(_) | Err(_) => Seen::Absent,
    }
}

/// Where a TLS client reaches a hostname: `HOST:PORT`.
pub async fn address(cloud: &Cloud, host: &Hostname) -> String {
    let Some(practice) = &cloud.practice else { return format!("{host}:{HTTPS}") };
    let way = dns::way(cloud, host.as_str()).await;
    practice.door(way.here().map_or(&[], |way| way.addresses.as_slice())).to_string()
}

async fn handshake(address: &str, host: &Hostname) -> Option<Served> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let witness = Arc::new(Witness { provider: provider.clone(), leaf: Mutex::new(None) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(host.as_str().to_owned()).ok()?;
    let stream = TcpStream::connect(address).await.ok()?;
    // The certificate arrives before the handshake can fail for other reasons, such as a client certificate
    // asked for.
    let _ = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    witness.leaf.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Notes the leaf and accepts it: the question is what is served, not whether it is trusted. Nothing is sent
/// over it.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    leaf: Mutex<Option<Served>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let thumbprint = Thumbprint::from_sha1(&Sha1::digest(leaf).into());
        let facts = x509::facts_of(leaf);
        let names = facts.iter().flat_map(|facts| &facts.names);
        let names = names.filter_map(|name| Hostname::parse(name).ok()).collect();
        let expires = facts.as_ref().and_then(|facts| facts.expires);
        let served = Served { thumbprint, expires, names };
        *self.leaf.lock().unwrap_or_else(PoisonError::into_inner) = Some(served);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
