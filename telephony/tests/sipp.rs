//! The switch against sipp, an implementation of SIP that is not ours: a carrier's trunk and an operator's desk phone.
//! Run with `--ignored`: sipp (Debian: sip-tester) must be installed.

#![allow(clippy::unwrap_used)]

mod hotline;

use std::time::Duration;

use hotline::{Hotline, sipp};
use telephony::queue::OperatorState;
use telephony::sip::Cause;
use telephony::switch::{CallNews, EndedBy, News, Outcome};

fn ended(news: News) -> Option<(Outcome, Cause, EndedBy)> {
    match news {
        News::Call {
            what: CallNews::Ended { outcome, cause, by },
            ..
        } => Some((outcome, cause, by)),
        _ => None,
    }
}

fn seen(news: News, wanted: fn(&CallNews) -> bool) -> Option<()> {
    matches!(news, News::Call { what, .. } if wanted(&what)).then_some(())
}

/// Registers the desk phone and waits until the operator is ready.
fn sign_in(hotline: &Hotline, port: u16) {
    sipp("register", hotline, port, &["-s", "operator1", "-ap", "secret"]).succeeds();
    hotline.wait("the operator is ready", |n| {
        matches!(n, News::Operator { name, state: OperatorState::Ready, .. } if name == "operator1")
            .then_some(())
    });
}

#[test]
#[ignore = "needs sipp"]
fn a_normal_call_is_greeted_answered_and_ended_by_the_citizen() {
    let hotline = Hotline::start(1);
    let desk = hotline.free_port();
    sign_in(&hotline, desk);
    let phone = sipp("desk", &hotline, desk, &[]);
    let citizen = sipp(
        "citizen",
        &hotline,
        hotline.free_port(),
        &["-s", "12345", "-key", "caller", "13900000001", "-d", "3000"],
    );
    let caller = hotline.wait("it began", |n| match n {
        News::Call {
            what: CallNews::Started { caller, .. },
            ..
        } => Some(caller.number),
        _ => None,
    });
    assert_eq!(caller, "13900000001", "from tel:+86 in P-Asserted-Identity");
    hotline.wait("they talk", |n| {
        seen(n, |w| matches!(w, CallNews::Answered { .. }))
    });
    citizen.succeeds();
    phone.succeeds();
    let end = hotline.wait("it ended", ended);
    assert_eq!(end, (Outcome::Answered, Cause::Normal, EndedBy::Citizen));
}

#[test]
#[ignore = "needs sipp"]
fn a_citizen_who_leaves_cancels_the_ringing_phone() {
    let hotline = Hotline::start(2);
    let desk = hotline.free_port();
    sign_in(&hotline, desk);
    let phone = sipp("desk_no_answer", &hotline, desk, &[]);
    let citizen = sipp(
        "citizen",
        &hotline,
        hotline.free_port(),
        &["-s", "12345", "-key", "caller", "13900000002", "-d", "2500"],
    );
    citizen.succeeds();
    phone.succeeds();
    assert_eq!(
        hotline.wait("it ended", ended),
        (Outcome::Abandoned, Cause::Normal, EndedBy::Citizen)
    );
}

#[test]
#[ignore = "needs sipp"]
fn a_phone_that_is_not_answered_is_cancelled_and_the_citizen_waits_on() {
    let hotline = Hotline::start(3);
    let desk = hotline.free_port();
    sign_in(&hotline, desk);
    let phone = sipp("desk_no_answer", &hotline, desk, &[]);
    let citizen = sipp(
        "citizen",
        &hotline,
        hotline.free_port(),
        &["-s", "12345", "-key", "caller", "13900000003", "-d", "6000"],
    );
    let cause = hotline.wait("the offer ended", |n| match n {
        News::Call {
            what: CallNews::OfferEnded { cause, .. },
            ..
        } => Some(cause),
        _ => None,
    });
    assert_eq!(cause, Cause::NoAnswer);
    phone.succeeds();
    citizen.succeeds();
}

#[test]
#[ignore = "needs sipp"]
fn a_busy_operator_is_told_as_busy() {
    let hotline = Hotline::start(4);
    let desk = hotline.free_port();
    sign_in(&hotline, desk);
    let phone = sipp("desk_busy", &hotline, desk, &[]);
    let citizen = sipp(
        "citizen",
        &hotline,
        hotline.free_port(),
        &["-s", "12345", "-key", "caller", "13900000004", "-d", "3000"],
    );
    let cause = hotline.wait("the offer ended", |n| match n {
        News::Call {
            what: CallNews::OfferEnded { cause, .. },
            ..
        } => Some(cause),
        _ => None,
    });
    assert_eq!(cause, Cause::Busy);
    phone.succeeds();
    citizen.succeeds();
}

#[test]
#[ignore = "needs sipp"]
fn an_operator_holds_and_takes_the_citizen_back() {
    let hotline = Hotline::start(5);
    let desk = hotline.free_port();
    sign_in(&hotline, desk);
    let phone = sipp("desk_hold", &hotline, desk, &[]);
    let citizen = sipp(
        "citizen",
        &hotline,
        hotline.free_port(),
        &["-s", "12345", "-key", "caller", "13900000005", "-d", "5000"],
    );
    hotline.wait("held", |n| seen(n, |w| matches!(w, CallNews::Held)));
    hotline.wait("resumed", |n| seen(n, |w| matches!(w, CallNews::Resumed)));
    citizen.succeeds();
    phone.succeeds();
}

#[test]
#[ignore = "needs sipp"]
fn a_citizen_who_vanishes_without_bye_ends_by_media_time_out() {
    let hotline = Hotline::start(6);
    let citizen = sipp(
        "citizen_vanishes",
        &hotline,
        hotline.free_port(),
        &["-s", "12345", "-key", "caller", "13900000006"],
    );
    citizen.succeeds();
    let end = hotline.wait("it ended", ended);
    assert_eq!((end.1, end.2), (Cause::MediaTimeout, EndedBy::System));
    let recorded = hotline.wait("the record is complete", |n| match n {
        News::Call {
            what: CallNews::Recorded(recorded),
            ..
        } => Some(recorded),
        _ => None,
    });
    assert!(recorded.duration >= Duration::from_secs(2) && recorded.path.exists());
}

#[test]
#[ignore = "needs sipp"]
fn a_number_that_is_not_ours_is_refused() {
    let hotline = Hotline::start(7);
    sipp(
        "refused",
        &hotline,
        hotline.free_port(),
        &["-s", "99999", "-key", "caller", "13900000007"],
    )
    .succeeds();
    hotline.wait("told", |n| matches!(n, News::Refused { .. }).then_some(()));
}

#[test]
#[ignore = "needs sipp"]
fn sixty_calls_in_a_row_over_tcp_all_succeed() {
    let hotline = Hotline::start(8);
    let many = [
        "-s",
        "12345",
        "-key",
        "caller",
        "13900000008",
        "-d",
        "500",
        "-t",
        "t1",
        "-m",
        "60",
        "-r",
        "20",
        "-l",
        "30",
    ];
    sipp("citizen", &hotline, hotline.free_port(), &many).succeeds();
    for _ in 0..60 {
        hotline.wait("one more ended", ended);
    }
}
