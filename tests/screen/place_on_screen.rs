//! Which cloud and as whom, on screen: welcome, contexts, signing in without losing what is typed.

use crate::contoso::{Screen, estate, now, seen_for_purchase};
use certdeck::app::Opens;
use certdeck::app::dialog::Dialog;
use certdeck::app::effect::{Effect, Opening};
use certdeck::app::message::{AskId, Message};
use certdeck::app::place::{ContextChoice, TenantChoice};
use certdeck::model::{BrowserPage, DeviceCode, Problem, Redirected, SignInAsk, SignInReply, ToolCommand};
use certdeck::ui::look::Look;
use insta::assert_snapshot;
use jiff::SignedDuration;

fn asked(minutes: i64) -> SignInAsk {
    SignInAsk::Code(DeviceCode {
        code: "HNQ4GX7BW".to_owned(),
        address: "https://microsoft.com/devicelogin".to_owned(),
        expires: now() + SignedDuration::from_mins(minutes),
        why: "the sign-in has expired through disuse (AADSTS700082)".to_owned(),
    })
}

fn contexts() -> Vec<ContextChoice> {
    let choice = |name: &str, note: &str| ContextChoice { name: name.to_owned(), note: note.to_owned() };
    vec![
        choice("contoso-prod", "public, contoso.com, auto, production"),
        choice("contoso-test", "public, contoso.com, azure-cli"),
        choice("government", "us-government, fabrikam.us, client-certificate, read-only"),
    ]
}

#[test]
fn the_code_is_large_with_its_address_and_what_is_left_of_the_time() {
    let mut screen = Screen::filled();
    screen.send(Message::SignInAsked(asked(15)));
    assert_snapshot!("sign_in", screen.text());
    screen.look = Look::new(false, false, true);
    assert_snapshot!("sign_in_ascii", screen.text());
    screen.send(Message::Ticked(now() + SignedDuration::from_secs(61)));
    assert!(screen.text().contains("13:59 left"), "{}", screen.text());
}

#[test]
fn code_and_address_are_copied_by_key_and_the_time_moves_by_itself() {
    let mut screen = Screen::filled();
    screen.send(Message::SignInAsked(asked(15)));
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::Wake { .. })),
        "{:?}",
        screen.effects
    );
    screen.press("c");
    assert_eq!(screen.effects, [Effect::Copy("HNQ4GX7BW".to_owned())]);
    screen.press("a");
    assert_eq!(screen.effects, [Effect::Copy("https://microsoft.com/devicelogin".to_owned())]);
    screen.press("<Esc>");
    assert_eq!(screen.effects, [Effect::AnswerSignIn(SignInReply::GiveUp)]);
    assert!(screen.app.layers.is_empty());
}

#[test]
fn the_command_of_another_program_is_shown_copied_and_gone_on_from() {
    let mut screen = Screen::filled();
    let line = "az login --tenant \"11111111-1111-1111-1111-111111111111\" --scope \"https://management.azure.com/.default\" \
                --claims-challenge \"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19\"";
    let why = "Azure asks for multi-factor authentication, or what else a Conditional Access policy wants"
        .to_owned();
    let tool = SignInAsk::Tool(ToolCommand { tool: "Azure CLI", lines: vec![line.to_owned()], why });
    screen.send(Message::SignInAsked(tool.clone()));
    assert_snapshot!("sign_in_tool", screen.text());
    screen.press("c");
    assert_eq!(screen.effects, [Effect::Copy(line.to_owned())]);
    screen.press("<Enter>");
    assert_eq!(screen.effects, [Effect::AnswerSignIn(SignInReply::GoOn)]);
    screen.send(Message::SignInAsked(tool));
    screen.press("<Esc>");
    assert_eq!(screen.effects, [Effect::AnswerSignIn(SignInReply::GiveUp)]);
}

#[test]
fn a_page_for_the_browser_is_shown_and_takes_what_is_pasted_without_showing_it() {
    let mut screen = Screen::filled();
    let tenant = "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize";
    let address = format!(
        "{tenant}?client_id=04b07795&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8400&state=abc"
    );
    let expires = now() + SignedDuration::from_mins(15);
    let page = BrowserPage {
        address: address.clone(),
        port: 8400,
        expires,
        why: "there is no sign-in yet".to_owned(),
    };
    screen.send(Message::SignInAsked(SignInAsk::Browser(page)));
    assert_snapshot!("sign_in_browser", screen.text());
    screen.press("a");
    assert_eq!(screen.effects, [Effect::Copy(address)]);
    let back = "http://localhost:8400/?code=SECRET&state=abc";
    screen.send(Message::Pasted(back.to_owned()));
    assert_eq!(screen.effects, [Effect::AnswerSignIn(SignInReply::Pasted(Redirected::from(back)))]);
    assert!(!screen.text().contains("SECRET") && !format!("{:?}", screen.effects).contains("SECRET"));
    screen.press("d");
    assert_eq!(screen.effects, [Effect::AnswerSignIn(SignInReply::ByCode)]);
    screen.send(Message::SignInAsked(asked(15)));
    screen.press("b");
    assert_eq!(screen.effects, [Effect::AnswerSignIn(SignInReply::ByBrowser)]);
}

#[test]
fn signing_in_leaves_what_was_typed_where_it_is() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com<Tab><Tab>fabrikam-www<PgDn>").settle(seen_for_purchase(None));
    let before = screen.text();
    screen.send(Message::SignInAsked(asked(15)));
    screen.send(Message::SignInAsked(asked(10)));
    assert_eq!(screen.app.layers.len(), 1, "a newer code takes the place of the older one");
    screen.send(Message::SignInEnded(Ok("ada@contoso.com".to_owned())));
    assert!(screen.app.layers.is_empty());
    assert!(screen.text().contains("signed in as ada@contoso.com"));
    assert_eq!(before.lines().nth(5), screen.text().lines().nth(5));
    assert!(screen.text().contains("fabrikam-www"), "{}", screen.text());
}

#[test]
fn a_context_is_chosen_and_nothing_is_left_before_the_new_one_is_there() {
    let mut screen = Screen::start(|settings| {
        settings.contexts = contexts();
        settings.context = "contoso-test".to_owned();
        settings.practice = false;
    });
    screen.read(estate());
    screen.press(":context<Enter>");
    assert_snapshot!("contexts", screen.text());
    screen.press("<Up><Enter>");
    assert_eq!(screen.effects, [Effect::OpenContext(Opening::Context("contoso-prod".to_owned()))]);
    assert!(screen.app.inventory.has_estate);
    screen.send(Message::ContextRefused(Problem::new("Reach https://management.azure.com", "no network")));
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Error(_))) && screen.app.inventory.has_estate);

    let mut settings = screen.app.settings.clone();
    (settings.context, settings.production) = ("contoso-prod".to_owned(), true);
    let (app, effects) = screen.app.moved(settings);
    // The first was the estate, the second what its vaults do.
    let first =
        [Effect::ReadEstate { ask: AskId(3), by_hand: false }, Effect::RecallEstate { ask: AskId(3) }];
    assert_eq!(effects, first, "no number of a question is used twice");
    screen.app = app;
    assert_snapshot!("production", screen.text());
}

#[test]
fn the_other_tenants_of_the_account_are_asked_for_and_gone_to() {
    let mut screen = Screen::filled();
    screen.press(":context<Enter><End><Enter>");
    let ask = screen
        .effects
        .iter()
        .find_map(|effect| if let Effect::ReadTenants { ask } = effect { Some(*ask) } else { None });
    let choice = |name: &str, setting: &str, note: &str| TenantChoice {
        name: name.to_owned(),
        setting: setting.to_owned(),
        note: note.to_owned(),
    };
    let found = vec![
        choice("Fabrikam", "fabrikam.onmicrosoft.com", "one subscription"),
        choice("Tailwind", "tailwind.com", "wants a sign-in of its own"),
    ];
    screen.send(Message::TenantsRead { ask: AskId(0), result: Ok(Vec::new()) });
    assert!(screen.app.layers.is_empty(), "an answer to another question");
    screen.send(Message::TenantsRead { ask: ask.unwrap(), result: Ok(found) });
    assert_snapshot!("tenants", screen.text());
    screen.press("2");
    assert_eq!(screen.effects, [Effect::OpenContext(Opening::Tenant("tailwind.com".to_owned()))]);
}

#[test]
fn an_environment_that_decides_the_cloud_is_said_and_not_worked_round() {
    let mut screen = Screen::start(|settings| {
        settings.contexts = contexts();
        settings.fixed = Some("CERTDECK_ARM_ENDPOINT in the environment decides the cloud".to_owned());
    });
    screen.press("C<Enter>");
    assert!(screen.effects.is_empty() && screen.text().contains("decides the cloud"), "{}", screen.text());
}

#[test]
fn a_newcomer_is_welcomed_and_nothing_is_asked_of_any_cloud() {
    let screen = Screen::start(|settings| {
        settings.opens = Opens::Welcome;
        settings.practice = false;
        settings.context = "management.azure.com".to_owned();
    });
    assert!(screen.effects.is_empty());
    assert_snapshot!("welcome", screen.text());
    for (keys, opening) in
        [("<Enter>", Opening::SignIn), ("2", Opening::AzureCli), ("<Down><Down><Enter>", Opening::Practice)]
    {
        let mut screen = Screen::start(|settings| settings.opens = Opens::Welcome);
        screen.press(keys);
        assert_eq!(screen.effects, [Effect::OpenContext(opening)]);
    }
}

#[test]
fn a_scope_filters_every_list_from_the_start_and_can_be_cleared() {
    let mut screen = Screen::start(|settings| settings.scope = "shop".to_owned());
    screen.read(estate());
    assert!(screen.app.pane().list.len() < screen.app.pane().list.total());
    screen.press("<Esc>");
    assert_eq!(screen.app.pane().list.len(), screen.app.pane().list.total());
}

#[test]
fn the_clouds_clock_decides_what_has_expired_and_the_difference_is_said() {
    let mut screen = Screen::filled();
    let fine = screen.app.inventory.findings.counts.fine;
    assert!(fine > 0);
    let there = now() + SignedDuration::from_hours(24 * 400);
    let words = "this machine's clock is 400 days behind Azure's";
    screen.send(Message::ServiceTime { now: there, difference: Some(words.to_owned()) });
    assert_eq!(
        (screen.app.inventory.findings.counts.fine, screen.app.clock.now),
        (1, there),
        "everything of the estate has ended by then, but for one public certificate of four years"
    );
    assert!(screen.text().contains(words), "{}", screen.text());
    assert!(
        screen.press("<Esc>p").text().contains("clock"),
        "it stays among the problems:\n{}",
        screen.text()
    );
    screen.press("<Esc>");

    // Time passes by both clocks, and what is waited for here goes by this machine's.
    screen.send(Message::Ticked(now() + SignedDuration::from_secs(60)));
    assert_eq!(screen.app.clock.now, there + SignedDuration::from_secs(60));
    screen.send(Message::SignInAsked(asked(15)));
    assert!(screen.text().contains("14:00 left"), "{}", screen.text());

    screen.send(Message::ServiceTime { now: now() + SignedDuration::from_secs(60), difference: None });
    assert_eq!(
        screen.app.inventory.findings.counts.fine, fine,
        "a clock that was set right again is right again"
    );
}
