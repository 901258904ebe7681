//! What was worked out from rows that seldom change, kept in memory with the mark of the state it was worked out from.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Tx;

/// Says which state of the rows: another mark, other rows.
pub(crate) type Mark = i64;

type Kept = (Mark, Arc<dyn Any + Send + Sync>);

#[derive(Default)]
pub(super) struct Memo(Mutex<HashMap<TypeId, Kept>>);

impl Memo {
    fn find<T: Send + Sync + 'static>(&self, mark: Mark) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, value) = kept.get(&TypeId::of::<T>())?;
        (*known == mark).then(|| value.clone().downcast().ok())?
    }

    fn keep<T: Send + Sync + 'static>(&self, mark: Mark, value: Arc<T>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(TypeId::of::<T>(), (mark, value));
    }
}

impl Tx {
    pub(crate) fn recall<T: Send + Sync + 'static>(&self, mark: Mark) -> Option<Arc<T>> {
        self.memo.find(mark)
    }

    /// What a writing transaction sees may yet be undone, and its mark given to another state: only readers keep anything.
    pub(crate) fn remember<T: Send + Sync + 'static>(&self, mark: Mark, value: &Arc<T>) {
        if self.reads_only {
            self.memo.keep(mark, value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_a_reader_saw_is_kept_and_only_for_its_mark() {
        let (db, _dir) = crate::db::fresh().await;
        let writer = db.begin().await.expect("begin");
        writer.remember(1, &Arc::new("undone".to_owned()));
        writer.rollback().await.expect("rolled back");
        let reader = db.read().await.expect("read");
        assert_eq!(reader.recall::<String>(1), None);
        reader.remember(1, &Arc::new("seen".to_owned()));
        assert_eq!(reader.recall(1), Some(Arc::new("seen".to_owned())));
        assert_eq!(reader.recall::<String>(2), None);
        assert_eq!(reader.recall::<i64>(1), None, "another kind of thing");
    }
}
