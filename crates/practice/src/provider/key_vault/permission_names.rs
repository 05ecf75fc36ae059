//! The names that an access policy may contain, by kind of contents; any other is refused.
//!
//! Azure/azure-rest-api-specs, `KeyPermissions`, `SecretPermissions`, `CertificatePermissions` and
//! `StoragePermissions` of Microsoft.KeyVault 2023-07-01; unchanged in 2026-02-01.

use serde_json::Value;

/// Each kind with its names, separated by blanks.
const KINDS: [(&str, &str); 4] = [
    (
        "keys",
        "all encrypt decrypt wrapKey unwrapKey sign verify get list create update import delete backup restore recover purge \
         release rotate getrotationpolicy setrotationpolicy",
    ),
    ("secrets", "all get list set delete backup restore recover purge"),
    (
        "certificates",
        "all get list delete create import update managecontacts getissuers listissuers setissuers deleteissuers manageissuers \
         recover purge backup restore",
    ),
    (
        "storage",
        "all get list delete set update regeneratekey recover purge backup restore setsas listsas getsas deletesas",
    ),
];

/// Whether the `permissions` of a policy contain only known names, in any casing: the portal writes `Get`,
/// templates `get`.
pub(super) fn are_known(permissions: &Value) -> bool {
    KINDS.iter().all(|(kind, known)| {
        let names = permissions[kind].as_array().into_iter().flatten();
        names.into_iter().all(|name| {
            name.as_str()
                .is_some_and(|name| known.split_whitespace().any(|one| one.eq_ignore_ascii_case(name)))
        })
    })
}
