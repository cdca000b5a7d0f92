//! Ports for servers: out come numbers that nothing listens on at this moment.
//!
//! A port stays with its server while that is down, because it comes back on it. So
//! the numbers lie below those which systems give to outgoing connections, and this
//! process never gives the same one out twice at a time. Another process can still be
//! quicker between the choice and the use; that is for the caller to notice.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

const NUMBERS: Range<u16> = 12_000..32_000;

static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

fn taken() -> MutexGuard<'static, BTreeSet<u16>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A port of the loopback interface, kept from other servers of this process.
#[derive(Debug)]
pub(crate) struct Port(u16);

impl Port {
    /// Chooses a port that is free now.
    pub(crate) fn free() -> Self {
        let mut taken = taken();
        for _ in 0..10_000 {
            let number = fastrand::u16(NUMBERS);
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
            if free && taken.insert(number) {
                return Self(number);
            }
        }
        panic!("no free port in {NUMBERS:?}");
    }

    pub(crate) fn number(&self) -> u16 {
        self.0
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        taken().remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ports_at_a_time_are_the_same() {
        let ports: Vec<Port> = (0..200).map(|_| Port::free()).collect();
        let numbers: BTreeSet<u16> = ports.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), ports.len());
    }

    #[test]
    fn a_dropped_port_can_be_given_out_again() {
        let port = Port::free();
        let number = port.number();
        assert!(taken().contains(&number));
        drop(port);
        assert!(!taken().contains(&number));
    }
}
