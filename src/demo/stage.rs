//! The telephones of the demo: a carrier with the citizens' phones and the operators' desk phones, over real SIP and RTP.
//!
//! Not responsible for who says what (see `play`).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::sip::{AgentSettings, Hop, Registration, Transport, Trunk};
use tokio::sync::mpsc;

use crate::audio::Clips;

/// Whose telephones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bank {
    Carrier,
    Desks,
}

/// The name of the carrier's account towards the hotline.
const HOTLINE: &str = "hotline";

pub struct Stage {
    carrier: Driver<Phones>,
    desks: Driver<Phones>,
}

/// Ports that the telephones bind.
pub struct Places {
    pub hotline: SocketAddr,
    pub carrier: SocketAddr,
    pub rtp: [(u16, u16); 2],
}

impl Stage {
    /// Starts both banks; news of both arrive on the channel.
    pub fn set(
        places: &Places,
        operators: &[String],
        password: &str,
        clips: &Clips,
        seed: u64,
        news: &mpsc::UnboundedSender<super::Cue>,
    ) -> anyhow::Result<Self> {
        let accounts = operators
            .iter()
            .map(|name| extension(name, places.hotline, password))
            .collect();
        let ephemeral = SocketAddr::new(places.carrier.ip(), 0);
        let carrier = bank(
            Bank::Carrier,
            places.carrier,
            vec![line(places.hotline)],
            places.rtp[0],
            seed,
            news,
        )?;
        let desks = bank(Bank::Desks, ephemeral, accounts, places.rtp[1], seed ^ 1, news)?;
        carrier.media().set_prompts(clips);
        desks.media().set_prompts(clips);
        Ok(Self { carrier, desks })
    }

    pub fn tell(&self, bank: Bank, command: PhoneCommand) {
        match bank {
            Bank::Carrier => self.carrier.command(command),
            Bank::Desks => self.desks.command(command),
        };
    }

    /// A citizen dials `called`; the news carry `tag`.
    pub fn dial(&self, tag: u64, from: &str, called: &str) {
        let (account, number, from) = (HOTLINE.to_owned(), called.to_owned(), from.to_owned());
        self.tell(
            Bank::Carrier,
            PhoneCommand::Dial {
                tag,
                account,
                number,
                from,
                ring_for: Duration::from_secs(30),
            },
        );
    }
}

fn bank(
    bank: Bank,
    addr: SocketAddr,
    trunks: Vec<Trunk>,
    rtp: (u16, u16),
    seed: u64,
    news: &mpsc::UnboundedSender<super::Cue>,
) -> anyhow::Result<Driver<Phones>> {
    let news = news.clone();
    let config = Config {
        listen: vec![(Transport::Udp, addr)],
        advertise: None,
        media: MediaConfig::new(addr.ip(), seed),
        settings: PhoneSettings {
            agent: agent(trunks),
            rtp_ports: rtp.0..=rtp.1,
            tells_spurts: false,
        },
        seed,
    };
    let driver = Driver::start(config, move |item: PhoneNews| {
        // At the end of the demo nobody listens any more.
        let _ = news.send(super::Cue::Phone(bank, item));
    })?;
    Ok(driver)
}

fn agent(trunks: Vec<Trunk>) -> AgentSettings {
    AgentSettings {
        udp_port: None,
        tcp_port: None,
        tls_port: None,
        ws_port: None,
        source_for: std::sync::Arc::new(|_| IpAddr::V4(Ipv4Addr::LOCALHOST)),
        realm: "demo".to_owned(),
        trunks,
        users: Vec::new(),
        stranger_rate: 1000,
    }
}

fn line(hotline: SocketAddr) -> Trunk {
    trunk(HOTLINE, hotline, None)
}

fn extension(name: &str, hotline: SocketAddr, password: &str) -> Trunk {
    let (username, password) = (name.to_owned(), password.to_owned());
    let expires = Duration::from_secs(300);
    trunk(
        name,
        hotline,
        Some(Registration {
            username,
            password,
            realm: String::new(),
            expires,
        }),
    )
}

fn trunk(name: &str, hotline: SocketAddr, register: Option<Registration>) -> Trunk {
    Trunk {
        name: name.to_owned(),
        hops: vec![Hop {
            transport: Transport::Udp,
            addr: hotline,
        }],
        domain: hotline.ip().to_string(),
        register,
        numbers: Vec::new(),
        caller_id: String::new(),
        max_calls: 1000,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    }
}
