//! The same grant for an admin who may make it: commands of the az CLI and of PowerShell. They name the
//! service by its application id, so that the admin needs no object id.

use super::access::Party;
use super::script::shell;
use crate::azure::roles;
use crate::model::{AccessPolicy, Vault};

/// Commands that grant what is missing; empty where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByHand {
    az: Vec<String>,
    powershell: Vec<String>,
}

impl ByHand {
    /// `app_id` is the service's application id in this cloud; `policy` the whole access policy that it
    /// needs.
    pub fn new(party: Party, app_id: &str, vault: &Vault, policy: &AccessPolicy) -> Self {
        let (az, powershell) =
            if vault.rbac { by_role(party, app_id, vault) } else { by_policy(app_id, vault, policy) };
        Self { az: vec![az], powershell: vec![powershell] }
    }

    pub fn is_empty(&self) -> bool {
        self.az.is_empty()
    }

    /// Takes the commands of another grant in, each once.
    pub fn extend(&mut self, other: Self) {
        for (own, more) in [(&mut self.az, other.az), (&mut self.powershell, other.powershell)] {
            for one in more {
                if !own.contains(&one) {
                    own.push(one);
                }
            }
        }
    }

    /// For the facts beside a step: one line that can be pasted, however it wraps.
    pub fn facts(&self) -> [(String, String); 2] {
        [("With az", self.az.join(" && ")), ("With PowerShell", self.powershell.join("; "))]
            .map(|(label, line)| (label.to_owned(), line))
    }

    /// As the remedy of a problem; nothing where there is none.
    pub fn remedy(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        format!(
            "an admin who may grant it runs\n{}\nor in PowerShell\n{}",
            self.az.join("\n"),
            self.powershell.join("\n")
        )
    }
}

fn by_role(party: Party, app_id: &str, vault: &Vault) -> (String, String) {
    let role = roles::role_words(party.role());
    let az = format!(
        "az role assignment create --assignee {app_id} --role '{role}' --scope {}",
        shell::word(vault.id.as_str())
    );
    let powershell = format!(
        "New-AzRoleAssignment -ApplicationId {app_id} -RoleDefinitionName '{role}' -Scope {}",
        quoted(vault.id.as_str())
    );
    (az, powershell)
}

fn by_policy(app_id: &str, vault: &Vault, policy: &AccessPolicy) -> (String, String) {
    let id = &vault.id;
    let az = format!(
        "az keyvault set-policy --subscription {} --resource-group {} --name {} --spn {app_id} --secret-permissions {} \
         --certificate-permissions {}",
        shell::word(id.subscription_id()),
        shell::word(id.resource_group()),
        shell::word(id.name()),
        policy.secrets.join(" "),
        policy.certificates.join(" "),
    );
    let powershell = format!(
        "Set-AzKeyVaultAccessPolicy -SubscriptionId {} -ResourceGroupName {} -VaultName {} -ServicePrincipalName {app_id} \
         -PermissionsToSecrets {} -PermissionsToCertificates {}",
        quoted(id.subscription_id()),
        quoted(id.resource_group()),
        quoted(id.name()),
        policy.secrets.join(","),
        policy.certificates.join(","),
    );
    (az, powershell)
}

/// A word of PowerShell with any content.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::super::sample::vault;
    use super::*;

    #[test]
    fn both_models_have_commands_that_name_the_service_by_its_application_id() {
        let policy = AccessPolicy {
            object_id: String::new(),
            secrets: vec!["get".to_owned()],
            certificates: vec!["get".to_owned()],
        };
        let words = ByHand::new(Party::Websites, "app-id", &vault(false), &policy).remedy();
        assert!(words.contains("az keyvault set-policy --subscription s --resource-group web --name kv-web --spn app-id --secret-permissions get --certificate-permissions get"), "{words}");
        assert!(
            words.contains("Set-AzKeyVaultAccessPolicy") && words.contains("-ServicePrincipalName app-id"),
            "{words}"
        );
        let words = ByHand::new(Party::Registrar, "app-id", &vault(true), &policy).remedy();
        assert!(
            words.contains("--assignee app-id --role 'Key Vault Secrets Officer' --scope /subscriptions/s/"),
            "{words}"
        );
        assert!(words.contains("New-AzRoleAssignment -ApplicationId app-id"), "{words}");
    }
}
