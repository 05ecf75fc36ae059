//! App Service certificate orders (`Microsoft.CertificateRegistration`): buy, store, verify.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::client::Client;
use super::error::AzureError;
use super::request::{Body, Repeat, Request};
use super::{json, version, x509};
use certdeck_model::{
    Order, OrderStatus, ProductType, ResourceId, SecretStatus, StoredCertificate, Tags, VaultSecret,
};

/// The default key size in bits, which is the API's own.
pub const KEY_SIZE: u32 = 2048;

/// The contents of a purchase (A70–A79). There is no choice of validity: the service sells one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The common name, such as `contoso.com` or `*.contoso.com`.
    pub domain: String,
    /// Standard, or wildcard for a domain that begins with `*.`.
    pub product: ProductType,
    /// Whether Azure renews the order before the paid term ends.
    pub auto_renew: bool,
    /// The size of the RSA key in bits.
    pub key_size: u32,
    /// The tags of the order; may be empty.
    pub tags: Tags,
}

/// One event in an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// `CertificateOrderCreated`, `DomainValidationComplete` …
    pub kind: String,
    /// The time of the event; `None` if the answer has none.
    pub at: Option<Timestamp>,
}

/// The orders of a subscription.
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<Order>, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.CertificateRegistration/certificateOrders");
    let request = Request::get("List the certificate orders", path, version::ORDERS);
    client.list_as(&request, decode).await
}

/// Reads a certificate order; `None` if it does not exist.
pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<Order>, AzureError> {
    let request =
        Request::get(format!("Read the certificate order {}", id.name()), id.as_str(), version::ORDERS);
    client.read_as(&request, decode).await
}

/// The events of the order so far, as the service reports them.
pub async fn actions(client: &Client, order: &ResourceId) -> Result<Vec<OrderEvent>, AzureError> {
    let answer =
        listed(client, &question("Read the history of", order, "retrieveCertificateActions")).await?;
    let action = |value: &Value| {
        Some(OrderEvent { kind: json::text(value, "/actionType")?, at: json::time(value, "/createdAt") })
    };
    Ok(json::elements(&answer).iter().filter_map(action).collect())
}

/// The addresses to which verification mails were sent since then, in the order of sending (A99).
pub async fn mails(
    client: &Client,
    order: &ResourceId,
    since: Option<Timestamp>,
) -> Result<Vec<String>, AzureError> {
    let answer = listed(client, &question("Read the mail history of", order, "retrieveEmailHistory")).await?;
    let mut mails: Vec<_> = json::elements(&answer)
        .iter()
        .filter_map(|mail| Some((json::time(mail, "/timeStamp"), json::text(mail, "/emailId")?)))
        .collect();
    mails.sort();
    mails.retain(|(at, _)| at.zip(since).is_none_or(|(at, since)| at > since));
    Ok(mails.into_iter().map(|(_, address)| address).collect())
}

/// The answer to such a query: always a list, possibly empty.
async fn listed(client: &Client, question: &Request) -> Result<Value, AzureError> {
    let answer = client.ask(question).await?;
    let is_list = answer.is_array() || answer.get("value").is_some_and(Value::is_array);
    if is_list { Ok(answer) } else { Err(client.malformed(question, "the answer is no list")) }
}

/// A POST that only reads.
fn question(words: &str, order: &ResourceId, action: &str) -> Request {
    Request::post(format!("{words} the order {}", order.name()), format!("{order}/{action}"), version::ORDERS)
        .repeat(Repeat::Safe)
}

/// Buys a certificate. It costs money, so after a lost answer the order is read before the request is
/// repeated.
pub fn create(id: &ResourceId, order: &NewOrder) -> Request {
    let what = format!("Buy the certificate order {} for {}", id.name(), order.domain);
    Request::put(what, id, version::ORDERS, whole(order)).repeat(Repeat::LookFirst)
}

/// Checks whether the purchase would be accepted; nothing is bought. The name is for people: the service
/// reads it only in the body.
pub fn validate(subscription: &ResourceId, name: &str, order: &NewOrder) -> Request {
    let path = format!(
        "{subscription}/providers/Microsoft.CertificateRegistration/validateCertificateRegistrationInformation"
    );
    Request::post(format!("Check the purchase of {name}"), path, version::ORDERS)
        .with_body(Body::new(whole(order)))
        .repeat(Repeat::Safe)
}

fn whole(order: &NewOrder) -> Value {
    let properties = json!({
        "distinguishedName": format!("CN={}", order.domain),
        "productType": order.product.as_wire(),
        "validityInYears": 1,
        "keySize": order.key_size,
        "autoRenew": order.auto_renew,
    });
    json::tagged(json!({ "location": "global", "properties": properties }), &order.tags)
}

/// Step 1: Store. Links the order to a vault secret, which is filled once the order is issued. `tags` are
/// those that a link of this name already has, or is to get.
pub fn store(
    order: &ResourceId,
    certificate_name: &str,
    vault: &ResourceId,
    secret: &str,
    tags: &Tags,
) -> Request {
    let id = order.child("certificates", certificate_name);
    let what = format!("Store the certificate of {} in the vault {}", order.name(), vault.name());
    let properties = json!({ "keyVaultId": vault.as_str(), "keyVaultSecretName": secret });
    Request::put(
        what,
        &id,
        version::ORDERS,
        json::tagged(json!({ "location": "global", "properties": properties }), tags),
    )
}

/// The tags of a link from an order to a vault secret, empty if there is no such link; the order's own answer
/// does not contain them.
pub async fn tags_of_stored(
    client: &Client,
    order: &ResourceId,
    certificate_name: &str,
) -> Result<Tags, AzureError> {
    let id = order.child("certificates", certificate_name);
    let request = Request::get(
        format!("Read the stored certificate of {}", order.name()),
        id.as_str(),
        version::ORDERS,
    );
    Ok(client.read(&request).await?.as_ref().map(json::tags).unwrap_or_default())
}

/// Step 2: Verify. Asks the certificate authority to look for the evidence; the order shows the result later.
pub fn verify(order: &ResourceId) -> Request {
    let what = format!("Ask for the domain verification of {}", order.name());
    Request::post(what, format!("{order}/verifyDomainOwnership"), version::ORDERS)
}

/// Renews: near the end of the paid term it buys another year, earlier it issues again for the paid term
/// (C12). The new certificate has a new key of the same size. It may be charged, so it is never repeated
/// blindly.
pub fn renew(order: &ResourceId, key_size: Option<u32>) -> Request {
    let what = format!("Renew the certificate order {}", order.name());
    let body = json!({ "properties": new_key(key_size) });
    Request::post(what, format!("{order}/renew"), version::ORDERS).with_body(Body::new(body))
}

/// The key of the next certificate. Azure makes it if no signing request is sent; an omitted size may count
/// as 0.
fn new_key(size: Option<u32>) -> Value {
    json!({ "keySize": size.unwrap_or(KEY_SIZE), "isPrivateKeyExternal": false })
}

/// Rekeys: a new key and certificate with the same end (A188). The old certificate is revoked after this many
/// hours.
pub fn rekey(order: &ResourceId, key_size: Option<u32>, revoke_after_hours: i64) -> Request {
    let what = format!("Rekey the certificate order {}", order.name());
    let mut properties = new_key(key_size);
    properties["delayExistingRevokeInHours"] = revoke_after_hours.into();
    Request::post(what, format!("{order}/reissue"), version::ORDERS)
        .with_body(Body::new(json!({ "properties": properties })))
}

/// Switches automatic renewal; the service requires the product in the request.
pub fn set_auto_renew(order: &ResourceId, product: Option<ProductType>, on: bool) -> Request {
    let what = format!("Switch automatic renewal of {} {}", order.name(), if on { "on" } else { "off" });
    let mut properties = json!({ "autoRenew": on });
    if let Some(product) = product {
        properties["productType"] = product.as_wire().into();
    }
    Request::patch(what, order, version::ORDERS, json!({ "properties": properties }))
}

/// Sends the domain verification mail again to the administrators of the domain (A99).
pub fn resend_mail(order: &ResourceId, domain: &str) -> Request {
    let what = format!("Send the verification mail for {domain}");
    Request::post(what, format!("{order}/resendRequestEmails"), version::ORDERS)
        .with_body(Body::new(json!({ "name": domain })))
}

/// Deletes an order for good; the authority revokes its certificate (A204).
pub fn delete(order: &ResourceId) -> Request {
    Request::delete(
        format!("Delete the certificate order {} and revoke its certificate", order.name()),
        order,
        version::ORDERS,
    )
}

/// The members of `properties` that `decode` reads: the projection of the index asks for these.
pub(crate) const MEMBERS: &[&str] = &[
    "status",
    "provisioningState",
    "productType",
    "distinguishedName",
    "domainVerificationToken",
    "autoRenew",
    "certificates",
    "signedCertificate",
    "expirationTime",
    "lastCertificateIssuanceTime",
    "nextAutoRenewalTimeStamp",
    "appServiceCertificateNotRenewableReasons",
    "serialNumber",
    "keySize",
    "isPrivateKeyExternal",
];

/// Those without which a row would be misleading.
pub(crate) const NEEDS: &[&str] = &["status", "distinguishedName"];

/// Decodes an order; `None` if it has no valid id. The names of the certificate are read from its bytes.
pub fn decode(value: &Value) -> Option<Order> {
    let leaf =
        value.pointer("/properties/signedCertificate/rawData").and_then(Value::as_str).and_then(x509::facts);
    let name: String = json::text_or_empty(value, "/properties/distinguishedName");
    let common_name = name
        .split(',')
        .find_map(|part| part.trim().strip_prefix("CN=").or_else(|| part.trim().strip_prefix("cn=")));
    Some(Order {
        id: json::id(value, "/id")?,
        status: json::text(value, "/properties/status")
            .map_or(OrderStatus::NotSubmitted, |text| OrderStatus::parse(&text)),
        provisioning_state: json::text_or_empty(value, "/properties/provisioningState"),
        product: json::text(value, "/properties/productType").and_then(|text| product(&text)),
        domain: common_name.unwrap_or(&name).to_owned(),
        token: json::text(value, "/properties/domainVerificationToken"),
        auto_renew: json::flag(value, "/properties/autoRenew"),
        stored: stored(value),
        thumbprint: json::thumbprint(value, "/properties/signedCertificate/thumbprint"),
        issued: json::time(value, "/properties/signedCertificate/notBefore"),
        expires: json::time(value, "/properties/signedCertificate/notAfter"),
        names: leaf.map_or_else(Vec::new, |facts| facts.names),
        term_ends: json::time(value, "/properties/expirationTime"),
        last_issued: json::time(value, "/properties/lastCertificateIssuanceTime"),
        next_auto_renewal: json::time(value, "/properties/nextAutoRenewalTimeStamp"),
        not_renewable: json::texts(value, "/properties/appServiceCertificateNotRenewableReasons"),
        serial: json::text(value, "/properties/serialNumber"),
        key_size: json::number(value, "/properties/keySize"),
        has_external_key: json::flag(value, "/properties/isPrivateKeyExternal"),
        tags: json::tags(value),
    })
}

fn product(text: &str) -> Option<ProductType> {
    [ProductType::Standard, ProductType::Wildcard]
        .into_iter()
        .find(|product| product.as_wire().eq_ignore_ascii_case(text))
}

fn stored(value: &Value) -> Vec<StoredCertificate> {
    let certificates = value.pointer("/properties/certificates").and_then(Value::as_object);
    let one = |(name, link): (&String, &Value)| {
        let status = json::text(link, "/provisioningState")
            .map_or(SecretStatus::Unknown, |text| SecretStatus::parse(&text));
        let secret = VaultSecret {
            vault: json::id(link, "/keyVaultId")?,
            secret: json::text_or_empty(link, "/keyVaultSecretName"),
            status,
        };
        Some(StoredCertificate { name: certdeck_model::printable(name).into_owned(), secret })
    };
    certificates.into_iter().flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn order(properties: &Value) -> Option<Order> {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CertificateRegistration/certificateOrders/contoso";
        decode(&json!({"id": id, "location": "global", "properties": properties}))
    }

    #[test]
    fn a_fresh_order_has_a_token_and_no_certificate() {
        let order = order(&json!({"distinguishedName": "CN=*.contoso.com, O=Contoso", "status": "Pendingissuance", "signedCertificate": null,
            "productType": "StandardDomainValidatedWildCardSsl", "domainVerificationToken": "hFyZjnMp", "autoRenew": true,
            "certificates": {}, "expirationTime": null, "appServiceCertificateNotRenewableReasons": ["ExpirationNotInRenewalTimeRange"]}))
        .unwrap();
        assert_eq!((order.domain.as_str(), order.product), ("*.contoso.com", Some(ProductType::Wildcard)));
        assert_eq!(
            (order.status, order.token.as_deref(), order.thumbprint),
            (OrderStatus::PendingIssuance, Some("hFyZjnMp"), None)
        );
        assert_eq!(order.not_renewable, ["ExpirationNotInRenewalTimeRange"]);
    }

    #[test]
    fn values_of_the_future_do_not_lose_an_order() {
        let order = order(
            &json!({"status": "Quantum", "productType": "S9", "certificates": {"a": {"keyVaultId": null}}, "autoRenew": "yes"}),
        )
        .unwrap();
        assert_eq!(
            (order.status, order.product, order.stored),
            (OrderStatus::Other("Quantum".to_owned()), None, vec![])
        );
    }

    #[test]
    fn buying_is_never_repeated_blindly_and_asking_is_free() {
        let group = ResourceId::subscription("s").child("resourceGroups", "g");
        let id = group.resource("Microsoft.CertificateRegistration/certificateOrders", "contoso");
        let new = NewOrder {
            domain: "contoso.com".to_owned(),
            product: ProductType::Standard,
            auto_renew: true,
            key_size: 2048,
            tags: Tags::default(),
        };
        let buy = create(&id, &new);
        for request in [&buy, &verify(&id), &renew(&id, Some(4096)), &rekey(&id, None, 24)] {
            assert_eq!(request.repeat, Repeat::LookFirst, "{}", request.what);
        }
        assert_eq!(validate(&ResourceId::subscription("s"), "contoso", &new).repeat, Repeat::Safe);
        assert_eq!(buy.body.unwrap().shown()["properties"]["distinguishedName"], "CN=contoso.com");
        let key = |request: Request| request.body.unwrap().shown()["properties"].clone();
        assert_eq!(
            key(renew(&id, Some(4096))),
            json!({"keySize": 4096, "isPrivateKeyExternal": false}),
            "the size stays"
        );
        assert_eq!(key(rekey(&id, None, 24))["keySize"], KEY_SIZE);
    }
}
