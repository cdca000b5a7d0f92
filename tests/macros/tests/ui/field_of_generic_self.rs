use hotconfig::{Field, HotConfig, field};

#[derive(HotConfig, Clone)]
struct Service<T: HotConfig> {
    #[hot(nested)]
    own: T,
    size: u32,
    #[hot(skip)]
    skipped: u32,
}

impl<T: HotConfig> Service<T> {
    fn size() -> Field<Self, u32> {
        field!(Self, size)
    }
}

#[derive(HotConfig, Clone)]
struct Own {
    a: u8,
}

fn main() {
    let _ = Service::<Own>::size();
}
