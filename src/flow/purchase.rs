//! Buy an App Service certificate (A67–A80): the resource group, the CAA record that must let the issuer in,
//! the order.

use jiff::{SignedDuration, Timestamp};

use super::Consent;
use super::caa::{Authority, issuer_is_allowed};
use super::tags;
use super::target::{group_id, order_id, subscription_id};
use super::{
    Again, Case, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::orders::NewOrder;
use crate::azure::{AzureError, Client, FAILED, groups, orders};
use crate::health::dns;
use crate::model::{DomainName, Estate, Hostname, Order, OrderName, Problem, ProductType};
use crate::rules::{Count, Name, Period, Rules};

const PRODUCTS: &[(&str, &str, &str)] = &[
    (
        "standard",
        "Standard (S1)",
        "Secures the domain and its www subdomain, or one subdomain by its full name.",
    ),
    ("wildcard", "Wildcard (W1)", "Secures every direct subdomain, and the domain itself: *.contoso.com."),
];

/// How often an order that is being created is looked at.
const POLL: SignedDuration = SignedDuration::from_secs(5);

pub(super) static FLOW: Flow = Flow {
    name: "purchase",
    title: "Purchase",
    summary: "Buy an App Service certificate: a private certificate that Azure manages and renews.",
    done: "The certificate is bought.",
    pages: FlowName::OF_AN_ORDER,
    about: Subject::Nothing,
    leaves: Subject::Order,
    changes: "Creates the resource group where it is missing, and the certificate order, which is charged.",
    permissions: &[
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        "Microsoft.CertificateRegistration/certificateOrders/write",
        "Microsoft.CertificateRegistration/validateCertificateRegistrationInformation/action",
    ],
    checklist: &["A67-A80"],
    command: Some(FlowCommand::changing("purchase", "", "Buy an App Service certificate, step by step.")),
    fits: row::any,
    keys: "a, Purchase an App Service certificate",
    fields: |observed, _| fields(observed),
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const BUY: Self = Self("buy");
    pub const RESOURCE_GROUP: Self = Self("resource-group");
}

fn fields(observed: &Observed) -> Vec<Field> {
    let mut fields = vec![
        Field::new(
            Key::Domain,
            "Naked domain host name",
            "The root domain, such as contoso.com. To secure one subdomain only, enter its full name.",
            FieldKind::Text,
        ),
        Field::new(
            Key::Product,
            "SKU",
            "Standard for a domain and its www, wildcard for all direct subdomains.",
            FieldKind::Choice(PRODUCTS),
        ),
        Field::new(
            Key::Order,
            "Certificate name",
            "The friendly name of your App Service certificate. It cannot be changed later.",
            FieldKind::Text,
        ),
        Field::new(
            Key::Subscription,
            "Subscription",
            "The subscription that pays for the certificate; its apps can import it.",
            FieldKind::Pick { of: Pick::Subscription, or_new: false },
        ),
        Field::new(
            Key::ResourceGroup,
            "Resource group",
            "The group of your App Service app, or a new one.",
            FieldKind::Pick { of: Pick::ResourceGroup, or_new: true },
        ),
        Field::new(
            Key::Location,
            "Region of a new group",
            "The resource group does not exist yet and will be created in this region.",
            FieldKind::Pick { of: Pick::Location, or_new: true },
        ),
        Field::new(
            Key::AutoRenew,
            "Enable auto renewal",
            "Each renewal extends the term once more, and the cost is charged to your subscription.",
            FieldKind::Toggle,
        ),
        tags::field(),
    ];
    fields.retain(|field| field.key != Key::Location || observed.group.is_absent());
    fields
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    inputs.suggest(Key::Product, "standard");
    inputs.suggest(Key::AutoRenew, "yes");
    let domain = inputs.get(Key::Domain).unwrap_or_default().trim_start_matches("*.").to_ascii_lowercase();
    let mapped = estate.apps.iter().find(|app| app.hostnames.iter().any(|host| host.as_str() == domain));
    let any = || estate.apps.iter().find(|app| app.custom_hostnames().next().is_some());
    if let Some(app) = mapped.or_else(any) {
        inputs.suggest(Key::Subscription, app.id.subscription_id());
        inputs.suggest(Key::ResourceGroup, app.id.resource_group());
    } else if let Some(subscription) = estate.subscriptions.first() {
        inputs.suggest(Key::Subscription, subscription.id.subscription_id());
    }
}

/// What a certificate for the domain typed so far would secure (A77); none while it is no hostname.
pub fn secures(inputs: &Inputs) -> Option<Vec<String>> {
    let domain = Hostname::parse(inputs.get(Key::Domain)?).ok()?;
    Some(DomainName(domain).secured_names())
}

fn product(inputs: &Inputs) -> Option<ProductType> {
    match inputs.get(Key::Product)? {
        "standard" => Some(ProductType::Standard),
        "wildcard" => Some(ProductType::Wildcard),
        _ => None,
    }
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = tags::refusal(inputs, rules, now).into_iter().collect();
    let mut refuse = |key, why: String| refusals.push((key, why));
    match Hostname::parse(inputs.typed(Key::Domain)) {
        Err(error) => refuse(Key::Domain, error.to_string()),
        Ok(domain) => match (product(inputs), domain.is_wildcard()) {
            (Some(ProductType::Standard), true) => {
                refuse(
                    Key::Domain,
                    format!(
                        "'{domain}' is a wildcard name: choose the wildcard SKU, or enter '{}'",
                        domain.base()
                    ),
                );
            }
            (Some(ProductType::Wildcard), false) => {
                refuse(
                    Key::Domain,
                    format!(
                        "a wildcard certificate is bought for '*.{domain}': enter it so, or choose the standard SKU"
                    ),
                );
            }
            _ => {}
        },
    }
    if product(inputs).is_none() {
        refuse(Key::Product, "choose standard or wildcard".to_owned());
    }
    match (inputs.get(Key::Order), &observed.order) {
        (None, _) => refuse(Key::Order, "give the certificate a name".to_owned()),
        (Some(name), _) if OrderName::parse(name).is_err() => {
            refuse(
                Key::Order,
                OrderName::parse(name).err().map(|error| error.to_string()).unwrap_or_default(),
            );
        }
        (Some(name), Seen::Here(order))
            if order_id(inputs).as_ref() == Some(&order.id) && !is_for(order, inputs) =>
        {
            let whose = if order.domain.is_empty() { "something else" } else { &order.domain };
            refuse(
                Key::Order,
                format!("an order '{name}' for {whose} exists in this resource group: choose another name"),
            );
        }
        _ => {}
    }
    if subscription_id(inputs).is_none() {
        refuse(Key::Subscription, "choose the subscription that pays".to_owned());
    }
    if group_id(inputs).is_none() {
        refuse(Key::ResourceGroup, "choose a resource group, or name a new one".to_owned());
    } else if observed.group.is_absent() && inputs.get(Key::Location).is_none() {
        refuse(
            Key::Location,
            "this resource group does not exist yet: choose its region, and it will be created".to_owned(),
        );
    }
    refusals
}

fn is_for(order: &Order, inputs: &Inputs) -> bool {
    Hostname::parse(inputs.typed(Key::Domain))
        .is_ok_and(|domain| order.domain.eq_ignore_ascii_case(domain.as_str()))
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    if let Some(group) = group_id(inputs) {
        seen.group = groups::get(client, &group).await?.into();
    }
    if let Some(order) = order_id(inputs) {
        seen.order = orders::get(client, &order).await?.into();
    }
    if let Ok(domain) = Hostname::parse(inputs.typed(Key::Domain)) {
        seen.caa = dns::caa_issuers(client.cloud(), domain.base()).await;
    }
    Ok(seen)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    // What is bought stays bought; the requirements of a new purchase do not apply to it.
    if let Some(order) = case.observed.order.here().filter(|order| is_for(order, case.inputs)) {
        return vec![with_order(buying(bought(order)), order)];
    }
    let mut steps = Vec::new();
    if case.observed.group.is_absent() {
        steps.push(new_group(case));
    }
    steps.push(caa(case));
    steps.push(buy(case));
    steps
}

fn new_group(case: &Case<'_>) -> Step {
    let title = "Create the resource group";
    let (Some(id), Some(location)) = (group_id(case.inputs), case.inputs.get(Key::Location)) else {
        let status = case.needs(&[Key::ResourceGroup, Key::Location]);
        return Step::new(StepId::RESOURCE_GROUP, title, status.unwrap_or(StepStatus::Ready));
    };
    let status = case.needs_any().unwrap_or(StepStatus::Ready);
    Step::new(StepId::RESOURCE_GROUP, title, status)
        .explained("The resource group holds the order. It costs nothing by itself.")
        .fact("Region", location)
        .sending(vec![groups::create(&id, location, &tags::given(case.inputs))])
}

/// A CAA record that names other issuers only would stop the issuance after the money is spent (A69).
fn caa(case: &Case<'_>) -> Step {
    const GODADDY: Authority = Authority {
        name: "GoDaddy",
        certificates: "App Service certificates",
        issuer: Name::OrderCaaIssuer,
        asked: Key::Domain,
    };
    let domain = case.inputs.get(Key::Domain).unwrap_or("the domain").trim_start_matches("*.");
    issuer_is_allowed(case, &GODADDY, domain, &format!("Buy a certificate for {domain}"))
}

fn buying(status: StepStatus) -> Step {
    Step::new(StepId::BUY, "Buy the certificate", status).explained(
        "Azure orders the certificate from GoDaddy. It is not usable yet afterwards: 1 Store, 2 Verify and 3 Import follow.",
    )
}

fn buy(case: &Case<'_>) -> Step {
    let inputs = case.inputs;
    if let Some(status) = case.needs_any() {
        return buying(status);
    }
    let (Some(id), Some(subscription), Some(product), Ok(domain)) = (
        order_id(inputs),
        subscription_id(inputs),
        product(inputs),
        Hostname::parse(inputs.typed(Key::Domain)),
    ) else {
        return buying(StepStatus::NeedsInput {
            key: Key::Order,
            why: "give the certificate a name".to_owned(),
        });
    };
    let renew = inputs.is_yes(Key::AutoRenew);
    let domain_name = domain.as_str().to_owned();
    let tags = tags::given(inputs);
    let order =
        NewOrder { domain: domain_name, product, auto_renew: renew, key_size: orders::KEY_SIZE, tags };
    let names = DomainName(domain).secured_names().join(", ");
    buying(StepStatus::Ready)
        .fact("Will secure", names)
        .fact("Validity", validity(case))
        .fact("Auto renewal", if renew { "on: charged again every year" } else { "off" })
        .sending(vec![
            orders::validate(&subscription, id.name(), &order).if_allowed(),
            orders::create(&id, &order),
        ])
        .again(Again::Never)
        .consent(Consent::Typed { notice: cost_notice(case, renew), word: "buy".to_owned() })
}

/// What was bought, where the form of a purchase would be.
fn with_order(step: Step, order: &Order) -> Step {
    let product = order.product.map_or("unknown", |product| match product {
        ProductType::Standard => "Standard (S1)",
        ProductType::Wildcard => "Wildcard (W1)",
    });
    step.fact("Naked domain", order.domain.as_str())
        .fact("SKU", product)
        .fact("Certificate name", order.id.name())
        .fact("Resource group", order.id.resource_group())
        .fact("Auto renewal", if order.auto_renew { "on: charged again every year" } else { "off" })
}

fn bought(order: &Order) -> StepStatus {
    if order.status.is_over() {
        return StepStatus::Blocked(
            Problem::new(
                format!("Go on with the order {}", order.id.name()),
                format!("its status is '{}'", order.status),
            )
            .remedy("buy a new certificate under another name; this order cannot be revived"),
        );
    }
    if order.provisioning_state.eq_ignore_ascii_case("InProgress") {
        return StepStatus::Waiting {
            on: "Azure to place the order".to_owned(),
            since: None,
            next_poll: POLL,
        };
    }
    let failed = FAILED.iter().any(|state| order.provisioning_state.eq_ignore_ascii_case(state));
    if failed && order.thumbprint.is_none() {
        let why = format!("Azure could not place it (provisioning state {})", order.provisioning_state);
        return StepStatus::Blocked(
            Problem::new(format!("Go on with the order {}", order.id.name()), why)
                .remedy("Look at it in the Azure portal, and whether it was charged; then delete it or buy under another name."),
        );
    }
    let note = if failed { "; what was asked of it last has failed" } else { "" };
    StepStatus::Done(format!(
        "the order {} for {} exists, status {}{note}",
        order.id.name(),
        order.domain,
        order.status
    ))
}

/// One paid year may hold several certificates (C10).
fn validity(case: &Case<'_>) -> String {
    let term = case.rules.span(Period::OrderTerm, case.now);
    let life = case.rules.span(Period::OrderCertificateLifetime, case.now);
    if life.duration() >= term.duration() {
        return term.to_string();
    }
    format!("{term}, as certificates of {life} each; Azure issues the next one at no extra cost")
}

/// What buying costs, in words: prices are never quoted (A68, A80, C35).
fn cost_notice(case: &Case<'_>, renew: bool) -> String {
    let deadline = case.rules.span(Period::OrderVerificationDeadline, case.now);
    let rule = case.rules.rule(Count::OrderPurchaseLimit, case.now);
    let limit = rule.value.map(|most| format!(" At most {most} {}.", rule.unit)).unwrap_or_default();
    let again = if renew { " and charges it again at every renewal" } else { "" };
    format!(
        "This charges the price of one App Service certificate to the subscription now{again}. For the price see Azure pricing; \
         an issued certificate is not refunded. If the domain is not verified within {deadline}, the order is denied and not charged.{limit}"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{find, group, inputs, needed, order, stand};
    use super::*;
    use crate::flow::FlowName;
    use crate::model::OrderStatus;

    fn seen() -> Observed {
        Observed {
            group: Seen::Here(group()),
            order: Seen::Absent,
            caa: Seen::Here(Vec::new()),
            ..Observed::default()
        }
    }

    fn buying(observed: &Observed, inputs: &Inputs) -> Step {
        find(&stand(FlowName::Purchase, observed, inputs), StepId::BUY).clone()
    }

    #[test]
    fn buying_asks_for_consent_to_the_cost_and_quotes_no_price_a68_a80() {
        let step = buying(&seen(), &inputs());
        assert_eq!(step.status, StepStatus::Ready);
        assert_eq!(step.plan().len(), 2);
        let Consent::Typed { notice, word } = &step.consent else { panic!("no consent asked") };
        assert_eq!(word, "buy");
        assert!(notice.contains("at every renewal") && !notice.contains('$'));
    }

    #[test]
    fn what_exists_is_never_bought_again() {
        let observed = Observed { order: Seen::Here(order(OrderStatus::PendingIssuance)), ..seen() };
        let step = buying(&observed, &inputs());
        assert!(matches!(step.status, StepStatus::Done(_)) && step.requests.is_empty());
    }

    #[test]
    fn an_order_that_azure_could_not_place_is_not_called_bought() {
        let mut failed = order(OrderStatus::PendingIssuance);
        failed.provisioning_state = "Failed".to_owned();
        let step = buying(&Observed { order: Seen::Here(failed), ..seen() }, &inputs());
        assert!(
            matches!(&step.status, StepStatus::Blocked(problem) if problem.why.contains("could not place it")),
            "{step:?}"
        );
        let mut rekeyed = order(OrderStatus::Issued);
        rekeyed.provisioning_state = "Failed".to_owned();
        let step = buying(&Observed { order: Seen::Here(rekeyed), ..seen() }, &inputs());
        assert!(matches!(&step.status, StepStatus::Done(words) if words.contains("has failed")), "{step:?}");
    }

    #[test]
    fn a_domain_is_the_same_however_it_is_typed() {
        let observed = Observed { order: Seen::Here(order(OrderStatus::PendingIssuance)), ..seen() };
        assert!(matches!(
            buying(&observed, &inputs().with(Key::Domain, " Contoso.COM. ")).status,
            StepStatus::Done(_)
        ));
    }

    #[test]
    fn an_order_of_that_name_for_another_domain_is_refused_at_the_name() {
        let observed = Observed { order: Seen::Here(order(OrderStatus::Issued)), ..seen() };
        let step = buying(&observed, &inputs().with(Key::Domain, "fabrikam.com"));
        assert_eq!(needed(&step).0, Key::Order);
        assert!(needed(&step).1.contains("contoso.com exists"));
    }

    fn refused(inputs: &Inputs) -> Vec<(Key, String)> {
        let rules = Rules::load(crate::rules::Profile::Current).unwrap();
        refusals(&seen(), inputs, &rules, crate::flow::sample::NOW.parse().unwrap())
    }

    #[test]
    fn names_that_do_not_fit_are_refused_at_their_field() {
        for (key, typed, word) in [
            (Key::Domain, "not a host", "hostname"),
            (Key::Domain, "*.contoso.com", "wildcard SKU"),
            (Key::Order, "a b", "3 to 50"),
            (Key::Product, "gold", "standard or wildcard"),
        ] {
            let (at, why) = refused(&inputs().with(key, typed)).remove(0);
            assert!(at == key && why.contains(word), "{typed}: {why}");
        }
        let wildcard = inputs().with(Key::Product, "wildcard");
        assert!(refused(&wildcard)[0].1.contains("*.contoso.com"));
    }

    #[test]
    fn a_caa_record_for_others_only_stops_the_purchase_a69() {
        let observed = Observed { caa: Seen::Here(vec!["digicert.com".to_owned()]), ..seen() };
        let steps = stand(FlowName::Purchase, &observed, &inputs());
        let StepStatus::Blocked(problem) = &crate::flow::current(&steps).unwrap().status else {
            panic!("not blocked")
        };
        assert!(problem.remedy.contains("0 issue godaddy.com"));
    }

    #[test]
    fn a_group_that_is_missing_is_created_once_everything_else_is_right() {
        let observed = Observed { group: Seen::Absent, ..seen() };
        let ask = stand(FlowName::Purchase, &observed, &inputs());
        assert_eq!(needed(find(&ask, StepId::RESOURCE_GROUP)).0, Key::Location);
        let ready = stand(FlowName::Purchase, &observed, &inputs().with(Key::Location, "westeurope"));
        assert_eq!(find(&ready, StepId::RESOURCE_GROUP).plan(), ["PUT /subscriptions/s/resourceGroups/web"]);
        let wrong = inputs().with(Key::Location, "westeurope").with(Key::Domain, "nonsense");
        assert_eq!(
            needed(find(&stand(FlowName::Purchase, &observed, &wrong), StepId::RESOURCE_GROUP)).0,
            Key::Domain
        );
    }
}
