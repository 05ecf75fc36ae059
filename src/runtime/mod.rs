//! Where the screen touches the world: terminal, signals, network, disk, clock. The loop waits for one thing
//! to happen, drains what happened meanwhile, updates the state, performs the effects and draws. Idle, it
//! does nothing at all.

pub(crate) mod ansi;
pub(crate) mod browser;
pub(crate) mod clipboard;
pub(crate) mod folder;
pub(crate) mod frame;
pub(crate) mod input;
pub(crate) mod kept;
pub(crate) mod locale;
pub(crate) mod log;
pub(crate) mod marked;
pub(crate) mod place;
pub(crate) mod practice;
pub(crate) mod signals;
pub(crate) mod tasks;
pub(crate) mod terminal;
pub(crate) mod world;

use std::io;
use std::ops::ControlFlow;
use std::time::Instant;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use clipboard::Between;
use frame::FrameRate;
use place::{OpenedPlace, WayOut};
use tasks::Tasks;
use terminal::Terminal;

use crate::app::effect::Effect;
use crate::app::message::Message;
use crate::app::{App, Effects};
use crate::azure::SignIn;
use crate::model::Problem;
use crate::pki;
use crate::ui::{self, look::Look};
use crate::workbench::Password;

/// What can happen to the loop.
#[derive(Debug)]
pub(crate) enum Happened {
    Message(Message),
    /// The time that `Effect::Wake` asked for has passed.
    Woken(Timestamp),
    /// A signal asks for the end.
    Told(i32),
    /// The terminal hung up.
    TerminalGone,
    /// Another context was opened, or could not be.
    Moved(Box<Result<OpenedPlace, Problem>>),
    /// SIGTSTP came from outside.
    AskedToStop,
    /// SIGCONT: the program that had the terminal meanwhile may have written to it.
    Continued,
}

/// Why the screen ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The person quit.
    Quit,
    Told(i32),
    TerminalGone,
}

/// As many messages are taken in before a frame at most; a flood must not keep the picture from changing.
const BETWEEN_FRAMES: usize = 1_000;

/// Runs the screen until it ends. The terminal is given back when this returns.
pub(crate) async fn run(place: OpenedPlace, look: Look, outside: WayOut) -> io::Result<Ended> {
    let (to, happened) = mpsc::unbounded_channel();
    signals::listen(&to)?;
    let WayOut { opener, mut asked } = outside;
    let told = to.clone();
    tokio::spawn(async move {
        let mut opened = String::new();
        while let Some(sign_in) = asked.recv().await {
            if let SignIn::Browser(page) = &sign_in
                && opened != page.address
            {
                browser::open(&page.address);
                opened.clone_from(&page.address);
            }
            let _ = told.send(Happened::Message(place::message(sign_in)));
        }
    });
    let (app, first) = App::new(place.settings, Timestamp::now());
    let mut screen = Screen {
        app,
        look,
        tasks: Tasks::new(place.world, place.kept, opener, to.clone()),
        terminal: Terminal::enter()?,
        rate: FrameRate::default(),
        away: false,
    };
    input::listen(&to);
    // The state learns how large the terminal is before anything is drawn; later only changes are told.
    let flow = screen.fit().and_then(|flow| if flow.is_break() { Ok(flow) } else { screen.perform(first) });
    screen.rate.mark_due();
    let ended = match flow {
        Ok(ControlFlow::Continue(())) => screen.live(happened).await,
        Ok(ControlFlow::Break(ended)) => Ok(ended),
        Err(error) => Err(error),
    };
    // To give back a hundred thousand rows one by one takes longer than all the rest of the end; the system
    // does it at once.
    std::mem::forget(screen.app.inventory.estate.clone());
    // A terminal that cannot be written to is gone, and for that there is an ending.
    ended.or_else(|error| {
        if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) {
            Ok(Ended::TerminalGone)
        } else {
            Err(error)
        }
    })
}

struct Screen {
    app: App,
    look: Look,
    tasks: Tasks,
    terminal: Terminal,
    rate: FrameRate,
    /// Suspended: the terminal belongs to another program, so nothing is drawn.
    away: bool,
}

impl Screen {
    async fn live(&mut self, mut happened: UnboundedReceiver<Happened>) -> io::Result<Ended> {
        loop {
            let due = self.rate.next(Instant::now()).filter(|_| !self.away);
            let pause = async {
                match due {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                next = happened.recv() => {
                    // The state has no clock: before every event, the time comes first.
                    if let ControlFlow::Break(ended) = self.tick()? {
                        return Ok(ended);
                    }
                    let mut next = next;
                    for _ in 0..BETWEEN_FRAMES {
                        let Some(one) = next else { break };
                        if let ControlFlow::Break(ended) = self.take(one)? {
                            return Ok(ended);
                        }
                        next = happened.try_recv().ok();
                    }
                }
                () = pause => {}
            }
            let now = Instant::now();
            if !self.away && self.rate.next(now).is_some_and(|at| at <= now) {
                self.terminal.draw(|frame| ui::view(&self.app, &self.look, frame))?;
                self.rate.drawn(now);
            }
        }
    }

    fn tick(&mut self) -> io::Result<ControlFlow<Ended>> {
        let flow = self.update(Message::Ticked(Timestamp::now()))?;
        match self.tasks.service_time() {
            Some(message) if flow.is_continue() => self.update(message),
            _ => Ok(flow),
        }
    }

    fn take(&mut self, happened: Happened) -> io::Result<ControlFlow<Ended>> {
        match happened {
            Happened::Message(message) => self.update(message),
            Happened::Woken(at) => self.update(Message::Woken(at)),
            Happened::Told(signal) => {
                let _ = self.update(Message::Ended)?;
                Ok(ControlFlow::Break(Ended::Told(signal)))
            }
            Happened::TerminalGone => {
                let _ = self.update(Message::Ended)?;
                Ok(ControlFlow::Break(Ended::TerminalGone))
            }
            Happened::Moved(moved) => self.take_move(*moved),
            Happened::AskedToStop => self.suspend(),
            Happened::Continued => self.resume(),
        }
    }

    /// The old place is left only once the new one is there.
    fn take_move(&mut self, moved: Result<OpenedPlace, Problem>) -> io::Result<ControlFlow<Ended>> {
        match moved {
            Ok(place) => {
                let (app, first) = self.app.moved(place.settings);
                self.app = app;
                self.tasks.move_to(place.world, place.kept);
                self.rate.mark_due();
                self.perform(first)
            }
            Err(problem) => self.update(Message::ContextRefused(problem)),
        }
    }

    fn update(&mut self, message: Message) -> io::Result<ControlFlow<Ended>> {
        self.rate.mark_due();
        let effects = self.app.update(message);
        self.perform(effects)
    }

    fn perform(&mut self, effects: Effects) -> io::Result<ControlFlow<Ended>> {
        for effect in effects {
            let flow = self.perform_one(effect)?;
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn perform_one(&mut self, effect: Effect) -> io::Result<ControlFlow<Ended>> {
        match effect {
            Effect::RecallEstate { ask } => self.tasks.recall_estate(ask),
            Effect::KeepEstate => self.tasks.keep_estate(self.app.inventory.estate.clone()),
            Effect::ReadEstate { ask, by_hand } => self.tasks.read_estate(ask, by_hand),
            Effect::ReadTouched { ask, places } => self.tasks.read_touched(ask, places),
            Effect::Build { ask } => {
                if let Some(building) = self.app.inventory.building.take() {
                    self.tasks.build(ask, *building);
                }
            }
            Effect::Discard => {
                let discarded = self.app.inventory.discarded.take();
                drop(tokio::task::spawn_blocking(move || drop(discarded)));
            }
            Effect::ReadPublic { ask, apps } => self.tasks.read_public(ask, apps),
            Effect::ReadUpkeep { ask } => self.tasks.read_upkeep(ask, &self.app.inventory.estate),
            Effect::Observe { ask, flow, inputs } => self.tasks.observe(ask, flow, inputs),
            Effect::PerformStep { ask, flow, inputs, step } => {
                self.tasks.perform_step(ask, flow, inputs, step);
            }
            Effect::LookAtMarked { ask, rows } => self.tasks.look_at_marked(ask, rows),
            Effect::PerformMarked { ask, agreed } => self.tasks.perform_marked(ask, agreed),
            Effect::ReadRaw { ask, id } => self.tasks.read_raw(ask, id),
            Effect::Explain { ask, about } => self.tasks.explain(ask, about),
            Effect::ReadJournal { ask } => self.tasks.read_journal(ask),
            Effect::ReadFolder { ask, path, endings } => self.tasks.read_folder(ask, path, endings),
            Effect::Work { ask, job } => self.tasks.work(ask, job),
            Effect::Practise { ask, act } => self.tasks.practise(ask, act),
            Effect::ReadGoal => self.tasks.read_goal(),
            Effect::ReadTenants { ask } => self.tasks.read_tenants(ask),
            Effect::OpenContext(opening) => self.tasks.open(opening),
            Effect::AnswerSignIn(reply) => self.tasks.answer_sign_in(reply),
            Effect::Forget { ask } => self.tasks.forget(ask),
            Effect::Wake { at, after } => self.tasks.wake(at, after),
            Effect::Copy(text) => return self.copy(&text),
            Effect::CopyScript { kind, flow, inputs, steps } => {
                return match self.tasks.script(kind, flow, &inputs, &steps) {
                    Ok(text) => self.copy(&text),
                    Err(problem) => self.update(Message::Copied(Err(problem))),
                };
            }
            Effect::MakePassword => return self.make_password(),
            Effect::Suspend => return self.suspend(),
            Effect::Repaint => self.repaint()?,
            Effect::Quit => return Ok(ControlFlow::Break(Ended::Quit)),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn copy(&mut self, text: &str) -> io::Result<ControlFlow<Ended>> {
        let result = self.send_to_clipboard(text)?;
        self.update(Message::Copied(result.map(|()| text.to_owned())))
    }

    fn make_password(&mut self) -> io::Result<ControlFlow<Ended>> {
        let result = match pki::generate_password() {
            Ok(password) => self.send_to_clipboard(password.expose_secret())?.map(|()| Password(password)),
            Err(why) => Err(Problem::new("Make a password", why.to_string())),
        };
        self.update(Message::PasswordMade(result))
    }

    fn send_to_clipboard(&mut self, text: &str) -> io::Result<Result<(), Problem>> {
        Ok(match clipboard::copy(text, Between::of_this_process()) {
            Ok(sequence) => {
                self.terminal.send(&sequence)?;
                Ok(())
            }
            Err(problem) => Err(problem),
        })
    }

    fn suspend(&mut self) -> io::Result<ControlFlow<Ended>> {
        Terminal::leave();
        self.away = true;
        if signals::stop() { Ok(ControlFlow::Continue(())) } else { self.resume() }
    }

    /// The terminal may have got another size meanwhile.
    fn resume(&mut self) -> io::Result<ControlFlow<Ended>> {
        self.away = false;
        self.terminal.resume()?;
        self.fit()
    }

    fn fit(&mut self) -> io::Result<ControlFlow<Ended>> {
        let (width, height) = Terminal::size();
        self.update(Message::Resized { width, height })
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.rate.mark_due();
        self.terminal.repaint()
    }
}
