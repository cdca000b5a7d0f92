//! This page shows the schema of a struct as a value and as a file, and the tools that compare it.
//!
//! [`hotconfig::schema`](fn@crate::schema) returns the declaration of a struct as a value. The
//! module [`schema`](mod@crate::schema) documents the format of its file.
//!
//! ```
//! use hotconfig::{HotConfig, schema::{Grade, Schema, check, compare}, store::Memory};
//!
//! /// Settings of the user service.
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/{app}/{env}")]
//! struct UserService {
//!     /// Requests per second.
//!     #[hot(key = "limits/rps", default = 1_000, range(1..=100_000))]
//!     rps: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = hotconfig::schema::<UserService>();
//! let json = schema.to_json(); // for a file; `Schema::from_json` reads it
//! let for_editors = schema.to_json_schema(); // JSON Schema, draft 2020-12
//! let for_people = schema.to_markdown(); // a table of keys, types, defaults and rules
//! # let _ = (for_editors, for_people);
//!
//! // A store against the schema: one read, at one revision, without the struct.
//! let store = Memory::new();
//! store.put("/configs/users/prod/limits/rps", "many");
//! let report = check(&schema, &store).var("app", "users").var("env", "prod").run().await?;
//! assert!(!report.is_ok());
//! println!("{report}"); // missing, wrong, unknown, deprecated and renamed keys
//!
//! // A new version of the struct against the old one.
//! let next = Schema::from_json(&json.replace("100000", "50000"))?;
//! let comparison = compare(&schema, &next);
//! assert_eq!(comparison.stored(), Grade::Incompatible); // values above 50000 may be stored
//! assert_eq!(comparison.running(), Grade::Compatible);
//! println!("{comparison}");
//! # Ok(())
//! # }
//! ```
//!
//! # A committed file
//!
//! A test of one line compares a committed file with the struct:
//!
//! ```no_run
//! # #[derive(hotconfig::HotConfig, Clone, Debug)]
//! # struct UserService {
//! #     #[hot(default = 1_000)]
//! #     rps: u32,
//! # }
//! # #[allow(clippy::test_attr_in_doctest)]
//! #[test]
//! fn the_schema_is_the_committed_one() {
//!     hotconfig::assert_schema!(UserService, "user-service.schema.json");
//! }
//! # // The same, where it is compiled.
//! # hotconfig::assert_schema!(UserService, "user-service.schema.json");
//! ```
//!
//! If they differ, the test fails and lists the differences key by key, each with its effect on
//! stored values and on running programs. If the change is intended, write the file again:
//!
//! ```text
//! HOTCONFIG_SCHEMA=write cargo test
//! ```
//!
//! With `#[hot(schema = "user-service.schema.json")]` on the struct, the compiler compares keys and
//! types as well. A field whose key is missing in the file, or has another type there, is an error
//! at that field. In a section, only the first difference is reported. A change of the file
//! compiles the crate again.
//!
//! | variable | effect |
//! | --- | --- |
//! | `HOTCONFIG_SCHEMA=write` | The compiler accepts differences, and the test writes the file. |
//! | `CI`, not empty, `false` or `0` | The file is never written, and differences are errors. |
//!
//! The example `schema.rs` contains all of this.
//!
//! # Compatibility
//!
//! [`compare`](fn@crate::schema::compare) answers two questions for each difference:
//!
//! - Does the new program accept the stored values?
//! - Do running programs of the old version accept all values that the new one allows?
//!
//! The module [`compare`](mod@crate::schema::compare) has the table of answers.
