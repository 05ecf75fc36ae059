//! The whole estate in one look: several subscriptions at once, and what cannot be read becomes a gap with a name.

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;

use super::client::Client;
use super::error::AzureError;
use super::{certificates, groups, orders, plans, public_certificates, sites, subscriptions, vaults};
use crate::model::{App, Binding, Estate, Gap, Order, Plan, PrivateCertificate, ResourceGroup, Subscription, Vault};

/// Each subscription asks seven questions at once, and ARM counts requests per subscription (API.md 1.3).
const SUBSCRIPTIONS_AT_ONCE: usize = 8;
const APPS_AT_ONCE: usize = 16;

/// Reads everything the signed-in identity may see. `progress` gets the estate so far, indexed and usable, with a note
/// on what is still being read. Only a failed sign-in, or no subscription at all, is an error.
pub async fn load(client: &Client, progress: impl Fn(Estate, String)) -> Result<Estate, AzureError> {
    let client = &client.in_background();
    let mut estate = Estate::default();
    estate.as_of = Timestamp::now();
    estate.subscriptions = subscriptions::list(client).await?;
    let all = estate.subscriptions.len();
    if all == 0 {
        return Err(AzureError::NoSubscription);
    }
    progress(estate.clone().indexed(), format!("reading {all} subscriptions"));
    let subscriptions = estate.subscriptions.clone();
    // Collected, because a stream that holds the closure cannot move to another thread.
    let parts: Vec<_> = subscriptions.iter().map(|one| Part::read(client, one)).collect();
    let mut parts = stream::iter(parts).buffered(SUBSCRIPTIONS_AT_ONCE);
    let mut read = 0_usize;
    while let Some(part) = parts.next().await {
        part.join(&mut estate);
        read += 1;
        // Told ever more rarely, so that all the copies together are no larger than two estates.
        if read.is_power_of_two() || read == all {
            progress(estate.clone().indexed(), format!("{read} of {all} subscriptions read"));
        }
    }
    public_certificates(client, &mut estate).await;
    Ok(estate.indexed())
}

/// What one subscription holds.
#[derive(Default)]
struct Part {
    groups: Vec<ResourceGroup>,
    plans: Vec<Plan>,
    apps: Vec<App>,
    bindings: Vec<Binding>,
    certificates: Vec<PrivateCertificate>,
    orders: Vec<Order>,
    vaults: Vec<Vault>,
    gaps: Vec<Gap>,
}

impl Part {
    async fn read(client: &Client, subscription: &Subscription) -> Self {
        let id = &subscription.id;
        // Orders are not sold in national clouds (A65): nothing is missing there.
        let orders = async { if client.cloud().national { Ok(Vec::new()) } else { orders::list(client, id).await } };
        let (groups, plans, apps, slots, certificates, orders, vaults) = futures::join!(
            groups::list(client, id),
            plans::list(client, id),
            sites::apps(client, id),
            sites::slots(client, id),
            certificates::list(client, id),
            orders,
            vaults::list(client, id),
        );
        let mut part = Self::default();
        let of = |what: &str| format!("{what} of {}", subscription.name);
        part.groups = found(groups, &of("resource groups"), &mut part.gaps);
        part.plans = found(plans, &of("App Service plans"), &mut part.gaps);
        part.certificates = found(certificates, &of("private key certificates"), &mut part.gaps);
        part.orders = found(orders, &of("certificate orders"), &mut part.gaps);
        part.vaults = found(vaults, &of("key vaults"), &mut part.gaps);
        let apps = found(apps, &of("apps"), &mut part.gaps);
        let slots = found(slots, &of("slots"), &mut part.gaps);
        for site in apps.into_iter().chain(slots) {
            part.apps.push(site.app);
            part.bindings.extend(site.bindings);
        }
        part
    }

    fn join(self, estate: &mut Estate) {
        estate.groups.extend(self.groups);
        estate.plans.extend(self.plans);
        estate.apps.extend(self.apps);
        estate.bindings.extend(self.bindings);
        estate.certificates.extend(self.certificates);
        estate.orders.extend(self.orders);
        estate.vaults.extend(self.vaults);
        estate.gaps.extend(self.gaps);
    }
}

/// There is no list of public certificates but each app's own.
async fn public_certificates(client: &Client, estate: &mut Estate) {
    let apps: Vec<_> =
        estate.apps.iter().map(|app| async { (app.label(), public_certificates::list(client, &app.id).await) }).collect();
    let answers: Vec<_> = stream::iter(apps).buffered(APPS_AT_ONCE).collect().await;
    for (app, answer) in answers {
        let certificates = found(answer, &format!("public certificates of {app}"), &mut estate.gaps);
        estate.public_certificates.extend(certificates);
    }
}

fn found<T>(answer: Result<Vec<T>, AzureError>, what: &str, gaps: &mut Vec<Gap>) -> Vec<T> {
    answer.unwrap_or_else(|error| {
        // Of a provider that is not registered a subscription has nothing.
        if !error.refusal().is_some_and(|refusal| refusal.is("MissingSubscriptionRegistration")) {
            gaps.push(Gap { what: what.to_owned(), why: error.problem(what).why });
        }
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Refusal;

    #[test]
    fn what_cannot_be_read_is_named_and_what_cannot_exist_is_not() {
        let mut gaps = Vec::new();
        let refused = |code: &str| {
            let refusal = Refusal { status: 403, code: code.to_owned(), message: "no right".to_owned(), ..Refusal::default() };
            Err::<Vec<Plan>, _>(AzureError::refused(refusal))
        };
        assert!(found(refused("MissingSubscriptionRegistration"), "plans of Test", &mut gaps).is_empty());
        assert_eq!(gaps, []);
        found(refused("AuthorizationFailed"), "plans of Test", &mut gaps);
        assert_eq!(gaps, [Gap { what: "plans of Test".to_owned(), why: "no right".to_owned() }]);
    }
}
