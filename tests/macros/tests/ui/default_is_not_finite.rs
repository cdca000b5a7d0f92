use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = f64::NAN)]
    a: f64,
    #[hot(default = -f64::INFINITY)]
    b: f64,
    #[hot(default = "inf")]
    c: f64,
    #[hot(default = 1e300)]
    d: f32,
    #[hot(range(0.0..=f64::INFINITY))]
    e: f64,
}

fn main() {}
