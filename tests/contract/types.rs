//! The exact shape of a resource at one api-version: template schemas and type data, which are published for
//! versions that have no operations yet. Type data becomes a schema first, so that one reader judges by both.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::schema::{Files, Node};

/// A resource type at one api-version, and who describes it.
#[derive(Debug)]
pub(crate) struct Shape {
    /// `microsoft.keyvault/vaults`
    pub kind: String,
    pub version: String,
    /// `type data` or `template schema`.
    pub source: &'static str,
    pub schema: Node,
}

/// Everything below a folder.
pub(crate) fn load(files: &Files, root: &Path) -> Vec<Shape> {
    let mut all = Vec::new();
    for path in super::files_below(root) {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("types.json") => all.extend(type_data(files, &path)),
            Some(name) if name.starts_with("Microsoft.") => all.extend(templates(files, &path)),
            _ => {}
        }
    }
    all
}

fn templates(files: &Files, path: &Path) -> Vec<Shape> {
    let Some(file) = files.get(path) else { return Vec::new() };
    let of = |definition: &'static Value| {
        let word = |member: &str| definition["properties"][member]["enum"][0].as_str();
        let (kind, version) = (word("type")?.to_lowercase(), word("apiVersion")?.to_owned());
        // What names the resource in a template stands in the address of a request.
        let mut schema = definition.clone();
        if let Some(required) = schema["required"].as_array_mut() {
            required.retain(|name| !["name", "apiVersion", "type"].iter().any(|one| name == one));
        }
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties
                .retain(|name, _| !["name", "apiVersion", "type", "resources"].contains(&name.as_str()));
        }
        let value: &'static Value = Box::leak(Box::new(schema));
        let schema = Node { file: Box::leak(path.to_owned().into_boxed_path()), value };
        Some(Shape { kind, version, source: "template schema", schema })
    };
    file["resourceDefinitions"].as_object().into_iter().flatten().filter_map(|(_, one)| of(one)).collect()
}

fn type_data(files: &Files, path: &Path) -> Vec<Shape> {
    let Some(all) = files.get(path).and_then(Value::as_array) else { return Vec::new() };
    let definitions: Map<String, Value> =
        all.iter().enumerate().map(|(at, one)| (at.to_string(), schema(all, one))).collect();
    let name = format!("{}#converted", path.display());
    let whole = files.add(&name, json!({"definitions": definitions}));
    let of = |one: &Value| {
        let (kind, version) = one["name"].as_str()?.split_once('@')?;
        let place = place(&one["body"])?;
        let schema = whole.get("definitions")?.get(&place)?;
        Some(Shape { kind: kind.to_lowercase(), version: version.to_owned(), source: "type data", schema })
    };
    all.iter().filter(|one| one["$type"] == "ResourceType").filter_map(of).collect()
}

/// The number that a reference of type data leads to.
fn place(reference: &Value) -> Option<String> {
    reference["$ref"].as_str().map(|text| text.trim_start_matches("#/").to_owned())
}

fn link(reference: &Value) -> Value {
    place(reference).map_or_else(|| json!({}), |place| json!({"$ref": format!("#/definitions/{place}")}))
}

/// `flags` of a member: 1 required, 2 read only, 8 part of the resource's name.
const REQUIRED: u64 = 1;
const READ_ONLY: u64 = 2;
const IN_THE_ADDRESS: u64 = 8;

fn schema(all: &[Value], one: &Value) -> Value {
    match one["$type"].as_str().unwrap_or_default() {
        "StringType" => json!({"type": "string"}),
        "StringLiteralType" => json!({"type": "string", "enum": [one["value"]]}),
        "IntegerType" => json!({"type": "integer"}),
        "BooleanType" => json!({"type": "boolean"}),
        "ArrayType" => json!({"type": "array", "items": link(&one["itemType"])}),
        "UnionType" => union(all, one),
        "ObjectType" => object(one),
        _ => json!({}),
    }
}

/// Words that are known; a plain string beside them means that more may come.
fn union(all: &[Value], one: &Value) -> Value {
    let elements = one["elements"].as_array().into_iter().flatten();
    let parts: Vec<&Value> =
        elements.filter_map(|link| all.get(place(link)?.parse::<usize>().ok()?)).collect();
    let words: Vec<&Value> =
        parts.iter().filter(|part| part["$type"] == "StringLiteralType").map(|part| &part["value"]).collect();
    let of_text =
        parts.iter().all(|part| part["$type"] == "StringLiteralType" || part["$type"] == "StringType");
    if of_text && !words.is_empty() { json!({"type": "string", "enum": words}) } else { json!({}) }
}

fn object(one: &Value) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, member) in one["properties"].as_object().into_iter().flatten() {
        let flags = member["flags"].as_u64().unwrap_or_default();
        let mut schema = link(&member["type"]);
        if flags & READ_ONLY != 0 || flags & IN_THE_ADDRESS != 0 {
            schema["readOnly"] = true.into();
        } else if flags & REQUIRED != 0 {
            required.push(name.clone());
        }
        properties.insert(name.clone(), schema);
    }
    let mut schema = json!({"type": "object", "properties": properties, "required": required});
    if one["additionalProperties"].is_object() {
        schema["additionalProperties"] = link(&one["additionalProperties"]);
    } else if properties_are_none(one) {
        schema["type"] = "closed".into();
    }
    schema
}

/// An object without members takes none; tags and the like say which others they take.
fn properties_are_none(one: &Value) -> bool {
    one["properties"].as_object().is_some_and(Map::is_empty)
}
