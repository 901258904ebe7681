//! Embeds the built console. Without `console/dist` the daemon builds all the same and serves a page that says how to build it.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=console/dist");
    println!("cargo::rerun-if-env-changed=MINSHENG_COMMIT");
    println!("cargo::rustc-check-cfg=cfg(console)");
    println!(
        "cargo::rustc-env=MINSHENG_COMMIT={}",
        commit().unwrap_or_else(|| "unknown".into())
    );
    if Path::new("console/dist/index.html").exists() {
        println!("cargo::rustc-cfg=console");
        memory_serve::load_directory("console/dist");
    }
}

/// The commit, from the environment of a package build or from the checkout.
fn commit() -> Option<String> {
    if let Ok(commit) = env::var("MINSHENG_COMMIT") {
        return Some(commit);
    }
    let head = fs::read_to_string(".git/HEAD").ok()?;
    println!("cargo::rerun-if-changed=.git/HEAD");
    let commit = match head.trim().strip_prefix("ref: ") {
        Some(reference) => fs::read_to_string(Path::new(".git").join(reference)).ok()?,
        None => head,
    };
    Some(commit.trim().chars().take(12).collect())
}
