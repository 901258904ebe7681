//! A campaign of the dialer against a world of its own: citizens who answer or not, a carrier, a clock, and a daemon that is killed at any
//! moment, between any two statements, and started anew on the same database. What the world saw is then compared with what is right.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    path::Path,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use futures::future::BoxFuture;
use minsheng::{
    app::{App, Registry},
    calendar,
    calls::{self, Call, CallState, Change, Direction, Outcome, Purpose, What},
    clock::{MockClock, Rng, from_millis},
    config::{Config, Trunk},
    db::{self, Db, Tx},
    dialer::{self, Fate, NewOrder, Order, Owner, Policy, Told},
    jobs,
    live::{Contact, Originate, Refused, Switchboard},
};

const PURPOSE: &str = "survey";
/// The carrier reports in steps of this many seconds.
const STEP: i64 = 5;
const CHANNELS: u32 = 60;
const RESERVED_PERCENT: u32 = 30;
/// What the rules say: three attempts over two days.
const ATTEMPTS: usize = 3;
const LONGEST: TimeDelta = TimeDelta::days(60);

pub struct Report {
    pub citizens: usize,
    pub kills: usize,
    pub calls: usize,
    /// Calls that a kill cut off or left without a record.
    pub cut: usize,
    pub days: i64,
    pub most_at_once: usize,
    /// Everything that is not as it should be, by name.
    pub faults: BTreeMap<&'static str, usize>,
}

/// How a citizen takes calls; which ring it is counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    AnswersAt(usize),
    Never,
    BusyThenAnswers,
    Declines,
    NoSuchNumber,
    SwitchedOff,
    /// The carrier fails so often, then it is answered.
    FailsThenAnswers(usize),
}

impl Habit {
    fn of(draw: u64) -> Self {
        match draw % 100 {
            0..55 => Self::AnswersAt(1),
            55..70 => Self::AnswersAt(2),
            70..75 => Self::AnswersAt(3),
            75..86 => Self::Never,
            86..90 => Self::BusyThenAnswers,
            90..92 => Self::Declines,
            92..94 => Self::NoSuchNumber,
            94..97 => Self::SwitchedOff,
            _ => Self::FailsThenAnswers(2),
        }
    }

    /// The end of the n-th ring that came to its end: seconds, outcome, cause.
    fn end(self, n: usize, draw: u64) -> (i64, Outcome, &'static str) {
        let talk = 40 + i64::try_from(draw % 30).unwrap_or(0);
        let answered = (talk, Outcome::Completed, "normal");
        match self {
            Self::AnswersAt(at) if n >= at => answered,
            Self::BusyThenAnswers if n >= 2 => answered,
            Self::FailsThenAnswers(failures) if n > failures => answered,
            Self::AnswersAt(_) | Self::Never => (45, Outcome::NoAnswer, "no_answer"),
            Self::BusyThenAnswers => (3, Outcome::Busy, "busy"),
            Self::Declines => (8, Outcome::Declined, "declined"),
            Self::NoSuchNumber => (2, Outcome::Unavailable, "no_such_number"),
            Self::SwitchedOff => (6, Outcome::NoAnswer, "switched_off"),
            Self::FailsThenAnswers(_) => (1, Outcome::Failed, "unavailable"),
        }
    }

    /// How many rings that came to their end are right.
    fn owed(self) -> usize {
        match self {
            Self::AnswersAt(at) => at,
            Self::BusyThenAnswers => 2,
            Self::NoSuchNumber => 2,
            Self::FailsThenAnswers(failures) => failures + 1,
            Self::Never | Self::Declines | Self::SwitchedOff => ATTEMPTS,
        }
    }

    fn is_reached(self) -> bool {
        matches!(
            self,
            Self::AnswersAt(_) | Self::BusyThenAnswers | Self::FailsThenAnswers(_)
        )
    }
}

#[derive(Debug, Clone)]
struct Ring {
    call_id: String,
    at: DateTime<Utc>,
    /// Its end is on record.
    told: bool,
    cut: bool,
}

struct Citizen {
    habit: Habit,
    rings: Vec<Ring>,
}

/// What outlives every daemon.
#[derive(Default)]
struct World {
    citizens: HashMap<String, Citizen>,
    /// Changes that the daemon has not written yet, by the time at which they happen: they die with it.
    coming: BTreeMap<(DateTime<Utc>, u64), Change>,
    under_way: HashMap<String, String>,
    most_at_once: usize,
    serial: u64,
    dialled_twice: usize,
}

#[derive(Clone)]
struct Carrier {
    world: Arc<Mutex<World>>,
    clock: MockClock,
    rng: Rng,
}

impl Carrier {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Switchboard for Carrier {
    fn hang_up(&self, _: &str) -> Result<(), Refused> {
        Err(Refused::NoSuchCall)
    }

    fn dial(&self, wish: Originate) -> Result<(), Refused> {
        let now = self.clock.clock().now();
        let draw = self.rng.u64();
        let mut world = self.world();
        let Some(citizen) = world.citizens.get_mut(&wish.number) else {
            return Err(Refused::NumberNotAllowed);
        };
        let twice = citizen.rings.iter().any(|ring| ring.call_id == wish.call_id);
        let n = citizen.rings.iter().filter(|ring| ring.told).count() + 1;
        let (seconds, outcome, cause) = citizen.habit.end(n, draw);
        citizen.rings.push(Ring {
            call_id: wish.call_id.clone(),
            at: now,
            told: false,
            cut: false,
        });
        world.dialled_twice += usize::from(twice);
        world.under_way.insert(wish.call_id.clone(), wish.number.clone());
        world.most_at_once = world.most_at_once.max(world.under_way.len());
        let end = step_after(now.timestamp() + seconds - 1);
        let ended = What::Ended {
            outcome,
            cause: cause.into(),
            by: "citizen".into(),
        };
        world.expect(now, &wish.call_id, started(&wish.number));
        world.expect(from_millis(end * 1000), &wish.call_id, ended);
        Ok(())
    }

    fn contact(&self, _: Contact) -> Result<(), Refused> {
        Err(Refused::NoLine)
    }

    fn set_paused(&self, _: &str, _: Option<String>) -> Result<(), Refused> {
        Ok(())
    }

    fn reload(&self) {}
}

impl World {
    fn expect(&mut self, at: DateTime<Utc>, call_id: &str, what: What) {
        self.serial += 1;
        let change = Change {
            call_id: call_id.to_owned(),
            at,
            what,
        };
        self.coming.insert((at, self.serial), change);
    }

    fn ring(&mut self, call_id: &str) -> Option<&mut Ring> {
        let number = self.under_way.get(call_id)?;
        let rings = &mut self.citizens.get_mut(number)?.rings;
        rings.iter_mut().find(|ring| ring.call_id == call_id)
    }
}

fn started(number: &str) -> What {
    What::Started {
        direction: Direction::Outbound,
        purpose: Purpose::Survey,
        caller: number.to_owned(),
        caller_kind: "mobile".into(),
        caller_private: false,
        caller_display: None,
        called: number.to_owned(),
        trunk: Some("carrier".into()),
        menu: "survey".into(),
        diverted_from: None,
        ticket_number: None,
    }
}

/// The first step later than a second of the epoch.
fn step_after(second: i64) -> i64 {
    (second.div_euclid(STEP) + 1) * STEP
}

/// Whoever picks up has said enough.
struct Campaign;

impl Owner for Campaign {
    fn purpose(&self) -> &'static str {
        PURPOSE
    }

    fn call_purpose(&self) -> Purpose {
        Purpose::Survey
    }

    fn policy(&self, _: &App) -> Policy {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Policy {
            schedule: Some("survey"),
            retry_after: vec![hours(2), hours(4)],
            min_attempts: ATTEMPTS,
            min_days: 2,
            max_failures: 12,
            lost_after: hours(1),
        }
    }

    fn owed<'a>(
        &'a self,
        _: &'a App,
        _: &'a mut Tx,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Option<String>, db::Error>> {
        Box::pin(async { Ok(Some(order.number.clone())) })
    }

    fn told<'a>(
        &'a self,
        _: &'a App,
        _: &'a mut Tx,
        _: &'a Order,
        _: Told<'a>,
    ) -> BoxFuture<'a, Result<(), db::Error>> {
        Box::pin(async { Ok(()) })
    }

    fn judge<'a>(
        &'a self,
        _: &'a App,
        _: &'a mut Tx,
        _: &'a Order,
        _: &'a Call,
    ) -> BoxFuture<'a, Result<Option<Fate>, db::Error>> {
        Box::pin(async { Ok(None) })
    }
}

struct Stage {
    dir: tempfile::TempDir,
    clock: MockClock,
    rng: Rng,
    carrier: Carrier,
}

impl Stage {
    fn config(&self) -> Config {
        let mut config = Config::local(self.dir.path());
        config.dialer.at_once = CHANNELS;
        config.dialer.reserved_percent = RESERVED_PERCENT;
        config.trunks = vec![Trunk {
            name: "carrier".into(),
            peer: "sip:192.0.2.1:5060".into(),
            registration: None,
            numbers: vec!["12345".into()],
            caller_id: "12345".into(),
            max_calls: CHANNELS,
            from_anywhere: false,
            priority: 1,
        }];
        config
    }

    /// A daemon on what the last one left.
    async fn boot(&self) -> anyhow::Result<App> {
        let config = self.config();
        let db = Db::open(&config.database.url, self.dir.path()).await?;
        let registry = Registry {
            consumers: vec![dialer::jobs::CONSUMER],
            jobs: vec![dialer::jobs::RUN],
            dialers: vec![&Campaign],
        };
        let rng = Rng::seeded(self.rng.u64());
        let app = App::new(db, self.clock.clock(), rng, config, registry);
        app.live.connect(Arc::new(self.carrier.clone()));
        Ok(app)
    }

    /// What the switchboard and the dialer do first after a crash.
    async fn recover(&self, app: &App) -> anyhow::Result<()> {
        let mut tx = app.db.begin().await?;
        // A commit that nobody waited for any more may have come to pass all the same.
        let last: Vec<String> = self.carrier.world().under_way.keys().cloned().collect();
        for call_id in last {
            let call = calls::find(&mut tx, &call_id).await?;
            let is_told = call.is_some_and(|call| call.state == CallState::Ended);
            if let Some(ring) = self.carrier.world().ring(&call_id) {
                (ring.told, ring.cut) = (is_told, !is_told);
            }
        }
        self.carrier.world().under_way.clear();
        let now = app.clock.now();
        let cut = |call: calls::Unfinished| Change {
            call_id: call.call_id,
            at: now,
            what: What::Ended {
                outcome: Outcome::Failed,
                cause: "restart".into(),
                by: "system".into(),
            },
        };
        let unfinished = calls::unfinished(&mut tx).await?.into_iter();
        let changes: Vec<Change> = unfinished.filter(|call| !call.ended).map(cut).collect();
        calls::apply(&mut tx, &changes).await?;
        tx.commit().await?;
        Ok(dialer::recover(app).await?)
    }

    /// Writes what the carrier has reported by now.
    async fn report(&self, app: &App) -> anyhow::Result<()> {
        let now = app.clock.now();
        let due: Vec<((DateTime<Utc>, u64), Change)> = {
            let world = self.carrier.world();
            let due = world.coming.range(..=(now, u64::MAX));
            due.map(|(key, change)| (*key, change.clone())).collect()
        };
        if due.is_empty() {
            return Ok(());
        }
        let changes: Vec<Change> = due.iter().map(|(_, change)| change.clone()).collect();
        let mut tx = app.db.begin().await?;
        calls::apply(&mut tx, &changes).await?;
        tx.commit().await?;
        // From here on it is on disk, whatever happens to the daemon.
        let mut world = self.carrier.world();
        for (key, change) in due {
            world.coming.remove(&key);
            if matches!(change.what, What::Ended { .. }) {
                if let Some(ring) = world.ring(&change.call_id) {
                    ring.told = true;
                }
                world.under_way.remove(&change.call_id);
            }
        }
        Ok(())
    }

    /// All that is to be done at this moment; false when the daemon was killed in the midst of it.
    async fn live(&self, app: &App, kill_after: Option<usize>) -> anyhow::Result<bool> {
        let work = async {
            loop {
                self.report(app).await?;
                app.settle().await?;
                let now = app.clock.now();
                let more = self
                    .carrier
                    .world()
                    .coming
                    .range(..=(now, u64::MAX))
                    .next()
                    .is_some();
                if !more {
                    return anyhow::Ok(());
                }
            }
        };
        match kill_after {
            None => work.await.map(|()| true),
            Some(polls) => match polled(work, polls).await {
                Some(done) => done.map(|()| true),
                None => Ok(false),
            },
        }
    }

    /// The next moment at which anything happens; None when nothing ever will.
    async fn next(&self, app: &App) -> anyhow::Result<Option<DateTime<Utc>>> {
        let job = jobs::next_due(&mut app.db.read().await?).await?.map(from_millis);
        let carrier = self.carrier.world().coming.keys().next().map(|(at, _)| *at);
        let next = [job, carrier].into_iter().flatten().min();
        // In steps, so that what happens at nearly the same time is done at once.
        Ok(next.map(|at| from_millis(step_after(at.timestamp()) * 1000).max(app.clock.now())))
    }
}

/// Runs the work until it has been waited for so many times, then drops it: None.
async fn polled<F: Future>(work: F, times: usize) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

pub async fn run(citizens: usize, kills: usize, seed: u64, provisioning: &Path) -> anyhow::Result<Report> {
    let clock = MockClock::new("2026-03-02T00:30:00Z".parse()?);
    let rng = Rng::seeded(seed);
    let carrier = Carrier {
        world: Arc::default(),
        clock: clock.clone(),
        rng: Rng::seeded(rng.u64()),
    };
    let stage = Stage {
        dir: tempfile::tempdir()?,
        clock,
        rng,
        carrier,
    };
    let begin = stage.clock.clock().now();
    let mut app = stage.boot().await?;
    minsheng::provisioning::load(&app, provisioning).await?;
    invite(&stage, &app, citizens).await?;
    // A campaign of this size takes about this many moments; the kills are spread over them.
    let every = (citizens / (kills.max(1) * 3)).max(1);
    let (mut killed, mut until_kill) = (0, 1 + stage.rng.u64() as usize % every);
    while let Some(at) = stage.next(&app).await? {
        anyhow::ensure!(at - begin < LONGEST, "the campaign never ends");
        stage.clock.set(at);
        until_kill -= 1;
        let kill = until_kill == 0 && killed < kills;
        let kill_after = kill.then(|| 1 + stage.rng.u64() as usize % 150);
        if !stage.live(&app, kill_after).await? {
            killed += 1;
            // Every call goes with it, and what was not written yet.
            stage.carrier.world().coming.clear();
            drop(app);
            app = stage.boot().await?;
            stage.recover(&app).await?;
            until_kill = 1 + stage.rng.u64() as usize % every;
        } else if until_kill == 0 {
            // There was less to do than that: the next moment is the daemon's last.
            until_kill = 1;
        }
    }
    let days = (stage.clock.clock().now() - begin).num_days() + 1;
    let open = dialer::open_orders(&mut app.db.read().await?).await?;
    Ok(audit(&stage.carrier.world(), open, killed, days))
}

async fn invite(stage: &Stage, app: &App, citizens: usize) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    for n in 0..citizens {
        let number = format!("139{n:08}");
        let order = NewOrder {
            purpose: PURPOSE,
            subject: &number,
            number: &number,
            menu: "survey",
            ticket_number: None,
            from: app.clock.now(),
        };
        dialer::place(app, &mut tx, order).await?;
        let citizen = Citizen {
            habit: Habit::of(stage.rng.u64()),
            rings: Vec::new(),
        };
        stage.carrier.world().citizens.insert(number, citizen);
    }
    tx.commit().await?;
    Ok(())
}

fn audit(world: &World, open: i64, kills: usize, days: i64) -> Report {
    let mut faults = BTreeMap::from([
        ("orders left open", usize::try_from(open).unwrap_or(usize::MAX)),
        ("calls placed twice", world.dialled_twice),
        (
            "more calls than lines allow",
            usize::from(world.most_at_once > allowed()),
        ),
    ]);
    let mut count = |fault: &'static str, is: bool| *faults.entry(fault).or_default() += usize::from(is);
    let (mut calls, mut cut) = (0, 0);
    for citizen in world.citizens.values() {
        let whole = citizen.rings.iter().filter(|ring| ring.told).count();
        calls += citizen.rings.len();
        cut += citizen.rings.iter().filter(|ring| ring.cut).count();
        for ring in &citizen.rings {
            count("calls in quiet hours", is_quiet(ring.at));
            count("calls without an end", !ring.told && !ring.cut);
        }
        let short = |pair: &[Ring]| pair[1].at - pair[0].at < TimeDelta::minutes(5);
        count("calls again at once", citizen.rings.windows(2).any(short));
        count("citizens called too seldom", whole < citizen.habit.owed());
        count("citizens called too often", whole > citizen.habit.owed());
        let dates = citizen.rings.iter().map(|ring| calendar::local_date(ring.at));
        let over_days = dates.clone().min() != dates.max();
        count("given up within a day", !citizen.habit.is_reached() && !over_days);
    }
    Report {
        citizens: world.citizens.len(),
        kills,
        calls,
        cut,
        days,
        most_at_once: world.most_at_once,
        faults,
    }
}

fn allowed() -> usize {
    let reserved = (CHANNELS * RESERVED_PERCENT).div_ceil(100);
    usize::try_from(CHANNELS - reserved).unwrap_or(0)
}

/// As provisioning/schedules.toml has it.
fn is_quiet(at: DateTime<Utc>) -> bool {
    let local = at.with_timezone(&calendar::CHINA);
    let minute = local.hour() * 60 + local.minute();
    !(540..720).contains(&minute) && !(870..1200).contains(&minute)
}
