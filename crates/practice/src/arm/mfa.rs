//! Multi-factor authentication for changes: ARM refuses creations, changes and deletions by a person who
//! signed in without a second factor, until their token carries the claims that the response asks for. Reads
//! and workload identities are exempt.

use crate::{
    calendar,
    call::{Call, HttpMethod},
    context::CloudContext,
    entra::claims,
    reply::Fault,
};

/// Refuses a change by a person who gave no second factor.
pub(super) fn require(ctx: &CloudContext<'_>, call: &Call) -> Result<(), Fault> {
    let (word, effect) = match call.method {
        HttpMethod::Put | HttpMethod::Patch => ("Create", "create or update"),
        HttpMethod::Delete => ("Delete", "delete"),
        HttpMethod::Get | HttpMethod::Head | HttpMethod::Post => return Ok(()),
    };
    let authority = &ctx.setting.authority;
    let fact =
        if authority.switches.postpones_mfa() { calendar::MFA_PUT_OFF } else { calendar::MFA_FOR_CHANGES };
    if !call.caller.is_person || call.caller.has_mfa || !fact.at(ctx.now) {
        return Ok(());
    }
    let message = format!(
        "Resource '{}' was disallowed by Azure: Users must use MFA for {word} operation. Users must authenticate with \
         multi-factor authentication to {effect} resources.",
        call.target().name()
    );
    let challenge = claims::challenge(&authority.origin, &claims::mfa());
    Err(Fault::arm(401, "RequestDisallowedByAzure", message).header("www-authenticate", challenge))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{call::Caller, fixture::Fixture};

    fn is_refused(now: &str, method: HttpMethod, caller: Caller, postponed: bool) -> bool {
        let cloud = Fixture::new(now);
        cloud.setting.authority.switches.postpone_mfa(postponed);
        let call = Call {
            method,
            segments: vec![
                "subscriptions".to_owned(),
                "s".to_owned(),
                "resourceGroups".to_owned(),
                "g".to_owned(),
            ],
            query: Vec::new(),
            body: json!({}),
            caller,
            if_match: None,
            origin: String::new(),
            params: Vec::new(),
        };
        cloud.with(|ctx| require(ctx, &call)).is_err_and(|fault| fault.status == 401)
    }

    #[test]
    fn people_need_a_second_factor_for_changes_from_the_day_on_and_nobody_else_does() {
        let person = || Caller { is_person: true, ..Caller::default() };
        assert!(!is_refused("2025-09-30T23:00:00Z", HttpMethod::Put, person(), false));
        for method in [HttpMethod::Put, HttpMethod::Patch, HttpMethod::Delete] {
            assert!(is_refused("2025-10-01T00:00:00Z", method, person(), false));
        }
        for method in [HttpMethod::Get, HttpMethod::Head, HttpMethod::Post] {
            assert!(!is_refused("2026-12-01T00:00:00Z", method, person(), false));
        }
        assert!(!is_refused("2026-06-30T00:00:00Z", HttpMethod::Put, person(), true), "put off");
        assert!(is_refused("2026-07-01T00:00:00Z", HttpMethod::Put, person(), true), "no longer");
        assert!(!is_refused(
            "2026-12-01T00:00:00Z",
            HttpMethod::Put,
            Caller { has_mfa: true, ..person() },
            false
        ));
        assert!(
            !is_refused("2026-12-01T00:00:00Z", HttpMethod::Put, Caller::default(), false),
            "an application"
        );
    }
}
