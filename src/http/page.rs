//! Paging by opaque cursor: the cursor is the sort key of the last item shown, so that new items shift nothing.

use serde::{Serialize, de::DeserializeOwned};

use super::problem::{FieldError, Problem};

pub const DEFAULT_LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 200;

/// The wanted page size, or what is wrong with it.
pub fn limit(wanted: Option<i64>) -> Result<i64, Problem> {
    match wanted {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid(vec![FieldError::new("limit", "应为 1 至 200")])),
    }
}

/// Any sort key as a cursor.
pub fn encode<T: Serialize>(key: &T) -> Option<String> {
    serde_json::to_vec(key).ok().map(hex::encode)
}

/// The sort key in a cursor we gave out.
pub fn decode<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
        return Ok(None);
    };
    let key = hex::decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match key {
        Some(key) => Ok(Some(key)),
        None => Err(Problem::invalid(vec![FieldError::new(
            "cursor",
            "不是本系统给出的游标",
        )])),
    }
}

/// Cuts a list that was read with one item more than `limit`, and says the cursor of the next page if there is one.
pub fn cut<T, K: Serialize>(
    mut items: Vec<T>,
    limit: i64,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if items.len() <= limit {
        return (items, None);
    }
    items.truncate(limit);
    let cursor = items.last().and_then(|item| encode(&key(item)));
    (items, cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_key() {
        let cursor = encode(&(5_i64, "a")).expect("cursor");
        assert_eq!(
            decode::<(i64, String)>(Some(&cursor)).expect("key"),
            Some((5, "a".to_owned()))
        );
        assert_eq!(decode::<i64>(None).expect("none"), None);
    }

    #[test]
    fn a_cursor_we_did_not_give_is_the_callers_fault() {
        for cursor in ["zz", "6", "7b7d", "5b5d"] {
            assert_eq!(
                decode::<(i64, String)>(Some(cursor)).expect_err("refused").status,
                422,
                "{cursor}"
            );
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        assert_eq!(cut(vec![1, 2], 2, |n| *n), (vec![1, 2], None));
        let (items, cursor) = cut(vec![1, 2, 3], 2, |n| *n);
        assert_eq!(items, [1, 2]);
        assert_eq!(decode::<i64>(cursor.as_deref()).expect("key"), Some(2));
    }
}
