//! Judges one exchange by the description of its api-version, and says which that was.

use std::collections::BTreeMap;

use serde_json::Value;

use super::operations::Operation;
use super::schema::{self, Files, Finding, Node, Side};
use super::traffic::Said;
use super::types::Shape;

/// All that is described.
#[derive(Debug, Default)]
pub(crate) struct Descriptions {
    pub files: Files,
    pub operations: Vec<Operation>,
    pub shapes: Vec<Shape>,
}

/// What came of a look at one exchange.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The operation's id.
    pub kind: String,
    /// In words.
    pub judge: String,
    pub request: Vec<Finding>,
    pub answer: Vec<Finding>,
}

impl Descriptions {
    /// Nothing where no description has the request.
    pub(crate) fn judge(&self, said: &Said) -> Option<Verdict> {
        let path: Vec<&str> = said.path.split('/').filter(|part| !part.is_empty()).collect();
        let fits = |one: &&Operation| {
            one.fits(&said.method, &path).is_some() && one.is_for_vaults() == said.is_for_vault()
        };
        let known: Vec<&Operation> = self.operations.iter().filter(fits).collect();
        let shapes: Vec<&Shape> =
            self.shapes.iter().filter(|one| one.version == said.version && one.kind == said.kind()).collect();
        let words = |one: &Operation| one.fits(&said.method, &path);
        let best = |is: &dyn Fn(&Operation) -> bool| {
            known.iter().filter(|one| is(one)).max_by_key(|one| (words(one), one.version.clone())).copied()
        };
        let exact = |one: &Operation| one.version == said.version;
        let by_shape = !shapes.is_empty() && said.method != "POST";
        let operation = best(&|one| exact(one) && !one.is_sdk)
            .or_else(|| best(&|one| !one.is_sdk).filter(|_| by_shape))
            .or_else(|| best(&|one| one.is_sdk && (exact(one) || one.version == "*")))
            .or_else(|| best(&|one| !one.is_sdk))
            .or_else(|| best(&|one| one.is_sdk))?;
        let shapes = if exact(operation) || !by_shape { Vec::new() } else { shapes };
        let judge = match (exact(operation), shapes.is_empty()) {
            (true, _) => operation.source.clone(),
            (false, false) => {
                let sources: Vec<&str> = shapes.iter().map(|shape| shape.source).collect();
                format!(
                    "operation of {}, body of {} by {}",
                    operation.source,
                    said.version,
                    sources.join(" and ")
                )
            }
            (false, true) if operation.version == "*" => operation.source.clone(),
            (false, true) => format!("nearest: {} for {}", operation.source, said.version),
        };
        let mut request = query(operation, said);
        request.extend(self.body(operation, &shapes, said));
        let answer =
            said.status.map(|status| self.answer(operation, &shapes, said, status)).unwrap_or_default();
        Some(Verdict { kind: operation.id.clone(), judge, request, answer })
    }

    fn body(&self, operation: &Operation, shapes: &[&Shape], said: &Said) -> Vec<Finding> {
        let described = operation.body();
        let required =
            operation.parameters.iter().any(|one| one.text("in") == "body" && one.flag("required"));
        match (&said.body, described) {
            (None, Some(_)) if required => {
                vec![Finding { at: String::new(), what: "the body is required".to_owned() }]
            }
            (None, _) => Vec::new(),
            (Some(_), None) => vec![Finding { at: String::new(), what: "no body is described".to_owned() }],
            (Some(body), Some(schema)) if shapes.is_empty() => {
                schema::check(&self.files, schema, body, Side::Request)
            }
            (Some(body), Some(schema)) => {
                // The exact version decides; what a change of some members needs, only the operation knows.
                let side = if said.method == "PATCH" { Side::Partial } else { Side::Request };
                let exact =
                    shapes.iter().flat_map(|shape| schema::check(&self.files, shape.schema, body, side));
                let needed = schema::check(&self.files, schema, body, Side::Request)
                    .into_iter()
                    .filter(|one| one.what == "is required");
                exact.chain(needed).collect()
            }
        }
    }

    fn answer(&self, operation: &Operation, shapes: &[&Shape], said: &Said, status: u16) -> Vec<Finding> {
        let finding = |what: String| vec![Finding { at: String::new(), what }];
        let Some(schema) = operation.answer(status) else {
            return finding(format!("status {status} is not described"));
        };
        match (schema, &said.answer) {
            (_, None) => Vec::new(),
            (None, Some(_)) if status >= 400 => Vec::new(),
            (None, Some(_)) => finding(format!("no body is described for {status}")),
            (Some(schema), Some(answer)) => {
                let shape = shapes.iter().find(|shape| shape.source == "type data").filter(|_| status < 300);
                let items = answer.get("value").and_then(Value::as_array);
                match (shape, items) {
                    (None, _) => schema::check(&self.files, schema, answer, Side::Answer),
                    (Some(shape), None) => schema::check(&self.files, shape.schema, answer, Side::Answer),
                    (Some(shape), Some(items)) => {
                        let each = items
                            .iter()
                            .flat_map(|item| schema::check(&self.files, shape.schema, item, Side::Answer));
                        let below = |one: Finding| Finding { at: format!("value[].{}", one.at), ..one };
                        let around = schema::check(&self.files, schema, answer, Side::Answer);
                        each.map(below)
                            .chain(around.into_iter().filter(|one| !one.at.starts_with("value")))
                            .collect()
                    }
                }
            }
        }
    }
}

fn query(operation: &Operation, said: &Said) -> Vec<Finding> {
    if said.is_followed {
        return Vec::new();
    }
    let described: BTreeMap<String, Node> = operation
        .parameters
        .iter()
        .filter(|one| one.text("in") == "query")
        .map(|one| (one.text("name").to_lowercase(), *one))
        .collect();
    let finding = |name: &str, what: &str| Finding { at: format!("?{name}"), what: what.to_owned() };
    let mut found = Vec::new();
    for (name, value) in &said.query {
        match described.get(&name.to_lowercase()) {
            None if name == "api-version" && operation.is_sdk => {}
            None => found.push(finding(name, "is not described")),
            Some(parameter) => {
                let words: Vec<&str> = parameter.list("enum").filter_map(|one| one.value.as_str()).collect();
                if !words.is_empty() && name != "api-version" && !words.contains(&value.as_str()) {
                    found.push(finding(name, &format!("{value:?} is none of {}", words.join(", "))));
                }
            }
        }
    }
    for (name, parameter) in &described {
        if parameter.flag("required") && !said.query.iter().any(|(sent, _)| sent.eq_ignore_ascii_case(name)) {
            found.push(finding(name, "is required"));
        }
    }
    found
}

impl Operation {
    fn is_for_vaults(&self) -> bool {
        self.source.contains("Microsoft.KeyVault/stable/7.") || self.source.contains("azure-keyvault-")
    }
}
