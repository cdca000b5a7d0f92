//! Checks that run while a user's crate compiles: const functions whose panics are the compiler's
//! errors.

mod agree;
mod automaton;
mod decide;
mod distance;
pub(crate) mod lookup;
pub(crate) mod message;
mod said;

#[doc(hidden)]
pub use agree::{Entry, File, agrees, section};
#[doc(hidden)]
pub use automaton::Automaton;
#[doc(hidden)]
pub use decide::{Given, Inside, Parses, ParsesNot, Reading, Rule, Val, default, range};
#[doc(hidden)]
pub use said::said;
