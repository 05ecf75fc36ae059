//! Azure's SDK for Python as a description: `sdk.py` turns its packages into swagger, and the same reader
//! judges by it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::operations::{self, Operation};
use super::schema::Files;

const PYTHON: &str = "CERTDECK_AZURE_PYTHON";

pub(crate) fn is_there() -> bool {
    std::env::var_os(PYTHON).is_some()
}

/// Nothing where no Python is named, which is said.
pub(crate) fn operations(files: &Files) -> Vec<Operation> {
    let Some(python) = std::env::var_os(PYTHON) else {
        super::say(&format!(
            "no SDK: {PYTHON} names no Python that has azure-mgmt-authorization, azure-keyvault-certificates and msgraph-sdk"
        ));
        return Vec::new();
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/sdk.py");
    let output = Command::new(python).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packages: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut all = Vec::new();
    for package in packages {
        let name = package["info"]["title"].as_str().unwrap().to_owned();
        let description = files.add(&format!("/sdk/{name}"), package);
        all.extend(operations::of(files, description, &name, true));
    }
    all
}
