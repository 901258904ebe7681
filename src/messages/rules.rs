//! What may be said. Pure.

/// In characters: what is read at a glance beside a running call.
pub const LONGEST: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// None: everybody in the office; of a cry for help: the supervisors.
    pub to: Option<String>,
    pub text: String,
    pub is_help: bool,
    pub call_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("必填")]
    Empty,
    #[error("太长，最多{LONGEST}字")]
    TooLong,
}

impl Draft {
    pub fn message(to: Option<String>, text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(Fault::Empty),
            1..=LONGEST => Ok(Self {
                to,
                text: text.to_owned(),
                is_help: false,
                call_id: None,
            }),
            _ => Err(Fault::TooLong),
        }
    }

    pub fn help(call_id: Option<String>) -> Self {
        Self {
            to: None,
            text: "请求协助".to_owned(),
            is_help: true,
            call_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_some_words_and_not_too_many() {
        let said = |text: &str| Draft::message(None, text).map(|draft| draft.text);
        assert_eq!(said("  请注意停水来电 "), Ok("请注意停水来电".to_owned()));
        assert_eq!(said(" \n"), Err(Fault::Empty));
        assert_eq!(
            said(&"水".repeat(LONGEST)).map(|text| text.chars().count()),
            Ok(LONGEST)
        );
        assert_eq!(said(&"水".repeat(LONGEST + 1)), Err(Fault::TooLong));
    }
}
