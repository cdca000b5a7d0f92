#[hot(default = 8, range(1..=64))]
right_n: u32,

#[hot(nested)]
section_n: Section,

#[hot(default = "30s")]
period_n: Duration,

text_n: Option<String>,

#[hot(default = TOO_MANY, range(1..=TOO_MANY))]
most_n: u32,
