//! Dialog state (RFC 3261 section 12): tags, sequence numbers, route set, remote target.
//!
//! Not responsible for sessions: a dialog doesn't know whether it was answered.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sipx_sip::headers::{CSeq, Contact, RecordRoute};
use sipx_sip::message::Headers;
use sipx_sip::{HeaderName, Host, Method, Request, Response, Uri};

use super::agent::Agent;
use super::compose::{self, put};
use super::{Hop, Transport};

#[derive(Debug, Clone)]
pub(super) struct Dialog {
    pub(super) call_id: Bytes,
    pub(super) local_tag: Bytes,
    pub(super) remote_tag: Option<Bytes>,
    /// From and To of our requests, with their tags.
    pub(super) local: Bytes,
    pub(super) remote: Bytes,
    pub(super) local_cseq: u32,
    pub(super) remote_cseq: Option<u32>,
    pub(super) route: Vec<Uri>,
    pub(super) target: Uri,
    /// Where our requests go.
    pub(super) hop: Hop,
    /// User part of our Contact.
    pub(super) contact_user: String,
    /// The peer is a phone of ours, possibly behind NAT: only the address it sends from can be trusted.
    pub(super) pinned: bool,
}

impl Dialog {
    /// Section 12.1.1. `local_tag` goes into the To of all our responses.
    pub(super) fn of_request(
        request: &Request,
        local_tag: &str,
        source: Hop,
        pinned: bool,
    ) -> Option<Dialog> {
        let headers = &request.headers;
        let target = remote_target(headers)?;
        let mut local = compose::raw(headers, &HeaderName::To).to_vec();
        local.extend_from_slice(format!(";tag={local_tag}").as_bytes());
        let mut dialog = Dialog {
            call_id: compose::raw(headers, &HeaderName::CallId),
            local_tag: Bytes::copy_from_slice(local_tag.as_bytes()),
            remote_tag: compose::tag(headers, &HeaderName::From),
            local: Bytes::from(local),
            remote: compose::raw(headers, &HeaderName::From),
            local_cseq: 0,
            remote_cseq: headers.typed::<CSeq>().and_then(Result::ok).map(|c| c.sequence),
            route: record_route(headers),
            target,
            hop: source,
            contact_user: String::new(),
            pinned,
        };
        dialog.retarget(source);
        Some(dialog)
    }

    /// Section 12.1.2: what a 1xx or 2xx to our INVITE adds. The route set is the Record-Route reversed.
    pub(super) fn learn(&mut self, response: &Response) {
        let headers = &response.headers;
        self.remote_tag = compose::tag(headers, &HeaderName::To);
        self.remote = compose::raw(headers, &HeaderName::To);
        self.route = record_route(headers);
        self.route.reverse();
        if let Some(target) = remote_target(headers) {
            self.target = target;
        }
        self.retarget(self.hop);
    }

    /// A request inside the dialog may move the remote target (section 12.2.2).
    pub(super) fn refresh(&mut self, headers: &Headers, source: Hop) {
        if let Some(target) = remote_target(headers) {
            self.target = target;
            self.retarget(source);
        }
    }

    fn retarget(&mut self, source: Hop) {
        let uri = self.route.first().unwrap_or(&self.target);
        self.hop = if self.pinned {
            source
        } else {
            next_hop(uri, source)
        };
    }

    pub(super) fn is_remote(&self, tag: Option<&Bytes>) -> bool {
        self.remote_tag.as_ref() == tag
    }
}

fn remote_target(headers: &Headers) -> Option<Uri> {
    headers.typed::<Contact>()?.ok().map(|c| c.0.uri)
}

fn record_route(headers: &Headers) -> Vec<Uri> {
    headers
        .typed_all::<RecordRoute>()
        .filter_map(Result::ok)
        .map(|r| r.0.uri)
        .collect()
}

/// Where a request for `uri` goes, given where the peer was last heard. A TCP connection is kept; a name
/// (we don't resolve) or an address that can't be reached from here gives way to the address the peer sends from.
pub(super) fn next_hop(uri: &Uri, source: Hop) -> Hop {
    let transport = match uri.transport().map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(b"tcp") => Transport::Tcp,
        _ => Transport::Udp,
    };
    if source.transport.is_stream() {
        return source;
    }
    match uri.host() {
        Some(Host::Ip(ip)) if !ip.is_unspecified() && (!is_private(*ip) || is_private(source.addr.ip())) => {
            Hop {
                transport,
                addr: SocketAddr::new(*ip, uri.port().unwrap_or(5060)),
            }
        }
        _ => source,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

fn is_loose(route: &Uri) -> bool {
    route.params().is_some_and(|p| p.contains("lr"))
}

impl Agent {
    /// A request inside the dialog (section 12.2.1.1), with the given sequence number.
    pub(super) fn dialog_request(&mut self, dialog: &Dialog, method: Method, cseq: u32) -> Request {
        let strict = dialog.route.first().filter(|r| !is_loose(r));
        let uri = strict.unwrap_or(&dialog.target).clone();
        let mut request = Request::new(method.clone(), uri);
        let via = self.via(dialog.hop);
        let headers = &mut request.headers;
        put(headers, HeaderName::Via, via);
        put(headers, HeaderName::MaxForwards, "70");
        let skip = usize::from(strict.is_some());
        for route in dialog
            .route
            .iter()
            .skip(skip)
            .chain(strict.map(|_| &dialog.target))
        {
            put(headers, HeaderName::Route, format!("<{route}>"));
        }
        put(headers, HeaderName::From, dialog.local.clone());
        put(headers, HeaderName::To, dialog.remote.clone());
        put(headers, HeaderName::CallId, dialog.call_id.clone());
        put(headers, HeaderName::CSeq, format!("{cseq} {method}"));
        put(headers, HeaderName::UserAgent, compose::USER_AGENT);
        compose::finish_request(&mut request, Bytes::new());
        request
    }

    pub(super) fn contact_of(&self, dialog: &Dialog) -> String {
        compose::contact(&dialog.contact_user, self.local(dialog.hop), dialog.hop.transport)
    }
}
