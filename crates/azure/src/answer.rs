//! The answer of a service, read completely, with the headers that matter.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::budget::ReportedLimit;
use super::challenge::Claims;
use super::error::Refusal;
use super::rows::RawRow;
use certdeck_model::printable;

/// Longer pauses are never waited for, and larger numbers would only overflow.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone)]
pub(crate) struct ServiceAnswer {
    pub status: u16,
    /// `Null` if the body was empty, or was an error page that is no JSON.
    pub body: Value,
    /// The rows of the list that the call names, taken out of the body.
    pub rows: Option<Vec<RawRow>>,
    pub request_id: Option<String>,
    /// The same for all requests of one process.
    pub correlation_id: Option<String>,
    pub retry_after: Option<Duration>,
    /// What is left of the limit that the request counted towards.
    pub told: Option<ReportedLimit>,
    pub location: Option<String>,
    pub operation: Option<String>,
    pub etag: Option<String>,
    /// A warning of the service about a request that it carried out.
    pub warning: Option<String>,
    /// The claims that a 401 asks for in the next token.
    pub challenge: Option<Claims>,
}

/// A resource exactly as the service answered it, to be sent back with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsItIs {
    /// The JSON of the resource.
    pub body: Value,
    /// The `ETag` header, for `If-Match`; `None` if the answer has none.
    pub etag: Option<String>,
}

impl ServiceAnswer {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: Value) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status,
            body,
            rows: None,
            request_id: header("x-ms-request-id")
                .or_else(|| header("request-id"))
                .map(|id| printable(&id).into_owned()),
            correlation_id: header("x-ms-correlation-request-id").map(|id| printable(&id).into_owned()),
            retry_after: retry_after(&header, Timestamp::now()).map(|pause| pause.min(LONGEST_PAUSE)),
            told: told(headers),
            location: header("location"),
            operation: header("azure-asyncoperation"),
            etag: header("etag"),
            warning: header("warning").map(|text| warnings(&text)),
            challenge: (status == 401).then(|| Claims::of(headers)).flatten(),
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn refusal(&self) -> Refusal {
        let mut refusal = Refusal::read(self.status, &self.body);
        refusal.request_id.clone_from(&self.request_id);
        refusal.correlation_id.clone_from(&self.correlation_id);
        refusal.retry_after = self.retry_after;
        refusal
    }

    /// The body, or `None` if there was none.
    pub(crate) fn into_body(self) -> Option<Value> {
        (!self.body.is_null()).then_some(self.body)
    }
}

/// `199 One thing.,199 Another` as `One thing. Another`: every warning has the same code.
fn warnings(header: &str) -> String {
    let each = header.split("199 ").map(|text| text.trim_matches([' ', ',', '"']));
    printable(&each.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")).into_owned()
}

/// Milliseconds, seconds or an HTTP date, depending on the service. A date is compared with the service's own
/// clock, because this machine's may be wrong.
fn retry_after(header: &dyn Fn(&str) -> Option<String>, now: Timestamp) -> Option<Duration> {
    let number = |name: &str| header(name).and_then(|text| text.trim().parse::<u64>().ok());
    if let Some(milliseconds) = number("x-ms-retry-after-ms").or_else(|| number("retry-after-ms")) {
        return Some(Duration::from_millis(milliseconds));
    }
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let date = |name: &str| {
        header(name).and_then(|text| jiff::fmt::rfc2822::parse(&text).ok()).map(|zoned| zoned.timestamp())
    };
    let from = date("date").unwrap_or(now);
    let seconds = date("retry-after")?.as_second() - from.as_second();
    Some(Duration::from_secs(seconds.try_into().unwrap_or(0)))
}

/// The smallest remaining limit in the answer: a request may count towards several. Resource Graph has its
/// own header, with the time after which the whole limit is available again.
fn told(headers: &HeaderMap) -> Option<ReportedLimit> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(left) = text("x-ms-user-quota-remaining").and_then(|text| text.trim().parse::<u32>().ok()) {
        return Some(ReportedLimit {
            left: f64::from(left),
            resets: text("x-ms-user-quota-resets-after").and_then(span),
        });
    }
    let of_arm = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-ms-ratelimit-remaining-"));
    let left = of_arm.filter_map(|(_, value)| value.to_str().ok()?.trim().parse::<u32>().ok()).min()?;
    Some(ReportedLimit { left: f64::from(left), resets: None })
}

/// `00:00:05`, hours first.
fn span(text: &str) -> Option<Duration> {
    let parts: Option<Vec<u64>> = text.trim().split(':').map(|part| part.parse().ok()).collect();
    let parts = parts.filter(|parts| parts.len() == 3 && parts.iter().all(|part| *part < 100))?;
    Some(Duration::from_secs(parts.iter().fold(0, |seconds, part| seconds * 60 + part)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_least_that_is_left_counts() {
        let read = |all: &[(&'static str, &'static str)]| told(&headers(all));
        let left = |left| Some(ReportedLimit { left, resets: None });
        assert_eq!(read(&[("x-ms-ratelimit-remaining-subscription-reads", "249")]), left(249.0));
        let several = [
            ("x-ms-ratelimit-remaining-subscription-global-writes", "2999"),
            ("x-ms-ratelimit-remaining-subscription-writes", "199"),
            ("x-ms-ratelimit-remaining-resource", "Microsoft.Compute/HighCostGet3Min;107"),
        ];
        assert_eq!(read(&several), left(199.0));
        let query = [("x-ms-user-quota-remaining", "3"), ("x-ms-user-quota-resets-after", "00:01:05")];
        assert_eq!(read(&query), Some(ReportedLimit { left: 3.0, resets: Some(Duration::from_secs(65)) }));
        let odd = [("x-ms-user-quota-remaining", "3"), ("x-ms-user-quota-resets-after", "soon")];
        assert_eq!(read(&odd), left(3.0));
        assert_eq!(read(&[("x-ms-ratelimit-remaining-subscription-reads", "-1")]), None);
        assert_eq!(read(&[("x-ms-request-id", "12")]), None);
    }

    #[test]
    fn warnings_are_sentences_without_their_codes() {
        let recorded = "199 Some of the uploaded certificates are either self-signed or expired.,199 Some of the uploaded certificates cannot be validated to a trusted CA";
        assert_eq!(
            warnings(recorded),
            "Some of the uploaded certificates are either self-signed or expired. Some of the uploaded certificates cannot be validated to a trusted CA"
        );
        assert_eq!(warnings("199 a\u{1b}[2J"), warnings("a\u{1b}[2J"));
        assert!(!warnings("199 a\u{1b}[2J").contains('\u{1b}'));
    }

    #[test]
    fn every_form_of_retry_after_is_understood() {
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let read = |headers: &[(&str, &str)]| {
            let find = |name: &str| {
                headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            retry_after(&find, now)
        };
        assert_eq!(read(&[("retry-after", "17")]), Some(Duration::from_secs(17)));
        assert_eq!(
            read(&[("retry-after", "17"), ("x-ms-retry-after-ms", "250")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(read(&[("retry-after", "Sun, 22 Nov 2026 00:00:30 GMT")]), Some(Duration::from_secs(30)));
        let skewed =
            [("retry-after", "Sun, 22 Nov 2020 00:00:30 GMT"), ("date", "Sun, 22 Nov 2020 00:00:10 GMT")];
        assert_eq!(read(&skewed), Some(Duration::from_secs(20)));
        assert_eq!(read(&[("retry-after", "Sun, 22 Nov 2020 00:00:30 GMT")]), Some(Duration::ZERO));
        assert_eq!(read(&[("retry-after", "soon")]), None);
        assert_eq!(read(&[("retry-after", "-5")]), None);
        let endless =
            ServiceAnswer::new(429, &headers(&[("retry-after", "18446744073709551615")]), Value::Null);
        assert_eq!(endless.retry_after, Some(LONGEST_PAUSE));
    }
}
