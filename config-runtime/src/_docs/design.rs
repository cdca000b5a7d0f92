//! This page gives the reasons for the main decisions.
//!
//! # Why is every field one key?
//!
//! A key is etcd's unit of writes, permissions, leases and history. With one key per field, an
//! operator changes one setting without rewriting the others. Two operators who change different
//! settings do not conflict. The revision of a key dates the change of its field. Fields that must
//! change together are written in one transaction.
//!
//! A value that is only meaningful as a whole stays one key: any type that serde reads, as JSON.
//!
//! # Why a derive?
//!
//! The compiler then knows the fields, their keys, types, defaults and rules. So it rejects a
//! misspelt path in `field!`, a default that breaks its rule, and two fields with one key. The same
//! declaration gives the schema file, its documentation, and the check of a live store. The derive
//! generates tables and small functions; the logic is in the library.
//!
//! # Why not one document, read with serde?
//!
//! A document has one revision for everything, so a change of one field is a change of all. An
//! error in one field makes the whole document unreadable. hotconfig can hold the bad field and
//! accept the rest.
//!
//! # Why are invalid changes held and not dropped?
//!
//! Two changes can be invalid alone and valid together, such as a new minimum above the old
//! maximum. A dropped change would be lost although it is still in the store. A held change is
//! tried again with each new one. [Holding](super::holding) has the rule.
//!
//! # Why groups?
//!
//! A transaction states that its keys belong together. If one of them is bad, publishing the others
//! would create a state that nobody wrote.
//!
//! # Why a thread of its own?
//!
//! A program whose threads are all busy still receives its configuration, and its status is right.
//! The loop also works in programs without an async runtime.
//! [`HotBuilder::runtime`](crate::HotBuilder::runtime) is the alternative.
//!
//! A second thread drains the connections to etcd and runs no code of yours. So a validator that
//! blocks delays publishing, but cannot exhaust the flow-control window of the connection.
//!
//! # Why two connections?
//!
//! Watches without a reader can exhaust the HTTP/2 window of a connection, and then every call on
//! that connection hangs. So calls have a connection of their own.
//!
//! # Why does an absent key mean the default?
//!
//! Deleting a key is then a way back, with the same result for every instance. A deleted key that
//! kept its last value would give old and new instances different configurations.
//!
//! # Why is everything read again after each lost watch?
//!
//! A watch can resume at a revision, unless that was compacted, the store was restored, or the
//! server lost events, which servers have done without an error. A full read is right in all of
//! these cases, and needs no history. It costs one read of the keys below the prefix.
//!
//! # Why is an event no confirmation?
//!
//! An event may have been on its way for long, and the member that sent it may be cut off from the
//! cluster without knowing it. Only a request that a quorum answers shows that nothing newer
//! exists.
//!
//! # Why are restarts and readiness your decision?
//!
//! An outage of etcd reaches all instances at once. If each made itself unready, the outage of the
//! configuration would become an outage of the service. So
//! [`ready_within`](crate::Status::ready_within) takes your limit.
//!
//! # Why is the core a state machine without I/O?
//!
//! The modules that list, watch and hold receive events and times, and return commands. So tests
//! run random histories with failures, up to a million in a soak. A failing history can be repeated
//! exactly.
//!
//! # Why are values compared with `==`?
//!
//! Subscribers care about values. The same value in other bytes, or the same bytes after an outage,
//! notifies nobody. If `==` is not the right comparison, `#[hot(compare = path)]` replaces it.
