//! etcd's own proxy, `etcd grpc-proxy start`, in front of a server.
//!
//! In: a server. Out: another endpoint of it, which joins equal watches into one and keeps
//! answers in a cache.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::binary;
use crate::ports::Port;
use crate::server::Server;
use crate::wait::eventually;

/// A running proxy. Dropping it kills the process.
#[derive(Debug)]
pub struct GrpcProxy {
    child: Child,
    port: Port,
    _folder: TempDir,
}

impl GrpcProxy {
    /// Starts one, and returns once it accepts connections.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn start(server: &Server) -> Self {
        let port = Port::free();
        let address = format!("127.0.0.1:{}", port.number());
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => panic!("no folder for a proxy: {error}"),
        };
        let child = Command::new(binary::etcd())
            .args(["grpc-proxy", "start"])
            .args(["--endpoints", &server.endpoint()])
            .args(["--listen-addr", &address])
            .args(["--advertise-client-url", &address])
            .arg("--data-dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let proxy = match child {
            Ok(child) => Self {
                child,
                port,
                _folder: folder,
            },
            Err(error) => panic!("{} can't be started: {error}", binary::etcd().display()),
        };
        let number = proxy.port.number();
        eventually("the proxy to accept", || async move {
            TcpStream::connect((Ipv4Addr::LOCALHOST, number))
                .await
                .is_ok()
        })
        .await;
        proxy
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }
}

impl Drop for GrpcProxy {
    fn drop(&mut self) {
        // Nothing can be done about a failure here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
