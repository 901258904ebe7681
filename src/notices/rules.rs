//! Whom a notice goes to beside the console, and from when on. Pure.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::{
    calendar::{self, CHINA},
    units::Contact,
};

/// One person by one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    pub(super) channel: &'static str,
    pub(super) contact: String,
    pub(super) address: String,
}

/// The people on duty, by the channels they are told by. When nobody is on duty everybody is: a notice must not be lost.
pub(super) fn recipients(contacts: &[Contact], now: DateTime<Utc>) -> Vec<Recipient> {
    let today = calendar::local_date(now);
    let on_duty: Vec<&Contact> = contacts
        .iter()
        .filter(|contact| contact.duty.holds(today))
        .collect();
    let told = if on_duty.is_empty() {
        contacts.iter().collect()
    } else {
        on_duty
    };
    let mut all = Vec::new();
    for contact in told {
        let channels = [
            ("sms", contact.sms, &contact.mobile),
            ("mail", contact.mail, &contact.email),
        ];
        for (channel, is_wanted, address) in channels {
            if is_wanted && !address.is_empty() {
                all.push(Recipient {
                    channel,
                    contact: contact.name.clone(),
                    address: address.clone(),
                });
            }
        }
    }
    all
}

/// From when on a message may go out: what is urgent at once, the rest not in the quiet hours.
pub(super) fn not_before(now: DateTime<Utc>, quiet: Option<(u16, u16)>, is_urgent: bool) -> DateTime<Utc> {
    let Some((from, to)) = quiet.filter(|_| !is_urgent) else {
        return now;
    };
    let local = now.with_timezone(&CHINA);
    let minute = local.hour() * 60 + local.minute();
    let (from, to) = (u32::from(from), u32::from(to));
    let is_quiet = if from < to {
        (from..to).contains(&minute)
    } else {
        minute >= from || minute < to
    };
    if !is_quiet {
        return now;
    }
    let wait = (to + 24 * 60 - minute) % (24 * 60);
    let seconds = TimeDelta::seconds(local.second().into());
    now + TimeDelta::minutes(wait.into()) - seconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Duty;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    fn contact(name: &str, duty: &str) -> Contact {
        Contact {
            name: name.into(),
            mobile: "13800000001".into(),
            email: format!("{name}@example.cn"),
            sms: true,
            mail: name == "b",
            duty: Duty::parse(duty).expect("duty"),
            ..Contact::default()
        }
    }

    fn told(contacts: &[Contact]) -> Vec<(String, &'static str)> {
        // A Monday in Beijing, still Sunday in Greenwich.
        let all = recipients(contacts, at("2026-03-01T17:00:00Z"));
        all.into_iter().map(|one| (one.contact, one.channel)).collect()
    }

    #[test]
    fn who_is_on_duty_is_told_and_everybody_when_nobody_is() {
        let contacts = [
            contact("a", "周二"),
            contact("b", "周一"),
            contact("c", "2026-03-02"),
        ];
        assert_eq!(
            told(&contacts),
            [
                ("b".to_owned(), "sms"),
                ("b".to_owned(), "mail"),
                ("c".to_owned(), "sms")
            ]
        );
        assert_eq!(told(&contacts[..1]), [("a".to_owned(), "sms")]);
        let silent = Contact {
            mobile: String::new(),
            ..contact("d", "")
        };
        assert!(told(&[silent]).is_empty());
    }

    #[test]
    fn the_night_is_quiet_except_for_what_is_urgent() {
        let night = Some((22 * 60, 7 * 60));
        let late = at("2026-03-02T15:30:20Z");
        assert_eq!(not_before(late, night, false), at("2026-03-02T23:00:00Z"));
        assert_eq!(not_before(late, night, true), late);
        let early = at("2026-03-02T22:59:00Z");
        assert_eq!(not_before(early, night, false), at("2026-03-02T23:00:00Z"));
        let morning = at("2026-03-02T23:00:00Z");
        assert_eq!(not_before(morning, night, false), morning);
        let noon = Some((12 * 60, 14 * 60));
        assert_eq!(
            not_before(at("2026-03-02T05:00:00Z"), noon, false),
            at("2026-03-02T06:00:00Z")
        );
        assert_eq!(not_before(late, noon, false), late);
        assert_eq!(not_before(late, None, false), late);
    }
}
