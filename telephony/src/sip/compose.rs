//! Building blocks of messages: header fields, bodies, addresses.
//!
//! Not responsible for which message is sent when.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sipx_sip::headers::{Address, ContentType};
use sipx_sip::message::{Header, Headers};
use sipx_sip::{HeaderName, Request, Response, StatusCode};

use super::Transport;

pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REGISTER";
pub(super) const SUPPORTED: &str = "100rel, timer";
pub(super) const USER_AGENT: &str = concat!("minsheng/", env!("CARGO_PKG_VERSION"));

/// Adds a field; one that would break the framing (CR, LF, NUL or no token as its name) is left out.
pub(super) fn put(headers: &mut Headers, name: HeaderName, value: impl Into<Bytes>) {
    if let Ok(header) = Header::build(name, value) {
        headers.push(header);
    }
}

pub(super) fn replace(headers: &mut Headers, name: &HeaderName, value: impl Into<Bytes>) {
    headers.remove_all(name);
    put(headers, name.clone(), value);
}

pub(super) fn named(name: &str) -> HeaderName {
    HeaderName::parse(&Bytes::copy_from_slice(name.as_bytes()))
}

pub(super) fn text(headers: &Headers, name: &HeaderName) -> Option<String> {
    headers
        .value(name)
        .map(|v| String::from_utf8_lossy(&v).into_owned())
}

pub(super) fn raw(headers: &Headers, name: &HeaderName) -> Bytes {
    headers
        .value(name)
        .map(|v| Bytes::copy_from_slice(&v))
        .unwrap_or_default()
}

/// Whether a comma-separated list of option tags or methods names `token`.
pub(super) fn lists(headers: &Headers, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name)
        .iter()
        .any(|t| t.eq_ignore_ascii_case(token))
}

pub(super) fn tokens(headers: &Headers, name: &HeaderName) -> Vec<String> {
    let mut all = Vec::new();
    for header in headers.get_all(name) {
        let value = String::from_utf8_lossy(&header.value()).into_owned();
        all.extend(
            value
                .split(',')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty()),
        );
    }
    all
}

pub(super) fn tag(headers: &Headers, name: &HeaderName) -> Option<Bytes> {
    let value = headers.value(name)?;
    let address = Address::parse(&value, "From/To").ok()?;
    address.tag().map(Bytes::copy_from_slice)
}

pub(super) fn set_sdp(headers: &mut Headers, sdp: &[u8]) {
    if !sdp.is_empty() {
        put(headers, HeaderName::ContentType, "application/sdp");
    }
}

pub(super) fn finish_request(request: &mut Request, body: Bytes) {
    replace(
        &mut request.headers,
        &HeaderName::ContentLength,
        body.len().to_string(),
    );
    request.set_body(body);
}

pub(super) fn finish_response(response: &mut Response, body: Bytes) {
    replace(
        &mut response.headers,
        &HeaderName::ContentLength,
        body.len().to_string(),
    );
    response.set_body(body);
}

/// The skeleton of a response (RFC 3261 section 8.2.6.2); `local_tag` goes into To unless one is there.
pub(super) fn response_to(request: &Request, status: u16, reason: &str, local_tag: Option<&str>) -> Response {
    // 500 is a status code by construction; a status of ours out of range would be a fault of ours.
    let code = StatusCode::new(status)
        .or(StatusCode::new(500))
        .expect("500 is a status code");
    let phrase = if reason.is_empty() {
        reason_phrase(status)
    } else {
        reason
    };
    let phrase: String = phrase.chars().filter(|c| !c.is_control()).collect();
    let mut response = Response::new(code, phrase);
    for name in [
        HeaderName::Via,
        HeaderName::From,
        HeaderName::To,
        HeaderName::CallId,
        HeaderName::CSeq,
    ] {
        for header in request.headers.get_all(&name) {
            response.headers.push(header.clone());
        }
    }
    if let Some(local) = local_tag
        && status > 100
        && tag(&request.headers, &HeaderName::To).is_none()
    {
        let mut to = raw(&request.headers, &HeaderName::To).to_vec();
        to.extend_from_slice(format!(";tag={local}").as_bytes());
        replace(&mut response.headers, &HeaderName::To, to);
    }
    if status != 100 {
        put(&mut response.headers, HeaderName::Server, USER_AGENT);
    }
    finish_response(&mut response, Bytes::new());
    response
}

pub(super) fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => "Refused",
    }
}

/// Whether the answer to a request may be a session description: without Accept it may (RFC 3261 section 20.1).
pub(super) fn accepts_sdp(headers: &Headers) -> bool {
    let kinds = tokens(headers, &HeaderName::Accept);
    let takes = |range: &String| {
        let kind = range.split(';').next().unwrap_or_default().trim();
        ["application/sdp", "application/*", "*/*"]
            .iter()
            .any(|known| kind.eq_ignore_ascii_case(known))
    };
    headers.get_all(&HeaderName::Accept).next().is_none() || kinds.iter().any(takes)
}

/// The SDP of a message: `Ok(None)` without one, `Err` when the body is of a kind that we can't take (415).
pub(super) fn sdp_of(headers: &Headers, body: &Bytes) -> Result<Option<Bytes>, ()> {
    if body.is_empty() {
        return Ok(None);
    }
    if tokens(headers, &HeaderName::ContentEncoding)
        .iter()
        .any(|e| !e.eq_ignore_ascii_case("identity"))
    {
        return Err(());
    }
    match headers.typed::<ContentType>() {
        Some(Ok(kind)) if kind.is("application", "sdp") => Ok(Some(body.clone())),
        Some(Ok(kind)) if kind.media_type == b"multipart" => kind
            .param("boundary")
            .and_then(|b| sdp_part(body, b))
            .map(Some)
            .ok_or(()),
        _ if optional(headers) => Ok(None),
        _ => Err(()),
    }
}

/// RFC 3261 section 20.11: a body marked `handling=optional` may be ignored.
fn optional(headers: &Headers) -> bool {
    text(headers, &HeaderName::ContentDisposition).is_some_and(|d| {
        d.to_ascii_lowercase()
            .replace(' ', "")
            .contains("handling=optional")
    })
}

fn sdp_part(body: &Bytes, boundary: &[u8]) -> Option<Bytes> {
    let mut delimiter = b"--".to_vec();
    delimiter.extend_from_slice(boundary);
    let starts: Vec<usize> = find_all(body, &delimiter);
    starts.windows(2).find_map(|pair| {
        let part = body.slice(pair[0] + delimiter.len()..pair[1]);
        let split = find_all(&part, b"\r\n\r\n").into_iter().next()?;
        let head = String::from_utf8_lossy(&part[..split]).to_ascii_lowercase();
        head.contains("application/sdp").then(|| part.slice(split + 4..))
    })
}

fn find_all(haystack: &[u8], needle: &[u8]) -> Vec<usize> {
    haystack
        .windows(needle.len())
        .enumerate()
        .filter(|(_, w)| *w == needle)
        .map(|(i, _)| i)
        .collect()
}

pub(super) fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

pub(super) fn contact(user: &str, local: SocketAddr, transport: Transport) -> String {
    let suffix = match transport {
        Transport::Udp => "",
        Transport::Tcp => ";transport=tcp",
        Transport::Tls => ";transport=tls",
        Transport::Ws => ";transport=ws",
    };
    format!(
        "<sip:{}@{}:{}{suffix}>",
        escape_user(user),
        host(local.ip()),
        local.port()
    )
}

/// RFC 3261 section 25.1: `#` and what is neither unreserved nor user-unreserved is escaped.
pub(super) fn escape_user(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

pub(super) fn quoted(display: &str) -> String {
    let clean: String = display.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}
