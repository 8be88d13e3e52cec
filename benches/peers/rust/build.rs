//! The compiler's version, for the table: a ratio belongs to a toolchain.

use std::process::Command;

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output =
        Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    println!("cargo::rustc-env=RUSTC_VERSION={}", text.split_whitespace().nth(1).unwrap_or("unknown"));
    println!("cargo::rerun-if-changed=build.rs");
}
