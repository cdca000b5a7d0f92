const TEXT_n: &str = "x";
const BIG_n: u64 = 5;
const FRACTION_n: f64 = 7.5;

#[derive(HotConfig, Clone)]
enum Choice_n { A, B } //~ enum | enum is a value

#[derive(HotConfig, Clone)]
struct Unit_n; //~ Unit_n | named fields

#[derive(HotConfig, Clone)]
struct Tuple_n(u8); //~ (u8) | named fields

#[derive(HotConfig, Clone)]
struct Lent_n<'a> { //~ 'a | owns its values
    #[hot(skip)]
    a: Option<&'a str>,
}

#[derive(HotConfig)]
struct NoClone_n { //~ NoClone_n | Clone
    a: u8,
}

#[derive(HotConfig, Clone)]
struct Outer_n {
    #[hot(nested)]
    a: Choice_n,
    #[hot(nested)]
    b: Unit_n,
    #[hot(nested)]
    c: Tuple_n,
    #[hot(nested)]
    e: Prefixed_n, //~ Prefixed_n | leave `prefix` out
}

#[derive(HotConfig)]
struct OuterClone_n {
    #[hot(nested)]
    a: NoClone_n,
}
impl Clone for OuterClone_n { fn clone(&self) -> Self { loop {} } }

#[derive(HotConfig, Clone)]
#[hot(prefix = "/b")]
struct Prefixed_n { a: u8 }

#[derive(HotConfig, Clone)]
struct Shared_n {
    a: std::rc::Rc<u8>, //~ std::rc::Rc<u8> | thread
    #[hot(default = 300)] //~ 300 | 255
    b: u8,
}

#[derive(HotConfig, Clone)]
#[hot(validate = of_another)] //~ of_another | fn(&Validated_n) -> Result<(), Invalid>
struct Validated_n { a: u8 }

#[derive(HotConfig, Clone)]
#[hot(prefix = "/a/{App}")] //~ "/a/{App}" | lower-case
struct Casts_n {
    #[hot(default = TEXT_n)] //~ TEXT_n | u32
    a: u32,
    #[hot(default = BIG_n)] //~ BIG_n | u32
    b: u32,
    #[hot(range(TEXT_n..))] //~ TEXT_n | u32
    c: u32,
    #[hot(range(..=BIG_n))] //~ BIG_n | u32
    d: u32,
    #[hot(default = MOST)] //~ MOST | Duration
    e: Duration,
    #[hot(default = MOST)] //~ MOST | String
    f: String,
    #[hot(default = TEXT_n, length(..MOST))] //~ MOST | usize
    g: String,
    #[hot(default = MOST as u8)] //~ MOST as u8 | u32
    h: u32,
    #[hot(default = -1)] //~ -1 | from 0
    i: u32,
    #[hot(default = TEXT_n as u32)] //~ TEXT_n as u32 | cast
    j: u32,
    #[hot(default = MOST + TEXT_n)] //~ + | u32
    k: u32,
    #[hot(default = 1.5 + FRACTION_n, range(..8.0))] //~ 1.5 + FRACTION_n | 9
    l: f64,
    #[hot(default = Nowhere::X)] //~ Nowhere | cannot find
    m: u32,
    #[hot(default = FRACTION_n)] //~ FRACTION_n | u32
    o: u32,
    #[hot(one_of(1, 2), default = TEXT_n)] //~ TEXT_n | u32
    p: u32,
    #[hot(default = FRACTION_n, range(..=7.25))] //~ FRACTION_n | 7.5
    q: f64,
    #[hot(default = MOST)] //~ MOST | NonZero
    r: std::num::NonZeroU32,
    #[hot(default = MOST, range(..=5))] //~ MOST | Option<u64>
    s: Option<u64>,
    #[hot(default = 5, range(..=BIG_n))] //~ BIG_n | u32
    t: u32,
    #[hot(default = BIG_n, range(..=4))] //~ BIG_n | u32
    u: u32,
}

#[derive(HotValue, Clone, PartialEq, serde::Deserialize)]
enum Words_n {
    A,
    #[serde(rename = "A")] //~ rename = "A" | word `A`
    B,
}

#[derive(HotConfig, Clone)]
struct Distant_n {
    #[hot(nested)]
    no: Bare, //~ Bare | HotConfig
    #[hot(nested = 5)] //~ nested = 5 | write `nested`
    section: Section,
    forgotten: Section, //~ Section | nested
    value: NotRead, //~ NotRead | Deserialize
    #[hot(nested)]
    right: Section,
    #[hot(key = "a//b")] //~ "a//b" | slashes
    slashes: u8,
    #[hot(with = of_text)] //~ of_text | fn(&[u8])
    with: u32,
}

fn distant_n() {
    let _ = hotconfig::field!(Distant_n, no.size);
    let _ = hotconfig::field!(Distant_n, section.size);
    let _ = hotconfig::field!(Distant_n, forgotten.size);
    let _ = hotconfig::field!(Distant_n, value);
    let _ = hotconfig::field!(Distant_n, right.size);
    let _ = hotconfig::field!(Distant_n, with);
    let _ = hotconfig::key!(Distant_n, "no/size");
    let _ = hotconfig::key!(Distant_n, "section/size");
    let _ = hotconfig::key!(Distant_n, "forgotten/size");
    let _ = hotconfig::key!(Distant_n, "value");
    let _ = hotconfig::key!(Distant_n, "a/b");
    let _ = hotconfig::key!(Distant_n, "right/size");
    let _ = hotconfig::key!(Shared_n, "b");
    let _ = hotconfig::field!(Shared_n, b);
    let _ = hotconfig::key!(Outer_n, "a/x");
    let _ = hotconfig::key!(Casts_n, "a");
    let _ = hotconfig::field!(Distant_n, nowhere); //~ nowhere | no field
    let _ = hotconfig::field!(Distant_n, right.nowhere); //~ nowhere | no field
    let _ = hotconfig::field!(Nowhere, right); //~ Nowhere | cannot find
    let _ = hotconfig::field!(Bare, size); //~ Bare | HotConfig
    let _ = hotconfig::field!(Generic_n, a); //~ Generic_n | generic
    let _ = hotconfig::field!(Generic_n<Section, Section>, a); //~ Generic_n | 1 generic argument
    let _ = hotconfig::key!(Nowhere, "right"); //~ Nowhere | cannot find
    let _ = hotconfig::key!(Bare, "size"); //~ Bare | HotConfig
    let _ = hotconfig::key!(Generic_n, "a"); //~ Generic_n | generic
    let _ = hotconfig::field!(Distant_n, hidden_n::Private.x); //~ : | dots
    let _ = hotconfig::field!(hidden_n::Private, x); //~ x | private
    let _ = hotconfig::field!(Section, size.x); //~ x | u32
    let _ = hotconfig::key!(Section, "sise"); //~ "sise" | size
    let _ = hotconfig::field!(Generic_n<Bare>, a); //~ Generic_n | `Bare` is not a hotconfig struct
    let _: hotconfig::Field<Section, u64> = hotconfig::field!(Section, size); //~ hotconfig::field!(Section, size) | u64
}
mod hidden_n { use hotconfig::HotConfig; #[derive(HotConfig, Clone)] pub struct Private { x: u8 } }

#[derive(HotConfig, Clone)]
struct Generic_n<T> {
    #[hot(nested)]
    a: T,
}

fn watches_n(hot: &hotconfig::Hot<Section>) {
    let config = hot.load();
    let _ = hot.watch("size"); //~ "size" | field!
    let _ = hot.watch(|config: &Section| &config.size); //~ |config: &Section| &config.size | field!
    let _ = hot.watch(config.size); //~ config.size | field!
    let _ = hot.watch(&config.size); //~ &config.size | field!
    let _ = hot.changes("size"); //~ "size" | field!
    let _ = hot.on_change("size", |_| {}); //~ "size" | field!
    let _ = hot.view("size"); //~ "size" | field!
    let _ = hot.watch(hotconfig::field!(Distant_n, right.size)); //~ hotconfig::field!(Distant_n, right.size) | Section
}
