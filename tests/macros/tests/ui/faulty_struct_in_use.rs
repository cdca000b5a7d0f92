// The struct reports its mistakes; nothing that names its fields reports them again.
use hotconfig::{Hot, HotConfig, field, key};

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs")]
struct Config {
    #[hot(nested = true)]
    db: Pool,
    forgotten: Pool,
    #[hot(nested)]
    choice: Choice,
    #[hot(key = "a//b")]
    number: u32,
    maybe: Option<Option<u8>>,
    #[hot(nested)]
    right: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

#[derive(HotConfig, Clone)]
enum Choice {
    One,
}

#[derive(HotConfig, Clone)]
struct Shared {
    count: std::rc::Rc<u8>,
    #[hot(default = 300)]
    small: u8,
    #[hot(validate = by_value)]
    other: u8,
}

fn by_value(_: u8) -> Result<(), hotconfig::Invalid> {
    Ok(())
}

fn used(hot: &Hot<Config>) {
    let size: u16 = *hot.watch(field!(Config, db.size)).current();
    let forgotten: u16 = *hot.watch(key!(Config, "forgotten/size")).current();
    let number: u32 = *hot.watch(field!(Config, number)).current();
    let maybe: Option<Option<u8>> = *hot.watch(field!(Config, maybe)).current();
    let _ = (size, forgotten, number, maybe);
    let _ = (key!(Config, "choice/one"), key!(Config, "a/b"), key!(Shared, "small"));
}

fn main() {}
