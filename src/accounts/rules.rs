//! What a person's record must satisfy.

use super::{Invalid, Role, User};

/// The shortest password that may be chosen.
pub(super) const SHORTEST_PASSWORD: usize = 10;
const LONGEST_PASSWORD: usize = 200;

pub(super) fn check(user: &User) -> Result<(), Vec<Invalid>> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, field, message| {
        if !holds {
            faults.push(Invalid { field, message });
        }
    };
    expect(
        is_username(&user.username),
        "username",
        "用户名应为 1 至 32 个小写字母、数字、点、横线或下划线，以字母或数字开头",
    );
    let name_length = user.display_name.trim().chars().count();
    expect(
        (1..=50).contains(&name_length),
        "display_name",
        "姓名应为 1 至 50 个字",
    );
    expect(
        !user.display_name.contains(char::is_control),
        "display_name",
        "姓名不能含控制字符",
    );
    expect(
        user.extension.as_deref().is_none_or(is_extension),
        "extension",
        "分机号应为 2 至 8 位数字",
    );
    expect(
        user.role != Role::Unit || user.unit_code.is_some(),
        "unit_code",
        "承办单位账号必须指定单位",
    );
    expect(
        user.role != Role::Unit || !user.outsourced,
        "outsourced",
        "外包人员不得代表承办单位，不能设为承办单位账号",
    );
    expect(user.skills.len() <= 50, "skills", "技能不能超过 50 个");
    expect(
        user.skills.iter().all(|text| skill(text).is_some()),
        "skills",
        "技能名应为 1 至 32 个小写字母、数字、横线或下划线，可加级别，如 hrss:2（1 至 9 级，1 级最高）",
    );
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

pub(super) fn check_password(password: &str) -> Result<(), Vec<Invalid>> {
    let long_enough = password.chars().count() >= SHORTEST_PASSWORD;
    if long_enough && password.len() <= LONGEST_PASSWORD && !password.contains(char::is_control) {
        return Ok(());
    }
    Err(vec![Invalid {
        field: "password",
        message: "密码应为 10 至 200 个字符",
    }])
}

/// The name is the SIP user name too, so it keeps to what needs no escaping there (RFC 3261 section 25.1, "unreserved").
fn is_username(text: &str) -> bool {
    let start_is_plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    start_is_plain && text.len() <= 32 && text.bytes().all(|b| is_word_byte(b) || b == b'.')
}

/// `hrss` or, with a level from 1 (best) to 9, `hrss:2`.
pub fn skill(text: &str) -> Option<(&str, u8)> {
    let (name, level) = match text.split_once(':') {
        Some((name, level)) => (name, level.parse().ok().filter(|level| (1..=9).contains(level))?),
        None => (text, 1),
    };
    ((1..=32).contains(&name.len()) && name.bytes().all(is_word_byte)).then_some((name, level))
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
}

fn is_extension(text: &str) -> bool {
    (2..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        User {
            username: "operator1".into(),
            display_name: "李雯".into(),
            role: Role::Operator,
            extension: Some("8001".into()),
            unit_code: None,
            skills: vec!["general".into()],
            disabled: false,
            outsourced: false,
        }
    }

    fn fields(user: &User) -> Vec<&'static str> {
        check(user)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|fault| fault.field)
            .collect()
    }

    #[test]
    fn an_ordinary_person_passes() {
        assert_eq!(check(&user()), Ok(()));
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let bad = User {
            username: "Bad Name".into(),
            display_name: " ".into(),
            role: Role::Unit,
            extension: Some("80a".into()),
            unit_code: None,
            skills: vec!["".into()],
            disabled: false,
            outsourced: false,
        };
        assert_eq!(
            fields(&bad),
            ["username", "display_name", "extension", "unit_code", "skills"]
        );
    }

    #[test]
    fn a_name_that_would_need_escaping_in_sip_is_refused() {
        for name in ["", "-a", "a@b", "a b", "人", "a;b", &"a".repeat(33)] {
            assert_eq!(
                fields(&User {
                    username: name.into(),
                    ..user()
                }),
                ["username"],
                "{name}"
            );
        }
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(check_password("短短短短短短短短短").is_err());
        assert!(check_password("minsheng-demo").is_ok());
    }
}
