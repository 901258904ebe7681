//! Who calls: numbers as Chinese networks write them, brought to how they are dialled inside China.
//!
//! Not responsible for whether the caller may call (see `guard`).

use sipx_sip::HeaderName;
use sipx_sip::headers::{Address, From};
use sipx_sip::message::Headers;

use super::compose;
use super::request::user_of;
use super::{Caller, NumberKind};

impl NumberKind {
    /// Of a number as it is dialled or received.
    pub fn of(number: &str) -> Self {
        self::number(number).1
    }
}

/// `+8613912345678` -> `13912345678`, `+865341234567` -> `05341234567`; a bare landline stays, its area is not known.
pub(super) fn number(raw: &str) -> (String, NumberKind) {
    let bare = raw.split(';').next().unwrap_or("").trim();
    if is_anonymous(bare) {
        return (String::new(), NumberKind::Anonymous);
    }
    let compact: String = bare
        .chars()
        .filter(|c| !matches!(c, '-' | '.' | ' ' | '(' | ')'))
        .collect();
    let (plus, digits) = match compact.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, compact.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return (bare.to_owned(), NumberKind::Other);
    }
    if plus {
        return match digits.strip_prefix("86") {
            Some(national) => significant(national),
            None => (format!("00{digits}"), NumberKind::International),
        };
    }
    if let Some(foreign) = digits.strip_prefix("00").filter(|f| f.len() > 6) {
        return match foreign.strip_prefix("86") {
            Some(national) => significant(national),
            None => (digits.to_owned(), NumberKind::International),
        };
    }
    // `86` without a sign only where the rest is a whole national number: 86123456 is a landline.
    match digits.strip_prefix("86").filter(|national| national.len() >= 10) {
        Some(national) => significant(national),
        None => dialled(digits),
    }
}

fn is_anonymous(user: &str) -> bool {
    let lower = user.to_ascii_lowercase();
    lower.is_empty()
        || ["anonymous", "unavailable", "restricted", "unknown", "private"].contains(&lower.as_str())
}

fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && !digits.starts_with("10") && !digits.starts_with("12")
}

/// What follows +86: area codes have lost their 0 there.
fn significant(national: &str) -> (String, NumberKind) {
    if is_mobile(national) || national.starts_with('0') || national.len() <= 6 || is_service(national) {
        return dialled(national);
    }
    (format!("0{national}"), NumberKind::Landline)
}

/// 400 and 800 numbers have no area code.
fn is_service(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

fn dialled(digits: &str) -> (String, NumberKind) {
    if let Some(rest) = digits.strip_prefix('0').filter(|r| is_mobile(r)) {
        return (rest.to_owned(), NumberKind::Mobile);
    }
    let kind = match digits.len() {
        3..=6 => NumberKind::Short,
        _ if is_mobile(digits) => NumberKind::Mobile,
        7 | 8 => NumberKind::Landline,
        10..=12 if digits.starts_with('0') || is_service(digits) => NumberKind::Landline,
        // Area code and short number, as IMS networks write it.
        8..=9 if digits.starts_with('0') => NumberKind::Landline,
        _ => NumberKind::Other,
    };
    (digits.to_owned(), kind)
}

/// A short number is also called with the area code before it.
pub(super) fn is_same_number(ours: &str, called: &str) -> bool {
    if ours == called {
        return true;
    }
    let area = called
        .strip_suffix(ours)
        .filter(|_| (3..=6).contains(&ours.len()));
    area.is_some_and(|a| (3..=4).contains(&a.len()) && a.starts_with('0'))
}

/// The trunk vouches for P-Asserted-Identity; From is what the caller's side says.
pub(super) fn of_request(headers: &Headers) -> Caller {
    let from = headers.typed::<From>().and_then(Result::ok).map(|f| f.0);
    let asserted = addresses(headers, &HeaderName::PAssertedIdentity);
    let known = |a: &&Address| !matches!(number(&user_of(a)).1, NumberKind::Anonymous | NumberKind::Other);
    let best = asserted.iter().find(known).or(asserted.first()).or(from.as_ref());
    let (number, kind) = best.map_or((String::new(), NumberKind::Anonymous), |a| number(&user_of(a)));
    let display = from.iter().chain(&asserted).find_map(display);
    let private = compose::text(headers, &HeaderName::Privacy).is_some_and(|p| {
        p.split([';', ','])
            .any(|v| matches!(v.trim(), "id" | "user" | "header"))
    });
    Caller {
        number,
        display,
        kind,
        private,
    }
}

pub(super) fn of_user(name: &str, headers: &Headers) -> Caller {
    let display = headers
        .typed::<From>()
        .and_then(Result::ok)
        .and_then(|f| display(&f.0));
    let kind = number(name).1;
    Caller {
        number: name.to_owned(),
        display,
        kind,
        private: false,
    }
}

/// The number that the call was first meant for.
pub(super) fn diverted_from(headers: &Headers) -> Option<String> {
    let names = [compose::named("Diversion"), HeaderName::HistoryInfo];
    let first = names
        .iter()
        .find_map(|name| addresses(headers, name).into_iter().next())?;
    Some(number(&user_of(&first)).0).filter(|n| !n.is_empty())
}

/// Every address of a header, also where several stand in one line; one that can't be read is left out.
fn addresses(headers: &Headers, name: &HeaderName) -> Vec<Address> {
    let mut all = Vec::new();
    for header in headers.get_all(name) {
        match Address::parse_list(&header.value(), "address") {
            Ok(list) => all.extend(list),
            Err(_) => all.extend(Address::parse(&header.value(), "address")),
        }
    }
    all
}

fn display(address: &Address) -> Option<String> {
    let raw = address.display_name.as_deref()?;
    let text = decode(raw);
    let clean: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
    Some(clean.trim().to_owned()).filter(|d| !d.is_empty())
}

/// UTF-8 as RFC 3261 has it, or GBK as older Chinese switches send.
fn decode(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling(raw)
            .0
            .into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sipx_sip::{Limits, parse_datagram};

    #[test]
    fn numbers_are_written_as_dialled_inside_china() {
        use NumberKind::*;
        let cases = [
            ("+8613912345678", "13912345678", Mobile),
            ("008613912345678", "13912345678", Mobile),
            ("8613912345678", "13912345678", Mobile),
            ("013912345678", "13912345678", Mobile),
            ("+86-534-1234567", "05341234567", Landline),
            ("865341234567", "05341234567", Landline),
            ("+861012345678", "01012345678", Landline),
            ("01012345678", "01012345678", Landline),
            ("+86053412345", "053412345", Landline),
            ("4001234567", "4001234567", Landline),
            ("+864001234567", "4001234567", Landline),
            ("86123456", "86123456", Landline),
            ("1234567", "1234567", Landline),
            ("12345", "12345", Short),
            ("+8612345", "12345", Short),
            ("+14155550100", "0014155550100", International),
            ("0014155550100", "0014155550100", International),
            ("anonymous", "", Anonymous),
            ("zhang.san", "zhang.san", Other),
        ];
        for (raw, expected, kind) in cases {
            assert_eq!(number(raw), (expected.to_owned(), kind), "{raw}");
        }
    }

    #[test]
    fn short_number_is_ours_with_its_area_code() {
        assert!(is_same_number("12345", "053412345"));
        assert!(is_same_number("12345", "01012345"));
        assert!(!is_same_number("12345", "1012345"));
        assert!(!is_same_number("05345012345", "5012345"));
    }

    fn headers(lines: &[u8]) -> Headers {
        let mut message = b"INVITE sip:12345@h SIP/2.0\r\n".to_vec();
        message.extend_from_slice(lines);
        message.extend_from_slice(b"\r\n");
        let parsed = parse_datagram(message.into(), &Limits::datagram()).expect("test message parses");
        parsed.headers().clone()
    }

    #[test]
    fn asserted_identity_goes_before_from_and_privacy_is_kept() {
        let h = headers(
            b"From: <sip:anonymous@anonymous.invalid>;tag=1\r\n\
              P-Asserted-Identity: <sip:+8613912345678@ims.cn;user=phone>, <tel:+8613912345678>\r\nPrivacy: id\r\n",
        );
        let caller = of_request(&h);
        assert_eq!(
            (caller.number.as_str(), caller.kind),
            ("13912345678", NumberKind::Mobile)
        );
        assert!(caller.private);
    }

    #[test]
    fn tel_uri_and_gbk_display_name_are_read() {
        let mut line = b"From: \"".to_vec();
        line.extend_from_slice(&[0xd5, 0xc5, 0xc8, 0xfd]); // 张三
        line.extend_from_slice(
            b"\" <tel:+86-534-1234567>;tag=1\r\nDiversion: <sip:0534-7654321@h>;reason=no-answer\r\n",
        );
        let h = headers(&line);
        let caller = of_request(&h);
        assert_eq!(caller.display.as_deref(), Some("张三"));
        assert_eq!(caller.number, "05341234567");
        assert_eq!(diverted_from(&h).as_deref(), Some("05347654321"));
    }
}
