//! Import a certificate from Key Vault (A112–A128): one that people keep in a vault of their own, into the
//! webspace of an app. App Service reads the vault itself, so what it needs there is checked first, and
//! granted on consent.

use jiff::Timestamp;

use super::access::{Access, Party, closed_to_services, granting, judge};
use super::arrival::Sign;
use super::chosen::{app_field, no_app, suggest_app, unnamed_app};
use super::definition::GRAPH;
use super::destination::Destination;
use super::import_order::{kept, observe_app, room_problem, tier_problem};
use super::principals;
use super::tags;
use super::target::app_id;
use super::vault_chain;
use super::vault_contents::{offer, purpose_warning, unsupported};
use super::{
    Arrival, Case, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, certificates, vault_certificates, vaults};
use crate::model::{
    App, Estate, PrivateCertificate, Problem, ResourceId, Vault, VaultCertificate, day, typed as shown,
};
use crate::rules::{Names, Period, Rules};

/// The newest az CLI, Terraform and Microsoft's own modules import so; no article says that it is supported.
const ANOTHER_SUBSCRIPTION: &str = "the vault is in another subscription than the app. Azure imports from there by the vault's whole \
     resource id; for certificates of an order it does not.";

pub(super) static FLOW: Flow = Flow {
    name: "import-vault",
    title: "Import from Key Vault",
    summary: "Import a certificate that you keep in a key vault.",
    done: "The certificate is imported.",
    pages: &[FlowName::ImportVault, FlowName::Bind],
    about: Subject::App,
    leaves: Subject::Certificate,
    changes: "Grants App Service its permission on the vault where it is missing, and creates a certificate in the app's webspace, or in the app.",
    permissions: &[
        "Microsoft.Web/certificates/write",
        "Microsoft.Web/sites/certificates/write",
        "Microsoft.KeyVault/vaults/deploy/action",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "Microsoft.Authorization/roleAssignments/write",
        "data:certificates/list",
        "data:certificates/get",
        "data:secrets/get",
        GRAPH,
    ],
    checklist: &["A112-A128"],
    command: Some(FlowCommand::changing(
        "import-vault",
        "",
        "Import a certificate that you keep in a key vault.",
    )),
    fits: row::any,
    keys: "a, Import a certificate from Key Vault",
    fields,
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

fn fields(observed: &Observed, _: &Inputs) -> Vec<Field> {
    vec![
        app_field(
            "The certificate is imported into this app's webspace, where every app of the same group, region and system can use it, or into the app alone.",
        ),
        Field::new(
            Key::VaultSubscription,
            "Subscription of the vault",
            "The subscription that the key vault belongs to.",
            FieldKind::Pick { of: Pick::Subscription, or_new: false },
        ),
        Field::new(
            Key::Vault,
            "Key vault",
            "The vault that keeps the certificate, by name or whole resource id; it may be in another subscription than the app.",
            FieldKind::Pick { of: Pick::Vault, or_new: false },
        ),
        Field::new(
            Key::VaultCertificate,
            "Certificate",
            "A PKCS#12 certificate of the vault, by name and thumbprint. What cannot be imported says why.",
            offers(observed),
        ),
        Field::new(
            Key::ForOrders,
            "Certificate orders too",
            "Lets Azure's certificate service keep bought certificates in this vault as well. An import does not need it.",
            FieldKind::Toggle,
        ),
        tags::field(),
    ]
}

/// What the look found in the vault; where it may not be looked into, a name can be typed.
fn offers(observed: &Observed) -> FieldKind {
    match &observed.vault_contents {
        Seen::Here(Err(_)) => FieldKind::Text,
        Seen::Here(Ok(contents)) => FieldKind::Offer(Some(contents.iter().map(offer).collect())),
        Seen::NotAsked | Seen::Absent => FieldKind::Offer(None),
    }
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    inputs.suggest(Key::ForOrders, "no");
    suggest_app(estate, inputs);
    // A vault that is chosen by its whole id brings its subscription along.
    let vault = inputs.get(Key::Vault).and_then(|typed| ResourceId::parse(typed).ok());
    if let Some(near) = vault.or_else(|| app_id(inputs)) {
        inputs.suggest(Key::VaultSubscription, near.subscription_id());
    }
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = tags::refusal(inputs, rules, now).into_iter().collect();
    let mut refuse = |key, why: String| refusals.push((key, why));
    match (app_id(inputs), &observed.app) {
        (None, _) => {
            let (key, why) = unnamed_app(inputs);
            refuse(key, why);
        }
        (Some(_), Seen::Absent) => refuse(Key::App, no_app(inputs)),
        (Some(_), _) => {}
    }
    match (inputs.get(Key::Vault), &observed.vault) {
        (None, _) => refuse(Key::Vault, "choose the vault".to_owned()),
        (Some(typed), Seen::Absent) => {
            refuse(Key::Vault, format!("there is no vault '{}' in this subscription", shown(typed)));
        }
        _ => {}
    }
    if let Some(why) = certificate_refusal(observed, inputs, rules, now) {
        refuse(Key::VaultCertificate, why);
    }
    refusals
}

fn certificate_refusal(
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Option<String> {
    let typed = inputs.get(Key::VaultCertificate);
    let contents = match &observed.vault_contents {
        Seen::Here(Ok(contents)) => contents,
        Seen::Here(Err(problem)) if typed.is_none() => {
            return Some(format!("{}: type the name of the certificate", problem.why));
        }
        _ => return typed.is_none().then(|| "choose the certificate".to_owned()),
    };
    let vault = observed.vault.here().map_or("the vault", |vault| vault.id.name());
    let Some(typed) = typed else {
        let names: Vec<&str> = contents.iter().map(|one| one.name.as_str()).take(10).collect();
        return Some(match names.as_slice() {
            [] => format!("{vault} holds no certificate"),
            names => format!("choose a certificate of {vault}: {}", names.join(", ")),
        });
    };
    match chosen(observed, inputs) {
        None => Some(format!("there is no certificate '{}' in {vault}", shown(typed))),
        // What is imported already needs no permission to be so.
        Some(one) if imported(observed, inputs).is_some_and(|there| there.thumbprint == one.thumbprint) => {
            None
        }
        Some(one) => unsupported(one, rules, now),
    }
}

/// The name of the certificate in its vault, which its address there has too
/// (`https://kv-shop.vault.azure.net/certificates/shop/VERSION`).
fn certificate_name(inputs: &Inputs) -> Option<&str> {
    let typed = inputs.get(Key::VaultCertificate)?;
    let Some((_, address)) = typed.split_once("://") else { return Some(typed) };
    let mut parts = address.split('/').skip_while(|part| !matches!(*part, "certificates" | "secrets"));
    parts.nth(1).filter(|name| !name.is_empty())
}

fn chosen<'a>(observed: &'a Observed, inputs: &Inputs) -> Option<&'a VaultCertificate> {
    let name = certificate_name(inputs)?;
    let contents = observed.vault_contents.here()?.as_ref().ok()?;
    contents.iter().find(|one| one.name.eq_ignore_ascii_case(name))
}

/// The site certificate of the app's webspace that came from the chosen certificate.
pub(super) fn imported<'a>(observed: &'a Observed, inputs: &Inputs) -> Option<&'a PrivateCertificate> {
    let (name, vault) = (certificate_name(inputs)?, observed.vault.here()?);
    observed.certificates.here()?.iter().find(|one| is_of(one, vault, name))
}

fn is_of(one: &PrivateCertificate, vault: &Vault, name: &str) -> bool {
    one.vault
        .as_ref()
        .is_some_and(|secret| secret.vault == vault.id && secret.secret.eq_ignore_ascii_case(name))
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let mut others = Vec::new();
    if let Some(app) = app_id(inputs) {
        others = observe_app(client, &app, &mut seen).await?;
    }
    seen.vault = find_vault(client, inputs).await?;
    let Some(vault) = seen.vault.here().cloned() else { return Ok(seen) };
    principals::observe(client, &mut seen).await?;
    // A person who may not look into the vault can still have App Service import from it.
    let listed = vault_certificates::list(client, &vault).await;
    let what = format!("List the certificates of {}", vault.id.name());
    seen.vault_contents = Seen::Here(listed.map_err(|error| error.problem(&what)));
    if let (Some(app), Some(name)) = (seen.app.here(), certificate_name(inputs)) {
        let id = target(app, &vault, name);
        let here = seen.certificates.here().map_or(&[][..], Vec::as_slice);
        seen.namesake = here.iter().chain(&others).find(|one| Some(&one.id) == id.as_ref()).cloned().into();
    }
    if let Some(one) =
        chosen(&seen, inputs).filter(|one| may_be_imported(one) && imported(&seen, inputs).is_none())
    {
        seen.vault_chain = Seen::Here(vault_chain::read(client, &vault, &one.name).await);
    }
    Ok(seen)
}

/// Whether it is worth looking at its chain: the secret is read for nothing else.
fn may_be_imported(one: &VaultCertificate) -> bool {
    one.is_enabled
        && one.thumbprint.is_some()
        && one.policy.as_ref().is_some_and(|policy| policy.is_exportable)
}

/// By its id, or by its name among the vaults of the subscription.
async fn find_vault(client: &Client, inputs: &Inputs) -> Result<Seen<Vault>, AzureError> {
    let Some(typed) = inputs.get(Key::Vault) else { return Ok(Seen::NotAsked) };
    if let Ok(id) = ResourceId::parse(typed) {
        return Ok(vaults::get(client, &id).await?.into());
    }
    let Some(subscription) = inputs.get(Key::VaultSubscription).or_else(|| inputs.get(Key::Subscription))
    else {
        return Ok(Seen::NotAsked);
    };
    let name = typed.rsplit('/').next().unwrap_or(typed);
    let mut all = vaults::list(client, &ResourceId::subscription(subscription)).await?.into_iter();
    Ok(all.find(|vault| vault.id.name().eq_ignore_ascii_case(name)).into())
}

fn target(app: &App, vault: &Vault, name: &str) -> Option<ResourceId> {
    Some(Destination::of(app)?.within(&format!("{}-{name}", vault.id.name()), "-"))
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![vault(case), in_vault(case), app_access(case), registrar_access(case), import(case)]
}

fn follows(case: &Case<'_>, keys: &[Key]) -> StepStatus {
    let key = keys.last().copied().unwrap_or(Key::App);
    case.needs(keys).unwrap_or_else(|| StepStatus::NeedsInput {
        key,
        why: "the check follows once it is chosen".to_owned(),
    })
}

fn what(case: &Case<'_>) -> String {
    let vault = case.observed.vault.here().map_or("the vault", |vault| vault.id.name());
    format!("Import from {vault}")
}

fn vault(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::VAULT, "Check the key vault", status).explained(
            "App Service reads the vault over Azure's own network. A firewall on the vault has to let trusted Microsoft services in.",
        )
    };
    let (Some(vault), None) = (case.observed.vault.here(), case.needs(&[Key::VaultSubscription, Key::Vault]))
    else {
        return step(follows(case, &[Key::VaultSubscription, Key::Vault]));
    };
    let model = if vault.rbac { "rbac" } else { "access-policy" };
    if !case.rules.lists(Names::ImportVaultModels, case.now, model) {
        let problem = Problem::new(
            what(case),
            "App Service imports only from vaults with access policies, and this one uses RBAC",
        )
        .remedy("keep the certificate in another vault")
        .code(case.rules.reference(Names::ImportVaultModels, case.now));
        return step(StepStatus::Blocked(problem));
    }
    if let Some(problem) = closed_to_services(vault, &what(case)) {
        return step(StepStatus::Blocked(problem));
    }
    let network = if vault.public_network {
        "open to all networks"
    } else {
        "a firewall, with an exception for Microsoft services"
    };
    let step = step(StepStatus::Done(format!("{} in {}", vault.id.name(), vault.location)))
        .fact("Permission model", if vault.rbac { "Azure RBAC" } else { "access policies" })
        .fact("Network", network);
    match case.observed.app.here() {
        Some(app) if !app.id.subscription_id().eq_ignore_ascii_case(vault.id.subscription_id()) => {
            step.fact("Warning", ANOTHER_SUBSCRIPTION)
        }
        _ => step,
    }
}

fn in_vault(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IN_VAULT, "Check the certificate", status).explained(
            "It has to be PKCS#12 with an exportable RSA key and the whole chain. Who may read the vault's secrets has the chain \
             checked here; the private key that comes with it is dropped at once.",
        )
    };
    if let Some(Err(problem)) = case.observed.vault_contents.here() {
        return step(StepStatus::NotNeeded(format!("it cannot be read from here: {}", problem.why)));
    }
    let keys = [Key::Vault, Key::VaultCertificate];
    let (Some(one), None) = (chosen(case.observed, case.inputs), case.needs(&keys)) else {
        return step(follows(case, &keys));
    };
    let mut step = step(StepStatus::Done(format!("{} can be imported", one.name)));
    if let Some(thumbprint) = &one.thumbprint {
        step = step.fact("Thumbprint", thumbprint.as_str());
    }
    if let Some(policy) = &one.policy {
        let bits = policy.key_bits.map(|bits| format!(" {bits}")).unwrap_or_default();
        step = step.fact("Names", policy.hosts.join(", ")).fact("Key", format!("{}{bits}", policy.key_type));
    }
    if let Some(expires) = one.expires {
        step = step.fact("Expires", day(expires));
    }
    if let Some(thumbprint) = &one.thumbprint {
        let (judged, lacking) = vault_chain::judge(case, thumbprint, step);
        step = judged;
        if let Some(finding) = lacking {
            step.status = StepStatus::Blocked(vault_chain::problem(&what(case), &finding));
            return step;
        }
    }
    match purpose_warning(one, case.rules, case.now) {
        Some(warning) => step.fact("Warning", warning),
        None => step,
    }
}

fn app_access(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::APP_ACCESS, "Grant App Service access", status).explained(format!(
            "App Service needs access to this vault. It reads the certificate now, and again within {} of every new version: the permission \
             must stay.",
            case.rules.span(Period::SyncInterval, case.now)
        ))
    };
    let Some(vault) = case.observed.vault.here() else { return step(follows(case, &[Key::Vault])) };
    let access = judge(case, Party::Websites, vault, &case.observed.vault_roles);
    let ready = case.needs_any().unwrap_or(StepStatus::Ready);
    granting(step(StepStatus::Ready), [access], ready, "App Service may read the vault")
}

/// The other row of the article's table (A119): needed where orders are stored, and shown here because people
/// look for it.
fn registrar_access(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::VAULT_ACCESS, "Grant certificate orders access", status).explained(
            "Microsoft.Azure.CertificateRegistration writes bought certificates into a vault. An import does not need it.",
        )
    };
    let Some(vault) = case.observed.vault.here() else { return step(follows(case, &[Key::Vault])) };
    match judge(case, Party::Registrar, vault, &case.observed.vault_roles) {
        access if case.inputs.is_yes(Key::ForOrders) => granting(
            step(StepStatus::Ready),
            [access],
            case.needs_any().unwrap_or(StepStatus::Ready),
            "it may",
        ),
        Access::Granted => step(StepStatus::Done("it may".to_owned())),
        Access::Missing { what, .. } => {
            step(StepStatus::NotNeeded("an import works without it".to_owned())).fact("Missing", what)
        }
        Access::Unknown { .. } | Access::NoPrincipal(_) => {
            step(StepStatus::NotNeeded("an import works without it".to_owned()))
        }
    }
}

fn import(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IMPORT, "Import the certificate", status).explained(format!(
            "The certificate appears in Private Key Certificates. It secures nothing before it is bound. \
             New versions in the vault follow within {} by themselves.",
            case.rules.span(Period::SyncInterval, case.now)
        ))
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let seen = (case.observed.app.here(), case.observed.vault.here(), certificate_name(case.inputs));
    let (Some(app), Some(vault), Some(name)) = seen else {
        return step(follows(case, &[Key::App, Key::Vault, Key::VaultCertificate]));
    };
    let what = format!("Import {name} into {}", app.label());
    if let Some(problem) = tier_problem(case, &what) {
        return step(StepStatus::Blocked(problem));
    }
    let existing = imported(case.observed, case.inputs);
    let current = chosen(case.observed, case.inputs).and_then(|one| one.thumbprint.as_ref());
    if let Some(existing) = existing
        && let Some(thumbprint) =
            existing.thumbprint.as_ref().filter(|own| current.is_none_or(|current| current == *own))
    {
        return step(StepStatus::Done(format!("{} is in {}", existing.id.name(), existing.home.words())))
            .fact("Thumbprint", thumbprint.as_str());
    }
    let (Some(destination), Some(id)) = (Destination::of(app), target(app, vault, name)) else {
        return step(StepStatus::Blocked(Problem::new(what, "the app has no App Service plan")));
    };
    if existing.is_none() && case.observed.namesake.here().is_some() {
        let problem = Problem::new(
            what,
            format!("another certificate is called {} already, and would be replaced", id.name()),
        )
        .remedy("delete it first, if nothing uses it");
        return step(StepStatus::Blocked(problem));
    }
    if let Some(problem) = room_problem(case, &what).filter(|_| existing.is_none()) {
        return step(StepStatus::Blocked(problem));
    }
    let id = existing.map_or(id, |existing| existing.id.clone());
    let tags = kept(existing).with(&tags::given(case.inputs));
    let access = app_access(case);
    let is_granted = matches!(access.status, StepStatus::Done(_));
    step(StepStatus::Ready)
        .fact("Name", id.name())
        .fact("Webspace", app.home().label())
        .arriving(is_granted.then(|| Arrival::new(case, Sign::Refusal)))
        .by_hand(access.by_hand)
        .sending(vec![certificates::import(
            destination.target(&id, &tags).keeping(existing),
            &vault.id,
            name,
        )])
}

#[cfg(test)]
mod tests;
