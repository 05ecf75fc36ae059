//! What could not be read, collected and then named: many subscriptions with the same problem are one gap.

use jiff::Timestamp;

use super::kind::ResourceKind;
use crate::error::AzureError;
use certdeck_model::{Gap, Problem, Subscription};

/// The maximum number of subscriptions or apps that are named individually.
const NAMED: usize = 5;

#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// What could not be read, why, and the indices of the subscriptions.
    lists: Vec<(Missing, Problem, Vec<usize>)>,
    /// Apps whose own certificates could not be read, by reason.
    apps: Vec<(Problem, Vec<String>)>,
    others: Vec<Gap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    List(ResourceKind),
    /// Everything of the subscription that was not read before it began to fail.
    Rest,
}

impl Gaps {
    /// Adds a list of a subscription that could not be read completely.
    pub(super) fn add(&mut self, kind: ResourceKind, subscription: usize, error: &AzureError) {
        let (missing, problem) = match error {
            AzureError::KeepsFailing { why, until, .. } => (Missing::Rest, left_out(why, *until)),
            _ => (Missing::List(kind), error.problem(kind.words())),
        };
        let is_same = |(of, because, _): &&mut (Missing, Problem, Vec<usize>)| {
            *of == missing && because.why == problem.why && because.code == problem.code
        };
        match self.lists.iter_mut().find(is_same) {
            Some((.., subscriptions)) if subscriptions.contains(&subscription) => {}
            Some((.., subscriptions)) => subscriptions.push(subscription),
            None => self.lists.push((missing, problem, vec![subscription])),
        }
    }

    /// Adds an app whose own certificates could not be read.
    pub(super) fn add_app(&mut self, label: String, error: &AzureError) {
        let problem = error.problem("private key certificates of single apps");
        let is_same = |(because, _): &&mut (Problem, Vec<String>)| {
            because.why == problem.why && because.code == problem.code
        };
        match self.apps.iter_mut().find(is_same) {
            Some((_, apps)) => apps.push(label),
            None => self.apps.push((problem, vec![label])),
        }
    }

    /// The indices of the subscriptions whose list of this kind, or more of them, could not be read.
    pub(super) fn without(&self, kind: ResourceKind) -> impl Iterator<Item = usize> {
        let concerns = move |missing: Missing| missing == Missing::Rest || missing == Missing::List(kind);
        self.lists
            .iter()
            .filter(move |(missing, ..)| concerns(*missing))
            .flat_map(|(.., places)| places.iter().copied())
    }

    /// Adds the number of apps that were not asked for their own certificates, although they are bound to one
    /// that is in no list.
    pub(super) fn add_unasked(&mut self, apps: usize) {
        let problem =
            Problem::new("private key certificates of single apps", "there are too many of them to ask each")
                .remedy("Look at fewer subscriptions (s) to see the certificates of all their apps.");
        self.others.push(Gap::new(format!("the own certificates of {apps} apps"), problem));
    }

    pub(super) fn add_one(&mut self, what: String, error: &AzureError) {
        let problem = error.problem(&what);
        self.others.push(Gap::new(what, problem));
    }

    pub(super) fn named(self, subscriptions: &[Subscription]) -> Vec<Gap> {
        let gap = |(missing, problem, mut places): (Missing, Problem, Vec<usize>)| {
            places.sort_unstable();
            let names: Vec<&str> = places.iter().map(|place| subscriptions[*place].name.as_str()).collect();
            let whose = first_of(&names, "subscriptions");
            match missing {
                Missing::List(kind) => Gap::new(format!("{} of {whose}", kind.words()), problem),
                Missing::Rest => Gap::new(whose, problem),
            }
        };
        let of_apps = |(problem, mut apps): (Problem, Vec<String>)| {
            apps.sort();
            let apps: Vec<&str> = apps.iter().map(String::as_str).collect();
            Gap::new(format!("the own certificates of {}", first_of(&apps, "apps")), problem)
        };
        self.lists.into_iter().map(gap).chain(self.apps.into_iter().map(of_apps)).chain(self.others).collect()
    }
}

/// `a, b, c, d, e and 2 more subscriptions`
fn first_of(names: &[&str], what: &str) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more {what}"),
    }
}

fn left_out(why: &str, until: Timestamp) -> Problem {
    let until = until.strftime("%H:%M:%S UTC");
    Problem::new("", format!("keeps failing ({why}), left out")).remedy(format!(
        "The others answered, so this reading went on without it. Refresh (C-r) to ask it again now; what you open of it \
         yourself is always asked. Nothing else asks it before {until}."
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::Refusal;
    use certdeck_model::ResourceId;

    fn refused(code: &str) -> AzureError {
        AzureError::refused(Refusal {
            status: 403,
            code: code.to_owned(),
            message: "no right".to_owned(),
            ..Refusal::default()
        })
    }

    fn subscriptions(count: usize) -> Vec<Subscription> {
        let one = |n: usize| Subscription {
            id: ResourceId::subscription(&n.to_string()),
            name: format!("S{n}"),
            state: String::new(),
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn what_cannot_be_read_is_named_with_what_support_asks_for_and_what_cannot_exist_hides_nothing() {
        let mut gaps = Gaps::default();
        gaps.add(ResourceKind::Plans, 0, &refused("MissingSubscriptionRegistration"));
        gaps.add(ResourceKind::Plans, 1, &refused("AuthorizationFailed"));
        let named = gaps.named(&subscriptions(2));
        let [nothing, refused] = named.as_slice() else { panic!("{named:?}") };
        assert_eq!((nothing.what.as_str(), nothing.hides_something()), ("App Service plans of S0", false));
        assert!(nothing.problem.remedy.contains("az provider register"), "{}", nothing.problem);
        assert_eq!((refused.what.as_str(), refused.hides_something()), ("App Service plans of S1", true));
        assert_eq!(refused.problem.what, "Read App Service plans of S1");
        assert_eq!(refused.problem.code.as_deref(), Some("AuthorizationFailed"));
    }

    #[test]
    fn the_same_trouble_everywhere_is_one_gap() {
        let mut gaps = Gaps::default();
        (0..7).rev().for_each(|place| gaps.add(ResourceKind::Orders, place, &refused("AuthorizationFailed")));
        let named = gaps.named(&subscriptions(7));
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].what, "certificate orders of S0, S1, S2, S3, S4 and 2 more subscriptions");
    }

    #[test]
    fn a_subscription_that_keeps_failing_is_one_gap_whatever_was_still_to_be_read_of_it() {
        let mut gaps = Gaps::default();
        let failing = |second| AzureError::KeepsFailing {
            what: "the subscription 1".to_owned(),
            why: "HTTP 503".to_owned(),
            until: jiff::Timestamp::constant(second, 0),
        };
        for (nth, kind) in (0..).zip(ResourceKind::ALL) {
            gaps.add(kind, 1, &failing(nth));
        }
        let named = gaps.named(&subscriptions(2));
        assert_eq!((named.len(), named[0].what.as_str()), (1, "S1"));
        assert!(named[0].problem.why.contains("keeps failing (HTTP 503)"), "{}", named[0].problem);
    }
}
