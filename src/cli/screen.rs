//! `certdeck` without a subcommand: the screen, over the cloud of the current context.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use super::practice::Beside;
use super::session::{self, Session};
use super::{CliError, Exit, kept};
use crate::app::effect::Opening;
use crate::app::{Opens, Settings, keymap::Keymap};
use crate::azure::{Chain, Desk, Door, Identity, LibrarySignIn};
use crate::config::{PaneColumns, Target};
use crate::file;
use crate::flow::NO_ORDERS;
use crate::model::{Problem, shown};
use crate::paths::is_absent;
use crate::runtime::locale;
use crate::runtime::place::{OpenedPlace, Opener, WayOut};
use crate::runtime::world::Soon;
use crate::runtime::{self, Ended};
use crate::tables::PaneName;
use crate::ui::look::Look;
use crate::ui::roles::Roles;

/// What needs no screen.
const WITHOUT: &str = "certdeck list, report, check, run and doctor work without a screen";

/// Whether the terminal says that it can neither move the cursor nor write over anything.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Refuses early, before anything is started for a screen that no person would see.
pub(super) fn require_terminal() -> Result<(), CliError> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(CliError::Usage(format!(
            "the screen needs a terminal for both input and output; {WITHOUT}"
        )));
    }
    if is_dumb() {
        return Err(CliError::Usage(format!(
            "the screen cannot be drawn on this terminal (TERM is dumb); {WITHOUT}"
        )));
    }
    Ok(())
}

/// The person's own keys, added to the defaults; the file need not exist.
fn keymap(path: &Path) -> Result<Keymap, CliError> {
    let extra = match file::read_text(path) {
        Err(error) if is_absent(&error) => String::new().into(),
        read => read.map_err(|why| CliError::machine(format!("read {}", shown(path)), why))?,
    };
    Keymap::new(&extra).map_err(|error| CliError::Usage(format!("{}: {error}", shown(path))))
}

/// The columns that the settings name for each pane.
fn columns(wanted: &PaneColumns) -> Result<[Option<Vec<&'static str>>; 4], CliError> {
    let mut columns = [const { None }; 4];
    for name in PaneName::ALL {
        let keys = match name {
            PaneName::Private => &wanted.private,
            PaneName::Public => &wanted.public,
            PaneName::Orders => &wanted.orders,
            PaneName::Bindings => &wanted.bindings,
        };
        if !keys.is_empty() {
            let found = name.columns(keys);
            let refused = |why| CliError::Usage(format!("ui.columns.{} in the settings: {why}", name.key()));
            columns[name.index()] = Some(found.map_err(refused)?);
        }
    }
    Ok(columns)
}

/// Runs the screen: there, or in the context in use, with a welcome where there is none.
pub(super) async fn run(session: Session, there: Option<Target>) -> Result<Exit, CliError> {
    require_terminal()?;
    let (desk, asked) = Desk::open();
    let doors = Arc::new(Doors { session, desk, practice: Beside::default() });
    let place = doors.begin(there).await?;
    let ui = &doors.session.config.ui;
    let colours = ui.colours && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // The settings say what the person wants and take precedence over the locale.
    let unicode = ui.ascii.map_or_else(|| locale::is_utf8(&|name| std::env::var(name).ok()), |ascii| !ascii);
    let roles = Roles::of(&ui.look, &ui.roles);
    let roles = roles.map_err(|why| CliError::Usage(format!("ui in the settings: {why}")))?;
    let look = Look::of(roles, colours, unicode, ui.plain);
    let outside = WayOut { opener: doors.clone().opener(), asked };
    let ended = Box::pin(runtime::run(place, look, outside)).await;
    doors.practice.end().await;
    match ended.map_err(|why| CliError::machine("use the terminal", why))? {
        Ended::Quit => Ok(Exit::Done),
        Ended::Told(signal) => Ok(Exit::Signal(u8::try_from(signal).unwrap_or_default())),
        Ended::TerminalGone => Ok(Exit::Signal(1)),
    }
}

/// Every place that the screen can go to.
struct Doors {
    session: Session,
    desk: Desk,
    practice: Beside,
}

impl Doors {
    async fn begin(self: &Arc<Self>, there: Option<Target>) -> Result<OpenedPlace, CliError> {
        if let Some(target) = there {
            return self.enter(target, Opens::Inventory).await;
        }
        let opens = if self.session.is_blank() { Opens::Welcome } else { Opens::Inventory };
        self.enter(self.session.target()?, opens).await
    }

    fn opener(self: Arc<Self>) -> Opener {
        Arc::new(move |opening| {
            let doors = self.clone();
            Box::pin(async move { doors.open(opening).await.map_err(problem) })
        })
    }

    async fn open(self: &Arc<Self>, opening: Opening) -> Result<OpenedPlace, CliError> {
        let target = match opening {
            Opening::Context(name) => self.session.target_of(Some(&name))?,
            Opening::Tenant(tenant) => self.session.target_in(&tenant)?,
            Opening::SignIn => self.public(|door| door.identity(None, None))?,
            Opening::AzureCli => self.public(|_| LibrarySignIn::AzureCli { tenant: None }.into())?,
            Opening::Practice => self.practice.target(&self.session).await?,
        };
        self.enter(target, Opens::Inventory).await
    }

    /// The public cloud with an identity.
    fn public(&self, identity: impl FnOnce(Door) -> Identity) -> Result<Target, CliError> {
        let target = self.session.target()?;
        Ok(Target { chain: Chain::just(identity(target.door)).asking_by(target.door), ..target })
    }

    /// Where rows of last time are kept, they are there before the cloud is reached.
    async fn enter(self: &Arc<Self>, mut target: Target, opens: Opens) -> Result<OpenedPlace, CliError> {
        target.read_only |= self.session.is_read_only();
        let kept = kept::of(&self.session, &target);
        let (world, practice, national) = if let Some(heading) = kept.heading() {
            let (doors, target) = (self.clone(), target.clone());
            let world =
                async move { doors.session.world(&target, Some(doors.desk.clone())).await.map_err(problem) };
            (Soon::opening(world), heading.practice, heading.national)
        } else {
            let world = self.session.world(&target, Some(self.desk.clone())).await?;
            let cloud = world.client.cloud();
            let (practice, national) = (cloud.practice.is_some(), cloud.national);
            (Soon::here(world), practice, national)
        };
        let production = target.is_production(practice);
        let settings = Settings {
            context: target.name,
            practice,
            no_orders: national.then_some(NO_ORDERS),
            read_only: target.read_only,
            production,
            scope: target.scope.unwrap_or_default(),
            columns: columns(&self.session.config.ui.columns)?,
            filters: self.session.config.ui.filters.clone().into_iter().collect(),
            refresh: self.session.config.ui.refresh,
            contexts: self.session.contexts(),
            fixed: session::fixed_cloud(),
            opens,
            keymap: keymap(&self.session.config_path.with_file_name("keymap.toml"))?,
            rules: self.session.rules()?,
        };
        Ok(OpenedPlace { settings, world, kept })
    }
}

/// An error of the command line as the screen shows it.
fn problem(error: CliError) -> Problem {
    match error {
        CliError::Cloud(problem) => problem,
        other => Problem::new("Open the context", other.to_string()),
    }
}
