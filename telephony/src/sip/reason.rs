//! The Reason header (RFC 3326): what the telephone network behind a carrier says of a call that came to nothing. Its Q.850 cause is finer
//! than the SIP status, into which carriers map it as they please.

use sipx_sip::{HeaderName, Response};

use super::{Cause, leg::cause_of};

/// The plain outcome of a final response to our INVITE.
pub(super) fn cause_of_response(response: &Response) -> Cause {
    let reasons = response.headers.get_all(&HeaderName::Reason);
    let told = reasons.filter_map(|reason| q850(&String::from_utf8_lossy(&reason.value())));
    told.filter_map(cause_of_q850)
        .next()
        .unwrap_or_else(|| cause_of(response.status.code()))
}

/// The cause value of a `Q.850` reason, which may stand beside others in one header.
fn q850(header: &str) -> Option<u8> {
    header.split(',').find_map(|reason| {
        let mut parts = reason.split(';').map(str::trim);
        let is_q850 = parts.next()?.eq_ignore_ascii_case("Q.850");
        let value = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("cause").then(|| value.trim())
        });
        value.filter(|_| is_q850)?.parse().ok()
    })
}

/// None where the value says less than the status does (ITU-T Q.850 table 1).
fn cause_of_q850(value: u8) -> Option<Cause> {
    Some(match value {
        // Unallocated; no route to destination; number changed; invalid format.
        1 | 2 | 3 | 22 | 28 => Cause::NoSuchNumber,
        17 => Cause::Busy,
        18 | 19 => Cause::NoAnswer,
        // Subscriber absent; destination out of order.
        20 | 27 => Cause::SwitchedOff,
        21 => Cause::Declined,
        34 | 38 | 41 | 42 | 44 | 47 => Cause::Unavailable,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_networks_cause_is_found_among_others() {
        assert_eq!(q850("Q.850;cause=20;text=\"Subscriber absent\""), Some(20));
        assert_eq!(q850("SIP ;cause=480, q.850 ; text=x ; Cause = 17"), Some(17));
        for none in [
            "",
            "SIP;cause=480",
            "Q.850",
            "Q.850;cause=",
            "Q.850;cause=999",
            ";;;==,",
        ] {
            assert_eq!(q850(none), None, "{none}");
        }
    }

    #[test]
    fn an_absent_subscriber_is_not_a_number_that_does_not_exist() {
        assert_eq!(cause_of_q850(20), Some(Cause::SwitchedOff));
        assert_eq!(cause_of_q850(1), Some(Cause::NoSuchNumber));
        assert_eq!(cause_of_q850(21), Some(Cause::Declined));
        assert_eq!(cause_of_q850(31), None, "normal, unspecified says nothing");
    }
}
