//! One question to the upstream server and its reply: UDP first, TCP when the reply is truncated.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::base::{Message, MessageBuilder, Name, Rtype, ToName as _};
use domain::net::client::dgram::{self, QueryErrorKind};
use domain::net::client::protocol::AsyncConnect;
use domain::net::client::request::{
    ComposeRequest as _, Error as RequestError, GetResponse, RequestMessage, SendRequest,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::upstream::Shortage;
use crate::{Failure, Upstream};

/// Asks one server. Cloning is cheap and shares the memory of delegations.
#[derive(Clone)]
pub(crate) struct Exchange {
    shared: Arc<Shared>,
}

struct Shared {
    path: Path,
    timeout: Duration,
    limit: Duration,
    checking: Checking,
    udp: dgram::Connection<Path>,
    /// Replies to DS and DNSKEY questions. Concurrent lookups walk the same chain of trust, and the audit
    /// walks it after the validator: the first one asks, the others wait for the same reply, and all of them
    /// judge the same bytes.
    delegations: Mutex<Delegations>,
}

type Delegations = HashMap<(Name<Bytes>, Rtype), Arc<OnceCell<Reply>>>;

/// A reply that answers the question, or why there is none.
pub(crate) type Reply = Result<Message<Bytes>, NoReply>;

/// Why no usable reply came.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{failure}: {detail}")]
pub(crate) struct NoReply {
    pub(crate) failure: Failure,
    pub(crate) detail: String,
}

impl NoReply {
    fn new(failure: Failure, detail: impl fmt::Display) -> Self {
        Self { failure, detail: detail.to_string() }
    }
}

/// Where questions go, and from where.
#[derive(Clone, Debug)]
struct Path {
    server: SocketAddr,
    source: Option<IpAddr>,
    shortage: Shortage,
}

impl Path {
    /// The own end of a connection: any port, and any address unless one is wanted.
    fn local(&self) -> SocketAddr {
        let any = match self.server {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        SocketAddr::new(self.source.unwrap_or(any), 0)
    }

    async fn connect_udp(self) -> io::Result<UdpSocket> {
        let connecting = async {
            #[expect(clippy::disallowed_methods, reason = "a client's socket: the kernel chooses its port")]
            let socket = UdpSocket::bind(self.local()).await?;
            socket.connect(self.server).await?;
            Ok(socket)
        };
        connecting.await.inspect_err(|error| self.shortage.note(error))
    }

    async fn connect_tcp(self) -> io::Result<TcpStream> {
        let connecting = async {
            let socket = match self.server {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            socket.bind(self.local())?;
            socket.connect(self.server).await
        };
        connecting.await.inspect_err(|error| self.shortage.note(error))
    }
}

/// `domain` makes a socket for every question, so that each has a port of its own.
impl AsyncConnect for Path {
    type Connection = UdpSocket;
    type Fut = Pin<Box<dyn Future<Output = io::Result<UdpSocket>> + Send + Sync>>;

    fn connect(&self) -> Self::Fut {
        Box::pin(self.clone().connect_udp())
    }
}

/// Who validates.
#[derive(Clone, Copy, PartialEq)]
enum Checking {
    /// We do: CD is set, because what is wrong with the reply is for us to find.
    Here,
    /// The server does.
    There,
}

impl Exchange {
    pub(crate) fn new(upstream: &Upstream) -> Self {
        Self::with(upstream, Checking::Here)
    }

    /// Leaves validation to the server.
    pub(crate) fn trusting(upstream: &Upstream) -> Self {
        Self::with(upstream, Checking::There)
    }

    fn with(upstream: &Upstream, checking: Checking) -> Self {
        let mut config = dgram::Config::new();
        config.set_read_timeout(upstream.timeout);
        config.set_max_retries(u8::try_from(upstream.attempts.saturating_sub(1)).unwrap_or(u8::MAX));
        let path =
            Path { server: upstream.server, source: upstream.source, shortage: upstream.shortage.clone() };
        let udp = dgram::Connection::with_config(path.clone(), config);
        Self {
            shared: Arc::new(Shared {
                path,
                timeout: upstream.timeout,
                limit: upstream.question_limit(),
                checking,
                udp,
                delegations: Mutex::default(),
            }),
        }
    }

    /// Asks for `record_type` at `name`, with DO set.
    pub(crate) async fn ask(&self, name: &Name<Bytes>, record_type: Rtype) -> Reply {
        if record_type != Rtype::DS && record_type != Rtype::DNSKEY {
            return self.ask_anew(name, record_type).await;
        }
        let cell = {
            let mut delegations = self.shared.delegations.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(delegations.entry((name.clone(), record_type)).or_default())
        };
        cell.get_or_init(|| self.ask_anew(name, record_type)).await.clone()
    }

    async fn ask_anew(&self, name: &Name<Bytes>, record_type: Rtype) -> Reply {
        timeout(self.shared.limit, self.ask_udp_then_tcp(name, record_type))
            .await
            .unwrap_or_else(|_| Err(NoReply::new(Failure::TimedOut, "no reply within the limit")))
    }

    async fn ask_udp_then_tcp(&self, name: &Name<Bytes>, record_type: Rtype) -> Reply {
        let mut request = RequestMessage::new(question(name, record_type, self.shared.checking)?)
            .map_err(from_request_error)?;
        request.set_dnssec_ok(true);
        let reply =
            self.shared.udp.send_request(request.clone()).get_response().await.map_err(from_request_error)?;
        if !reply.header().tc() {
            return Ok(reply);
        }
        timeout(self.shared.timeout, ask_tcp(self.shared.path.clone(), request))
            .await
            .unwrap_or_else(|_| Err(NoReply::new(Failure::TimedOut, "TCP after a truncated reply")))
    }
}

fn question(name: &Name<Bytes>, record_type: Rtype, checking: Checking) -> Result<Message<Vec<u8>>, NoReply> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_rd(true);
    message.header_mut().set_cd(checking == Checking::Here);
    let mut message = message.question();
    message.push((name, record_type)).map_err(|error| NoReply::new(Failure::Malformed, error))?;
    Ok(message.into_message())
}

async fn ask_tcp(path: Path, mut request: RequestMessage<Vec<u8>>) -> Reply {
    let unreachable =
        |error| NoReply::new(Failure::Unreachable, format_args!("TCP after a truncated reply: {error}"));
    request.header_mut().set_random_id();
    let message = request.to_message().map_err(from_request_error)?;
    let length =
        u16::try_from(message.as_slice().len()).map_err(|error| NoReply::new(Failure::Malformed, error))?;
    let mut stream = path.connect_tcp().await.map_err(unreachable)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(message.as_slice());
    stream.write_all(&framed).await.map_err(unreachable)?;
    let length = stream.read_u16().await.map_err(unreachable)?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await.map_err(unreachable)?;
    let reply =
        Message::from_octets(Bytes::from(reply)).map_err(|error| NoReply::new(Failure::Malformed, error))?;
    // Over TCP there is no second chance: whoever answers another question once will not do better later.
    if !request.is_answer(reply.for_slice()) {
        return Err(NoReply::new(Failure::Malformed, "the reply over TCP answers another question"));
    }
    if reply.header().tc() {
        return Err(NoReply::new(Failure::Malformed, "the reply is truncated over TCP too"));
    }
    Ok(reply)
}

fn from_request_error(error: RequestError) -> NoReply {
    let failure = match &error {
        RequestError::Dgram(error) => match error.kind() {
            QueryErrorKind::Timeout => Failure::TimedOut,
            QueryErrorKind::Connect | QueryErrorKind::Receive | QueryErrorKind::Send => Failure::Unreachable,
        },
        _ => Failure::Malformed,
    };
    NoReply::new(failure, error)
}

/// The validator of `domain` asks for DS and DNSKEY records by itself, through the same memory.
impl SendRequest<RequestMessage<Vec<u8>>> for Exchange {
    fn send_request(&self, request: RequestMessage<Vec<u8>>) -> Box<dyn GetResponse + Send + Sync> {
        Box::new(Pending { exchange: self.clone(), request })
    }
}

struct Pending {
    exchange: Exchange,
    request: RequestMessage<Vec<u8>>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("request", &self.request).finish_non_exhaustive()
    }
}

impl GetResponse for Pending {
    fn get_response(
        &mut self,
    ) -> Pin<Box<dyn Future<Output = Result<Message<Bytes>, RequestError>> + Send + Sync + '_>> {
        Box::pin(async {
            let message = self.request.to_message()?;
            let question = message.sole_question().map_err(|_| RequestError::FormError)?;
            let name: Name<Bytes> = question.qname().to_name();
            self.exchange.ask(&name, question.qtype()).await.map_err(|_| RequestError::StreamReceiveError)
        })
    }
}
