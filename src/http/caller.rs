//! Who is asking: from the session cookie or a bearer token to a [`Caller`] with a role.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use super::problem::Problem;
use crate::{
    accounts::{self, Role, User},
    app::App,
};

pub(crate) const COOKIE: &str = "minsheng_session";

/// A person who is logged in. Taking one as an argument is what makes a handler need a log-in.
#[derive(Debug, Clone)]
pub struct Caller {
    pub username: String,
    pub display_name: String,
    pub role: Role,
    pub unit_code: Option<String>,
    pub extension: Option<String>,
}

impl Caller {
    /// Refuses whoever has none of these roles.
    pub fn require(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.role) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// Every role but a unit may read all of the hotline's work.
    pub fn require_office(&self) -> Result<(), Problem> {
        if self.role == Role::Unit {
            Err(Problem::forbidden())
        } else {
            Ok(())
        }
    }
}

impl From<User> for Caller {
    fn from(user: User) -> Self {
        Self {
            username: user.username,
            display_name: user.display_name,
            role: user.role,
            unit_code: user.unit_code,
            extension: user.extension,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let caller = identify(&App::from_ref(state), &parts.headers).await?;
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

pub(crate) async fn identify(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = token(headers).ok_or_else(Problem::unauthorized)?;
    let user = accounts::authenticate(app, token)
        .await?
        .ok_or_else(Problem::unauthorized)?;
    Ok(user.into())
}

/// The bearer token, else the cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| cookie(headers))
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}
