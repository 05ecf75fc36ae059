//! Reads JSON from outside: a missing, null or oddly typed part is absent, never an error, and all text is
//! made safe for a terminal.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::{Map, Value};

use certdeck_model::{Hostname, IdError, ResourceId, Tags, Thumbprint, printable};

/// The elements of a list answer, whether it is an array or wrapped in `value`.
pub(crate) fn elements(answer: &Value) -> &[Value] {
    let list = answer.as_array().or_else(|| answer.get("value").and_then(Value::as_array));
    list.map_or(&[], Vec::as_slice)
}

/// The text at a JSON pointer; an empty one counts as absent.
pub(crate) fn text(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(printable(text).into_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The text at a JSON pointer, empty if there is none.
pub(crate) fn text_or_empty<T: From<String>>(value: &Value, pointer: &str) -> T {
    text(value, pointer).unwrap_or_default().into()
}

pub(crate) fn flag(value: &Value, pointer: &str) -> bool {
    match value.pointer(pointer) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// A whole number, even if it is written as text.
pub(crate) fn number(value: &Value, pointer: &str) -> Option<u32> {
    text(value, pointer)?.parse().ok()
}

/// The texts of the array at a JSON pointer.
pub(crate) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(|text| printable(text).into_owned()).collect()
}

/// The hostnames of the array at a JSON pointer; texts that are no hostnames are omitted.
/// International names in the form that DNS has; what is no hostname is left out.
pub(crate) fn hosts(value: &Value, pointer: &str) -> Vec<Hostname> {
    let host = |text: &String| match Hostname::parse(text) {
        Err(IdError::Unicode(_, ascii)) => Hostname::parse(&ascii).ok(),
        parsed => parsed.ok(),
    };
    texts(value, pointer).iter().filter_map(host).collect()
}

pub(crate) fn id(value: &Value, pointer: &str) -> Option<ResourceId> {
    text(value, pointer).and_then(|text| ResourceId::parse(&text).ok())
}

pub(crate) fn thumbprint(value: &Value, pointer: &str) -> Option<Thumbprint> {
    text(value, pointer).and_then(|text| Thumbprint::parse(&text).ok())
}

/// The tags of a resource, exactly as they are (`Tags`).
pub(crate) fn tags(value: &Value) -> Tags {
    let all = value.get("tags").and_then(Value::as_object);
    all.into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str().into(), value.as_str()?.into())))
        .collect()
}

/// A body with the tags of its resource; without any, the body does not mention them.
pub(crate) fn tagged(mut body: Value, tags: &Tags) -> Value {
    if !tags.is_empty() {
        body["tags"] = tags
            .iter()
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect::<Map<_, _>>()
            .into();
    }
    body
}

/// A moment: with an offset, with `Z`, without a zone (then UTC), or in Unix seconds.
pub(crate) fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    let moment = match value.pointer(pointer)? {
        Value::String(text) => parse_time(text)?,
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok()?,
        _ => return None,
    };
    // .NET writes the year 1 for "never".
    (moment.as_second() > -2_208_988_800).then_some(moment)
}

fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_time_in_the_recordings_is_the_same_moment() {
        let forms = json!({"a": "2016-12-02T09:17:44+00:00", "b": "2016-12-02T14:47:44+05:30", "c": "2016-12-02T09:17:44Z",
            "d": "2016-12-02T09:17:44.0000000", "e": 1_480_670_264, "f": "2016-12-02 09:17:44Z"});
        let moment: Timestamp = "2016-12-02T09:17:44Z".parse().unwrap();
        for key in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(time(&forms, &format!("/{key}")), Some(moment), "{key}");
        }
    }

    #[test]
    fn international_hostnames_are_read_in_the_form_of_dns() {
        let value = json!({"hosts": ["bücher.de", "*.contoso.com", "not a host"]});
        let hosts: Vec<String> = hosts(&value, "/hosts").iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["xn--bcher-kva.de", "*.contoso.com"]);
    }

    #[test]
    fn what_says_nothing_is_absent() {
        let value = json!({"empty": "", "null": null, "never": "0001-01-01T00:00:00", "wrong": {"a": 1}});
        for pointer in ["/empty", "/null", "/wrong", "/missing"] {
            assert_eq!(text(&value, pointer), None, "{pointer}");
        }
        assert_eq!(time(&value, "/never"), None);
        assert_eq!(time(&value, "/wrong"), None);
    }

    #[test]
    fn no_escape_sequence_gets_past() {
        let value = json!({"name": "\u{1b}[31mred", "list": ["a\u{202e}b"]});
        assert_eq!(text(&value, "/name").unwrap(), "\\x1B[31mred");
        assert_eq!(texts(&value, "/list"), ["a\\u{202E}b"]);
    }
}
