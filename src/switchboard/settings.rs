//! The switch's settings, from the configuration file and the database.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::Timelike;
use telephony::menu::Flow;
use telephony::queue::{OperatorSettings, QueueSettings, Skill, Strategy};
use telephony::sip::{AgentSettings, Hop, Registration, Transport, Trunk, User};
use telephony::switch::{Line, Settings};

use crate::accounts::{self, Role};
use crate::app::App;
use crate::calendar;
use crate::clock::millis;
use crate::config;
use crate::contacts;
use crate::db::Tx;
use crate::settings;

/// Answers a number of ours that has no line.
const DEFAULT_MENU: &str = "default";
/// How often a trunk is asked whether it is alive.
const OPTIONS_EVERY: Duration = Duration::from_secs(30);
/// Requests a second from an address that is neither a trunk nor a registered phone.
const STRANGER_RATE: u32 = 20;

/// Everything the switch has to know.
pub(super) async fn read(app: &App) -> anyhow::Result<Settings> {
    let schedules = schedules(app).await?;
    let trunks = trunks(app).await;
    let mut tx = app.db.read().await?;
    let users = accounts::all(&mut tx).await?;
    let phones = accounts::phones(&mut tx).await?;
    let phone = |p: accounts::Phone| User {
        name: p.username,
        ha1_md5: p.sip_ha1_md5,
        ha1_sha256: p.sip_ha1_sha256,
    };
    let (from, to) = app.config.sip.call_ports();
    Ok(Settings {
        agent: AgentSettings {
            udp_port: None,
            tcp_port: None,
            // The driver puts in its own: the route to the peer, or what is advertised.
            source_for: Arc::new(|_| IpAddr::V4(Ipv4Addr::LOCALHOST)),
            realm: accounts::password::SIP_REALM.to_owned(),
            trunks,
            users: phones.into_iter().map(phone).collect(),
            stranger_rate: STRANGER_RATE,
        },
        rtp_ports: from..=to,
        flows: flows(&mut tx).await?,
        lines: lines(&mut tx).await?,
        schedules,
        queues: queues(&mut tx).await?,
        operators: users
            .into_iter()
            .filter(|u| u.role == Role::Operator && !u.disabled)
            .map(operator)
            .collect(),
        recordings: Some(app.config.recordings()),
    })
}

fn operator(user: accounts::User) -> OperatorSettings {
    let skill = |(name, level): (&str, u8)| Skill {
        name: name.to_owned(),
        level,
    };
    let skills = user.skills.iter().filter_map(|text| accounts::skill(text));
    OperatorSettings {
        skills: skills.map(skill).collect(),
        name: user.username,
    }
}

/// The stored flow and the switch's are the same words on both sides of the wall.
async fn flows(tx: &mut Tx) -> anyhow::Result<HashMap<String, Arc<Flow>>> {
    let mut flows = HashMap::new();
    for menu in settings::menus(tx).await? {
        let words = serde_json::to_value(&menu.body)?;
        let flow = super::trials::flow(words).with_context(|| format!("menu {}", menu.name))?;
        flows.insert(menu.name, flow);
    }
    Ok(flows)
}

async fn queues(tx: &mut Tx) -> anyhow::Result<Vec<QueueSettings>> {
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    let queues = settings::queues(tx).await?.into_iter().map(|queue| {
        let queue = queue.body;
        QueueSettings {
            name: queue.name,
            title: queue.title,
            skill: queue.skill,
            priority: queue.priority,
            ring: seconds(queue.ring_seconds),
            wrap_up: seconds(queue.wrap_up_seconds),
            announce: seconds(queue.announce_seconds),
            max_wait: seconds(queue.max_wait_seconds),
            overflow_when_unstaffed: queue.overflow_when_unstaffed,
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
        }
    });
    Ok(queues.collect())
}

/// Each number has its menu; a number of ours that no line names is answered by the default one.
async fn lines(tx: &mut Tx) -> anyhow::Result<Vec<Line>> {
    let named = settings::lines(tx).await?.into_iter().map(|l| Line {
        numbers: vec![l.number],
        flow: l.menu,
    });
    let rest = Line {
        numbers: Vec::new(),
        flow: DEFAULT_MENU.to_owned(),
    };
    Ok(named.chain([rest]).collect())
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

async fn trunks(app: &App) -> Vec<Trunk> {
    let mut trunks = Vec::new();
    for trunk in &app.config.trunks {
        let (host, hops) = resolve(&trunk.peer).await;
        if hops.is_empty() {
            tracing::error!(
                trunk = trunk.name,
                peer = trunk.peer,
                "the trunk's address cannot be resolved"
            );
        }
        trunks.push(Trunk {
            name: trunk.name.clone(),
            hops,
            domain: host,
            register: trunk.registration.as_ref().map(registration),
            numbers: trunk.numbers.clone(),
            caller_id: trunk.caller_id.clone(),
            max_calls: usize::try_from(trunk.max_calls).unwrap_or(usize::MAX),
            priority: trunk.priority,
            options_every: OPTIONS_EVERY,
            from_anywhere: trunk.from_anywhere,
        });
    }
    trunks
}

/// The addresses of each trunk as the name servers tell them now.
pub(super) async fn trunk_addresses(app: &App) -> Vec<Vec<SocketAddr>> {
    let mut found = Vec::new();
    for trunk in &app.config.trunks {
        found.push(resolve(&trunk.peer).await.1);
    }
    addresses(found.iter())
}

/// In an order of our own: name servers turn theirs round at every question.
pub(super) fn addresses<'a>(trunks: impl Iterator<Item = &'a Vec<Hop>>) -> Vec<Vec<SocketAddr>> {
    let of_one = |hops: &Vec<Hop>| {
        let mut addresses: Vec<_> = hops.iter().map(|hop| hop.addr).collect();
        addresses.sort_unstable();
        addresses
    };
    trunks.map(of_one).collect()
}

/// Whether a trunk has other addresses than before. A name server that is silent takes none away.
pub(super) fn has_news(known: &[Vec<SocketAddr>], found: &[Vec<SocketAddr>]) -> bool {
    known
        .iter()
        .zip(found)
        .any(|(known, found)| !found.is_empty() && known != found)
}

fn registration(registration: &config::Registration) -> Registration {
    Registration {
        username: registration.username.clone(),
        password: registration.password.clone(),
        realm: registration.realm.clone().unwrap_or_default(),
        expires: registration.expires,
    }
}

/// `sip:HOST[:PORT][;transport=tcp]` to the host and its addresses.
async fn resolve(peer: &str) -> (String, Vec<Hop>) {
    let rest = peer.trim_start_matches("sip:");
    let (address, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let transport = match parameters
        .split(';')
        .any(|p| p.eq_ignore_ascii_case("transport=tcp"))
    {
        true => Transport::Tcp,
        false => Transport::Udp,
    };
    let has_port = address.rsplit_once(':').is_some_and(|(host, port)| {
        port.parse::<u16>().is_ok() && !host.is_empty() && (!host.contains(':') || host.ends_with(']'))
    });
    let with_port = if has_port {
        address.to_owned()
    } else {
        format!("{address}:5060")
    };
    let host = if has_port {
        address.rsplit_once(':').map_or(address, |(host, _)| host)
    } else {
        address
    };
    let found: Vec<SocketAddr> = match tokio::net::lookup_host(&with_port).await {
        Ok(found) => found.collect(),
        Err(error) => {
            tracing::debug!(%error, peer, "not resolved");
            Vec::new()
        }
    };
    (
        host.to_owned(),
        found.into_iter().map(|addr| Hop { transport, addr }).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_that_moved_is_told_and_a_silent_name_server_is_not() {
        let at = |port: u16| vec![SocketAddr::from(([10, 0, 0, 1], port))];
        assert!(
            has_news(&[vec![]], &[at(5060)]),
            "it could not be resolved at the start"
        );
        assert!(has_news(&[at(5060), at(5062)], &[at(5060), at(5064)]));
        assert!(!has_news(&[at(5060)], &[at(5060)]));
        assert!(!has_news(&[at(5060)], &[vec![]]));
    }
}
