//! The people of the hotline over HTTP: for administrators, and by name for the office.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Error, Invalid, Role, Secrets, User};
use crate::{
    app::App,
    http::{
        Caller, FieldError, Json, Path, Problem, Query,
        page::{Asked, Page},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(update))
        .routes(routes!(people))
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
struct UserView {
    username: String,
    display_name: String,
    role: &'static str,
    extension: Option<String>,
    unit_code: Option<String>,
    skills: Vec<String>,
    disabled: bool,
    outsourced: bool,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            username: user.username,
            display_name: user.display_name,
            role: user.role.as_str(),
            extension: user.extension,
            unit_code: user.unit_code,
            skills: user.skills,
            disabled: user.disabled,
            outsourced: user.outsourced,
        }
    }
}

#[derive(Deserialize, ToSchema)]
struct NewUser {
    username: String,
    password: String,
    #[serde(flatten)]
    fields: UserFields,
}

#[derive(Deserialize, ToSchema)]
struct ChangedUser {
    /// Only when it is to be changed.
    password: Option<String>,
    #[serde(flatten)]
    fields: UserFields,
}

#[derive(Deserialize, ToSchema)]
struct UserFields {
    display_name: String,
    /// `admin`, `operator`, `supervisor`, `dispatcher` or `unit`
    role: String,
    extension: Option<String>,
    unit_code: Option<String>,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    disabled: bool,
    /// Employed by a contractor: may not act for a unit
    #[serde(default)]
    outsourced: bool,
}

impl UserFields {
    fn into_user(self, username: String) -> Result<User, Problem> {
        let role = self.role.parse::<Role>();
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(User {
            username,
            display_name: self.display_name,
            role: role.map_err(|_| Problem::invalid(vec![FieldError::new("role", "没有这个角色")]))?,
            extension: filled(self.extension),
            unit_code: filled(self.unit_code),
            skills: self.skills,
            disabled: self.disabled,
            outsourced: self.outsourced,
        })
    }
}

/// Everybody
#[utoipa::path(get, path = "/users", tag = "users", params(Asked), responses((status = 200, body = Page<UserView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<UserView>>, Problem> {
    caller.require(&[Role::Admin])?;
    let users = super::all(&mut app.db.read().await?).await?;
    let users = users.into_iter().map(UserView::from).collect();
    Ok(Json(asked.of(users, |user: &UserView| user.username.clone())?))
}

/// A person by name.
#[derive(Debug, Serialize, ToSchema)]
struct PersonView {
    username: String,
    display_name: String,
    role: &'static str,
    unit_code: Option<String>,
    disabled: bool,
}

impl From<User> for PersonView {
    fn from(user: User) -> Self {
        Self {
            username: user.username,
            display_name: user.display_name,
            role: user.role.as_str(),
            unit_code: user.unit_code,
            disabled: user.disabled,
        }
    }
}

/// Everybody by name, for the office
#[utoipa::path(get, path = "/people", tag = "users", params(Asked), responses((status = 200, body = Page<PersonView>)))]
async fn people(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<PersonView>>, Problem> {
    caller.require_office()?;
    let users = super::all(&mut app.db.read().await?).await?;
    let people = users.into_iter().map(PersonView::from).collect();
    Ok(Json(
        asked.of(people, |person: &PersonView| person.username.clone())?,
    ))
}

/// Add a person
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses((status = 201, body = UserView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    caller.require(&[Role::Admin])?;
    let user = new.fields.into_user(new.username)?;
    super::check(&user)?;
    let secrets = Secrets::derive(&app.rng, &user.username, &new.password)
        .await
        .map_err(Error::Invalid)?;
    let mut tx = app.db.begin().await?;
    super::create(&mut tx, app.clock.now(), &user, &secrets).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// Change a person
#[utoipa::path(put, path = "/users/{username}", tag = "users", params(("username" = String, Path)),
    request_body = ChangedUser, responses((status = 200, body = UserView)))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(username): Path<String>,
    Json(changed): Json<ChangedUser>,
) -> Result<Json<UserView>, Problem> {
    caller.require(&[Role::Admin])?;
    let user = changed.fields.into_user(username)?;
    if user.username == caller.username && (user.disabled || user.role != Role::Admin) {
        let detail = "不能停用自己的账号或取消自己的管理员角色";
        return Err(Problem::conflict(detail).coded("own-account"));
    }
    let secrets = match &changed.password {
        Some(password) => Some(
            Secrets::derive(&app.rng, &user.username, password)
                .await
                .map_err(Error::Invalid)?,
        ),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    super::update(&mut tx, app.clock.now(), &user).await?;
    if let Some(secrets) = secrets {
        super::set_password(&mut tx, app.clock.now(), &user.username, &secrets).await?;
    }
    tx.commit().await?;
    Ok(Json(user.into()))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let one = |field: &str, error: &Error| Self::invalid(vec![FieldError::new(field, error.to_string())]);
        match error {
            Error::Invalid(faults) => Self::invalid(faults.into_iter().map(field_error).collect()),
            Error::NameTaken => Self {
                errors: one("username", &error).errors,
                ..Self::conflict(error.to_string()).coded("username-taken")
            },
            Error::ExtensionTaken => Self {
                errors: one("extension", &error).errors,
                ..Self::conflict(error.to_string()).coded("extension-taken")
            },
            Error::NotFound => Self::not_found(),
            Error::Database(error) => error.into(),
        }
    }
}

fn field_error(fault: Invalid) -> FieldError {
    FieldError::new(fault.field, fault.message)
}
