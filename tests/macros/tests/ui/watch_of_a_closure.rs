use hotconfig::{Hot, HotConfig};

#[derive(HotConfig, Clone)]
struct Config {
    port: u16,
}

fn used(hot: &Hot<Config>) {
    let _ = hot.watch(|config: &Config| &config.port);
    let _ = hot.watch(hot.load().port);
    let _ = hot.on_change("port", |_| {});
    let _ = hot.view("port");
}

fn main() {}
