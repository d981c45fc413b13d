//! A network between two programs that a test can cut, in one direction or in both.

use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What gets through: to the server, and back.
type Open = (bool, bool);

/// A way to a server. What does not get through waits, as on a network that loses everything:
/// nobody is told that the other one is gone.
#[derive(Debug)]
pub struct Network {
    address: SocketAddr,
    open: watch::Sender<Open>,
    _accepting: JoinSet<()>,
}

impl Network {
    /// A way to a server on this machine.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (open, watched) = watch::channel((true, true));
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, port, watched.clone()));
            }
        });
        Self { address, open, _accepting: accepting }
    }

    /// Where to connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets through only what goes to the server, only what comes from it, both or nothing.
    pub fn let_through(&self, to_server: bool, from_server: bool) {
        self.open.send_replace((to_server, from_server));
    }
}

async fn carry(client: TcpStream, port: u16, open: watch::Receiver<Open>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::join!(
        pump(&mut from_client, &mut to_server, open.clone(), |open| open.0),
        pump(&mut from_server, &mut to_client, open, |open| open.1),
    );
}

async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut open: watch::Receiver<Open>,
    is_open: fn(&Open) -> bool,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length) = from.read(&mut buffer).await {
        // the end of a connection does not get through either
        if open.wait_for(is_open).await.is_err() {
            return;
        }
        if length == 0 || to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
