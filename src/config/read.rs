//! From TOML to [`Config`], with every fault at once.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    sip::{sip, trunks},
    *,
};
use crate::{
    attachments::{Limits, MEGABYTE},
    faults::{self, Faults, Section},
};

/// Reads the file; what cannot be read is a fault too.
pub fn load(file: &Path) -> Result<Config, Faults> {
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&name, &text),
        Err(error) => {
            let mut faults = Faults::default();
            faults.add(&name, "", format!("cannot be read: {error}"));
            Err(faults)
        }
    }
}

pub fn parse(file: &str, text: &str) -> Result<Config, Faults> {
    let mut faults = Faults::default();
    let Some(table) = faults::parse(file, text, &mut faults) else {
        return Err(faults);
    };
    let mut root = Section::new(file, "", table, &mut faults);
    let (attachment_dir, attachment_limits) = attachments(root.section("attachments"));
    let config = Config {
        service: service(root.section("service")),
        database: database(root.section("database")),
        http: http(root.section("http")),
        sip: sip(root.section("sip")),
        trunks: trunks(file, &mut root),
        speech: speech(root.section("speech")),
        recording: recording(root.section("recording")),
        attachment_dir,
        attachment_limits,
        form_font: form_font(root.section("forms")),
        provisioning: provisioning(root.section("provisioning")),
        survey: survey(root.section("survey")),
        dialer: dialer(root.section("dialer")),
        callback: callback(root.section("callback")),
        contact: contact(root.section("contact")),
        notices: super::notices::notices(root.section("notices")),
        sms: super::sms::read(root.section("sms")),
        mail: super::notices::mail(root.section("mail")),
    };
    root.finish();
    faults.check(config)
}

fn service(mut section: Section<'_>) -> Service {
    let data_dir = PathBuf::from(section.text_or("data_dir", "/var/lib/minsheng"));
    if data_dir.is_relative() {
        section.fault("data_dir", "expected an absolute path");
    }
    let drain = seconds(section.number_or("drain_seconds", 120, 0..=3600));
    section.finish();
    Service { data_dir, drain }
}

fn database(mut section: Section<'_>) -> Database {
    let url = section.text_or("url", "sqlite:minsheng.db");
    let known = url
        .strip_prefix("sqlite:")
        .is_some_and(|file| !file.trim_start_matches('/').is_empty())
        || ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
    if !known {
        section.fault(
            "url",
            "expected sqlite:FILE (relative to data_dir) or postgres://user:pass@host/db",
        );
    }
    section.finish();
    Database { url }
}

fn http(mut section: Section<'_>) -> Http {
    let listen = section.text_or("listen", "0.0.0.0:8345");
    let listen = listen.parse().unwrap_or_else(|_| {
        section.fault(
            "listen",
            "expected ADDRESS:PORT such as 0.0.0.0:8345 or [::]:8345",
        );
        SocketAddr::from(([0, 0, 0, 0], 8345))
    });
    let public_url = section.text_or("public_url", "").trim_end_matches('/').to_owned();
    if !public_url.is_empty() && !public_url.starts_with("http://") && !public_url.starts_with("https://") {
        section.fault("public_url", "expected https://HOST[:PORT] or http://HOST[:PORT]");
    }
    let tls = tls(&mut section);
    let metrics_token = section.optional_text("metrics_token");
    let line_from_login_address = section.flag_or("line_from_login_address", true);
    section.finish();
    Http {
        listen,
        public_url,
        tls,
        metrics_token,
        line_from_login_address,
    }
}

fn tls(section: &mut Section<'_>) -> Option<Tls> {
    let cert = section.optional_text("tls_cert");
    let key = section.optional_text("tls_key");
    let tls = match (cert, key) {
        (None, None) => return None,
        (Some(cert), Some(key)) => Tls {
            cert: cert.into(),
            key: key.into(),
        },
        (None, Some(_)) => {
            section.fault(
                "tls_cert",
                "missing: tls_key is given, expected the PEM file of its certificate",
            );
            return None;
        }
        (Some(_), None) => {
            section.fault(
                "tls_key",
                "missing: tls_cert is given, expected the PEM file of its private key",
            );
            return None;
        }
    };
    for (key, message) in super::tls::faults(&tls.cert, &tls.key) {
        section.fault(key, message);
    }
    Some(tls)
}

fn speech(mut section: Section<'_>) -> Speech {
    let model = section.optional_text("model").map(PathBuf::from);
    let language = section.text_or("language", "zh");
    if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
        section.fault("language", "expected a two-letter language such as \"zh\"");
    }
    let threads = whole(section.number_or("threads", 1, 1..=64));
    let live_calls = whole(section.number_or("live_calls", 4, 0..=100));
    let synthesis = synthesis(&mut section);
    section.finish();
    Speech {
        model,
        language,
        threads,
        live_calls,
        synthesis,
    }
}

fn synthesis(section: &mut Section<'_>) -> Option<Synthesis> {
    let url = section.text_or("synthesis_url", "");
    let synthesis = Synthesis {
        key: section
            .optional_text("synthesis_key")
            .filter(|key| !key.is_empty()),
        model: section.text_or("synthesis_model", "tts-1"),
        voice: section.text_or("synthesis_voice", "alloy"),
        timeout: seconds(section.number_or("synthesis_timeout_seconds", 30, 1..=300)),
        url,
    };
    if synthesis.url.is_empty() {
        return None;
    }
    let uri = synthesis.url.parse::<axum::http::Uri>().ok();
    let is_web = |uri: axum::http::Uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    };
    if !uri.is_some_and(is_web) {
        section.fault(
            "synthesis_url",
            "expected the whole address of the endpoint, such as http://10.0.0.5:8880/v1/audio/speech",
        );
    }
    Some(synthesis)
}

fn recording(mut section: Section<'_>) -> Recording {
    let dir = PathBuf::from(section.text_or("dir", "recordings"));
    let keep_days = whole(section.number_or("keep_days", 1095, 1..=36_500));
    section.finish();
    Recording { dir, keep_days }
}

fn attachments(mut section: Section<'_>) -> (PathBuf, Limits) {
    let default = Limits::default();
    let dir = PathBuf::from(section.text_or("dir", "attachments"));
    let mut megabytes = |key: &'static str, default: u64| {
        let default = i64::try_from(default / MEGABYTE).unwrap_or(i64::MAX);
        section.number_or(key, default, 1..=100_000).unsigned_abs() * MEGABYTE
    };
    let (file_bytes, ticket_bytes) = (
        megabytes("max_file_mb", default.file_bytes),
        megabytes("max_ticket_mb", default.ticket_bytes),
    );
    let files = section.number_or("max_files", 60, 1..=1000).unsigned_abs();
    if file_bytes > ticket_bytes {
        section.fault("max_ticket_mb", "expected no less than max_file_mb");
    }
    section.finish();
    let limits = Limits {
        file_bytes,
        ticket_bytes,
        files,
    };
    (dir, limits)
}

fn form_font(mut section: Section<'_>) -> Option<PathBuf> {
    let font = section
        .optional_text("font")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    if font.as_ref().is_some_and(|path| !path.is_file()) {
        section.fault(
            "font",
            "expected a TrueType or OpenType file with Chinese letters, or nothing for the system's",
        );
    }
    section.finish();
    font
}

fn provisioning(mut section: Section<'_>) -> Provisioning {
    let dir = PathBuf::from(section.text_or("dir", super::PROVISIONING_DIR));
    section.finish();
    Provisioning { dir }
}

fn callback(mut section: Section<'_>) -> Callback {
    let automatic = section.flag_or("automatic", true);
    let within = seconds(section.number_or("within_minutes", 120, 5..=1440) * 60);
    section.finish();
    Callback { automatic, within }
}

fn contact(mut section: Section<'_>) -> Contact {
    let return_within = seconds(section.number_or("return_minutes", 120, 0..=1440) * 60);
    section.finish();
    Contact { return_within }
}

fn dialer(mut section: Section<'_>) -> Dialer {
    let default = Dialer::default();
    let at_once = whole(section.number_or("at_once", default.at_once.into(), 1..=1000));
    let reserved_percent =
        whole(section.number_or("reserved_percent", default.reserved_percent.into(), 0..=100));
    section.finish();
    Dialer {
        at_once,
        reserved_percent,
    }
}

fn survey(mut section: Section<'_>) -> Survey {
    let default = Survey::default();
    let permitted_hours = section.flag_or("permitted_hours", default.permitted_hours);
    let first_after = seconds(section.number_or("first_after_minutes", 10, 0..=10_080) * 60);
    let retry_after = retries(&mut section).unwrap_or(default.retry_after);
    let min_attempts = whole(section.number_or("min_attempts", 3, 1..=20));
    let min_days = whole(section.number_or("min_days", 2, 1..=30));
    section.finish();
    Survey {
        permitted_hours,
        first_after,
        retry_after,
        min_attempts,
        min_days,
        ..default
    }
}

fn retries(section: &mut Section<'_>) -> Option<Vec<Duration>> {
    let texts = section.texts("retry_after")?;
    let waits: Option<Vec<_>> = texts.iter().map(|text| wait(text)).collect();
    if waits.as_ref().is_none_or(Vec::is_empty) {
        section.fault("retry_after", "expected waits such as [\"90min\", \"4h\"]");
    }
    waits.filter(|waits| !waits.is_empty())
}

fn wait(text: &str) -> Option<Duration> {
    let (number, unit) = match (text.strip_suffix("min"), text.strip_suffix('h')) {
        (Some(number), _) => (number, 60),
        (None, Some(number)) => (number, 3600),
        _ => return None,
    };
    let number: u64 = number
        .trim()
        .parse()
        .ok()
        .filter(|number| (1..=10_080).contains(number))?;
    Some(Duration::from_secs(number * unit))
}

pub(super) fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}

/// A number whose range was checked.
pub(super) fn whole(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
