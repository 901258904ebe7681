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
    audit::{self, Entry, Outcome, Who},
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
    /// Not the address of the log-in; never so where the configuration does not ask.
    pub is_elsewhere: bool,
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

    /// Refuses a session that was opened at another address, in whoever's hands it is.
    pub fn require_home(&self) -> Result<(), Problem> {
        if self.is_elsewhere {
            Err(Problem::elsewhere())
        } else {
            Ok(())
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
            is_elsewhere: false,
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
    identify(app, headers, Some(Source::of(known).0)).await
}

/// Whoever has a stolen cookie learns nothing of citizens: the office's people must log in where they are. A unit's clerk, whose telephone
/// changes networks, goes on reading what is masked anyhow.
pub(crate) async fn identify(
    app: &App,
    headers: &HeaderMap,
    from: Option<IpAddr>,
) -> Result<Caller, Problem> {
    let token = token(headers).ok_or_else(Problem::unauthorized)?;
    let session = accounts::authenticate(app, token, from)
        .await?
        .ok_or_else(Problem::unauthorized)?;
    let caller = Caller {
        address: from,
        is_elsewhere: session.is_elsewhere && app.config.http.line_from_login_address,
        ..Caller::from(session.user)
    };
    let is_refused = caller.is_elsewhere && caller.role != Role::Unit;
    if session.is_news {
        note_elsewhere(app, &caller, is_refused).await;
    }
    if is_refused {
        return Err(Problem::elsewhere());
    }
    Ok(caller)
}

async fn note_elsewhere(app: &App, caller: &Caller, is_refused: bool) {
    let mut entry = Entry::new(caller.who(), "session.elsewhere", "session", &caller.username);
    entry.outcome = if is_refused {
        Outcome::Refused
    } else {
        Outcome::Done
    };
    let noted = async {
        let mut tx = app.db.begin().await?;
        audit::append(app, &mut tx, entry).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::error!(%error, actor = caller.username, "not in the audit log: a session elsewhere");
    }
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
