//! App settings: the environment of an app's code. Their values are often secrets, so the service returns
//! them only to a POST, and they are never printed here.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::client::Client;
use super::error::AzureError;
use super::request::{Body, Repeat, Request};
use super::version;
use certdeck_model::ResourceId;

/// All settings of an app, in the service's order.
#[derive(Debug, Clone, Default)]
pub struct AppSettings(Vec<(String, SecretString)>);

impl FromIterator<(String, SecretString)> for AppSettings {
    fn from_iter<I: IntoIterator<Item = (String, SecretString)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}

impl AppSettings {
    /// The value of a setting that is no secret. Names that differ only in casing are the same.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.expose_secret())
    }

    /// The number of settings, those with an empty value included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the service returned no setting at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The settings of an app or slot.
pub async fn list(client: &Client, site: &ResourceId) -> Result<AppSettings, AzureError> {
    let what = format!("Read the app settings of {}", site.name());
    let request = reading(what, site.child("config", "appsettings"));
    let answer = client.ask(&request).await?;
    decode(&answer).ok_or_else(|| client.malformed(&request, "it has no app settings in it"))
}

/// The request that reads the settings that a request of [`set`] replaces.
pub fn read_request(set: &Request) -> Request {
    reading("Read the app settings", set.path.as_str())
}

fn reading(what: impl Into<String>, settings: impl std::fmt::Display) -> Request {
    Request::post(what, format!("{settings}/list"), version::WEB).repeat(Repeat::Safe)
}

/// Strict, unlike other decoders: a part that is not understood would be lost with the next change.
pub fn decode(answer: &Value) -> Option<AppSettings> {
    let text = |value: &Value| match value {
        Value::String(text) => text.as_str().into(),
        Value::Null => SecretString::default(),
        other => other.to_string().into(),
    };
    let all = answer.get("properties")?.as_object()?;
    Some(all.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

/// Sets one setting. The service replaces all of them at once, so all others are sent back as they were read;
/// plans and journal show only the changed one.
pub fn set(site: &ResourceId, name: &str, value: &str, current: &AppSettings) -> Request {
    let others = || current.0.iter().filter(|(own, _)| !own.eq_ignore_ascii_case(name));
    let mut properties: Map<String, Value> = others().map(|(own, _)| (own.clone(), Value::Null)).collect();
    let name = current
        .0
        .iter()
        .map(|(own, _)| own.as_str())
        .find(|own| own.eq_ignore_ascii_case(name))
        .unwrap_or(name);
    properties.insert(name.to_owned(), value.into());
    let body = others().fold(Body::new(json!({ "properties": properties })), |body, (own, value)| {
        body.secret(format!("/properties/{}", own.replace('~', "~0").replace('/', "~1")), value.clone())
    });
    let id = site.child("config", "appsettings");
    Request::put(format!("Set the app setting {name} of {}", site.name()), &id, version::WEB, Value::Null)
        .with_body(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn setting_one_sends_all_others_back_and_shows_none_of_them() {
        let site = ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop")
            .unwrap();
        let all = json!({"DB~/key": "hunter2", "website_load_certificates": "A", "EMPTY": ""});
        let current = decode(&json!({ "properties": all })).unwrap();
        assert!(decode(&json!({ "properties": null })).is_none(), "no answer is not the same as no settings");
        let body = set(&site, "WEBSITE_LOAD_CERTIFICATES", "A,B", &current).body.unwrap();
        let sent: Value = serde_json::from_slice(&body.wire()).unwrap();
        assert_eq!(
            sent["properties"],
            json!({"DB~/key": "hunter2", "EMPTY": "", "website_load_certificates": "A,B"})
        );
        assert!(!body.shown().to_string().contains("hunter2") && body.shown().to_string().contains("A,B"));
        assert!(!format!("{current:?} {body:?}").contains("hunter2"));
    }
}
