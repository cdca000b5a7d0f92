use hotconfig::{HotConfig, Selector};

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Config {
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    pool_size: u16,
}

#[derive(Clone)]
struct Own;

impl Selector<Config> for Own {
    type Value = Pool;

    fn get<'a>(&self, config: &'a Config) -> &'a Pool {
        &config.db
    }

    fn path(&self) -> std::borrow::Cow<'static, str> {
        "db".into()
    }

    fn span(&self) -> hotconfig::__::Span {
        unreachable!()
    }
}

fn main() {}
