//! An HTTP service whose log level, time limit and concurrency limit follow etcd as it serves.
//!
//! ```text
//! cargo run --package hotconfig-examples --example axum_service -- --etcd http://127.0.0.1:2379
//! ```
//!
//! When it is ready, it prints `listening on http://…`. Then send requests, and change its
//! settings:
//!
//! ```text
//! curl -i 'http://127.0.0.1:8080/work?ms=1500'
//! etcdctl put /configs/axum-service/dev/http/timeout 1s
//! etcdctl put /configs/axum-service/dev/http/concurrency 1
//! etcdctl put /configs/axum-service/dev/log_level debug
//! curl http://127.0.0.1:8080/config
//! ```
//!
//! Health checks: `/healthz` for liveness, `/readyz` for readiness, `/status` for the reasons.
//!
//! More arguments: `--listen 127.0.0.1:0`, `--app NAME`, `--env NAME`, and `--staleness 30s`. If
//! etcd has not confirmed the configuration for that time, the service is not ready. An outage of
//! etcd makes *all* instances unready at the same time, so choose the maximum age of a
//! configuration that you still want to serve.

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Query, Request, State};
use axum::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, serve};
use hotconfig::store::Etcd;
use hotconfig::{Hot, HotConfig, NotReady, Secret, field};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tracing::debug;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;
use tracing_subscriber::reload;

/// Settings of the service.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Service {
    /// Minimum level of log messages.
    #[hot(default = Level::Info)]
    log_level: Level,
    /// Limits of requests.
    #[hot(nested)]
    http: Http,
    /// The bearer token that `/config` and `/status` require; none if absent.
    #[hot(secret, non_empty)]
    token: Option<Secret<String>>,
}

#[derive(HotConfig, Clone, Copy, Debug)]
struct Http {
    /// Maximum duration of a request.
    #[hot(default = "2s", range("10ms"..="1m"))]
    timeout: Duration,
    /// Maximum number of concurrent requests.
    #[hot(default = 64, range(1..=10_000))]
    concurrency: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

type Outcome<R = ()> = Result<R, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        #[expect(clippy::print_stderr, reason = "the log may not be set up yet")]
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Outcome {
    let arguments = Arguments::read()?;
    let filter = log_to_stderr()?;
    let hot = Hot::<Service>::builder(Etcd::builder([arguments.etcd]).build()?)
        .var("app", arguments.app)
        .var("env", arguments.env)
        .staleness_limit(arguments.staleness)
        .start()
        .await?;

    let reload = filter.clone();
    let _follows = hot.on_change(field!(Service, log_level), move |change| {
        // An error means that the log is gone.
        let _ = reload.reload(targets(*change.current()));
    });
    // Read after subscribing, so that no change is lost, and while the filter is locked, so that
    // a newer level that the callback has set is not undone.
    filter.modify(|filter| *filter = targets(hot.load().log_level))?;

    let listener = TcpListener::bind(&arguments.listen).await?;
    announce(&listener)?;
    serve(listener, router(hot.clone(), arguments.staleness))
        .with_graceful_shutdown(end_requested()?)
        .await?;
    hot.shutdown().await;
    Ok(())
}

fn router(hot: Hot<Service>, staleness: Duration) -> Router {
    let app = App {
        hot,
        staleness,
        in_flight: Arc::default(),
    };
    Router::new()
        .route("/", get(async || "hello\n"))
        .route("/work", get(work))
        // The limit does not apply to the routes below, so that operators get in while it is busy.
        .route_layer(middleware::from_fn_with_state(app.clone(), limit))
        .route("/config", get(config))
        .route("/status", get(status))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .layer(middleware::from_fn(log))
        .with_state(app)
}

#[derive(Clone)]
struct App {
    hot: Hot<Service>,
    staleness: Duration,
    in_flight: Arc<AtomicUsize>,
}

/// Applies the limits as of the arrival of the request.
async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    // Copied, because a guard should not be held across an `.await`.
    let http = app.hot.load().http;
    let Some(_permit) = Permit::acquire(app.in_flight, http.concurrency) else {
        let later = [(RETRY_AFTER, "1")];
        return (StatusCode::SERVICE_UNAVAILABLE, later, "busy\n").into_response();
    };
    let response = tokio::time::timeout(http.timeout, next.run(request)).await;
    response.unwrap_or_else(|_| (StatusCode::GATEWAY_TIMEOUT, "out of time\n").into_response())
}

/// A permit for one request. Dropping it releases it.
struct Permit(Arc<AtomicUsize>);

impl Permit {
    fn acquire(in_flight: Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        in_flight
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                (taken < limit).then_some(taken + 1)
            })
            .ok()?;
        Some(Self(in_flight))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    debug!(%method, path, status = response.status().as_u16(), took = ?begun.elapsed(), "request");
    response
}

#[derive(Deserialize)]
struct Work {
    #[serde(default)]
    ms: u64,
}

async fn work(Query(Work { ms }): Query<Work>) -> String {
    let ms = ms.min(60_000);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    format!("worked for {ms} ms\n")
}

/// Every key with its value and origin.
async fn config(State(app): State<App>, headers: HeaderMap) -> Response {
    if may_read(&app.hot.load(), &headers) {
        app.hot.describe().to_string().into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

fn may_read(config: &Service, headers: &HeaderMap) -> bool {
    let Some(token) = &config.token else {
        return true;
    };
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let given = given.and_then(|given| given.strip_prefix(b"Bearer "));
    given.is_some_and(|given| token.expose().as_bytes().ct_eq(given).into())
}

/// The status, with the held, pending and unknown keys, and the values that were rejected.
async fn status(State(app): State<App>, headers: HeaderMap) -> Response {
    if may_read(&app.hot.load(), &headers) {
        format!("{}\n", app.hot.status()).into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

/// Liveness: whether the loop runs. A stale configuration is no reason to kill the process, because
/// a new one would have the same etcd.
async fn alive(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.hot.status().ended {
        false => (StatusCode::OK, "alive\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "the loop ended\n"),
    }
}

/// Readiness: whether etcd confirmed the configuration within the limit.
async fn ready(State(app): State<App>) -> (StatusCode, String) {
    match app.hot.status().ready_within(app.staleness) {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, not_ready(&why)),
    }
}

/// The reason, with its sources.
fn not_ready(why: &NotReady) -> String {
    let mut text = format!("not ready: {why}");
    let mut source = why.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text + "\n"
}

/// Logs to stderr. The handle changes the level.
fn log_to_stderr() -> Outcome<reload::Handle<Targets, tracing_subscriber::Registry>> {
    let (filter, handle) = reload::Layer::new(targets(Level::Info));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()?;
    Ok(handle)
}

/// This service at that level, and its dependencies at `warn` at most.
fn targets(level: Level) -> Targets {
    let level = match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    };
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(module_path!(), level)
}

#[expect(
    clippy::print_stdout,
    reason = "the caller may have requested a free port"
)]
fn announce(listener: &TcpListener) -> io::Result<()> {
    println!("listening on http://{}", listener.local_addr()?);
    Ok(())
}

/// Completes on ctrl-c or SIGTERM.
fn end_requested() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())?
    };
    #[cfg(unix)]
    let terminated = async move { terminate.recv().await };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    Ok(async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
    })
}

struct Arguments {
    etcd: String,
    listen: String,
    app: String,
    env: String,
    staleness: Duration,
}

impl Arguments {
    fn read() -> Outcome<Self> {
        let mut read = Self {
            etcd: "http://127.0.0.1:2379".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            app: "axum-service".to_owned(),
            env: "dev".to_owned(),
            staleness: Duration::from_secs(30),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                "--etcd" => read.etcd = value()?,
                "--listen" => read.listen = value()?,
                "--app" => read.app = value()?,
                "--env" => read.env = value()?,
                "--staleness" => {
                    read.staleness = humantime::parse_duration(&value()?)
                        .map_err(|error| format!("{name}: {error}"))?;
                }
                _ => return Err(format!("unknown argument `{name}`").into()),
            }
        }
        Ok(read)
    }
}
