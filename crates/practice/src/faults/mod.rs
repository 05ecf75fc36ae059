//! Faults on request: a rehearsal or a test says what goes wrong between a client and Azure, where, and how
//! often.
//!
//! `POST /_emulator/faults` adds a rule, GET lists them, DELETE clears them; a scenario file may define some
//! too. The rules are part of the stored state, so that a restart meets the same faults. The control paths
//! themselves never fail.

mod kind;
mod rule;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    service::IncomingRequest,
    store::Collection,
};

pub(crate) use kind::FaultKind;
pub(crate) use rule::FaultRule;

const RULES: Collection<RuleState> = Collection::new("fault");

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/faults", list),
    Route::new(HttpMethod::Post, "_emulator/faults", add),
    Route::new(HttpMethod::Delete, "_emulator/faults", clear),
    Route::new(HttpMethod::Delete, "_emulator/faults/{number}", remove),
];

/// A rule and its counters.
#[derive(Debug, Serialize, Deserialize)]
struct RuleState {
    rule: FaultRule,
    /// The number of requests that matched it.
    met: u32,
    /// The number of those that it disturbed.
    disturbed: u32,
}

/// The fault for this request, if any: the first rule that matches and whose turn it is decides.
pub(crate) fn meet(ctx: &CloudContext<'_>, incoming: &IncomingRequest) -> Result<Option<FaultKind>, Fault> {
    for (key, mut kept) in ctx.tx.scan(&RULES, "")? {
        if !kept.rule.fits(incoming) || kept.rule.is_spent(kept.disturbed) {
            continue;
        }
        kept.met += 1;
        let strikes = kept.rule.strikes(kept.met);
        kept.disturbed += u32::from(strikes);
        ctx.tx.put(&RULES, &key, &kept)?;
        if strikes {
            return Ok(Some(kept.rule.fault));
        }
    }
    Ok(None)
}

/// Adds a rule after the others and returns its number.
pub(crate) fn plant(ctx: &CloudContext<'_>, rule: FaultRule) -> Result<u32, Fault> {
    let last = ctx.tx.scan(&RULES, "")?.pop().and_then(|(key, _)| key.parse::<u32>().ok()).unwrap_or(0);
    let kept = RuleState { rule, met: 0, disturbed: 0 };
    ctx.tx.put(&RULES, &key(last + 1), &kept)?;
    Ok(last + 1)
}

/// Ten digits, so that keys sort like numbers.
fn key(number: u32) -> String {
    format!("{number:010}")
}

fn list(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let show = |(key, kept): (String, RuleState)| {
        let number = key.parse::<u32>().unwrap_or_default();
        json!({"number": number, "rule": kept.rule, "met": kept.met, "disturbed": kept.disturbed})
    };
    let value: Vec<Value> = ctx.tx.scan(&RULES, "")?.into_iter().map(show).collect();
    Ok(Reply::ok(json!({ "value": value })))
}

/// `{"method": "PUT", "path": "*/certificateOrders/*", "count": 1, "fault": {"kind": "reset", "when":
/// "after"}}`
fn add(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let rule: FaultRule = serde_json::from_value(call.body.clone())
        .map_err(|error| Fault::invalid(format!("A fault: {error}.")))?;
    rule.check().map_err(Fault::invalid)?;
    let number = plant(ctx, rule.clone())?;
    Ok(Reply::created(json!({"number": number, "rule": rule})))
}

fn clear(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let all = ctx.tx.scan(&RULES, "")?;
    for (key, _) in &all {
        ctx.tx.remove(&RULES, key)?;
    }
    Ok(Reply::ok(json!({"removed": all.len()})))
}

fn remove(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let number: u32 =
        call.param("number").parse().map_err(|_| Fault::invalid("A fault is removed by its number."))?;
    if ctx.tx.remove(&RULES, &key(number))? {
        return Ok(Reply::ok(json!({"removed": 1})));
    }
    Err(Fault::arm(404, "FaultNotFound", format!("There is no fault {number}.")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixture::Fixture;

    fn struck(cloud: &Fixture, method: &str, path: &str) -> bool {
        let incoming = IncomingRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            ..IncomingRequest::default()
        };
        cloud.with(|ctx| meet(ctx, &incoming).unwrap()).is_some()
    }

    fn rule(json: Value) -> FaultRule {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_rule_skips_then_disturbs_as_often_as_it_says_and_no_other_request() {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        let rule = rule(
            json!({"method": "put", "path": "*/Sites/*", "skip": 1, "count": 2, "fault": {"kind": "truncated"}}),
        );
        cloud.with(|ctx| plant(ctx, rule).unwrap());
        assert!(!struck(&cloud, "GET", "/x/sites/shop"));
        assert!(!struck(&cloud, "PUT", "/x/certificates/shop"));
        let turns: Vec<bool> = (0..5).map(|_| struck(&cloud, "PUT", "/x/sites/shop")).collect();
        assert_eq!(turns, [false, true, true, false, false]);
    }

    #[test]
    fn the_same_seed_disturbs_the_same_requests_about_as_often_as_asked_for() {
        let turns = |seed: u64| -> Vec<bool> {
            let cloud = Fixture::new("2026-11-23T00:00:00Z");
            let rule = rule(json!({"probability": 0.3, "seed": seed, "fault": {"kind": "reset"}}));
            cloud.with(|ctx| plant(ctx, rule).unwrap());
            (0..200).map(|_| struck(&cloud, "GET", "/")).collect()
        };
        let first = turns(7);
        assert_eq!(first, turns(7));
        assert_ne!(first, turns(8));
        let count = first.iter().filter(|struck| **struck).count();
        assert!((35..85).contains(&count), "{count}");
    }

    #[test]
    fn a_rule_that_means_nothing_is_refused() {
        for wrong in [
            json!({"probability": 2.0, "fault": {"kind": "reset"}}),
            json!({"fault": {"kind": "status", "status": 20}}),
            json!({"fault": {"kind": "clock-skew", "by": "soon"}}),
        ] {
            assert!(rule(wrong.clone()).check().is_err(), "{wrong}");
        }
        let unknown = json!({"fault": {"kind": "explosion"}});
        assert!(serde_json::from_value::<FaultRule>(unknown).is_err());
        let misspelt = json!({"cuont": 1, "fault": {"kind": "reset"}});
        assert!(serde_json::from_value::<FaultRule>(misspelt).is_err());
    }
}
