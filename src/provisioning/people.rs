//! The people of the demo, all with one password. Never loaded by `serve`.

use std::collections::BTreeSet;

use super::{
    files::Folder,
    table::{Table, semicolon},
};
use crate::{
    accounts::{self, Role, User},
    app::App,
    faults::Faults,
};

/// Adds the people of `demo/people.csv` who are not there yet.
pub async fn load_demo(app: &App, password: &str) -> anyhow::Result<Vec<User>> {
    let mut faults = Faults::default();
    let people = read(&Folder::new(&app.config.provisioning.dir), &mut faults);
    let people = faults.check(people)?;
    for user in &people {
        accounts::ensure(app, user, password).await?;
    }
    Ok(people)
}

fn read(folder: &Folder, faults: &mut Faults) -> Vec<User> {
    let columns = [
        "username",
        "display_name",
        "role",
        "extension",
        "skills",
        "unit_code",
    ];
    let mut table = Table::read(folder, "demo/people.csv", &columns, faults);
    let mut seen = BTreeSet::new();
    table.map(|table, row| {
        let username = table.unique(row, "username", &mut seen);
        let role = row.text("role").parse::<Role>();
        if let Err(expected) = &role {
            table.fault(row, "role", expected.to_string());
        }
        User {
            username,
            display_name: table.filled(row, "display_name"),
            role: role.unwrap_or(Role::Unit),
            extension: row.optional("extension"),
            unit_code: row.optional("unit_code"),
            skills: row.list("skills", semicolon),
            disabled: false,
            outsourced: false,
        }
    })
}
