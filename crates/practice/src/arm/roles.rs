//! The built-in roles that matter here: their GUIDs, names and permissions, as Azure publishes them.

use serde_json::{Value, json};

use crate::pattern::is_like;

/// A built-in role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltInRole {
    Owner,
    Contributor,
    Reader,
    UserAccessAdministrator,
    WebsiteContributor,
    KeyVaultContributor,
    KeyVaultAdministrator,
    KeyVaultCertificatesOfficer,
    KeyVaultCertificateUser,
    KeyVaultSecretsOfficer,
    KeyVaultSecretsUser,
    KeyVaultReader,
}

/// The definition of a role.
#[derive(Debug)]
pub(super) struct RoleDefinition {
    pub role: BuiltInRole,
    pub guid: &'static str,
    pub name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

/// The management actions that every role of Key Vault allows.
const AROUND_VAULTS: &[&str] = &[
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
];

/// A role of Key Vault's data plane.
const fn of_vaults(
    role: BuiltInRole,
    [guid, name, description]: [&'static str; 3],
    data_actions: &'static [&'static str],
) -> RoleDefinition {
    RoleDefinition { role, guid, name, description, actions: AROUND_VAULTS, not_actions: &[], data_actions }
}

/// A role of the management plane alone.
const fn of_resources(
    role: BuiltInRole,
    [guid, name, description]: [&'static str; 3],
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
) -> RoleDefinition {
    RoleDefinition { role, guid, name, description, actions, not_actions, data_actions: &[] }
}

pub(super) const DEFINITIONS: &[RoleDefinition] = &[
    of_resources(
        BuiltInRole::Owner,
        [
            "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
            "Owner",
            "Manages everything, access to resources included.",
        ],
        &["*"],
        &[],
    ),
    of_resources(
        BuiltInRole::Contributor,
        [
            "b24988ac-6180-42a0-ab88-20f7382dd24c",
            "Contributor",
            "Manages everything except access to resources.",
        ],
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
        ],
    ),
    of_resources(
        BuiltInRole::Reader,
        ["acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "Views all resources and changes none."],
        &["*/read"],
        &[],
    ),
    of_resources(
        BuiltInRole::UserAccessAdministrator,
        ["18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Manages access to resources."],
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        &[],
    ),
    of_resources(
        BuiltInRole::WebsiteContributor,
        ["de139f84-1756-47ae-9be6-808fbbe84772", "Website Contributor", "Manages websites, not their plans."],
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Web/certificates/*",
            "Microsoft.Web/listSitesAssignedToHostName/read",
            "Microsoft.Web/serverFarms/join/action",
            "Microsoft.Web/serverFarms/read",
            "Microsoft.Web/sites/*",
        ],
        &[],
    ),
    of_resources(
        BuiltInRole::KeyVaultContributor,
        [
            "f25e0fa2-a7c8-4377-a976-54943a77a395",
            "Key Vault Contributor",
            "Manages key vaults, not what they hold.",
        ],
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.KeyVault/*",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        &[
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
            "Microsoft.KeyVault/hsmPools/*",
            "Microsoft.KeyVault/managedHsms/*",
        ],
    ),
    of_vaults(
        BuiltInRole::KeyVaultAdministrator,
        [
            "00482a5a-887f-4fb3-b363-3b7fe8e74483",
            "Key Vault Administrator",
            "Does everything with what a vault holds.",
        ],
        &["Microsoft.KeyVault/vaults/*"],
    ),
    of_vaults(
        BuiltInRole::KeyVaultCertificatesOfficer,
        [
            "a4417e6f-fecd-4de8-b567-7b0420556985",
            "Key Vault Certificates Officer",
            "Does everything with a vault's certificates.",
        ],
        &[
            "Microsoft.KeyVault/vaults/certificatecas/*",
            "Microsoft.KeyVault/vaults/certificates/*",
            "Microsoft.KeyVault/vaults/certificatecontacts/write",
        ],
    ),
    of_vaults(
        BuiltInRole::KeyVaultCertificateUser,
        [
            "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
            "Key Vault Certificate User",
            "Reads certificates with their keys.",
        ],
        &[
            "Microsoft.KeyVault/vaults/certificates/read",
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            "Microsoft.KeyVault/vaults/keys/read",
        ],
    ),
    of_vaults(
        BuiltInRole::KeyVaultSecretsOfficer,
        [
            "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
            "Key Vault Secrets Officer",
            "Does everything with a vault's secrets.",
        ],
        &["Microsoft.KeyVault/vaults/secrets/*"],
    ),
    of_vaults(
        BuiltInRole::KeyVaultSecretsUser,
        ["4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Reads what secrets hold."],
        &[
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
    ),
    of_vaults(
        BuiltInRole::KeyVaultReader,
        [
            "21090545-7ca7-4776-b22c-e363652d74d2",
            "Key Vault Reader",
            "Reads what a vault says of its contents, not the contents.",
        ],
        &["Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"],
    ),
];

impl RoleDefinition {
    /// The id of the definition in a subscription.
    pub(super) fn id(&self, subscription: &str) -> String {
        format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}",
            self.guid
        )
    }

    pub(super) fn show(&self, subscription: &str) -> Value {
        json!({
            "id": self.id(subscription),
            "name": self.guid,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": self.name,
                "type": "BuiltInRole",
                "description": self.description,
                "assignableScopes": ["/"],
                "permissions": [self.permissions()],
            },
        })
    }

    pub(super) fn permissions(&self) -> Value {
        json!({
            "actions": self.actions,
            "notActions": self.not_actions,
            "dataActions": self.data_actions,
            "notDataActions": [],
        })
    }

    /// Whether the role allows an action of the management plane.
    pub(super) fn allows(&self, action: &str) -> bool {
        let names = |patterns: &[&str]| patterns.iter().any(|pattern| is_like(pattern, action));
        names(self.actions) && !names(self.not_actions)
    }
}

/// Finds a role by its GUID, which may be the end of an id.
pub(super) fn numbered(id: &str) -> Option<&'static RoleDefinition> {
    let id = id.to_lowercase();
    DEFINITIONS.iter().find(|one| id.ends_with(one.guid))
}
