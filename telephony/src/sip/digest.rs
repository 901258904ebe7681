//! Digest authentication (RFC 7616, RFC 8760): nonces and the check for our registrar, answers for our trunks.
//!
//! Not responsible for what an authenticated user may do.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use md5::Md5;
use sha2::{Digest, Sha256};
use sipx_sip::auth::{self, Challenge, Credentials};
use sipx_sip::{Header, HeaderName, Request, Response};

use super::User;
use super::agent::Agent;
use super::compose::{self, put};
use super::transaction::{Key, Purpose};

const NONCE_LIFE: Duration = Duration::from_secs(300);
const MAX_NONCES: usize = 20_000;

/// Nonces carry their own birth and seal, so that a flood of challenges costs no memory;
/// only one that was used with a right password is remembered, for its count.
pub(super) struct Nonces {
    start: Instant,
    secret: [u8; 16],
    counts: HashMap<String, u32>,
}

impl Nonces {
    pub(super) fn new(start: Instant, secret: [u8; 16]) -> Nonces {
        Nonces {
            start,
            secret,
            counts: HashMap::new(),
        }
    }

    fn seal(&self, body: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(body);
        hex(&hash.finalize())[..24].to_owned()
    }

    fn issue(&self, now: Instant, salt: &str) -> String {
        let body = format!(
            "{:x}-{salt}",
            now.saturating_duration_since(self.start).as_millis()
        );
        let seal = self.seal(&body);
        format!("{body}-{seal}")
    }

    /// Whether we issued it, and lately.
    fn is_fresh(&self, now: Instant, nonce: &str) -> bool {
        let Some((body, seal)) = nonce.rsplit_once('-') else {
            return false;
        };
        let born = body
            .split('-')
            .next()
            .and_then(|b| u64::from_str_radix(b, 16).ok());
        let age = now.saturating_duration_since(self.start).as_millis();
        let life = NONCE_LIFE.as_millis();
        self.seal(body) == seal && born.is_some_and(|b| age.saturating_sub(u128::from(b)) <= life)
    }

    /// RFC 7616 section 3.4: a count that does not grow is a replay.
    fn count(&mut self, now: Instant, nonce: &str, count: u32) -> bool {
        if self.counts.len() >= MAX_NONCES {
            let counts = std::mem::take(&mut self.counts);
            self.counts = counts
                .into_iter()
                .filter(|(n, _)| self.is_fresh(now, n))
                .collect();
        }
        let last = self.counts.entry(nonce.to_owned()).or_insert(0);
        let grows = count > *last;
        *last = count.max(*last);
        grows
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    fn hash(self, text: &str) -> String {
        match self {
            Algorithm::Md5 => hex(&Md5::digest(text)),
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

/// HA1 of RFC 7616 section 3.4.2, as a `User` keeps it: first for MD5, then for SHA-256.
pub fn ha1(name: &str, realm: &str, password: &str) -> (String, String) {
    let text = format!("{name}:{realm}:{password}");
    (Algorithm::Md5.hash(&text), Algorithm::Sha256.hash(&text))
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verified {
    User(String),
    /// No credentials for our realm.
    Missing,
    /// Right password, but the nonce is old or its count was seen: ask again.
    Stale,
    Wrong(String),
}

impl Agent {
    pub(super) fn verify(&mut self, now: Instant, request: &Request) -> Verified {
        let Some(given) = credentials(request, &self.settings.realm) else {
            return Verified::Missing;
        };
        let field = |name: &str| given.get(name).cloned().unwrap_or_default();
        let (name, nonce) = (field("username"), field("nonce"));
        let right = self
            .settings
            .users
            .iter()
            .find(|u| u.name == name)
            .is_some_and(|user| {
                expected(user, &given, request).is_some_and(|e| e.eq_ignore_ascii_case(&field("response")))
            });
        if !right {
            return Verified::Wrong(name);
        }
        // Without qop there is no count: such a nonce is good for one request.
        let count = u32::from_str_radix(&field("nc"), 16).unwrap_or(u32::MAX);
        if !self.nonces.is_fresh(now, &nonce) || !self.nonces.count(now, &nonce, count) {
            return Verified::Stale;
        }
        Verified::User(name)
    }

    /// 401 with both algorithms. MD5 stands first because older phones read only the first and know only that;
    /// one that ranks by strength takes SHA-256 wherever it stands.
    pub(super) fn challenge(&mut self, now: Instant, key: &Key, request: &Request, stale: bool) {
        let (tag, salt) = (self.token(), self.token());
        let nonce = self.nonces.issue(now, &salt);
        let mut response = compose::response_to(request, 401, "", Some(&tag));
        for algorithm in algorithms(request) {
            let stale = if stale { ", stale=true" } else { "" };
            let realm = compose::quoted(&self.settings.realm);
            let value = format!(
                "Digest realm={realm}, nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}"
            );
            put(&mut response.headers, HeaderName::WwwAuthenticate, value);
        }
        self.respond(now, key, response);
    }

    /// Answers a challenge to a request of ours by sending it again with credentials; false if we have none to offer.
    pub(super) fn authorize(&mut self, now: Instant, key: &Key, response: &Response) -> bool {
        if !matches!(response.status.code(), 401 | 407) {
            return false;
        }
        let Some((purpose, hop)) = self
            .transactions
            .clients
            .get(key)
            .map(|c| (c.purpose.clone(), c.hop))
        else {
            return false;
        };
        let Some(mut request) = self.transactions.layer.client_request(key).cloned() else {
            return false;
        };
        let Some((name, account)) = self.account_for(&purpose) else {
            return false;
        };
        let Some(challenge) = strongest(response, &account.realm) else {
            return false;
        };
        let header = challenge.response_header();
        if request.headers.get(&header).is_some() && !challenge.stale {
            return false;
        }
        let cnonce = self.token();
        let count = self.next_nonce_count(&name, &challenge.nonce);
        let credentials = Credentials::new(account.username, account.password);
        let uri = request.uri.to_string();
        let value = auth::respond(
            &challenge,
            &credentials,
            &request.method.to_string(),
            &uri,
            count,
            &cnonce,
        );
        compose::replace(&mut request.headers, &header, value);
        self.resend(now, hop, purpose, request);
        true
    }

    fn account_for(&self, purpose: &Purpose) -> Option<(String, super::Registration)> {
        let name = match purpose {
            Purpose::Register(name) | Purpose::Options(name) => Some(name.as_str()),
            Purpose::Invite(id) | Purpose::Reinvite(id) | Purpose::Update(id) | Purpose::Bye(id) => {
                self.legs.get(id).and_then(|l| l.trunk())
            }
            _ => None,
        }?;
        let line = self.trunks.iter().find(|t| t.settings.name == name)?;
        Some((name.to_owned(), line.settings.register.clone()?))
    }

    /// A new transaction of its own: next sequence number, new branch.
    fn resend(&mut self, now: Instant, hop: super::Hop, purpose: Purpose, mut request: Request) {
        if let Purpose::Invite(id) = purpose {
            return self.resend_invite(now, id, request);
        }
        let method = request.method.clone();
        let cseq = match &purpose {
            Purpose::Register(name) | Purpose::Options(name) => self.next_trunk_cseq(name),
            Purpose::Reinvite(id) | Purpose::Update(id) | Purpose::Bye(id) => {
                self.legs.get_mut(id).map(|l| {
                    l.dialog.local_cseq += 1;
                    l.dialog.local_cseq
                })
            }
            _ => None,
        };
        let Some(cseq) = cseq else { return };
        let via = self.via(hop);
        compose::replace(
            &mut request.headers,
            &HeaderName::CSeq,
            format!("{cseq} {method}"),
        );
        request.headers.remove_all(&HeaderName::Via);
        if let Ok(header) = Header::build(HeaderName::Via, via) {
            request.headers.push_front(header);
        }
        self.send_request(now, hop, request, purpose);
    }
}

/// Baresip before 3.12 gives up at the first challenge that it cannot answer, wherever that stands: it is offered MD5 alone.
const MD5_ONLY: [&[u8]; 4] = [b"baresip v0.", b"baresip v1.", b"baresip v2.", b"baresip v3."];

fn algorithms(request: &Request) -> &'static [&'static str] {
    let phone = request.headers.value(&HeaderName::UserAgent);
    if phone.is_some_and(|phone| MD5_ONLY.iter().any(|old| phone.starts_with(old))) {
        return &["MD5"];
    }
    &["MD5", "SHA-256"]
}

fn strongest(response: &Response, realm: &str) -> Option<Challenge> {
    let of = |name: &HeaderName, proxy: bool| -> Vec<Challenge> {
        let values = response.headers.get_all(name);
        values
            .filter_map(|h| Challenge::parse(&h.value(), proxy))
            .collect()
    };
    let mut all = of(&HeaderName::WwwAuthenticate, false);
    all.extend(of(&HeaderName::ProxyAuthenticate, true));
    all.retain(|c| realm.is_empty() || c.realm == realm);
    auth::strongest(all)
}

fn expected(user: &User, given: &HashMap<String, String>, request: &Request) -> Option<String> {
    let field = |name: &str| given.get(name).map_or("", String::as_str);
    let (algorithm, ha1) = match field("algorithm").to_ascii_uppercase().as_str() {
        "" | "MD5" => (Algorithm::Md5, &user.ha1_md5),
        "SHA-256" => (Algorithm::Sha256, &user.ha1_sha256),
        _ => return None,
    };
    // The credentials are for this request only (section 3.4.6).
    let uri = sipx_sip::Uri::parse(Bytes::copy_from_slice(field("uri").as_bytes())).ok()?;
    if ha1.is_empty() || !(uri.equivalent(&request.uri) || field("uri") == request.uri.to_string()) {
        return None;
    }
    let ha2 = algorithm.hash(&format!("{}:{}", request.method, field("uri")));
    let nonce = field("nonce");
    Some(match field("qop") {
        "" => algorithm.hash(&format!("{ha1}:{nonce}:{ha2}")),
        "auth" => algorithm.hash(&format!(
            "{ha1}:{nonce}:{}:{}:auth:{ha2}",
            field("nc"),
            field("cnonce")
        )),
        _ => return None,
    })
}

/// The credentials for our realm, wherever they stand.
fn credentials(request: &Request, realm: &str) -> Option<HashMap<String, String>> {
    [HeaderName::Authorization, HeaderName::ProxyAuthorization]
        .iter()
        .find_map(|name| {
            request.headers.get_all(name).find_map(|header| {
                let value = String::from_utf8_lossy(&header.value()).into_owned();
                let (scheme, rest) = value.split_once(' ')?;
                let fields = parameters(rest);
                let ours = scheme.eq_ignore_ascii_case("Digest")
                    && fields.get("realm").map(String::as_str) == Some(realm);
                ours.then_some(fields)
            })
        })
}

/// `name=value, name="quoted, value"`.
fn parameters(text: &str) -> HashMap<String, String> {
    let mut fields = HashMap::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, tail) = take_value(after.trim_start());
        fields.insert(name.trim_matches([',', ' ', '\t']).to_ascii_lowercase(), value);
        rest = tail;
    }
    fields
}

fn take_value(text: &str) -> (String, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &inner[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            _ => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_commas_and_escapes_inside_quotes() {
        let fields = parameters(r#"username="a\"b, c", realm="r", nc=00000001,qop=auth"#);
        assert_eq!(fields["username"], "a\"b, c");
        assert_eq!(fields["nc"], "00000001");
        assert_eq!(fields["qop"], "auth");
    }

    #[test]
    fn ha1_is_that_of_rfc_7616_section_3_9() {
        let (md5, sha256) = ha1("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(md5, "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(
            sha256,
            "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"
        );
    }
}
