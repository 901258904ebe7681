//! The SMS gateway: how it is asked, and how its answers are read.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Uri};

use crate::faults::Section;

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
    pub status: Option<SmsStatus>,
}

/// How the gateway is asked what became of a message, where it can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsStatus {
    /// With `{{id}}`, like `body`.
    pub url: String,
    pub method: String,
    pub body: String,
    /// What an answer contains when the gateway has the message.
    pub taken: String,
    /// What it contains when it never had it; a 404 says so as well.
    pub unknown: String,
}

const PLACEHOLDERS: [&str; 3] = ["id", "phone", "text"];

/// A template with its values, each written so that it stays one value where it stands.
pub fn fill(template: &str, content_type: &str, values: &[(&str, &String)]) -> String {
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

pub(super) fn read(mut section: Section<'_>) -> Option<Sms> {
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
        status: None,
    };
    check_request(&sms.url, &sms.method, &mut section);
    check_headers(&sms, &mut section);
    for (key, template) in [("url", &sms.url), ("body", &sms.body)] {
        check_names(key, template, &PLACEHOLDERS, &mut section);
    }
    check_template(&sms, &mut section);
    let status = status(section.section("status"));
    section.finish();
    Some(Sms { status, ..sms })
}

fn status(mut section: Section<'_>) -> Option<SmsStatus> {
    if section.is_empty() {
        section.finish();
        return None;
    }
    let status = SmsStatus {
        url: section.text("url", "where the gateway is asked, https://HOST/PATH"),
        method: section.text_or("method", "GET"),
        body: section.text_or("body", ""),
        taken: section.text(
            "taken",
            "what an answer contains when the gateway has the message",
        ),
        unknown: section.text_or("unknown", ""),
    };
    check_request(&status.url, &status.method, &mut section);
    for (key, template) in [("url", &status.url), ("body", &status.body)] {
        check_names(key, template, &PLACEHOLDERS[..1], &mut section);
    }
    let whole = format!("{}{}", status.url, status.body).replace(' ', "");
    if !status.url.is_empty() && !whole.contains("{{id}}") {
        section.fault("url", "expected {{id}} somewhere in body or url");
    }
    section.finish();
    Some(status)
}

fn check_request(url: &str, method: &str, section: &mut Section<'_>) {
    let sample = fill(url, "urlencoded", &[]);
    let known = sample
        .parse::<Uri>()
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    if !url.is_empty() && !known {
        section.fault("url", "expected https://HOST/PATH or http://HOST/PATH");
    }
    if !matches!(method, "POST" | "GET" | "PUT") {
        section.fault("method", "expected POST, PUT or GET");
    }
}

fn check_headers(sms: &Sms, section: &mut Section<'_>) {
    for (name, value) in &sms.headers {
        let good =
            HeaderName::try_from(name.as_str()).is_ok() && HeaderValue::try_from(value.as_str()).is_ok();
        if !good {
            let expected = "expected a header such as Authorization = \"Bearer …\" in plain ASCII";
            section.fault(&format!("headers.{name}"), expected);
        }
    }
}

fn check_names(key: &str, template: &str, known: &[&str], section: &mut Section<'_>) {
    let mut rest = template;
    while let Some((_, (name, after))) = next_placeholder(rest) {
        if !known.contains(&name) {
            let known: Vec<_> = known.iter().map(|name| format!("{{{{{name}}}}}")).collect();
            let message = format!("unknown placeholder {{{{{name}}}}}; known: {}", known.join(" "));
            section.fault(key, message);
        }
        rest = after;
    }
}

/// Phone and text must be sent, and what is said to be JSON must stay it.
fn check_template(sms: &Sms, section: &mut Section<'_>) {
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
        let filled = fill(&sms.body, &sms.content_type, &values);
        if serde_json::from_str::<serde_json::Value>(&filled).is_err() {
            let expected = "expected JSON, with placeholders inside quotes: '{\"phone\":\"{{phone}}\",\"text\":\"{{text}}\"}'";
            section.fault("body", expected);
        }
    }
}
