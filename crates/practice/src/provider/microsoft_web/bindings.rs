//! Hostname bindings: which hostname belongs to which site, and which certificate it presents.

use serde_json::{Value, json};

use super::{
    certificates,
    plans::{self, Tls},
    revision, site, site_certificates,
};
use crate::{
    ca::facts::{CertificateFacts, name_covers},
    call::{Call, HttpMethod},
    context::{CloudContext, envelope, text},
    id::ArmId,
    index,
    material::Material,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(crate) const KINDS: [&str; 2] =
    ["microsoft.web/sites/hostnamebindings", "microsoft.web/sites/slots/hostnamebindings"];

macro_rules! both {
    ($method:ident, $tail:literal, $run:expr) => {
        [
            Route::new(
                HttpMethod::$method,
                concat!("{rg}/providers/Microsoft.Web/sites/{site}/", $tail),
                $run,
            ),
            Route::new(
                HttpMethod::$method,
                concat!("{rg}/providers/Microsoft.Web/sites/{site}/slots/{slot}/", $tail),
                $run,
            ),
        ]
    };
}
pub(super) use both;

pub(crate) const ROUTES: &[Route] = [
    both!(Get, "hostNameBindings", list),
    both!(Get, "hostNameBindings/{host}", get),
    both!(Put, "hostNameBindings/{host}", put),
    both!(Delete, "hostNameBindings/{host}", delete),
]
.as_flattened();

/// How a hostname presents a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindingSslState {
    Disabled,
    SniEnabled,
    IpBasedEnabled,
}

impl BindingSslState {
    /// From the name, or from the number of old api-versions.
    pub(crate) fn parse(value: &Value) -> Option<Self> {
        let all = [Self::Disabled, Self::SniEnabled, Self::IpBasedEnabled];
        match value {
            Value::Null => Some(Self::Disabled),
            Value::Number(number) => all.get(usize::try_from(number.as_u64()?).ok()?).copied(),
            Value::String(word) => all.into_iter().find(|state| state.word().eq_ignore_ascii_case(word)),
            _ => None,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::SniEnabled => "SniEnabled",
            Self::IpBasedEnabled => "IpBasedEnabled",
        }
    }
}

/// The hostname of a binding.
pub(crate) fn host(binding: &Value) -> &str {
    text(binding, "/id").rsplit('/').next().unwrap_or_default()
}

/// How a binding presents a certificate; absent members mean "not bound".
pub(crate) fn state(binding: &Value) -> BindingSslState {
    let word = binding.pointer("/properties/sslState").unwrap_or(&Value::Null);
    BindingSslState::parse(word).unwrap_or(BindingSslState::Disabled)
}

/// The bindings of a site or a slot.
pub(crate) fn of_site(ctx: &CloudContext<'_>, site: &ArmId) -> Result<Vec<Value>, Fault> {
    let slot = site.kind() == site::SLOT;
    ctx.list(KINDS[usize::from(slot)], site)
}

/// The site or slot that a binding belongs to.
pub(crate) fn site_of(binding: &Value) -> ArmId {
    ArmId::parse(text(binding, "/id")).parent()
}

/// The bindings that present a certificate with this thumbprint, of the sites that can use this certificate.
pub(crate) fn presenting(
    ctx: &CloudContext<'_>,
    certificate: &ArmId,
    webspace: &str,
    thumbprint: &str,
) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    for binding in ctx.having(&index::PRESENTED, thumbprint)? {
        let site_id = site_of(&binding);
        let site = ctx.need(&site_id)?;
        if certificates::serves(certificate, webspace, &site_id, &site) {
            found.push(binding);
        }
    }
    Ok(found)
}

/// The binding of a hostname, on any site of the cloud.
pub(crate) fn find_host(ctx: &CloudContext<'_>, host_name: &str) -> Result<Option<Value>, Fault> {
    Ok(ctx.having(&index::HOSTS, host_name)?.into_iter().next())
}

/// What the front door presents for a hostname: the bound certificate, if there is one.
pub(crate) fn presented(ctx: &CloudContext<'_>, host_name: &str) -> Result<Option<Material>, Fault> {
    let Some(binding) = find_host(ctx, host_name)? else {
        return Ok(None);
    };
    let thumbprint = text(&binding, "/properties/thumbprint");
    if thumbprint.is_empty() {
        return Ok(None);
    }
    match certificates::for_site(ctx, &site_of(&binding), thumbprint)? {
        Some(certificate) => certificates::material(ctx, &ArmId::parse(text(&certificate, "/id"))),
        None => certificates::superseded(ctx, thumbprint),
    }
}

/// Maps a hostname to a site, without TLS. `record` is the type of the DNS record; `None` for the default
/// hostname.
pub(crate) fn add(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    host_name: &str,
    record: Option<&str>,
) -> Result<Value, Fault> {
    let owner = ctx.need(site)?;
    let (id, binding) = document(site, &owner, host_name, record);
    ctx.save(&id, &binding)?;
    Ok(binding)
}

/// The same, with a certificate: for generated estates, whose certificates are known to fit.
pub(crate) fn plant(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    owner: &Value,
    host_name: &str,
    thumbprint: &str,
) -> Result<(), Fault> {
    let (id, mut binding) = document(site, owner, host_name, Some("CName"));
    binding["properties"]["sslState"] = json!(BindingSslState::SniEnabled.word());
    binding["properties"]["thumbprint"] = json!(thumbprint);
    ctx.save(&id, &binding)
}

fn document(site: &ArmId, owner: &Value, host_name: &str, record: Option<&str>) -> (ArmId, Value) {
    let host_name = host_name.to_lowercase();
    let id = site.child("hostNameBindings", &host_name);
    let name = match site.kind().as_str() {
        site::SLOT => format!("{}({})", site.parent().name(), site.name()),
        _ => site.name().to_owned(),
    };
    let mut binding = envelope(
        &id,
        "Microsoft.Web/sites/hostNameBindings",
        text(owner, "/location"),
        json!({"siteName": name, "domainId": null, "hostNameType": "Verified"}),
    );
    binding["name"] = json!(format!("{}/{host_name}", text(owner, "/name")));
    if let Some(record) = record {
        binding["properties"]["azureResourceName"] = json!(name);
        binding["properties"]["azureResourceType"] = json!("Website");
        binding["properties"]["customHostNameDnsRecordType"] = json!(record);
    }
    (id, binding)
}

/// Binds, rebinds or unbinds a certificate, with every check that the service makes.
pub(crate) fn bind(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    host_name: &str,
    wanted: BindingSslState,
    thumbprint: &str,
) -> Result<Value, Fault> {
    let id = site.child("hostNameBindings", &host_name.to_lowercase());
    let mut binding = ctx.find(&id)?.ok_or_else(|| {
        Fault::web(404, format!("Hostname '{host_name}' does not exist on the site '{}'.", site.name()))
    })?;
    let members = binding["properties"].as_object_mut();
    let Some(members) = members else {
        return Err(Fault::web(500, "The binding is damaged."));
    };
    for name in ["sslState", "thumbprint", "virtualIP"] {
        members.remove(name);
    }
    if wanted != BindingSslState::Disabled {
        check(ctx, site, host_name, wanted, thumbprint)?;
        members.insert("sslState".to_owned(), json!(wanted.word()));
        members.insert("thumbprint".to_owned(), json!(thumbprint.to_uppercase()));
        if wanted == BindingSslState::IpBasedEnabled {
            members.insert("virtualIP".to_owned(), json!(site::own_ip(site)));
        }
    }
    ctx.save(&id, &binding)?;
    site::publish_address(ctx, site)?;
    Ok(binding)
}

fn check(
    ctx: &CloudContext<'_>,
    site: &ArmId,
    host_name: &str,
    wanted: BindingSslState,
    thumbprint: &str,
) -> Result<(), Fault> {
    let owner = ctx.need(site)?;
    let plan = plans::named(ctx, text(&owner, "/properties/serverFarmId"))?;
    let allowed = plans::tls(&plan);
    let needed = if wanted == BindingSslState::IpBasedEnabled { Tls::IpBased } else { Tls::Sni };
    if allowed < needed {
        let tier = text(&plan, "/sku/tier");
        let what = if needed == Tls::IpBased { "IP based SSL" } else { "SSL" };
        return Err(Fault::web(
            409,
            format!("{what} is not supported in the {tier} tier of the App Service plan."),
        ));
    }
    if thumbprint.is_empty() {
        return Err(Fault::web(400, "The parameter thumbprint has an invalid value."));
    }
    let certificate = certificates::for_site(ctx, site, thumbprint)?.ok_or_else(|| {
        if site::has_own_certificates(&owner) {
            return site_certificates::missing(thumbprint);
        }
        Fault::web_coded(404, "04031", "Certificate {0} was not found.", &[thumbprint])
    })?;
    let names = certificate["properties"]["hostNames"].as_array();
    let covers =
        names.into_iter().flatten().filter_map(Value::as_str).any(|name| name_covers(name, host_name));
    if !covers {
        return Err(Fault::web_coded(
            409,
            "04030",
            "The certificate with thumbprint '{0}' does not match the hostname '{1}'.",
            &[thumbprint, host_name],
        ));
    }
    // One address can present only one certificate to clients without SNI.
    let other_ip = of_site(ctx, site)?.into_iter().any(|other| {
        state(&other) == BindingSslState::IpBasedEnabled
            && !host(&other).eq_ignore_ascii_case(host_name)
            && !text(&other, "/properties/thumbprint").eq_ignore_ascii_case(thumbprint)
    });
    if wanted == BindingSslState::IpBasedEnabled && other_ip {
        return Err(Fault::web(
            400,
            "Cannot set certificate for existing VIP because another VIP already uses that certificate.",
        ));
    }
    Ok(())
}

/// Moves the bindings of a certificate to its successor, which has these names. A hostname that the new one
/// does not cover stays on the old one, which the front ends continue to present.
pub(crate) fn move_all(
    ctx: &CloudContext<'_>,
    certificate: &ArmId,
    webspace: &str,
    from: &str,
    to: &CertificateFacts,
) -> Result<(), Fault> {
    if from.eq_ignore_ascii_case(&to.thumbprint) {
        return Ok(());
    }
    for mut binding in presenting(ctx, certificate, webspace, from)? {
        if !to.names.iter().any(|name| name_covers(name, host(&binding))) {
            continue;
        }
        binding["properties"]["thumbprint"] = json!(to.thumbprint);
        ctx.save(&ArmId::parse(text(&binding, "/id")), &binding)?;
    }
    Ok(())
}

fn reply(ctx: &CloudContext<'_>, binding: Value) -> ReplyResult {
    let etag = revision::etag(ctx, &site_of(&binding))?;
    Ok(Reply::ok(binding).header("etag", etag))
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let site = call.target();
    ctx.need(&site)?;
    let kind = KINDS[usize::from(site.kind() == site::SLOT)];
    ctx.page(call, kind, &site, |binding| Ok(Some(binding)))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    reply(ctx, ctx.need(&call.target())?)
}

/// Adds a hostname (DNS must point here), or changes its certificate. A body without `sslState` leaves the
/// binding as it is.
fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let site = id.parent();
    ctx.need(&site)?;
    let host_name = id.name().to_lowercase();
    revision::require_match(ctx, call, &site)?;
    if ctx.find(&id)?.is_none() {
        let record = super::hostnames::require_mapped(ctx, &site, &host_name)?;
        add(ctx, &site, &host_name, Some(record))?;
    }
    let wanted = call.body.pointer("/properties/sslState");
    let binding = match wanted {
        None | Some(Value::Null) => ctx.need(&id)?,
        Some(word) => {
            let state = BindingSslState::parse(word)
                .ok_or_else(|| Fault::web(400, "The parameter sslState has an invalid value."))?;
            let thumbprint = call.text("/properties/thumbprint").unwrap_or_default();
            bind(ctx, &site, &host_name, state, thumbprint)?
        }
    };
    reply(ctx, binding)
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    revision::require_match(ctx, call, &id)?;
    if id.name().eq_ignore_ascii_case(&site::default_host(&id.parent())) {
        return Err(Fault::web(409, "The default hostname of a site cannot be removed."));
    }
    if !ctx.remove(&id)? {
        return Ok(Reply::empty(204));
    }
    // The address is released with the last IP-based binding.
    site::publish_address(ctx, &id.parent())?;
    Ok(Reply::empty(200))
}
