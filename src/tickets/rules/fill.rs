//! What a person types into a ticket.

use serde::{Deserialize, Serialize};

use super::permit::Refusal;

pub use crate::calendar::limits::KINDS;
/// Bands a person may choose; the time limits behind them are another slice's.
pub const BANDS: [&str; 8] = ["S", "A", "B", "C", "D", "E", "F", "G"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Title,
    Content,
    Kind,
    ClassCode,
    Band,
    Place,
    PlaceCode,
    Happened,
    Affected,
    CallerName,
    ContactPhone,
}

impl Field {
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Content => "content",
            Self::Kind => "kind",
            Self::ClassCode => "class_code",
            Self::Band => "band",
            Self::Place => "place",
            Self::PlaceCode => "place_code",
            Self::Happened => "happened",
            Self::Affected => "affected",
            Self::CallerName => "caller_name",
            Self::ContactPhone => "contact_phone",
        }
    }

    /// In characters; generous for people, small enough for a row.
    fn longest(self) -> usize {
        match self {
            Self::Content => 10_000,
            Self::Title | Self::Place => 200,
            _ => 64,
        }
    }
}

/// What a person typed; a field that is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fill {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_code: Option<String>,
    /// When it happened, or since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happened: Option<String>,
    /// How many it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
}

impl Fill {
    pub fn texts(&self) -> [(Field, &Option<String>); 11] {
        [
            (Field::Title, &self.title),
            (Field::Content, &self.content),
            (Field::Kind, &self.kind),
            (Field::ClassCode, &self.class_code),
            (Field::Band, &self.band),
            (Field::Place, &self.place),
            (Field::PlaceCode, &self.place_code),
            (Field::Happened, &self.happened),
            (Field::Affected, &self.affected),
            (Field::CallerName, &self.caller_name),
            (Field::ContactPhone, &self.contact_phone),
        ]
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        let faults: Vec<_> = self
            .texts()
            .into_iter()
            .filter_map(|(field, value)| Some((field, fault(field, value.as_ref()?)?)))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Refusal::fields(faults))
        }
    }
}

fn fault(field: Field, value: &str) -> Option<&'static str> {
    let known = match field {
        Field::Kind => KINDS.contains(&value),
        Field::Band => BANDS.contains(&value),
        _ => true,
    };
    if !known {
        Some("不在可选范围内")
    } else if value.chars().count() > field.longest() {
        Some("太长")
    } else {
        None
    }
}
