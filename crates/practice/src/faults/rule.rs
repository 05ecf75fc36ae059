//! Which requests a fault applies to, and how often it strikes.

use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::{pattern::is_like, service::IncomingRequest};

/// A fault with the requests that it applies to; omitted members match every request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A path without its query; `*` matches anything; any casing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Host and port in the same form: `kv-shop.vault.*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    pub fault: FaultKind,
    /// The number of matching requests that pass first.
    #[serde(default)]
    pub skip: u32,
    /// The number of requests to disturb; without it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The probability that such a request is disturbed: 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// The same seed disturbs the same requests again.
    #[serde(default)]
    pub seed: u64,
}

fn always() -> f64 {
    1.0
}

impl FaultRule {
    /// Checks that the rule is valid; the error says in words why not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!("probability is {}, and goes from 0 to 1.", self.probability));
        }
        self.fault.check()
    }

    pub(crate) fn fits(&self, incoming: &IncomingRequest) -> bool {
        let fits = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| is_like(pattern, text))
        };
        fits(&self.method, &incoming.method)
            && fits(&self.path, &incoming.path)
            && fits(&self.host, &incoming.host)
    }

    pub(crate) fn is_spent(&self, disturbed: u32) -> bool {
        self.count.is_some_and(|count| disturbed >= count)
    }

    /// Whether the `met`-th matching request, counted from 1, is disturbed.
    pub(crate) fn strikes(&self, met: u32) -> bool {
        // Each request has its own generator, so that the result does not depend on what happened before a
        // restart.
        let own = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(met));
        met > self.skip && fastrand::Rng::with_seed(own).f64() < self.probability
    }
}
