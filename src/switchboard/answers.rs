//! What flows want to know of a caller or a ticket, looked up outside the switch and handed back to the waiting call.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Datelike, TimeDelta};
use telephony::CallId;
use telephony::driver::Driver;
use telephony::menu::Fact;
use telephony::reading::TicketWords;
use telephony::switch::{Answer, Command, Question, Switch};
use tokio::sync::mpsc;

use super::spoken::{self, Spoken};
use crate::app::App;
use crate::calendar;
use crate::calls::{self, numbers};
use crate::clock::{from_millis, millis};
use crate::db::{self, Tx};
use crate::tickets::{self, State, Ticket};

/// A call, its caller (empty when withheld), and what its flow asks.
pub(super) type Asked = (CallId, String, Question);

/// Digits of a ticket's number by which its own caller may ask for it; they are also what is read out.
const TAIL: usize = 6;
/// A caller's tickets are looked through so far back.
const LOOKED_AT: i64 = 50;

/// Answers until the switch is gone. One after the other: each takes a few reads, and a flow waits for two seconds. What was spoken
/// takes longer and has a task of its own.
pub(super) async fn answer(app: App, driver: Arc<Driver<Switch>>, mut asked: mpsc::UnboundedReceiver<Asked>) {
    while let Some((call, caller, question)) = asked.recv().await {
        let question = match question {
            Question::Spoken {
                number,
                key,
                digits,
                sound,
            } => {
                let spoken = Spoken {
                    number,
                    key,
                    digits,
                    sound,
                };
                spoken::understand(app.clone(), driver.clone(), call, spoken);
                continue;
            }
            Question::Announced { sound } => {
                spoken::look_for_announcement(app.clone(), driver.clone(), call, sound);
                continue;
            }
            Question::Facts => Known::Facts,
            Question::Ticket { digits } => Known::Ticket(digits),
        };
        match look_up(&app, &caller, question).await {
            Ok(answer) => {
                driver.command(Command::Answer { call, answer });
            }
            // The flow goes on without, as if nothing were known.
            Err(error) => tracing::error!(%error, %call, "a flow's question cannot be answered"),
        }
    }
}

/// What the database knows.
enum Known {
    Facts,
    Ticket(Option<String>),
}

async fn look_up(app: &App, caller: &str, question: Known) -> Result<Answer, db::Error> {
    let mut tx = app.db.read().await?;
    Ok(match question {
        Known::Facts => Answer::Facts(facts(app, &mut tx, caller).await?),
        Known::Ticket(digits) => {
            let ticket = ticket(&mut tx, caller, digits.as_deref()).await?;
            Answer::Ticket(ticket.as_ref().map(words))
        }
    })
}

/// A withheld number has no past: all withheld callers would share it.
async fn facts(app: &App, tx: &mut Tx, caller: &str) -> Result<BTreeSet<Fact>, db::Error> {
    if caller.is_empty() {
        return Ok(BTreeSet::new());
    }
    let marks = calls::marks_of(tx, caller).await?;
    let mut facts: BTreeSet<Fact> = marks.iter().filter_map(|word| fact(word)).collect();
    let now = app.clock.now();
    let calls_30d = calls::count_of(tx, caller, millis(now - TimeDelta::days(30)), millis(now)).await?;
    let open = tickets::open_of_caller(tx, caller, "", LOOKED_AT).await?;
    // The call that asks may be on record already: it is no earlier one.
    let found = [
        (numbers::is_repeated(calls_30d - 1), Fact::Repeat),
        (!open.is_empty(), Fact::OpenTicket),
        (
            open.iter().any(|t| t.body.confidential.is_some()),
            Fact::Confidential,
        ),
    ];
    facts.extend(
        found
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, fact)| fact),
    );
    Ok(facts)
}

pub(super) fn fact(word: &str) -> Option<Fact> {
    match word {
        "repeat" => Some(Fact::Repeat),
        "open_ticket" => Some(Fact::OpenTicket),
        "vip" => Some(Fact::Vip),
        "elderly" => Some(Fact::Elderly),
        "blacklist" => Some(Fact::Blacklist),
        "confidential" => Some(Fact::Confidential),
        _ => None,
    }
}

/// Of a confidential ticket nothing is told, not even that there is one. Without its whole number only the caller's own are found.
async fn ticket(tx: &mut Tx, caller: &str, digits: Option<&str>) -> Result<Option<Ticket>, db::Error> {
    let found = match digits {
        Some(number) if number.len() > TAIL => tickets::find(tx, number).await?.into_iter().collect(),
        Some(tail) => {
            let own = tickets::history(tx, caller, "", LOOKED_AT).await?;
            let is_meant = |ticket: &Ticket| tail.len() == TAIL && ticket.number.ends_with(tail);
            own.into_iter().filter(is_meant).collect()
        }
        None => tickets::open_of_caller(tx, caller, "", LOOKED_AT).await?,
    };
    let told = |ticket: &Ticket| ticket.body.confidential.is_none() && ticket.state != State::Draft;
    Ok(found.into_iter().find(told))
}

fn words(ticket: &Ticket) -> TicketWords {
    let day = calendar::local_date(from_millis(ticket.created_at));
    let tail = ticket.number.len().saturating_sub(TAIL);
    TicketWords {
        tail: ticket.number.get(tail..).unwrap_or_default().to_owned(),
        opened: (day.year(), day.month(), day.day()),
        state: state(ticket.state).to_owned(),
    }
}

/// Each has a clip `status-…`.
fn state(state: State) -> &'static str {
    match state {
        State::Accepted | State::Returned | State::Disputed => "accepted",
        State::Dispatched => "dispatched",
        State::Handling | State::Redo => "handling",
        State::Replied => "replied",
        State::Callback | State::Judging => "callback",
        State::Closed | State::Filed => "closed",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Registry;
    use crate::calls::{Change, Direction, Outcome, Purpose, What};
    use crate::clock::{MockClock, Rng};
    use crate::config::Config;
    use crate::tickets::{Actor, Command as Step, Source};

    const CALLER: &str = "13800000001";

    async fn known(app: &App, caller: &str) -> Vec<Fact> {
        let mut tx = app.db.read().await.expect("read");
        let facts = facts(app, &mut tx, caller).await.expect("facts");
        facts.into_iter().collect()
    }

    async fn call(app: &App, n: u32) {
        let call_id = format!("{n:016x}");
        let started = What::Started {
            direction: Direction::Inbound,
            purpose: Purpose::Hotline,
            caller: CALLER.into(),
            caller_kind: "mobile".into(),
            caller_private: false,
            caller_display: None,
            called: "12345".into(),
            trunk: None,
            menu: "default".into(),
            diverted_from: None,
            ticket_number: None,
        };
        let ended = What::Ended {
            outcome: Outcome::Completed,
            cause: "normal".into(),
            by: "citizen".into(),
        };
        let at = app.clock.now();
        let changes = [started, ended].map(|what| Change {
            call_id: call_id.clone(),
            at,
            what,
        });
        let mut tx = app.db.begin().await.expect("begin");
        calls::apply(&mut tx, &changes).await.expect("applied");
        tx.commit().await.expect("commit");
    }

    /// A ticket of the caller's last call, accepted.
    async fn ticket_of_call(app: &App, n: u32) -> String {
        let (now, actor) = (app.clock.now(), Actor::System);
        let mut tx = app.db.begin().await.expect("begin");
        let call = calls::find(&mut tx, &format!("{n:016x}")).await.expect("found");
        let opened = tickets::open(&mut tx, &app.rng, now, Source::Call, call.as_ref(), &actor).await;
        let number = opened.expect("a ticket").number;
        tx.commit().await.expect("commit");
        number
    }

    fn operator() -> Actor {
        Actor::Person {
            username: "operator".into(),
            display_name: "坐席".into(),
            role: crate::accounts::Role::Operator,
            unit_code: None,
        }
    }

    #[tokio::test]
    async fn a_flow_is_told_of_the_callers_marks_tickets_and_calls_and_of_nobody_elses() {
        let (db, dir) = db::fresh().await;
        let clock = MockClock::new("2026-03-02T02:00:00Z".parse().expect("time"));
        let app = App::new(
            db,
            clock.clock(),
            Rng::seeded(1),
            Config::local(dir.path()),
            Registry::default(),
        );
        let minute = TimeDelta::minutes(1);
        assert_eq!(known(&app, CALLER).await, []);
        for n in 1..=3 {
            call(&app, n).await;
            clock.advance(minute);
        }
        // The third is the call that asks.
        assert_eq!(known(&app, CALLER).await, []);
        call(&app, 4).await;
        clock.advance(minute);
        assert_eq!(known(&app, CALLER).await, [Fact::Repeat]);
        clock.advance(TimeDelta::days(31));
        assert_eq!(known(&app, CALLER).await, []);

        call(&app, 5).await;
        let number = ticket_of_call(&app, 5).await;
        assert_eq!(known(&app, CALLER).await, [Fact::OpenTicket]);
        let protect = Step::Protect {
            reason: "举报人要求保密".into(),
            named: std::collections::BTreeSet::new(),
        };
        let mut tx = app.db.begin().await.expect("begin");
        tickets::act(&mut tx, app.clock.now(), &number, protect, &operator(), None)
            .await
            .expect("protected");
        tx.commit().await.expect("commit");
        assert_eq!(known(&app, CALLER).await, [Fact::Confidential, Fact::OpenTicket]);

        let mut tx = app.db.begin().await.expect("begin");
        let marked = calls::Marked {
            number: CALLER.to_owned(),
            marks: r#"["elderly","vip","blacklist"]"#.to_owned(),
            note: String::new(),
            at: 0,
            by: "supervisor1".to_owned(),
        };
        calls::mark_number(&mut tx, &marked).await.expect("marked");
        tx.commit().await.expect("commit");
        let all = [
            Fact::Blacklist,
            Fact::Confidential,
            Fact::Vip,
            Fact::Elderly,
            Fact::OpenTicket,
        ];
        assert_eq!(known(&app, CALLER).await, all);
        // All who withhold their number would share its past.
        assert_eq!(
            (known(&app, "").await, known(&app, "13800000002").await),
            (vec![], vec![])
        );
    }

    #[test]
    fn every_state_has_a_clip_in_the_shipped_prompts() {
        for told in [
            State::Draft,
            State::Accepted,
            State::Dispatched,
            State::Handling,
            State::Replied,
            State::Callback,
            State::Closed,
        ] {
            let path = format!("provisioning/prompts/status-{}.wav", state(told));
            assert!(std::path::Path::new(&path).is_file(), "{path}");
        }
    }

    #[test]
    fn a_ticket_is_told_by_its_day_in_china_and_its_tail() {
        let ticket = Ticket {
            number: "260307000509000142".into(),
            created_at: 1_772_813_109_000, // 2026-03-06T16:05:09Z
            state: State::Handling,
            ..Ticket::default()
        };
        let told = words(&ticket);
        assert_eq!((told.tail.as_str(), told.state.as_str()), ("000142", "handling"));
        assert_eq!(told.opened, (2026, 3, 7));
    }
}
