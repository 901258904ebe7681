//! The names and addresses by which a browser may call this machine.

use std::{collections::BTreeSet, net::IpAddr};

use crate::config::Http;

/// Sorted, so that the same machine has the same list.
pub(super) fn of(http: &Http) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.extend(host(&http.public_url).map(str::to_owned));
    // A machine without a name of its own is called by its address.
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    names.extend(Some(hostname.trim().to_owned()).filter(|name| is_host(name)));
    let listen = http.listen.ip();
    if listen.is_unspecified() {
        names.extend(own_addresses().iter().map(IpAddr::to_string));
    } else {
        names.insert(listen.to_string());
    }
    names
}

fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the machine's addresses are not known: its certificate names none");
        Vec::new()
    });
    let addresses = interfaces.iter().filter(|interface| !interface.is_link_local());
    addresses.map(if_addrs::Interface::ip).collect()
}

/// The host of a URL; none for one that no certificate can name.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next()?,
        None => authority.split(':').next()?,
    };
    is_host(host).then_some(host)
}

fn is_host(text: &str) -> bool {
    let is_name = !text.is_empty()
        && text.len() <= 253
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    is_name || text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url_is_what_stands_between_the_slashes() {
        assert_eq!(host("https://12345.example.gov.cn"), Some("12345.example.gov.cn"));
        assert_eq!(host("https://10.0.0.2:8345/a"), Some("10.0.0.2"));
        assert_eq!(host("https://[2001:db8::1]:8345"), Some("2001:db8::1"));
        assert_eq!(host(""), None);
        assert_eq!(host("https://热线.example"), None);
    }

    #[test]
    fn the_machine_itself_is_always_named() {
        let http = Http {
            listen: "0.0.0.0:8345".parse().expect("address"),
            public_url: "https://12345.example.gov.cn".into(),
            ..crate::config::Config::local(std::path::Path::new("/tmp")).http
        };
        let names = of(&http);
        assert!(
            ["localhost", "127.0.0.1", "12345.example.gov.cn"]
                .iter()
                .all(|name| names.contains(*name))
        );
        let one = of(&Http {
            listen: "192.0.2.7:8345".parse().expect("address"),
            ..http
        });
        assert!(one.contains("192.0.2.7"));
    }
}
