//! Every write through the interface goes on record: who, from where, what, on which object, how it ended. The row is appended in the
//! transaction of the write; a request that wrote nothing or was refused gets a row of its own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::caller;
use crate::{
    app::App,
    audit::{self, Entry, Outcome, Who},
    db::{self, Notes, Tx},
};

pub(super) async fn attend(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Who logs in is not known yet: that handler keeps its own record. A check of a flow or of limits writes
    // nothing, and comes with every key typed.
    let unrecorded = ["session.create", "menu.check", "limit.preview"];
    let deed = Deed::read(&request).filter(|deed| is_write && !unrecorded.contains(&deed.action.as_str()));
    let Some(deed) = deed else {
        return next.run(request).await;
    };
    let headers = request.headers().clone();
    let Ok(caller) = caller::ask(&app, &headers, request.extensions()).await else {
        // Nobody is asking: the handler refuses, and a flood of such requests must not grow the log.
        return next.run(request).await;
    };
    let clerk = Clerk::new(app, deed.entry(caller.who()));
    request.extensions_mut().insert(caller);
    let response = db::witnessed(clerk.clone(), next.run(request)).await;
    clerk.note_answer(response.status()).await;
    response
}

/// What a request is about, read off the route it matched.
struct Deed {
    action: String,
    kind: String,
    id: String,
}

impl Deed {
    fn read(request: &Request) -> Option<Self> {
        let route = request.extensions().get::<MatchedPath>()?;
        Some(Self::of(request.method(), route.as_str(), request.uri().path()))
    }

    /// `POST /tickets/{number}/dispatch` is `ticket.dispatch`, `PUT /users/{username}` is `user.update`.
    fn of(method: &Method, route: &str, path: &str) -> Self {
        let parts = |text: &str| -> Vec<String> {
            let text = text.strip_prefix("/api/v1").unwrap_or(text);
            text.trim_matches('/').split('/').map(str::to_owned).collect()
        };
        let (route, path) = (parts(route), parts(path));
        let is_name = |part: &str| part.starts_with('{');
        let kind = route.first().map(|part| part.trim_end_matches('s').to_owned());
        let kind = kind.unwrap_or_default();
        let id = route.iter().zip(&path).find(|(part, _)| is_name(part));
        let id = id.map(|(_, given)| decoded(given)).unwrap_or_default();
        let mut words = vec![kind.clone()];
        words.extend(route.into_iter().skip(1).filter(|part| !is_name(part)));
        match *method {
            Method::PUT => words.push("update".into()),
            Method::DELETE => words.push("delete".into()),
            _ if words.len() == 1 => words.push("create".into()),
            _ => {}
        }
        Self {
            action: words.join("."),
            kind,
            id,
        }
    }

    fn entry(self, who: Who) -> Entry {
        Entry::new(who, &self.action, &self.kind, &self.id)
    }
}

fn decoded(part: &str) -> String {
    // In a path, unlike in a form, a plus is a plus.
    let pair = format!("x={}", part.replace('+', "%2B"));
    let read = serde_urlencoded::from_str::<Vec<(String, String)>>(&pair).ok();
    let value = read.and_then(|pairs| pairs.into_iter().next());
    value.map_or_else(|| part.to_owned(), |(_, value)| value)
}

/// Keeps the record of one request.
pub(super) struct Clerk {
    app: App,
    entry: Entry,
    written: AtomicBool,
}

impl Clerk {
    pub(super) fn new(app: App, entry: Entry) -> Arc<Self> {
        Arc::new(Self {
            app,
            entry,
            written: AtomicBool::new(false),
        })
    }

    /// What was not written down with a transaction is written down by itself.
    pub(super) async fn note_answer(&self, status: StatusCode) {
        let is_failure = status.is_server_error();
        if self.written.load(Ordering::Relaxed) && !is_failure {
            return;
        }
        let mut entry = self.entry.clone();
        entry.outcome = match status {
            _ if is_failure => Outcome::Failed,
            _ if status.is_client_error() => Outcome::Refused,
            _ => Outcome::Done,
        };
        if entry.outcome != Outcome::Done {
            entry.detail = json!({ "status": status.as_u16() });
        }
        if let Err(error) = self.append_alone(entry).await {
            let Entry { action, who, .. } = &self.entry;
            tracing::error!(%error, action, actor = who.actor, "not in the audit log");
        }
    }

    async fn append_alone(&self, entry: Entry) -> Result<(), db::Error> {
        let mut tx = self.app.db.begin().await?;
        audit::append(&self.app, &mut tx, entry).await?;
        tx.commit().await
    }
}

impl db::Witness for Clerk {
    fn attest<'a>(&'a self, tx: &'a mut Tx, mut notes: Notes) -> BoxFuture<'a, Result<(), db::Error>> {
        Box::pin(async move {
            let mut entry = self.entry.clone();
            // What was made has a name only now.
            if let Some(Value::String(id)) = notes.remove("id")
                && entry.object_id.is_empty()
            {
                entry.object_id = id;
            }
            if !notes.is_empty() {
                entry.detail = Value::Object(notes);
            }
            audit::append(&self.app, tx, entry).await?;
            self.written.store(true, Ordering::Relaxed);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(method: Method, route: &str, path: &str) -> (String, String, String) {
        let prefixed = |path: &str| format!("/api/v1{path}");
        let deed = Deed::of(&method, &prefixed(route), &prefixed(path));
        (deed.action, deed.kind, deed.id)
    }

    fn named(action: &str, kind: &str, id: &str) -> (String, String, String) {
        (action.into(), kind.into(), id.into())
    }

    #[test]
    fn a_deed_is_named_by_its_route() {
        let dispatched = deed(Method::POST, "/tickets/{number}/dispatch", "/tickets/26/dispatch");
        assert_eq!(dispatched, named("ticket.dispatch", "ticket", "26"));
        let made = deed(Method::POST, "/tickets", "/tickets");
        assert_eq!(made, named("ticket.create", "ticket", ""));
        let changed = deed(Method::PUT, "/users/{username}", "/users/%E7%8E%8B");
        assert_eq!(changed, named("user.update", "user", "王"));
        let plus = deed(Method::PUT, "/users/{username}", "/users/a+b%20c");
        assert_eq!(plus, named("user.update", "user", "a+b c"));
        let line = deed(Method::DELETE, "/desk/line", "/desk/line");
        assert_eq!(line, named("desk.line.delete", "desk", ""));
    }
}
