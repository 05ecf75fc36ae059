//! The operations that descriptions publish: which one a request is, by method and path.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::schema::{Files, Node};

/// One operation of one description at one api-version.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `WebApps_Get`
    pub id: String,
    pub version: String,
    /// Who describes it: `Microsoft.Web/…/WebApps.json`, or a package of the SDK with its version.
    pub source: String,
    pub is_sdk: bool,
    method: String,
    segments: Vec<Segment>,
    pub parameters: Vec<Node>,
    /// By status, `default` too; none where a status has no body.
    pub responses: BTreeMap<String, Option<Node>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Word(String),
    One,
    /// The last one may be left out; its description says so.
    Optional,
    /// A scope or a path of types and names.
    Any,
}

impl Operation {
    /// Whether it stands for resources of any type: such a description says nothing of the one at hand.
    fn is_generic(&self) -> bool {
        let provider = self.segments.iter().rposition(|one| *one == Segment::Word("providers".to_owned()));
        let after = provider.map(|at| &self.segments[at + 1..]);
        let of_any_type = after.is_some_and(|after| after.len() > 1 && !matches!(after[0], Segment::Word(_)));
        of_any_type || !self.segments.iter().any(|one| matches!(one, Segment::Word(_)))
    }

    /// The words of the path that agree, or nothing where it is another operation's.
    pub(crate) fn fits(&self, method: &str, path: &[&str]) -> Option<usize> {
        (self.method.eq_ignore_ascii_case(method) && !self.is_generic())
            .then(|| matched(&self.segments, path))
            .flatten()
    }

    pub(crate) fn body(&self) -> Option<Node> {
        self.parameters.iter().find(|one| one.text("in") == "body").and_then(|one| one.get("schema"))
    }

    /// The schema of an answer. The outer is none where the status is not described.
    #[allow(clippy::option_option)]
    pub(crate) fn answer(&self, status: u16) -> Option<Option<Node>> {
        let error = || self.responses.get("default").filter(|_| status >= 400);
        self.responses.get(&status.to_string()).or_else(error).copied()
    }
}

fn matched(segments: &[Segment], path: &[&str]) -> Option<usize> {
    match (segments, path) {
        ([] | [Segment::Optional], []) => Some(0),
        ([Segment::Any, rest @ ..], _) => {
            (0..=path.len()).filter_map(|end| matched(rest, &path[end..])).max()
        }
        ([Segment::Word(word), rest @ ..], [here, after @ ..]) => {
            word.eq_ignore_ascii_case(here).then(|| matched(rest, after)).flatten().map(|found| found + 1)
        }
        ([Segment::One | Segment::Optional, rest @ ..], [_, after @ ..]) => matched(rest, after),
        _ => None,
    }
}

/// Every operation of the swagger files below a folder.
pub(crate) fn load(files: &Files, root: &Path) -> Vec<Operation> {
    let mut all = Vec::new();
    for path in super::files_below(root) {
        let Some(value) = files.get(&path) else { continue };
        let file: &'static Path = Box::leak(path.into_boxed_path());
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let name = name
            .split_once("resource-manager/")
            .or_else(|| name.split_once("data-plane/"))
            .map_or(name.as_str(), |(_, end)| end);
        all.extend(of(files, Node { file, value }, name, false));
    }
    all
}

/// The operations of one description.
pub(crate) fn of(files: &Files, description: Node, source: &str, is_sdk: bool) -> Vec<Operation> {
    let version = description.value["info"]["version"].as_str().unwrap_or_default();
    let mut all = Vec::new();
    for (path, methods) in description.value["paths"].as_object().into_iter().flatten() {
        let item = Node { file: description.file, value: methods };
        for (method, _) in methods.as_object().into_iter().flatten().filter(|(name, _)| *name != "parameters")
        {
            let Some(operation) = item.get(method) else { continue };
            let parameters: Vec<Node> = item
                .list("parameters")
                .chain(operation.list("parameters"))
                .filter_map(|one| one.resolved(files))
                .collect();
            let responses =
                operation.value["responses"].as_object().into_iter().flatten().map(|(status, value)| {
                    let response = Node { file: description.file, value }.resolved(files);
                    (status.clone(), response.and_then(|one| one.get("schema")))
                });
            all.push(Operation {
                id: operation.text("operationId").to_owned(),
                version: version.to_owned(),
                source: source.to_owned(),
                is_sdk,
                method: method.clone(),
                segments: segments(path, &parameters),
                responses: responses.collect(),
                parameters,
            });
        }
    }
    all
}

fn segments(path: &str, parameters: &[Node]) -> Vec<Segment> {
    let of = |text: &str| {
        let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
            return Segment::Word(text.to_owned());
        };
        let parameter = parameters.iter().find(|one| one.text("in") == "path" && one.text("name") == name);
        let flag =
            |member: &str| parameter.is_some_and(|one| one.value.get(member) == Some(&Value::Bool(true)));
        let optional = parameter.is_some_and(|one| one.text("description").contains("optional"));
        match (flag("x-ms-skip-url-encoding"), optional) {
            (true, _) => Segment::Any,
            (_, true) => Segment::Optional,
            _ => Segment::One,
        }
    };
    path.split('/').filter(|part| !part.is_empty()).map(of).collect()
}
