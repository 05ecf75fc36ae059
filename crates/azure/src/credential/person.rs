//! Sign-in of a person: with a saved sign-in, or by asking. The result is saved, so that the next start need
//! not ask.

use secrecy::ExposeSecret;

use serde_json::Value;

use super::super::error::AzureError;
use super::super::words;
use super::chain::{Door, Miss};
use super::desk::{ShownPrompt, given_up};
use super::party::{SignInParty, TokenRequest, failed};
use super::{FetchedToken, Means, browser, device_code};
use certdeck_model::SignInReply;

/// How one way of asking a person ended.
pub(super) enum PromptEnd {
    /// With an answer of the sign-in service.
    Answer(Result<Value, AzureError>),
    /// The person chose something else.
    Reply(SignInReply),
}

/// With a saved sign-in.
pub(super) async fn quietly(
    means: &Means,
    tenant: Option<&str>,
    client_id: Option<&str>,
    wanted: TokenRequest<'_>,
) -> Result<FetchedToken, Miss> {
    let nobody = || Miss::Absent("there is no sign-in yet".to_owned());
    let saved = means.saved.as_ref().ok_or_else(nobody)?;
    let party = SignInParty::new(means, tenant, client_id)?;
    let kept = saved
        .of(party.authority, party.tenant, party.client_id)
        .map_err(|error| Miss::Absent(error.to_string()))?;
    let (scope, claims, mut refused) = (wanted.scope(), wanted.claims(), None);
    for one in kept {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", party.client_id),
            ("refresh_token", one.refresh_token.expose_secret()),
            ("scope", &scope),
            ("claims", &claims),
        ];
        let answer = party.post("token", &form).await?;
        if answer.is_success() {
            return Ok(party.take(&answer.body, Some(saved))?.0);
        }
        refused = Some(failed(&answer));
    }
    match refused {
        // The saved sign-in is no longer valid: treated as no sign-in, with the reason.
        Some(AzureError::SignIn { code, message }) => {
            Err(Miss::Absent(words::why_not_signed_in(code.as_deref(), &message)))
        }
        Some(error) => Err(Miss::Failed(error)),
        None => Err(nobody()),
    }
}

/// Asks the person one way, and waits as long as they take; they may switch to the other way. `why` gives the
/// reason for asking.
pub(super) async fn ask(
    means: &Means,
    tenant: Option<&str>,
    client_id: Option<&str>,
    wanted: TokenRequest<'_>,
    mut door: Door,
    why: &str,
) -> Result<FetchedToken, Miss> {
    let Some(desk) = &means.desk else {
        return Err(Miss::Absent(format!("{why}, and there is no terminal to ask on")));
    };
    let party = SignInParty::new(means, tenant, client_id)?;
    let (mut shown, mut answers) = (ShownPrompt::at(desk), desk.hear());
    let signed_in = loop {
        let ended = match door {
            Door::DeviceCode => tokio::select! {
                answer = device_code::converse(&party, desk, wanted, why) => PromptEnd::Answer(answer),
                reply = answers.one_of(&[SignInReply::GiveUp, SignInReply::ByBrowser]) => PromptEnd::Reply(reply),
            },
            Door::Browser { port } => browser::converse(&party, desk, &mut answers, wanted, port, why).await,
        };
        match ended {
            PromptEnd::Answer(answer) => break answer,
            PromptEnd::Reply(SignInReply::ByBrowser) => door = Door::Browser { port: 0 },
            PromptEnd::Reply(SignInReply::ByCode) => door = Door::DeviceCode,
            PromptEnd::Reply(_) => break Err(given_up()),
        }
    };
    let taken = signed_in.and_then(|answer| party.take(&answer, means.saved.as_ref()));
    shown.end(taken.as_ref().map(|(_, who)| who.clone()).map_err(Clone::clone));
    Ok(taken?.0)
}
