//! The commands of the one binary: one file a command.

mod audit;
mod backup;
mod check;
mod deadline;
mod demo;
mod menu_check;
mod migrate_database;
mod provision;
mod serve;
mod transcribe;
mod user;
mod version;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{app::App, config, db::Db, faults::Faults};

/// 民声 minsheng: a county's whole citizen hotline on one server
#[derive(Parser)]
#[command(name = "minsheng", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon
    Serve(ConfigFile),
    /// A whole county on loopback, with citizens who speak
    Demo(demo::Demo),
    /// Validate configuration and provisioning; exit 0, or 2 with every fault
    Check(ConfigFile),
    /// Accounts
    #[command(subcommand)]
    User(user::Command),
    /// The record of who did and saw what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Copy database, recordings, attachments and provisioning into one file, while the daemon runs
    Backup(backup::Backup),
    /// Put a backup into an empty data directory: all of it, checked, or nothing
    Restore(backup::Restore),
    /// Move a hotline between SQLite and PostgreSQL, with counts and checksums
    MigrateDatabase(migrate_database::MigrateDatabase),
    /// Load a provisioning folder: all or nothing, as often as you like
    Provision(provision::Provision),
    /// Menu flows
    #[command(subcommand)]
    Menu(MenuCommand),
    /// When something is due, and which days count: one JSON object
    Deadline(deadline::Deadline),
    /// The transcript of a recording as JSON: left citizen, right office
    Transcribe(transcribe::Transcribe),
    /// Version, commit and schema version
    Version,
}

#[derive(Subcommand)]
enum MenuCommand {
    /// Validate a menu flow as the console does; exit 0, or 2 with every fault and its node
    Check(menu_check::MenuCheck),
}

#[derive(clap::Args)]
pub(crate) struct ConfigFile {
    #[arg(long, value_name = "FILE", default_value = "/etc/minsheng/minsheng.toml")]
    config: PathBuf,
}

/// What was wrong has been printed; this is the exit code.
const FAULTY: u8 = 2;

/// Runs the command line.
pub async fn run() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(file) => serve::run(&file).await,
        Command::Demo(command) => demo::run(command).await,
        Command::Check(file) => Ok(check::run(&file)),
        Command::User(command) => user::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Backup(command) => backup::backup(command).await,
        Command::Restore(command) => backup::restore(command).await,
        Command::MigrateDatabase(command) => migrate_database::run(command).await,
        Command::Provision(command) => provision::run(command).await,
        Command::Menu(MenuCommand::Check(command)) => Ok(menu_check::run(&command)),
        Command::Deadline(command) => deadline::run(&command),
        Command::Transcribe(command) => transcribe::run(command).await,
        Command::Version => Ok(version::run()),
    }
}

/// One fault a line, then their number.
fn report(faults: &Faults) -> ExitCode {
    eprintln!("{faults}");
    eprintln!("{} fault(s)", faults.0.len());
    ExitCode::from(FAULTY)
}

/// The app for commands beside the running daemon: it opens the database and loads nothing.
async fn app_beside(file: &ConfigFile) -> anyhow::Result<App> {
    let config = config::load(&file.config)?;
    crate::backup::refuse_unfinished(&config)?;
    std::fs::create_dir_all(&config.service.data_dir)?;
    let db = Db::open(&config.database.url, &config.service.data_dir).await?;
    Ok(App::with_system_clock(db, config))
}
