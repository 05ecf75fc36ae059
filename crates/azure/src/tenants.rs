//! The tenants of the signed-in account: its own, and those in which it is a guest.

use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::Request;
use super::{json, subscriptions, version};

/// A directory with the names that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant id, a GUID.
    pub id: String,
    /// `Contoso`; the id if the directory has no name.
    pub name: String,
    /// `contoso.onmicrosoft.com`
    pub domain: Option<String>,
}

impl Tenant {
    /// The best value for the setting `tenant`.
    pub fn setting(&self) -> &str {
        self.domain.as_deref().unwrap_or(&self.id)
    }
}

/// A tenant other than the current one, and how many subscriptions the account sees there.
#[derive(Debug)]
pub struct Other {
    /// The tenant, by its id and its names.
    pub tenant: Tenant,
    /// The number of subscriptions, or why they could not be listed.
    pub subscriptions: Result<usize, AzureError>,
}

/// The maximum number of tenants that are read; guests of more have to name the one they want.
pub const MOST: usize = 20;
/// The number of tenants read at the same time.
const AT_ONCE: usize = 4;

/// The other tenants of a person's account, and how many there are in all; none if the identity is no person.
pub async fn others(client: &Client) -> Result<(Vec<Other>, usize), AzureError> {
    let own = client.sign_in().await?.tenant;
    let mut known = list(client).await?;
    known.retain(|one| own.as_ref().is_none_or(|own| !own.eq_ignore_ascii_case(&one.id)));
    let all = known.len();
    known.truncate(MOST);
    let looks = known.into_iter().map(|tenant| async move {
        let there = client.in_tenant(&tenant.id).await?;
        let subscriptions = subscriptions::list(&there).await.map(|all| all.len());
        Some(Other { tenant, subscriptions })
    });
    let found: Vec<Option<Other>> = stream::iter(looks.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
    Ok((found.into_iter().flatten().collect(), all))
}

/// All tenants that the account is a member or a guest of, the current one included.
pub async fn list(client: &Client) -> Result<Vec<Tenant>, AzureError> {
    let request = Request::get("List the tenants of the account", "/tenants", version::SUBSCRIPTIONS);
    client.list_as(&request, decode).await
}

fn decode(value: &Value) -> Option<Tenant> {
    let id = json::text(value, "/tenantId")?;
    let name = json::text(value, "/displayName").unwrap_or_else(|| id.clone());
    Some(Tenant { id, name, domain: json::text(value, "/defaultDomain") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tenant_is_named_as_far_as_its_directory_says() {
        let known =
            decode(&json!({"tenantId": "t", "displayName": "Contoso", "defaultDomain": "contoso.com"}));
        assert_eq!(known.as_ref().map(Tenant::setting), Some("contoso.com"));
        let hidden = decode(&json!({"id": "/tenants/t", "tenantId": "t"}));
        assert_eq!(hidden, Some(Tenant { id: "t".to_owned(), name: "t".to_owned(), domain: None }));
        assert_eq!(decode(&json!({"id": "/tenants/t"})), None);
    }
}
