use std::collections::HashMap;
use std::sync::Arc;

use hotconfig::{HotConfig, Secret};

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    list: Vec<Pool>,
    #[hot(nested)]
    table: HashMap<String, Pool>,
    #[hot(nested)]
    boxed: Box<Pool>,
    #[hot(nested)]
    shared: Arc<Pool>,
    #[hot(nested)]
    array: [Pool; 2],
    #[hot(nested)]
    secret: Secret<Pool>,
    #[hot(nested)]
    port: u16,
}

fn main() {}
