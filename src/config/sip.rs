//! `[sip]` and the `[[trunks]]`.

use std::{collections::BTreeSet, net::IpAddr};

use super::{
    read::{seconds, whole},
    *,
};
use crate::faults::Section;

pub(super) fn sip(mut section: Section<'_>) -> Sip {
    let listen = section
        .texts("listen")
        .unwrap_or_else(|| ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"].map(Into::into).to_vec());
    let ports = section.text_or("rtp_ports", "20000-29999");
    let rtp_ports = port_range(&ports).unwrap_or_else(|| {
        section.fault(
            "rtp_ports",
            "expected FROM-TO with 1024 <= FROM < TO <= 65535 and room for ten calls (40 ports)",
        );
        (20000, 29999)
    });
    let is_for_calls = |listener: &SipListen| {
        listener.transport == Transport::Udp && (rtp_ports.0..=rtp_ports.1).contains(&listener.address.port())
    };
    let mut listeners = Vec::new();
    for (at, text) in listen.iter().enumerate() {
        match sip_listen(text) {
            Ok(listener) if is_for_calls(&listener) => section.fault(
                &format!("listen[{at}]"),
                "expected a UDP port outside rtp_ports, which are the calls'",
            ),
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

pub(super) fn trunks(file: &str, root: &mut Section<'_>) -> Vec<Trunk> {
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
