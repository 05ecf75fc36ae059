//! Starts a practice cloud and shuts it down in order.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread::JoinHandle,
};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use tokio::{sync::watch, task::JoinSet};

use super::{
    arm::propagation::Propagation,
    ca::{Ca, CommercialCa, KeyCurve, KeySource, LeafProfile},
    clock::Clock,
    connection::Connection,
    dns::{self, server::Sockets},
    edge,
    entra::{self, SignInSwitches, TokenIssuer},
    error::EmulatorError,
    front_door::{self, Presented},
    identity::{CloudIdentity, Ports},
    listeners::{Addresses, Listeners},
    material::Material,
    options::Options,
    principals,
    provider::{key_vault, microsoft_web},
    scenario,
    server::{self, Front},
    setting::Setting,
    store::Store,
    world::{Handle, PracticeWorld},
};

/// A running practice cloud. Dropped, it stops answering; `shutdown` ends it in order.
#[derive(Debug)]
pub struct Emulator {
    connection: Connection,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    world: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Opens the data directory and listens. The first start of a directory makes its CA, keys and estate.
    ///
    /// The future is boxed, so that the servers are compiled once, in this crate, and not in every program
    /// that starts one.
    pub fn start(options: Options) -> BoxFuture<'static, Result<Self, EmulatorError>> {
        Box::pin(Self::open_and_listen(options))
    }

    async fn open_and_listen(options: Options) -> Result<Self, EmulatorError> {
        let wanted = options.listen;
        let front = (options.gate.clone(), options.recorder.clone(), options.latency);
        let home = blocking(move || DataDirectory::open(options)).await?;
        let listeners = Listeners::bind(wanted, home.ports).await?;
        let addresses = listeners.addresses()?;
        let ready = blocking(move || home.furnish(addresses)).await?;

        let (world, thread) = ready.world.start()?;
        let (stop, stopped) = watch::channel(false);
        let (gate, recorder, latency) = front;
        let front = Front { world: world.clone(), gate, recorder, latency };
        let tls = ready.own.server(&["h2", "http/1.1"])?;
        let mut tasks = JoinSet::new();
        tasks.spawn(server::listen(listeners.https, tls, front, stopped.clone()));
        for (listener, presented) in [
            (listeners.front_door, microsoft_web::bindings::presented as Presented),
            (listeners.edge, edge::presented as Presented),
        ] {
            tasks.spawn(front_door::listen(
                listener,
                world.clone(),
                presented,
                ready.default.clone(),
                stopped.clone(),
            ));
        }
        tasks.spawn(entra::imds::listen(listeners.imds, world.clone(), stopped.clone()));
        tasks.spawn(answer_dns(listeners.dns, world, stopped));
        Ok(Self { connection: ready.connection, stop, listeners: tasks, world: Some(thread) })
    }

    /// The addresses and credentials for clients.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Stops listening, lets current requests finish, closes the store.
    pub fn shutdown(self) -> BoxFuture<'static, ()> {
        Box::pin(self.stop_in_order())
    }

    async fn stop_in_order(mut self) {
        self.stop.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
        // The listeners held the last handles, so the world ends after its current task.
        if let Some(thread) = self.world.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Runs slow work or disk access outside of the async tasks.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmulatorError> + Send + 'static,
) -> Result<T, EmulatorError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| EmulatorError::Stopped)?
}

/// An opened data directory.
struct DataDirectory {
    options: Options,
    store: Store,
    identity: CloudIdentity,
    ports: Ports,
}

/// Everything but the sockets.
struct Ready {
    world: PracticeWorld,
    connection: Connection,
    /// For the HTTPS listener.
    own: Material,
    /// For hostnames without a binding.
    default: Material,
}

impl DataDirectory {
    fn open(options: Options) -> Result<Self, EmulatorError> {
        let clock = options.clock.map(Clock::reading).transpose()?;
        let dir = &options.data_dir;
        make_private_dir(dir)?;
        if options.fresh {
            Store::destroy(dir)?;
        }
        let store = Store::open(dir)?;
        let tx = store.begin()?;
        if let Some(clock) = clock {
            clock.save(&tx)?;
        }
        let identity = CloudIdentity::load_or_create(&tx, Clock::load(&tx)?.now())?;
        let ports = Ports::load(&tx)?;
        tx.commit()?;
        Ok(Self { options, store, identity, ports })
    }

    /// Prepares the world for these addresses, and builds the scenario's estate in a new directory.
    fn furnish(self, addresses: Addresses) -> Result<Ready, EmulatorError> {
        let tx = self.store.begin()?;
        addresses.ports().save(&tx)?;
        tx.commit()?;

        let setting = self.setting(addresses)?;
        let ca_pem = write_ca(&self.options.data_dir, &setting.ca)?;
        let ip = addresses.https.ip().to_string();
        let own = own_certificate(&setting.ca, "localhost", &["*.vault.localhost", &ip])?;
        let default = own_certificate(&setting.ca, "*.azurewebsites.net", &["*.scm.azurewebsites.net"])?;

        let origin = setting.origin();
        let secret = |principal| setting.authority.secret_of(principal).expose_secret().to_owned();
        let (plain_client_secret, reader_client_secret) =
            (secret(&principals::PLAIN), secret(&principals::READER));
        let world = PracticeWorld::new(self.store, setting, self.options.limits());
        let start = scenario::load_or_build(&world, &self.options)?;
        world.run(key_vault::readdress).map_err(|fault| EmulatorError::Address(fault.body.to_string()))?;
        world.sync()?;
        let connection = Connection {
            arm: origin.clone(),
            authority: origin,
            tenant_id: self.identity.tenant_id,
            client_id: principals::CERTDECK.app_id.to_owned(),
            client_secret: self.identity.client_secret,
            plain_client_id: principals::PLAIN.app_id.to_owned(),
            plain_client_secret,
            reader_client_id: principals::READER.app_id.to_owned(),
            reader_client_secret,
            subscription_ids: start.subscription_ids,
            ca_pem,
            dns: addresses.dns.to_string(),
            tls_front_door: addresses.front_door.to_string(),
            imds: format!("http://{}", addresses.imds),
            resource_group: start.resource_group,
            app: start.app,
            hostnames: start.hostnames,
        };
        Ok(Ready { world, connection, own, default })
    }

    fn setting(&self, addresses: Addresses) -> Result<Setting, EmulatorError> {
        let identity = &self.identity;
        Ok(Setting {
            address: addresses.https,
            dns: addresses.dns,
            front_door: addresses.front_door,
            edge: addresses.edge,
            tenant_id: identity.tenant_id.clone(),
            authority: TokenIssuer {
                tenant_id: identity.tenant_id.clone(),
                origin: format!("https://{}", addresses.https),
                client_secret: identity.client_secret.clone().into(),
                signing_key: identity.signing_key.clone().into(),
                switches: SignInSwitches::default(),
            },
            pace: self.options.pace,
            propagation: Propagation::default(),
            page_size: self.options.page_size.max(1),
            ca: identity.ca()?.with_lists(format!("http://{}/crl", addresses.https)),
            keys: identity.keys()?,
        })
    }
}

/// The directory holds private keys: other users must not read it.
fn make_private_dir(dir: &Path) -> Result<(), EmulatorError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(file("create", dir))
}

/// The CA file that clients are told to trust; it holds no secret.
fn write_ca(dir: &Path, ca: &Ca) -> Result<PathBuf, EmulatorError> {
    let path = std::path::absolute(dir.join("ca.pem")).map_err(file("write", dir))?;
    fs::write(&path, ca.root_pem()).map_err(file("write", &path))?;
    Ok(path)
}

fn file<'p>(action: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> EmulatorError + use<'p> {
    move |source| EmulatorError::File { action, path: path.to_owned(), source }
}

/// Passes DNS queries to the world until `stop` is set.
async fn answer_dns(sockets: Sockets, world: Handle, mut stop: watch::Receiver<bool>) {
    let ask = move |question: Vec<u8>, transport| {
        let world = world.clone();
        async move {
            let answer = move |world: &mut PracticeWorld| {
                world.run(|ctx| Ok(dns::server::answer(ctx.tx, &question, transport))).ok().flatten()
            };
            world.ask(answer).await.ok().flatten()
        }
    };
    tokio::select! {
        () = sockets.serve(ask) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// A certificate for the practice cloud's own listeners, made at every start. It uses the real clock, because
/// the clients that check it do.
fn own_certificate(ca: &Ca, name: &str, more: &[&str]) -> Result<Material, EmulatorError> {
    let now = Timestamp::now();
    let days = |n: i64| SignedDuration::from_hours(24 * n);
    let mut names = vec![name.to_owned()];
    names.extend(more.iter().map(|name| (*name).to_owned()));
    names.dedup();
    let profile = LeafProfile {
        common_name: name.to_owned(),
        names,
        key: KeySource::NewEc(KeyCurve::P256),
        not_before: now - days(1),
        not_after: now + days(365),
        issuer: CommercialCa::DigiCert,
        particulars: None,
    };
    ca.certify(&profile)
        .and_then(Material::try_from)
        .map_err(|error| EmulatorError::Certificate(error.to_string()))
}
