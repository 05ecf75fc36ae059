//! The practice cloud's certificate authority: one root, and three intermediates that act as the commercial
//! CAs.
//!
//! It makes real X.509 certificates from profiles and has no part in orders, storage or time: the caller
//! passes the time and stores the bytes. Every issuer name says that it belongs to a practice cloud.

mod derivation;
pub(crate) mod facts;
mod key;
pub(crate) mod particulars;
mod pbes2;
pub(crate) mod pfx;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    CrlDistributionPoint, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer,
    pem::{self, PemObject as _},
};
use zeroize::Zeroizing;

use super::{
    calendar,
    revocation::{CrlReason, Revoked},
};
pub(crate) use key::{KeyCurve, KeySource, key_pair, new_rsa_key};
use key::{SigningKey, own_key};
use particulars::Particulars;

/// An operation that the practice CA could not carry out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaError {
    #[error("the practice CA could not sign: {0}")]
    Signing(#[from] rcgen::Error),
    #[error("a certificate could not be read: {0}")]
    Certificate(String),
    #[error("the certificate signing request could not be read: {0}")]
    Request(rcgen::Error),
    #[error("RSA keys of {0} bits are not supported; use 2048, 3072 or 4096")]
    KeySize(u16),
    #[error("the stored CA is damaged: {0}")]
    Stored(String),
}

/// The commercial CA that an intermediate acts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommercialCa {
    /// Issues the certificates of orders (A59).
    GoDaddy,
    /// Issues free managed certificates (A35) and the practice cloud's own endpoints.
    DigiCert,
    /// Issues for generated estates: its elliptic curve key signs a hundred times as fast as an RSA key.
    Hybrid,
}

impl CommercialCa {
    pub(crate) const fn common_name(self) -> &'static str {
        match self {
            Self::GoDaddy => "Go Daddy Secure Certificate Authority - G2",
            Self::DigiCert => "GeoTrust Global TLS RSA4096 SHA256 2022 CA1",
            Self::Hybrid => "DigiCert TLS Hybrid ECC SHA384 2020 CA1",
        }
    }

    /// The file name of its revocation list.
    pub(crate) const fn crl_name(self) -> &'static str {
        match self {
            Self::GoDaddy => "go-daddy.crl",
            Self::DigiCert => "digicert.crl",
            Self::Hybrid => "digicert-hybrid.crl",
        }
    }
}

/// Everything that determines the contents of a leaf.
#[derive(Debug, Clone)]
pub(crate) struct LeafProfile {
    pub common_name: String,
    /// Subject alternative names: DNS names, or IP addresses in text form.
    pub names: Vec<String>,
    pub key: KeySource,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub issuer: CommercialCa,
    /// Further contents from a vault's policy; orders have none.
    pub particulars: Option<Particulars>,
}

/// A leaf with everything that a server needs to present it.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    /// DER.
    pub leaf: Vec<u8>,
    /// DER: the intermediate, then the root.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8 DER; `None` when the key never left the requester.
    pub key: Option<Zeroizing<Vec<u8>>>,
    /// The signing request in the form Azure reports: PEM with the old Windows label and CRLF lines.
    pub csr: String,
}

struct IssuingCa {
    certificate: Vec<u8>,
    issuer: Issuer<'static, SigningKey>,
}

/// The CA.
pub(crate) struct Ca {
    root: IssuingCa,
    go_daddy: IssuingCa,
    digi_cert: IssuingCa,
    hybrid: IssuingCa,
    /// Where the revocation lists are: `http://127.0.0.1:8443/crl`.
    lists: Option<String>,
}

impl std::fmt::Debug for Ca {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ca(practice cloud)")
    }
}

impl Ca {
    /// Makes a new CA that is valid around these moments: from some years before the first, so that
    /// certificates of the past can be issued too. Almost all of the time goes into making an RSA key, so
    /// there is only one: root and intermediates are one CA under several names, and chains are found by
    /// names.
    pub(crate) fn generate(moments: [Timestamp; 2]) -> Result<Self, CaError> {
        let [first, last] = if moments[0] <= moments[1] { moments } else { [moments[1], moments[0]] };
        let from = first - calendar::days(6 * 365);
        let until = last + calendar::days(20 * 365);
        let rsa = SigningKey(own_key(&KeySource::NewRsa(2048))?);
        let root_params =
            authority_params("certdeck Practice Root Certificate Authority - G2", None, from, until);
        let root = IssuingCa::new(root_params.self_signed(&rsa)?.der().to_vec(), rsa.clone())?;
        let intermediate = |role: CommercialCa| -> Result<IssuingCa, CaError> {
            let key = match role {
                CommercialCa::GoDaddy | CommercialCa::DigiCert => rsa.clone(),
                CommercialCa::Hybrid => SigningKey(own_key(&KeySource::NewEc(KeyCurve::P256))?),
            };
            let params = authority_params(role.common_name(), Some(0), from, until);
            IssuingCa::new(params.signed_by(&key, &root.issuer)?.der().to_vec(), key)
        };
        let (go_daddy, digi_cert) =
            (intermediate(CommercialCa::GoDaddy)?, intermediate(CommercialCa::DigiCert)?);
        let hybrid = intermediate(CommercialCa::Hybrid)?;
        Ok(Self { root, go_daddy, digi_cert, hybrid, lists: None })
    }

    /// Loads a CA that [`Ca::to_pem`] wrote.
    pub(crate) fn from_pem(text: &str) -> Result<Self, CaError> {
        let damaged = |error: pem::Error| CaError::Stored(error.to_string());
        let mut certificates = CertificateDer::pem_slice_iter(text.as_bytes());
        let mut keys = PrivatePkcs8KeyDer::pem_slice_iter(text.as_bytes());
        let mut known: Vec<SigningKey> = Vec::new();
        let mut shared = |pkcs8: &PrivatePkcs8KeyDer<'_>| -> Result<SigningKey, CaError> {
            if let Some(key) = known.iter().find(|key| key.0.serialized_der() == pkcs8.secret_pkcs8_der()) {
                return Ok(key.clone());
            }
            let key = SigningKey(Arc::new(KeyPair::try_from(pkcs8)?));
            known.push(key.clone());
            Ok(key)
        };
        let mut authority = || match (certificates.next(), keys.next()) {
            (Some(certificate), Some(key)) => {
                IssuingCa::new(certificate.map_err(damaged)?.to_vec(), shared(&key.map_err(damaged)?)?)
            }
            _ => Err(CaError::Stored("a certificate or key is missing".into())),
        };
        Ok(Self {
            root: authority()?,
            go_daddy: authority()?,
            digi_cert: authority()?,
            hybrid: authority()?,
            lists: None,
        })
    }

    /// Certificates and private keys of the whole CA, as PEM. Secret: keep it with the private parts.
    pub(crate) fn to_pem(&self) -> Zeroizing<String> {
        let mut text = String::new();
        for authority in [&self.root, &self.go_daddy, &self.digi_cert, &self.hybrid] {
            text += &pem("CERTIFICATE", &authority.certificate, "\n");
            text += &pem("PRIVATE KEY", authority.issuer.key().0.serialized_der(), "\n");
        }
        Zeroizing::new(text)
    }

    /// The root certificate, DER.
    pub(crate) fn root_der(&self) -> &[u8] {
        &self.root.certificate
    }

    /// The root certificate as the PEM file that clients are told to trust.
    pub(crate) fn root_pem(&self) -> String {
        pem("CERTIFICATE", &self.root.certificate, "\n")
    }

    /// The same CA, with the address of its revocation lists in the leaves.
    #[must_use]
    pub(crate) fn with_lists(self, base: String) -> Self {
        Self { lists: Some(base), ..self }
    }

    /// Signs the list of certificates that an intermediate revoked, valid from the first moment to the
    /// second; DER.
    pub(crate) fn revocation_list(
        &self,
        role: CommercialCa,
        revoked: &[Revoked],
        [from, until]: [Timestamp; 2],
    ) -> Result<Vec<u8>, CaError> {
        let at = |time: Timestamp| rcgen::date_time_ymd(1970, 1, 1) + since_1970(time);
        let line = |one: &Revoked| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&from_hex(&one.serial)),
            revocation_time: at(one.at),
            reason_code: Some(match one.reason {
                CrlReason::Superseded => RevocationReason::Superseded,
                CrlReason::CessationOfOperation => RevocationReason::CessationOfOperation,
            }),
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: at(from),
            next_update: at(until),
            crl_number: SerialNumber::from(u64::try_from(from.as_millisecond()).unwrap_or_default()),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(line).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.authority(role).issuer)?.der().to_vec())
    }

    /// Signs one leaf.
    pub(crate) fn issue(&self, profile: &LeafProfile) -> Result<Issued, CaError> {
        let (mut issued, key) = self.sign(profile)?;
        if let Some(key) = key {
            let request = request_params(profile)?.serialize_request(key.as_ref())?;
            issued.csr = pem("NEW CERTIFICATE REQUEST", request.der(), "\r\n");
        }
        Ok(issued)
    }

    /// The same without a signing request, which would take as long to sign as the leaf.
    pub(crate) fn certify(&self, profile: &LeafProfile) -> Result<Issued, CaError> {
        Ok(self.sign(profile)?.0)
    }

    /// The leaf, and its key unless the requester holds it.
    fn sign(&self, profile: &LeafProfile) -> Result<(Issued, Option<Arc<KeyPair>>), CaError> {
        let authority = self.authority(profile.issuer);
        let mut params = leaf_params(profile)?;
        if let Some(base) = &self.lists {
            let uris = vec![format!("{base}/{}", profile.issuer.crl_name())];
            params.crl_distribution_points = vec![CrlDistributionPoint { uris }];
        }
        let (leaf, key, csr) = match &profile.key {
            KeySource::Csr(text) => {
                let request = CertificateSigningRequestParams::from_pem(text).map_err(CaError::Request)?;
                let leaf = params.signed_by(&request.public_key, &authority.issuer)?;
                (leaf, None, text.clone())
            }
            own => {
                let key = own_key(own)?;
                let leaf = params.signed_by(key.as_ref(), &authority.issuer)?;
                (leaf, Some(key), String::new())
            }
        };
        let secret = key.as_ref().map(|key| Zeroizing::new(key.serialize_der()));
        Ok((Issued { leaf: leaf.der().to_vec(), chain: self.chain(profile.issuer), key: secret, csr }, key))
    }

    /// Signs a leaf for a shared key and makes nothing else: a generated estate has thousands of them.
    pub(crate) fn stamp(&self, profile: &LeafProfile, key: &KeyPair) -> Result<Vec<u8>, CaError> {
        let leaf = leaf_params(profile)?.signed_by(key, &self.authority(profile.issuer).issuer)?;
        Ok(leaf.der().to_vec())
    }

    /// The intermediate of that role, then the root; DER.
    pub(crate) fn chain(&self, role: CommercialCa) -> Vec<Vec<u8>> {
        vec![self.authority(role).certificate.clone(), self.root.certificate.clone()]
    }

    fn authority(&self, role: CommercialCa) -> &IssuingCa {
        match role {
            CommercialCa::GoDaddy => &self.go_daddy,
            CommercialCa::DigiCert => &self.digi_cert,
            CommercialCa::Hybrid => &self.hybrid,
        }
    }
}

/// A self-signed leaf, as a vault makes them.
pub(crate) fn self_signed(profile: &LeafProfile) -> Result<Issued, CaError> {
    let key = own_key(&profile.key)?;
    let mut params = leaf_params(profile)?;
    params.use_authority_key_identifier_extension = false;
    let request = request_params(profile)?.serialize_request(key.as_ref())?;
    Ok(Issued {
        leaf: params.self_signed(key.as_ref())?.der().to_vec(),
        chain: Vec::new(),
        csr: pem("NEW CERTIFICATE REQUEST", request.der(), "\r\n"),
        key: Some(Zeroizing::new(key.serialize_der())),
    })
}

/// A key and a signing request for an outside CA: DER and PKCS#8 DER.
pub(crate) fn request(profile: &LeafProfile) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), CaError> {
    let key = own_key(&profile.key)?;
    let request = request_params(profile)?.serialize_request(key.as_ref())?;
    Ok((request.der().to_vec(), Zeroizing::new(key.serialize_der())))
}

/// Whether a certificate was made for this PKCS#8 key.
pub(crate) fn is_for_key(leaf: &[u8], pkcs8: &[u8]) -> bool {
    use rcgen::PublicKeyData as _;
    use x509_parser::prelude::FromDer as _;
    let Ok((_, certificate)) = x509_parser::certificate::X509Certificate::from_der(leaf) else {
        return false;
    };
    key_pair(pkcs8).is_ok_and(|key| key.subject_public_key_info() == certificate.public_key().raw)
}

impl IssuingCa {
    fn new(certificate: Vec<u8>, key: SigningKey) -> Result<Self, CaError> {
        let der = CertificateDer::from(certificate.clone());
        let issuer = Issuer::from_ca_cert_der(&der, key)?;
        Ok(Self { certificate, issuer })
    }
}

fn authority_params(
    common_name: &str,
    path_length: Option<u8>,
    from: Timestamp,
    until: Timestamp,
) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in [
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "Arizona"),
        (DnType::LocalityName, "Scottsdale"),
        (DnType::OrganizationName, "certdeck practice cloud"),
        (DnType::OrganizationalUnitName, "not a real CA"),
        (DnType::CommonName, common_name),
    ] {
        params.distinguished_name.push(kind, value);
    }
    params.is_ca =
        IsCa::Ca(path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = path_length.is_some();
    params.serial_number = Some(serial());
    set_validity(&mut params, from, until);
    params
}

fn request_params(profile: &LeafProfile) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::new(profile.names.clone())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, profile.common_name.as_str());
    if let Some(particulars) = &profile.particulars {
        particulars.name(&mut params);
    }
    Ok(params)
}

fn leaf_params(profile: &LeafProfile) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::new(profile.names.clone())?;
    params.distinguished_name = DistinguishedName::new();
    if profile.issuer == CommercialCa::GoDaddy {
        params.distinguished_name.push(DnType::OrganizationalUnitName, "Domain Control Validated");
    }
    params.distinguished_name.push(DnType::CommonName, profile.common_name.as_str());
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if calendar::CLIENT_AUTH.at(profile.not_before) {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    params.serial_number = Some(serial());
    set_validity(&mut params, profile.not_before, profile.not_after);
    if let Some(particulars) = &profile.particulars {
        particulars.apply(&mut params);
    }
    Ok(params)
}

/// A positive number of eight octets, never shortened by a leading zero, as in real orders.
fn serial() -> SerialNumber {
    let mut bytes = fastrand::u64(..).to_be_bytes();
    bytes[0] = bytes[0] & 0x7f | 0x10;
    SerialNumber::from_slice(&bytes)
}

fn set_validity(params: &mut CertificateParams, from: Timestamp, until: Timestamp) {
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + since_1970(from);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + since_1970(until);
}

fn since_1970(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).unwrap_or_default())
}

/// Bytes from their hex digits.
fn from_hex(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// PEM text with 64 characters a line.
pub(crate) fn pem(label: &str, der: &[u8], newline: &str) -> String {
    let body = BASE64.encode(der);
    let mut text = format!("-----BEGIN {label}-----{newline}");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push_str(newline);
    }
    text + &format!("-----END {label}-----{newline}")
}

#[cfg(test)]
mod tests;
