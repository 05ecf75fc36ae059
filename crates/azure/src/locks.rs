//! Management locks. Their names are arbitrary, so all are listed, each with the scope that it is inherited
//! from.

use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, version};
use certdeck_model::ResourceId;

/// A management lock, which forbids changes to a resource and everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The id of the lock, which begins with the id of its scope.
    pub id: ResourceId,
    /// `CanNotDelete`, which the portal shows as *Delete*, or `ReadOnly`.
    pub level: String,
    /// The reason that people gave for it; may be empty.
    pub notes: String,
}

impl Lock {
    /// The resource, group or subscription that carries the lock.
    pub fn scope(&self) -> &str {
        let id = self.id.as_str();
        let end = id.to_ascii_lowercase().rfind("/providers/microsoft.authorization/locks/");
        end.map_or(id, |end| &id[..end])
    }
}

/// The locks in force at a scope, inherited ones included.
pub async fn list(client: &Client, scope: &ResourceId) -> Result<Vec<Lock>, AzureError> {
    let path = format!("{scope}/providers/Microsoft.Authorization/locks");
    let request = Request::get(format!("List the locks on {}", scope.name()), path, version::LOCKS)
        .with_query("$filter", "atScope()");
    client.list_as(&request, decode).await
}

/// Removes a lock by its id: what it protected can be changed and deleted again.
pub fn remove(lock: &Lock) -> Request {
    let on = ResourceId::parse(lock.scope())
        .map_or_else(|_| String::new(), |scope| format!(" on {}", scope.name()));
    Request::delete(format!("Remove the lock {}{on}", lock.id.name()), &lock.id, version::LOCKS)
}

/// Decodes a lock; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<Lock> {
    Some(Lock {
        id: json::id(value, "/id")?,
        level: json::text_or_empty(value, "/properties/level"),
        notes: json::text_or_empty(value, "/properties/notes"),
    })
}
