//! Flows as the switch walks them, and what its author is told of one that is tried out.

use std::sync::Arc;

use serde_json::Value;
use telephony::CallId;
use telephony::menu::Flow;
use telephony::switch::CallNews;

use crate::live::desks::TrialNews;

/// The stored flow and the switch's are the same words on both sides of the wall; only what people call a node is nothing to who walks it.
pub(super) fn flow(mut words: Value) -> Option<Arc<Flow>> {
    let nodes = words.get_mut("nodes").and_then(Value::as_object_mut);
    for node in nodes.into_iter().flat_map(|nodes| nodes.values_mut()) {
        if let Some(node) = node.as_object_mut() {
            node.remove("title");
        }
    }
    serde_json::from_value(words).ok().map(Arc::new)
}

/// None of what the console has no use for.
pub(super) fn told(username: String, call: CallId, what: CallNews) -> Option<TrialNews> {
    let (what, name, value) = match what {
        CallNews::Connected => ("started", String::new(), None),
        CallNews::MenuStep { node, key } => ("node", node, key.map(String::from)),
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

    #[test]
    fn every_shipped_flow_is_one_that_the_switch_can_walk() {
        for name in ["default", "one-level", "specialist", "survey", "callback"] {
            let text = std::fs::read_to_string(format!("provisioning/menus/{name}.toml")).expect("file");
            let table: toml::Table = text.parse().expect("TOML");
            let words = serde_json::to_value(table).expect("JSON");
            assert!(flow(words).is_some(), "{name}");
        }
    }
}
