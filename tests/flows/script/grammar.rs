//! Every script of every flow can be read by the shell that it is written for. Nothing is run here.

use std::io::Write as _;
use std::process::{Command, Stdio};

use certdeck::flow::script::ScriptKind;

use crate::cloud::Cloud;
use crate::files;
use crate::runs;

/// The grammar reads every script that certdeck writes; it takes typographic quotes for letters, which
/// PowerShell does not.
fn powershell(script: &str) -> Result<(), String> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let tree = parser.parse(script, None).unwrap();
    if tree.root_node().has_error() { Err(tree.root_node().to_sexp()) } else { Ok(()) }
}

/// `-n` reads a script and runs nothing of it. A shell that is not installed says nothing.
fn shell(program: &str, script: &str) -> Result<(), String> {
    let started = Command::new(program).arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = started else { return Ok(()) };
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn every_flow_writes_scripts_that_their_shells_can_read() {
    let (cloud, files) = (Cloud::start(), files::make());
    for run in runs::all(&cloud, files.path()) {
        for kind in ScriptKind::ALL.iter().copied() {
            let output = run.certdeck(&cloud, &["--script", kind.as_str()]);
            let script = String::from_utf8(output.stdout).unwrap();
            assert!(
                script.contains("Written by certdeck"),
                "{}: {}",
                run.flow,
                String::from_utf8_lossy(&output.stderr)
            );
            let read = match kind {
                ScriptKind::PowerShell => powershell(&script),
                ScriptKind::Az | ScriptKind::Rest | ScriptKind::Curl => {
                    shell("sh", &script).and_then(|()| shell("bash", &script))
                }
            };
            assert!(read.is_ok(), "{} by {}: {}\n{script}", run.flow, kind.as_str(), read.unwrap_err());
        }
        let done = run.certdeck(&cloud, &["--yes"]);
        assert!(done.status.success(), "{}: {}", run.flow, String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn a_script_that_is_cut_off_is_not_read() {
    assert!(powershell("if ($x) { Write-Host 'a'\n").is_err());
    assert!(shell("sh", "if true; then echo a\n").is_err());
}
