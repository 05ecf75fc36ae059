//! What could not be read, collected and then named: many subscriptions with the same trouble are one gap.

use super::kind::Kind;
use crate::azure::error::AzureError;
use crate::model::{Gap, Subscription};

/// Subscriptions that are named one by one.
const NAMED: usize = 5;

#[derive(Debug, Default)]
pub struct Gaps {
    /// Of a kind, with the reason, the places of the subscriptions.
    lists: Vec<(Kind, String, Vec<usize>)>,
    others: Vec<Gap>,
}

impl Gaps {
    /// A list of a subscription that could not be read to its end.
    pub fn add(&mut self, kind: Kind, subscription: usize, error: &AzureError) {
        // Of a provider that is not registered a subscription has nothing.
        if error.refusal().is_some_and(|refusal| refusal.is("MissingSubscriptionRegistration")) {
            return;
        }
        let why = error.problem(kind.words()).why;
        match self.lists.iter_mut().find(|(of, because, _)| *of == kind && *because == why) {
            Some((.., subscriptions)) => subscriptions.push(subscription),
            None => self.lists.push((kind, why, vec![subscription])),
        }
    }

    pub fn add_one(&mut self, what: String, error: &AzureError) {
        let why = error.problem(&what).why;
        self.others.push(Gap { what, why });
    }

    pub fn named(self, subscriptions: &[Subscription]) -> Vec<Gap> {
        let gap = |(kind, why, mut places): (Kind, String, Vec<usize>)| {
            places.sort_unstable();
            let names: Vec<&str> = places.iter().take(NAMED).map(|place| subscriptions[*place].name.as_str()).collect();
            let more = places.len() - names.len();
            let more = if more > 0 { format!(" and {more} more subscriptions") } else { String::new() };
            Gap { what: format!("{} of {}{more}", kind.words(), names.join(", ")), why }
        };
        self.lists.into_iter().map(gap).chain(self.others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Refusal;
    use crate::model::ResourceId;

    fn refused(code: &str) -> AzureError {
        AzureError::refused(Refusal { status: 403, code: code.to_owned(), message: "no right".to_owned(), ..Refusal::default() })
    }

    fn subscriptions(count: usize) -> Vec<Subscription> {
        let one =
            |n: usize| Subscription { id: ResourceId::subscription(&n.to_string()), name: format!("S{n}"), state: String::new() };
        (0..count).map(one).collect()
    }

    #[test]
    fn what_cannot_be_read_is_named_and_what_cannot_exist_is_not() {
        let mut gaps = Gaps::default();
        gaps.add(Kind::Plans, 0, &refused("MissingSubscriptionRegistration"));
        gaps.add(Kind::Plans, 1, &refused("AuthorizationFailed"));
        let gap = Gap { what: "App Service plans of S1".to_owned(), why: "no right".to_owned() };
        assert_eq!(gaps.named(&subscriptions(2)), [gap]);
    }

    #[test]
    fn the_same_trouble_everywhere_is_one_gap() {
        let mut gaps = Gaps::default();
        (0..7).rev().for_each(|place| gaps.add(Kind::Orders, place, &refused("AuthorizationFailed")));
        let named = gaps.named(&subscriptions(7));
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].what, "certificate orders of S0, S1, S2, S3, S4 and 2 more subscriptions");
    }
}
