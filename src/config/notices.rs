//! Where notices go beside the console: an SMS gateway and a mail server.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Uri};

use crate::faults::Section;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notices {
    /// Minutes of the day between which nobody is woken, except by bands S and A; the end may be on the next day.
    pub quiet: Option<(u16, u16)>,
}

/// An SMS gateway that is asked over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    pub url: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    /// With `{{id}}`, `{{phone}}` and `{{text}}`.
    pub body: String,
    pub timeout: Duration,
    /// What an answer contains that means success, beside a status of 2xx.
    pub success: String,
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

const PLACEHOLDERS: [&str; 3] = ["id", "phone", "text"];

impl Sms {
    /// A template with its values, each written so that it stays one value where it stands.
    pub fn fill(&self, template: &str, content_type: &str, values: &[(&str, &String)]) -> String {
        let mut filled = String::new();
        let mut rest = template;
        // In one pass: a value that contains a placeholder is not filled again.
        while let Some((before, (name, after))) = next_placeholder(rest) {
            filled.push_str(before);
            let value = values.iter().find(|(known, _)| *known == name);
            filled.push_str(
                &value
                    .map(|(_, value)| escape(value, content_type))
                    .unwrap_or_default(),
            );
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

fn next_placeholder(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, (name.trim(), after)))
}

fn escape(value: &str, content_type: &str) -> String {
    if content_type.contains("json") {
        let quoted = serde_json::Value::from(value).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    } else if content_type.contains("urlencoded") {
        let pair = serde_urlencoded::to_string([("", value)]).unwrap_or_default();
        pair.trim_start_matches('=').to_owned()
    } else if content_type.contains("xml") {
        value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
    } else {
        value.to_owned()
    }
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
    section.finish();
    Notices { quiet }
}

fn hours(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let hours = (crate::calendar::minute(from)?, crate::calendar::minute(to)?);
    (hours.0 != hours.1 && hours.0 < 24 * 60).then_some(hours)
}

pub(super) fn sms(mut section: Section<'_>) -> Option<Sms> {
    if section.is_empty() {
        section.finish();
        return None;
    }
    let sms = Sms {
        url: section.text("url", "the gateway's address, https://HOST/PATH"),
        method: section.text_or("method", "POST"),
        headers: section.text_map("headers"),
        content_type: section.text_or("content_type", "application/json"),
        body: section.text_or("body", ""),
        timeout: Duration::from_secs(section.number_or("timeout_seconds", 10, 1..=120).unsigned_abs()),
        success: section.text_or("success", ""),
    };
    check_address(&sms, &mut section);
    check_template(&sms, &mut section);
    section.finish();
    Some(sms)
}

fn check_address(sms: &Sms, section: &mut Section<'_>) {
    let sample = sms.fill(&sms.url, "urlencoded", &[]);
    let known = sample
        .parse::<Uri>()
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    if !sms.url.is_empty() && !known {
        section.fault("url", "expected https://HOST/PATH or http://HOST/PATH");
    }
    if !matches!(sms.method.as_str(), "POST" | "GET" | "PUT") {
        section.fault("method", "expected POST, PUT or GET");
    }
    for (name, value) in &sms.headers {
        let good =
            HeaderName::try_from(name.as_str()).is_ok() && HeaderValue::try_from(value.as_str()).is_ok();
        if !good {
            let expected = "expected a header such as Authorization = \"Bearer …\" in plain ASCII";
            section.fault(&format!("headers.{name}"), expected);
        }
    }
}

fn check_template(sms: &Sms, section: &mut Section<'_>) {
    for (key, template) in [("url", &sms.url), ("body", &sms.body)] {
        let mut rest = template.as_str();
        while let Some((_, (name, after))) = next_placeholder(rest) {
            if !PLACEHOLDERS.contains(&name) {
                let message = format!(
                    "unknown placeholder {{{{{name}}}}}; known: {{{{id}}}} {{{{phone}}}} {{{{text}}}}"
                );
                section.fault(key, message);
            }
            rest = after;
        }
    }
    let whole = format!("{}{}", sms.url, sms.body).replace(' ', "");
    for name in ["phone", "text"] {
        if !whole.contains(&format!("{{{{{name}}}}}")) {
            section.fault(
                "body",
                format!("expected {{{{{name}}}}} somewhere in body or url"),
            );
        }
    }
    if sms.content_type.contains("json") && !sms.body.is_empty() {
        let sample = "1\"2".to_owned();
        let values = PLACEHOLDERS.map(|name| (name, &sample));
        let filled = sms.fill(&sms.body, &sms.content_type, &values);
        if serde_json::from_str::<serde_json::Value>(&filled).is_err() {
            let expected = "expected JSON, with placeholders inside quotes: '{\"phone\":\"{{phone}}\",\"text\":\"{{text}}\"}'";
            section.fault("body", expected);
        }
    }
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
