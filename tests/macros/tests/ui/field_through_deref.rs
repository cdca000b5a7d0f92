use std::ops::Deref;

use hotconfig::{Field, HotConfig, field};

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

impl Deref for Config {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        &self.db
    }
}

const SIZE: Field<Config, u16> = field!(Config, size);

fn main() {
    let _ = SIZE;
}
