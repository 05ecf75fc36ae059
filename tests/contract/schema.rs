//! Reads the schemas of swagger 2.0 and of template schemas, and judges JSON by them: unknown members, types,
//! enumerations, what is required, what is read only. Formats and lengths are left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Every file that descriptions refer to, read once.
#[derive(Debug, Default)]
pub(crate) struct Files {
    read: std::cell::RefCell<BTreeMap<PathBuf, Option<&'static Value>>>,
}

impl Files {
    pub(crate) fn get(&self, path: &Path) -> Option<&'static Value> {
        let read = |path: &Path| {
            let value: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
            Some(&*Box::leak(Box::new(value)))
        };
        *self.read.borrow_mut().entry(path.to_owned()).or_insert_with(|| read(path))
    }

    /// A description that no file holds, under a name of its own.
    pub(crate) fn add(&self, name: &str, value: Value) -> Node {
        let value: &'static Value = Box::leak(Box::new(value));
        self.read.borrow_mut().insert(PathBuf::from(name), Some(value));
        Node { file: Box::leak(PathBuf::from(name).into_boxed_path()), value }
    }
}

/// A part of a description: a schema, a parameter, a response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub file: &'static Path,
    pub value: &'static Value,
}

impl Node {
    pub(crate) fn get(self, member: &str) -> Option<Self> {
        Some(Self { file: self.file, value: self.value.get(member)? })
    }

    pub(crate) fn text(self, member: &str) -> &'static str {
        self.value.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn flag(self, member: &str) -> bool {
        self.value.get(member).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn list(self, member: &str) -> impl Iterator<Item = Self> {
        let items = self.value.get(member).and_then(Value::as_array);
        items.into_iter().flatten().map(move |value| Self { file: self.file, value })
    }

    /// What `$ref` leads to, or itself; nothing where it leads outside of what is stored.
    pub(crate) fn resolved(self, files: &Files) -> Option<Self> {
        let Some(reference) = self.value.get("$ref").and_then(Value::as_str) else { return Some(self) };
        let (file, pointer) = reference.split_once('#')?;
        let (file, value) = if file.is_empty() {
            (self.file, files.get(self.file)?)
        } else {
            let path = plain(&self.file.parent()?.join(file));
            let value = files.get(&path)?;
            (&*Box::leak(path.into_boxed_path()), value)
        };
        Self { file, value: value.pointer(pointer)? }.resolved(files)
    }
}

/// Without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part.as_os_str() == ".." {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}

/// Which direction the JSON goes: a request must not send what is read only, an answer may leave anything
/// out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    /// A change of some members: what is required of the whole may be missing.
    Partial,
    Answer,
}

/// Something in JSON that its description does not have. `at` has `[]` for places in lists and `*` for keys
/// of maps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub at: String,
    pub what: String,
}

/// What a schema with all that it refers to says of a value.
#[derive(Debug, Default)]
struct Whole {
    kind: &'static str,
    properties: BTreeMap<&'static str, Node>,
    required: BTreeSet<&'static str>,
    words: Vec<&'static str>,
    items: Option<Node>,
    others: Option<Node>,
    /// Says nothing at all, or takes any other member.
    open: bool,
    read_only: bool,
}

impl Whole {
    fn of(files: &Files, schema: Node) -> Self {
        let mut whole = Self::default();
        whole.take(files, schema, 0);
        whole
    }

    fn take(&mut self, files: &Files, schema: Node, depth: usize) {
        self.read_only |= schema.flag("readOnly");
        let Some(schema) = schema.resolved(files).filter(|_| depth < 20) else {
            self.open = true;
            return;
        };
        self.read_only |= schema.flag("readOnly");
        if !schema.text("type").is_empty() {
            self.kind = schema.text("type");
        }
        let properties = schema.value.get("properties").and_then(Value::as_object);
        for (name, value) in properties.into_iter().flatten() {
            self.properties.insert(name, Node { file: schema.file, value });
        }
        self.required.extend(schema.list("required").filter_map(|one| one.value.as_str()));
        self.words.extend(schema.list("enum").filter_map(|one| one.value.as_str()));
        self.items = schema.get("items").or(self.items);
        match schema.value.get("additionalProperties") {
            Some(Value::Bool(open)) => self.open |= open,
            Some(_) => self.others = schema.get("additionalProperties"),
            None => {}
        }
        schema.list("allOf").for_each(|part| self.take(files, part, depth + 1));
        // A template schema takes an expression instead of anything.
        schema
            .list("oneOf")
            .filter(|one| !one.text("$ref").ends_with("/expression"))
            .for_each(|one| self.take(files, one, depth + 1));
    }

    fn is_map(&self) -> bool {
        self.open || self.others.is_some() || (self.properties.is_empty() && self.kind != "closed")
    }
}

/// Everything in `value` that the schema does not have.
pub(crate) fn check(files: &Files, schema: Node, value: &Value, side: Side) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    look(files, schema, value, side, "", &mut found);
    found.into_iter().collect()
}

fn look(files: &Files, schema: Node, value: &Value, side: Side, at: &str, found: &mut BTreeSet<Finding>) {
    let whole = Whole::of(files, schema);
    let mut tell = |what: String| {
        found.insert(Finding { at: at.to_owned(), what });
    };
    if side != Side::Answer && whole.read_only {
        return tell("is read only".to_owned());
    }
    let fits = match (whole.kind, value) {
        // Azure answers null for what it has no value for.
        (_, Value::Null) => side == Side::Answer || whole.kind.is_empty(),
        ("string", _) => value.is_string(),
        ("boolean", _) => value.is_boolean(),
        ("integer", _) => value.is_i64() || value.is_u64(),
        ("number", _) => value.is_number(),
        ("array", _) => value.is_array(),
        ("object" | "closed", _) => value.is_object(),
        _ => true,
    };
    if !fits {
        return tell(format!("is no {}", whole.kind));
    }
    match value {
        Value::String(word) => {
            let same =
                |one: &&str| if side == Side::Answer { one.eq_ignore_ascii_case(word) } else { *one == word };
            if !whole.words.is_empty() && !whole.words.iter().any(same) {
                tell(format!("{word:?} is none of {}", whole.words.join(", ")));
            }
        }
        Value::Array(items) => {
            for (item, schema) in items.iter().filter_map(|item| Some((item, whole.items?))) {
                look(files, schema, item, side, &format!("{at}[]"), found);
            }
        }
        Value::Object(members) => {
            let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            if side == Side::Request {
                for name in whole.required.iter().filter(|name| !members.contains_key(**name)) {
                    let read_only =
                        whole.properties.get(name).is_some_and(|one| Whole::of(files, *one).read_only);
                    if !read_only {
                        found.insert(Finding { at: below(name), what: "is required".to_owned() });
                    }
                }
            }
            for (name, member) in members {
                let known = whole.properties.get(name.as_str()).copied();
                match (known, whole.others) {
                    (Some(schema), _) => look(files, schema, member, side, &below(name), found),
                    (None, Some(schema)) => look(files, schema, member, side, &below("*"), found),
                    (None, None) if whole.is_map() => {}
                    (None, None) => {
                        found.insert(Finding { at: below(name), what: "is not described".to_owned() });
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: Value, value: &Value, side: Side) -> Vec<String> {
        let files = Files::default();
        let schema = files.add("test", schema);
        check(&files, schema, value, side).into_iter().map(|one| format!("{} {}", one.at, one.what)).collect()
    }

    #[test]
    fn a_request_is_judged_by_all_that_its_schema_refers_to() {
        let schema = json!({
            "allOf": [{"$ref": "#/definitions/Base"}],
            "properties": {
                "sku": {"type": "string", "enum": ["standard", "premium"]},
                "list": {"type": "array", "items": {"type": "string", "enum": ["get", "list"]}},
                "uri": {"type": "string", "readOnly": true},
                "days": {"type": "integer"},
                "tags": {"type": "object", "additionalProperties": {"type": "string"}}
            },
            "required": ["sku"],
            "definitions": {"Base": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}
        });
        let good = json!({"location": "x", "sku": "premium", "list": ["get"], "days": 7, "tags": {"a": "b"}});
        assert_eq!(found(schema.clone(), &good, Side::Request), Vec::<String>::new());
        let bad = json!({"sku": "Premium", "list": ["get", "set"], "uri": "u", "days": "7", "tags": {"a": 1}, "more": 1});
        let said = found(schema.clone(), &bad, Side::Request);
        assert_eq!(
            said,
            [
                "days is no integer",
                "list[] \"set\" is none of get, list",
                "location is required",
                "more is not described",
                "sku \"Premium\" is none of standard, premium",
                "tags.* is no string",
                "uri is read only"
            ]
        );
        let answer = json!({"sku": "Premium", "uri": "u", "days": null});
        assert_eq!(found(schema.clone(), &answer, Side::Answer), Vec::<String>::new());
        assert_eq!(found(schema, &json!({"days": 1}), Side::Partial), Vec::<String>::new());
    }
}
