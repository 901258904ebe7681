//! Where a flow leads: what nobody reaches, what runs in a circle, and whether a person can be had.

use std::collections::BTreeSet;

use super::{Flow, Node, Step};

/// `(node, field, what is wrong)`; the flow's nodes are all there.
pub(super) type WayFault = (String, &'static str, &'static str);

pub(super) fn faults(flow: &Flow, is_inbound: bool) -> Vec<WayFault> {
    let reached = reach(flow, [flow.start.as_str()]);
    let islands = flow.nodes.keys().filter(|name| !reached.contains(name.as_str()));
    let mut faults: Vec<WayFault> = islands
        .map(|name| (name.clone(), "", "从起始节点无法到达此节点"))
        .collect();
    let is_circle = |name: &&String| {
        let first = flow.nodes.get(*name).map(unasked).unwrap_or_default();
        reach_by(flow, first, unasked).contains(name.as_str())
    };
    let circles = flow.nodes.keys().filter(is_circle);
    faults.extend(circles.map(|name| (name.clone(), "", "来电人不按键时会在此循环不止")));
    faults.extend(person(flow, is_inbound));
    faults
}

/// Whoever rings the hotline must be able to reach a person (GB/T 33358). A flow that asks questions is a survey call.
fn person(flow: &Flow, is_inbound: bool) -> Vec<WayFault> {
    let is = |name: &str, wanted: fn(&Step) -> bool| flow.nodes.get(name).is_some_and(|n| wanted(&n.step));
    let mut names = flow.nodes.keys();
    let asks = names.any(|name| is(name, |step| matches!(step, Step::Ask { .. })));
    if asks && !is_inbound {
        return vec![];
    }
    let leads_to_queue = |from: &str| {
        let mut reached = reach(flow, [from]).into_iter();
        reached.any(|name| is(name, |step| matches!(step, Step::Queue { .. })))
    };
    if !leads_to_queue(&flow.start) {
        return vec![(String::new(), "start", "没有通往人工坐席的路径")];
    }
    let menus = flow
        .nodes
        .keys()
        .filter(|name| is(name, |step| matches!(step, Step::Menu { .. })));
    menus
        .filter(|name| !leads_to_queue(name))
        .map(|name| (name.clone(), "", "从此菜单没有通往人工坐席的路径"))
        .collect()
}

/// Where a node may lead, with the field that says so.
pub(super) fn targets(node: &Node) -> Vec<(&'static str, &str)> {
    match &node.step {
        Step::Greet { next, .. }
        | Step::Say { next, .. }
        | Step::Message { next, .. }
        | Step::Survey { next, .. }
        | Step::Callback { next } => vec![("next", next)],
        Step::Menu { choices, default, .. } => choices
            .values()
            .map(|target| ("choices", target.as_str()))
            .chain([("default", default.as_str())])
            .collect(),
        Step::Ask {
            choices, next, none, ..
        } => choices
            .values()
            .map(|target| ("choices", target.as_str()))
            .chain(next.iter().map(|target| ("next", target.as_str())))
            .chain([("none", none.as_str())])
            .collect(),
        Step::Digits { next, none, .. } | Step::TicketStatus { next, none, .. } => {
            vec![("next", next), ("none", none)]
        }
        Step::Caller { tests, otherwise } => tests
            .values()
            .map(|target| ("tests", target.as_str()))
            .chain([("otherwise", otherwise.as_str())])
            .collect(),
        Step::Transfer { failed, .. } => vec![("failed", failed)],
        Step::Schedule { open, closed, .. } => vec![("open", open), ("closed", closed)],
        Step::Queue { overflow, .. } => overflow
            .iter()
            .map(|target| ("overflow", target.as_str()))
            .collect(),
        Step::Hangup { .. } => vec![],
    }
}

/// Where a call goes that presses no key. A queue's overflow counts: it is taken at once when nobody is signed in.
fn unasked(node: &Node) -> Vec<&str> {
    let by_key = |field: &str| match node.step {
        Step::Ask { .. } | Step::Digits { .. } => field != "none",
        _ => field == "choices",
    };
    let ways = targets(node).into_iter();
    ways.filter(|(field, _)| !by_key(field))
        .map(|(_, target)| target)
        .collect()
}

fn reach<'f>(flow: &'f Flow, from: impl IntoIterator<Item = &'f str>) -> BTreeSet<&'f str> {
    reach_by(flow, from, |node| {
        targets(node).into_iter().map(|(_, target)| target).collect()
    })
}

fn reach_by<'f>(
    flow: &'f Flow,
    from: impl IntoIterator<Item = &'f str>,
    ways: impl Fn(&'f Node) -> Vec<&'f str>,
) -> BTreeSet<&'f str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = from.into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(flow.nodes.get(name).map(&ways).unwrap_or_default());
        }
    }
    reached
}
