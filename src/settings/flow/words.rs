//! What a reader of JSON says of a node that it cannot read, in the words of who edits flows.

use serde_json::{Error, Value};

const TYPES: &str = "greet, say, menu, ask, digits, survey, caller, ticket_status, transfer, callback, schedule, queue, message, hangup";

/// The reader names things between backquotes; the rest of its sentence is for programmers.
pub(super) fn of_node(node: &Value, error: &Error) -> String {
    let text = error.to_string();
    let quoted = text.split('`').nth(1).unwrap_or_default();
    if !node.is_object() {
        "应为一个节点：type 及该类型的各项".to_owned()
    } else if text.starts_with("unknown variant") && node["type"] == quoted {
        format!("未知的节点类型 {quoted:?}；可用：{TYPES}")
    } else if text.starts_with("unknown variant") {
        format!("未知的判断 {quoted:?}；可用：blacklist, confidential, vip, elderly, open_ticket, repeat")
    } else if text.starts_with("missing field") {
        format!("缺少 {quoted}")
    } else if text.starts_with("unknown field") {
        format!("未知的键 {quoted:?}")
    } else {
        format!("内容的类型不对：{text}")
    }
}
