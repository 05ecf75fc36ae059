//! A fleet has the requested size, is the same for the same seed, and is complete.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    arm::subscriptions,
    context::{CloudContext, View, text},
    fixture::Fixture,
    id::ArmId,
    index,
    provider::{
        key_vault::VaultRecord,
        microsoft_web::{bindings, certificates},
    },
};

const NOW: &str = "2026-11-23T00:00:00Z";
const SMALL: Fleet = Fleet { apps: 40, certificates: 200, subscriptions: 3, seed: 7 };

fn planted(fleet: &Fleet) -> Fixture {
    let cloud = Fixture::new(NOW);
    cloud.with(|ctx| plant(&CloudContext { view: View::Planted, ..*ctx }, fleet).unwrap());
    cloud
}

fn names(cloud: &Fixture, kind: &str) -> Vec<String> {
    let all = cloud.with(|ctx| ctx.list(kind, &ArmId::parse("")).unwrap());
    all.iter()
        .map(|one| format!("{} {}", text(one, "/id"), text(one, "/properties/expirationDate")))
        .collect()
}

#[test]
fn a_fleet_has_the_size_it_was_asked_for_and_one_look_for_each_seed() {
    let (cloud, twin) = (planted(&SMALL), planted(&SMALL));
    for (kind, count) in
        [("microsoft.web/sites", 40), ("microsoft.web/certificates", 200), ("microsoft.keyvault/vaults", 3)]
    {
        assert_eq!(names(&cloud, kind).len(), count, "{kind}");
        assert_eq!(names(&cloud, kind), names(&twin, kind));
    }
    // The fixture has one subscription of its own.
    assert_eq!(cloud.with(|ctx| subscriptions::all(ctx).unwrap().len()), 4);
    let other = planted(&Fleet { seed: 8, ..SMALL });
    assert_ne!(names(&cloud, "microsoft.web/certificates"), names(&other, "microsoft.web/certificates"));
}

#[test]
fn every_binding_presents_a_certificate_of_its_webspace_with_its_key() {
    let cloud = planted(&SMALL);
    let bound = cloud.with(|ctx| {
        let all = ctx.list("microsoft.web/sites/hostnamebindings", &ArmId::parse("")).unwrap();
        let bound: Vec<_> =
            all.iter().filter(|one| bindings::state(one) != bindings::BindingSslState::Disabled).collect();
        for binding in &bound {
            let thumbprint = text(binding, "/properties/thumbprint");
            let found = certificates::for_site(ctx, &bindings::site_of(binding), thumbprint);
            assert!(found.unwrap().is_some());
        }
        let shown = bindings::presented(ctx, bindings::host(bound[0])).unwrap().unwrap();
        shown.server(&[]).unwrap();
        bound.len()
    });
    assert!(bound > 80, "{bound}");
}

#[test]
fn a_secret_of_a_fleet_holds_a_pfx_when_it_is_read_and_a_round_of_syncing_finds_no_news() {
    let mut cloud = planted(&SMALL);
    let from_vault = cloud.with(|ctx| ctx.having_any(&index::FROM_VAULT).unwrap());
    let (vault, secret) = (
        text(&from_vault[0], "/properties/keyVaultId"),
        text(&from_vault[0], "/properties/keyVaultSecretName"),
    );
    let value = cloud.with(|ctx| {
        let vault = VaultRecord::at(ctx, &ArmId::parse(vault)).unwrap().unwrap();
        let secret = crate::provider::key_vault::secret::find(ctx, &vault, secret).unwrap().unwrap();
        secret.latest().unwrap().value(ctx).unwrap()
    });
    assert!(value.len() > 2000);
    cloud.advance(jiff::SignedDuration::from_hours(25));
    let id = ArmId::parse(text(&from_vault[0], "/id"));
    let after = cloud.with(|ctx| ctx.need(&id).unwrap());
    assert_eq!(after["properties"]["thumbprint"], from_vault[0]["properties"]["thumbprint"]);
    assert_eq!(after["properties"]["keyVaultSecretStatus"], "Succeeded");
}

#[test]
fn a_size_that_makes_no_sense_is_refused_with_the_limits() {
    assert_eq!("apps=3,seed=9".parse(), Ok(Fleet { apps: 3, seed: 9, ..Fleet::default() }));
    assert_eq!("apps=0".parse::<Fleet>(), Err(FleetError::Size("apps", MOST_APPS)));
    assert!("vaults=3".parse::<Fleet>().unwrap_err().to_string().contains("certificates=N"));
}
