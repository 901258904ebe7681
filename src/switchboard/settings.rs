//! The switch's settings, from the configuration file and the database.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use chrono::Timelike;
use telephony::menu::Flow;
use telephony::queue::{OperatorSettings, QueueSettings, Skill, Strategy};
use telephony::sip::{AgentSettings, Registration, Trunk, User};
use telephony::switch::{Line, Settings};

use super::addresses::{Addresses, Place};
use super::standing::Standing;
use crate::accounts::{self, Role};
use crate::app::App;
use crate::calendar;
use crate::clock::millis;
use crate::config;
use crate::contacts;
use crate::settings;

/// Answers a number of ours that has no line.
const DEFAULT_MENU: &str = "default";
/// How often a trunk is asked whether it is alive.
const OPTIONS_EVERY: Duration = Duration::from_secs(30);
/// Requests a second from an address that is neither a trunk nor a registered phone.
const STRANGER_RATE: u32 = 20;

/// Everything the switch has to know.
pub(super) async fn read(app: &App, trunks: &Addresses) -> anyhow::Result<Settings> {
    let schedules = schedules(app).await?;
    let trunks = self::trunks(app, trunks).await;
    let mut tx = app.db.read().await?;
    let users = accounts::all(&mut tx).await?;
    let phones = accounts::phones(&mut tx).await?;
    let left_out = accounts::serving::left_out(&mut tx).await?;
    let phone = |p: accounts::Phone| User {
        name: p.username,
        ha1_md5: p.sip_ha1_md5,
        ha1_sha256: p.sip_ha1_sha256,
    };
    let standing = Standing::read(app, &mut tx).await?;
    let (from, to) = app.config.sip.call_ports();
    Ok(Settings {
        agent: AgentSettings {
            udp_port: None,
            tcp_port: None,
            tls_port: None,
            ws_port: None,
            // The driver puts in its own: the route to the peer, or what is advertised.
            source_for: Arc::new(|_| IpAddr::V4(Ipv4Addr::LOCALHOST)),
            realm: accounts::password::SIP_REALM.to_owned(),
            trunks,
            users: phones.into_iter().map(phone).collect(),
            stranger_rate: STRANGER_RATE,
        },
        rtp_ports: from..=to,
        lines: lines(settings::lines(&mut tx).await?, &standing.flows),
        flows: standing.flows,
        schedules,
        queues: queues(standing.queues),
        operators: users
            .into_iter()
            .filter(|u| u.role == Role::Operator && !u.disabled)
            .map(|user| operator(user, &left_out))
            .collect(),
        recordings: Some(app.config.recordings()),
    })
}

fn operator(user: accounts::User, left_out: &accounts::serving::LeftOut) -> OperatorSettings {
    let skill = |(name, level): (&str, u8)| Skill {
        name: name.to_owned(),
        level,
    };
    let skills = user.skills.iter().filter_map(|text| accounts::skill(text));
    let skills = skills.filter(|(name, _)| user.serves(name, left_out));
    OperatorSettings {
        skills: skills.map(skill).collect(),
        name: user.username,
    }
}

fn queues(queues: Vec<settings::Queue>) -> Vec<QueueSettings> {
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    let queues = queues.into_iter().map(|queue| QueueSettings {
        name: queue.name,
        title: queue.title,
        skill: queue.skill,
        priority: queue.priority,
        ring: seconds(queue.ring_seconds),
        ring_at_once: queue.ring_at_once,
        wrap_up: seconds(queue.wrap_up_seconds),
        announce: seconds(queue.announce_seconds),
        max_wait: seconds(queue.max_wait_seconds),
        overflow_when_unstaffed: queue.overflow_when_unstaffed,
        overflow_when_paused: queue.overflow_when_paused,
        strategy: match queue.strategy {
            settings::Strategy::LongestIdle => Strategy::LongestIdle,
            settings::Strategy::LeastTalk => Strategy::LeastTalk,
            settings::Strategy::RoundRobin => Strategy::RoundRobin,
            settings::Strategy::Tiers => Strategy::Tiers {
                step: seconds(queue.tier_seconds),
            },
            settings::Strategy::SkillLevel => Strategy::SkillLevel,
        },
        ageing: seconds(queue.ageing_seconds),
        sticky: seconds(queue.sticky_minutes * 60),
        max_waiting: queue.max_waiting,
        pause_after_missed: queue.pause_after_missed,
        announce_wait: queue.announce_wait,
    });
    queues.collect()
}

/// Each number has its menu; one whose menu nobody can walk is answered by the default one, and so is a number of ours without a line.
fn lines(named: Vec<settings::Line>, flows: &HashMap<String, Arc<Flow>>) -> Vec<Line> {
    let named = named.into_iter().map(|line| Line {
        flow: match flows.contains_key(&line.menu) {
            true => line.menu,
            false => DEFAULT_MENU.to_owned(),
        },
        numbers: vec![line.number],
    });
    let rest = Line {
        numbers: Vec::new(),
        flow: DEFAULT_MENU.to_owned(),
    };
    named.chain([rest]).collect()
}

/// Whether each schedule is open now.
pub(super) async fn schedules(app: &App) -> anyhow::Result<HashMap<String, bool>> {
    let now = app.clock.now().with_timezone(&calendar::CHINA);
    let minute = now.hour() * 60 + now.minute();
    let mut tx = app.db.read().await?;
    let is_day_off = !calendar::load(&mut tx).await?.is_workday(now.date_naive());
    let schedules = settings::schedules(&mut tx).await?;
    Ok(schedules
        .into_iter()
        .map(|s| (s.name, s.body.is_open(is_day_off, minute)))
        .collect())
}

/// Clerks' phones by the citizens who may still ring back to them.
pub(super) async fn returns(app: &App) -> anyhow::Result<HashMap<String, String>> {
    let since = app.clock.now() - app.config.contact.return_within;
    let mut tx = app.db.read().await?;
    Ok(contacts::returns(&mut tx, millis(since)).await?)
}

async fn trunks(app: &App, addresses: &Addresses) -> Vec<Trunk> {
    let trunk = |(trunk, place): (&config::Trunk, Place)| Trunk {
        name: trunk.name.clone(),
        hops: place.hops,
        domain: place.host,
        register: trunk.registration.as_ref().map(registration),
        numbers: trunk.numbers.clone(),
        caller_id: trunk.caller_id.clone(),
        max_calls: usize::try_from(trunk.max_calls).unwrap_or(usize::MAX),
        priority: trunk.priority,
        options_every: OPTIONS_EVERY,
        from_anywhere: trunk.from_anywhere,
    };
    let places = addresses.of(&app.config.trunks).await;
    app.config.trunks.iter().zip(places).map(trunk).collect()
}

fn registration(registration: &config::Registration) -> Registration {
    Registration {
        username: registration.username.clone(),
        password: registration.password.clone(),
        realm: registration.realm.clone().unwrap_or_default(),
        expires: registration.expires,
    }
}
