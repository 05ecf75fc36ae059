//! Who has to act, for all answers that a vault can give.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::rules::Profile;
use crate::upkeep::{LifetimeAction, Operation, Upkeep};
use crate::{ResourceId, SecretStatus, Text, Thumbprint, VaultSecret};

const NOW: &str = "2026-11-29T00:00:00Z";
const END: &str = "2027-01-15T00:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn print(digit: &str) -> Thumbprint {
    Thumbprint::parse(&digit.repeat(40)).unwrap()
}

fn vault() -> ResourceId {
    ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv").unwrap()
}

/// Imported from a CA's certificate in a vault.
fn import() -> PrivateCertificate {
    PrivateCertificate {
        id: ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/certificates/api")
            .unwrap(),
        location: Text::default(),
        home: crate::Home::Webspace(crate::Webspace::default()),
        thumbprint: Some(print("A")),
        subject: "CN=api.contoso.com".into(),
        hosts: Vec::new(),
        issuer: "Some CA".into(),
        issued: None,
        expires: Some(at(END)),
        vault: Some(VaultSecret { vault: vault(), secret: "API".into(), status: SecretStatus::Succeeded }),
        canonical_name: None,
        tags: crate::Tags::default(),
        own: crate::OwnSettings::default(),
    }
}

fn account(provider: &str) -> Issuer {
    let account = Account::At { provider: provider.to_owned(), is_enabled: true };
    Issuer::Named { name: "ours".to_owned(), account }
}

fn kept(issuer: Issuer, kind: ActionKind) -> Kept {
    Kept {
        version: "1".into(),
        thumbprint: Some(print("A")),
        is_enabled: true,
        made: Some(at("2026-07-01T00:00:00Z")),
        starts: Some(at("2026-07-01T00:00:00Z")),
        expires: Some(at(END)),
        is_self_signed: Some(false),
        issuer,
        actions: vec![LifetimeAction { kind, trigger: Some(Trigger::DaysBeforeExpiry(30)) }],
        months: Some(6),
        operation: None,
    }
}

fn of(told: Option<Told>, import: &PrivateCertificate, now: &str) -> Turn {
    let mut rows = crate::EstateRows::default();
    rows.certificates.push(import.clone());
    let mut estate = rows.indexed();
    let upkeep = told.map(|told| Upkeep { vault: vault(), name: "api".into(), read_at: at(now), told });
    estate.renew_upkeep(upkeep.into_iter().collect());
    Rules::load(Profile::Current).unwrap().turn(&estate, import, at(now))
}

fn turn_of(kept: Kept) -> Turn {
    of(Some(Told::Certificate(Box::new(kept))), &import(), NOW)
}

fn what(turn: &Turn) -> &InVault {
    let What::InVault(what) = &turn.what else { unreachable!("{turn:?}") };
    what
}

#[test]
fn azure_acts_only_where_a_partner_ca_or_the_certificate_s_own_key_renews_by_itself_c57() {
    for (issuer, kind, is_self_signed, who) in [
        (account("DigiCert"), ActionKind::AutoRenew, false, WhoActs::Azure),
        (account("globalsign"), ActionKind::AutoRenew, false, WhoActs::Azure),
        (account("DigiCert"), ActionKind::EmailContacts, false, WhoActs::You),
        (account("DigiCert"), ActionKind::Other, false, WhoActs::You),
        (account("Test"), ActionKind::AutoRenew, false, WhoActs::Unknown),
        (Issuer::Unknown, ActionKind::AutoRenew, false, WhoActs::You),
        (Issuer::Unknown, ActionKind::EmailContacts, false, WhoActs::You),
        (Issuer::Own, ActionKind::AutoRenew, true, WhoActs::Azure),
        (Issuer::Own, ActionKind::EmailContacts, true, WhoActs::You),
        (Issuer::Own, ActionKind::AutoRenew, false, WhoActs::You),
    ] {
        let case = format!("{issuer:?} {kind:?} {is_self_signed}");
        let turn = turn_of(Kept { is_self_signed: Some(is_self_signed), ..kept(issuer, kind) });
        assert_eq!(turn.who, who, "{case}");
        let due =
            if kind == ActionKind::AutoRenew && who == WhoActs::Azure { "2026-12-16T00:00:00Z" } else { END };
        if !turn.is_alarm() {
            assert_eq!(turn.when, Some(at(due)), "{case}");
        }
    }
}

#[test]
fn what_was_not_read_or_cannot_be_is_unknown_and_never_azure() {
    let unread = of(None, &import(), NOW);
    assert_eq!(unread.words(crate::day), "unknown: the vault's policy was not read yet");
    let refused = of(Some(Told::Unreadable("you may not".to_owned())), &import(), NOW);
    assert_eq!(refused.words(crate::day), "unknown: the vault's policy could not be read: you may not");
    let issuer =
        Issuer::Named { name: "ours".to_owned(), account: Account::Unreadable("you may not".to_owned()) };
    let unread_issuer = turn_of(kept(issuer, ActionKind::AutoRenew));
    for turn in [unread, refused, unread_issuer] {
        assert_eq!((turn.who, turn.is_alarm()), (WhoActs::Unknown, false));
    }
    assert_eq!(
        of(None, &import(), "2027-02-01T00:00:00Z").who,
        WhoActs::You,
        "what has ended is yours in any case"
    );
}

#[test]
fn a_certificate_of_a_ca_that_the_vault_will_sign_by_itself_is_an_alarm_with_the_day() {
    let turn = turn_of(kept(Issuer::Own, ActionKind::AutoRenew));
    assert_eq!((turn.breaks_on(), what(&turn)), (Some(at("2026-12-16T00:00:00Z")), &InVault::SelfSigns));
    assert!(turn.is_alarm());
    let written = Kept {
        thumbprint: Some(print("B")),
        is_self_signed: Some(true),
        made: Some(at("2026-11-28T12:00:00Z")),
        ..kept(Issuer::Own, ActionKind::AutoRenew)
    };
    let turn = turn_of(written);
    assert_eq!((what(&turn), turn.who), (&InVault::SelfSigned, WhoActs::You));
    assert_eq!(turn.breaks_on(), Some(at("2026-11-29T12:00:00Z")), "the next round of App Service");
}

#[test]
fn a_new_version_is_taken_over_by_azure_until_a_day_after_its_round() {
    let newer = |made: &str| Kept {
        thumbprint: Some(print("B")),
        made: Some(at(made)),
        expires: Some(at("2027-06-01T00:00:00Z")),
        ..kept(Issuer::Unknown, ActionKind::EmailContacts)
    };
    let fresh = turn_of(newer("2026-11-28T12:00:00Z"));
    assert_eq!((fresh.who, what(&fresh)), (WhoActs::Azure, &InVault::Follows));
    let late = turn_of(newer("2026-11-20T12:00:00Z"));
    assert_eq!((late.who, what(&late)), (WhoActs::You, &InVault::FollowsLate));
}

#[test]
fn a_failed_request_and_one_that_waits_are_for_people() {
    let operation = |status: &str, error: Option<&str>| {
        Some(Operation { status: status.to_owned(), error: error.map(str::to_owned) })
    };
    let refused = turn_of(Kept {
        operation: operation("failed", Some("The account is locked.")),
        ..kept(account("DigiCert"), ActionKind::AutoRenew)
    });
    assert!(refused.who == WhoActs::You && refused.words(crate::day).contains("The account is locked."));
    let waits = turn_of(Kept {
        operation: operation("inProgress", None),
        ..kept(Issuer::Unknown, ActionKind::EmailContacts)
    });
    assert_eq!(what(&waits), &InVault::Merge);
    let done = turn_of(Kept {
        operation: operation("completed", None),
        ..kept(account("DigiCert"), ActionKind::AutoRenew)
    });
    assert_eq!(done.who, WhoActs::Azure);
}

#[test]
fn a_vault_that_was_to_renew_and_has_not_is_overdue_a_day_later() {
    let partner = kept(account("DigiCert"), ActionKind::AutoRenew);
    let on = |now: &str| of(Some(Told::Certificate(Box::new(partner.clone()))), &import(), now);
    assert_eq!(on("2026-12-16T12:00:00Z").who, WhoActs::Azure);
    let late = on("2026-12-17T12:00:00Z");
    assert_eq!((late.who, what(&late), late.is_alarm()), (WhoActs::You, &InVault::Overdue, true));
}

#[test]
fn a_missing_or_disabled_issuer_and_a_plain_secret_renew_nothing() {
    let named = |account| Issuer::Named { name: "ours".to_owned(), account };
    let disabled = Account::At { provider: "DigiCert".to_owned(), is_enabled: false };
    for issuer in [named(Account::Missing), named(disabled)] {
        let turn = turn_of(kept(issuer, ActionKind::AutoRenew));
        assert!(turn.who == WhoActs::You && turn.is_alarm(), "people rely on a renewal that will fail");
    }
    let plain = of(Some(Told::PlainSecret), &import(), NOW);
    assert_eq!((plain.who, plain.when), (WhoActs::You, Some(at(END))));
    let off = turn_of(Kept { is_enabled: false, ..kept(account("DigiCert"), ActionKind::AutoRenew) });
    assert_eq!(what(&off), &InVault::Bring(NotRenewed::VersionDisabled));
}
