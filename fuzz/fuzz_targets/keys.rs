//! The keys below a prefix: what holds of any bytes stands in the library's `fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hotconfig::fuzz::keys(data));
