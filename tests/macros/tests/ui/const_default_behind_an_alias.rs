use std::time::Duration;

use hotconfig::{HotConfig, Size};

type Timeout = Duration;
type Port = u16;
type Name = String;
type Buffer = Size;
type Ports = Vec<u16>;
type On = bool;
type Address = std::net::SocketAddr;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "soon")]
    timeout: Timeout,
    #[hot(default = "10m", range("1s"..="5m"))]
    too_long: Timeout,
    #[hot(default = "2s", range("1x"..))]
    bound: Timeout,
    #[hot(default = "70000")]
    port: Port,
    #[hot(default, range(1..))]
    zero: Port,
    #[hot(default = "", non_empty)]
    name: Name,
    #[hot(default, pattern("^[a-z]+$"), non_empty)]
    empty: Name,
    #[hot(default = "A", pattern("^[a-z]+$"))]
    upper: Name,
    #[hot(default = "64MX")]
    buffer: Buffer,
    #[hot(default = "80, 443")]
    ports: Ports,
    #[hot(default = "[80, 443]", length(..=1))]
    one_port: Ports,
    #[hot(default = "yes")]
    on: On,
    #[hot(default = "localhost:80")]
    address: Address,
}

fn main() {}
