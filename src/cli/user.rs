//! `minsheng user`: accounts from the shell.

use std::process::ExitCode;

use anyhow::Context;

use super::{ConfigFile, app_beside};
use crate::{
    accounts::{self, Error, Role, Secrets, User},
    app::App,
    audit::{self, Entry, Who},
    db::Tx,
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Add a person
    Add(Add),
    /// Set a person's password, for the console and the phone
    Passwd(Passwd),
}

#[derive(clap::Args)]
pub(super) struct Add {
    name: String,
    /// admin, operator, supervisor, dispatcher or unit
    #[arg(long)]
    role: Role,
    /// Shown in the console; without it the name
    #[arg(long)]
    display_name: Option<String>,
    /// Number of the desk phone
    #[arg(long)]
    extension: Option<String>,
    /// Code of the unit, for the role unit
    #[arg(long)]
    unit: Option<String>,
    /// Skills of the queues, separated by commas
    #[arg(long, value_delimiter = ',')]
    skills: Vec<String>,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(clap::Args)]
pub(super) struct Passwd {
    name: String,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(clap::Args)]
struct Password {
    /// Read the password from standard input; without it one is made and printed
    #[arg(long)]
    password_stdin: bool,
}

impl Password {
    /// The password, and whether it was made here.
    fn choose(&self, app: &App) -> anyhow::Result<(String, bool)> {
        if !self.password_stdin {
            return Ok((app.rng.token().chars().take(20).collect(), true));
        }
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .context("no password on standard input")?;
        Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
    }
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let file = match &command {
        Command::Add(add) => &add.file,
        Command::Passwd(passwd) => &passwd.file,
    };
    let app = app_beside(file).await?;
    let done = match command {
        Command::Add(new) => add(&app, new).await,
        Command::Passwd(change) => passwd(&app, change).await,
    };
    app.db.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn add(app: &App, new: Add) -> anyhow::Result<()> {
    let user = User {
        display_name: new.display_name.unwrap_or_else(|| new.name.clone()),
        username: new.name,
        role: new.role,
        extension: new.extension,
        unit_code: new.unit,
        skills: new.skills,
        disabled: false,
        outsourced: false,
    };
    accounts::check(&user)?;
    let (password, made) = new.password.choose(app)?;
    let secrets = Secrets::derive(&app.rng, &user.username, &password)
        .await
        .map_err(Error::Invalid)?;
    let mut tx = app.db.begin().await?;
    accounts::create(&mut tx, app.clock.now(), &user, &secrets).await?;
    note(app, &mut tx, "user.create", &user.username).await?;
    tx.commit().await?;
    say(
        &format!("added {} ({})", user.username, user.role),
        &password,
        made,
    );
    Ok(())
}

async fn passwd(app: &App, change: Passwd) -> anyhow::Result<()> {
    let (password, made) = change.password.choose(app)?;
    let secrets = Secrets::derive(&app.rng, &change.name, &password)
        .await
        .map_err(Error::Invalid)?;
    let mut tx = app.db.begin().await?;
    accounts::set_password(&mut tx, app.clock.now(), &change.name, &secrets).await?;
    note(app, &mut tx, "user.password", &change.name).await?;
    tx.commit().await?;
    say(&format!("password of {} set", change.name), &password, made);
    Ok(())
}

/// Who has a shell on the machine is nobody the hotline knows; what was done is on record all the same.
async fn note(app: &App, tx: &mut Tx, action: &str, username: &str) -> anyhow::Result<()> {
    let mut entry = Entry::new(Who::default(), action, "user", username);
    entry.detail = serde_json::json!({ "from": "shell" });
    Ok(audit::append(app, tx, entry).await?)
}

fn say(done: &str, password: &str, made: bool) {
    println!("{done}");
    if made {
        println!("password: {password}");
    }
}
