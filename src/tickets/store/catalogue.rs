//! The names behind codes, and whether a code that a person typed exists.

use std::collections::HashMap;

use crate::tickets::{
    Books, Command, Error,
    rules::{Fill, facts::UnitName},
};
use crate::{
    db::{
        self, Tx,
        rows::{fetch_listed, placeholders},
    },
    fetch_all, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::tickets) struct ClassRow {
    pub(in crate::tickets) code: String,
    pub(in crate::tickets) level1: String,
    pub(in crate::tickets) level2: String,
    pub(in crate::tickets) level3: String,
}

pub async fn units(tx: &mut Tx, codes: &[&str]) -> Result<HashMap<String, String>, db::Error> {
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT code, name FROM units WHERE code IN {}",
        placeholders(1, codes.len())
    );
    Ok(fetch_listed!(tx, (String, String), sql.clone(), codes)?
        .into_iter()
        .collect())
}

pub(in crate::tickets) async fn all_classes(tx: &mut Tx) -> Result<Vec<ClassRow>, db::Error> {
    fetch_all!(
        tx,
        ClassRow,
        "SELECT code, level1, level2, level3 FROM classes ORDER BY position"
    )
}

/// Code, name, kind and telephone.
pub(in crate::tickets) async fn all_units(
    tx: &mut Tx,
) -> Result<Vec<(String, String, String, String)>, db::Error> {
    fetch_all!(
        tx,
        (String, String, String, String),
        "SELECT code, name, kind, phone FROM units ORDER BY position"
    )
}

/// Places by a part of a name: whole names first, then beginnings, then the shorter.
pub(in crate::tickets) async fn places(tx: &mut Tx, part: &str) -> Result<Vec<(String, String)>, db::Error> {
    let escaped = part.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let sql = "SELECT code, name FROM places WHERE name LIKE $2 ESCAPE '!' OR aliases LIKE $2 ESCAPE '!' \
               ORDER BY CASE WHEN name = $1 THEN 0 WHEN name LIKE $3 ESCAPE '!' THEN 1 ELSE 2 END, LENGTH(name), position \
               LIMIT 30";
    fetch_all!(
        tx,
        (String, String),
        sql,
        part,
        format!("%{escaped}%"),
        format!("{escaped}%")
    )
}

async fn has_place(tx: &mut Tx, code: &str) -> Result<bool, db::Error> {
    Ok(fetch_optional!(tx, (String,), "SELECT code FROM places WHERE code = $1", code)?.is_some())
}

/// Codes that a person chose must be ours; an empty one takes the choice back. Units get the name they have today.
pub(in crate::tickets) async fn check(
    tx: &mut Tx,
    books: &Books,
    command: &mut Command,
) -> Result<(), Error> {
    match command {
        Command::Fill(fill) => check_fill(tx, books, fill).await,
        Command::Dispatch { unit, co_units, .. } => {
            name(books, unit, "unit_code")?;
            co_units
                .iter_mut()
                .try_for_each(|unit| name(books, unit, "co_units"))
        }
        Command::Protect { named, .. } => check_people(tx, named).await,
        Command::SubDispatch { unit, .. } => name(books, unit, "unit_code"),
        Command::Decide(decision) => name(books, &mut decision.unit, "unit_code"),
        Command::Return(request) => match &mut request.suggested {
            Some(unit) => name(books, unit, "suggested_unit"),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

async fn check_people(tx: &mut Tx, named: &std::collections::BTreeSet<String>) -> Result<(), Error> {
    for username in named {
        if crate::accounts::by_username(tx, username).await?.is_none() {
            return Err(Error::Unknown {
                field: "named",
                what: "用户",
            });
        }
    }
    Ok(())
}

/// An empty code is left to the rules, which ask for it.
fn name(books: &Books, unit: &mut UnitName, field: &'static str) -> Result<(), Error> {
    if !unit.code.is_empty() {
        let known = books.unit_names.get(&unit.code);
        unit.name.clone_from(known.ok_or(Error::Unknown {
            field, what: "单位"
        })?);
    }
    Ok(())
}

async fn check_fill(tx: &mut Tx, books: &Books, fill: &Fill) -> Result<(), Error> {
    let chosen = |code: &Option<String>| code.clone().filter(|code| !code.is_empty());
    if let Some(code) = chosen(&fill.class_code)
        && !books.classes.contains_key(&code)
    {
        return Err(Error::Unknown {
            field: "class_code",
            what: "分类",
        });
    }
    if let Some(code) = chosen(&fill.place_code)
        && !has_place(tx, &code).await?
    {
        return Err(Error::Unknown {
            field: "place_code",
            what: "地点",
        });
    }
    Ok(())
}
