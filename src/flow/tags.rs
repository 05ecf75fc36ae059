//! The tags that a flow gives to what it creates: the field, its refusals by the platform's limits, and the
//! value.

use jiff::Timestamp;

use super::{Field, FieldKind, Inputs, Key};
use crate::model::Tags;
use crate::rules::{Count, Names, Rules};

pub(super) fn field() -> Field {
    Field::new(
        Key::Tags,
        "Tags",
        "For what is created: NAME=VALUE with commas between, such as costcenter=42,env=prod. What exists keeps its own.",
        FieldKind::Text,
    )
}

/// The tags that were given, none while they cannot be read.
pub(super) fn given(inputs: &Inputs) -> Tags {
    inputs.get(Key::Tags).and_then(|text| Tags::parse(text).ok()).unwrap_or_default()
}

/// Why Azure would not take the tags.
pub(super) fn refusal(inputs: &Inputs, rules: &Rules, now: Timestamp) -> Option<(Key, String)> {
    let why = match Tags::parse(inputs.get(Key::Tags)?) {
        Ok(tags) => beyond(&tags, rules, now)?,
        Err(error) => error.to_string(),
    };
    Some((Key::Tags, why))
}

fn beyond(tags: &Tags, rules: &Rules, now: Timestamp) -> Option<String> {
    let too_many = |limit, count: usize| {
        let most = rules.count(limit, now)?;
        (i64::try_from(count).unwrap_or(i64::MAX) > most).then_some(most)
    };
    if let Some(most) = too_many(Count::TagsOfResource, tags.iter().len()) {
        return Some(format!("a resource has at most {most} tags"));
    }
    let forbidden = rules.names(Names::TagNameForbidden, now);
    tags.iter().find_map(|(name, value)| {
        let shown = crate::model::printable(name);
        if let Some(most) = too_many(Count::TagNameLength, name.chars().count()) {
            return Some(format!("the name of a tag has at most {most} characters"));
        }
        if let Some(most) = too_many(Count::TagValueLength, value.chars().count()) {
            return Some(format!("the value of the tag '{shown}' has more than {most} characters"));
        }
        if name.chars().any(char::is_control) || forbidden.iter().any(|mark| name.contains(mark.as_str())) {
            return Some(format!(
                "the name of the tag '{shown}' has one of {}, or a control character",
                forbidden.join(" ")
            ));
        }
        None
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::flow::sample::NOW;
    use crate::rules::Profile;

    fn refused(text: &str) -> Option<String> {
        let rules = Rules::load(Profile::Current).unwrap();
        refusal(&Inputs::default().with(Key::Tags, text), &rules, NOW.parse().unwrap()).map(|(_, why)| why)
    }

    #[test]
    fn tags_that_azure_takes_are_taken() {
        let many: Vec<String> = (0..50).map(|number| format!("t{number}={}", "v".repeat(256))).collect();
        for text in [
            "costcenter=42,env=prod",
            "Kostenstelle=Äpfel & Birnen <3",
            &many.join(","),
            &format!("{}=x", "n".repeat(512)),
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    #[test]
    fn what_azure_would_refuse_is_refused_at_the_field() {
        let many: Vec<String> = (0..51).map(|number| format!("t{number}=")).collect();
        for (text, words) in [
            (many.join(","), "at most 50 tags"),
            (format!("{}=x", "n".repeat(513)), "at most 512 characters"),
            (format!("a={}", "v".repeat(257)), "more than 256 characters"),
            ("a/b=x".to_owned(), "'a/b' has one of"),
            ("a\\\\b=x".to_owned(), "has one of"),
            ("a\u{7}b=x".to_owned(), "'a\\x07b'"),
            ("env".to_owned(), "write NAME=VALUE"),
            ("env=a,ENV=b".to_owned(), "given twice"),
        ] {
            let why = refused(&text).unwrap();
            assert!(why.contains(words), "{text}: {why}");
        }
    }
}
