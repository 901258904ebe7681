//! The configuration file: what is needed to start. What is edited while running (menus, queues, people) lives in the database.

mod notices;
mod read;
mod sip;
pub mod sms;
mod tls;

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::attachments;
pub use notices::{Mail, MailSecurity, Notices};
pub use read::{load, parse};
pub(crate) use sip::port_range;
pub use sms::{Sms, SmsStatus};

/// Where the package puts it.
pub const PROVISIONING_DIR: &str = "/etc/minsheng/provisioning";

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub service: Service,
    pub database: Database,
    pub http: Http,
    pub sip: Sip,
    pub trunks: Vec<Trunk>,
    pub speech: Speech,
    pub recording: Recording,
    /// Where attachments lie, absolute or relative to the data directory: use [`Config::attachments`].
    pub attachment_dir: PathBuf,
    pub attachment_limits: attachments::Limits,
    /// A font with Chinese letters for printed forms; none: what the system has.
    pub form_font: Option<PathBuf>,
    pub provisioning: Provisioning,
    pub survey: Survey,
    pub dialer: Dialer,
    pub callback: Callback,
    pub contact: Contact,
    pub notices: Notices,
    pub sms: Option<Sms>,
    pub mail: Option<Mail>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub data_dir: PathBuf,
    /// How long running calls may go on after SIGTERM.
    pub drain: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// `sqlite:FILE` or `postgres://…`
    pub url: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    pub listen: SocketAddr,
    /// As browsers see it; empty: whatever they typed.
    pub public_url: String,
    /// None: beyond loopback the daemon makes a certificate of its own.
    pub tls: Option<Tls>,
    /// Bearer token for `/metrics` from elsewhere than loopback.
    pub metrics_token: Option<String>,
    /// A session of the office, and with it a desk's audio line, is good only at the address from which it was opened.
    pub line_from_login_address: bool,
}

impl Http {
    /// Reached from this machine only.
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Whether browsers come by https: by a certificate given or of our own, or through a proxy that has one.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some() || !self.is_loopback() || self.public_url.starts_with("https://")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sip {
    pub listen: Vec<SipListen>,
    /// Address in Via, Contact and SDP; `None`: that of the route to the peer.
    pub advertise: Option<IpAddr>,
    pub rtp_ports: (u16, u16),
    /// One UDP port for the audio of all browsers.
    pub browser_port: u16,
}

impl Sip {
    /// The RTP ports that are left for calls: even ones from the first (RFC 3550 section 11).
    pub fn call_ports(&self) -> (u16, u16) {
        let (from, to) = self.rtp_ports;
        if (from..=from.saturating_add(1)).contains(&self.browser_port) {
            (from.saturating_add(2), to)
        } else {
            (from, to)
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SipListen {
    pub transport: Transport,
    pub address: SocketAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    Ws,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Trunk {
    /// Set by the demo alone, never by a file: calls of any address are taken.
    pub from_anywhere: bool,
    pub name: String,
    /// `sip:HOST[:PORT][;transport=tcp]`
    pub peer: String,
    pub registration: Option<Registration>,
    /// Called numbers that are ours.
    pub numbers: Vec<String>,
    pub caller_id: String,
    pub max_calls: u32,
    /// The lowest is tried first.
    pub priority: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub username: String,
    pub password: String,
    /// `None`: whatever realm the registrar names.
    pub realm: Option<String>,
    pub expires: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    /// As configured; where else a model is looked for is the transcriber's matter.
    pub model: Option<PathBuf>,
    pub language: String,
    pub threads: u32,
    /// Calls transcribed while they go on; 0: none.
    pub live_calls: u32,
    /// Who speaks prompts from their text; none: nobody does.
    pub synthesis: Option<Synthesis>,
}

/// A speech endpoint as OpenAI's, of the county's own network or elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synthesis {
    pub url: String,
    pub key: Option<String>,
    pub model: String,
    pub voice: String,
    pub timeout: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Absolute, or relative to the data directory: use [`Config::recordings`].
    pub dir: PathBuf,
    pub keep_days: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Provisioning {
    pub dir: PathBuf,
}

/// How the county calls a citizen back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Only within the schedule "survey".
    pub permitted_hours: bool,
    /// Wait before the first call.
    pub first_after: Duration,
    /// Waits after the first, second, … call that brought no answer; the last one repeats.
    pub retry_after: Vec<Duration>,
    /// Given up only after this many calls …
    pub min_attempts: u32,
    /// … spread over this many days.
    pub min_days: u32,
    /// A call that never reports its end is given up after this long.
    pub lost_after: Duration,
}

impl Default for Survey {
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Self {
            permitted_hours: true,
            first_after: Duration::from_secs(600),
            retry_after: vec![hours(2), hours(4)],
            min_attempts: 3,
            min_days: 2,
            lost_after: Duration::from_secs(1800),
        }
    }
}

/// Calling back whose calls were missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Whenever an operator is free; else operators do it from the list.
    pub automatic: bool,
    /// Within which a citizen is to be called back; by it the rate is measured.
    pub within: Duration,
}

impl Default for Callback {
    fn default() -> Self {
        Self {
            automatic: true,
            within: Duration::from_secs(2 * 3600),
        }
    }
}

/// Masked contacts of clerks with citizens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// A citizen who rings back within this time is put through to the same clerk.
    pub return_within: Duration,
}

impl Default for Contact {
    fn default() -> Self {
        Self {
            return_within: Duration::from_secs(2 * 3600),
        }
    }
}

/// How much of the trunks the hotline's own calls may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialer {
    /// Calls of ours at the same time.
    pub at_once: u32,
    /// Of all channels, kept free for citizens who call in.
    pub reserved_percent: u32,
}

impl Default for Dialer {
    fn default() -> Self {
        Self {
            at_once: 20,
            reserved_percent: 30,
        }
    }
}

impl Config {
    /// Where the recordings are.
    pub fn recordings(&self) -> PathBuf {
        self.service.data_dir.join(&self.recording.dir)
    }

    /// Where the attachments are.
    pub fn attachments(&self) -> PathBuf {
        self.service.data_dir.join(&self.attachment_dir)
    }

    /// Defaults with everything below `data_dir`, on loopback: what the demo and the tests start from.
    pub fn local(data_dir: &Path) -> Self {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        Self {
            service: Service {
                data_dir: data_dir.to_owned(),
                drain: Duration::from_secs(5),
            },
            database: Database {
                url: "sqlite:minsheng.db".into(),
            },
            http: Http {
                listen: SocketAddr::new(loopback, 8345),
                public_url: String::new(),
                tls: None,
                metrics_token: None,
                line_from_login_address: true,
            },
            sip: Sip {
                listen: [Transport::Udp, Transport::Tcp]
                    .map(|transport| SipListen {
                        transport,
                        address: SocketAddr::new(loopback, 5060),
                    })
                    .to_vec(),
                advertise: None,
                rtp_ports: (20000, 23999),
                browser_port: 20000,
            },
            trunks: Vec::new(),
            speech: Speech {
                model: None,
                language: "zh".into(),
                threads: 1,
                live_calls: 4,
                synthesis: None,
            },
            recording: Recording {
                dir: "recordings".into(),
                keep_days: 1095,
            },
            attachment_dir: "attachments".into(),
            attachment_limits: attachments::Limits::default(),
            form_font: None,
            provisioning: Provisioning {
                dir: "provisioning".into(),
            },
            survey: Survey::default(),
            dialer: Dialer::default(),
            callback: Callback::default(),
            contact: Contact::default(),
            notices: Notices::default(),
            sms: None,
            mail: None,
        }
    }
}

#[cfg(test)]
mod tests;
