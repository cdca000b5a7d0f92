//! This page lists the known limits of hotconfig, and behaviour that may surprise you.
//!
//! # Outside its scope
//!
//! hotconfig is not a loader of configuration files, a general etcd client, a feature-flag engine
//! with targeting rules, or a service registry. Beyond the reach of one cluster, about ten thousand
//! clients, use etcd's own `grpc-proxy`, which merges equal watches.
//!
//! # Not there yet
//!
//! - Maps whose entries are named in the store, `tenants/<name>/…`. `#[hot(map)]` does not compile.
//!   A `BTreeMap` or `HashMap` is one key with JSON.
//! - Layers: several prefixes, files or environment variables for one struct.
//! - Edits from Rust, a history of changes, and a command for operators.
//! - The codecs `toml` and `yaml`.
//! - Stores other than etcd and the store in the process.
//! - A guard against the loss of all keys. If somebody deletes every key below the prefix, every
//!   field returns to its default.
//!
//! # etcd
//!
//! - Only the API of etcd version 3 is supported. Tests run against 3.5.16, and against 3.4.23 for
//!   its wrong progress messages.
//! - The build needs `protoc`, because `etcd-client` generates code.
//! - Unix sockets and SRV records are not supported as endpoints. All endpoints must be of one
//!   cluster.
//! - A key with its value must fit into the [decode
//!   limit](crate::store::EtcdBuilder::decode_limit), 64 MiB by default.
//! - All keys below the prefix are read, even those that the schema does not know.
//! - Behind `etcd grpc-proxy`, progress messages are not available. Confirmations then need another
//!   request.
//! - On a link so thin that a page of keys does not arrive within the [call
//!   timeout](crate::store::EtcdBuilder::call_timeout), a full read does not finish. Lower
//!   [`page_size`](crate::store::EtcdBuilder::page_size), or raise the timeout.
//!
//! # Consistency
//!
//! - A configuration has one prefix. Two handles are two configurations; their revisions are not
//!   coordinated.
//! - After an outage, a transaction that wrote some keys and deleted others can be split, see
//!   [Holding](super::holding).
//! - A restore from a backup whose revisions have overtaken the known ones can look like ordinary
//!   changes. The keys are right; the epoch may not be announced.
//! - Subscribers see the latest value. Writes that arrive together are one publication, so values
//!   in between can be skipped, in a queue too. A queue counts the publications that it dropped,
//!   not the writes.
//!
//! # Code of yours
//!
//! - Validators and codecs run on the thread of the loop. One that blocks delays publishing,
//!   although reads and other callbacks continue.
//! - Rules and codecs must depend on their arguments alone.
//! - A detached callback that owns a [`Hot`](crate::Hot) keeps the loop alive forever.
//! - After `fork()`, a child has no loop, see [Processes, runtimes and tests](super::processes).
//!
//! # Secrets
//!
//! - [`Secret`](crate::Secret) hides a value from output, and overwrites it when it is dropped. It
//!   does not encrypt memory. The bytes that were received from the store are not overwritten.
//! - Values in etcd are as readable as etcd's permissions allow. There is no encryption in the
//!   store.
//! - A callback that panics with a secret in its message puts it into the log.
//! - The encrypted fallback reveals the lengths of secrets.
//!
//! # Platforms
//!
//! Tests run on Linux. The mode 0600 of the fallback is set on Unix only.
