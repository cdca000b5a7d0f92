use hotconfig::HotConfig;

const NAME: &str = "User Service";
const RIGHT: &str = "user-service";

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = NAME, pattern("^[a-z-]+$"))]
    name: String,
    #[hot(default = RIGHT, pattern("^[a-z-]+$"))]
    right: String,
}

fn main() {}
