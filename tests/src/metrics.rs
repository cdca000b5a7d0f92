//! What a server says of itself: in goes the name of one of its metrics, out comes its number.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Server;

/// How many watchers a server has, over all streams.
pub const WATCHERS: &str = "etcd_debugging_mvcc_watcher_total";

/// How many files and sockets a server has open.
pub const OPEN_FILES: &str = "process_open_fds";

/// How many calls of a kind a server has answered or begun: `grpc_server_started_total`, for
/// that method of the protocol, such as `Range`, `Txn` or `Watch`.
pub fn calls(method: &str) -> String {
    let service = match method {
        "Watch" => "Watch",
        "Status" => "Maintenance",
        _ => "KV",
    };
    // The kind of the call stands between them, and differs.
    format!("grpc_server_started_total method=\"{method}\" service=\"etcdserverpb.{service}\"")
}

impl Server {
    /// The number of one of its metrics, without labels, or of those lines that have all these
    /// words; zero where it has none.
    ///
    /// # Panics
    ///
    /// When the server does not answer, or speaks TLS.
    pub async fn metric(&self, name: &str) -> u64 {
        match text(self.port()).await {
            Ok(text) => sum(&text, name),
            Err(error) => panic!("no metrics of {}: {error}", self.endpoint()),
        }
    }
}

async fn text(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn sum(text: &str, name: &str) -> u64 {
    let mut words = name.split(' ');
    let metric = words.next().unwrap_or_default();
    let words: Vec<&str> = words.collect();
    let numbers = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(metric)?;
        let (labels, number) = rest.rsplit_once(' ')?;
        let is_it = labels.is_empty() || labels.starts_with('{');
        (is_it && words.iter().all(|word| labels.contains(word)))
            .then(|| number.parse::<f64>().ok())?
    });
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is counted is no fraction and not below zero"
    )]
    let sum = numbers.sum::<f64>() as u64;
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# TYPE process_open_fds gauge
process_open_fds 18
process_open_fds_most 99
grpc_server_started_total{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",x=\"unary\"} 3
grpc_server_started_total{grpc_method=\"RangeX\",grpc_service=\"etcdserverpb.KV\",x=\"unary\"} 5
grpc_server_started_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",x=\"b\"} 1e+06
";

    #[test]
    fn a_metric_is_found_by_its_name_and_its_labels() {
        for (name, number) in [
            (OPEN_FILES, 18),
            ("process_open", 0),
            (calls("Range").as_str(), 3),
            (calls("Watch").as_str(), 1_000_000),
            (calls("Put").as_str(), 0),
        ] {
            assert_eq!(sum(TEXT, name), number, "{name}");
        }
    }

    #[tokio::test]
    async fn a_server_counts_what_it_is_asked() {
        let server = Server::start().await;
        let before = server.metric(&calls("Put")).await;
        let put = server.client().await.put("/k", "v", None).await;
        assert!(put.is_ok());
        assert_eq!(server.metric(&calls("Put")).await, before + 1);
        assert_eq!(server.metric(WATCHERS).await, 0);
        assert!(server.metric(OPEN_FILES).await > 0);
    }
}
