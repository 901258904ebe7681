//! What the process tells itself after a commit: wake-ups for the event consumers and job workers, and news for the open consoles.
//! Nothing here is durable; whoever must not miss a fact reads the event table.

use serde_json::Value;
use tokio::sync::{broadcast, watch};

use crate::accounts::Role;

/// One server-sent event: the console's `event:` name, its data, and who may see it.
#[derive(Debug, Clone)]
pub struct News {
    /// `call`, `queue`, `operator`, `ticket`, `inbox`, `trunk`, `message`, `help`, `missed`, `dialer` or `transcript.live`.
    pub kind: &'static str,
    pub data: Value,
    pub audience: Audience,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    /// Every role that may read all of the hotline's work: all but a unit.
    Office,
    /// The office, and the people of these units.
    OfficeAndUnits(Vec<String>),
    /// The people of these units.
    Units(Vec<String>),
    /// Who watches over the hall.
    Supervisors,
    /// One person, and who watches over the hall.
    PersonAndSupervisors(String),
    /// One person, whatever the role.
    Person(String),
}

impl Audience {
    pub fn includes(&self, username: &str, role: Role, unit: Option<&str>) -> bool {
        match self {
            Self::Everyone => true,
            Self::Office => role != Role::Unit,
            Self::OfficeAndUnits(codes) => {
                role != Role::Unit || unit.is_some_and(|unit| codes.iter().any(|code| code == unit))
            }
            Self::Units(codes) => {
                role == Role::Unit && unit.is_some_and(|unit| codes.iter().any(|code| code == unit))
            }
            Self::Supervisors => matches!(role, Role::Supervisor | Role::Admin),
            Self::PersonAndSupervisors(name) => {
                name == username || matches!(role, Role::Supervisor | Role::Admin)
            }
            Self::Person(name) => name == username,
        }
    }
}

pub struct Signals {
    news: broadcast::Sender<News>,
    events: watch::Sender<u64>,
    jobs: watch::Sender<u64>,
}

impl Default for Signals {
    fn default() -> Self {
        // A console that falls more than this far behind is told to reload what it shows.
        Self {
            news: broadcast::channel(1024).0,
            events: watch::channel(0).0,
            jobs: watch::channel(0).0,
        }
    }
}

impl Signals {
    pub(crate) fn after_commit(&self, news: Vec<News>, published: bool, enqueued: bool) {
        for item in news {
            self.tell(item);
        }
        if published {
            self.events.send_modify(|n| *n = n.wrapping_add(1));
        }
        if enqueued {
            self.jobs.send_modify(|n| *n = n.wrapping_add(1));
        }
    }

    /// News without a transaction: live state that is kept in memory only.
    pub fn tell(&self, news: News) {
        // Nobody listening is the normal case at night.
        let _ = self.news.send(news);
    }

    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    pub fn events(&self) -> watch::Receiver<u64> {
        self.events.subscribe()
    }

    pub fn jobs(&self) -> watch::Receiver<u64> {
        self.jobs.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_hears_only_of_its_own_work() {
        let news = Audience::OfficeAndUnits(vec!["U01".into()]);
        assert!(news.includes("a", Role::Unit, Some("U01")));
        assert!(!news.includes("a", Role::Unit, Some("U02")));
        assert!(!news.includes("a", Role::Unit, None));
        assert!(news.includes("a", Role::Dispatcher, None));
        assert!(!Audience::Office.includes("a", Role::Unit, Some("U01")));
        assert!(Audience::Person("a".into()).includes("a", Role::Unit, None));
        assert!(Audience::Supervisors.includes("a", Role::Supervisor, None));
        assert!(!Audience::Supervisors.includes("a", Role::Operator, None));
    }
}
