use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "128MB")]
    shared_buffers: u64,
    #[hot(default = "30s")]
    timeout: u32,
    #[hot(default = "on")]
    fsync: bool,
}

fn main() {}
