//! Notices beside the console: when, and by which mail server. The SMS gateway is in `sms.rs`.

use std::time::Duration;

use crate::faults::Section;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notices {
    /// Minutes of the day between which nobody is woken, except by bands S and A; the end may be on the next day.
    pub quiet: Option<(u16, u16)>,
    /// Citizens are told by SMS how their matter stands.
    pub citizens: bool,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            quiet: None,
            citizens: true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub server: String,
    pub port: u16,
    pub security: MailSecurity,
    pub login: Option<(String, String)>,
    pub from: String,
    pub timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    Tls,
    StartTls,
    None,
}

pub(super) fn notices(mut section: Section<'_>) -> Notices {
    let quiet = section.optional_text("quiet_hours").and_then(|text| {
        let hours = hours(&text);
        if hours.is_none() {
            section.fault(
                "quiet_hours",
                "expected FROM-TO such as \"22:00-07:00\", or nothing for none",
            );
        }
        hours
    });
    let citizens = section.flag_or("citizens", true);
    section.finish();
    Notices { quiet, citizens }
}

fn hours(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let hours = (crate::calendar::minute(from)?, crate::calendar::minute(to)?);
    (hours.0 != hours.1 && hours.0 < 24 * 60).then_some(hours)
}

pub(super) fn mail(mut section: Section<'_>) -> Option<Mail> {
    if section.is_empty() {
        section.finish();
        return None;
    }
    let server = section.text("server", "the name of the mail server");
    let security = match section.text_or("security", "tls").as_str() {
        "tls" => MailSecurity::Tls,
        "starttls" => MailSecurity::StartTls,
        "none" => MailSecurity::None,
        _ => {
            section.fault("security", "expected tls, starttls or none");
            MailSecurity::Tls
        }
    };
    let usual = match security {
        MailSecurity::Tls => 465,
        MailSecurity::StartTls => 587,
        MailSecurity::None => 25,
    };
    let port = u16::try_from(section.number_or("port", usual, 1..=65535)).unwrap_or(25);
    let login = login(&mut section);
    let from = section.text("from", "the sender, \"12345热线 <12345@example.gov.cn>\"");
    if !from.is_empty() && from.parse::<lettre::message::Mailbox>().is_err() {
        section.fault(
            "from",
            "expected an address such as \"12345热线 <12345@example.gov.cn>\"",
        );
    }
    let timeout = Duration::from_secs(section.number_or("timeout_seconds", 20, 1..=120).unsigned_abs());
    section.finish();
    Some(Mail {
        server,
        port,
        security,
        login,
        from,
        timeout,
    })
}

fn login(section: &mut Section<'_>) -> Option<(String, String)> {
    let (username, password) = (
        section.optional_text("username"),
        section.optional_text("password"),
    );
    match (username, password) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        (None, Some(_)) => {
            section.fault("username", "missing: password is given");
            None
        }
        (Some(_), None) => {
            section.fault("password", "missing: username is given");
            None
        }
    }
}
