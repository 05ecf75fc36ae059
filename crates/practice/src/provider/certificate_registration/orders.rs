//! Orders as resources: buying, changing, showing and deleting them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    OrderStep, job,
    names::{Product, is_order_name, refusal},
    order::{Event, KIND_KEY, OrderRecord, PendingKind, PendingRequest, Provisioning, Status},
    purchases::{self, ChargeReason},
    stored,
};
use crate::{
    arm::locks::{self, LockLevel},
    ca::{CaError, facts::request_common_name},
    calendar::{DENIAL_DAYS, days},
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    id::ArmId,
    operations,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    revocation,
};

const LOCK_NOTES: &str = "Deleting an App Service certificate is final: it revokes the certificate. Please remove the lock \
                          before deleting this certificate.";

pub(super) fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    ctx.page(call, KIND_KEY, &call.target(), |shown| {
        let order = OrderRecord::find(ctx, &ArmId::parse(text(&shown, "/id")))?;
        order.map(|order| order.show(ctx.now)).transpose()
    })
}

pub(super) fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Ok(Reply::ok(OrderRecord::need(ctx, &call.target())?.show(ctx.now)?))
}

/// Runs the checks of a purchase without the purchase.
pub(super) fn validate(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if let Some(name) = call.text("/name") {
        check_name(name)?;
    }
    PurchaseRequest::read(&call.body["properties"])?;
    Ok(Reply::empty(204))
}

/// What a purchase asks for.
struct PurchaseRequest {
    product: Product,
    common_name: String,
    key_size: u16,
    csr: Option<String>,
    auto_renew: bool,
    validity_in_years: i64,
}

impl PurchaseRequest {
    fn read(properties: &Value) -> Result<Self, Fault> {
        let product = product_of(properties)?
            .ok_or_else(|| Fault::web(400, "Parameter ProductType is null or empty."))?;
        let csr = signing_request(properties)?;
        let common_name = match (properties["distinguishedName"].as_str(), &csr) {
            (Some(name), _) if !name.is_empty() => common_name_of(name)?,
            (_, Some((_, name))) => name.to_ascii_lowercase(),
            _ => {
                return Err(Fault::web(400, "Parameter DistinguishedName is null or empty."));
            }
        };
        if let Some(reason) = refusal(product, &common_name) {
            return Err(Fault::web(400, reason));
        }
        let validity_in_years = properties["validityInYears"].as_i64().unwrap_or(1);
        if validity_in_years != 1 {
            return Err(Fault::web(400, "Parameter ValidityInYears has an invalid value: it must be 1."));
        }
        Ok(Self {
            product,
            common_name,
            key_size: key_size(properties, 2048)?,
            csr: csr.map(|(request, _)| request),
            auto_renew: properties["autoRenew"].as_bool().unwrap_or(true),
            validity_in_years,
        })
    }
}

/// The signing request of a customer who keeps the key, if there is one, and the common name in it.
pub(super) fn signing_request(properties: &Value) -> Result<Option<(String, String)>, Fault> {
    let sent = properties["csr"].as_str().filter(|csr| !csr.is_empty());
    let read = |csr: &str| Ok((csr.to_owned(), request_common_name(csr)?));
    sent.map(read).transpose().map_err(|_: CaError| Fault::web(400, "Parameter Csr has an invalid value."))
}

/// The key size in a request, or `otherwise`.
pub(super) fn key_size(properties: &Value, otherwise: u16) -> Result<u16, Fault> {
    match properties["keySize"].as_u64() {
        None => Ok(otherwise),
        Some(2048) => Ok(2048),
        Some(3072) => Ok(3072),
        Some(4096) => Ok(4096),
        Some(_) => Err(invalid_key_size()),
    }
}

pub(super) fn invalid_key_size() -> Fault {
    Fault::web(400, "Parameter KeySize has an invalid value: it must be 2048, 3072 or 4096.")
}

/// Buys an order, or changes an existing one: repeating the same PUT is no second purchase.
pub(super) fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if let Some(order) = OrderRecord::find(ctx, &call.target())? {
        return change(ctx, call, order);
    }
    let name = call.param("order");
    check_name(name)?;
    call.need("/location")?;
    let wanted = PurchaseRequest::read(&call.body["properties"])?;
    let group = call.target().group_id().unwrap_or_else(|| call.target());
    let id = group.under("Microsoft.CertificateRegistration", "certificateOrders", name);
    let mut order = OrderRecord {
        id: id.to_string(),
        tags: tags(&call.body).unwrap_or_else(|| json!({})),
        product: wanted.product,
        common_name: wanted.common_name,
        key_size: wanted.key_size,
        auto_renew: wanted.auto_renew,
        validity_in_years: wanted.validity_in_years,
        token: new_token(),
        status: Status::Pendingissuance,
        provisioning: Provisioning::InProgress,
        created: ctx.now,
        term_end: None,
        stored: Vec::new(),
        current: None,
        former: Vec::new(),
        pending: Some(PendingRequest {
            kind: PendingKind::First,
            since: ctx.now,
            key_size: wanted.key_size,
            csr: wanted.csr,
            revoke_after_hours: 0,
        }),
        proof: None,
        mail_approved: false,
        history: Vec::new(),
    };
    order.note(Event::CertificateOrderCreated, ctx.now);
    purchases::charge(ctx, &order, ChargeReason::New)?;
    store_all(ctx, &mut order, &call.body)?;
    order.save(ctx)?;
    ctx.soon(SignedDuration::from_secs(30), &job(&order, OrderStep::Placed))?;
    ctx.at(ctx.now + days(DENIAL_DAYS), &job(&order, OrderStep::Deny))?;
    let operation = operations::start(ctx, &id)?;
    let finish = crate::jobs::ScheduledJob::Finish(operation.clone());
    ctx.soon(SignedDuration::from_secs(30), &finish)?;
    Ok(Reply::created(order.show(ctx.now)?)
        .header("location", operations::location(call, &id, &operation))
        .header("retry-after", ctx.setting.pace.retry_after().to_string()))
}

/// Completes the purchase: the order waits for a proof, and a lock protects it from being deleted by mistake
/// (A206).
pub(super) fn placed(ctx: &CloudContext<'_>, mut order: OrderRecord) -> Result<(), Fault> {
    if order.provisioning != Provisioning::InProgress {
        return Ok(());
    }
    order.provisioning = Provisioning::Succeeded;
    order.save(ctx)?;
    lock(ctx, &order)
}

/// Puts Azure's own lock on an order.
pub(super) fn lock(ctx: &CloudContext<'_>, order: &OrderRecord) -> Result<(), Fault> {
    let id = order.resource_id();
    locks::create(ctx, &id, id.name(), LockLevel::CanNotDelete, LOCK_NOTES)
}

pub(super) fn patch(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    change(ctx, call, order)
}

fn change(ctx: &CloudContext<'_>, call: &Call, mut order: OrderRecord) -> ReplyResult {
    let properties = &call.body["properties"];
    let product = product_of(properties)?;
    let common_name = properties["distinguishedName"]
        .as_str()
        .filter(|name| !name.is_empty())
        .map(common_name_of)
        .transpose()?;
    let same = product.is_none_or(|product| product == order.product)
        && common_name.is_none_or(|name| name == order.common_name)
        && key_size(properties, order.key_size)? == order.key_size;
    if !same {
        return Err(Fault::web(
            409,
            format!(
                "The certificate order '{}' already exists for {} ({}); its distinguished name, product type and key \
                 size cannot be changed.",
                order.resource_id().name(),
                order.distinguished_name(),
                order.product.word()
            ),
        ));
    }
    if let Some(auto_renew) = properties["autoRenew"].as_bool() {
        order.auto_renew = auto_renew;
    }
    match tags(&call.body) {
        Some(tags) => order.tags = tags,
        // A PUT describes the whole resource; a PATCH only what it names.
        None if call.method == HttpMethod::Put => order.tags = json!({}),
        None => {}
    }
    store_all(ctx, &mut order, &call.body)?;
    order.save(ctx)?;
    Ok(Reply::ok(order.show(ctx.now)?))
}

/// Stores the certificate as the order's own `certificates` map asks for.
fn store_all(ctx: &CloudContext<'_>, order: &mut OrderRecord, body: &Value) -> Result<(), Fault> {
    let wanted = body["properties"]["certificates"].as_object();
    for (name, one) in wanted.into_iter().flatten() {
        stored::store(ctx, order, name, one)?;
    }
    Ok(())
}

/// Deletes and revokes; locks were checked before. The vault keeps its secret.
pub(super) fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    revoke(ctx, &id)?;
    let there = ctx.remove(&id)?;
    Ok(Reply::new(if there { 200 } else { 204 }, ReplyBody::Empty))
}

/// Copies the tags of the resource to the stored order.
pub(crate) fn retag(ctx: &CloudContext<'_>, id: &ArmId, tags: &Value) -> Result<(), Fault> {
    match OrderRecord::find(ctx, id)? {
        Some(mut order) => {
            order.tags = tags.clone();
            order.save(ctx)
        }
        None => Ok(()),
    }
}

/// Revokes everything that was issued for an order before it is deleted.
pub(crate) fn revoke(ctx: &CloudContext<'_>, id: &ArmId) -> Result<(), Fault> {
    let Some(order) = OrderRecord::find(ctx, id)? else {
        return Ok(());
    };
    order.leaves().try_for_each(|leaf| {
        revocation::revoke(ctx, &leaf, ctx.now, revocation::CrlReason::CessationOfOperation)
    })
}

fn check_name(name: &str) -> Result<(), Fault> {
    if is_order_name(name) {
        return Ok(());
    }
    Err(Fault::web(
        400,
        format!(
            "The certificate name '{name}' is invalid: it must have 3 to 50 characters, only letters, digits and dashes."
        ),
    ))
}

fn product_of(properties: &Value) -> Result<Option<Product>, Fault> {
    let Some(word) = properties["productType"].as_str() else {
        return Ok(None);
    };
    let product =
        Product::parse(word).ok_or_else(|| Fault::web(400, "Parameter ProductType has an invalid value."))?;
    Ok(Some(product))
}

fn common_name_of(distinguished_name: &str) -> Result<String, Fault> {
    distinguished_name
        .split(',')
        .map(str::trim)
        .find_map(|part| part.strip_prefix("CN=").or(part.strip_prefix("cn=")))
        .map(|name| name.trim().to_ascii_lowercase())
        .ok_or_else(|| {
            Fault::web(400, "Parameter DistinguishedName has an invalid value: it must begin with CN=.")
        })
}

fn tags(body: &Value) -> Option<Value> {
    body.get("tags").filter(|tags| tags.is_object()).cloned()
}

/// Eight letters and digits, like the real one's `hFyZjnMp`.
pub(super) fn new_token() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(8).collect()
}
