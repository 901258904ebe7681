//! What serde says of a request, in the words of who reads the console. The original is for the log.

/// What a value should have been, by the beginning of serde's `expected …`.
const EXPECTED: [(&str, &str); 15] = [
    ("a string", "应为文字"),
    ("a borrowed string", "应为文字"),
    ("a boolean", "应为 true 或 false"),
    ("a sequence", "应为列表"),
    ("a map", "应为对象"),
    ("struct", "应为对象"),
    ("internally tagged enum", "应为对象"),
    ("adjacently tagged enum", "应为对象"),
    ("f32", "应为数字"),
    ("f64", "应为数字"),
    ("u", "应为整数"),
    ("i", "应为整数"),
    ("a nonzero", "应为整数"),
    ("an RFC 3339", TIME),
    ("a formatted date", TIME),
];

/// Where nothing better can be said.
const UNSUITABLE: &str = "内容不符合要求";

const TIME: &str = "日期或时间写法不对，应如 2026-03-02 或 2026-03-02T09:00:00+08:00";

/// From `Failed to …: a.b: invalid type: …, expected … at line 1 column 2`: the field's path and what is wrong with it.
pub(super) fn of_field(text: &str) -> (String, String) {
    let told = match text.split_once(": ") {
        Some((head, rest)) if head.starts_with("Failed to") => rest,
        _ => text,
    };
    let (path, said) = match told.split_once(": ") {
        Some((path, rest)) if !path.contains(' ') => (path, rest),
        _ => ("", told),
    };
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let (inner, message) = meaning(said);
    let field = match (path, inner) {
        (path, "") => path.to_owned(),
        ("", inner) => inner.to_owned(),
        (path, inner) => format!("{path}.{inner}"),
    };
    // The rest quotes what somebody wrote.
    let kind = said.split(['`', '"']).next().unwrap_or_default();
    tracing::debug!(field, kind, "a request that cannot be read");
    (field, message)
}

/// `Failed to …: expected value at line 1 column 2`
pub(super) fn of_syntax(text: &str) -> String {
    let place = text
        .rsplit_once(" at line ")
        .and_then(|(_, at)| at.split_once(" column "));
    match place {
        Some((line, column)) => format!("不是有效的 JSON：第 {line} 行第 {column} 列有误"),
        None => "不是有效的 JSON".to_owned(),
    }
}

/// A field named in the words, and what is wrong.
fn meaning(said: &str) -> (&str, String) {
    if let Some(field) = quoted(said, "missing field ") {
        return (field, "缺少必填内容".to_owned());
    }
    if let Some(field) = quoted(said, "unknown field ") {
        return (field, "没有这一项".to_owned());
    }
    if let Some(field) = quoted(said, "duplicate field ") {
        return (field, "只能写一次".to_owned());
    }
    if said.starts_with("unknown variant ") {
        let choices: Vec<&str> = said.split('`').skip(3).step_by(2).collect();
        return ("", format!("不在可选范围内，可选：{}", choices.join("、")));
    }
    if said.starts_with("invalid type: ") || said.starts_with("invalid value: ") {
        return ("", expected(said));
    }
    if said.starts_with("invalid length ") {
        return ("", "个数不对".to_owned());
    }
    // Of days and times, by chrono.
    let of_time = [
        "input contains",
        "premature end of input",
        "input is out of range",
        "trailing input",
        "input is not enough",
    ];
    if of_time.iter().any(|start| said.starts_with(start)) {
        return ("", TIME.to_owned());
    }
    if said.contains("digit found in string")
        || said.contains("parse integer")
        || said.starts_with("number too ")
    {
        return ("", "应为整数".to_owned());
    }
    // Our own refusals are Chinese already.
    let ours = said
        .chars()
        .any(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}'));
    let told = if ours { said } else { UNSUITABLE };
    ("", told.to_owned())
}

fn quoted<'a>(said: &'a str, start: &str) -> Option<&'a str> {
    said.strip_prefix(start)?.split('`').nth(1)
}

/// `invalid value: integer `-1`, expected u8`: of the right kind, but too much or too little.
fn expected(said: &str) -> String {
    let Some((given, wanted)) = said.rsplit_once(", expected ") else {
        return UNSUITABLE.to_owned();
    };
    if given.starts_with("invalid value: integer") || given.starts_with("invalid value: floating point") {
        return "数值超出允许的范围".to_owned();
    }
    let kind = EXPECTED.iter().find(|(start, _)| wanted.starts_with(start));
    kind.map_or(UNSUITABLE, |(_, told)| told).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (String, String) {
        of_field(&format!(
            "Failed to deserialize the JSON body into the target type: {text} at line 1 column 2"
        ))
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        let missing = ("passed".to_owned(), "缺少必填内容".to_owned());
        assert_eq!(said("missing field `passed`"), missing);
        assert_eq!(said("contact: missing field `at`").0, "contact.at");
        assert_eq!(of_field("missing field `passed`"), missing, "of a query string");
    }

    #[test]
    fn what_a_value_should_be_is_told_in_chinese() {
        assert_eq!(
            said("a.b: invalid type: string \"x\", expected u8"),
            ("a.b".into(), "应为整数".into())
        );
        assert_eq!(said("a: invalid type: null, expected a string").1, "应为文字");
        assert_eq!(said("invalid type: sequence, expected struct Fill").1, "应为对象");
        assert_eq!(
            said("level: invalid value: integer `-1`, expected u8").1,
            "数值超出允许的范围"
        );
        assert_eq!(said("at: input contains invalid characters").1, TIME);
        assert_eq!(
            said("verdict: unknown variant `x`, expected one of `redo`, `close`").1,
            "不在可选范围内，可选：redo、close"
        );
        assert_eq!(said("limit: 时限应如 3wd").1, "时限应如 3wd");
        assert_eq!(said("something else").1, "内容不符合要求");
    }

    #[test]
    fn broken_json_is_told_by_its_place() {
        let text = "Failed to parse the request body as JSON: expected value at line 3 column 7";
        assert_eq!(of_syntax(text), "不是有效的 JSON：第 3 行第 7 列有误");
    }
}
