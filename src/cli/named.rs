//! The app that a run is about, where its name alone was given: looked for in every subscription that is meant.

use super::CliError;
use crate::azure::{Client, sites};
use crate::flow::{Inputs, Key};
use crate::model::{ResourceId, Subscription};

/// Puts the app's id in the place of its name. A name that nobody or several apps have is said to be so.
pub async fn find_app(client: &Client, known: &[Subscription], inputs: &mut Inputs) -> Result<(), CliError> {
    let Some(name) = alone(inputs).map(str::to_owned) else { return Ok(()) };
    let given = inputs.get(Key::Subscription).map(ResourceId::subscription);
    let scopes: Vec<ResourceId> = given.map_or_else(|| known.iter().map(|one| one.id.clone()).collect(), |one| vec![one]);
    let mut found = Vec::new();
    for scope in &scopes {
        let apps = sites::named(client, scope, &name).await;
        found.extend(apps.map_err(|error| CliError::Cloud(error.problem("Find the app by its name")))?);
    }
    let app = the_one(&name, &found, scopes.len())?;
    inputs.set(Key::Subscription, app.subscription_id());
    inputs.set(Key::App, app.as_str());
    Ok(())
}

/// The app's name, if neither an id nor a resource group goes with it.
fn alone(inputs: &Inputs) -> Option<&str> {
    inputs.get(Key::App).filter(|name| !name.contains('/') && inputs.get(Key::ResourceGroup).is_none())
}

fn the_one<'i>(name: &str, found: &'i [ResourceId], scopes: usize) -> Result<&'i ResourceId, CliError> {
    match found {
        [only] => Ok(only),
        [] => {
            let looked = if scopes == 1 { "the subscription".to_owned() } else { format!("{scopes} subscriptions") };
            let words = format!(
                "no app in {looked} is called '{name}': correct the name, or give the whole resource id (--set app=/subscriptions/…)"
            );
            Err(CliError::Usage(words))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(ResourceId::as_str).collect();
            let words =
                format!("{} apps are called '{name}': give the one that is meant (--set app=…): {}", ids.len(), ids.join(", "));
            Err(CliError::Usage(words))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn app(group: &str) -> ResourceId {
        ResourceId::parse(&format!("/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Web/sites/shop")).unwrap()
    }

    #[test]
    fn only_a_name_without_a_group_is_looked_for() {
        let name = Inputs::default().with(Key::App, "shop");
        assert_eq!(alone(&name), Some("shop"));
        assert_eq!(alone(&name.clone().with(Key::ResourceGroup, "web")), None);
        assert_eq!(alone(&name.with(Key::App, "web/shop")), None);
    }

    #[test]
    fn a_name_that_nobody_or_several_have_is_said_to_be_so() {
        assert_eq!(the_one("shop", &[app("web")], 1).unwrap(), &app("web"));
        assert!(the_one("shop", &[], 2).unwrap_err().to_string().contains("no app in 2 subscriptions is called 'shop'"));
        let both = the_one("shop", &[app("web"), app("old")], 1).unwrap_err().to_string();
        assert!(both.contains("2 apps are called 'shop'") && both.contains("/resourceGroups/old/"));
    }
}
