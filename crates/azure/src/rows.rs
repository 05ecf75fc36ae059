//! A long list in an answer: its rows stay text and are parsed one at a time. A thousand of them as values
//! take ten times the memory of their text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// One row as JSON text.
pub(crate) type RawRow = Box<RawValue>;

/// Parses an object: its members, and the rows of the list called `member`. `None` if there is no such list.
pub(crate) fn read(
    text: &[u8],
    member: &'static str,
) -> Result<(Value, Option<Vec<RawRow>>), serde_json::Error> {
    let mut from = serde_json::Deserializer::from_slice(text);
    let read = Object { member }.deserialize(&mut from)?;
    from.end()?;
    Ok(read)
}

struct Object {
    member: &'static str,
}

impl<'de> DeserializeSeed<'de> for Object {
    type Value = (Value, Option<Vec<RawRow>>);
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = (Value, Option<Vec<RawRow>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let (mut members, mut rows) = (Map::new(), None);
        while let Some(name) = from.next_key::<String>()? {
            if name == self.member {
                rows = Some(from.next_value()?);
            } else {
                members.insert(name, from.next_value()?);
            }
        }
        Ok((Value::Object(members), rows))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_stay_text_and_the_rest_is_read() {
        let (rest, rows) =
            read(br#"{"count": 2, "data": [{"id": 1}, {"id" : 2}], "token": null}"#, "data").unwrap();
        assert_eq!(rest, json!({"count": 2, "token": null}));
        let rows: Vec<_> = rows.iter().flatten().map(|row| row.get()).collect();
        assert_eq!(rows, [r#"{"id": 1}"#, r#"{"id" : 2}"#]);
    }

    #[test]
    fn what_is_no_such_list_is_refused_or_has_no_rows() {
        assert!(read(br#"{"count": 0}"#, "data").unwrap().1.is_none());
        for text in ["", "[]", r#"{"data": 7}"#, r#"{"data": [1}"#, r#"{"data": []} more"#] {
            assert!(read(text.as_bytes(), "data").is_err(), "{text}");
        }
    }
}
