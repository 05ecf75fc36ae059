//! Builds a scenario file in an empty cloud, through the same functions that requests use.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Host, Model, Pointing, ScenarioApp, ScenarioFile, ScenarioLockLevel, ScenarioVault, Service, Start,
    certificates, orders, task,
};
use crate::{
    arm::{authorization, groups, locks, subscriptions},
    context::{CloudContext, text},
    control,
    dns::{self, DnsRecord, DnsRecordKind},
    faults,
    id::ArmId,
    principals::{self, CERTDECK, PLAIN},
    provider::{
        domain_registration, key_vault,
        microsoft_web::{bindings, config, plans, site, sources},
    },
    reply::Fault,
};

/// The name between a hostname and its app when a CNAME leads over another name.
const DETOUR: &str = "edge.cdn.example";

pub(super) fn build(ctx: &CloudContext<'_>, estate: &ScenarioFile) -> Result<Start, Fault> {
    let place = NameResolver { estate };
    for subscription in &estate.subscription {
        let scope = subscriptions::create(ctx, &subscription.id, &subscription.name)?;
        authorization::grant(ctx, &scope, CERTDECK.object_id, authorization::BuiltInRole::Owner)?;
        for group in &subscription.group {
            let id = place.group(&group.name)?;
            groups::create(ctx, &id, &group.region, &json!(group.tags))?;
        }
    }
    for plan in &estate.plan {
        let id = place.plan(&plan.name)?;
        let region = place.region(&plan.group)?;
        plans::save(ctx, &id, region, &plan.sku, plan.linux)?;
    }
    for vault in &estate.vault {
        make_vault(ctx, place, vault)?;
    }
    for app in &estate.app {
        make_app(ctx, place, app)?;
    }
    for record in &estate.record {
        dns::add(ctx.tx, record)?;
    }
    for certificate in &estate.certificate {
        certificates::make(ctx, place, certificate)?;
    }
    for kept in &estate.kept {
        certificates::keep(ctx, place, kept)?;
    }
    for order in &estate.order {
        orders::make(ctx, place, order)?;
    }
    for domain in &estate.domain {
        let group = place.group(&domain.group)?;
        let id = group.under("Microsoft.DomainRegistration", "domains", &domain.name);
        domain_registration::create(ctx, &id)?;
    }
    for public in &estate.public {
        certificates::make_public(ctx, place, public)?;
    }
    for app in &estate.app {
        bind_hosts(ctx, place, app)?;
    }
    for lock in &estate.lock {
        let level = match lock.level {
            ScenarioLockLevel::CanNotDelete => locks::LockLevel::CanNotDelete,
            ScenarioLockLevel::ReadOnly => locks::LockLevel::ReadOnly,
        };
        locks::create(ctx, &place.group(&lock.group)?, &lock.name, level, &lock.notes)?;
    }
    sources::schedule_sync(ctx)?;
    for rule in &estate.fault {
        rule.check().map_err(Fault::invalid)?;
        faults::plant(ctx, rule.clone())?;
    }
    if let Some(task) = &estate.task {
        task::begin(ctx, task)?;
    }
    let app = estate.app.iter().find(|app| app.name == estate.start.app);
    Ok(Start {
        subscription_ids: estate.subscription.iter().map(|one| one.id.clone()).collect(),
        resource_group: estate.start.group.clone(),
        app: estate.start.app.clone(),
        hostnames: app.map_or_else(Vec::new, |app| app.hosts.iter().map(|host| host.name.clone()).collect()),
        ..Start::default()
    })
}

/// Resolves the names in a scenario to ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameResolver<'e> {
    estate: &'e ScenarioFile,
}

impl<'e> NameResolver<'e> {
    pub(super) fn group(self, name: &str) -> Result<ArmId, Fault> {
        let owner =
            self.estate.subscription.iter().find(|one| one.group.iter().any(|group| group.name == name));
        let owner = owner.ok_or_else(|| unknown("group", name))?;
        Ok(ArmId::parse(&format!("/subscriptions/{}/resourceGroups/{name}", owner.id)))
    }

    fn region(self, group: &str) -> Result<&'e str, Fault> {
        let mut groups = self.estate.subscription.iter().flat_map(|one| &one.group);
        let found = groups.find(|one| one.name == group);
        found.map(|one| one.region.as_str()).ok_or_else(|| unknown("group", group))
    }

    pub(super) fn plan(self, name: &str) -> Result<ArmId, Fault> {
        let plan = self.estate.plan.iter().find(|plan| plan.name == name);
        let plan = plan.ok_or_else(|| unknown("plan", name))?;
        Ok(self.group(&plan.group)?.under("Microsoft.Web", "serverfarms", name))
    }

    pub(super) fn app(self, name: &str) -> Result<ArmId, Fault> {
        let app = self.estate.app.iter().find(|app| app.name == name);
        let app = app.ok_or_else(|| unknown("app", name))?;
        Ok(self.plan(&app.plan)?.parent().under("Microsoft.Web", "sites", name))
    }

    pub(super) fn vault(self, name: &str) -> Result<ArmId, Fault> {
        let vault = self.estate.vault.iter().find(|vault| vault.name == name);
        let vault = vault.ok_or_else(|| unknown("vault", name))?;
        Ok(self.group(&vault.group)?.under("Microsoft.KeyVault", "vaults", name))
    }
}

pub(super) fn unknown(what: &str, name: &str) -> Fault {
    Fault::invalid(format!("there is no {what} {name}"))
}

/// A moment relative to now: `9d`, `-356d`.
pub(super) fn moment(now: Timestamp, text: &str) -> Result<Timestamp, Fault> {
    let span = control::duration(text)?;
    now.checked_add(span).map_err(|error| Fault::invalid(format!("{text}: {error}")))
}

fn make_app(ctx: &CloudContext<'_>, place: NameResolver<'_>, app: &ScenarioApp) -> Result<(), Fault> {
    let id = place.app(&app.name)?;
    let mut site = site::create(ctx, &id, &place.plan(&app.plan)?.to_string(), "app")?;
    site["tags"] = json!(app.tags);
    site["properties"]["httpsOnly"] = json!(app.https_only);
    ctx.save(&id, &site)?;
    if let Some(version) = &app.min_tls {
        config::change(ctx, &id, &json!({ "minTlsVersion": version }))?;
    }
    for (name, value) in &app.settings {
        config::set(ctx, &id, name, value.as_str().unwrap_or_default())?;
    }
    map_hosts(ctx, &id, &app.hosts)?;
    for slot in &app.slots {
        let id = id.child("slots", &slot.name);
        site::create(ctx, &id, &place.plan(&app.plan)?.to_string(), "app")?;
        map_hosts(ctx, &id, &slot.hosts)?;
    }
    Ok(())
}

fn map_hosts(ctx: &CloudContext<'_>, site: &ArmId, hosts: &[Host]) -> Result<(), Fault> {
    let default = site::default_host(site);
    for host in hosts {
        let record = match host.record {
            Pointing::CName => {
                point(ctx, &host.name, DnsRecordKind::Cname, &default)?;
                "CName"
            }
            Pointing::Alias => {
                point(ctx, &host.name, DnsRecordKind::Cname, DETOUR)?;
                point(ctx, DETOUR, DnsRecordKind::Cname, &default)?;
                "CName"
            }
            Pointing::A => {
                let address = if host.ip_based {
                    site::own_ip(site)
                } else {
                    text(&ctx.need(site)?, "/properties/inboundIpAddress").to_owned()
                };
                point(ctx, &host.name, DnsRecordKind::A, &address)?;
                point(
                    ctx,
                    &format!("asuid.{}", host.name),
                    DnsRecordKind::Txt,
                    &site::verification_id(site),
                )?;
                "A"
            }
        };
        bindings::add(ctx, site, &host.name, Some(record))?;
    }
    Ok(())
}

/// Adds a DNS record.
pub(super) fn point(
    ctx: &CloudContext<'_>,
    name: &str,
    kind: DnsRecordKind,
    value: &str,
) -> Result<(), Fault> {
    let record = DnsRecord::new(name, kind, value).map_err(|error| Fault::invalid(error.to_string()))?;
    Ok(dns::add(ctx.tx, &record)?)
}

fn bind_hosts(ctx: &CloudContext<'_>, place: NameResolver<'_>, app: &ScenarioApp) -> Result<(), Fault> {
    let id = place.app(&app.name)?;
    let slots = app.slots.iter().map(|slot| (id.child("slots", &slot.name), &slot.hosts));
    for (site, hosts) in std::iter::once((id.clone(), &app.hosts)).chain(slots) {
        for host in hosts {
            let Some(name) = &host.certificate else {
                continue;
            };
            let certificate =
                id.group_id().unwrap_or_else(|| id.clone()).under("Microsoft.Web", "certificates", name);
            let certificate = ctx.need(&certificate)?;
            let state = if host.ip_based {
                bindings::BindingSslState::IpBasedEnabled
            } else {
                bindings::BindingSslState::SniEnabled
            };
            bindings::bind(ctx, &site, &host.name, state, text(&certificate, "/properties/thumbprint"))?;
        }
    }
    Ok(())
}

fn make_vault(ctx: &CloudContext<'_>, place: NameResolver<'_>, vault: &ScenarioVault) -> Result<(), Fault> {
    let id = place.vault(&vault.name)?;
    let tenant = &ctx.setting.tenant_id;
    let policy = |principal: &str, secrets: &[&str], certificates: &[&str]| {
        json!({
            "tenantId": tenant,
            "objectId": principal,
            "permissions": {"keys": [], "secrets": secrets, "certificates": certificates, "storage": []},
        })
    };
    let mut policies: Vec<Value> =
        [CERTDECK, PLAIN].iter().map(|own| policy(own.object_id, &["all"], &["all"])).collect();
    for service in &vault.services {
        policies.push(match service {
            Service::AppService => policy(principals::WEB_SITES.object_id, &["get"], &["get"]),
            Service::CertificateRegistration => policy(
                principals::CERTIFICATE_REGISTRATION.object_id,
                &["get", "list", "set", "delete"],
                &["get", "list"],
            ),
        });
    }
    let rbac = vault.model == Model::Rbac;
    let properties = json!({
        "enableRbacAuthorization": rbac,
        "accessPolicies": if rbac { Value::Array(Vec::new()) } else { Value::Array(policies) },
    });
    key_vault::create_vault(ctx, &id, place.region(&vault.group)?, None, &properties)?;
    key_vault::registered(ctx, &vault.name)?;
    if rbac {
        for own in [CERTDECK, PLAIN] {
            authorization::grant(ctx, &id, own.object_id, authorization::BuiltInRole::KeyVaultAdministrator)?;
        }
        for service in &vault.services {
            // C15 and C16: the first role reads certificates, the second writes secrets.
            let (principal, role) = match service {
                Service::AppService => {
                    (principals::WEB_SITES, authorization::BuiltInRole::KeyVaultCertificateUser)
                }
                Service::CertificateRegistration => {
                    (principals::CERTIFICATE_REGISTRATION, authorization::BuiltInRole::KeyVaultSecretsOfficer)
                }
            };
            authorization::grant(ctx, &id, principal.object_id, role)?;
        }
    }
    Ok(())
}
