//! The sockets of a practice cloud. After a restart it uses the ports of its last run again when they are
//! free, so that the addresses given to clients stay valid.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::net::TcpListener;

use super::{dns::server::Sockets, error::EmulatorError, identity::Ports};

/// All sockets that it listens on.
#[derive(Debug)]
pub(crate) struct Listeners {
    /// ARM, Entra, Graph, Key Vault and the control paths.
    pub https: TcpListener,
    pub dns: Sockets,
    pub front_door: TcpListener,
    /// The content delivery network in front of some hostnames.
    pub edge: TcpListener,
    /// The metadata service of a virtual machine, in plain HTTP.
    pub imds: TcpListener,
}

/// The addresses for clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub https: SocketAddr,
    pub dns: SocketAddr,
    pub front_door: SocketAddr,
    pub edge: SocketAddr,
    pub imds: SocketAddr,
}

impl Listeners {
    /// Binds HTTPS to `wanted` and the others to ports of the same address.
    pub(crate) async fn bind(wanted: SocketAddr, before: Ports) -> Result<Self, EmulatorError> {
        let other = SocketAddr::new(wanted.ip(), 0);
        Ok(Self {
            https: tcp(wanted, before.https).await?,
            dns: udp_and_tcp(other, before.dns).await?,
            front_door: tcp(other, before.front_door).await?,
            edge: tcp(other, before.edge).await?,
            // It issues tokens without any check, so it listens on loopback only, regardless of the other
            // addresses.
            imds: tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), before.imds).await?,
        })
    }

    pub(crate) fn addresses(&self) -> Result<Addresses, EmulatorError> {
        let reach = |address: io::Result<SocketAddr>| {
            address.map(reachable).map_err(|source| failed("an address it was given", source))
        };
        Ok(Addresses {
            https: reach(self.https.local_addr())?,
            dns: reach(self.dns.address())?,
            front_door: reach(self.front_door.local_addr())?,
            edge: reach(self.edge.local_addr())?,
            imds: reach(self.imds.local_addr())?,
        })
    }
}

impl Addresses {
    pub(crate) fn ports(&self) -> Ports {
        Ports {
            https: self.https.port(),
            dns: self.dns.port(),
            front_door: self.front_door.port(),
            imds: self.imds.port(),
            edge: self.edge.port(),
        }
    }
}

/// No client can connect to "all addresses": the loopback address replaces it.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}

/// Binds the port of the last run if `wanted` leaves the choice and it is free; otherwise `wanted`.
async fn tcp(wanted: SocketAddr, before: u16) -> Result<TcpListener, EmulatorError> {
    if let Some(again) = again(wanted, before)
        && let Ok(listener) = TcpListener::bind(again).await
    {
        return Ok(listener);
    }
    let listener = TcpListener::bind(wanted).await;
    listener.map_err(|source| failed(&wanted.to_string(), source))
}

async fn udp_and_tcp(wanted: SocketAddr, before: u16) -> Result<Sockets, EmulatorError> {
    if let Some(again) = again(wanted, before)
        && let Ok(sockets) = Sockets::bind(again).await
    {
        return Ok(sockets);
    }
    let sockets = Sockets::bind(wanted).await;
    sockets.map_err(|source| failed(&wanted.to_string(), source))
}

fn again(wanted: SocketAddr, before: u16) -> Option<SocketAddr> {
    (wanted.port() == 0 && before != 0).then(|| SocketAddr::new(wanted.ip(), before))
}

fn failed(address: &str, source: io::Error) -> EmulatorError {
    EmulatorError::Listen { address: address.to_owned(), source }
}
