//! People: who they are, what they may do, how they prove it. What a role may do with a ticket is the ticket's rule, not said here.

pub mod api;
pub mod password;
mod rules;
pub mod screens;
pub mod serving;
mod sessions;
mod store;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    clock::millis,
    db::{self, Tx},
    events,
};

pub use password::Secrets;
pub use rules::skill;
pub use sessions::{authenticate, close_session, create as create_session, open_session};
pub use store::{all, by_username, operator_count};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 管理员
    Admin,
    /// 坐席
    Operator,
    /// 督办员
    Supervisor,
    /// 派单员
    Dispatcher,
    /// 承办单位
    Unit,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Admin,
        Self::Operator,
        Self::Supervisor,
        Self::Dispatcher,
        Self::Unit,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Dispatcher => "dispatcher",
            Self::Unit => "unit",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of admin, operator, supervisor, dispatcher, unit")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// A person as the hotline knows them. The password and what is derived from it stay in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub username: String,
    pub display_name: String,
    pub role: Role,
    /// The number of the desk phone.
    pub extension: Option<String>,
    pub unit_code: Option<String>,
    /// The queues' skills this person serves, each as a name or, with a level from 1 (best) to 9, as `name:level`.
    pub skills: Vec<String>,
    pub disabled: bool,
    /// 外包人员: employed by a contractor, may not act for a unit.
    pub outsourced: bool,
}

/// What digest authentication of a person's phone needs: user name and both hashes (realm `minsheng`).
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Phone {
    pub username: String,
    pub extension: Option<String>,
    pub sip_ha1_md5: String,
    pub sip_ha1_sha256: String,
}

/// The phones that may register: those of everybody who is not disabled.
pub async fn phones(tx: &mut Tx) -> Result<Vec<Phone>, db::Error> {
    store::phones(tx).await
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", .0.iter().map(|fault| fault.message).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Invalid>),
    #[error("该用户名已存在")]
    NameTaken,
    #[error("该分机号已被其他人使用")]
    ExtensionTaken,
    #[error("没有这个用户")]
    NotFound,
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// A field that cannot be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    pub field: &'static str,
    pub message: &'static str,
}

/// Whether the record may be stored.
impl User {
    pub fn has_skill(&self, name: &str) -> bool {
        let mut skills = self.skills.iter().filter_map(|text| skill(text));
        skills.any(|(own, _)| own == name)
    }
}

pub fn check(user: &User) -> Result<(), Error> {
    rules::check(user).map_err(Error::Invalid)
}

/// The name of a unit, for people who belong to one.
pub async fn unit_name(tx: &mut Tx, code: &str) -> Result<Option<String>, db::Error> {
    store::unit_name(tx, code).await
}

/// Adds a person.
pub async fn create(tx: &mut Tx, now: DateTime<Utc>, user: &User, secrets: &Secrets) -> Result<(), Error> {
    check(user)?;
    store::insert(tx, user, secrets, millis(now))
        .await
        .map_err(taken)?;
    changed(tx, now, user).await
}

/// Adds a person who may be there already; one who is stays as they are.
pub async fn ensure(app: &App, user: &User, password: &str) -> Result<(), Error> {
    if store::by_username(&mut app.db.read().await?, &user.username)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let secrets = Secrets::derive(&app.rng, &user.username, password)
        .await
        .map_err(Error::Invalid)?;
    let mut tx = app.db.begin().await?;
    create(&mut tx, app.clock.now(), user, &secrets).await?;
    Ok(tx.commit().await?)
}

/// A clerk of a unit for the demo, whose tickets would otherwise wait for people who do not exist.
pub async fn ensure_demo_clerk(
    app: &App,
    username: &str,
    unit_code: &str,
    password: &str,
) -> Result<(), Error> {
    let name = unit_name(&mut app.db.read().await?, unit_code)
        .await?
        .ok_or(Error::NotFound)?;
    let user = User {
        username: username.to_owned(),
        display_name: format!("{name}联络员"),
        role: Role::Unit,
        extension: None,
        unit_code: Some(unit_code.to_owned()),
        skills: Vec::new(),
        disabled: false,
        outsourced: false,
    };
    ensure(app, &user, password).await
}

/// Changes everything but the password; a disabled person is logged out.
pub async fn update(tx: &mut Tx, now: DateTime<Utc>, user: &User) -> Result<(), Error> {
    check(user)?;
    if !store::update(tx, user, millis(now)).await.map_err(taken)? {
        return Err(Error::NotFound);
    }
    if user.disabled {
        sessions::close_all(tx, &user.username).await?;
    }
    changed(tx, now, user).await
}

/// Sets a new password for the console and the phone, and logs the person out everywhere.
pub async fn set_password(
    tx: &mut Tx,
    now: DateTime<Utc>,
    username: &str,
    secrets: &Secrets,
) -> Result<(), Error> {
    if !store::set_secrets(tx, username, secrets, millis(now)).await? {
        return Err(Error::NotFound);
    }
    sessions::close_all(tx, username).await?;
    let user = store::by_username(tx, username).await?.ok_or(Error::NotFound)?;
    changed(tx, now, &user).await
}

/// The phones and the queues follow the people.
async fn changed(tx: &mut Tx, now: DateTime<Utc>, user: &User) -> Result<(), Error> {
    Ok(tell_changed(tx, now, user).await?)
}

async fn tell_changed(tx: &mut Tx, now: DateTime<Utc>, user: &User) -> Result<(), db::Error> {
    let fact =
        serde_json::json!({"username": user.username, "role": user.role.as_str(), "disabled": user.disabled});
    events::publish(tx, now, "account.changed", &user.username, &fact).await
}

fn taken(error: db::Error) -> Error {
    match &error {
        db::Error::Constraint { name, unique: true } if name.contains("extension") => Error::ExtensionTaken,
        db::Error::Constraint { unique: true, .. } => Error::NameTaken,
        _ => Error::Database(error),
    }
}
