//! A menu flow as the console edits it and provisioning files hold it, and everything that can be wrong with one. How a flow is walked
//! is the telephony's matter.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// More nodes than this is no menu a caller could use.
pub const MOST_NODES: usize = 1000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Flow {
    pub name: String,
    #[serde(default)]
    pub title: String,
    /// The node a call enters first.
    pub start: String,
    pub nodes: BTreeMap<String, Node>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Node {
    /// Plays prompts; a key skips them when `interruptible`.
    Say {
        prompts: Vec<String>,
        next: String,
        #[serde(default)]
        interruptible: bool,
    },
    /// One key chooses; silence and other keys lead to `default` after `tries`.
    Menu {
        prompts: Vec<String>,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        choices: BTreeMap<String, String>,
        default: String,
    },
    /// A question whose answer is kept under `key`.
    Ask {
        key: String,
        prompts: Vec<String>,
        digits: String,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        #[serde(default)]
        choices: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
        none: String,
    },
    /// Opening hours.
    Schedule {
        schedule: String,
        open: String,
        closed: String,
    },
    /// Waits for a person; `overflow` after the longest wait.
    Queue {
        queue: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overflow: Option<String>,
    },
    /// The caller speaks; ended by `#`, silence or length.
    Message {
        key: String,
        prompts: Vec<String>,
        max_seconds: u32,
        silence_seconds: u32,
        next: String,
    },
    /// Plays prompts and hangs up.
    Hangup {
        #[serde(default)]
        prompts: Vec<String>,
    },
}

fn one() -> u32 {
    1
}

/// What a flow may refer to; `None`: not known here (a file checked on its own), so not checked.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub queues: Option<BTreeSet<String>>,
    pub schedules: Option<BTreeSet<String>>,
    pub prompts: Option<BTreeSet<String>>,
    /// A line leads here: the flow must have a way to a person even if it asks questions.
    pub is_inbound: bool,
}

/// One fault; `node` is empty when it is the flow's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowFault {
    pub node: String,
    pub field: &'static str,
    pub message: String,
}

impl FlowFault {
    /// `nodes.main.default`, as in the file and in the request.
    pub fn key(&self) -> String {
        match (self.node.as_str(), self.field) {
            ("", field) => field.to_owned(),
            (node, "") => format!("nodes.{node}"),
            (node, field) => format!("nodes.{node}.{field}"),
        }
    }
}

/// Reads and checks a flow; every fault at once.
pub fn read(name: &str, body: &Value, known: &Known) -> Result<Flow, Vec<FlowFault>> {
    let mut check = Check {
        known,
        faults: Vec::new(),
    };
    let flow = check.parse(name, body);
    check.flow(&flow);
    if check.faults.is_empty() {
        Ok(flow)
    } else {
        Err(check.faults)
    }
}

struct Check<'a> {
    known: &'a Known,
    faults: Vec<FlowFault>,
}

impl Check<'_> {
    fn fault(&mut self, node: &str, field: &'static str, message: impl Into<String>) {
        self.faults.push(FlowFault {
            node: node.to_owned(),
            field,
            message: message.into(),
        });
    }

    /// Reads node by node, so that one bad node does not hide the faults of the others.
    fn parse(&mut self, name: &str, body: &Value) -> Flow {
        let text = |key: &str| {
            body.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let mut flow = Flow {
            name: name.to_owned(),
            title: text("title"),
            start: text("start"),
            nodes: BTreeMap::new(),
        };
        let given_name = text("name");
        if !given_name.is_empty() && given_name != name {
            self.fault("", "name", format!("应与流程名 {name:?} 一致"));
        }
        for key in body.as_object().into_iter().flat_map(|map| map.keys()) {
            if !["name", "title", "start", "nodes"].contains(&key.as_str()) {
                self.fault(
                    "",
                    "",
                    format!("未知的键 {key:?}；可用：name, title, start, nodes"),
                );
            }
        }
        let Some(nodes) = body.get("nodes").and_then(Value::as_object) else {
            self.fault("", "nodes", "缺少节点表");
            return flow;
        };
        for (name, node) in nodes {
            match serde_json::from_value::<Node>(node.clone()) {
                Ok(node) => drop(flow.nodes.insert(name.clone(), node)),
                Err(error) => {
                    self.fault(name, "", error.to_string());
                    // It exists, so that references to it are no faults of their own.
                    flow.nodes.insert(name.clone(), Node::Hangup { prompts: vec![] });
                }
            }
        }
        flow
    }

    fn flow(&mut self, flow: &Flow) {
        if flow.nodes.len() > MOST_NODES {
            self.fault("", "nodes", format!("节点不能超过 {MOST_NODES} 个"));
            return;
        }
        if !is_name(&flow.name) {
            self.fault("", "name", "流程名应为 1 至 40 个小写字母、数字、横线或下划线");
        }
        if !flow.nodes.contains_key(&flow.start) {
            self.fault(
                "",
                "start",
                format!("没有节点 {:?}；应为起始节点的名称", flow.start),
            );
        }
        let broken: BTreeSet<String> = self.faults.iter().map(|fault| fault.node.clone()).collect();
        for (name, node) in flow.nodes.iter().filter(|(name, _)| !broken.contains(*name)) {
            self.node(name, node);
            self.references(flow, name, node);
        }
        // Ways through a flow with unknown nodes would only repeat the faults.
        if self.faults.is_empty() {
            self.ways(flow);
        }
    }

    fn node(&mut self, name: &str, node: &Node) {
        if !is_name(name) {
            self.fault(name, "", "节点名应为 1 至 40 个小写字母、数字、横线或下划线");
        }
        match node {
            Node::Menu {
                timeout_seconds,
                tries,
                choices,
                ..
            } => {
                self.range(name, "timeout_seconds", *timeout_seconds, 1, 60);
                self.range(name, "tries", *tries, 1, 5);
                if choices.is_empty() {
                    self.fault(name, "choices", "至少应有一个按键");
                }
                self.keys(name, "choices", choices.keys().map(String::as_str));
            }
            Node::Ask {
                key,
                digits,
                timeout_seconds,
                tries,
                choices,
                next,
                ..
            } => {
                self.answer_key(name, key);
                self.range(name, "timeout_seconds", *timeout_seconds, 1, 60);
                self.range(name, "tries", *tries, 1, 5);
                self.digits(name, digits, choices, next.is_some());
            }
            Node::Message {
                key,
                max_seconds,
                silence_seconds,
                ..
            } => {
                self.answer_key(name, key);
                self.range(name, "max_seconds", *max_seconds, 1, 600);
                self.range(name, "silence_seconds", *silence_seconds, 1, 60);
            }
            Node::Say { prompts, .. } if prompts.is_empty() => {
                self.fault(name, "prompts", "至少应有一段提示音")
            }
            _ => {}
        }
    }

    fn range(&mut self, node: &str, field: &'static str, value: u32, from: u32, to: u32) {
        if !(from..=to).contains(&value) {
            self.fault(node, field, format!("应为 {from} 至 {to}"));
        }
    }

    fn answer_key(&mut self, node: &str, key: &str) {
        if !is_name(key) {
            self.fault(node, "key", "应为 1 至 40 个小写字母、数字、横线或下划线");
        }
    }

    fn keys<'k>(&mut self, node: &str, field: &'static str, keys: impl Iterator<Item = &'k str>) {
        for key in keys {
            if !is_key(key) {
                self.fault(node, field, format!("{key:?} 不是一个按键；应为 0-9、* 或 #"));
            }
        }
    }

    fn digits(&mut self, node: &str, digits: &str, choices: &BTreeMap<String, String>, has_next: bool) {
        if digits.is_empty() || !digits.chars().all(|digit| is_key(digit.encode_utf8(&mut [0; 4]))) {
            self.fault(node, "digits", "应列出可接受的按键，如 \"12345\"");
        }
        for choice in choices
            .keys()
            .filter(|choice| !digits.contains(choice.as_str()) || !is_key(choice))
        {
            self.fault(
                node,
                "choices",
                format!("{choice:?} 不在可接受的按键 {digits:?} 之中"),
            );
        }
        if !has_next
            && digits
                .chars()
                .any(|digit| !choices.contains_key(digit.encode_utf8(&mut [0; 4]) as &str))
        {
            self.fault(
                node,
                "next",
                "缺少：有的按键没有去向，应在 choices 列出每个按键，或给出 next",
            );
        }
    }

    fn references(&mut self, flow: &Flow, name: &str, node: &Node) {
        for (field, target) in targets(node) {
            if !flow.nodes.contains_key(target) {
                self.fault(name, field, format!("没有节点 {target:?}"));
            }
        }
        let known = self.known;
        match node {
            Node::Queue { queue, .. } if is_missing(known.queues.as_ref(), queue) => {
                self.fault(name, "queue", format!("没有队列 {queue:?}"));
            }
            Node::Schedule { schedule, .. } if is_missing(known.schedules.as_ref(), schedule) => {
                self.fault(name, "schedule", format!("没有时间表 {schedule:?}"));
            }
            _ => {}
        }
        for prompt in prompts(node) {
            let missing = match prompt.strip_prefix('$') {
                Some(variable) => !["ticket", "position"].contains(&variable),
                None => is_missing(known.prompts.as_ref(), prompt),
            };
            if missing {
                self.fault(name, "prompts", format!("没有提示音 {prompt:?}"));
            }
        }
    }

    fn ways(&mut self, flow: &Flow) {
        let reached = reach(flow, [flow.start.as_str()]);
        for name in flow.nodes.keys().filter(|name| !reached.contains(name.as_str())) {
            self.fault(name, "", "从起始节点无法到达此节点");
        }
        let is_circle = |name: &&String| {
            let first = flow.nodes.get(*name).map(unasked).unwrap_or_default();
            reach_by(flow, first, unasked).contains(name.as_str())
        };
        for name in flow.nodes.keys().filter(is_circle) {
            self.fault(name, "", "来电人不按键时会在此循环不止");
        }
        self.person(flow);
    }

    /// Whoever rings the hotline must be able to reach a person (GB/T 33358). A flow that asks questions is a survey call.
    fn person(&mut self, flow: &Flow) {
        let asks = flow.nodes.values().any(|node| matches!(node, Node::Ask { .. }));
        if asks && !self.known.is_inbound {
            return;
        }
        let leads_to_queue = |from: &str| {
            let reached = reach(flow, [from]);
            reached
                .iter()
                .any(|name| matches!(flow.nodes.get(*name), Some(Node::Queue { .. })))
        };
        if !leads_to_queue(&flow.start) {
            self.fault("", "start", "没有通往人工坐席的路径");
            return;
        }
        let menus = flow
            .nodes
            .iter()
            .filter(|(_, node)| matches!(node, Node::Menu { .. }));
        for (name, _) in menus.filter(|(name, _)| !leads_to_queue(name)) {
            self.fault(name, "", "从此菜单没有通往人工坐席的路径");
        }
    }
}

fn is_missing(known: Option<&BTreeSet<String>>, name: &str) -> bool {
    known.is_some_and(|known| !known.contains(name))
}

/// Where a node may lead, with the field that says so.
fn targets(node: &Node) -> Vec<(&'static str, &str)> {
    match node {
        Node::Say { next, .. } | Node::Message { next, .. } => vec![("next", next)],
        Node::Menu { choices, default, .. } => choices
            .values()
            .map(|target| ("choices", target.as_str()))
            .chain([("default", default.as_str())])
            .collect(),
        Node::Ask {
            choices, next, none, ..
        } => choices
            .values()
            .map(|target| ("choices", target.as_str()))
            .chain(next.iter().map(|target| ("next", target.as_str())))
            .chain([("none", none.as_str())])
            .collect(),
        Node::Schedule { open, closed, .. } => vec![("open", open), ("closed", closed)],
        Node::Queue { overflow, .. } => overflow
            .iter()
            .map(|target| ("overflow", target.as_str()))
            .collect(),
        Node::Hangup { .. } => vec![],
    }
}

/// Where a call goes that presses no key. A queue's overflow counts: it is taken at once when nobody is signed in.
fn unasked(node: &Node) -> Vec<&str> {
    let by_itself = ["next", "default", "none", "open", "closed", "overflow"];
    let asks = matches!(node, Node::Ask { .. });
    let goes = |field: &&str| by_itself.contains(field) && !(asks && *field == "next");
    targets(node)
        .into_iter()
        .filter(|(field, _)| goes(field))
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

fn prompts(node: &Node) -> &[String] {
    match node {
        Node::Say { prompts, .. }
        | Node::Menu { prompts, .. }
        | Node::Ask { prompts, .. }
        | Node::Message { prompts, .. }
        | Node::Hangup { prompts } => prompts,
        Node::Schedule { .. } | Node::Queue { .. } => &[],
    }
}

fn is_key(text: &str) -> bool {
    text.len() == 1 && text.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#')
}

pub(crate) fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
#[path = "flow_tests.rs"]
mod tests;
