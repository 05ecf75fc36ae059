//! Answers DNS queries for the practice zone over UDP and TCP, with hickory's codec and a server loop of its
//! own.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
};

use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{
        Name, RData, Record as WireRecord, RecordType,
        rdata::{A, CAA, CNAME, TXT},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinSet,
};

use super::{Caa, DnsRecordKind, at, exists, follow};
use crate::store::Transaction;

/// Short, so that a changed record is visible at once.
const TTL: u32 = 5;
const MAX_UDP: usize = 4096;

/// UDP and TCP on the same port.
#[derive(Debug)]
pub(crate) struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
}

impl Sockets {
    /// Listens on `listen`; with port 0 on any port that is free for both.
    pub(crate) async fn bind(listen: SocketAddr) -> io::Result<Self> {
        // A port that is free for TCP may be taken for UDP, so an ephemeral one is tried several times.
        let mut attempts = if listen.port() == 0 { 16 } else { 1 };
        loop {
            attempts -= 1;
            let tcp = TcpListener::bind(listen).await?;
            match UdpSocket::bind(tcp.local_addr()?).await {
                Ok(udp) => return Ok(Self { udp, tcp }),
                Err(error) if attempts == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Where they listen.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Passes queries to `ask` (which calls [`answer`] where the store is) until the future is dropped.
    pub(crate) async fn serve<A, F>(self, ask: A)
    where
        A: Fn(Vec<u8>, Transport) -> F + Clone + Send + 'static,
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(self.udp, ask.clone()));
        tasks.spawn(serve_tcp(self.tcp, ask));
        while tasks.join_next().await.is_some() {}
    }
}

async fn serve_udp<A, F>(socket: UdpSocket, ask: A)
where
    A: Fn(Vec<u8>, Transport) -> F + Clone + Send + 'static,
    F: Future<Output = Option<Vec<u8>>> + Send + 'static,
{
    let mut buffer = [0; MAX_UDP];
    loop {
        // An error here concerns one datagram (for example a peer that went away), never the socket.
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        if let Some(answer) = ask(buffer[..length].to_vec(), Transport::Udp).await {
            let _ = socket.send_to(&answer, peer).await;
        }
    }
}

async fn serve_tcp<A, F>(listener: TcpListener, ask: A)
where
    A: Fn(Vec<u8>, Transport) -> F + Clone + Send + 'static,
    F: Future<Output = Option<Vec<u8>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        // As above: a connection that could not be accepted does not end the listener.
        if let Ok((stream, _)) = listener.accept().await {
            let ask = ask.clone();
            connections.spawn(async move { converse(stream, ask).await });
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Answers any number of queries, each preceded by its length, until the peer closes the connection.
async fn converse<A, F>(mut stream: TcpStream, ask: A) -> Option<()>
where
    A: Fn(Vec<u8>, Transport) -> F,
    F: Future<Output = Option<Vec<u8>>>,
{
    loop {
        let length = stream.read_u16().await.ok()?;
        let mut question = vec![0; length.into()];
        stream.read_exact(&mut question).await.ok()?;
        let answer = ask(question, Transport::Tcp).await?;
        let length = u16::try_from(answer.len()).ok()?;
        let message = [&length.to_be_bytes()[..], &answer].concat();
        stream.write_all(&message).await.ok()?;
    }
}

/// How a query arrived; this limits the length of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// The answer to one query, both in wire form; `None` for a message that is no query.
pub(crate) fn answer(tx: &Transaction, question: &[u8], transport: Transport) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    if question.metadata.message_type != MessageType::Query {
        return None;
    }
    let limit = match transport {
        Transport::Udp => usize::from(question.max_payload()).min(MAX_UDP),
        Transport::Tcp => usize::from(u16::MAX),
    };
    let reply = reply(tx, &question);
    let bytes = reply.to_vec().ok()?;
    if bytes.len() <= limit {
        return Some(bytes);
    }
    reply.truncate().to_vec().ok()
}

fn reply(tx: &Transaction, question: &Message) -> Message {
    let mut reply = Message::response(question.metadata.id, question.metadata.op_code);
    reply.metadata.recursion_desired = question.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    reply.metadata.authoritative = true;
    reply.add_queries(question.queries.iter().cloned());
    let Some(query) = question.queries.first().filter(|_| question.metadata.op_code == OpCode::Query) else {
        reply.metadata.response_code = ResponseCode::NotImp;
        return reply;
    };
    match records(tx, &query.name, query.query_type) {
        Some((code, records)) => {
            reply.metadata.response_code = code;
            reply.add_answers(records);
        }
        None => reply.metadata.response_code = ResponseCode::ServFail,
    }
    reply
}

/// The CNAMEs that were followed, then the requested records; `None` when the store fails or a stored name is
/// invalid.
fn records(tx: &Transaction, name: &Name, wanted: RecordType) -> Option<(ResponseCode, Vec<WireRecord>)> {
    let asked = name.to_ascii();
    let kind = match wanted {
        RecordType::A => Some(DnsRecordKind::A),
        RecordType::CNAME => Some(DnsRecordKind::Cname),
        RecordType::TXT => Some(DnsRecordKind::Txt),
        RecordType::CAA => Some(DnsRecordKind::Caa),
        _ => None,
    };
    let hops = match kind {
        Some(DnsRecordKind::Cname) => Vec::new(),
        _ => follow(tx, &asked).ok()?.hops,
    };
    let mut owner = name.clone();
    let mut found = Vec::new();
    for hop in hops {
        let target = Name::from_ascii(&hop).ok()?;
        let data = RData::CNAME(CNAME(target.clone()));
        found.push(WireRecord::from_rdata(owner, TTL, data));
        owner = target;
    }
    let last = owner.to_ascii();
    if let Some(kind) = kind {
        for value in at(tx, &last, kind).ok()? {
            let data = data(kind, &value)?;
            found.push(WireRecord::from_rdata(owner.clone(), TTL, data));
        }
    }
    let code = if found.is_empty() && !exists(tx, &last).ok()? {
        ResponseCode::NXDomain
    } else {
        ResponseCode::NoError
    };
    Some((code, found))
}

fn data(kind: DnsRecordKind, value: &str) -> Option<RData> {
    Some(match kind {
        DnsRecordKind::A => RData::A(A(value.parse::<Ipv4Addr>().ok()?)),
        DnsRecordKind::Cname => RData::CNAME(CNAME(Name::from_ascii(value).ok()?)),
        // One character string of a TXT record holds 255 octets at most.
        DnsRecordKind::Txt => RData::TXT(TXT::from_bytes(value.as_bytes().chunks(255).collect())),
        DnsRecordKind::Caa => {
            let caa: Caa = value.parse().ok()?;
            let mut wire = CAA::new_issue(caa.critical, None, Vec::new());
            wire.tag = caa.tag;
            wire.value = caa.value.into_bytes();
            RData::CAA(wire)
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use hickory_proto::op::Query;

    use super::*;
    use crate::{
        dns::{DnsRecord, add},
        store::Store,
    };

    fn store() -> (tempfile::TempDir, Arc<Store>) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let tx = store.begin().unwrap();
        for (name, kind, value) in [
            ("www.contoso.com", DnsRecordKind::Cname, "shop.azurewebsites.net"),
            ("shop.azurewebsites.net", DnsRecordKind::A, "203.0.113.7"),
            ("contoso.com", DnsRecordKind::Caa, "0 issue godaddy.com"),
            ("contoso.com", DnsRecordKind::Txt, &"x".repeat(900)),
        ] {
            add(&tx, &DnsRecord::new(name, kind, value).unwrap()).unwrap();
        }
        tx.commit().unwrap();
        (dir, Arc::new(store))
    }

    fn question(name: &str, kind: RecordType) -> Message {
        let mut message = Message::query();
        message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        message
    }

    async fn over_udp(server: SocketAddr, question: &Message) -> Message {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let bytes = question.to_vec().unwrap();
        socket.send_to(&bytes, server).await.unwrap();
        let mut buffer = [0; MAX_UDP];
        let length = socket.recv(&mut buffer).await.unwrap();
        Message::from_vec(&buffer[..length]).unwrap()
    }

    #[tokio::test]
    async fn names_resolve_over_udp_and_what_is_too_long_over_tcp() {
        let (_dir, store) = store();
        let listen = "127.0.0.1:0".parse().unwrap();
        let sockets = Sockets::bind(listen).await.unwrap();
        let server = sockets.address().unwrap();
        let serving = tokio::spawn(sockets.serve(move |question, transport| {
            let store = Arc::clone(&store);
            async move { answer(&store.begin().unwrap(), &question, transport) }
        }));

        let answer = over_udp(server, &question("WWW.contoso.com.", RecordType::A)).await;
        let kinds: Vec<RecordType> = answer.answers.iter().map(WireRecord::record_type).collect();
        assert_eq!(kinds, [RecordType::CNAME, RecordType::A]);

        let answer = over_udp(server, &question("contoso.com.", RecordType::CAA)).await;
        let RData::CAA(caa) = &answer.answers[0].data else {
            unreachable!("a CAA question has a CAA answer")
        };
        assert_eq!((caa.tag.as_str(), caa.value.as_slice()), ("issue", &b"godaddy.com"[..]));

        let long = question("contoso.com.", RecordType::TXT);
        assert!(over_udp(server, &long).await.metadata.truncation);
        let mut stream = TcpStream::connect(server).await.unwrap();
        let bytes = long.to_vec().unwrap();
        stream.write_u16(u16::try_from(bytes.len()).unwrap()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(Message::from_vec(&answer).unwrap().answers.len(), 1);
        serving.abort();
    }

    #[test]
    fn an_unknown_name_does_not_exist_and_a_known_one_without_the_record_is_empty() {
        let (_dir, store) = store();
        let tx = store.begin().unwrap();
        let ask = |name| reply(&tx, &question(name, RecordType::AAAA)).metadata.response_code;
        assert_eq!(ask("nobody.test."), ResponseCode::NXDomain);
        assert_eq!(ask("contoso.com."), ResponseCode::NoError);
        assert_eq!(ask("azurewebsites.net."), ResponseCode::NoError);
    }

    #[tokio::test]
    async fn an_ordinary_resolver_understands_the_answers_and_their_absence() {
        use hickory_resolver::{
            Resolver,
            config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverConfig},
            net::runtime::TokioRuntimeProvider,
        };
        let (_dir, store) = store();
        let sockets = Sockets::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = sockets.address().unwrap();
        let serving = tokio::spawn(sockets.serve(move |question, transport| {
            let store = Arc::clone(&store);
            async move { answer(&store.begin().unwrap(), &question, transport) }
        }));
        let connections = [ProtocolConfig::Udp, ProtocolConfig::Tcp].map(|protocol| {
            let mut connection = ConnectionConfig::new(protocol);
            connection.port = address.port();
            connection
        });
        let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let provider = TokioRuntimeProvider::default();
        let resolver = Resolver::builder_with_config(config, provider).build().unwrap();

        let found = resolver.lookup_ip("www.contoso.com.").await.unwrap();
        assert_eq!(found.iter().count(), 1);
        let long = resolver.txt_lookup("contoso.com.").await.unwrap();
        assert_eq!(long.answers().len(), 1);
        let missing = resolver.txt_lookup("nobody.test.").await.unwrap_err();
        assert!(missing.is_nx_domain(), "{missing}");
        let empty = resolver.txt_lookup("shop.azurewebsites.net.").await.unwrap_err();
        assert!(empty.is_no_records_found(), "{empty}");
        serving.abort();
    }
}
