//! Connections: TCP, a tunnel where a proxy stands before it, TLS, HTTP.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use hyper::{client::conn::http1, header::HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use super::{
    Address, Trust, Url,
    pool::Connection,
    proxy::{self, Proxy, Rules},
    tls,
};
use crate::{
    oci::{OciError, Proxies},
    threads,
};

/// For one number of a name that has several: an unreachable one must not use up the time.
const ONE_NUMBER: Duration = Duration::from_secs(10);

/// Before a name that nobody knows is looked up again.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// What a proxy may answer to a tunnel, in bytes.
const MOST_HEAD: usize = 16 * 1024;

/// Makes connections.
#[derive(Debug)]
pub(super) struct Connector {
    proxies: Rules,
}

impl Connector {
    pub(super) fn new(proxies: &Proxies) -> Self {
        Self { proxies: Rules::new(proxies) }
    }

    /// What stands in the first line of a request.
    pub(super) fn target(&self, url: &Url) -> String {
        if self.plain_proxy(url).is_some() { proxy::absolute(url) } else { url.path.clone() }
    }

    /// The login of a proxy that sees the request itself, not a tunnel.
    pub(super) fn proxy_login(&self, url: &Url) -> Option<HeaderValue> {
        self.plain_proxy(url)?.login.clone()
    }

    fn plain_proxy(&self, url: &Url) -> Option<&Proxy> {
        if url.address.https { None } else { self.proxies.before(&url.address).ok().flatten() }
    }

    /// A connection to `address`; TLS may take up to `limit`.
    pub(super) async fn connect(
        &self,
        address: &Address,
        trust: &Arc<Trust>,
        limit: Duration,
    ) -> Result<Connection, OciError> {
        let host = address.to_string();
        let proxy = self.proxies.before(address)?;
        let mut stream = dial(proxy.map_or(address, |proxy| &proxy.address)).await?;
        if !address.https {
            return speak(&host, stream).await;
        }
        if let Some(proxy) = proxy {
            stream = through(proxy, address, stream).await?;
        }
        let name = ServerName::try_from(address.name.clone())
            .map_err(|source| OciError::Tls { host: host.clone(), why: source.to_string() })?;
        let shaking = TlsConnector::from(Arc::clone(&trust.0)).connect(name, stream);
        let stream = timeout(limit, shaking)
            .await
            .map_err(|_| OciError::Silent { host: host.clone(), limit })?
            .map_err(|source| tls::failed(&host, source))?;
        speak(&host, stream).await
    }
}

async fn dial(address: &Address) -> Result<TcpStream, OciError> {
    let unreachable = |source| OciError::Unreachable { host: address.to_string(), source };
    let mut numbers = looked_up(address).await?;
    if numbers.as_ref().is_err_and(is_unknown) {
        // The network of a job may be a moment younger than the job.
        sleep(SECOND_LOOK).await;
        numbers = looked_up(address).await?;
    }
    let numbers = numbers.map_err(|source| {
        if is_unknown(&source) {
            OciError::NoHost { host: address.to_string() }
        } else {
            unreachable(source)
        }
    });
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "its name has no number");
    for number in numbers? {
        match timeout(ONE_NUMBER, TcpStream::connect(number)).await {
            Ok(Ok(stream)) => {
                // Requests are written at once; what is late is only slower.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(unreachable(failure))
}

/// The numbers of a name, as the system knows them.
async fn looked_up(address: &Address) -> Result<io::Result<Vec<SocketAddr>>, OciError> {
    if let Ok(number) = address.name.parse() {
        return Ok(Ok(vec![SocketAddr::new(number, address.port)]));
    }
    let (name, port) = (address.name.clone(), address.port);
    let looking = threads::start(move || Ok((&*name, port).to_socket_addrs()?.collect()));
    looking.await.map_err(OciError::Threads)
}

/// Whether a look-up's failure means that there is no such name; glibc's words, and musl's.
fn is_unknown(error: &io::Error) -> bool {
    let text = error.to_string();
    ["Name or service not known", "No address associated with hostname", "Name does not resolve"]
        .iter()
        .any(|words| text.ends_with(words))
}

/// Starts HTTP on `stream`.
async fn speak<S>(host: &str, stream: S) -> Result<Connection, OciError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|source| tls::lost(host, &source))?;
    // What goes wrong with it is told to whoever waits for an answer.
    let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok(Connection { sender, task })
}

/// Has `proxy` connect `stream` to `to`.
async fn through(
    proxy: &Proxy,
    to: &Address,
    mut stream: TcpStream,
) -> Result<TcpStream, OciError> {
    let refused = |why: String, transient| OciError::Proxy {
        proxy: proxy.address.to_string(),
        host: to.to_string(),
        why,
        transient,
    };
    let lost = |source: io::Error| refused(source.to_string(), true);
    stream.write_all(&proxy::tunnel(proxy, to)).await.map_err(lost)?;
    let mut head = Vec::new();
    // The other side says nothing on its own before TLS begins: no byte of it is taken.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > MOST_HEAD {
            return Err(refused("its answer has no end".to_owned(), false));
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Err(refused("it hung up".to_owned(), true)),
        }
    }
    let line = String::from_utf8_lossy(&head);
    let line = line.lines().next().unwrap_or_default();
    let status = line.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        return Ok(stream);
    }
    let said: String = line.chars().filter(|letter| !letter.is_control()).take(200).collect();
    Err(refused(said, matches!(status, "429" | "502" | "503" | "504")))
}
