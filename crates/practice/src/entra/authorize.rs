//! Sign-in by browser: a page on which the person agrees, a redirect back to the program with a code, and the
//! tokens for the code and its verifier (RFC 6749, RFC 7636, RFC 8252).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{PERSON, SignInSubject, claims::Carries, grants, grants::FormFields, random, refusal};
use crate::{
    context::CloudContext,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    store::Collection,
};

/// The life of a code in seconds, as in Entra.
const LIFETIME: i64 = 600;

/// Issued codes, by code. They expire by the real clock, and used ones are remembered.
const CODES: Collection<Given> = Collection::private("authorization-codes");

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Given {
    scope: String,
    redirect: String,
    challenge: String,
    begun: i64,
    carries: Carries,
    is_used: bool,
}

/// GET `/{tenant}/oauth2/v2.0/authorize`: the page; no code is issued before the person agrees.
pub(crate) fn page(form: &FormFields) -> ReplyResult {
    check(form)?;
    let field = |(name, value): &(String, String)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    let hidden = form.iter().map(field).collect::<Vec<_>>().concat();
    let html = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Practice sign-in</title><h1>Sign in to the practice cloud</h1>\
         <form method=\"post\">{hidden}<button>Sign in as {PERSON}</button></form>"
    );
    Ok(Reply::new(200, ReplyBody::Text("text/html; charset=utf-8", html)))
}

/// POST of that page: redirects back to the program with a code.
pub(crate) fn agree(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    let mut back = check(form)?;
    let code = random(64);
    let given = Given {
        scope: grants::field(form, "scope").to_owned(),
        redirect: grants::field(form, "redirect_uri").to_owned(),
        challenge: grants::field(form, "code_challenge").to_owned(),
        begun: Timestamp::now().as_second(),
        carries: Carries::asked(tenant, form)?,
        is_used: false,
    };
    ctx.tx.put(&CODES, &code, &given)?;
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", grants::field(form, "state"))
        .append_pair("session_state", &random(16));
    Ok(Reply::empty(302).header("location", back.to_string()))
}

/// The token endpoint for a code.
pub(crate) fn redeem(ctx: &CloudContext<'_>, tenant: &str, form: &FormFields) -> ReplyResult {
    let refused = |number, text: &str| Err(refusal(400, "invalid_grant", number, text));
    let code = grants::field(form, "code");
    let Some(given) = ctx.tx.get(&CODES, code)? else {
        return refused(70_000, "The provided value for the 'code' parameter is not valid, sent by app");
    };
    if given.is_used {
        let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
                    refresh token, sent by app";
        return refused(54_005, text);
    }
    if Timestamp::now().as_second() - given.begun >= LIFETIME {
        return refused(70_008, "The provided authorization code has expired for app");
    }
    if given.redirect != grants::field(form, "redirect_uri") {
        return refused(
            500_112,
            "The reply address does not match the one provided when requesting the code, by app",
        );
    }
    if BASE64URL.encode(Sha256::digest(grants::field(form, "code_verifier"))) != given.challenge {
        return refused(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request of app",
        );
    }
    let carries = given.carries.and(Carries::asked(tenant, form)?);
    ctx.tx.put(&CODES, code, &Given { is_used: true, ..given.clone() })?;
    grants::answer(
        &ctx.setting.authority,
        SignInSubject::Person,
        &[("scope".to_owned(), given.scope)],
        carries,
    )
}

/// The redirect URI; a request that a public client must not make is refused on the page itself.
fn check(form: &FormFields) -> Result<Url, Fault> {
    let refused = |number, text: &str| Err(refusal(400, "invalid_request", number, text));
    let field = |name| grants::field(form, name);
    if field("client_id").is_empty() || field("scope").is_empty() || field("response_type") != "code" {
        return refused(
            900_144,
            "The request must contain 'client_id', 'scope' and 'response_type=code', sent by app",
        );
    }
    let is_loopback = |url: &Url| url.scheme() == "http" && url.host_str() == Some("localhost");
    let Some(back) = Url::parse(field("redirect_uri")).ok().filter(is_loopback) else {
        return refused(
            50_011,
            "The redirect URI specified in the request does not match those configured for the application",
        );
    };
    if field("code_challenge_method") != "S256" || field("code_challenge").len() != 43 {
        return refused(
            9_002_325,
            "Proof Key for Code Exchange (S256) is required for public clients such as",
        );
    }
    Ok(back)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixture::Fixture;

    const BACK: &str = "http://localhost:8400";
    const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-standard";

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn asked(redirect: &str, challenge: &str) -> Vec<(String, String)> {
        form(&[
            ("client_id", "tools"),
            ("response_type", "code"),
            ("scope", "https://management.azure.com/.default openid"),
            ("redirect_uri", redirect),
            ("state", "s&\"<"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ])
    }

    fn number(outcome: ReplyResult) -> u64 {
        outcome.unwrap_err().body["error_codes"][0].as_u64().unwrap()
    }

    #[test]
    fn a_code_is_good_once_with_its_verifier_and_its_redirect_alone() {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        let challenge = BASE64URL.encode(Sha256::digest(VERIFIER));
        let code = || {
            let reply = cloud.with(|ctx| agree(ctx, "organizations", &asked(BACK, &challenge)).unwrap());
            let back = Url::parse(&reply.headers[0].1).unwrap();
            let find = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
            assert_eq!(find("state"), "s&\"<");
            find("code")
        };
        let redeem = |code: &str, verifier: &str, redirect: &str| {
            cloud.with(|ctx| {
                redeem(
                    ctx,
                    "organizations",
                    &form(&[("code", code), ("code_verifier", verifier), ("redirect_uri", redirect)]),
                )
            })
        };
        let one = code();
        assert_eq!(number(redeem(&one, "another", BACK)), 501_481);
        assert_eq!(number(redeem(&one, VERIFIER, "http://localhost:1")), 500_112);
        assert!(redeem(&one, VERIFIER, BACK).is_ok());
        assert_eq!(number(redeem(&one, VERIFIER, BACK)), 54_005);
        assert_eq!(number(redeem("guessed", VERIFIER, BACK)), 70_000);
    }

    #[test]
    fn only_a_loopback_address_and_a_hashed_challenge_are_taken() {
        let challenge = "c".repeat(43);
        for redirect in ["https://evil.example/", "http://localhost.evil.example/", "http://127.0.0.1:1", "x"]
        {
            assert_eq!(number(page(&asked(redirect, &challenge))), 50_011, "{redirect}");
        }
        assert_eq!(number(page(&asked(BACK, "short"))), 9_002_325);
        let ReplyBody::Text(_, html) = page(&asked(BACK, &challenge)).unwrap().body else { unreachable!() };
        assert!(html.contains("s&amp;&quot;&lt;") && html.contains("method=\"post\""), "{html}");
    }
}
