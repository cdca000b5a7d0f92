use hotconfig::Hotconfig;

fn main() {}
