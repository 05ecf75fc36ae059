//! The one table of commands: what each is called, what it does in words, where it is valid, and why it is
//! not possible now. Help, hint bar, palette and key map are all made from it.

use super::App;
use super::dialog::Task;
use crate::flow::FlowName;
use crate::model::ResourceId;
use crate::tables::PaneName;

/// Everything that can be asked of the program by name or by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    Move(Motion),
    Next,
    Previous,
    Pane(PaneName),
    Open,
    Back,
    Raw,
    Filter,
    Sort,
    Reverse,
    Mark,
    /// Ask the apps that were not asked for their public certificates.
    LoadPublic,
    Add,
    Wizard,
    Copy,
    Plan,
    Practise,
    Flow(FlowName),
    /// The renewal that fits the certificate under the cursor.
    Renew,
    /// The flow that removes what is under the cursor, by pane.
    Delete,
    /// Certificate files of this machine; changes nothing in the cloud.
    Workbench(Task),
    /// The chain of custody of what is under the cursor.
    Explain,
    Scope,
    Context,
    Palette,
    Help,
    Operations,
    Problems,
    /// The task of a practice cloud.
    Briefing,
    Refresh,
    Repaint,
    Suspend,
    Leave,
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    Down,
    Up,
    Top,
    Bottom,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
}

/// What has the keys when no dialog and no text field has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    List,
    Detail,
    Wizard,
}

/// One line of the table.
#[derive(Debug)]
pub struct Entry {
    pub command: Command,
    /// What the palette and the key map call it.
    pub name: &'static str,
    /// Two words at most for the hint bar; empty where it is not worth the room.
    pub hint: &'static str,
    /// One sentence for help and palette.
    pub words: &'static str,
    pub group: &'static str,
    pub places: &'static [Place],
    /// Changes the cloud: refused in read-only mode.
    pub changes: bool,
}

const EVERYWHERE: &[Place] = &[Place::List, Place::Detail, Place::Wizard];
const BROWSING: &[Place] = &[Place::List, Place::Detail];
const LIST: &[Place] = &[Place::List];
const WIZARD: &[Place] = &[Place::Wizard];

const MOVING: &str = "Moving";
const ROWS: &str = "The list";
const ACTING: &str = "Acting";
const FILES: &str = "Certificate files";
const ALWAYS: &str = "Everywhere";

pub static TABLE: &[Entry] = &[
    moving(Motion::Down, "down", "One line down."),
    moving(Motion::Up, "up", "One line up."),
    moving(Motion::Top, "top", "To the first line."),
    moving(Motion::Bottom, "bottom", "To the last line."),
    moving(Motion::HalfDown, "half-down", "Half a page down."),
    moving(Motion::HalfUp, "half-up", "Half a page up."),
    moving(Motion::PageDown, "page-down", "A page down."),
    moving(Motion::PageUp, "page-up", "A page up."),
    entry(Command::Next, "next", "", "The next pane, tab or field.", MOVING, EVERYWHERE),
    entry(Command::Previous, "previous", "", "The pane, tab or field before.", MOVING, EVERYWHERE),
    entry(
        Command::Pane(PaneName::Private),
        "private",
        "",
        "Private Key Certificates: what can secure hostnames.",
        MOVING,
        BROWSING,
    ),
    entry(
        Command::Pane(PaneName::Public),
        "public",
        "",
        "Public Certificates: what the code of an app loads.",
        MOVING,
        BROWSING,
    ),
    entry(
        Command::Pane(PaneName::Orders),
        "orders",
        "",
        "Orders: App Service certificates that were bought.",
        MOVING,
        BROWSING,
    ),
    entry(
        Command::Pane(PaneName::Bindings),
        "bindings",
        "",
        "Bindings: hostnames and what secures them.",
        MOVING,
        BROWSING,
    ),
    entry(
        Command::Open,
        "open",
        "Details",
        "Open what the cursor is on; in the wizard, do the current step.",
        MOVING,
        EVERYWHERE,
    ),
    entry(Command::Back, "back", "", "Back: closes, then clears the filter.", MOVING, EVERYWHERE),
    entry(
        Command::Filter,
        "filter",
        "Filter",
        "Filter the list: text, !text, column:value, ~fuzzy.",
        ROWS,
        LIST,
    ),
    entry(Command::Sort, "sort", "", "Sort by the next column.", ROWS, LIST),
    entry(Command::Reverse, "reverse", "", "Turn the sort order round.", ROWS, LIST),
    entry(Command::Mark, "mark", "", "Mark or unmark the row.", ROWS, LIST),
    entry(
        Command::LoadPublic,
        "load-public",
        "",
        "Ask all apps of the scope for their public certificates.",
        ROWS,
        LIST,
    ),
    entry(Command::Raw, "raw", "", "The resource as the service answers it, in JSON.", ROWS, BROWSING),
    entry(
        Command::Copy,
        "copy",
        "Copy",
        "Copy a name, thumbprint, id or token to the clipboard.",
        ROWS,
        EVERYWHERE,
    ),
    entry(
        Command::Explain,
        "explain",
        "",
        "Explain link by link, from the order to what is served, why a hostname shows what it shows.",
        ROWS,
        BROWSING,
    ),
    entry(Command::Scope, "scope", "", "Show only one subscription or one app, in all panes.", ROWS, LIST),
    changing(Command::Add, "add", "Add", "Add a certificate: the five ways to get one.", BROWSING),
    changing(
        Command::Flow(FlowName::Purchase),
        "purchase",
        "",
        "Buy an App Service certificate, step by step.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Store),
        "store",
        "",
        "Step 1: Store the order's certificate in a key vault.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Verify),
        "verify",
        "",
        "Step 2: Verify that the domain is yours.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::ImportOrder),
        "import-order",
        "",
        "Step 3: Import the order's certificate into an app.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Bind),
        "bind",
        "Bind",
        "Secure a hostname of an app with a certificate.",
        BROWSING,
    ),
    changing(
        Command::Renew,
        "renew",
        "Renew",
        "Renew a certificate by the way that fits where it came from.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Sync),
        "sync",
        "Sync",
        "Bring what the vault holds now to the apps that use it.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Rekey),
        "rekey",
        "",
        "Give an order a new key and certificate with the same end.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::AutoRenew),
        "auto-renew",
        "",
        "Let Azure renew an order by itself, or not.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Upload),
        "upload",
        "",
        "Upload a private certificate from a PFX file.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Public),
        "upload-public",
        "",
        "Upload a public certificate that an app's code loads.",
        BROWSING,
    ),
    changing(
        Command::Delete,
        "delete",
        "",
        "Delete what is under the cursor, after a check of what uses it.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::DeleteOrder),
        "delete-order",
        "",
        "Delete an order and revoke its certificate.",
        BROWSING,
    ),
    changing(Command::Flow(FlowName::Unbind), "unbind", "", "Take the certificate off a hostname.", BROWSING),
    changing(
        Command::Flow(FlowName::Replace),
        "replace",
        "",
        "Renew an uploaded certificate without a pause.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::RebindAll),
        "rebind-all",
        "",
        "Bind one certificate to every hostname it renews.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Settings),
        "settings",
        "",
        "HTTPS only, minimum TLS, certificates for code.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::DeletePrivate),
        "delete-private",
        "",
        "Delete a private certificate nothing uses.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::DeletePublic),
        "delete-public",
        "",
        "Delete a public certificate no code loads.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Managed),
        "managed",
        "",
        "Create a free managed certificate for a hostname.",
        BROWSING,
    ),
    entry(
        Command::Flow(FlowName::Export),
        "export",
        "",
        "Write an order's certificate with its key to a PFX file.",
        ACTING,
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::Unlock),
        "unlock",
        "",
        "See and remove the management locks of an order.",
        BROWSING,
    ),
    changing(
        Command::Flow(FlowName::ImportVault),
        "import-vault",
        "",
        "Import a certificate that you keep in a key vault.",
        BROWSING,
    ),
    changing(
        Command::Wizard,
        "wizard",
        "Wizard",
        "Go on with the order under the cursor where it stands.",
        BROWSING,
    ),
    entry(
        Command::Workbench(Task::Inspect),
        "cert-inspect",
        "",
        "Show what a certificate file holds.",
        FILES,
        EVERYWHERE,
    ),
    entry(
        Command::Workbench(Task::Check),
        "cert-check",
        "",
        "Judge a certificate file as App Service would.",
        FILES,
        EVERYWHERE,
    ),
    entry(
        Command::Workbench(Task::Build),
        "cert-build",
        "",
        "Make a PFX of a key and its certificates.",
        FILES,
        EVERYWHERE,
    ),
    entry(
        Command::Workbench(Task::Rewrap),
        "cert-rewrap",
        "",
        "Write a PFX with new encryption or password.",
        FILES,
        EVERYWHERE,
    ),
    entry(
        Command::Plan,
        "plan",
        "Plan",
        "Show or hide the exact requests of the current step.",
        ACTING,
        WIZARD,
    ),
    entry(
        Command::Practise,
        "practise",
        "Play the owner",
        "In a practice cloud: play the domain's owner.",
        ACTING,
        WIZARD,
    ),
    entry(Command::Operations, "operations", "", "What is running and what came of it.", ALWAYS, EVERYWHERE),
    entry(
        Command::Problems,
        "problems",
        "Problems",
        "What will break, and what could not be read.",
        ALWAYS,
        BROWSING,
    ),
    entry(Command::Refresh, "refresh", "Refresh", "Look at the cloud again, now.", ALWAYS, EVERYWHERE),
    entry(Command::Context, "context", "", "Go to another cloud, tenant or identity.", ALWAYS, BROWSING),
    entry(Command::Palette, "palette", "", "Run any command by its name.", ALWAYS, EVERYWHERE),
    entry(Command::Help, "help", "Help", "The keys that are valid here.", ALWAYS, EVERYWHERE),
    entry(Command::Repaint, "repaint", "", "Paint the whole screen again.", ALWAYS, EVERYWHERE),
    entry(Command::Suspend, "suspend", "", "Back to the shell; fg brings certdeck back.", ALWAYS, EVERYWHERE),
    entry(Command::Leave, "leave", "", "Back, and from a list: quit.", ALWAYS, EVERYWHERE),
    entry(Command::Quit, "quit", "", "Quit; asks while an operation runs.", ALWAYS, EVERYWHERE),
    entry(
        Command::Briefing,
        "briefing",
        "",
        "What this practice scenario asks for, and how it stands.",
        ALWAYS,
        EVERYWHERE,
    ),
];

const fn entry(
    command: Command,
    name: &'static str,
    hint: &'static str,
    words: &'static str,
    group: &'static str,
    places: &'static [Place],
) -> Entry {
    Entry { command, name, hint, words, group, places, changes: false }
}

const fn moving(motion: Motion, name: &'static str, words: &'static str) -> Entry {
    entry(Command::Move(motion), name, "", words, MOVING, EVERYWHERE)
}

const fn changing(
    command: Command,
    name: &'static str,
    hint: &'static str,
    words: &'static str,
    places: &'static [Place],
) -> Entry {
    Entry { command, name, hint, words, group: ACTING, places, changes: true }
}

impl Entry {
    pub fn named(name: &str) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.name == name)
    }

    pub fn of(command: Command) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.command == command)
    }

    pub fn is_valid_in(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// Whether it can be done now, and if not, why: said when the key is pressed, and kept off the hint bar.
    pub fn possible(&self, app: &App) -> Result<(), String> {
        if self.changes && app.settings.read_only {
            return Err(format!("'{}' changes something, and certdeck runs read-only", self.name));
        }
        match self.command {
            Command::Scope if !app.has_estate => Err("the inventory is not read yet".into()),
            Command::Open | Command::Mark if app.place() == Place::List && app.selected().is_none() => {
                Err("the list is empty".into())
            }
            Command::Raw if app.selected().is_none() => Err("there is no resource under the cursor".into()),
            Command::Flow(flow) if flow.needs_orders() && app.settings.no_orders.is_some() => app.may_order(),
            Command::Wizard if app.settings.no_orders.is_some() => app.may_order(),
            Command::Wizard => app.selected_order().map(|_| ()),
            Command::LoadPublic => app.may_load_public(),
            Command::Explain => app.custody_of().map(|_| ()),
            Command::Renew => app.renewal_route().map(|_| ()),
            Command::Flow(flow) => app.fits(flow),
            Command::Delete => app.deletion().and_then(|flow| app.fits(flow)),
            Command::Copy if app.place() != Place::Wizard && app.selected().is_none() => {
                Err("there is nothing under the cursor to copy".into())
            }
            Command::Briefing if app.goal.is_none() => Err("this cloud has no scenario with a goal".into()),
            Command::Practise
                if app.wizard.as_ref().is_some_and(|wizard| wizard.is_done(FlowName::Verify)) =>
            {
                Err("the domain is verified already".into())
            }
            Command::Practise if !app.settings.practice => {
                Err("only a practice cloud lets you play the domain's owner".into())
            }
            Command::Practise
                if app.wizard.as_ref().is_none_or(|wizard| wizard.page() != FlowName::Verify) =>
            {
                Err("the owner of the domain is asked only in Step 2: Verify".into())
            }
            _ => Ok(()),
        }
    }
}

impl App {
    /// The order that `w` is about: the one under the cursor, or the one that the certificate came from.
    pub fn selected_order(&self) -> Result<ResourceId, String> {
        let id = self.selected().ok_or("the list is empty")?;
        match self.pane {
            PaneName::Orders => Ok(id.clone()),
            PaneName::Private => {
                match self.selected_certificate().map(|certificate| self.estate.source(certificate)) {
                    Some(crate::model::Source::Order(order)) => Ok(order),
                    _ => Err("this certificate does not come from an order".into()),
                }
            }
            PaneName::Public | PaneName::Bindings => {
                Err("the wizard continues an order: choose one in Orders (3)".into())
            }
        }
    }
}
