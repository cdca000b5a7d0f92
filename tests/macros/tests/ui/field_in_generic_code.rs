use hotconfig::{Field, HotConfig, field};

#[derive(HotConfig, Clone)]
struct Service<T: HotConfig> {
    #[hot(nested)]
    own: T,
    size: u32,
}

fn size<T: HotConfig>() -> Field<Service<T>, u32> {
    field!(Service<T>, size)
}

#[derive(HotConfig, Clone)]
struct Own {
    a: u8,
}

fn main() {
    let _ = size::<Own>();
}
