//! What a provider works with: one transaction, the practice cloud's time, and the settings, which never
//! change while it runs.

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    call::Call,
    id::ArmId,
    index::{self, ResourceIndex},
    jobs::{self, ScheduledJob},
    lag,
    provider::microsoft_web::revision,
    reply::{Fault, Reply},
    setting::Setting,
    store::{Collection, Transaction},
};

/// ARM resources: the JSON as GET shows it, at `TYPE|ID` in lower case, so that one scan lists one type.
pub(super) const RESOURCES: Collection<Value> = Collection::new("resource");
/// What belongs to a resource and is never shown.
pub(super) const PRIVATE: Collection<Value> = Collection::private("resource");

/// One request's or one job's view of the practice cloud.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CloudContext<'w> {
    /// For collections of a provider's own; ARM resources have the methods below.
    pub tx: &'w Transaction,
    /// The practice cloud's time; in a job, the moment the job was due.
    pub now: Timestamp,
    /// Addresses, tenant, pace, CA: what does not change while the cloud runs.
    pub setting: &'w Setting,
    /// The state of the resources that reads see.
    pub view: View,
    /// Set when the changes of this request become visible late.
    pub stale: Option<lag::Stale>,
}

/// The states of the resources that a read can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum View {
    /// The current state.
    #[default]
    Now,
    /// The state in the index of Resource Graph, which sees changes later.
    Indexed,
    /// The state that a replica of ARM has at this time; it may lag behind.
    Replica(Timestamp),
    /// The current state; changes reach the index at once. For estates that are created with a past.
    Planted,
}

impl CloudContext<'_> {
    /// The resource as stored.
    pub(crate) fn find(&self, id: &ArmId) -> Result<Option<Value>, Fault> {
        Ok(match self.view {
            View::Indexed | View::Replica(_) => lag::find(self.tx, self.view, &key(id))?,
            View::Now | View::Planted => self.tx.get(&RESOURCES, &key(id))?,
        })
    }

    /// The resource, or ARM's 404.
    pub(crate) fn need(&self, id: &ArmId) -> Result<Value, Fault> {
        self.find(id)?.ok_or_else(|| Fault::not_found(id))
    }

    /// Writes the resource. Its `id`, `name` and `type` are taken from `resource` unchecked: see `envelope`.
    pub(crate) fn save(&self, id: &ArmId, resource: &Value) -> Result<(), Fault> {
        let (kind, key) = (id.kind(), key(id));
        lag::remember(self, &key)?;
        revision::count(self, id)?;
        if index::concerns(&kind) {
            let before = self.tx.get(&RESOURCES, &key)?;
            index::update(self.tx, &kind, &key, before.as_ref(), Some(resource))?;
        }
        Ok(self.tx.put(&RESOURCES, &key, resource)?)
    }

    /// Removes the resource and its private part, but not its children; says whether it existed.
    pub(crate) fn remove(&self, id: &ArmId) -> Result<bool, Fault> {
        let (kind, key) = (id.kind(), key(id));
        lag::remember(self, &key)?;
        revision::count(self, id)?;
        if index::concerns(&kind) {
            let before = self.tx.get(&RESOURCES, &key)?;
            index::update(self.tx, &kind, &key, before.as_ref(), None)?;
        }
        lag::remember_private(self, &id.key())?;
        self.tx.remove(&PRIVATE, &id.key())?;
        Ok(self.tx.remove(&RESOURCES, &key)?)
    }

    /// The resources that an index has under this value, in id order.
    pub(crate) fn having(&self, index: &ResourceIndex, value: &str) -> Result<Vec<Value>, Fault> {
        let mut found = Vec::new();
        for key in index.keys(self.tx, Some(value))? {
            found.extend(self.tx.get(&RESOURCES, &key)?.filter(|resource| index.holds(resource, value)));
        }
        Ok(found)
    }

    /// The resources that an index has under any value.
    pub(crate) fn having_any(&self, index: &ResourceIndex) -> Result<Vec<Value>, Fault> {
        let keys = index.keys(self.tx, None)?;
        Ok(keys
            .iter()
            .filter_map(|key| self.tx.get(&RESOURCES, key).transpose())
            .collect::<Result<_, _>>()?)
    }

    /// All resources of a type (`microsoft.web/sites`, lower case) under a scope, in id order.
    pub(crate) fn list(&self, kind: &str, scope: &ArmId) -> Result<Vec<Value>, Fault> {
        let mut all = Vec::new();
        self.walk(&format!("{kind}|{}/", scope.key()), None, &mut |_, resource| {
            all.push(resource);
            true
        })?;
        Ok(all)
    }

    /// Passes to `visit` the resources whose key (`TYPE|ID` in lower case) begins with `prefix` and lies
    /// after `after`, in the order of their keys, until `visit` returns false.
    pub(crate) fn walk(
        &self,
        prefix: &str,
        after: Option<&str>,
        visit: &mut dyn FnMut(&str, Value) -> bool,
    ) -> Result<(), Fault> {
        self.walk_by(prefix, after, &|bytes| serde_json::from_slice(bytes), visit)
    }

    /// The same, where `read` extracts the wanted part of a stored resource.
    pub(crate) fn walk_by(
        &self,
        prefix: &str,
        after: Option<&str>,
        read: &dyn Fn(&[u8]) -> serde_json::Result<Value>,
        visit: &mut dyn FnMut(&str, Value) -> bool,
    ) -> Result<(), Fault> {
        match self.view {
            View::Indexed | View::Replica(_) => lag::walk(self.tx, self.view, prefix, after, read, visit)?,
            View::Now | View::Planted => self.tx.walk_by(&RESOURCES, prefix, after, read, visit)?,
        }
        Ok(())
    }

    /// The number of resources that `walk` would visit.
    pub(crate) fn count(&self, prefix: &str) -> Result<usize, Fault> {
        Ok(match self.view {
            View::Indexed | View::Replica(_) => lag::count(self.tx, self.view, prefix)?,
            View::Now | View::Planted => self.tx.count(&RESOURCES, prefix)?,
        })
    }

    /// Every resource under a scope, of every type, that `keep` accepts.
    pub(crate) fn list_all(&self, scope: &ArmId, keep: impl Fn(&Value) -> bool) -> Result<Vec<Value>, Fault> {
        let mut all = Vec::new();
        let mut next = self.tx.key_from(&RESOURCES, "")?;
        // Goes from type to type and reads of each only the range that lies under the scope.
        while let Some((kind, _)) = next.as_deref().and_then(|key| key.split_once('|')) {
            self.walk(&format!("{kind}|{}", scope.key()), None, &mut |key, resource| {
                let id = key.split_once('|').map_or("", |(_, id)| id);
                if ArmId::parse(id).is_under(scope) && keep(&resource) {
                    all.push(resource);
                }
                true
            })?;
            next = self.tx.key_from(&RESOURCES, &format!("{kind}|{}", super::store::LAST))?;
        }
        Ok(all)
    }

    /// Answers a list request: a page of the resources of `kind` under `scope` for which `show` returns
    /// something, with a `nextLink` when there are more.
    pub(crate) fn page(
        &self,
        call: &Call,
        kind: &str,
        scope: &ArmId,
        mut show: impl FnMut(Value) -> Result<Option<Value>, Fault>,
    ) -> Result<Reply, Fault> {
        let size = call
            .query("$top")
            .and_then(|top| top.parse::<usize>().ok())
            .map_or(self.setting.page_size, |top| top.clamp(1, self.setting.page_size));
        let after = call.query("$skiptoken").and_then(super::paging::decode);
        let mut kept: Vec<(String, Value)> = Vec::new();
        let prefix = format!("{kind}|{}/", scope.key());
        let mut stop = None;
        // One more than fits tells whether there is a next page.
        self.walk(&prefix, after.as_deref(), &mut |key, resource| {
            match show(resource) {
                Ok(Some(shown)) => kept.push((key.to_owned(), shown)),
                Ok(None) => {}
                Err(fault) => stop = Some(fault),
            }
            stop.is_none() && kept.len() <= size
        })?;
        if let Some(fault) = stop {
            return Err(fault);
        }
        let more = kept.len() > size;
        kept.truncate(size);
        let next = match kept.last() {
            Some((last, _)) if more => Value::from(super::paging::next_link(call, last)),
            _ => Value::Null,
        };
        let value: Vec<Value> = kept.into_iter().map(|(_, shown)| shown).collect();
        let mut list = json!({"value": value, "nextLink": next});
        // App Service and the providers that grew out of it add these members to every list; others do not.
        if ["microsoft.web/", "microsoft.certificateregistration/", "microsoft.domainregistration/"]
            .iter()
            .any(|one| kind.starts_with(one))
        {
            list["id"] = Value::Null;
        }
        Ok(Reply::ok(list))
    }

    /// Stores the secret part of a resource (key, PFX, password), which is never shown.
    pub(crate) fn save_private<T: Serialize>(&self, id: &ArmId, part: &T) -> Result<(), Fault> {
        let part = serde_json::to_value(part)
            .map_err(|error| Fault::arm(500, "InternalServerError", error.to_string()))?;
        lag::remember_private(self, &id.key())?;
        Ok(self.tx.put(&PRIVATE, &id.key(), &part)?)
    }

    /// The private part of a resource.
    pub(crate) fn private<T: DeserializeOwned>(&self, id: &ArmId) -> Result<Option<T>, Fault> {
        let part = lag::private(self.tx, self.view, &id.key())?;
        part.map(serde_json::from_value)
            .transpose()
            .map_err(|error| Fault::arm(500, "InternalServerError", error.to_string()))
    }

    /// Schedules `job` after the time that the step takes in Azure (`real`), shortened by the pace.
    pub(crate) fn soon(&self, real: SignedDuration, job: &ScheduledJob) -> Result<(), Fault> {
        let due = jobs::moment(self.now, self.setting.pace.of(real));
        Ok(jobs::schedule(self.tx, due, job)?)
    }

    /// Schedules `job` at a moment of the practice cloud's calendar (expiry, denial after 15 days),
    /// regardless of the pace.
    pub(crate) fn at(&self, due: Timestamp, job: &ScheduledJob) -> Result<(), Fault> {
        Ok(jobs::schedule(self.tx, due, job)?)
    }
}

/// The outer members that every resource has; `kind` as Azure spells it (`Microsoft.Web/sites`).
pub(crate) fn envelope(id: &ArmId, kind: &str, location: &str, properties: Value) -> Value {
    let mut resource = json!({
        "id": id.to_string(),
        "name": id.name(),
        "type": kind,
        "location": location,
    });
    resource["properties"] = properties;
    resource
}

/// The text at a JSON pointer, or an empty one: `text(&site, "/properties/serverFarmId")`.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    // No name here is escaped, and `Value::pointer` copies every name that it looks up.
    let found = pointer.split('/').skip(1).try_fold(value, |inside, name| inside.get(name));
    found.and_then(Value::as_str).unwrap_or("")
}

/// Merges `patch` into `base`: members replace members, objects are merged, and `null` sets null instead of
/// removing the member.
pub(crate) fn merge(base: &mut Value, patch: &Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(base.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (base, patch) => *base = patch.clone(),
    }
}

fn key(id: &ArmId) -> String {
    format!("{}|{}", id.kind(), id.key())
}
