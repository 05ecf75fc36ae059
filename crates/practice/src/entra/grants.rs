//! The token endpoint: one function per grant type.

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{
    SignInSubject, TokenIssuer, assertion, authorize, claims::Carries, device_code, refusal, tenants,
};
use crate::{
    context::CloudContext,
    principals,
    reply::{Fault, Reply, ReplyResult},
};

/// A form as it was posted.
pub(super) type FormFields = [(String, String)];

/// A field of a form; empty where it is missing.
pub(super) fn field<'f>(form: &'f FormFields, name: &str) -> &'f str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

/// POST `/{tenant}/oauth2/v2.0/token`, form-encoded; also the older `/oauth2/token`.
pub(crate) fn token(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    match field(form, "grant_type") {
        "client_credentials" => client_credentials(ctx, tenant, form),
        "urn:ietf:params:oauth:grant-type:device_code" => device_code::redeem(ctx, tenant, form),
        "authorization_code" => authorize::redeem(ctx, tenant, form),
        "refresh_token" => refresh(ctx, tenant, form),
        _ => {
            Err(refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."))
        }
    }
}

fn client_credentials(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    let authority = &ctx.setting.authority;
    let client = field(form, "client_id");
    let is_guest = tenants::is_guests(tenant);
    let is_known = |account: &&principals::SignInAccount| {
        !is_guest && client.eq_ignore_ascii_case(account.principal.app_id)
    };
    let Some(account) = principals::account(client).filter(is_known) else {
        let directory = if is_guest { tenants::GUEST.name } else { "Contoso" };
        let text =
            format!("Application with identifier '{client}' was not found in the directory '{directory}'.");
        return Err(refusal(400, "unauthorized_client", 700_016, &text));
    };
    let application = account.principal;
    match field(form, "client_assertion") {
        "" if field(form, "client_secret") == authority.secret_of(&application).expose_secret() => {}
        "" => {
            let text = "Invalid client secret provided. Ensure the secret being sent in the request is the client \
                 secret value, not the client secret ID, for a secret added to app";
            return Err(refusal(401, "invalid_client", 7_000_215, text));
        }
        assertion => assertion::verify(ctx, assertion, &application)?,
    }
    answer(
        authority,
        SignInSubject::Application(application),
        form,
        Carries { mfa: false, ..Carries::asked(tenant, form)? },
    )
}

/// A refresh token is valid for every audience, as Entra's are.
fn refresh(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    let authority = &ctx.setting.authority;
    let claims = authority.open(field(form, "refresh_token")).filter(|claims| claims["typ"] == "refresh");
    let claims = claims.ok_or_else(|| {
        refusal(400, "invalid_grant", 9_002_313, "Invalid request. The refresh token is malformed.")
    })?;
    if claims["session"].as_u64() != Some(authority.switches.session()) {
        let text = "The refresh token has expired due to inactivity or was revoked. Sign in again for app";
        return Err(refusal(400, "invalid_grant", 700_082, text));
    }
    let asked = Carries::asked(tenant, form)?;
    let mfa = claims["mfa"] == true;
    if asked.mfa && !mfa {
        let text = "Due to a configuration change made by your administrator, or because you moved to a new location, you \
                    must use multi-factor authentication to access the resource, asked for by app";
        return Err(refusal(400, "invalid_grant", 50_076, text));
    }
    answer(authority, SignInSubject::Person, form, Carries { mfa, ..asked })
}

/// The tokens for the scope that the form asks for.
pub(super) fn answer(
    authority: &TokenIssuer,
    subject: SignInSubject,
    form: &FormFields,
    carries: Carries,
) -> ReplyResult {
    let (token, lifetime) = authority.access(subject, &audience(form)?, carries);
    let mut body = json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token});
    if subject == SignInSubject::Person {
        let refresh = json!({"typ": "refresh", "session": authority.switches.session(), "mfa": carries.mfa});
        body["refresh_token"] = authority.sign(&refresh).into();
        body["id_token"] = authority.id_token(field(form, "client_id"), carries.guest).into();
        body["scope"] = field(form, "scope").into();
        if field(form, "client_info") == "1" {
            body["client_info"] = authority.client_info(carries.guest).into();
        }
    }
    Ok(Reply::ok(body))
}

/// The resource among the scopes, or the older parameter `resource`.
fn audience(form: &FormFields) -> Result<String, Fault> {
    let scope = match field(form, "scope") {
        "" => field(form, "resource"),
        scope => scope,
    };
    let about_the_person = ["openid", "profile", "email", "offline_access"];
    let resource = scope.split_whitespace().find(|one| !about_the_person.contains(one)).unwrap_or_default();
    let audience = resource.trim_end_matches(".default").trim_end_matches('/');
    if audience.is_empty() {
        let text = "The request body must contain the following parameter: 'scope'.";
        return Err(refusal(400, "invalid_request", 900_144, text));
    }
    Ok(audience.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixture::Fixture;

    fn ask(secret: &str) -> ReplyResult {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", principals::CERTDECK.app_id),
            ("client_secret", secret),
            ("scope", "https://management.azure.com/.default"),
        ];
        let form = form.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Fixture::new("2026-01-01T00:00:00Z").with(|ctx| token(ctx, "organizations", &form))
    }

    #[test]
    fn a_wrong_secret_is_refused_with_entras_code() {
        let fault = ask("wrong").unwrap_err();
        assert_eq!(fault.status, 401);
        assert!(fault.body["error_description"].as_str().unwrap().starts_with("AADSTS7000215"));
    }
}
