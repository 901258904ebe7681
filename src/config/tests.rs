use super::*;

fn faults(text: &str) -> Vec<(String, String)> {
    match parse("minsheng.toml", text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .0
            .into_iter()
            .map(|fault| (fault.key, fault.message))
            .collect(),
    }
}

#[test]
fn the_sample_in_packaging_is_a_valid_configuration() {
    let text = include_str!("../../packaging/minsheng.toml");
    let config = parse("minsheng.toml", text).expect("valid");
    assert_eq!(config.http.listen.port(), 8345);
    assert_eq!(config.sip.rtp_ports, (20000, 29999));
    assert_eq!(config.trunks.len(), 1);
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = parse("minsheng.toml", "").expect("valid");
    assert_eq!(config.service.drain, Duration::from_secs(120));
    assert_eq!(config.recordings(), PathBuf::from("/var/lib/minsheng/recordings"));
    assert_eq!(config.sip.listen.len(), 2);
    assert!(config.http.line_from_login_address);
}

#[test]
fn the_line_may_be_given_to_any_address() {
    let config = parse("minsheng.toml", "[http]\nline_from_login_address = false").expect("valid");
    assert!(!config.http.line_from_login_address);
}

#[test]
fn every_fault_is_named_at_once_with_its_key() {
    let text = r#"
        typo = 1
        [service]
        data_dir = "var"
        drain_seconds = "long"
        [database]
        url = "mysql://x"
        [http]
        listen = "8345"
        tls_cert = "/nowhere/cert.pem"
        [sip]
        listen = ["sctp:0.0.0.0:5061", "udp:nowhere"]
        rtp_ports = "30000-20000"
        colour = "red"
        [[trunk]]
        name = "a"
        peer = "tel:12345"
        register = true
        [[trunk]]
        name = "a"
        peer = "sip:10.0.0.1"
        numbers = ["12345", "abc"]
        max_calls = 0
        [speech]
        threads = 0
    "#;
    let keys: Vec<String> = faults(text).into_iter().map(|(key, _)| key).collect();
    for key in [
        "typo",
        "service.data_dir",
        "service.drain_seconds",
        "database.url",
        "http.listen",
        "http.tls_key",
        "sip.listen[0]",
        "sip.listen[1]",
        "sip.rtp_ports",
        "sip.colour",
        "trunk[0].peer",
        "trunk[0].username",
        "trunk[0].password",
        "trunk[0].numbers",
        "trunk[1].name",
        "trunk[1].numbers",
        "trunk[1].max_calls",
        "speech.threads",
    ] {
        assert!(keys.iter().any(|found| found == key), "{key} not in {keys:?}");
    }
    assert_eq!(keys.len(), 18, "{keys:?}");
}

#[test]
fn the_hotline_does_not_listen_where_its_calls_are_heard() {
    let text = "[sip]\nrtp_ports = \"20000-20199\"\nlisten = [\"udp:0.0.0.0:20100\", \"tcp:0.0.0.0:20100\", \"udp:0.0.0.0:20200\"]";
    let found = faults(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "sip.listen[0]");
}

#[test]
fn text_that_is_not_toml_is_a_fault_with_its_line() {
    assert_eq!(faults("[sip]\nlisten = [")[0].0, "line 2");
}

#[test]
fn telephones_are_listened_for_in_four_ways() {
    let text = "[sip]\nlisten = [\"udp:0.0.0.0:5060\", \"tcp:[::]:5060\", \"tls:0.0.0.0:5061\", \"ws:127.0.0.1:5062\"]";
    let config = parse("minsheng.toml", text).expect("no fault");
    let kinds: Vec<_> = config.sip.listen.iter().map(|listen| listen.transport).collect();
    assert_eq!(
        kinds,
        [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws]
    );
    let (key, message) = faults("[sip]\nlisten = [\"wss:0.0.0.0:5062\"]").remove(0);
    assert_eq!(key, "sip.listen[0]");
    assert!(message.contains("tls: or ws:"), "{message}");
}

#[test]
fn a_peer_may_be_a_name_an_address_or_an_address_of_version_six() {
    for peer in [
        "sip:carrier.example.cn",
        "sip:10.0.0.1:5060",
        "sip:[2001:db8::1]:5060;transport=tcp",
    ] {
        let text = format!("[[trunk]]\nname = \"a\"\npeer = \"{peer}\"\nnumbers = [\"12345\"]");
        assert_eq!(faults(&text), [], "{peer}");
    }
    for peer in [
        "sip:",
        "sip:a b",
        "sip:host:0",
        "sip:host:99999",
        "sip:host;transport=tls",
        "10.0.0.1",
    ] {
        let text = format!("[[trunk]]\nname = \"a\"\npeer = \"{peer}\"\nnumbers = [\"12345\"]");
        assert_eq!(faults(&text).len(), 1, "{peer}");
    }
}

#[test]
fn a_gateway_and_a_mail_server_are_read_and_their_faults_named() {
    let good = r#"
        [notices]
        quiet_hours = "22:00-07:00"
        citizens = false
        [sms]
        url = "http://10.0.0.9/send?to={{phone}}"
        headers = { Authorization = "Bearer x" }
        body = '{"text":"{{text}}"}'
        [sms.status]
        url = "http://10.0.0.9/status?id={{id}}"
        taken = "yes"
        [mail]
        server = "smtp.example.cn"
        security = "starttls"
        from = "12345 <a@example.cn>"
    "#;
    let config = parse("minsheng.toml", good).expect("valid");
    assert_eq!(config.notices.quiet, Some((22 * 60, 7 * 60)));
    assert!(!config.notices.citizens);
    assert_eq!(config.mail.map(|mail| mail.port), Some(587));
    let sms = config.sms.expect("a gateway");
    assert_eq!(
        sms.status.as_ref().map(|status| status.method.as_str()),
        Some("GET")
    );
    let (phone, text) = ("1 2".to_owned(), "他说\"好\" {{phone}}".to_owned());
    let values = [("phone", &phone), ("text", &text)];
    assert_eq!(
        sms::fill(&sms.url, "urlencoded", &values),
        "http://10.0.0.9/send?to=1+2"
    );
    assert_eq!(
        sms::fill(&sms.body, &sms.content_type, &values),
        r#"{"text":"他说\"好\" {{phone}}"}"#,
        "what a text says is not filled in again"
    );
    let bad = r#"
        [notices]
        quiet_hours = "late"
        [sms]
        url = "ftp://x"
        method = "SING"
        body = '{"text":{{text}},"who":"{{name}}"}'
        [sms.status]
        url = "https://10.0.0.9/status"
        [mail]
        security = "some"
        username = "x"
        from = "nobody"
    "#;
    let keys: Vec<_> = faults(bad).into_iter().map(|(key, _)| key).collect();
    let expected = [
        "notices.quiet_hours",
        "sms.url",
        "sms.method",
        "sms.body",
        "sms.body",
        "sms.body",
        "sms.status.taken",
        "sms.status.url",
        "mail.server",
        "mail.security",
        "mail.password",
        "mail.from",
    ];
    assert_eq!(keys, expected);
}
