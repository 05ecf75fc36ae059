//! The words for every failure, in one place: why it failed and what to do (codes: API.md 1.6 and 1.3).

use super::error::{AzureError, Refusal};
use crate::model::{Problem, printable};

/// Messages of services are cut here; the rest helps nobody.
const LONGEST: usize = 600;

/// A service's code, what it means in plain words (empty: its own message says it well; `{}`: it goes there), and what to
/// do.
const CODES: &[(&str, &str, &str)] = &[
    ("AuthorizationFailed", "", "Ask an owner of the scope for a role that allows the action, then sign in again."),
    ("LinkedAuthorizationFailed", "", "Ask for write permission on the linked resource too, such as the key vault."),
    ("ExpiredAuthenticationToken", "the sign-in has expired", "Sign in again and repeat the command."),
    (
        "InvalidAuthenticationToken",
        "the sign-in was not accepted: {}",
        "Sign in again, in the tenant of the subscription; if the message names a time, check the clock of this machine.",
    ),
    ("AuthenticationFailed", "the sign-in was not accepted", "Sign in again, in the tenant of the subscription."),
    ("InvalidAuthenticationTokenTenant", "the sign-in is for another tenant", "Sign in to the tenant of the subscription."),
    (
        "MissingSubscriptionRegistration",
        "",
        "Register the resource provider for the subscription: az provider register --namespace NAME.",
    ),
    ("ResourceGroupNotFound", "", "Choose another resource group, or create this one."),
    ("ResourceNotFound", "", "Refresh: it may have been deleted or moved by somebody else."),
    ("SubscriptionNotFound", "", "Check the subscription id and the tenant that you are signed in to."),
    ("InvalidResourceLocation", "", "Choose another name, or the location where the resource already is."),
    (
        "RequestDisallowedByPolicy",
        "",
        "An Azure Policy forbids it: ask whoever owns the policy for an exemption, or change what it objects to.",
    ),
    ("04030", "", "Choose a certificate whose names cover the hostname; a wildcard stands for exactly one label."),
    ("04031", "", "The certificate must be in the same webspace as the app: import it for the app's plan, then bind."),
    ("04035", "", "Unbind the hostname or bind it to another certificate first."),
    ("04006", "", "Create the TXT record asuid.HOSTNAME with the app's verification id, then try again."),
    ("59206", "another change of this app is under way", "Wait a few seconds and repeat the command."),
    ("59207", "another change of this App Service plan is under way", "Wait a few seconds and repeat the command."),
    ("VaultAlreadyExists", "the vault name is already in use", "Vault names are unique in the whole cloud: choose another one."),
    (
        "Authorization_RequestDenied",
        "the signed-in identity may not read the directory",
        "Ask for the role Directory Readers, or have somebody who may grant the vault permissions.",
    ),
    ("AccessDenied", "", "Grant the signed-in identity the permission on the vault, by access policy or by role."),
    ("Forbidden", "", "Grant the signed-in identity the permission on the vault, by access policy or by role."),
    ("ForbiddenByPolicy", "", "Grant the signed-in identity the permission in the vault's access policies."),
    ("ForbiddenByRbac", "", "Assign the signed-in identity a Key Vault role on the vault."),
    (
        "ForbiddenByFirewall",
        "the vault's firewall does not let this machine in",
        "Allow this address in the vault's networking, or run certdeck inside the allowed network.",
    ),
    (
        "ForbiddenByConnection",
        "the vault is closed to public networks",
        "Run certdeck inside the vault's network, or allow public access.",
    ),
    ("SecretDisabled", "the secret is disabled", "Enable the secret in the vault."),
    ("SecretNotFound", "", "Check Step 1: Store; the secret was deleted or never written."),
    ("PreconditionFailed", "it was changed by somebody else since it was read", "Look again, and repeat it if it is still right."),
    ("GatewayTimeout", "", "The change may still have been made: refresh and look before repeating it."),
    (
        "InvalidApiVersionParameter",
        "this cloud does not know the version of the API",
        "Update certdeck, or check CERTDECK_ARM_ENDPOINT.",
    ),
    (
        "NoRegisteredProviderFound",
        "this cloud does not offer the service",
        "App Service certificates are sold in the public cloud only.",
    ),
];

/// Sign-in codes: what is wrong, what to do.
const SIGN_IN: &[(&str, &str, &str)] = &[
    ("AADSTS7000215", "the client secret is wrong", "Check AZURE_CLIENT_SECRET: it is the secret's value, not its id."),
    (
        "AADSTS7000222",
        "the client secret has expired",
        "Create a new client secret for the application and set AZURE_CLIENT_SECRET.",
    ),
    ("AADSTS700016", "the application does not exist in this tenant", "Check AZURE_CLIENT_ID and AZURE_TENANT_ID."),
    ("AADSTS90002", "the tenant does not exist", "Check AZURE_TENANT_ID and the cloud."),
    ("AADSTS900023", "the tenant is neither an id nor a domain name", "Check AZURE_TENANT_ID."),
    ("AADSTS50076", "the tenant asks for multi-factor authentication", "Run az login again and complete it."),
    ("AADSTS50173", "the sign-in was revoked", "Run az login again."),
    ("AADSTS700082", "the sign-in has expired through disuse", "Run az login again."),
    ("AADSTS53003", "a Conditional Access policy blocks the sign-in", "Sign in from a place or device that the policy allows."),
];

pub fn problem(error: &AzureError, what: &str) -> Problem {
    match error {
        AzureError::Refused(refusal) | AzureError::OperationFailed(refusal) => refused(refusal, what),
        AzureError::SignIn { code, message } => sign_in(code.as_deref(), message, what),
        AzureError::NoSubscription => {
            said(error, what, "Ask for the role Reader on a subscription, or sign in to the tenant that has it.")
        }
        AzureError::Setup(_) => said(error, what, "Correct the settings; certdeck config check reads them."),
        AzureError::Unreachable { .. } => said(error, what, "Check the network, the proxy and the endpoint. Nothing was sent."),
        AzureError::Tls { .. } => said(
            error,
            what,
            "If a proxy re-signs the traffic or the cloud has a CA of its own, name its CA with CERTDECK_CA_FILE.",
        ),
        AzureError::AnswerLost { .. } => said(error, what, "It may have taken effect: refresh and look before repeating it."),
        AzureError::LostSight(cause) => {
            let cause = problem(cause, what);
            let why = format!("it was accepted, and then could not be followed: {}", cause.why);
            Problem { why, remedy: "It goes on in Azure: refresh and look before repeating it.".to_owned(), ..cause }
        }
        AzureError::StillRunning { .. } => {
            said(error, what, "It goes on in Azure. Open the operation again later: it stands where Azure stands.")
        }
        AzureError::HostRefused { .. } => said(error, what, "If the address is right, correct the endpoint in the configuration."),
        AzureError::Redirected { .. } => {
            said(error, what, "Check the endpoint, and whether a proxy asks for a sign-in of its own.")
        }
        AzureError::Malformed { .. } => said(error, what, "Check the endpoint, and whether a proxy answers in Azure's place."),
    }
}

fn said(error: &AzureError, what: &str, remedy: &str) -> Problem {
    Problem::new(what, clean(&error.to_string())).remedy(remedy)
}

fn refused(refusal: &Refusal, what: &str) -> Problem {
    let known = CODES.iter().find(|(code, ..)| refusal.extended.as_deref() == Some(*code));
    let known = known.or_else(|| CODES.iter().find(|(code, ..)| refusal.code.eq_ignore_ascii_case(code)));
    let (why, remedy) = if refusal.is("ScopeLocked") {
        (locked(&refusal.message), "List its locks (l), remove the lock if that is what you want, and try again.".to_owned())
    } else if refusal.status == 429 && known.is_none() {
        let wait = refusal.retry_after.map_or("a minute".to_owned(), |wait| format!("{} s", wait.as_secs().max(1)));
        ("Azure asks to slow down: too many requests".to_owned(), format!("Wait {wait} and repeat the command."))
    } else if let Some((_, words, remedy)) = known {
        (if words.is_empty() { refusal.message.clone() } else { words.replace("{}", &refusal.message) }, (*remedy).to_owned())
    } else {
        (refusal.message.clone(), by_status(refusal.status).to_owned())
    };
    let why = if why.is_empty() { format!("the service answered {} without a reason", refusal.status) } else { clean(&why) };
    Problem::new(what, why).remedy(remedy).code(refusal.shown_code()).request_id(refusal.request_id.clone())
}

fn by_status(status: u16) -> &'static str {
    match status {
        401 => "Sign in again.",
        403 => "Ask for a role that allows the action.",
        404 => "Refresh: it may have been deleted or moved by somebody else.",
        409 | 412 => "Somebody or something else changed it meanwhile: refresh and try again.",
        500.. => "Azure has a problem of its own: try again in some minutes; https://status.azure.com says more.",
        _ => "",
    }
}

/// Names the locked scope, which the service hides in the middle of its message.
fn locked(message: &str) -> String {
    let scope = message.split("are locked: '").nth(1).and_then(|rest| rest.split('\'').next());
    let effect = if message.contains("write operation") { "changing it" } else { "deleting it" };
    scope.map_or_else(|| message.to_owned(), |scope| format!("a management lock on {scope} forbids {effect}"))
}

fn sign_in(code: Option<&str>, message: &str, what: &str) -> Problem {
    if message.contains("az not found") {
        let why = "nobody is signed in: the Azure CLI is not installed and no client secret is given";
        return Problem::new(what, why)
            .remedy("Install the Azure CLI and run az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.");
    }
    let known = SIGN_IN.iter().find(|(known, ..)| code == Some(*known));
    let (why, remedy) = known.map_or(
        (message, "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run az login."),
        |(_, why, remedy)| (*why, *remedy),
    );
    let problem = Problem::new(what, format!("sign-in failed: {}", clean(why))).remedy(remedy);
    if let Some(code) = code { problem.code(code) } else { problem }
}

fn clean(text: &str) -> String {
    let text = printable(text.trim());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
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
        let problem = refusal(409, "Conflict", Some("04030"), "The certificate does not match.").problem("Bind a.b");
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
            let problem = refusal(status, code, None, "").problem("Do it");
            assert!(!problem.why.is_empty() && !problem.remedy.is_empty(), "{status} {code}: {problem:?}");
        }
    }

    #[test]
    fn hostile_messages_arrive_printable_and_short() {
        let problem = refusal(400, "X", None, &format!("\u{1b}[2J{}", "a".repeat(5000))).problem("Do it");
        assert!(problem.why.starts_with("\\x1B[2J") && problem.why.chars().count() <= LONGEST + 1);
    }

    #[test]
    fn sign_in_codes_are_explained() {
        let error = AzureError::SignIn { code: Some("AADSTS7000215".to_owned()), message: "…".to_owned() };
        let problem = error.problem("Read the estate");
        assert_eq!(problem.why, "sign-in failed: the client secret is wrong");
        assert_eq!(problem.code.unwrap(), "AADSTS7000215");
    }
}
