//! The protobuf compiler, which the build of etcd-client calls.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cargo;

/// The one that `PROTOC` names, else the one on the `PATH`, else the vendored one.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(path) = cargo::variable("PROTOC").or_else(|| cargo::on_path("protoc")) {
        return Ok(path);
    }
    protoc_bin_vendored::protoc_bin_path().context(
        "no protoc: install it (the package protobuf-compiler, or protobuf) or set PROTOC to \
         its path",
    )
}
