//! What scripts rely on: the keys of JSON rows, the headers of csv, the metrics, the keys of `--set`, the
//! subcommands, the exit codes. All of it may grow; the snapshot shows what would be renamed or removed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use certdeck::flow::{FlowName, Key};
use serde_json::Value;

use crate::cloud::Cloud;

fn printed(cloud: &Cloud, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
    String::from_utf8(command.args(arguments).output().unwrap().stdout).unwrap()
}

/// Every key with the types of its values, from all rows: `expires: null string`.
fn members(json: &str) -> String {
    let rows: Value = serde_json::from_str(json).unwrap();
    let mut found = BTreeMap::<&str, Vec<&str>>::new();
    for (key, value) in rows.as_array().unwrap().iter().flat_map(|row| row.as_object().unwrap()) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let kinds = found.entry(key).or_default();
        kinds.push(kind);
        kinds.sort_unstable();
        kinds.dedup();
    }
    found.iter().fold(String::new(), |text, (key, kinds)| format!("{text}  {key}: {}\n", kinds.join(" ")))
}

#[test]
fn what_scripts_rely_on_is_neither_renamed_nor_removed() {
    let cloud = Cloud::start();
    let mut text = String::new();
    let lists: Vec<Vec<&str>> = ["private", "public", "orders", "bindings", "apps", "vaults"]
        .iter()
        .map(|kind| vec!["list", kind])
        .collect();
    for command in lists.into_iter().chain([vec!["report", "--within", "1000w"]]) {
        let json = printed(&cloud, &[&command[..], &["-o", "json"]].concat());
        let csv = printed(&cloud, &[&command[..], &["-o", "csv"]].concat());
        let name = command.join(" ");
        write!(text, "{name} -o json\n{}{name} -o csv\n  {}\n", members(&json), csv.lines().next().unwrap())
            .unwrap();
    }
    let metrics = printed(&cloud, &["report", "-o", "prometheus"]);
    let types: Vec<&str> = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let labels = metrics.lines().find(|line| line.contains('{')).unwrap();
    let labels: Vec<&str> =
        labels.split(['{', ',']).filter_map(|part| part.split_once("=\"")).map(|(name, _)| name).collect();
    writeln!(text, "report -o prometheus\n  {}\n  {}", types.join("\n  "), labels.join(" ")).unwrap();
    let keys: Vec<&str> = Key::ALL.iter().map(|key| key.as_str()).collect();
    let flows: Vec<&str> = FlowName::ALL.iter().map(|flow| flow.as_str()).collect();
    writeln!(text, "run --set\n  {}\nrun\n  {}", keys.join("\n  "), flows.join("\n  ")).unwrap();
    // What clap wraps by the width of a terminal stands in one line here.
    let help = printed(&cloud, &["--help"]);
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let commands: Vec<&str> =
        commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).collect();
    let commands: Vec<&str> = commands.iter().filter_map(|line| line.split_whitespace().next()).collect();
    let codes = help.find("Exit code").map_or("", |at| &help[at..]);
    writeln!(text, "certdeck\n  {}\n{}", commands.join("\n  "), codes.trim()).unwrap();
    insta::assert_snapshot!("for_scripts", text);
}
