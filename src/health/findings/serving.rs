//! What stands against a hostname as its app serves it: its binding, and the settings of the app.

use super::judgement::{Cause, Judgement, Urgency};
use crate::model::{App, Basis, Binding, SslState, WhoActs};

/// What stands against a binding itself; the end of its certificate is judged apart.
pub fn of_binding(basis: &Basis<'_>, one: &Binding) -> Option<Judgement> {
    let judgement = |urgency, cause, who| Judgement { urgency, cause, day: None, expires: None, who };
    if one.ssl == SslState::Disabled {
        let is_own = basis.estate.is_of_platform(one);
        return (!is_own).then(|| Judgement::note(Cause::NoBinding));
    }
    one.thumbprint.as_ref()?;
    let Some(certificate) = basis.estate.certificate_of(one) else {
        return Some(judgement(Urgency::Unknown, Cause::CertificateNotRead, WhoActs::Unknown));
    };
    let is_known = !certificate.hosts.is_empty();
    let is_covered = certificate.hosts.iter().any(|name| name.covers(&one.host));
    (is_known && !is_covered).then(|| judgement(Urgency::Urgent, Cause::WrongName, WhoActs::You))
}

/// What stands against an app with secured hostnames.
pub(super) fn of_app(basis: &Basis<'_>, app: &App) -> impl Iterator<Item = Judgement> + use<> {
    let has = |ssl| bound(basis, app).any(|binding| binding.ssl == ssl);
    let (by_address, by_name) = (has(SslState::IpBased), has(SslState::Sni));
    let mixed = (by_address && by_name).then(|| Judgement::note(Cause::MixedBindings));
    let plain = ((by_address || by_name) && !app.https_only).then(|| Judgement::note(Cause::PlainHttp));
    mixed.into_iter().chain(plain)
}

/// The bindings of an app that have a certificate.
pub(super) fn bound<'a>(basis: &Basis<'a>, app: &'a App) -> impl Iterator<Item = &'a Binding> {
    basis.estate.bindings_of_app(&app.id).filter(|binding| binding.ssl != SslState::Disabled)
}
