//! The many members of real responses that have nothing to do with certificates. They are the same for every
//! app, so they are not stored but added when a resource is shown. `assets/practice/microsoft-web.json` lists
//! them.

use std::sync::LazyLock;

use serde_json::Value;

static MEMBERS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../../assets/practice/microsoft-web.json"))
        .unwrap_or_default()
});

/// The kind of resource that the members belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Site,
    /// `config/web`
    Configuration,
    Plan,
}

/// Adds the members that `properties` lacks.
pub(super) fn complete(of: Of, properties: &mut Value) {
    complete_with(of, properties, &|_| true);
}

/// Adds those of them that are wanted.
pub(super) fn complete_with(of: Of, properties: &mut Value, wanted: &dyn Fn(&str) -> bool) {
    let name = match of {
        Of::Site => "site",
        Of::Configuration => "configuration",
        Of::Plan => "plan",
    };
    fill(properties, &MEMBERS[name], wanted);
}

fn fill(into: &mut Value, from: &Value, wanted: &dyn Fn(&str) -> bool) {
    let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) else {
        return;
    };
    for (name, value) in from.iter().filter(|(name, _)| wanted(name)) {
        match into.get_mut(name) {
            Some(held) if value.is_object() => fill(held, value, &|_| true),
            Some(_) => {}
            None => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_stays_and_the_rest_is_added() {
        let mut shown = json!({"homeStamp": "other", "siteConfig": {"alwaysOn": true}});
        complete(Of::Site, &mut shown);
        assert_eq!(shown["homeStamp"], "other");
        assert_eq!(
            (&shown["siteConfig"]["alwaysOn"], &shown["siteConfig"]["vnetName"]),
            (&json!(true), &Value::Null)
        );
        assert_eq!(shown["contentAvailabilityState"], "Normal");
    }
}
