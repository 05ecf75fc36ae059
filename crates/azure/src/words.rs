//! The words for every failure: why it happened and what to do. Those for the codes of the services are data,
//! `assets/errors.toml`; an unknown code is shown in the service's own words, with the ids that support asks
//! for.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::credential::Tried;
use super::error::{AzureError, Refusal};
use certdeck_model::{Problem, said as clean};

/// The words for a code.
#[derive(Debug, Deserialize)]
struct ErrorWords {
    /// Empty: the service's own sentence is good enough. `{}`: it is inserted there.
    #[serde(default)]
    why: String,
    remedy: String,
}

/// `assets/errors.toml`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct KnownErrors {
    service: HashMap<String, ErrorWords>,
    /// By words of a message that has no code.
    message: HashMap<String, ErrorWords>,
    sign_in: HashMap<String, ErrorWords>,
}

static KNOWN: LazyLock<KnownErrors> =
    LazyLock::new(|| toml::from_str(include_str!("../../../assets/errors.toml")).unwrap_or_default());

impl KnownErrors {
    /// The five digits are more specific than the code, and the code more than the message.
    fn of(&self, refusal: &Refusal) -> Option<&ErrorWords> {
        let by_code = |code: &str| {
            self.service.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, words)| words)
        };
        let by_message = || {
            self.message.iter().find(|(words, _)| refusal.message.contains(*words)).map(|(_, words)| words)
        };
        refusal.extended.as_deref().and_then(by_code).or_else(by_message).or_else(|| by_code(&refusal.code))
    }
}

pub(crate) fn problem(error: &AzureError, what: &str) -> Problem {
    match error {
        AzureError::Refused(refusal) | AzureError::OperationFailed(refusal) => refused(refusal, what),
        AzureError::SignIn { code, message } => sign_in(code.as_deref(), message, what),
        AzureError::MoreWanted { way, commands, .. } => more_wanted(error, way, commands, what),
        AzureError::Unsatisfied { .. } => said(
            error,
            what,
            "Nothing was changed. Ask an administrator of the directory which policy wants it, and whether this account can do it.",
        ),
        AzureError::NobodySignedIn(tried) => nobody(tried, what),
        AzureError::NoSubscription => said(
            error,
            what,
            "Ask for the role Reader on a subscription, or sign in to the tenant that has it: certdeck login names those of the account.",
        ),
        AzureError::Setup(_) => said(error, what, "Correct the settings; certdeck config check reads them."),
        AzureError::Unreachable { .. } => {
            said(error, what, "Check the network, the proxy and the endpoint. Nothing was sent.")
        }
        AzureError::Tls { .. } => said(
            error,
            what,
            "If a proxy re-signs the traffic or the cloud has a CA of its own, name its CA with CERTDECK_CA_FILE.",
        ),
        AzureError::AnswerLost { .. } => {
            said(error, what, "It may have taken effect: refresh and look before repeating it.")
        }
        AzureError::LostSight(cause) => {
            let cause = problem(cause, what);
            let why = format!("it was accepted, and then could not be followed: {}", cause.why);
            Problem {
                why,
                remedy: "It goes on in Azure: refresh and look before repeating it.".to_owned(),
                ..cause
            }
        }
        AzureError::StillRunning { .. } => said(
            error,
            what,
            "It goes on in Azure. Open the operation again later: it stands where Azure stands.",
        ),
        AzureError::KeepsFailing { .. } => said(
            error,
            what,
            "Refresh (C-r) to ask it again now. What you open yourself is always asked; everything else goes on without it.",
        ),
        AzureError::LeftAlone { .. } => said(
            error,
            what,
            "Nothing was sent: try again then. Other programs that sign in as the same use the limit too.",
        ),
        AzureError::NotInTime { .. } => said(
            error,
            what,
            "Allow more time with --timeout; certdeck doctor tries everything on the way one by one.",
        ),
        AzureError::HostRefused { .. } => {
            said(error, what, "If the address is right, correct the endpoint in the configuration.")
        }
        AzureError::Redirected { .. } => {
            said(error, what, "Check the endpoint, and whether a proxy asks for a sign-in of its own.")
        }
        AzureError::Malformed { .. } => {
            said(error, what, "Check the endpoint, and whether a proxy answers in Azure's place.")
        }
    }
}

fn said(error: &AzureError, what: &str, remedy: &str) -> Problem {
    Problem::new(what, clean(&error.to_string())).remedy(remedy)
}

/// A sign-in that certdeck cannot strengthen itself.
fn more_wanted(error: &AzureError, way: &str, commands: &[String], what: &str) -> Problem {
    let why = format!("{}, which the sign-in ({way}) does not have", clean(&error.to_string()));
    let remedy = match commands {
        [] => format!(
            "A {way} cannot be asked for more: ask an administrator of the directory, or sign in as a person."
        ),
        _ => format!("Run this, then run certdeck again:\n{}", commands.join("\n")),
    };
    Problem::new(what, why).remedy(remedy)
}

fn refused(refusal: &Refusal, what: &str) -> Problem {
    let known = KNOWN.of(refusal);
    let (why, remedy) = if refusal.is("ScopeLocked") {
        (
            locked(&refusal.message),
            "List its locks (l), remove the lock if that is what you want, and try again.".to_owned(),
        )
    } else if refusal.status == 429 && known.is_none() {
        let wait =
            refusal.retry_after.map_or("a little".to_owned(), |wait| format!("{} s", wait.as_secs().max(1)));
        (
            "Azure asks to slow down: too many requests".to_owned(),
            format!("Wait {wait} and repeat the command."),
        )
    } else if let Some(ErrorWords { why, remedy }) = known {
        (
            if why.is_empty() { refusal.message.clone() } else { why.replace("{}", &refusal.message) },
            remedy.clone(),
        )
    } else {
        (refusal.message.clone(), by_status(refusal.status).to_owned())
    };
    let why = match clean(&why) {
        nothing if nothing.is_empty() => format!("the service answered {} without a reason", refusal.status),
        why => why,
    };
    let problem = Problem::new(what, why)
        .remedy(remedy)
        .code(refusal.shown_code())
        .request_id(refusal.request_id.clone());
    problem.correlation_id(refusal.correlation_id.clone())
}

fn by_status(status: u16) -> &'static str {
    match status {
        401 => "Sign in again.",
        403 => "Ask for a role that allows the action.",
        404 => "Refresh: it may have been deleted or moved meanwhile.",
        409 | 412 => "It was changed meanwhile: refresh and try again.",
        500.. => {
            "Azure has a problem of its own: try again in some minutes; https://status.azure.com says more."
        }
        _ => "Correct what the service names; if it is right, ask support, with the ids that stand here.",
    }
}

/// Names the locked scope, which the service hides in the middle of its message.
fn locked(message: &str) -> String {
    let scope = message.split("are locked: '").nth(1).and_then(|rest| rest.split('\'').next());
    let effect = if message.contains("write operation") { "changing it" } else { "deleting it" };
    scope.map_or_else(|| message.to_owned(), |scope| format!("a management lock on {scope} forbids {effect}"))
}

fn sign_in(code: Option<&str>, message: &str, what: &str) -> Problem {
    let known = code.and_then(|code| KNOWN.sign_in.get(code));
    // Without a code it was no answer of the sign-in service: the code was never typed, or the answer could
    // not be understood.
    let usual = if code.is_some() {
        "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run certdeck login."
    } else {
        "Refresh (C-r) to be asked again, or run certdeck login; certdeck doctor tries every way to sign in."
    };
    let (why, remedy) = known.map_or((message, usual), |words| (words.why.as_str(), words.remedy.as_str()));
    let problem = Problem::new(what, format!("sign-in failed: {}", clean(why))).remedy(remedy);
    if let Some(code) = code { problem.code(code) } else { problem }
}

/// Why a sign-in failed, in half a sentence: `the sign-in was revoked (AADSTS50173)`.
pub(crate) fn why_not_signed_in(code: Option<&str>, message: &str) -> String {
    match code.and_then(|code| Some((code, KNOWN.sign_in.get(code)?))) {
        Some((code, words)) => format!("{} ({code})", words.why),
        None => clean(message),
    }
}

/// Every way to sign in with the reason why it failed; for a single way, the reason from its own service.
fn nobody(tried: &[Tried], what: &str) -> Problem {
    if let [one] = tried
        && let Some(start) = one.why.find("AADSTS")
    {
        let code: String = one.why[start..].chars().take_while(char::is_ascii_alphanumeric).collect();
        return sign_in(Some(&code), &one.why, what);
    }
    let ways: Vec<String> = tried.iter().map(|Tried { way, why }| format!("{way}: {}", clean(why))).collect();
    Problem::new(what, format!("there is no sign-in.\n{}", ways.join("\n")))
        .remedy("Sign in with certdeck login or az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refusal(status: u16, code: &str, extended: Option<&str>, message: &str) -> AzureError {
        let (code, extended, message) = (code.to_owned(), extended.map(str::to_owned), message.to_owned());
        AzureError::Refused(Box::new(Refusal { status, code, extended, message, ..Refusal::default() }))
    }

    #[test]
    fn a_lock_is_named_by_the_scope_that_carries_it() {
        let message = "The scope '/s/order' cannot perform delete operation because following scope(s) are locked: '/s/group'. Please remove the lock and try again.";
        let problem = refusal(409, "ScopeLocked", None, message).problem("Delete the order");
        assert_eq!(problem.why, "a management lock on /s/group forbids deleting it");
        assert_eq!(problem.code.as_deref(), Some("ScopeLocked"));
    }

    #[test]
    fn the_five_digits_tell_more_than_the_name() {
        let problem =
            refusal(409, "Conflict", Some("04030"), "The certificate does not match.").problem("Bind a.b");
        assert_eq!(problem.why, "The certificate does not match.");
        assert!(problem.remedy.contains("one label"), "{}", problem.remedy);
    }

    #[test]
    fn every_refusal_has_words_and_a_remedy() {
        for (status, code) in [
            (401, "ExpiredAuthenticationToken"),
            (403, "AuthorizationFailed"),
            (429, ""),
            (429, "TooManyRequests"),
            (500, ""),
            (503, "X"),
        ] {
            for message in ["", " "] {
                let problem = refusal(status, code, None, message).problem("Do it");
                assert!(
                    !problem.why.is_empty() && !problem.remedy.is_empty(),
                    "{status} {code}: {problem:?}"
                );
            }
        }
    }

    #[test]
    fn the_table_of_codes_is_whole() {
        let known: KnownErrors = toml::from_str(include_str!("../../../assets/errors.toml")).unwrap();
        assert!(known.service.len() > 80 && known.sign_in.len() > 50 && known.message.len() > 5);
        let all = || known.service.iter().chain(&known.message).chain(&known.sign_in);
        for (code, words) in all() {
            assert!(words.remedy.ends_with('.') && !words.why.ends_with('.'), "{code}");
        }
        assert!(
            known.sign_in.iter().all(|(code, words)| code.starts_with("AADSTS") && !words.why.is_empty())
        );
    }

    #[test]
    fn a_refusal_without_a_code_of_its_own_is_known_by_its_message() {
        let message = "The service does not have access to '/subscriptions/s/…/vaults/kv' Key Vault. Please make sure that …";
        let problem = refusal(400, "BadRequest", None, message).problem("Import it");
        assert!(problem.remedy.contains("get on secrets"), "{problem}");
    }

    #[test]
    fn an_unknown_code_is_shown_whole_with_the_ids_for_support() {
        let ids = (Some("req-1".to_owned()), Some("corr-1".to_owned()));
        let (code, message) = ("SomethingNew".to_owned(), "It is so.".to_owned());
        let refusal = Refusal {
            status: 400,
            code,
            message,
            request_id: ids.0,
            correlation_id: ids.1,
            ..Refusal::default()
        };
        let shown = AzureError::refused(refusal).problem("Do it").to_string();
        for part in ["It is so.", "SomethingNew", "req-1", "corr-1"] {
            assert!(shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn hostile_messages_arrive_printable_and_short() {
        let problem = refusal(400, "X", None, &format!("\u{1b}[2J{}", "a b ".repeat(5000))).problem("Do it");
        assert!(problem.why.starts_with("\\x1B[2J") && problem.why.chars().count() <= 601);
    }

    #[test]
    fn sign_in_codes_are_explained() {
        let error = AzureError::SignIn { code: Some("AADSTS7000215".to_owned()), message: "…".to_owned() };
        let problem = error.problem("Read the estate");
        assert_eq!(problem.why, "sign-in failed: the client secret is wrong");
        assert_eq!(problem.code.as_deref(), Some("AADSTS7000215"));
    }
}
