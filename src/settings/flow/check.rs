//! One look at every node of a flow: what it says, and whether what it names exists. All faults at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ways::{self, targets};
use super::{Flow, FlowFault, Known, MOST_NODES, Node, Place, Step, is_name, words};
use crate::settings::numbers::{is_allowed, is_service};

pub(super) struct Check<'a> {
    pub(super) known: &'a Known,
    faults: Vec<FlowFault>,
}

/// The flow as far as it can be read, and every fault.
pub(super) fn check(name: &str, body: &Value, known: &Known) -> (Flow, Vec<FlowFault>) {
    let mut check = Check {
        known,
        faults: Vec::new(),
    };
    let flow = check.parse(name, body);
    check.flow(&flow);
    (flow, check.faults)
}

impl Check<'_> {
    pub(super) fn fault(&mut self, node: &str, field: &'static str, message: impl Into<String>) {
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
            layout: BTreeMap::new(),
        };
        let given_name = text("name");
        if !given_name.is_empty() && given_name != name {
            self.fault("", "name", format!("应与流程名 {name:?} 一致"));
        }
        for key in body.as_object().into_iter().flat_map(|map| map.keys()) {
            if !["name", "title", "start", "nodes", "layout"].contains(&key.as_str()) {
                self.fault(
                    "",
                    "",
                    format!("未知的键 {key:?}；可用：name, title, start, nodes, layout"),
                );
            }
        }
        let Some(nodes) = body.get("nodes").and_then(Value::as_object) else {
            self.fault("", "nodes", "缺少节点表");
            return flow;
        };
        if nodes.len() > MOST_NODES {
            let found = nodes.len();
            self.fault(
                "",
                "nodes",
                format!("有 {found} 个节点；不能超过 {MOST_NODES} 个"),
            );
            return flow;
        }
        for (name, node) in nodes {
            match serde_json::from_value::<Node>(node.clone()) {
                Ok(node) => drop(flow.nodes.insert(name.clone(), node)),
                Err(error) => {
                    self.fault(name, "", words::of_node(node, &error));
                    // It exists, so that references to it are no faults of their own.
                    flow.nodes.insert(name.clone(), Node::unreadable());
                }
            }
        }
        self.layout(&mut flow, body.get("layout"));
        flow
    }

    /// A place for a node that is gone by now is no fault: it is forgotten.
    fn layout(&mut self, flow: &mut Flow, given: Option<&Value>) {
        let Some(given) = given else { return };
        match serde_json::from_value::<BTreeMap<String, Place>>(given.clone()) {
            Ok(places) => {
                let drawn = |(name, _): &(String, Place)| flow.nodes.contains_key(name);
                flow.layout = places.into_iter().filter(drawn).collect();
            }
            Err(_) => self.fault("", "layout", "应为每个节点的整数坐标，如 { x = 280, y = 0 }"),
        }
    }

    fn flow(&mut self, flow: &Flow) {
        // What could not be read as a list of nodes has no start and no ways.
        if flow.nodes.is_empty() && !self.faults.is_empty() {
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
            for (node, field, message) in ways::faults(flow, self.known.is_inbound) {
                self.fault(&node, field, message);
            }
        }
    }

    fn node(&mut self, name: &str, node: &Node) {
        if !is_name(name) {
            self.fault(name, "", "节点名应为 1 至 40 个小写字母、数字、横线或下划线");
        }
        if node.title.chars().count() > 40 {
            self.fault(name, "title", "应不超过 40 个字");
        }
        match &node.step {
            Step::Menu {
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
            Step::Ask {
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
            Step::Message {
                key,
                max_seconds,
                silence_seconds,
                ..
            } => {
                self.answer_key(name, key);
                self.range(name, "max_seconds", *max_seconds, 1, 600);
                self.range(name, "silence_seconds", *silence_seconds, 1, 60);
            }
            Step::Digits {
                key,
                min,
                max,
                timeout_seconds,
                tries,
                ..
            } => {
                self.answer_key(name, key);
                self.range(name, "timeout_seconds", *timeout_seconds, 1, 60);
                self.range(name, "tries", *tries, 1, 5);
                self.range(name, "max", *max, 1, 30);
                self.range(name, "min", *min, 1, *max);
            }
            Step::Survey {
                key,
                timeout_seconds,
                tries,
                ..
            } => {
                self.answer_key(name, key);
                self.range(name, "timeout_seconds", *timeout_seconds, 1, 60);
                self.range(name, "tries", *tries, 1, 5);
            }
            Step::Caller { tests, .. } if tests.is_empty() => {
                self.fault(name, "tests", "至少应有一个判断");
            }
            Step::Transfer { number, .. } if !is_allowed(number) && !is_service(number) => {
                let message = "应为国内手机、固定电话或 110、119、120、122、12315 等短号";
                self.fault(name, "number", message);
            }
            Step::Greet { prompts, .. } | Step::Say { prompts, .. } if prompts.is_empty() => {
                self.fault(name, "prompts", "至少应有一段提示音");
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
        match &node.step {
            Step::TicketStatus {
                digits: Some(key), ..
            } if !flow.keys_of_digits().any(|known| known == key) => {
                self.fault(name, "digits", format!("没有记为 {key:?} 的收号节点"));
            }
            Step::Queue { queue, .. } if is_missing(known.queues.as_ref(), queue) => {
                self.fault(name, "queue", format!("没有队列 {queue:?}"));
            }
            Step::Schedule { schedule, .. } if is_missing(known.schedules.as_ref(), schedule) => {
                self.fault(name, "schedule", format!("没有时间表 {schedule:?}"));
            }
            _ => {}
        }
        let named = node.step.prompts().iter().map(String::as_str);
        for prompt in named.chain(node.step.own_prompts().iter().copied()) {
            let missing = match prompt.strip_prefix('$') {
                Some(variable) => {
                    !VARIABLES.contains(&variable) && !flow.keys_of_digits().any(|key| key == variable)
                }
                None => is_missing(known.prompts.as_ref(), prompt),
            };
            match prompt.strip_prefix('$') {
                Some(_) if missing => {
                    let message = format!(
                        "{prompt:?} 没有可播报的内容；可用：$ticket、$position、$minutes 或收号节点的记录名"
                    );
                    self.fault(name, "prompts", message);
                }
                None if missing => self.fault(name, "prompts", format!("没有提示音 {prompt:?}")),
                _ => {}
            }
        }
    }
}

/// What is said in numbers: of the ticket that a call of ours is about, and of who left a queue.
const VARIABLES: [&str; 3] = ["ticket", "position", "minutes"];

fn is_missing(known: Option<&BTreeSet<String>>, name: &str) -> bool {
    known.is_some_and(|known| !known.contains(name))
}

fn is_key(text: &str) -> bool {
    text.len() == 1 && text.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#')
}
