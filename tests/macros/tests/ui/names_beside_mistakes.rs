// rustc hides names that it can't find in a module with a `compile_error!`, but not these.
use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 300)]
    port: u8,
    missing: Nowhere,
    #[hot(default = NOWHERE)]
    value: u8,
    #[hot(validate = nowhere)]
    rule: u8,
}

fn main() {}
