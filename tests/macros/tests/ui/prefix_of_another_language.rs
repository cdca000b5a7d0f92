use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/${app}")]
struct Shell {}

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/:app")]
struct Routes {}

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/<app>")]
struct Brackets {}

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/%s")]
struct Format {}

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/$APP")]
struct Environment {}

#[derive(HotConfig, Clone)]
#[hot(prefix = " /configs")]
struct Space {}

fn main() {}
