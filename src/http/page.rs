//! Paging by opaque cursor: the cursor is the sort key of the last item shown, so that new items shift nothing.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use super::problem::{FieldError, Problem};

pub const DEFAULT_LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 200;

/// A part of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    pub items: Vec<T>,
    /// Where the next part begins; null: this was the last
    pub next_cursor: Option<String>,
}

/// Which part of a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    pub cursor: Option<String>,
    /// 1 to 200; 50 unless told
    pub limit: Option<i64>,
}

impl Asked {
    /// Of a list that is at hand as a whole, in the order of its keys.
    pub fn of<T: ToSchema, K>(&self, items: Vec<T>, key: impl Fn(&T) -> K) -> Result<Page<T>, Problem>
    where
        K: Serialize + DeserializeOwned + PartialOrd,
    {
        let (limit, after) = (limit(self.limit)?, decode::<K>(self.cursor.as_deref())?);
        let is_further = |item: &T| after.as_ref().is_none_or(|after| key(item) > *after);
        let items = items.into_iter().filter(is_further).collect();
        let (items, next_cursor) = cut(items, limit, key);
        Ok(Page { items, next_cursor })
    }

    /// Where to go on reading, and how many rows to read: one more than are shown tells whether there are further ones.
    pub fn rows<K: DeserializeOwned>(&self) -> Result<(Option<K>, i64), Problem> {
        Ok((decode(self.cursor.as_deref())?, limit(self.limit)? + 1))
    }
}

impl<T: ToSchema> Page<T> {
    /// What [`Asked::rows`] had read.
    pub fn shown<R, K: Serialize>(
        rows: Vec<R>,
        read: i64,
        key: impl Fn(&R) -> K,
        view: impl FnMut(R) -> T,
    ) -> Self {
        let (rows, next_cursor) = cut(rows, read - 1, key);
        Self {
            items: rows.into_iter().map(view).collect(),
            next_cursor,
        }
    }
}

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
