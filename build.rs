//! Embeds the built console. Without `console/dist` the daemon builds all the same and serves a page that says how to build it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

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
    let git = checkout()?;
    // Moves with every commit. What is built to be tried need not be built anew for its name.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", git.join("logs/HEAD").display());
    }
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        Some(reference) => tip(&git, reference)?,
        None => head,
    };
    Some(commit.trim().chars().take(12).collect())
}

/// Where git keeps HEAD: a folder, or what the file of a further work tree names.
fn checkout() -> Option<PathBuf> {
    let git = PathBuf::from(".git");
    match fs::read_to_string(&git) {
        Ok(file) => Some(file.trim().strip_prefix("gitdir: ")?.into()),
        Err(_) => git.is_dir().then_some(git),
    }
}

/// Branches are shared by work trees, and packed when there are many.
fn tip(git: &Path, reference: &str) -> Option<String> {
    let shared = match fs::read_to_string(git.join("commondir")) {
        Ok(folder) => git.join(folder.trim()),
        Err(_) => git.to_owned(),
    };
    if let Ok(commit) = fs::read_to_string(shared.join(reference)) {
        return Some(commit);
    }
    let packed = fs::read_to_string(shared.join("packed-refs")).ok()?;
    let line = packed
        .lines()
        .find(|line| line.ends_with(&format!(" {reference}")))?;
    line.split(' ').next().map(str::to_owned)
}
