//! A loop of reads, to count its instructions: `instructions <way> <reads>`.
//!
//! `cargo xtask bench instructions` runs it under valgrind with two numbers of reads; what the
//! second takes more, divided by the reads that it does more, is one read, without the start.
//! Without arguments it lists the ways.
#![allow(clippy::print_stdout, reason = "a program of the benchmarks prints")]

use std::error::Error;
use std::hint::black_box;

use hotconfig::Hot;
use hotconfig_benches::reads::{
    Atomic, CachedSwap, Channel, FieldReader, RwLockArc, SharedConfig, Swap, with,
};

const WAYS: [&str; 7] = [
    "atomic", "cache", "reader", "swap", "load", "rwlock", "watch",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(way) = arguments.next() else {
        println!("{}", WAYS.join(" "));
        return Ok(());
    };
    let reads = arguments.next().ok_or("how many reads?")?.parse()?;
    // A configuration without a loop: its thread would be counted, too.
    let hot = || Hot::fixed(with(0));
    match way.as_str() {
        "atomic" => run(Atomic::default().reader(), reads),
        "cache" => run(CachedSwap::default().reader(), reads),
        "reader" => run(hot().reader(), reads),
        "swap" => run(Swap::default().reader(), reads),
        "load" => run(hot(), reads),
        "rwlock" => run(RwLockArc::default().reader(), reads),
        "watch" => run(Channel::default().reader(), reads),
        other => return Err(format!("no way `{other}`: one of {}", WAYS.join(", ")).into()),
    }
    Ok(())
}

fn run(mut reader: impl FieldReader, reads: u64) {
    for _ in 0..reads {
        // The compiler must neither keep anything of the reader in registers nor leave the read
        // out.
        black_box(black_box(&mut reader).read());
    }
}
