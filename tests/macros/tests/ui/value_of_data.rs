use hotconfig::HotValue;

#[derive(HotValue, serde::Deserialize)]
enum Retry {
    Never,
    Times(u8),
}

#[derive(HotValue, serde::Deserialize)]
struct Point {
    x: u8,
    y: u8,
}

#[derive(HotValue, serde::Deserialize)]
#[serde(untagged)]
enum Any {
    One,
}

#[derive(HotValue)]
enum Nothing {}

#[derive(HotValue)]
#[hot(prefix = "/a")]
struct Named(u8);

fn main() {}
