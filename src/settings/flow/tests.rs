use serde_json::json;

use super::*;

fn check(body: Value) -> Vec<(String, String)> {
    let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let known = Known {
        queues: list(&["general", "hrss"]),
        schedules: list(&["service"]),
        prompts: list(&["hello", "bye"]),
        is_inbound: false,
    };
    let faults = read("test", &body, &known).err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.key(), fault.message))
        .collect()
}

fn keys(nodes: Value) -> Vec<String> {
    check(json!({"title": "测试", "start": "a", "nodes": nodes}))
        .into_iter()
        .map(|(key, _)| key)
        .collect()
}

fn queue() -> Value {
    json!({"type": "queue", "queue": "general"})
}

#[test]
fn the_shipped_flows_are_without_fault() {
    for name in ["default", "one-level", "specialist", "survey", "callback"] {
        let text = std::fs::read_to_string(format!("provisioning/menus/{name}.toml")).expect("file");
        let body = serde_json::to_value(text.parse::<toml::Table>().expect("TOML")).expect("JSON");
        assert_eq!(read(name, &body, &Known::default()).err(), None, "{name}");
    }
}

#[test]
fn a_flow_survives_being_stored() {
    let body = json!({"title": "t", "start": "a", "nodes": {"a": queue()}});
    let flow = read("test", &body, &Known::default()).expect("valid");
    let stored = serde_json::to_value(&flow).expect("JSON");
    assert_eq!(read("test", &stored, &Known::default()), Ok(flow));
}

#[test]
fn an_unknown_node_is_named_where_it_is_used() {
    assert_eq!(
        keys(json!({"a": {"type": "say", "prompts": ["hello"], "next": "nowhere"}})),
        ["nodes.a.next"]
    );
    assert_eq!(
        check(json!({"start": "z", "nodes": {"a": queue()}}))[0].0,
        "start"
    );
}

#[test]
fn queues_schedules_and_prompts_must_exist() {
    let nodes = json!({
        "a": {"type": "schedule", "schedule": "never", "open": "b", "closed": "c"},
        "b": {"type": "queue", "queue": "nobody"},
        "c": {"type": "hangup", "prompts": ["song", "$ticket", "$position", "$weather"]},
    });
    assert_eq!(
        keys(nodes),
        [
            "nodes.a.schedule",
            "nodes.b.queue",
            "nodes.c.prompts",
            "nodes.c.prompts"
        ]
    );
}

#[test]
fn a_node_nobody_reaches_is_a_fault() {
    assert_eq!(keys(json!({"a": queue(), "island": queue()})), ["nodes.island"]);
}

#[test]
fn a_circle_without_input_is_a_fault_of_each_of_its_nodes() {
    let say = |next: &str| json!({"type": "say", "prompts": ["hello"], "next": next});
    assert_eq!(
        keys(
            json!({"a": {"type": "menu", "prompts": ["hello"], "timeout_seconds": 4, "choices": {"1": "b", "2": "q"},
        "default": "q"}, "b": say("c"), "c": say("b"), "q": queue()})
        ),
        ["nodes.b", "nodes.c"]
    );
}

#[test]
fn a_menu_that_repeats_itself_for_ever_in_silence_is_a_fault() {
    let menu = json!({"type": "menu", "prompts": ["hello"], "timeout_seconds": 4, "choices": {"1": "q"}, "default": "a"});
    assert_eq!(keys(json!({"a": menu, "q": queue()})), ["nodes.a"]);
}

#[test]
fn going_back_by_a_key_is_no_circle() {
    let menu = json!({"type": "menu", "prompts": ["hello"], "timeout_seconds": 4, "choices": {"9": "a"}, "default": "q"});
    assert_eq!(keys(json!({"a": menu, "q": queue()})), [""; 0]);
}

#[test]
fn a_flow_without_a_way_to_a_person_is_a_fault() {
    assert_eq!(
        keys(json!({"a": {"type": "say", "prompts": ["hello"], "next": "b"}, "b": {"type": "hangup"}})),
        ["start"]
    );
}

#[test]
fn a_branch_of_a_menu_without_a_way_to_a_person_is_a_fault() {
    let menu = |one: &str, default: &str| json!({"type": "menu", "prompts": ["hello"], "timeout_seconds": 4, "choices": {"1": one}, "default": default});
    let nodes = json!({"a": menu("q", "b"), "b": menu("c", "c"), "c": {"type": "hangup"}, "q": queue()});
    assert_eq!(keys(nodes), ["nodes.b"]);
}

#[test]
fn a_survey_needs_no_person_unless_a_line_leads_to_it() {
    let ask = json!({"type": "ask", "key": "solved", "prompts": ["hello"], "digits": "12", "timeout_seconds": 6, "next": "b",
        "none": "b"});
    let body = json!({"start": "a", "nodes": {"a": ask, "b": {"type": "hangup"}}});
    assert!(read("test", &body, &Known::default()).is_ok());
    let known = Known {
        is_inbound: true,
        ..Known::default()
    };
    assert_eq!(
        read("test", &body, &known).expect_err("no person")[0].field,
        "start"
    );
}

#[test]
fn bad_keys_and_numbers_are_named() {
    let nodes = json!({
        "a": {"type": "menu", "prompts": ["hello"], "timeout_seconds": 0, "tries": 9, "choices": {"12": "b", "x": "b"}, "default": "b"},
        "b": {"type": "ask", "key": "K", "prompts": ["hello"], "digits": "12", "timeout_seconds": 6, "choices": {"3": "c"}, "none": "c"},
        "c": {"type": "queue", "queue": "general", "overflow": "d"},
        "d": {"type": "message", "key": "m", "prompts": [], "max_seconds": 0, "silence_seconds": 100, "next": "e"},
        "e": {"type": "hangup"},
    });
    let expected = [
        "nodes.a.timeout_seconds",
        "nodes.a.tries",
        "nodes.a.choices",
        "nodes.a.choices",
        "nodes.b.key",
        "nodes.b.choices",
        "nodes.b.next",
        "nodes.d.max_seconds",
        "nodes.d.silence_seconds",
    ];
    assert_eq!(keys(nodes), expected);
}

#[test]
fn one_broken_node_does_not_hide_the_others() {
    let nodes = json!({"a": {"type": "say", "prompts": ["song"], "next": "b"}, "b": {"type": "dance"}, "c": 5,
        "d": {"type": "queue", "queue": "general", "colour": "red"}});
    assert_eq!(keys(nodes), ["nodes.b", "nodes.c", "nodes.d", "nodes.a.prompts"]);
}

#[test]
fn a_flow_of_a_thousand_nodes_is_checked_and_one_more_is_refused() {
    let chain = |count: usize| {
        let mut nodes = serde_json::Map::new();
        for n in 0..count - 1 {
            let next = if n + 2 == count {
                "q".to_owned()
            } else {
                format!("n{}", n + 1)
            };
            nodes.insert(
                format!("n{n}"),
                json!({"type": "say", "prompts": ["hello"], "next": next}),
            );
        }
        nodes.insert("q".into(), queue());
        check(json!({"start": "n0", "nodes": nodes}))
    };
    assert_eq!(chain(1000), []);
    assert_eq!(chain(1001)[0].0, "nodes");
    let (key, message) = chain(10_000).pop().expect("a fault");
    assert_eq!(
        (key.as_str(), message.as_str()),
        ("nodes", "有 10000 个节点；不能超过 1000 个")
    );
    assert_eq!(
        chain(10_000).len(),
        1,
        "nothing else is said of a file that is refused"
    );
}

#[test]
fn what_is_no_flow_at_all_does_not_panic() {
    for body in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"nodes": []}),
        json!({"start": 5, "nodes": {"": {}}}),
    ] {
        assert!(read("test", &body, &Known::default()).is_err(), "{body}");
    }
}

#[test]
fn what_the_new_steps_name_must_exist_and_make_sense() {
    let nodes = json!({
        "a": {"type": "caller", "tests": {"vip": "b", "elderly": "nowhere"}, "otherwise": "c"},
        "b": {"type": "transfer", "number": "0085212345678", "failed": "c"},
        "c": {"type": "digits", "key": "ticket", "prompts": ["hello"], "min": 9, "max": 6, "timeout_seconds": 5, "next": "d", "none": "q"},
        "d": {"type": "ticket_status", "digits": "other", "next": "q", "none": "q"},
        "e": {"type": "caller", "tests": {}, "otherwise": "q"},
        "f": {"type": "survey", "key": "mark", "prompts": ["hello"], "timeout_seconds": 99, "next": "q"},
        "q": queue(),
    });
    let found = keys(nodes);
    for key in [
        "nodes.a.tests",
        "nodes.b.number",
        "nodes.c.min",
        "nodes.d.digits",
        "nodes.e.tests",
        "nodes.f.timeout_seconds",
    ] {
        assert!(found.contains(&key.to_owned()), "{key} in {found:?}");
    }
    // The clips that tell a ticket's state are named by no node, and must be there all the same.
    assert!(found.contains(&"nodes.d.prompts".to_owned()), "{found:?}");
}

#[test]
fn a_circle_through_a_callers_facts_is_found() {
    let nodes = json!({
        "a": {"type": "caller", "tests": {"repeat": "b"}, "otherwise": "q"},
        "b": {"type": "survey", "key": "m", "prompts": ["hello"], "timeout_seconds": 5, "next": "a"},
        "q": queue(),
    });
    assert_eq!(keys(nodes), ["nodes.a", "nodes.b"]);
}

#[test]
fn faults_are_told_in_chinese() {
    let nodes = json!({
        "a": {"type": "dance"}, "b": {"type": "say", "next": "a"}, "c": {"type": "queue", "queue": "general", "colour": "red"},
        "d": {"type": "queue", "queue": 5}, "e": 5, "f": {"type": "caller", "tests": {"tall": "c"}, "otherwise": "c"},
    });
    let faults = check(json!({"start": "a", "nodes": nodes}));
    let said = |node: &str| {
        let key = format!("nodes.{node}");
        let found = faults.iter().find(|(k, _)| *k == key);
        found.map(|(_, message)| message.clone()).unwrap_or_default()
    };
    assert!(said("a").starts_with("未知的节点类型 \"dance\""), "{}", said("a"));
    assert_eq!(said("b"), "缺少 prompts");
    assert_eq!(said("c"), "未知的键 \"colour\"");
    assert!(said("d").starts_with("内容的类型不对"), "{}", said("d"));
    assert!(said("e").starts_with("应为一个节点"), "{}", said("e"));
    assert!(said("f").starts_with("未知的判断 \"tall\""), "{}", said("f"));
}

#[test]
fn a_title_is_kept_and_may_not_be_a_speech() {
    let titled = |title: &str| json!({"start": "a", "nodes": {"a": {"type": "queue", "queue": "general", "title": title}}});
    let flow = read("test", &titled("综合受理"), &Known::default()).expect("valid");
    let stored = serde_json::to_value(&flow).expect("JSON");
    assert_eq!(
        stored["nodes"]["a"],
        json!({"title": "综合受理", "type": "queue", "queue": "general"})
    );
    assert_eq!(check(titled(&"长".repeat(41)))[0].0, "nodes.a.title");
}

#[test]
fn where_a_node_is_drawn_is_kept_and_forgotten_with_the_node() {
    let drawn = |layout: Value| json!({"start": "a", "nodes": {"a": queue()}, "layout": layout});
    let layout = json!({"a": {"x": 280, "y": -40}, "gone": {"x": 0, "y": 0}});
    let flow = read("test", &drawn(layout), &Known::default()).expect("valid");
    let stored = serde_json::to_value(&flow).expect("JSON");
    assert_eq!(stored["layout"], json!({"a": {"x": 280, "y": -40}}));
    let file = toml::to_string_pretty(&flow).expect("TOML");
    assert_eq!(toml::from_str::<Flow>(&file).expect("a flow"), flow, "{file}");
    assert_eq!(check(drawn(json!({"a": "left"})))[0].0, "layout");
    let plain = read(
        "test",
        &json!({"start": "a", "nodes": {"a": queue()}}),
        &Known::default(),
    )
    .expect("valid");
    assert!(!toml::to_string(&plain).expect("TOML").contains("layout"));
}
