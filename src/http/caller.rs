//! Who is asking: from the session cookie or a bearer token to a [`Caller`] with a role.

use std::net::IpAddr;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{Extensions, HeaderMap, header, request::Parts},
};

use super::{problem::Problem, session::Source};
use crate::{
    accounts::{self, Role, User},
    app::App,
    audit::Who,
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
    /// Where the request comes from.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// The person as the audit log names one.
    pub fn who(&self) -> Who {
        Who {
            actor: self.username.clone(),
            role: self.role.as_str().to_owned(),
            address: self
                .address
                .map(|address| address.to_string())
                .unwrap_or_default(),
        }
    }

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
            address: None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = ask(&App::from_ref(state), &parts.headers, &parts.extensions).await?;
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

/// Who is asking, found out once for a request.
pub(super) async fn ask(app: &App, headers: &HeaderMap, known: &Extensions) -> Result<Caller, Problem> {
    if let Some(caller) = known.get::<Caller>() {
        return Ok(caller.clone());
    }
    let from = Source::of(known).0;
    let mut caller = identify(app, headers, Some(from)).await?;
    caller.address = Some(from);
    Ok(caller)
}

pub(crate) async fn identify(
    app: &App,
    headers: &HeaderMap,
    from: Option<IpAddr>,
) -> Result<Caller, Problem> {
    let token = token(headers).ok_or_else(Problem::unauthorized)?;
    let user = accounts::authenticate(app, token, from)
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
