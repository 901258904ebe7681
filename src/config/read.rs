//! From TOML to [`Config`], with every fault at once.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use super::*;
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

fn sip(mut section: Section<'_>) -> Sip {
    let listen = section
        .texts("listen")
        .unwrap_or_else(|| ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"].map(Into::into).to_vec());
    let mut listeners = Vec::new();
    for (at, text) in listen.iter().enumerate() {
        match sip_listen(text) {
            Ok(listener) => listeners.push(listener),
            Err(expected) => section.fault(&format!("listen[{at}]"), expected),
        }
    }
    if listen.is_empty() {
        section.fault(
            "listen",
            "expected at least one of udp:, tcp:, tls: or ws:ADDRESS:PORT",
        );
    }
    let advertise = section
        .optional_text("advertise")
        .and_then(|text| match text.parse::<IpAddr>() {
            Ok(address) => Some(address),
            Err(_) => {
                section.fault(
                    "advertise",
                    "expected an IP address, or nothing for that of the route to the peer",
                );
                None
            }
        });
    let ports = section.text_or("rtp_ports", "20000-29999");
    let rtp_ports = port_range(&ports).unwrap_or_else(|| {
        section.fault(
            "rtp_ports",
            "expected FROM-TO with 1024 <= FROM < TO <= 65535 and room for ten calls (40 ports)",
        );
        (20000, 29999)
    });
    let browser_port = browser_port(&mut section, rtp_ports);
    section.finish();
    Sip {
        listen: listeners,
        advertise,
        rtp_ports,
        browser_port,
    }
}

/// The first RTP port unless another is named; one in the midst of the range would meet a call's.
fn browser_port(section: &mut Section<'_>, (from, to): (u16, u16)) -> u16 {
    let port = section.number_or("browser_port", i64::from(from), 1024..=65535);
    let port = u16::try_from(port).unwrap_or(from);
    if port > from && port <= to {
        section.fault(
            "browser_port",
            "expected a UDP port outside rtp_ports, or nothing for the first of them",
        );
    }
    port
}

fn sip_listen(text: &str) -> Result<SipListen, &'static str> {
    let expected = "expected udp:, tcp:, tls: or ws:ADDRESS:PORT";
    let (scheme, address) = text.split_once(':').ok_or(expected)?;
    let transport = match scheme {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" => Transport::Tls,
        "ws" => Transport::Ws,
        _ => return Err(expected),
    };
    let address = address.parse().map_err(|_| expected)?;
    Ok(SipListen { transport, address })
}

/// `FROM-TO`. A call takes up to four ports: RTP and RTCP of two legs.
pub(crate) fn port_range(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (from.trim().parse::<u16>().ok()?, to.trim().parse::<u16>().ok()?);
    (from >= 1024 && to > from && to - from >= 39).then_some((from, to))
}

fn trunks(file: &str, root: &mut Section<'_>) -> Vec<Trunk> {
    let tables = root.tables("trunk");
    let mut names = BTreeSet::new();
    let mut trunks = Vec::new();
    for (path, table) in tables {
        let trunk = trunk(Section::new(file, path.clone(), table, root.faults));
        if !names.insert(trunk.name.clone()) {
            root.faults.add(
                file,
                format!("{path}.name"),
                format!(
                    "there is another trunk named {:?}; expected one name each",
                    trunk.name
                ),
            );
        }
        trunks.push(trunk);
    }
    trunks
}

fn trunk(mut section: Section<'_>) -> Trunk {
    let name = section.text("name", "a short name such as \"carrier\"");
    let peer = section.text("peer", "the next hop, sip:HOST[:PORT]");
    if !peer.is_empty() && !is_sip_uri(&peer) {
        section.fault(
            "peer",
            "expected sip:HOST[:PORT], with ;transport=tcp for TCP (sips: is not in this version)",
        );
    }
    let registration = registration(&mut section);
    let numbers = section.texts("numbers").unwrap_or_default();
    if numbers.is_empty() {
        section.fault(
            "numbers",
            "missing: expected the called numbers that are ours, such as [\"12345\"]",
        );
    }
    if numbers.iter().any(|number| !is_number(number)) {
        section.fault("numbers", "expected digits only, with a leading + at most");
    }
    let caller_id = section.text_or("caller_id", numbers.first().map_or("12345", String::as_str));
    if !is_number(&caller_id) {
        section.fault("caller_id", "expected digits only, with a leading + at most");
    }
    let max_calls = whole(section.number_or("max_calls", 60, 1..=100_000));
    let priority = whole(section.number_or("priority", 1, 0..=1000));
    section.finish();
    Trunk {
        from_anywhere: false,
        name,
        peer,
        registration,
        numbers,
        caller_id,
        max_calls,
        priority,
    }
}

fn registration(section: &mut Section<'_>) -> Option<Registration> {
    let register = section.flag_or("register", false);
    let (username, password) = (
        section.optional_text("username"),
        section.optional_text("password"),
    );
    let realm = section.optional_text("realm");
    let expires = seconds(section.number_or("expires", 3600, 60..=86_400));
    if !register {
        return None;
    }
    for (key, given) in [("username", &username), ("password", &password)] {
        if given.is_none() {
            section.fault(
                key,
                "missing: register is true, expected what the carrier gave you",
            );
        }
    }
    Some(Registration {
        username: username?,
        password: password?,
        realm,
        expires,
    })
}

fn is_sip_uri(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("sip:") else {
        return false;
    };
    let (host, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let transport_known = parameters.split(';').all(|parameter| {
        parameter
            .strip_prefix("transport=")
            .is_none_or(|transport| matches!(transport, "udp" | "tcp"))
    });
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (!host.contains(':') || host.ends_with(']')) => {
            (host, Some(port))
        }
        _ => (host, None),
    };
    let host_known = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "@/?<>\"".contains(c));
    transport_known && host_known && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|byte| byte.is_ascii_digit())
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

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}

/// A number whose range was checked.
fn whole(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
