//! Flows tried out over a desk's line.

use std::time::Duration;

use telephony::CallId;
use telephony::media::MediaCommand;
use telephony::phone::PhoneNews;
use telephony::switch::{CallNews, Command, Denied, News, Wish};

use crate::floor::{Desks, desks, keys};

const TRIED: &str = r#"{"name":"tried","start":"a","nodes":{
    "a":{"type":"caller","tests":{"vip":"m"},"otherwise":"z"},
    "m":{"type":"menu","prompts":["menu"],"timeout_seconds":4,"choices":{"1":"q","2":"t"},"default":"z"},
    "q":{"type":"queue","queue":"general","overflow":"z"},
    "t":{"type":"transfer","number":"110","failed":"z"},
    "z":{"type":"hangup","prompts":["goodbye"]}}}"#;

impl Desks {
    fn try_flow(&mut self, person: &str, call: u64) -> Result<(), Denied> {
        self.wish(
            person,
            Wish::Try {
                call: CallId(call),
                flow: std::sync::Arc::new(serde_json::from_str(TRIED).unwrap()),
                facts: std::collections::BTreeSet::from([telephony::menu::Fact::Vip]),
            },
        )
    }

    /// What who tries the flow was told, in order.
    fn trial(&self) -> Vec<&CallNews> {
        let told = self.world.news.iter().filter_map(|(_, n)| match n {
            News::Trial { what, .. } => Some(what),
            _ => None,
        });
        told.collect()
    }

    fn tried(&self, wanted: &str) -> bool {
        let is = |n: &&CallNews| matches!(n, CallNews::MenuStep { node, .. } if node == wanted);
        self.trial().iter().any(is)
    }

    fn trial_over(&self) -> bool {
        self.trial().iter().any(|n| matches!(n, CallNews::Ended { .. }))
    }
}

#[test]
fn a_flow_is_tried_out_in_the_browser_without_being_a_call() {
    for (key, reached) in [("1", "q"), ("2", "t")] {
        let mut desks = desks(60);
        assert_eq!(desks.try_flow("supervisor1", 5), Ok(()));
        assert!(desks.tried("m"), "what is pretended of the caller is known");
        assert_eq!(desks.wish("supervisor1", keys(key)), Ok(()));
        assert!(desks.tried(reached));
        desks.world.run(Duration::from_secs(60));
        assert!(desks.offered().is_empty(), "nobody is rung for it");
        let dialled = |n: &PhoneNews| matches!(n, PhoneNews::Incoming { .. });
        assert!(
            !desks.world.carrier_news.iter().any(dialled),
            "nor called outside"
        );
        assert_eq!(desks.wish("supervisor1", keys("*")), Ok(()));
        assert!(desks.tried("z"), "as if nobody had answered");
        desks.world.run(Duration::from_secs(5));
        assert!(desks.trial_over(), "the flow has run to its end");
        assert!(
            desks.world.story().is_empty(),
            "the hotline has no such call on record"
        );
        assert_eq!((desks.world.hotline.calls(), desks.open_legs()), (0, vec![]));
        assert!(
            !desks
                .world
                .media
                .iter()
                .any(|m| matches!(m, MediaCommand::Record { .. }))
        );
    }
}

#[test]
fn a_trial_ends_by_hanging_up_by_the_next_one_and_with_the_browser() {
    let mut desks = desks(61);
    assert_eq!(desks.wish("supervisor1", Wish::Hangup), Err(Denied::NoCall));
    assert_eq!(desks.try_flow("supervisor1", 1), Ok(()));
    assert_eq!(desks.wish("supervisor1", Wish::Hangup), Ok(()));
    assert!(desks.trial_over());
    for call in [2, 3] {
        assert_eq!(desks.try_flow("supervisor1", call), Ok(()));
    }
    assert_eq!(desks.world.hotline.calls(), 1);
    desks.world.command(Command::CloseLine {
        person: "supervisor1".into(),
    });
    assert_eq!(desks.world.hotline.calls(), 0);
    assert_eq!(desks.try_flow("supervisor1", 4), Err(Denied::NoLine));
    desks.world.run(Duration::from_secs(1));
    assert!(desks.world.story().is_empty() && desks.open_legs().is_empty());
}

#[test]
fn who_has_a_call_in_hand_tries_nothing_out() {
    let mut desks = desks(62);
    let (_, operator) = desks.talk();
    assert_eq!(desks.try_flow(&operator, 1), Err(Denied::Busy));
    assert!(desks.ended().is_none());
}
