use hotconfig::{Field, HotConfig, field};

#[derive(HotConfig, Clone)]
struct Service {
    size: u32,
    #[hot(skip)]
    skipped: u32,
}

impl Service {
    fn size() -> Field<Self, u32> {
        field!(Self, skipped)
    }
}

fn main() {
    let _ = Service::size();
}
