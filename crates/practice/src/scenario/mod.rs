//! The initial estate of a new data directory: data in `assets/scenarios`, parsed here and built by `build`.

mod build;
mod certificates;
mod orders;
mod task;

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    context::{CloudContext, View},
    error::EmulatorError,
    faults, fleet,
    options::Options,
    provider,
    reply::Fault,
    store::Collection,
    world::PracticeWorld,
};

const START: Collection<Start> = Collection::new("scenario");

pub(crate) use task::ROUTES;

/// An initial estate.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The name for `Options::scenario` and the command line.
    pub name: &'static str,
    /// One line that helps to choose.
    pub summary: &'static str,
    text: &'static str,
}

/// The available estates; a new practice cloud uses the first one by default.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "contoso",
        summary: "two subscriptions with something of everything, to try things out",
        text: include_str!("../../../../assets/scenarios/contoso.toml"),
    },
    Scenario {
        name: "emergency",
        summary: "a certificate has expired in production; two hours to mend it",
        text: include_str!("../../../../assets/scenarios/emergency.toml"),
    },
    Scenario {
        name: "renewal-season",
        summary: "forty certificates end within thirty days; find those that need you",
        text: include_str!("../../../../assets/scenarios/renewal-season.toml"),
    },
    Scenario {
        name: "broken-vault",
        summary: "two certificates were bought and never arrived; open their vaults",
        text: include_str!("../../../../assets/scenarios/broken-vault.toml"),
    },
    Scenario {
        name: "new-ca",
        summary: "browsers will stop trusting your CA in two weeks; move to another",
        text: include_str!("../../../../assets/scenarios/new-ca.toml"),
    },
];

/// Where a newcomer begins; stored, because it is part of the connection.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Start {
    pub subscription_ids: Vec<String>,
    pub resource_group: String,
    pub app: String,
    pub hostnames: Vec<String>,
    /// What the directory was created from: `the scenario contoso`.
    #[serde(default)]
    pub estate: String,
}

/// Builds the estate at the first start, in one transaction; later only returns where to begin.
pub(crate) fn load_or_build(world: &PracticeWorld, options: &Options) -> Result<Start, EmulatorError> {
    let name = options.scenario.as_deref().unwrap_or(SCENARIOS[0].name);
    let wanted = match &options.fleet {
        Some(fleet) => format!("the fleet {fleet}"),
        None => format!("the scenario {name}"),
    };
    let failed = |reason: String| EmulatorError::Scenario { name: name.to_owned(), reason };
    let build = |ctx: &CloudContext<'_>| -> Result<Result<Start, String>, Fault> {
        if let Some(start) = ctx.tx.get(&START, "")? {
            return Ok(Ok(start));
        }
        let ctx = &CloudContext { view: View::Planted, ..*ctx };
        let mut start = match &options.fleet {
            Some(fleet) => fleet::plant(ctx, fleet)?,
            None => match read(name) {
                Ok(estate) => build::build(ctx, &estate)?,
                Err(reason) => return Ok(Err(reason)),
            },
        };
        start.estate.clone_from(&wanted);
        ctx.tx.put(&START, "", &start)?;
        Ok(Ok(start))
    };
    let start = world.run(build).map_err(|fault| failed(fault.body.to_string()))?.map_err(failed)?;
    // Without a named estate any existing one is used.
    let named = options.scenario.is_some() || options.fleet.is_some();
    if named && !start.estate.is_empty() && start.estate != wanted {
        return Err(EmulatorError::OtherEstate {
            dir: options.data_dir.clone(),
            holds: start.estate,
            wanted,
        });
    }
    Ok(start)
}

/// The largest scenario file that is read; those that come with certdeck have 20 KB.
const LARGEST: u64 = 1 << 20;

/// The file that the name of a scenario stands for: a path, or anything that ends in `.toml`. `None` for the
/// name of one of [`SCENARIOS`].
pub fn scenario_file(name: &str) -> Option<&Path> {
    let path = Path::new(name);
    let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    (is_toml || path.components().count() > 1).then_some(path)
}

fn read(name: &str) -> Result<ScenarioFile, String> {
    if let Some(path) = scenario_file(name) {
        return read_file(path);
    }
    let Some(Scenario { text, .. }) = SCENARIOS.iter().find(|one| one.name == name) else {
        let names: Vec<&str> = SCENARIOS.iter().map(|one| one.name).collect();
        return Err(format!("it is not known; there are: {}", names.join(", ")));
    };
    toml::from_str(text).map_err(|error| error.to_string())
}

/// A scenario of one's own.
fn read_file(path: &Path) -> Result<ScenarioFile, String> {
    let mut text = String::new();
    let opened = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    opened.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::InvalidData => "it is no text in UTF-8".to_owned(),
        kind => format!("it cannot be read: {kind}"),
    })?;
    if text.len() as u64 > LARGEST {
        return Err("it is larger than 1 MiB, so it is no scenario".to_owned());
    }
    toml::from_str(&text).map_err(|error| error.to_string())
}

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    start: Begin,
    task: Option<task::ScenarioTask>,
    subscription: Vec<ScenarioSubscription>,
    #[serde(default)]
    plan: Vec<ScenarioPlan>,
    #[serde(default)]
    app: Vec<ScenarioApp>,
    #[serde(default)]
    certificate: Vec<ScenarioCertificate>,
    #[serde(default)]
    public: Vec<ScenarioPublicCertificate>,
    #[serde(default)]
    vault: Vec<ScenarioVault>,
    #[serde(default)]
    kept: Vec<KeptCertificate>,
    #[serde(default)]
    domain: Vec<Domain>,
    #[serde(default)]
    order: Vec<ScenarioOrder>,
    #[serde(default)]
    lock: Vec<ScenarioLock>,
    #[serde(default)]
    record: Vec<super::dns::DnsRecord>,
    #[serde(default)]
    fault: Vec<faults::FaultRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    group: String,
    app: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioSubscription {
    id: String,
    name: String,
    group: Vec<ScenarioGroup>,
}

/// Names of groups are unique in a scenario, so everything else names only the group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioGroup {
    name: String,
    region: String,
    #[serde(default)]
    tags: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioPlan {
    group: String,
    name: String,
    sku: String,
    #[serde(default)]
    linux: bool,
}

/// An app is in the group of its plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioApp {
    name: String,
    plan: String,
    #[serde(default)]
    tags: toml::Table,
    #[serde(default)]
    https_only: bool,
    min_tls: Option<String>,
    #[serde(default)]
    settings: toml::Table,
    #[serde(default)]
    hosts: Vec<Host>,
    #[serde(default)]
    slots: Vec<Slot>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    name: String,
    #[serde(default)]
    hosts: Vec<Host>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Host {
    name: String,
    record: Pointing,
    /// The name of the certificate that is bound.
    certificate: Option<String>,
    #[serde(default)]
    ip_based: bool,
}

/// How DNS points at an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Pointing {
    /// Straight to the app's own name.
    CName,
    /// To its address, with an `asuid.` TXT record.
    A,
    /// By a CNAME over another name.
    #[serde(rename = "alias")]
    Alias,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioCertificate {
    name: String,
    plan: String,
    /// `upload`, `managed`, or the name of a vault.
    from: String,
    /// The name in the vault.
    secret: Option<String>,
    hosts: Vec<String>,
    issued: String,
    expires: String,
    /// Which CA issued it; managed certificates always come from DigiCert.
    #[serde(default)]
    ca: ScenarioIssuer,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum ScenarioIssuer {
    #[default]
    GoDaddy,
    DigiCert,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioPublicCertificate {
    app: String,
    name: String,
    host: String,
    issued: String,
    expires: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioVault {
    name: String,
    group: String,
    model: Model,
    services: Vec<Service>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Model {
    Policies,
    Rbac,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Service {
    AppService,
    CertificateRegistration,
}

/// A certificate in a vault that no app uses yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptCertificate {
    vault: String,
    name: String,
    hosts: Vec<String>,
    issued: String,
    expires: String,
    #[serde(default)]
    form: KeptForm,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KeptForm {
    #[default]
    Pkcs12,
    /// PKCS#12 with an elliptic curve key.
    EllipticCurve,
    Pem,
}

/// An App Service Domain.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Domain {
    name: String,
    group: String,
}

/// A certificate order with its past.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioOrder {
    name: String,
    group: String,
    common_name: String,
    #[serde(default = "yes")]
    auto_renew: bool,
    bought: String,
    #[serde(default = "by_txt")]
    method: provider::certificate_registration::names::VerificationMethod,
    /// When certificates were issued, oldest first; empty: ownership was never proven.
    #[serde(default)]
    issued: Vec<String>,
    /// The vault that stores it, if any.
    vault: Option<String>,
    /// The certificate that was imported from it into an app's webspace.
    import: Option<Import>,
    /// When it was rekeyed after the import, which leaves the import out of sync.
    rekeyed: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    name: String,
    plan: String,
}

fn yes() -> bool {
    true
}

fn by_txt() -> provider::certificate_registration::names::VerificationMethod {
    provider::certificate_registration::names::VerificationMethod::Txt
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioLock {
    name: String,
    group: String,
    level: ScenarioLockLevel,
    notes: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum ScenarioLockLevel {
    CanNotDelete,
    ReadOnly,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_scenario_can_be_read() {
        for scenario in SCENARIOS {
            read(scenario.name).unwrap();
        }
    }

    #[test]
    fn the_default_estate_begins_in_the_same_states_whatever_the_day() {
        use crate::{context::text, fixture::Fixture, id::ArmId};
        // The limits change in March of 2026, 2027 and 2029.
        for day in [
            "2026-02-01",
            "2026-11-23",
            "2027-03-14",
            "2027-04-20",
            "2027-11-01",
            "2028-12-31",
            "2029-05-01",
            "2032-01-01",
        ] {
            let mut cloud = Fixture::new(&format!("{day}T09:00:00Z"));
            let estate = read("contoso").unwrap();
            cloud.with(|ctx| build::build(&CloudContext { view: View::Planted, ..*ctx }, &estate).unwrap());
            cloud.settle();
            let states = |kind: &str, member: &str| -> Vec<(String, String)> {
                let all = cloud.with(|ctx| ctx.list(kind, &ArmId::parse("")).unwrap());
                all.iter().map(|one| (text(one, "/name").to_owned(), text(one, member).to_owned())).collect()
            };
            for (name, status) in
                states("microsoft.certificateregistration/certificateorders", "/properties/status")
            {
                let wanted = match name.as_str() {
                    "events2026" | "partnerportal" => "Pendingissuance",
                    "marketing" => "Denied",
                    "oldshop" => "Expired",
                    _ => "Issued",
                };
                assert_eq!(status, wanted, "{name} on {day}");
            }
            for (name, end) in states("microsoft.web/certificates", "/properties/expirationDate") {
                let over = end.parse::<jiff::Timestamp>().unwrap() < cloud.now;
                assert_eq!(
                    over,
                    ["blog-2025", "intranet-2025"].contains(&name.as_str()),
                    "{name} ends {end}, and it is {day}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_scenario_is_refused_with_the_known_ones() {
        assert!(read("nowhere").unwrap_err().contains("contoso"));
    }
}
