//! Step 1: Store (A81–A93): a vault, the permissions of the two service principals, and the link from the
//! order to it.

use jiff::{SignedDuration, Timestamp};

use super::access::{Access, Party, closed_to_services, granting, judge, no_principal};
use super::arrival::Sign;
use super::chosen::order_refusal;
use super::definition::GRAPH;
use super::step::LAST_TIME;
use super::tags;
use super::target::{ORDERS, order_id, subscription_id, vault_id};
use super::{
    Arrival, Case, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Principal,
    Seen, Step, StepId, StepStatus, Subject, row,
};
use super::{principals, secret_name};
use crate::azure::vaults::{Availability, NewVault};
use crate::azure::{AzureError, Client, orders, subscriptions, vaults};
use crate::model::{Estate, Problem, ResourceId, Vault, VaultName};
use crate::rules::{Name, Names, Period, Rules};

const CHOICES: &[(&str, &str, &str)] = &[
    ("new", "Create a new vault", "certdeck creates it with the permissions that the certificate needs."),
    (
        "existing",
        "Choose an existing vault",
        "certdeck checks its permissions and offers to grant what is missing.",
    ),
];
const TIERS: &[(&str, &str, &str)] = &[
    ("standard", "Standard", "Software-protected keys; enough for App Service certificates."),
    ("premium", "Premium", "HSM-backed keys at a higher price."),
];
const MODELS: &[(&str, &str, &str)] = &[
    ("access-policy", "Access policies", "The model that App Service certificates have always supported."),
    (
        "rbac",
        "Azure RBAC",
        "Roles: Key Vault Secrets Officer and Key Vault Certificate User. Supported for orders since April 2026.",
    ),
];
const NETWORKS: &[(&str, &str, &str)] = &[
    ("public", "All networks", "The vault can be reached from everywhere; permissions still apply."),
    ("trusted", "Trusted Microsoft services only", TRUSTED),
];
/// Key Vault's list of them has App Service for what it reads, and nothing for what an order writes.
const TRUSTED: &str = "Closed to networks, open to the services that Key Vault lists. The certificate service is not on that list: storing may fail.";

/// A vault gets its DNS name in seconds.
const POLL: SignedDuration = SignedDuration::from_secs(3);

pub(super) static FLOW: Flow = Flow {
    name: "store",
    title: "Step 1: Store",
    summary: "Link the order to a key vault, where Azure will keep the certificate and its private key.",
    done: "The certificate is stored.",
    pages: FlowName::OF_AN_ORDER,
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Creates a vault where a new one is wanted, grants two service principals their permissions on it, and links the order to it.",
    permissions: &[
        "Microsoft.KeyVault/vaults/write",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.CertificateRegistration/certificateOrders/certificates/write",
        "data:secrets/list",
        "data:secrets/get",
        GRAPH,
    ],
    checklist: &["A81-A93"],
    command: Some(FlowCommand::changing(
        "store",
        "",
        "Step 1: Store the order's certificate in a key vault.",
    )),
    fits: row::of_an_order,
    keys: "3, w",
    fields: |_, inputs| fields(inputs),
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const STORE: Self = Self("store");
}

fn fields(inputs: &Inputs) -> Vec<Field> {
    let mut fields = choices(inputs);
    fields.push(tags::field());
    fields
}

fn choices(inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![Field::new(
        Key::VaultChoice,
        "Key Vault repository",
        "Azure keeps the certificate and its private key as a secret of this vault.",
        FieldKind::Choice(CHOICES),
    )];
    if !is_new(inputs) {
        fields.push(Field::new(
            Key::Vault,
            "Key vault",
            "A vault of the same subscription as the order.",
            FieldKind::Pick { of: Pick::Vault, or_new: false },
        ));
        return fields;
    }
    fields.extend([
        Field::new(
            Key::Vault,
            "Key vault name",
            "Unique in all of Azure: 3 to 24 letters, digits and dashes.",
            FieldKind::Text,
        ),
        Field::new(
            Key::VaultResourceGroup,
            "Resource group",
            "Recommended: the resource group of the certificate.",
            FieldKind::Pick { of: Pick::ResourceGroup, or_new: false },
        ),
        Field::new(
            Key::VaultLocation,
            "Region",
            "The same region as your App Service app.",
            FieldKind::Pick { of: Pick::Location, or_new: true },
        ),
        Field::new(
            Key::VaultTier,
            "Pricing tier",
            "See Key Vault pricing for what each costs.",
            FieldKind::Choice(TIERS),
        ),
        Field::new(
            Key::VaultRetention,
            "Days to retain deleted vaults",
            "A deleted vault or secret can be recovered for this long.",
            FieldKind::Text,
        ),
        Field::new(
            Key::VaultPurgeProtection,
            "Purge protection",
            "The vault cannot be purged before the retention ends. It cannot be switched off again.",
            FieldKind::Toggle,
        ),
        Field::new(
            Key::VaultRbac,
            "Permission model",
            "How access to the vault is granted.",
            FieldKind::Choice(MODELS),
        ),
        Field::new(
            Key::VaultNetwork,
            "Network access",
            "Who can reach the vault; can be restricted later.",
            FieldKind::Choice(NETWORKS),
        ),
    ]);
    fields
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let order = order_id(inputs).and_then(|id| estate.order(&id));
    if let Some(stored) = order.and_then(|order| order.stored.first()) {
        inputs.suggest(Key::VaultChoice, "existing");
        inputs.suggest(Key::Vault, stored.secret.vault.as_str());
    } else {
        inputs.suggest(Key::VaultChoice, "new");
        match inputs.get(Key::Order).filter(|_| is_new(inputs)).map(suggested_name) {
            Some(name) => inputs.suggest(Key::Vault, name),
            None => inputs.withdraw(Key::Vault),
        }
    }
    if let Some(group) = inputs.get(Key::ResourceGroup).map(str::to_owned) {
        inputs.suggest(Key::VaultResourceGroup, group);
    }
    if let Some(location) = app_location(estate, inputs) {
        inputs.suggest(Key::VaultLocation, location);
    }
    inputs.suggest(Key::VaultTier, "standard");
    inputs.suggest(Key::VaultRetention, "90");
    inputs.suggest(Key::VaultPurgeProtection, "no");
    inputs.suggest(Key::VaultRbac, "access-policy");
    inputs.suggest(Key::VaultNetwork, "public");
}

/// The region of the app that the domain is mapped to, else of the first app in the resource group (A87).
fn app_location(estate: &Estate, inputs: &Inputs) -> Option<String> {
    let domain = order_id(inputs).and_then(|id| estate.order(&id)).map(|order| order.domain.clone());
    let group = inputs.get(Key::ResourceGroup)?;
    let mapped = estate
        .apps
        .iter()
        .find(|app| app.hostnames.iter().any(|host| Some(host.as_str()) == domain.as_deref()));
    // Groups are called the same in many subscriptions.
    let own = inputs.get(Key::Subscription);
    let near = estate.apps.iter().find(|app| {
        app.id.resource_group().eq_ignore_ascii_case(group)
            && own.is_none_or(|own| app.id.subscription_id().eq_ignore_ascii_case(own))
    });
    mapped.or(near).map(|app| app.location.as_str().to_owned())
}

fn suggested_name(order: &str) -> String {
    let name = order.rsplit('/').next().unwrap_or(order);
    let mut suggestion = format!("kv-{name}").to_ascii_lowercase().replace("--", "-");
    suggestion.truncate(24);
    suggestion.trim_end_matches('-').to_owned()
}

fn is_new(inputs: &Inputs) -> bool {
    inputs.get(Key::VaultChoice) != Some("existing")
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> =
        order_refusal(observed, inputs).into_iter().chain(tags::refusal(inputs, rules, now)).collect();
    let mut refuse = |key, why: &str| refusals.push((key, why.to_owned()));
    let Some(typed) = inputs.get(Key::Vault) else {
        refuse(Key::Vault, if is_new(inputs) { "name the new vault" } else { "choose a vault" });
        return refusals;
    };
    if vault_id(inputs).is_none() {
        let why = VaultName::parse(typed)
            .err()
            .map_or_else(|| "choose the resource group".to_owned(), |error| error.to_string());
        refuse(Key::Vault, &why);
    }
    if let Some(vault) = vault_id(inputs)
        && subscription_id(inputs)
            .is_some_and(|own| !own.subscription_id().eq_ignore_ascii_case(vault.subscription_id()))
    {
        refuse(Key::Vault, "the vault must be in the order's subscription");
    }
    if !is_new(inputs) {
        if observed.vault.is_absent() {
            refuse(Key::Vault, "there is no such vault");
        }
        return refusals;
    }
    if let (Seen::Absent, Seen::Here(Availability::Taken(why))) = (&observed.vault, &observed.vault_name) {
        refuse(Key::Vault, &taken(why, inputs.get(Key::Vault).unwrap_or_default()));
    }
    if observed.vault.here().is_none() {
        if inputs.get(Key::VaultLocation).is_none() {
            refuse(Key::VaultLocation, "choose the region");
        }
        let shortest = rules.span(Period::VaultRetentionShortest, now).days();
        let longest = rules.span(Period::VaultRetentionLongest, now).days();
        let days = inputs.get(Key::VaultRetention).and_then(|text| text.parse::<i64>().ok());
        if !days.is_some_and(|days| (shortest..=longest).contains(&days)) {
            refuse(Key::VaultRetention, &format!("enter a number of days from {shortest} to {longest}"));
        }
    }
    refusals
}

/// Azure says the same of a name that another customer has and of one that a deleted vault still holds.
fn taken(why: &str, vault: &str) -> String {
    format!(
        "{} If it is a deleted vault of yours, `az keyvault recover --name {vault}` brings it back, and `az keyvault purge --name {vault}` \
         frees the name",
        why.trim_end_matches('.').to_owned() + "."
    )
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(order) = order_id(inputs) else { return Ok(seen) };
    seen.order = orders::get(client, &order).await?.into();
    if let Some(stored) = seen
        .order
        .here()
        .and_then(|order| order.stored.first())
        .filter(|stored| stored.secret.status.is_refusal())
    {
        seen.stored_tags = orders::tags_of_stored(client, &order, &stored.name).await?;
    }
    let Some(vault) = vault_id(inputs) else { return Ok(seen) };
    seen.vault = vaults::get(client, &vault).await?.into();
    if seen.vault.is_absent() && is_new(inputs) {
        let subscription = ResourceId::subscription(vault.subscription_id());
        let asked = vaults::availability(client, &subscription, vault.name()).await;
        seen.vault_name =
            seen.spare("Check whether the vault name is free", asked)?.map_or(Seen::NotAsked, Seen::Here);
        seen.tenant = subscriptions::tenant(client, &subscription).await?.into();
    }
    if !is_new(inputs) {
        secret_name::observe(client, &mut seen).await;
    }
    principals::observe(client, &mut seen).await?;
    Ok(seen)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![vault(case), vault_access(case), store(case)]
}

fn vault(case: &Case<'_>) -> Step {
    let title = if is_new(case.inputs) { "Create the key vault" } else { "Choose the key vault" };
    let step = |status| {
        Step::new(StepId::VAULT, title, status)
            .explained("Key Vault is the storage of choice for App Service certificates: Azure writes each new version there.")
    };
    if let Some(vault) = case.observed.vault.here() {
        if vault.provisioning_state.eq_ignore_ascii_case("RegisteringDns") {
            return step(StepStatus::Waiting {
                on: "the vault's DNS name".to_owned(),
                since: None,
                next_poll: POLL,
            });
        }
        return step(StepStatus::Done(format!("{} in {} exists", vault.id.name(), vault.location)));
    }
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some(id) = vault_id(case.inputs) else {
        return step(StepStatus::NeedsInput { key: Key::Vault, why: "name the new vault".to_owned() });
    };
    if case.observed.registrar.is_absent() {
        return step(StepStatus::Blocked(no_principal(Party::Registrar, &id)));
    }
    let Some(new) = new_vault(case) else {
        let problem =
            Problem::new("Create the key vault", "the directory of the subscription could not be read");
        return step(StepStatus::Blocked(
            problem.remedy("create the vault elsewhere, and choose it as an existing vault"),
        ));
    };
    let closed = !new.public_network;
    let step = step(StepStatus::Ready)
        .fact("Permission model", permission_model(new.rbac, case))
        .sending(vec![vaults::create(&id, &new)]);
    if closed { step.fact("Warning", TRUSTED) } else { step }
}

/// With a word where Azure would have chosen the other one.
fn permission_model(rbac: bool, case: &Case<'_>) -> String {
    let asked = if rbac { "Azure RBAC" } else { "access policies" };
    match case.rules.name(Name::VaultModelUnsaid, case.now) {
        unsaid if unsaid == asked => asked.to_owned(),
        unsaid => format!("{asked}; without this choice Azure takes {unsaid}"),
    }
}

/// The vault as it is asked for. Who is not known gets no policy here: the next step says how it is granted.
fn new_vault(case: &Case<'_>) -> Option<NewVault> {
    let inputs = case.inputs;
    let rbac = inputs.get(Key::VaultRbac) == Some("rbac");
    let parties = [(Party::Registrar, &case.observed.registrar), (Party::Websites, &case.observed.websites)];
    let policy = |(party, principal): (Party, &Seen<Principal>)| {
        principal.here().map(|principal| party.policy(&principal.object_id, case.rules, case.now))
    };
    let policies = parties.into_iter().filter_map(policy).collect();
    Some(NewVault {
        tenant: case.observed.tenant.here()?.clone(),
        location: inputs.get(Key::VaultLocation)?.to_owned(),
        sku: inputs.get(Key::VaultTier).unwrap_or("standard").to_owned(),
        rbac,
        policies: if rbac { Vec::new() } else { policies },
        public_network: inputs.get(Key::VaultNetwork) != Some("trusted"),
        retention_days: inputs.get(Key::VaultRetention)?.parse().ok()?,
        purge_protection: inputs.is_yes(Key::VaultPurgeProtection),
        tags: tags::given(inputs),
    })
}

fn vault_access(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::VAULT_ACCESS, "Grant Azure's services access", status).explained(
            "Two Azure services need access to this vault: certificate orders write the certificate there, App Service reads it.",
        )
    };
    let Some(vault) = case.observed.vault.here() else {
        return step(StepStatus::NeedsInput {
            key: Key::Vault,
            why: "follows once there is a vault".to_owned(),
        });
    };
    if let Some(problem) = unsuitable(vault, case) {
        return step(StepStatus::Blocked(problem));
    }
    granting(
        step(StepStatus::Ready),
        accesses(case, vault),
        StepStatus::Ready,
        "both services have the permissions they need",
    )
}

/// How the two services stand towards the vault.
fn accesses(case: &Case<'_>, vault: &Vault) -> [Access; 2] {
    [Party::Registrar, Party::Websites].map(|party| judge(case, party, vault, &case.observed.vault_roles))
}

/// What no grant can mend: a permission model of before its time, or a firewall without an exception.
fn unsuitable(vault: &Vault, case: &Case<'_>) -> Option<Problem> {
    let what = format!("Store the certificate in {}", vault.id.name());
    if vault.rbac && !case.rules.lists(Names::OrderVaultModels, case.now, "rbac") {
        let reference = case.rules.reference(Names::OrderVaultModels, case.now);
        return Some(
            Problem::new(
                what,
                "App Service certificates support only vaults with access policies, and this one uses RBAC",
            )
            .remedy("choose another vault")
            .code(reference),
        );
    }
    closed_to_services(vault, &what)
}

fn store(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::STORE, "Store the certificate in the vault", status).explained(
            "Links the order to a secret of the vault. The secret stays empty until the domain is verified.",
        )
    };
    let Some(order) = case.observed.order.here() else {
        return step(
            case.needs_any()
                .unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() }),
        );
    };
    let wanted = vault_id(case.inputs);
    if let Some(stored) = order.stored.first()
        && wanted.as_ref().is_none_or(|vault| *vault == stored.secret.vault)
    {
        let secret = &stored.secret;
        if secret.status.is_trouble() {
            let access = vault_access(case);
            let is_granted = matches!(access.status, StepStatus::Done(_));
            if (is_granted || matches!(access.status, StepStatus::NotNeeded(_))) && secret.status.is_refusal()
            {
                // Azure tries by itself hours later; the same PUT makes it try now.
                let tags = case.observed.stored_tags.with(&tags::given(case.inputs));
                let again = orders::store(&order.id, &stored.name, &secret.vault, &secret.secret, &tags);
                return step(StepStatus::Ready)
                    .fact(LAST_TIME, secret.status.words())
                    // That it was refused is what shows of the request before.
                    .showed(Some(case.now))
                    .arriving(is_granted.then(|| Arrival::new(case, Sign::State)))
                    .by_hand(access.by_hand)
                    .sending(vec![again]);
            }
            return step(StepStatus::Blocked(
                Problem::new(format!("Store the certificate of {}", order.id.name()), secret.status.words())
                    .remedy("see the permissions above, or choose another vault")
                    .code(secret.status.as_wire()),
            ));
        }
        let evidence = format!(
            "linked to the secret {} in {}: {}",
            secret.secret,
            secret.vault.name(),
            secret.status.words()
        );
        return step(StepStatus::Done(evidence));
    }
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(vault), true) = (wanted, case.observed.vault.here().is_some()) else {
        return step(StepStatus::NeedsInput {
            key: Key::Vault,
            why: "follows once there is a vault".to_owned(),
        });
    };
    // The child is called as the order is: that is where the documentation and az look for it.
    let name =
        order.id.segment(ORDERS.rsplit('/').next().unwrap_or_default()).unwrap_or_else(|| order.id.name());
    let (secret, why) = secret_name::of(case.observed, order);
    let request = orders::store(&order.id, name, &vault, &secret, &tags::given(case.inputs));
    let step = step(StepStatus::Ready).sending(vec![request]);
    match why {
        Some(why) => step.fact("Secret", secret).fact("Note", why),
        None => step,
    }
}

#[cfg(test)]
mod tests;
