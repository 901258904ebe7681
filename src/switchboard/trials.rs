//! Flows as the switch walks them, and what its author is told of one that is tried out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use telephony::CallId;
use telephony::menu::Flow;
use telephony::switch::CallNews;

use crate::live::desks::TrialNews;

/// The stored flow and the switch's are the same words on both sides of the wall; only what people call the nodes stands apart, for it is
/// nothing to who walks them, and where they draw them is left out.
pub(super) fn flow(mut words: Value) -> Result<Arc<Flow>, serde_json::Error> {
    if let Some(flow) = words.as_object_mut() {
        flow.remove("layout");
    }
    let mut titles = BTreeMap::new();
    let nodes = words.get_mut("nodes").and_then(Value::as_object_mut);
    for (name, node) in nodes.into_iter().flatten() {
        let title = node.as_object_mut().and_then(|node| node.remove("title"));
        let title = title.as_ref().and_then(Value::as_str).unwrap_or_default();
        if !title.is_empty() {
            titles.insert(name.clone(), title.to_owned());
        }
    }
    let mut flow: Flow = serde_json::from_value(words)?;
    flow.titles = titles;
    Ok(Arc::new(flow))
}

/// None of what the console has no use for.
pub(super) fn told(username: String, call: CallId, what: CallNews) -> Option<TrialNews> {
    let (what, name, value) = match what {
        CallNews::Connected => ("started", String::new(), None),
        CallNews::MenuStep { node, key, .. } => ("node", node, key.map(String::from)),
        CallNews::Queued { queue, .. } => ("queue", queue, None),
        CallNews::Consulting { party, .. } => ("transfer", party, None),
        CallNews::Collected { key, value } => ("collected", key, Some(value)),
        CallNews::Message { key, .. } => ("message", key, None),
        CallNews::Ended { .. } => ("ended", String::new(), None),
        _ => return None,
    };
    Some(TrialNews {
        username,
        call_id: call.to_string(),
        what,
        name,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::flow::Step;

    #[test]
    fn every_shipped_flow_is_one_that_the_switch_can_walk() {
        for name in ["default", "one-level", "specialist", "survey", "callback"] {
            let text = std::fs::read_to_string(format!("provisioning/menus/{name}.toml")).expect("file");
            let table: toml::Table = text.parse().expect("TOML");
            let words = serde_json::to_value(table).expect("JSON");
            let flow = flow(words).expect(name);
            let named: Vec<_> = flow.titles.keys().collect();
            let nodes: Vec<_> = flow.nodes.keys().collect();
            assert_eq!(named, nodes, "{name}: the desk tells the way in words");
        }
    }

    #[test]
    fn what_a_flow_is_called_and_how_it_is_drawn_is_nothing_to_the_switch() {
        let words = serde_json::json!({
            "name": "a", "title": "甲", "start": "a", "layout": {"a": {"x": 1, "y": -2}},
            "nodes": {"a": {"type": "hangup", "title": "再见"}},
        });
        assert!(flow(words).is_ok());
    }

    /// Flows are described twice, for the console and for the switch, as neither may know the other: here the two must say the same.
    #[test]
    fn every_step_that_may_be_published_is_one_that_the_switch_can_walk() {
        let steps = serde_json::json!({
            "greet": {"prompts": ["p"], "next": "n"},
            "say": {"prompts": ["p"], "next": "n", "interruptible": true},
            "menu": {"prompts": ["p"], "timeout_seconds": 5, "tries": 2, "choices": {"1": "n"}, "default": "n"},
            "ask": {"key": "k", "prompts": ["p"], "digits": "1", "timeout_seconds": 5, "tries": 2, "choices": {"1": "n"}, "next": "n",
                "none": "n", "spoken": true},
            "digits": {"key": "k", "prompts": ["p"], "min": 1, "max": 2, "timeout_seconds": 5, "tries": 2, "next": "n", "none": "n"},
            "survey": {"key": "k", "prompts": ["p"], "timeout_seconds": 5, "tries": 2, "next": "n"},
            "caller": {"tests": {"blacklist": "n", "confidential": "n", "vip": "n", "elderly": "n", "open_ticket": "n", "repeat": "n"},
                "otherwise": "n"},
            "ticket_status": {"digits": "k", "next": "n", "none": "n"},
            "transfer": {"number": "110", "failed": "n"},
            "callback": {"next": "n"},
            "schedule": {"schedule": "s", "open": "n", "closed": "n"},
            "queue": {"queue": "q", "overflow": "n"},
            "message": {"key": "k", "prompts": ["p"], "max_seconds": 9, "silence_seconds": 3, "next": "n"},
            "hangup": {"prompts": ["p"]},
        });
        for (kind, mut step) in steps.as_object().expect("steps").clone() {
            step["type"] = kind.clone().into();
            let step: Step = serde_json::from_value(step).expect(&kind);
            told_apart(&step);
            let words = serde_json::to_value(&step).expect("JSON");
            let walked =
                flow(serde_json::json!({"name": "a", "start": "a", "nodes": {"a": words}})).expect(&kind);
            let there = serde_json::to_value(&walked.nodes["a"]).expect("JSON");
            assert_eq!(there, words, "{kind}");
        }
        assert_eq!(steps.as_object().map(serde_json::Map::len), Some(KINDS));
    }

    const KINDS: usize = 14;

    /// A new kind of step does not compile until it stands here, and then wants its line above.
    fn told_apart(step: &Step) {
        match step {
            Step::Greet { .. }
            | Step::Say { .. }
            | Step::Menu { .. }
            | Step::Ask { .. }
            | Step::Digits { .. }
            | Step::Survey { .. }
            | Step::Caller { .. }
            | Step::TicketStatus { .. }
            | Step::Transfer { .. }
            | Step::Callback { .. }
            | Step::Schedule { .. }
            | Step::Queue { .. }
            | Step::Message { .. }
            | Step::Hangup { .. } => {}
        }
    }
}
