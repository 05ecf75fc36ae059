//! What only the cloud can tell: DNS, TLS, clock, who signs in how, and what they may do.

use super::{CheckResult, State};
use crate::azure::{AzureError, Client, Deadline, Tried, Who, graph, permissions, providers, subscriptions};
use crate::cli::session::Session;
use crate::cli::{CliError, Exit, deadline};
use crate::config::Target;
use crate::flow::FlowName;
use crate::model::{Subscription, reason};
use crate::rules::Names;

/// Looked at one by one; more would take a minute.
const MOST_SUBSCRIPTIONS: usize = 20;

type Tell<'t> = &'t mut (dyn FnMut(CheckResult) -> Result<(), CliError> + Send);

/// `at` names what is being looked at.
pub(super) async fn checks(
    session: &Session,
    target: &Target,
    ends: Deadline,
    at: &mut &'static str,
    tell: Tell<'_>,
) -> Result<(), CliError> {
    tell(context(target))?;
    tell(dns(target).await)?;
    // Connecting asks a cloud that is not known for its endpoints: TLS and CA are tried on the way.
    *at = "reach";
    let client = match session.client(target, None).await {
        Ok(client) => deadline::client(&client, ends),
        Err(error) => return tell(CheckResult::new("reach", State::Bad(error.exit()), error.to_string())),
    };
    let (reach, reached) = reach(&client).await;
    tell(reach)?;
    if !reached {
        return Ok(());
    }
    let asks_for_more = !session.rules()?.names(Names::MfaForChanges, client.now()).is_empty();
    *at = "sign-in";
    let (ways, signed_in) = sign_in(&client, asks_for_more).await;
    ways.into_iter().try_for_each(&mut *tell)?;
    if !signed_in {
        return Ok(());
    }
    *at = "graph";
    tell(directory(&client, target).await)?;
    *at = "subscriptions";
    match subscriptions::list(&client).await {
        Err(error) => {
            let problem = error.problem("List the subscriptions");
            tell(
                CheckResult::new("subscriptions", State::Bad(Exit::Cloud), problem.why)
                    .remedy(problem.remedy),
            )
        }
        Ok(found) => {
            tell(seen(&found, target))?;
            *at = "permissions";
            for one in found.iter().take(MOST_SUBSCRIPTIONS) {
                tell(may(&client, one).await)?;
                tell(registered(one, providers::missing(&client, &one.id).await))?;
            }
            let more = found.len().saturating_sub(MOST_SUBSCRIPTIONS);
            let note = |more| {
                CheckResult::new(
                    "permissions",
                    State::Note,
                    format!("{more} more subscriptions were not looked at"),
                )
            };
            if more == 0 {
                Ok(())
            } else {
                tell(note(more).remedy("Name those that matter under subscriptions in the context."))
            }
        }
    }
}

fn context(target: &Target) -> CheckResult {
    let marks = [
        (target.production == Some(true), "production"),
        (target.read_only, "read-only: every change is refused"),
    ];
    let marks: Vec<&str> = marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark).collect();
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    CheckResult::new("context", State::Good, format!("{} at {}{marks}", target.name, target.arm_endpoint))
}

async fn dns(target: &Target) -> CheckResult {
    let host = target.arm_endpoint.host_str().unwrap_or_default();
    let port = target.arm_endpoint.port_or_known_default().unwrap_or(443);
    match tokio::net::lookup_host((host, port))
        .await
        .map(|found| found.map(|address| address.ip().to_string()).collect::<Vec<_>>())
    {
        Ok(found) if !found.is_empty() => {
            CheckResult::new("dns", State::Good, format!("{host} is {}", found.join(", ")))
        }
        Ok(_) => CheckResult::new("dns", State::Warning, format!("{host} has no address")),
        // Behind a proxy the proxy looks names up.
        Err(why) => {
            CheckResult::new("dns", State::Warning, format!("{host} cannot be looked up: {}", reason(&why)))
                .remedy("Check the resolver, unless everything goes through a proxy.")
        }
    }
}

async fn reach(client: &Client) -> (CheckResult, bool) {
    let arm = &client.cloud().arm;
    if let Err(error) = client.reach().await {
        let problem = error.problem("Reach it");
        return (
            CheckResult::new("reach", State::Bad(Exit::Cloud), problem.why).remedy(problem.remedy),
            false,
        );
    }
    let (difference, ahead) = (client.clock_difference(), client.clock().ahead());
    let (state, words, remedy) = match (difference, ahead) {
        (Some(difference), _) => {
            let practice = if client.cloud().practice.is_some() {
                ", unless the practice cloud's was set on purpose"
            } else {
                ""
            };
            let remedy = format!(
                "Set this machine's clock (timedatectl set-ntp true){practice}: tokens are refused where clocks differ by minutes."
            );
            (State::Warning, format!("{arm} answers over TLS; {difference}"), remedy)
        }
        (None, Some(ahead)) => {
            let seconds = ahead.as_secs();
            let clock =
                if seconds.abs() <= 2 { "right".to_owned() } else { format!("{} s off", seconds.abs()) };
            (State::Good, format!("{arm} answers over TLS; this machine's clock is {clock}"), String::new())
        }
        (None, None) => (
            State::Warning,
            format!("{arm} answers over TLS and does not say what time it is"),
            String::new(),
        ),
    };
    (CheckResult::new("reach", state, words).remedy(remedy), true)
}

/// Every way in the order in which they are tried; the first that is there decides. `asks_for_more` is
/// whether Azure takes changes only from people who gave a second factor.
async fn sign_in(client: &Client, asks_for_more: bool) -> (Vec<CheckResult>, bool) {
    let mut checks = Vec::new();
    let mut decided = None;
    for (way, outcome) in client.rehearse_sign_in().await {
        let (state, words, remedy) = match outcome {
            Ok(who) if decided.is_none() => {
                decided = Some(true);
                if asks_for_more && who.second_factor == Some(false) {
                    let words =
                        format!("{way}: without a second factor; Azure asks for one at the first change");
                    checks.push(CheckResult::new("sign-in", State::Note, words));
                }
                (
                    State::Good,
                    format!("{way}: {}, and this is the one that is used", shown(&who)),
                    String::new(),
                )
            }
            Ok(who) => (State::Note, format!("{way}: {}, not used", shown(&who)), String::new()),
            Err(AzureError::NobodySignedIn(tried)) => {
                let why = tried.into_iter().map(|Tried { why, .. }| why).collect::<Vec<_>>().join("; ");
                (State::Note, format!("{way}: not used: {why}"), String::new())
            }
            Err(error) => {
                let problem = error.problem("Sign in");
                let state = if decided.is_none() { State::Bad(Exit::Cloud) } else { State::Note };
                decided.get_or_insert(false);
                (state, format!("{way}: {}", problem.why), problem.remedy)
            }
        };
        checks.push(CheckResult::new("sign-in", state, words).remedy(remedy));
    }
    if decided.is_none() {
        let check = CheckResult::new("sign-in", State::Bad(Exit::Cloud), "there is no sign-in");
        checks.push(check.remedy("Run certdeck login or az login, or give an application's credential."));
    }
    (checks, decided == Some(true))
}

fn shown(who: &Who) -> String {
    let tenant = who.tenant.as_ref().map(|tenant| format!(" of the tenant {tenant}")).unwrap_or_default();
    format!("{}{tenant}", who.name)
}

fn seen(found: &[Subscription], target: &Target) -> CheckResult {
    let is_seen = |wanted: &&String| {
        found.iter().any(|one| {
            wanted.eq_ignore_ascii_case(&one.name) || wanted.eq_ignore_ascii_case(one.id.subscription_id())
        })
    };
    let missing: Vec<&str> =
        target.subscriptions.iter().filter(|wanted| !is_seen(wanted)).map(String::as_str).collect();
    let words = format!("{} to be seen", found.len());
    match (found.len(), missing.is_empty()) {
        (_, false) => {
            CheckResult::new("subscriptions", State::Warning, format!("{words}; not {}", missing.join(", ")))
                .remedy("Check subscriptions in the context, and ask for the role Reader on them.")
        }
        (0, true) => CheckResult::new("subscriptions", State::Bad(Exit::Cloud), words)
            .remedy("Ask for the role Reader on a subscription, or sign in to the tenant that has it."),
        _ => CheckResult::new("subscriptions", State::Good, words),
    }
}

/// Whether flows can find out who Microsoft's two services are in the tenant.
async fn directory(client: &Client, target: &Target) -> CheckResult {
    if target.principals.are_whole() {
        return CheckResult::new(
            "graph",
            State::Good,
            "not needed: the settings name the object ids of both services",
        );
    }
    match graph::look_up(client, client.cloud().websites_app_id()).await {
        Ok(Some(_)) => CheckResult::new(
            "graph",
            State::Good,
            "Microsoft Graph tells the object ids of Microsoft's services",
        ),
        Ok(None) => CheckResult::new(
            "graph",
            State::Warning,
            "Microsoft Graph answers, and the tenant has no service principal of App Service",
        )
        .remedy("Register the provider: az provider register --namespace Microsoft.Web"),
        Err(error) => {
            let problem = error.problem("Look up a service principal");
            let words = format!(
                "{}; flows do without, but cannot grant App Service its permission on a vault",
                problem.why
            );
            CheckResult::new("graph", State::Warning, words).remedy(format!(
                "Grant the identity {} in Microsoft Graph or the role Directory Readers, or name the object ids in the settings: \
                 [contexts.NAME.principals].",
                graph::PERMISSION
            ))
        }
    }
}

/// What each flow needs of ARM against what the roles give. Permissions inside a vault are the vault's own
/// matter.
async fn may(client: &Client, one: &Subscription) -> CheckResult {
    let held = match permissions::of(client, &one.id).await {
        Ok(held) => held,
        Err(error) => {
            let problem = error.problem("Read the permissions");
            return CheckResult::new(
                "permissions",
                State::Warning,
                format!("{}: not to be known: {}", one.name, problem.why),
            )
            .remedy(problem.remedy);
        }
    };
    let lacks = |flow: &FlowName| {
        let needed = flow.definition().permissions.iter().filter(|action| !action.contains(':'));
        let missing: Vec<&str> =
            needed.copied().filter(|action| !permissions::allow(&held, action)).collect();
        (!missing.is_empty()).then(|| format!("not {}: {}", flow.title(), missing.join(", ")))
    };
    let lacking: Vec<String> = FlowName::ALL.iter().filter_map(lacks).collect();
    let able = FlowName::ALL.len() - lacking.len();
    let words = format!("{}: {able} of {} guided operations", one.name, FlowName::ALL.len());
    if lacking.is_empty() {
        return CheckResult::new("permissions", State::Good, words);
    }
    CheckResult::new("permissions", State::Warning, format!("{words}\n{}", lacking.join("\n")))
        .remedy("Ask an owner for a role with these actions, on the subscription or on the resource groups that matter.")
}

/// What is not registered has nothing in the subscription, and cannot be made there.
fn registered(one: &Subscription, missing: Result<Vec<&str>, AzureError>) -> CheckResult {
    let name = &one.name;
    match missing {
        Ok(missing) if missing.is_empty() => {
            CheckResult::new("provider", State::Good, format!("{name}: all are registered"))
        }
        Ok(missing) => CheckResult::new(
            "provider",
            State::Warning,
            format!("{name}: not registered: {}", missing.join(", ")),
        )
        .remedy(format!(
            "az provider register --subscription {} --namespace {}",
            one.id.subscription_id(),
            missing[0]
        )),
        Err(error) => {
            let problem = error.problem("Read the providers");
            CheckResult::new("provider", State::Warning, format!("{name}: not to be known: {}", problem.why))
                .remedy(problem.remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceId;

    #[test]
    fn a_provider_that_is_not_registered_is_named_with_its_subscription() {
        let one = Subscription {
            id: ResourceId::subscription("s"),
            name: "Contoso Test".to_owned(),
            state: String::new(),
        };
        let check = registered(&one, Ok(vec!["Microsoft.CertificateRegistration"]));
        assert_eq!(
            (check.state, &*check.words),
            (State::Warning, "Contoso Test: not registered: Microsoft.CertificateRegistration")
        );
        assert!(check.remedy.contains("az provider register"), "{}", check.remedy);
    }
}
