//! Brings a practice cloud up and takes it down in order.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    thread::JoinHandle,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    ca::{Ca, KeySource, Profile, Role},
    clock::Clock,
    connection::Connection,
    dns::{self, server::Sockets},
    entra::Authority,
    error::EmulatorError,
    front_door,
    identity::{Identity, Ports},
    material::Material,
    options::Options,
    principals,
    provider::key_vault,
    scenario,
    server::{self, Front},
    setting::Setting,
    store::Store,
    world::{Handle, World},
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
    pub async fn start(options: Options) -> Result<Self, EmulatorError> {
        let dir = options.data_dir.clone();
        let fresh = options.fresh;
        let at = options.clock.unwrap_or_else(Timestamp::now);
        let opened = tokio::task::spawn_blocking(move || open(&dir, fresh, at)).await;
        let (store, identity, ports) = opened.map_err(|_| EmulatorError::Stopped)??;

        let https = bind(options.listen, ports.https).await?;
        let address = local(&https)?;
        let door = bind(SocketAddr::new(address.ip(), 0), ports.front_door).await?;
        let dns = bind_dns(address.ip(), ports.dns).await?;
        let origin = format!("https://{address}");
        let setting = Setting {
            address,
            dns: dns.address().map_err(unknown_address)?,
            front_door: local(&door)?,
            tenant_id: identity.tenant_id.clone(),
            authority: Authority {
                tenant_id: identity.tenant_id.clone(),
                origin: origin.clone(),
                client_secret: identity.client_secret.clone().into(),
                signing_key: identity.signing_key.clone().into(),
            },
            pace: options.pace,
            page_size: options.page_size.max(1),
            ca: identity.ca()?,
            keys: identity.keys(),
        };
        let ca_pem = write_ca(&options.data_dir, &setting.ca)?;
        let own = own_certificate(&setting.ca, "localhost", &["*.vault.localhost", &address.ip().to_string(), "127.0.0.1"])?;
        let default = own_certificate(&setting.ca, "*.azurewebsites.net", &["*.scm.azurewebsites.net"])?;

        let tx = store.begin()?;
        if let Some(now) = options.clock {
            Clock::reading(now).save(&tx)?;
        }
        Ports { https: address.port(), dns: setting.dns.port(), front_door: setting.front_door.port() }.save(&tx)?;
        tx.commit()?;

        let world = World::new(store, setting);
        let start = scenario::load_or_build(&world, &options.scenario)?;
        let readdressed = world.run(key_vault::readdress);
        readdressed.map_err(|fault| EmulatorError::Scenario { name: options.scenario.clone(), reason: fault.body.to_string() })?;
        let connection = Connection {
            arm: origin.clone(),
            authority: origin,
            tenant_id: identity.tenant_id,
            client_id: principals::CERTDECK.app_id.to_owned(),
            client_secret: identity.client_secret,
            subscription_ids: start.subscription_ids,
            ca_pem,
            dns: world.setting.dns.to_string(),
            tls_front_door: world.setting.front_door.to_string(),
            resource_group: start.resource_group,
            app: start.app,
            hostnames: start.hostnames,
        };

        let (world, thread) = world.start()?;
        let (stop, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        let front = Front { world: world.clone(), gate: options.gate, latency: options.latency };
        let tls = own.server(&["h2", "http/1.1"])?;
        listeners.spawn(server::listen(https, tls, front, stopped.clone()));
        listeners.spawn(front_door::listen(door, world.clone(), default, stopped.clone()));
        listeners.spawn(answer_dns(dns, world, stopped));
        Ok(Self { connection, stop, listeners, world: Some(thread) })
    }

    /// How to reach it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Stops listening, lets what is in hand finish, closes the store.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
        // The listeners held the last handles, so the world ends after the task it is at.
        if let Some(thread) = self.world.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// The store and what the directory is; both are made when missing.
fn open(dir: &Path, fresh: bool, now: Timestamp) -> Result<(Store, Identity, Ports), EmulatorError> {
    make_private_dir(dir)?;
    let mut store = Store::open(dir)?;
    if fresh {
        // Opened first: only the process that holds the lock may throw the cloud away.
        drop(store);
        let path = dir.join("cloud.redb");
        fs::remove_file(&path).map_err(file("remove", &path))?;
        store = Store::open(dir)?;
    }
    let tx = store.begin()?;
    let identity = Identity::load_or_create(&tx, now)?;
    let ports = Ports::load(&tx)?;
    tx.commit()?;
    Ok((store, identity, ports))
}

/// The directory holds private keys: nobody else may look into it.
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

/// Listens on `wanted`; for port 0 first tries the port of the last run.
async fn bind(wanted: SocketAddr, before: u16) -> Result<TcpListener, EmulatorError> {
    if wanted.port() == 0
        && before != 0
        && let Ok(listener) = TcpListener::bind(SocketAddr::new(wanted.ip(), before)).await
    {
        return Ok(listener);
    }
    TcpListener::bind(wanted).await.map_err(|source| EmulatorError::Listen { address: wanted.to_string(), source })
}

fn local(listener: &TcpListener) -> Result<SocketAddr, EmulatorError> {
    listener.local_addr().map_err(unknown_address)
}

fn unknown_address(source: io::Error) -> EmulatorError {
    EmulatorError::Listen { address: "the loopback interface".to_owned(), source }
}

/// As `bind`, for UDP and TCP on one port.
async fn bind_dns(ip: IpAddr, before: u16) -> Result<Sockets, EmulatorError> {
    if before != 0
        && let Ok(sockets) = Sockets::bind(SocketAddr::new(ip, before)).await
    {
        return Ok(sockets);
    }
    Sockets::bind(SocketAddr::new(ip, 0)).await.map_err(unknown_address)
}

/// Carries questions about the zone to the world until `stop` says so.
async fn answer_dns(sockets: Sockets, world: Handle, mut stop: watch::Receiver<bool>) {
    let ask = move |question: Vec<u8>, transport| {
        let world = world.clone();
        async move {
            let answer =
                move |world: &mut World| world.run(|ctx| Ok(dns::server::answer(ctx.tx, &question, transport))).ok().flatten();
            world.ask(answer).await.ok().flatten()
        }
    };
    tokio::select! {
        () = sockets.serve(ask) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// A certificate for the practice cloud's own listeners, made anew at every start. It goes by the real clock,
/// because the clients that check it do.
fn own_certificate(ca: &Ca, name: &str, more: &[&str]) -> Result<Material, EmulatorError> {
    let now = Timestamp::now();
    let days = |n: i64| SignedDuration::from_hours(24 * n);
    let mut names = vec![name.to_owned()];
    names.extend(more.iter().map(|name| (*name).to_owned()));
    names.dedup();
    let profile = Profile {
        common_name: name.to_owned(),
        names,
        key: KeySource::NewEc,
        not_before: now - days(1),
        not_after: now + days(365),
        issuer: Role::DigiCert,
    };
    ca.issue(&profile).and_then(Material::try_from).map_err(|error| EmulatorError::Certificate(error.to_string()))
}
