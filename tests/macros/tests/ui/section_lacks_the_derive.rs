use hotconfig::{Hot, HotConfig, field, key};

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs")]
struct Config {
    #[hot(nested)]
    db: Pool,
    #[hot(nested, secret)]
    cache: Vec<u8>,
    #[hot(nested)]
    limits: Limits<u8>,
}

#[derive(Clone)]
struct Pool {
    size: u16,
}

#[derive(Clone)]
struct Limits<T> {
    rate: T,
}

fn used(hot: &Hot<Config>) {
    let size: u16 = *hot.watch(field!(Config, db.size)).current();
    let rate: u8 = *hot.watch(field!(Config, limits.rate)).current();
    let _ = (size, rate, key!(Config, "db/size"));
}

fn main() {}
