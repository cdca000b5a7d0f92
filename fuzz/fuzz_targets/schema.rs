//! Committed schema files: what holds of any bytes stands in the library's `fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hotconfig::fuzz::schema(data));
