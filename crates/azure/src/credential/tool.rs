//! A sign-in of another program, when a service requires more claims than it gave: only that program can sign
//! in again. The person runs its command, and the waiting requests continue.

use super::super::challenge::Claims;
use super::super::error::AzureError;
use super::chain::LibrarySignIn;
use super::desk::{ShownPrompt, SignIn, given_up};
use super::{FetchedToken, Means, Token, Who, party, sdk};
use certdeck_model::{SignInReply, ToolCommand};

/// How often the person may report that they ran the command before it gives up.
const TRIES: usize = 10;

/// The command that the program needs, as its own messages give it; the tenant is that of the refused token.
///
/// The scope is the one for which certdeck requests tokens: the program caches tokens by scope, and would
/// otherwise return the old one. Sources: Azure/azure-cli#31699, Azure/azure-dev#5545.
fn command(identity: &LibrarySignIn, audience: &str, refused: &Token, claims: &Claims) -> Vec<String> {
    let encoded = claims.encoded();
    let tenant =
        Who::of(refused).tenant.filter(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    let (LibrarySignIn::AzureCli { tenant: configured }
    | LibrarySignIn::AzureDeveloperCli { tenant: configured }) = identity
    else {
        return Vec::new();
    };
    let tenant = tenant.or_else(|| configured.clone());
    if matches!(identity, LibrarySignIn::AzureCli { .. }) {
        let tenant = tenant.map(|id| format!(" --tenant \"{id}\"")).unwrap_or_default();
        return vec![format!(
            "az login{tenant} --scope \"{audience}/.default\" --claims-challenge \"{encoded}\""
        )];
    }
    let of = tenant.map(|id| format!(" --tenant-id \"{id}\"")).unwrap_or_default();
    vec![
        format!("azd auth token{of} --scope \"{audience}/.default\" --claims \"{encoded}\""),
        format!("azd auth login{of}"),
    ]
}

/// Asks the person to run the command, and requests the token again afterwards.
pub(super) async fn borrow_again(
    means: &Means,
    identity: &LibrarySignIn,
    audience: &str,
    refused: &Token,
    claims: &Claims,
) -> Result<FetchedToken, AzureError> {
    let (tool, lines) = (identity.name(), command(identity, audience, refused, claims));
    let wanted =
        AzureError::MoreWanted { way: tool, wants: claims.words().to_owned(), commands: lines.clone() };
    // The program may have signed in meanwhile; a token that is only newer would be refused again.
    if let Ok(access) = sdk::fetch(means, identity, audience).await
        && access.token.expose() != refused.expose()
        && party::claims(access.token.expose()).is_some_and(|token| claims.are_met_by(&token))
    {
        return Ok(access);
    }
    let Some(desk) = &means.desk else { return Err(wanted) };
    let (mut shown, mut answers) = (ShownPrompt::at(desk), desk.hear());
    let mut why = format!("Azure asks for {}", claims.words());
    for _ in 0..TRIES {
        desk.tell(SignIn::Tool(ToolCommand { tool, lines: lines.clone(), why: why.clone() }));
        if answers.one_of(&[SignInReply::GiveUp, SignInReply::GoOn]).await == SignInReply::GiveUp {
            shown.end(Err(given_up()));
            return Err(wanted);
        }
        why = match sdk::fetch(means, identity, audience).await {
            Ok(access) if access.token.expose() != refused.expose() => {
                shown.end(Ok(Who::of(&access.token).name));
                return Ok(access);
            }
            Ok(_) => format!("{tool} still has the sign-in that Azure refused"),
            Err(miss) => format!("{tool} gave no sign-in: {}", miss.into_error(tool)),
        };
    }
    shown.end(Err(wanted.clone()));
    Err(wanted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_command_is_azs_own_with_the_tenant_of_the_refused_token() {
        use base64::Engine as _;
        let claims = Claims::decode("eyJhY2Nlc3NfdG9rZW4iOnt9fQ==").unwrap();
        let token = |payload: &str| {
            let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
            Token::from(format!("h.{body}.s").as_str())
        };
        let az = LibrarySignIn::AzureCli { tenant: Some("contoso.com".to_owned()) };
        let lines = command(&az, "https://management.azure.com", &token(r#"{"tid":"11-22"}"#), &claims);
        let expected = "az login --tenant \"11-22\" --scope \"https://management.azure.com/.default\" \
                        --claims-challenge \"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"";
        assert_eq!(lines, [expected]);
        // The tenant in a token is used only if it has the form of an id.
        let odd = command(&az, "https://vault.azure.net", &token(r#"{"tid":"\"; reboot"}"#), &claims);
        assert!(
            odd[0].starts_with(
                "az login --tenant \"contoso.com\" --scope \"https://vault.azure.net/.default\""
            ),
            "{odd:?}"
        );
        let azd =
            command(&LibrarySignIn::AzureDeveloperCli { tenant: None }, "https://a", &token("{}"), &claims);
        assert_eq!(azd[1], "azd auth login");
    }
}
