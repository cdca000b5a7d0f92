not_read_n: NotRead, //~ NotRead | cannot be read from a key

not_compared_n: NotCompared, //~ NotCompared | cannot be compared

list_not_read_n: Vec<NotRead>, //~ Vec<NotRead> | cannot be read from a key

maybe_not_compared_n: Option<NotCompared>, //~ Option<NotCompared> | cannot be compared

table_n: BTreeMap<String, Bare>, //~ BTreeMap<String, Bare> | cannot be

forgotten_n: Section, //~ Section | write `#[hot(nested)]`

neither_n: Bare, //~ Bare | cannot be

#[hot(nested)]
no_section_n: Bare, //~ Bare | is not a hotconfig struct

#[hot(nested)]
a_value_n: NoDefault, //~ NoDefault | is not a hotconfig struct

#[hot(nested)]
generic_n: Vec<Section>, //~ Vec<Section> | it can't be repeated

unknown_n: Nowhere, //~ Nowhere | cannot find type

#[hot(nested)]
unknown_section_n: Nothere, //~ Nothere | cannot find type

#[hot(default)] //~ default | `NoDefault` has no `Default`
no_default_n: NoDefault,

#[hot(skip)]
skipped_n: NoDefault, //~ NoDefault | Default

#[hot(secret)]
printable_n: Plain, //~ Plain | it can be printed

#[hot(secret)]
plain_n: String, //~ String | never printed

password_n: Password, //~ Password | add `#[hot(secret)]`

not_clone_n: NotClone, //~ not_clone_n: NotClone | Clone

started_n: std::sync::mpsc::Receiver<u8>, //~ started_n: std::sync::mpsc::Receiver<u8> | Clone

shared_n: std::rc::Rc<u8>, //~ std::rc::Rc<u8> | thread

#[hot(default = 300)] //~ 300 | from 0 to 255
big_n: u8,

#[hot(default = "abc")] //~ "abc" | whole number
word_n: u32,

#[hot(default = 30)] //~ 30 | unit
no_unit_n: Duration,

#[hot(default = "30 lightyears")] //~ "30 lightyears" | lightyears
wrong_unit_n: Duration,

#[hot(default = "-30s")] //~ "-30s" | negative
negative_n: Duration,

#[hot(default = "99999999999999999999s")] //~ "99999999999999999999s" | nanosecond
too_long_n: Duration,

#[hot(default = "64 bananas")] //~ "64 bananas" | bananas
wrong_size_n: Size,

#[hot(default = "-5MiB")] //~ "-5MiB" | negative
negative_size_n: Size,

#[hot(default = "20EiB")] //~ "20EiB" | 16EiB
too_big_n: Size,

#[hot(default = "30lightyears")] //~ "30lightyears" | lightyears
wrong_unit_of_alias_n: Wait,

#[hot(default = "70000")] //~ "70000" | 65535
alias_n: Port,

#[hot(default = -0)] //~ -0 | sign
minus_zero_n: u8,

#[hot(range(-0..=8))] //~ -0 | sign
minus_zero_bound_n: u8,

#[hot(default = 65, range(1..=64))] //~ 65 | breaks the field's own rule `range(1..=64)`
outside_n: u32,

#[hot(default = TOO_MANY, range(1..=MOST))] //~ TOO_MANY | 65
outside_const_n: u32,

#[hot(default = 65, range(1..=MOST))] //~ 65 | 64
outside_const_bound_n: u32,

#[hot(default = TOO_LONG, range(..="5m"))] //~ TOO_LONG | 3600s
outside_period_n: Duration,

#[hot(default = EMPTY, non_empty)] //~ EMPTY | breaks
empty_const_n: String,

#[hot(range(64..=1))] //~ 64..=1 | swap
empty_range_n: u32,

#[hot(range(MOST..=1))] //~ MOST..=1 | swap
empty_const_range_n: u32,

#[hot(range("5m"..="1s"))] //~ "5m"..="1s" | swap
empty_period_n: Duration,

#[hot(range("5m"..="1s"))] //~ "5m"..="1s" | swap
empty_alias_n: Wait,

#[hot(range("1s"..="5x"))] //~ "5x" | `x`
bound_unit_n: Duration,

#[hot(length(1..=5))] //~ length(1..=5) | not of a `u32`
length_of_number_n: u32,

#[hot(length(1..=5))] //~ length | cannot be used on `u16`
length_of_alias_n: Port,

#[hot(pattern("("))] //~ "(" | regular expression
pattern_n: String,

#[hot(pattern("a"))] //~ pattern("a") | not of a `bool`
pattern_of_bool_n: bool,

#[hot(pattern("a"))] //~ pattern | cannot be used on `Level`
pattern_of_level_n: Level,

#[hot(one_of("a", "a"))] //~ "a" | twice
twice_n: String,

#[hot(one_of(1, "a"))] //~ "a" | numbers
mixed_n: u32,

#[hot(range(1..=5))] //~ range | cannot be used on `Level`
range_of_level_n: Level,

#[hot(default = "debugg")] //~ "debugg" | Debug
no_word_n: Word,

#[hot(default = "Info")] //~ "Info" | HotValue
unknown_words_n: Level,

#[hot(default = Level::Warn)] //~ Warn | no variant
no_variant_n: Level,

#[hot(default = cores())] //~ cores() | u32
of_another_type_n: u16,

#[hot(default = text_of())] //~ text_of() | String
of_text_n: u16,

#[hot(default = nowhere())] //~ nowhere | cannot find function
no_function_n: u16,

#[hot(default = NOWHERE)] //~ NOWHERE | cannot find value
no_value_n: u16,

#[hot(default = 1 + 255)] //~ 1 + 255 | overflow
overflows_n: u8,

#[hot(validate = by_value)] //~ by_value | fn(&u32) -> Result<(), Invalid>
by_value_n: u32,

#[hot(validate = of_another)] //~ of_another | fn(&u32) -> Result<(), Invalid>
of_another_n: u32,

#[hot(validate = yes_or_no)] //~ yes_or_no | fn(&u32) -> Result<(), Invalid>
yes_or_no_n: u32,

#[hot(validate = says_text)] //~ says_text | fn(&u32) -> Result<(), Invalid>
says_text_n: u32,

#[hot(validate = two)] //~ two | fn(&u32) -> Result<(), Invalid>
two_n: u32,

#[hot(validate = nothing)] //~ nothing | fn(&u32) -> Result<(), Invalid>
nothing_n: u32,

#[hot(validate = MOST)] //~ MOST | fn(&u32) -> Result<(), Invalid>
no_fn_n: u32,

#[hot(validate = nowhere)] //~ nowhere | cannot find
no_validate_n: u32,

#[hot(validate = |_| Ok(()))] //~ validate = |_| Ok(()) | closure
closure_n: u32,

#[hot(compare = compares_values)] //~ compares_values | fn(&u32, &u32) -> bool
compares_values_n: u32,

#[hot(compare = compares_order)] //~ compares_order | fn(&u32, &u32) -> bool
compares_order_n: u32,

#[hot(compare = compares_another)] //~ compares_another | fn(&u32, &u32) -> bool
compares_another_n: u32,

#[hot(compare = nowhere)] //~ nowhere | cannot find
no_compare_n: u32,

#[hot(with = of_text)] //~ of_text | fn(&[u8]) -> Result<u32
of_str_n: u32,

#[hot(with = of_u64)] //~ of_u64 | fn(&[u8]) -> Result<u32
of_u64_n: u32,

#[hot(with = of_option)] //~ of_option | fn(&[u8]) -> Result<u32
of_option_n: u32,

#[hot(with = of_owned)] //~ of_owned | fn(&[u8]) -> Result<u32
of_owned_n: u32,

#[hot(with = says_nothing)] //~ says_nothing | fn(&[u8]) -> Result<u32
says_nothing_n: u32,

#[hot(with = without_decode)] //~ without_decode | decode
without_decode_n: u32,

#[hot(with = nowhere)] //~ nowhere | cannot find
no_module_n: u32,

#[hot(with = hotconfig::value::from_str)] //~ hotconfig | `NotRead: FromStr` is not satisfied
from_str_n: NotRead,

#[hot(json, text)] //~ text | exclude
formats_n: u32,

#[hot(yaml)] //~ yaml | not available
yaml_n: u32,

#[hot(map)] //~ map | not available
map_n: BTreeMap<String, u8>,

#[hot(defualt = 8)] //~ defualt | did you mean `default
misspelt_n: u32,

#[hot(min = 8)] //~ min | range
synonym_n: u32,

#[hot(prefix = "/a")] //~ prefix | goes on the struct
prefix_n: u32,

#[hot(nested = true)] //~ nested = true | write `nested`
flag_n: Section,

#[hot(default = 8 range(1..=9))] //~ range | comma
comma_n: u32,

#[hot(default = )] //~ default | no value
no_default_value_n: u32,

#[hot(default = 8, default = 9)] //~ default = 9 | twice
default_twice_n: u32,

#[hot(key = "a//b")] //~ "a//b" | two slashes
slashes_n: u32,

#[hot(key = "right_n")] //~ "right_n" | key of the field `right_n`
taken_n: u32,

#[hot(key = "section_n/size")] //~ "section_n/size" | section_n
in_a_section_n: u32,

#[hot(alias = "right_n")] //~ "right_n" | right_n
alias_taken_n: u32,

#[hot(skip, default = 8)] //~ default = 8 | skipped
skip_default_n: u32,

#[hot(nested, default)] //~ default | nested
nested_default_n: Section,

#[hot(nested)]
maybe_section_n: Option<Section>, //~ Option<Section> | always there

double_n: Option<Option<u32>>, //~ Option<Option<u32>> | Option<u32>

borrowed_n: &'static str, //~ &'static str | String

#[hot(default = "1.2.3")] //~ "1.2.3" | 127.0.0.1
ip_n: IpAddr,

#[hot(default = "localhost:80")] //~ "localhost:80" | host name
socket_n: SocketAddr,

#[hot(default = "[1, 300]")] //~ "[1, 300]" | u8
list_n: Vec<u8>,

#[hot(default = "[1")] //~ "[1" | JSON
broken_n: Vec<u8>,

#[hot(default = 0.0, range(1.0..))] //~ 0.0 | range(1.0..)
float_n: f64,

#[hot(default = f64::NAN)] //~ f64::NAN | finite
nan_n: f64,
