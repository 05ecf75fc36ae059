//! The one table of commands. What opens a flow comes from the flow's own definition.

use std::sync::LazyLock;

use super::App;
use super::command::{Action, Entry, Group, Motion, Place};
use super::detail::Tab;
use super::dialog::{Dialog, Messages, Task};
use super::effect::Effect;
use crate::flow::FlowName;
use crate::tables::PaneName;

const EVERYWHERE: &[Place] = &[Place::List, Place::Detail, Place::Wizard];
const BROWSING: &[Place] = &[Place::List, Place::Detail];
const LIST: &[Place] = &[Place::List];
const WIZARD: &[Place] = &[Place::Wizard];

pub static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let parts = [moving(), panes(), rows(), acting(), flows(), files(), always()];
    parts.into_iter().flatten().collect()
});

fn moving() -> Vec<Entry> {
    [
        (Motion::Down, "down", "One line down."),
        (Motion::Up, "up", "One line up."),
        (Motion::Top, "top", "To the first line."),
        (Motion::Bottom, "bottom", "To the last line."),
        (Motion::HalfDown, "half-down", "Half a page down."),
        (Motion::HalfUp, "half-up", "Half a page up."),
        (Motion::PageDown, "page-down", "A page down."),
        (Motion::PageUp, "page-up", "A page up."),
    ]
    .map(|(motion, name, words)| Entry {
        action: Action::Move(motion),
        ..Entry::new(name, words, Group::Moving, EVERYWHERE, |_| ())
    })
    .into()
}

fn panes() -> Vec<Entry> {
    let entry = |name, words, places, run| Entry::new(name, words, Group::Moving, places, run);
    vec![
        entry("next", "The next pane, tab or field.", EVERYWHERE, App::go_to_next),
        entry("previous", "The pane, tab or field before.", EVERYWHERE, App::go_to_previous),
        entry("private", "Private Key Certificates: what can secure hostnames.", BROWSING, |app| {
            app.show_pane(PaneName::Private);
        }),
        entry("public", "Public Certificates: what the code of an app loads.", BROWSING, |app| {
            app.show_pane(PaneName::Public);
        }),
        entry("orders", "Orders: App Service certificates that were bought.", BROWSING, |app| {
            app.show_pane(PaneName::Orders);
        }),
        entry("bindings", "Bindings: hostnames and what secures them.", BROWSING, |app| {
            app.show_pane(PaneName::Bindings);
        }),
        entry(
            "open",
            "Open what the cursor is on; in the wizard, do the current step.",
            EVERYWHERE,
            App::open_here,
        )
        .hint("Details")
        .possible_if(App::has_row_in_list),
        entry("back", "Back: closes, then clears the filter.", EVERYWHERE, App::go_back),
    ]
}

fn rows() -> Vec<Entry> {
    let entry = |name, words, places, run| Entry::new(name, words, Group::Rows, places, run);
    vec![
        entry("filter", "Filter the list: text, !text, column:value, ~fuzzy.", LIST, |app| {
            app.browser.begin_filter();
        })
        .hint("Filter"),
        entry("filters", "Choose a filter that the settings name.", LIST, App::open_filters)
            .possible_if(App::has_filters),
        entry("sort", "Sort by the next column.", LIST, App::sort_by_next),
        entry("reverse", "Turn the sort order round.", LIST, App::reverse_sort),
        entry("columns", "Choose the columns of the pane.", LIST, |app| app.open_columns(0)),
        entry(
            "default-hostnames",
            "Show or hide the default hostnames of apps, which Azure secures itself.",
            LIST,
            App::turn_fold,
        )
        .possible_if(App::may_fold),
        entry("mark", "Mark or unmark the row.", LIST, |app| app.browser.mark())
            .possible_if(App::has_row_in_list),
        entry(
            "load-public",
            "Ask all apps of the scope for their public certificates.",
            LIST,
            App::load_public,
        )
        .possible_if(App::may_load_public),
        entry(
            "follow",
            "Go to what belongs to the row: certificate, hostnames, order.",
            BROWSING,
            App::follow,
        )
        .possible_if(App::may_follow),
        entry("return", "Back to the row that was followed from.", BROWSING, App::follow_back)
            .possible_if(App::may_follow_back),
        entry("months", "What ends in each month of the year ahead.", BROWSING, App::open_months)
            .possible_if(App::may_scope),
        entry("raw", "The resource as the service answers it, in JSON.", BROWSING, |app| {
            app.open_detail(Tab::Raw);
        })
        .possible_if(|app| app.has_row("there is no resource under the cursor")),
        entry(
            "copy",
            "Copy a name, thumbprint, id or token to the clipboard.",
            EVERYWHERE,
            App::open_copy_menu,
        )
        .hint("Copy")
        .possible_if(App::may_copy),
        entry(
            "explain",
            "Explain link by link, from the order to what is served, why a hostname shows what it shows.",
            BROWSING,
            App::explain,
        )
        .possible_if(|app| app.custody_of().map(|_| ())),
        entry(
            "scope",
            "Show only one subscription, resource group, region, tag or app, in all panes.",
            LIST,
            App::open_scopes,
        )
        .possible_if(App::may_scope),
    ]
}

fn acting() -> Vec<Entry> {
    let entry = |name, words, places, run| Entry::new(name, words, Group::Acting, places, run);
    vec![
        entry("add", "Add a certificate: the five ways to get one.", BROWSING, App::open_add)
            .hint("Add")
            .changing(),
        entry("renew", "Renew a certificate by the way that fits where it came from.", BROWSING, App::renew)
            .hint("Renew")
            .changing()
            .possible_if(|app| app.renewal_route().map(|_| ()))
            .on_marked(App::renew_marked),
        entry(
            "delete",
            "Delete what is under the cursor, after a check of what uses it.",
            BROWSING,
            App::open_deletion,
        )
        .changing()
        .possible_if(|app| app.deletion().and_then(|flow| app.may_open(flow)))
        .on_marked(App::delete_marked),
        entry(
            "wizard",
            "Go on with the order under the cursor where it stands.",
            BROWSING,
            App::open_order_wizard,
        )
        .hint("Wizard")
        .changing()
        .possible_if(App::may_continue_order),
        entry(
            "undo",
            "Bind the hostname again as it was before this run changed it.",
            BROWSING,
            App::undo_binding,
        )
        .hint("Undo")
        .changing()
        .possible_if(App::may_undo),
        entry("plan", "Show or hide the exact requests of the current step.", WIZARD, |app| {
            app.with_wizard(|wizard, _| wizard.turn_plan());
        })
        .hint("Plan"),
        entry("practise", "In a practice cloud: play the domain's owner.", WIZARD, |app| {
            app.with_wizard(|wizard, around| wizard.open_practice(around));
        })
        .hint("Simulate the domain owner")
        .possible_if(App::may_practise),
    ]
}

fn flows() -> Vec<Entry> {
    let entry = |flow: &FlowName| {
        let command = flow.definition().command?;
        Some(Entry {
            hint: command.hint,
            changes: command.changes,
            action: Action::Flow(*flow),
            on_marked: match flow {
                FlowName::Sync => Some(App::sync_marked),
                FlowName::AutoRenew => Some(App::auto_renew_marked),
                _ => None,
            },
            ..Entry::new(command.name, command.words, Group::Acting, BROWSING, |_| ())
        })
    };
    FlowName::ALL.iter().filter_map(entry).collect()
}

fn files() -> Vec<Entry> {
    let entry = |name, words, run| Entry::new(name, words, Group::Files, EVERYWHERE, run);
    vec![
        entry("cert-inspect", "Show what a certificate file holds.", |app| app.open_bench(Task::Inspect)),
        entry("cert-check", "Judge a certificate file as App Service would.", |app| {
            app.open_bench(Task::Check);
        }),
        entry("cert-build", "Make a PFX of a key and its certificates.", |app| app.open_bench(Task::Build)),
        entry("cert-rewrap", "Write a PFX with new encryption or password.", |app| {
            app.open_bench(Task::Rewrap);
        }),
    ]
}

fn always() -> Vec<Entry> {
    let entry = |name, words, places, run| Entry::new(name, words, Group::Always, places, run);
    vec![
        entry("operations", "What is running and what came of it.", EVERYWHERE, |app| {
            app.layers.push(Dialog::Operations { cursor: 0 });
        }),
        entry(
            "urgent",
            "Go to the row that needs you most; again: to the next.",
            BROWSING,
            App::go_to_urgent,
        )
        .possible_if(App::has_urgent),
        entry("journal", "What was sent from this machine, by this run and others.", EVERYWHERE, |app| {
            app.ask_for_journal();
        }),
        entry("messages", "What was said in this run.", EVERYWHERE, |app| {
            app.layers.push(Dialog::Messages(Messages::new(app.out.said().cloned())));
        }),
        entry("problems", "What will break, and what could not be read.", BROWSING, App::open_problems)
            .hint("Problems"),
        entry("refresh", "Look at the cloud again, now.", EVERYWHERE, App::refresh).hint("Refresh"),
        entry("context", "Go to another cloud, tenant or identity.", BROWSING, App::open_contexts),
        entry("palette", "Run any command by its name.", EVERYWHERE, App::open_palette),
        entry("help", "The keys that are valid here.", EVERYWHERE, App::open_help).hint("Help"),
        entry("repaint", "Paint the whole screen again.", EVERYWHERE, |app| app.emit(Effect::Repaint))
            .global(),
        entry("suspend", "Back to the shell; fg brings certdeck back.", EVERYWHERE, App::suspend)
            .global()
            .unseen(App::suspend),
        entry("leave", "Back, and from a list: quit.", EVERYWHERE, App::leave).unseen(App::quit_unseen),
        entry("quit", "Quit; asks while an operation runs.", EVERYWHERE, App::ask_to_quit)
            .global()
            .unseen(App::quit_unseen),
        entry("briefing", "What this practice scenario asks for, and how it stands.", EVERYWHERE, |app| {
            app.ask_goal();
            app.open_briefing();
        })
        .possible_if(App::has_goal),
    ]
}
