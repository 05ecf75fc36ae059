//! Claims challenges: a service refuses a token with 401 and says in `WWW-Authenticate` which claims a new
//! one must carry (learn: claims-challenge; multi-factor authentication for changes, continuous access
//! evaluation).
//!
//! Only the claims of the header are used. The sign-in service is configured; a host or tenant in the header
//! is ignored.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};

/// The maximum length of a header; real challenges have a few hundred characters.
const LONGEST: usize = 8 * 1024;

/// The standard alphabet, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Claims that a service requires in a token. They come from the service and are no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claims that the headers of a 401 ask for, if they are a claims challenge.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        texts.filter(|text| text.len() <= LONGEST).flat_map(challenges).find_map(|one| one.claims())
    }

    /// From base64, as the header and the command line contain them.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = BASE64.decode(text.trim().replace('-', "+").replace('_', "/")).ok()?;
        serde_json::from_slice(&bytes).ok().map(Self)
    }

    /// In base64, as `az login --claims-challenge` takes them.
    pub fn encoded(&self) -> String {
        STANDARD.encode(Value::Object(self.0.clone()).to_string())
    }

    /// The parameter `claims` of a token request: these claims, and the capability to answer challenges
    /// (`cp1`).
    pub fn parameter(claims: Option<&Self>) -> String {
        let mut all = claims.map(|claims| claims.0.clone()).unwrap_or_default();
        let access = all.entry("access_token").or_insert_with(|| json!({}));
        if !access.is_object() {
            *access = json!({});
        }
        access["xms_cc"] = json!({"values": ["cp1"]});
        Value::Object(all).to_string()
    }

    /// Whether a token has the requested authentication context, as far as it says. Other claims can only be
    /// checked by using the token.
    pub fn are_met_by(&self, token: &Value) -> bool {
        let Some(wanted) = self.0.get("access_token").and_then(|access| access.get("acrs")) else {
            return true;
        };
        let has = |value: &Value| {
            token.get("acrs").and_then(Value::as_array).is_some_and(|all| all.contains(value))
        };
        let several = wanted.get("values").and_then(Value::as_array).is_some_and(|all| all.iter().any(has));
        several || wanted.get("value").is_some_and(has)
    }

    /// The requested claims as half a sentence: `Azure asks for …`.
    pub fn words(&self) -> &'static str {
        let access = self.0.get("access_token");
        let asks = |claim: &str| access.is_some_and(|access| access.get(claim).is_some());
        if asks("acrs") {
            "multi-factor authentication, or what else a Conditional Access policy wants"
        } else if asks("nbf") {
            "a new sign-in: the one before was revoked, or its place or password changed"
        } else {
            "more than the sign-in gave"
        }
    }
}

/// One challenge of a header: its scheme and parameters.
#[derive(Debug, Default)]
struct Challenge<'h> {
    scheme: &'h str,
    parameters: Vec<(&'h str, String)>,
}

impl Challenge<'_> {
    fn claims(&self) -> Option<Claims> {
        let is_about_claims =
            self.scheme.eq_ignore_ascii_case("bearer") && self.only("error")? == "insufficient_claims";
        is_about_claims.then(|| Claims::decode(self.only("claims")?)).flatten()
    }

    /// A parameter that occurs once; a repeated one is ignored.
    fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }
}

/// The challenges of a header (RFC 9110, 11.6.1); parsing stops at the first malformed part.
fn challenges(header: &str) -> Vec<Challenge<'_>> {
    let mut found: Vec<Challenge<'_>> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '=' | '"'))
            .unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let (word, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            found.push(Challenge { scheme: word, parameters: Vec::new() });
            rest = after;
            continue;
        };
        let Some((value, after)) = parameter(value.trim_start()) else { return found };
        if let Some(challenge) = found.last_mut() {
            challenge.parameters.push((word, value));
        }
        rest = after;
    }
}

/// A value, quoted or not, and what comes after it.
fn parameter(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c.is_ascii_whitespace() || c == ',').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some((value, &quoted[at + 1..])),
            _ => {
                escaped = false;
                value.push(c);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MFA: &str = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19";

    fn read(headers: &[&str]) -> Option<Claims> {
        let all: HeaderMap = headers.iter().map(|text| (WWW_AUTHENTICATE, text.parse().unwrap())).collect();
        Claims::of(&all)
    }

    #[test]
    fn the_claims_of_a_challenge_are_found_wherever_they_stand() {
        let wanted = Claims::decode(MFA).unwrap();
        assert_eq!(wanted.encoded(), MFA);
        assert!(wanted.words().contains("multi-factor"));
        for header in [
            format!(
                "Bearer realm=\"\", authorization_uri=\"https://x/common\", error=\"insufficient_claims\", claims=\"{MFA}\""
            ),
            format!("Bearer claims={MFA},error=insufficient_claims"),
            format!(
                "PoP nonce=\"a, b=\\\"c\", Bearer error=\"insufficient_claims\" , claims = \"{MFA}\", Negotiate abc=="
            ),
            format!("bearer ERROR=\"insufficient_claims\", Claims=\"{MFA}\""),
        ] {
            assert_eq!(read(&[&header]), Some(wanted.clone()), "{header}");
            assert_eq!(read(&["Basic realm=\"x\"", &header]), Some(wanted.clone()), "{header}");
        }
    }

    #[test]
    fn both_alphabets_of_base64_are_understood() {
        let odd = json!({"access_token": {"x": {"value": "\u{fb}\u{3ff}?>~\u{ffff}"}}}).to_string();
        let standard = STANDARD.encode(&odd);
        let safe = standard.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
        assert_ne!(standard, safe);
        assert_eq!(Claims::decode(&standard), Claims::decode(&safe));
        assert!(Claims::decode(&safe).is_some());
    }

    #[test]
    fn what_is_no_challenge_asks_for_nothing() {
        let huge = STANDARD.encode(json!({"a": "b".repeat(LONGEST)}).to_string());
        for header in [
            "Bearer authorization=\"https://x/t\", resource=\"https://vault.azure.net\"".to_owned(),
            format!("Bearer error=\"invalid_token\", claims=\"{MFA}\""),
            format!("Basic error=\"insufficient_claims\", claims=\"{MFA}\""),
            format!("Bearer error=\"insufficient_claims\", claims=\"{MFA}\", claims=\"{MFA}\""),
            format!("Bearer error=\"insufficient_claims\", claims=\"{MFA}"),
            format!("Bearer error=\"insufficient_claims\", claims=\"{huge}\""),
            "Bearer error=\"insufficient_claims\", claims=\"%%%\"".to_owned(),
            "Bearer error=\"insufficient_claims\", claims=\"WzFd\"".to_owned(),
            "Bearer error=\"insufficient_claims\", claims=\"\"".to_owned(),
            "=\"".to_owned(),
        ] {
            assert_eq!(read(&[&header]), None, "{header}");
        }
    }

    #[test]
    fn a_token_that_has_the_context_is_told_from_one_that_is_only_new() {
        let wanted = Claims::decode(MFA).unwrap();
        assert!(wanted.are_met_by(&json!({"acrs": ["c1", "p1"]})));
        assert!(!wanted.are_met_by(&json!({"acrs": ["c1"]})) && !wanted.are_met_by(&json!({})));
        let newer = Claims::decode(&STANDARD.encode(r#"{"access_token":{"nbf":{"value":"1"}}}"#)).unwrap();
        assert!(newer.are_met_by(&json!({})));
    }

    #[test]
    fn what_certdeck_can_do_is_added_and_takes_nothing_away() {
        let wanted = Claims::decode(MFA).unwrap();
        let sent: Value = serde_json::from_str(&Claims::parameter(Some(&wanted))).unwrap();
        assert_eq!(sent["access_token"]["acrs"]["values"][0], "p1");
        assert_eq!(sent["access_token"]["xms_cc"]["values"][0], "cp1");
        assert_eq!(Claims::parameter(None), r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
        let odd = Claims::decode(&STANDARD.encode(r#"{"access_token":7}"#)).unwrap();
        assert!(Claims::parameter(Some(&odd)).contains("cp1"));
    }
}
