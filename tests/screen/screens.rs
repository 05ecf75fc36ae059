//! Whole screens as text: every pane in every state, every page of the wizard, every dialog. Look at a
//! changed one before accepting it: is it self-explaining, aligned, uncut?

use crate::contoso::{
    MAIN, Screen, estate, gap, group, now, order, plan, seen_for_purchase, seen_for_store, thumbprint, vault,
};
use certdeck::app::dialog::Dialog;
use certdeck::app::message::{AskId, Message};
use certdeck::flow::{Observed, Seen};
use certdeck::health::findings::Counts;
use certdeck::model::custody::{Custody, Evidence, Held, Served};
use certdeck::model::{AccessPolicy, EstateRows, OrderStatus, Plan, Problem};
use certdeck::ui::look::Look;
use insta::assert_snapshot;

#[test]
fn panes_filled() {
    let mut screen = Screen::filled();
    assert_snapshot!("private", screen.text());
    assert_snapshot!("public", screen.press("2").text());
    assert_snapshot!("orders", screen.press("3").text());
    assert_snapshot!("bindings", screen.press("4").text());
}

/// The first line for a fleet: at the end of a reading and during a refresh of rows of an earlier run, in
/// contexts with ever longer names.
#[test]
fn what_is_urgent_stays_in_the_header_longest() {
    let mut lines = Vec::new();
    for context in ["prod", "contoso-production-eu", "contoso-production-europe-shared-services"] {
        for (width, is_recalled) in [(160, true), (80, false), (80, true)] {
            let mut screen = Screen::start(|settings| {
                (settings.context, settings.practice, settings.production) =
                    (context.to_owned(), false, true);
                settings.read_only = width == 80;
            });
            let mut estate = estate().into_rows();
            estate.subscriptions = vec![estate.subscriptions[0].clone(); 500];
            estate.apps = vec![estate.apps[0].clone(); 20_000];
            estate.as_of = now() - jiff::SignedDuration::from_hours(50);
            if is_recalled {
                screen.send(Message::EstateRecalled {
                    ask: AskId(1),
                    estate: std::sync::Arc::new(estate.indexed()),
                });
            } else {
                screen.read(estate.indexed());
            }
            screen.app.inventory.findings.counts =
                Counts { urgent: 112, soon: 1345, fine: 98_543, ..Counts::default() };
            screen.resize(width, 24);
            lines.push(screen.text().lines().next().unwrap().to_owned());
        }
    }
    assert_snapshot!("headers_of_a_fleet", lines.join("\n"));
}

#[test]
fn panes_filtered() {
    let mut screen = Screen::filled();
    assert_snapshot!("private_filtering", screen.press("/source:up !lab").text());
    assert_snapshot!("private_filter_kept", screen.press("<Enter>").text());
    assert_snapshot!("private_nothing_matches", screen.press("<Esc>/zzz").text());
    assert_snapshot!("bindings_filtered", screen.press("<Esc>4/contoso.com<Enter>").text());
    assert_snapshot!("orders_filtered", screen.press("3/status:pending<Enter>").text());
    assert_snapshot!("public_filtered", screen.press("2/partner<Enter>").text());
}

#[test]
fn panes_sorted_and_marked() {
    let mut screen = Screen::filled();
    assert_snapshot!("private_sorted_marked", screen.press("<Space><Space>sS").text());
}

#[test]
fn panes_loading() {
    let mut screen = Screen::start(|_| {});
    let loading = screen.text();
    assert_snapshot!("private_loading", loading);
    let note = "3 of 12 subscriptions".to_owned();
    screen.send(Message::EstateProgressed { ask: AskId(1), part: Box::default(), note });
    assert_snapshot!("bindings_loading", screen.press("4").text());
}

#[test]
fn panes_empty_and_partial() {
    let mut screen = Screen::start(|_| {});
    let mut nothing = EstateRows::default();
    (nothing.as_of, nothing.gaps) = (now(), vec![gap()]);
    screen.read(nothing.indexed());
    assert_snapshot!("private_empty", screen.text());
    assert_snapshot!("public_empty", screen.press("2").text());
    assert_snapshot!("orders_partial", screen.press("3").text());
    assert_snapshot!("bindings_empty", screen.press("4").text());
}

#[test]
fn panes_that_could_not_be_read() {
    let mut screen = Screen::start(|_| {});
    let problem = Problem::new(
        "Read the inventory of practice",
        "nobody answers at https://127.0.0.1:8443 (connection refused)",
    )
    .remedy("start the practice cloud with 'certdeck emulator', or choose another context")
    .code("ConnectionRefused");
    screen.send(Message::EstateRead { ask: AskId(1), result: Err(problem) });
    assert_snapshot!("error", screen.text());
    assert_snapshot!("private_error", screen.press("<Esc>").text());
    assert_snapshot!("orders_error", screen.press("3").text());
}

#[test]
fn details() {
    let mut screen = Screen::filled();
    assert_snapshot!("private_detail", screen.press("jj<Enter>").text());
    assert_snapshot!("private_detail_end", screen.press("G").text());
    assert_snapshot!("order_detail", screen.press("3<Enter>").text());
    assert_snapshot!("binding_detail", screen.press("4<Enter>").text());
    assert_snapshot!("public_detail", screen.press("2<Enter>").text());
    screen.press("1<Enter><Tab>");
    assert_snapshot!("raw_loading", screen.text());
    let ask = screen.asked(|effect| match effect {
        certdeck::app::effect::Effect::ReadRaw { ask, .. } => Some(*ask),
        _ => None,
    });
    let json = "{\n  \"id\": \"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web/providers/Microsoft.Web/certificates/shop-2026\",\n  \"name\": \"shop-2026\",\n  \"properties\": {\n    \"thumbprint\": \"A11CE50000000000000000000000000000000000\"\n  }\n}";
    screen.send(Message::RawRead { ask, result: Ok(json.lines().map(str::to_owned).collect()) });
    assert_snapshot!("raw", screen.press("j").text());
}

#[test]
fn dialogs() {
    let mut screen = Screen::filled();
    assert_snapshot!("help", screen.press("?").text());
    assert_snapshot!("help_search", screen.press("/clip").text());
    assert_snapshot!("palette", screen.press("<Esc><Esc>:").text());
    assert_snapshot!("palette_typed", screen.press("ver").text());
    assert_snapshot!("palette_refused", screen.press("<C-u>renew<Enter>").text());
    assert_snapshot!("add", screen.press("<Esc><Esc><Esc>a").text());
    assert_snapshot!("copy", screen.press("<Esc>c").text());
    assert_snapshot!("problems", screen.press("<Esc>p").text());
    assert_snapshot!("problems_end", screen.press("G").text());
    let Some(Dialog::Choose(choose)) = screen.app.layers.top() else { panic!("Problems is open") };
    assert_eq!(
        choose.total(),
        screen.app.inventory.findings.all.len(),
        "the header counts what Problems lists"
    );
    assert_snapshot!("operations_none", screen.press("<Esc>t").text());
}

/// A hostname whose certificate is behind its order, in a screen that knows the order's newer certificate.
fn behind() -> Custody {
    let estate = estate();
    let mut order = estate.orders[0].clone();
    let certificate = estate.imports_of(&order).next().unwrap().clone();
    order.thumbprint = Some(thumbprint("BEEF"));
    let binding = estate.bindings_of(&certificate).next().unwrap().clone();
    let evidence = Evidence {
        secret: certificate.vault.clone(),
        order: Seen::Here(order),
        held: Held::NotAsked,
        kept: None,
        served: Seen::Here(Served {
            thumbprint: thumbprint("C0FFEE"),
            expires: certificate.expires,
            names: certificate.hosts.clone(),
        }),
        certificate: Seen::Here(certificate),
        binding: Some((binding, "shop".to_owned())),
    };
    Custody { about: "contoso-www".to_owned(), chains: vec![evidence.chain(now())] }
}

#[test]
fn the_chain_of_custody() {
    let mut screen = Screen::filled();
    assert_snapshot!("custody_reading", screen.press("3je").text());
    let ask = screen.asked(|effect| match effect {
        certdeck::app::effect::Effect::Explain { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.send(Message::Explained { ask, result: Ok(behind()) });
    assert_snapshot!("custody", screen.text());
    screen.press("c");
    assert!(
        matches!(&screen.effects[..], [certdeck::app::effect::Effect::Copy(text)] if text.contains("to do: Sync"))
    );
}

#[test]
fn scopes() {
    let mut screen = Screen::filled();
    assert_snapshot!("scope_choice", screen.press("o").text());
    assert_snapshot!("scope_app", screen.press("shop<Enter>").text());
    assert_snapshot!("scope_bindings", screen.press("4").text());
    assert_snapshot!("scope_filtered", screen.press("/zzz<Enter>").text());
    assert_snapshot!("scope_everything", screen.press("<Esc>o<Up><Up><Up><Up><Up><Up><Enter>").text());
}

#[test]
fn sizes_and_looks() {
    let mut screen = Screen::filled();
    assert_snapshot!("private_120x40", screen.resize(120, 40).text());
    assert_snapshot!("orders_160x45", screen.resize(160, 45).press("3").text());
    assert_snapshot!("private_60x15", screen.resize(60, 15).press("1").text());
    assert_snapshot!("too_small", screen.resize(50, 10).text());
    screen.resize(80, 24);
    screen.look = Look::new(false, false, true);
    assert_snapshot!("private_ascii", screen.text());
    assert_snapshot!("orders_ascii", screen.press("3").text());
}

#[test]
fn without_colours_not_one_cell_has_a_colour_and_the_cursor_still_shows() {
    let mut screen = Screen::filled();
    screen.look = Look::new(false, true, false);
    for keys in ["", "3", "4", "<Enter>", "?", "<Esc><Esc>a", "<Esc>:purchase<Enter>"] {
        screen.press(keys);
        let terminal = screen.terminal();
        let cells = &terminal.backend().buffer().content;
        let plain = |colour| colour == ratatui::style::Color::Reset;
        assert!(cells.iter().all(|cell| plain(cell.fg) && plain(cell.bg)), "after {keys}");
    }
    let mut screen = Screen::filled();
    screen.look = Look::new(false, true, false);
    let terminal = screen.terminal();
    let reversed = terminal
        .backend()
        .buffer()
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED));
    assert!(reversed.count() > 70, "the selected row is reversed");
}

#[test]
fn read_only_is_always_visible_and_refuses_changes() {
    let mut screen = Screen::start(|settings| settings.read_only = true);
    screen.read(estate());
    assert_snapshot!("read_only", screen.press("a").text());
}

#[test]
fn wizard_purchase() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>");
    assert_snapshot!("wizard_purchase_new", screen.text());
    screen.observe(seen_for_purchase(None));
    assert_snapshot!("wizard_purchase_typing", screen.press("fabrikam.com").text());
    assert_snapshot!("wizard_purchase_wildcard_refused", screen.press("<Home>*.").text());
    assert_snapshot!("wizard_purchase_not_a_hostname", screen.press("<End>!!").text());
    screen.press("<C-u>fabrikam.com<Tab>");
    assert_snapshot!("wizard_purchase_product", screen.press("<Enter>").text());
    assert_snapshot!("wizard_purchase_name_taken", screen.press("<Esc><Tab>contoso-www").text());
    screen.press("<C-u>fabrikam-www<Tab>");
    assert_snapshot!("wizard_purchase_subscription", screen.press("<Enter>").text());
    screen.press("<Esc><Tab><Tab><Tab><Tab>").settle(seen_for_purchase(None));
    assert_snapshot!("wizard_purchase_ready", screen.text());
    assert_snapshot!("wizard_purchase_plan", screen.press("p").text());
    assert_snapshot!("wizard_purchase_confirm", screen.press("p<Enter>").text());
    assert_snapshot!("wizard_purchase_confirm_refused", screen.press("no<Enter>").text());
    screen.press("<C-u>buy<Enter>");
    screen.send(Message::Ticked("2026-11-22T14:02:24Z".parse().unwrap()));
    assert_snapshot!("wizard_purchase_sending", screen.text());
    assert_snapshot!("operations_running", screen.press("t").text());
    assert_snapshot!("quit_while_running", screen.press("<Esc><C-c>").text());
    assert_snapshot!("wizard_left_while_running", screen.press("<Esc><Esc>").text());
}

#[test]
fn wizard_verify() {
    let mut screen = Screen::filled();
    screen.press("3/pay<Enter>:verify<Enter>");
    let order = order(&group(MAIN, "api"), "pay-contoso", "pay.contoso.com", OrderStatus::PendingIssuance);
    let seen = Observed {
        order: Seen::Here(order.clone()),
        mapped_on: Seen::Here(
            estate().into_rows().apps.into_iter().filter(|app| app.label() == "pay").collect(),
        ),
        ..Observed::default()
    };
    assert_snapshot!("wizard_verify_app_service", screen.observe(seen).text());
    assert_snapshot!("wizard_verify_methods", screen.press("<Tab><Enter>").text());
    screen.press("<Esc><S-Tab><Tab>");
    screen.press("<Space><Space><Space>");
    let seen =
        Observed { order: Seen::Here(order.clone()), txt: Seen::Here(Vec::new()), ..Observed::default() };
    screen.observe(seen).press("<Tab>");
    assert_snapshot!("wizard_verify_txt", screen.text());
    assert_snapshot!("wizard_verify_practice", screen.press("o").text());
    assert_snapshot!("wizard_verify_copy", screen.press("<Esc>c").text());
    let mut issued = order;
    issued.status = OrderStatus::Issued;
    screen.press("<Esc><C-r>").observe(Observed { order: Seen::Here(issued), ..Observed::default() });
    assert_snapshot!("wizard_verify_done", screen.text());
}

#[test]
fn wizard_store_import_bind() {
    let mut screen = Screen::filled();
    screen.press("3/pay<Enter>:store<Enter>");
    let order = order(&group(MAIN, "api"), "pay-contoso", "pay.contoso.com", OrderStatus::PendingIssuance);
    screen.observe(seen_for_store(order.clone(), None));
    assert_snapshot!("wizard_store_new_vault", screen.text());
    assert_snapshot!("wizard_store_form", screen.press("<Tab>").text());
    assert_snapshot!(
        "wizard_store_form_end",
        screen.press("<S-Tab><Tab><Down><Down><Down><Down><Down><Down><Down>").text()
    );
    screen
        .press("<Esc>:store<Enter>")
        .observe(seen_for_store(order, Some(vault(&group(MAIN, "web"), "kv-contoso"))));
    assert_snapshot!("wizard_store_access", screen.text());
    screen.press("<Esc><Esc>/contoso-www<Enter>:import-order<Enter>");
    assert_snapshot!("wizard_import_looking", screen.text());
    let web = group(MAIN, "web");
    let bought = estate().orders[0].clone();
    let mut vault = vault(&web, "kv-contoso");
    vault.policies = policies();
    let mut seen = seen_for_store(bought, Some(vault));
    (seen.app, seen.plan) = (Seen::Here(estate().into_rows().apps[0].clone()), Seen::Here(plan(&web)));
    seen.certificates = Seen::Here(Vec::new());
    assert_snapshot!("wizard_import_ready", screen.settle(seen.clone()).text());
    assert_snapshot!("wizard_import_confirm", screen.press("<Enter>").text());
    seen.certificates = Seen::Here(estate().into_rows().certificates);
    assert_snapshot!("wizard_import_done", screen.press("<Esc><C-r>").settle(seen.clone()).text());
    seen.binding = Seen::Here(estate().bindings[1].clone());
    assert_snapshot!("wizard_bind_done", screen.press("<Enter>").settle(seen).text());
}

#[test]
fn wizard_bind() {
    let mut screen = Screen::filled();
    screen.press("4/blog<Enter>b");
    assert_snapshot!("wizard_bind_looking", screen.text());
    let estate = estate();
    let mut seen = Observed {
        app: Seen::Here(estate.apps[1].clone()),
        plan: Seen::Here(plan(&group(MAIN, "web"))),
        certificates: Seen::Here(estate.certificates.clone()),
        binding: Seen::Here(estate.bindings[3].clone()),
        ..Observed::default()
    };
    assert_snapshot!("wizard_bind_certificate", screen.settle(seen.clone()).text());
    screen.press("wildcard<Enter>").settle(seen.clone());
    assert_snapshot!("wizard_bind_ready", screen.text());
    seen.app = Seen::Here(estate.apps[1].clone());
    seen.plan = Seen::Here(Plan { tier: "Free".into(), ..plan(&group(MAIN, "web")) });
    assert_snapshot!("wizard_bind_blocked", screen.press("<C-r>").settle(seen).text());
}

#[test]
fn wizard_in_other_sizes_and_looks() {
    let mut screen = Screen::filled();
    screen
        .press(":purchase<Enter>fabrikam.com<Tab><Tab>fabrikam-www<Tab><Tab><Tab><Tab><Tab>")
        .settle(seen_for_purchase(None));
    assert_snapshot!("wizard_120x40", screen.resize(120, 40).text());
    assert_snapshot!("wizard_60x15", screen.resize(60, 15).text());
    assert_snapshot!("wizard_60x15_scrolled", screen.press("p<PgDn>").text());
    assert_snapshot!("wizard_confirm_60x15", screen.press("<Enter>").text());
    assert_snapshot!("wizard_confirm_60x15_scrolled", screen.press("<PgDn>").text());
    screen.look = Look::new(false, false, true);
    assert_snapshot!("wizard_ascii", screen.resize(80, 24).press("<Esc>p<S-Tab>").text());
}

#[test]
fn what_could_not_be_read_is_said_below_the_rows_that_could() {
    let mut screen = Screen::start(|_| {});
    let mut partial = estate().into_rows();
    partial.gaps = vec![gap()];
    screen.read(partial.indexed());
    assert_snapshot!("private_partial", screen.text());
    assert_snapshot!("problems_partial", screen.press("p").text());
    assert_snapshot!("problems_gap", screen.press("<Enter>").text());
}

#[test]
fn a_look_that_failed_says_so_and_keeps_what_was_typed() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com<Tab>");
    let ask = screen.app.wizard.as_ref().unwrap().current().ask.unwrap();
    let problem = Problem::new("Look at what 'Purchase' is about", "the sign-in has expired")
        .remedy("run certdeck login");
    screen.send(Message::Observed { ask, result: Err(problem) });
    assert_snapshot!("wizard_look_failed", screen.text());
}

/// All that both services need.
fn policies() -> Vec<AccessPolicy> {
    let all = || vec!["all".to_owned()];
    let policy =
        |object: &str| AccessPolicy { object_id: object.to_owned(), secrets: all(), certificates: all() };
    vec![policy("aaaaaaaa-0000-0000-0000-000000000001"), policy("aaaaaaaa-0000-0000-0000-000000000002")]
}
