//! Whole databases: every row of one into another, counted and summed on both sides, and one file with all that a database holds at a
//! moment. Knows the tables from the migrations; what their rows mean is the slices' matter.

mod cell;
mod model;
mod side;
mod snapshot;

use std::path::Path;

pub use cell::Sum;
pub use model::{Table, tables};
pub use side::Side;
pub use snapshot::{Counts, counts, fault, schema, snapshot};

use futures::TryStreamExt;

use cell::Cell;

/// Values of one statement: below the limits of both databases.
const VALUES: usize = 16_000;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} 里没有民声的数据库")]
    NotOurs(String),
    #[error("{0} 的表结构比本程序旧（缺 {1}）：请先用本版本启动一次守护进程，再停下它")]
    Older(String, i64),
    #[error("{0} 的表结构比本程序新（多 {1}）：请用写下它的那个版本或更新的版本")]
    Newer(String, i64),
    #[error("目标库不是空的：表 {0} 里已有数据。请换一个空库，本命令不会覆盖任何数据")]
    NotEmpty(String),
    #[error("表 {table} 搬过去之后与原来不同：原 {from}，现 {to}")]
    Differs { table: String, from: Sum, to: Sum },
    #[error("表 {0} 之间互相引用，排不出先后")]
    Circle(String),
    #[error("表 {table} 有一列的类型 {kind} 不认识")]
    Kind { table: String, kind: String },
    #[error("表 {table}：{source}")]
    Table { table: String, source: super::Error },
    #[error(transparent)]
    Database(#[from] super::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What was moved of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub table: String,
    pub sum: Sum,
}

/// Moves everything from one database into an empty one, in one transaction there. Relative SQLite files are below `base`.
pub async fn transfer(
    from: &str,
    to: &str,
    base: &Path,
    mut told: impl FnMut(&Moved),
) -> Result<Vec<Moved>, Error> {
    let tables = tables().await?;
    let mut from = Side::source(from, base).await?;
    let mut to = Side::target(to, base).await?;
    to.begin().await?;
    for table in &tables {
        if to.count(table).await? != table.seeded {
            return Err(Error::NotEmpty(table.name.clone()));
        }
    }
    let mut moved = Vec::new();
    for table in &tables {
        let sum = carry(&mut from, &mut to, table)
            .await
            .map_err(|error| error.of(table))?;
        let done = Moved {
            table: table.name.clone(),
            sum,
        };
        told(&done);
        moved.push(done);
    }
    to.make_search_anew().await?;
    to.commit().await?;
    from.close().await;
    Ok(moved)
}

async fn carry(from: &mut Side, to: &mut Side, table: &Table) -> Result<Sum, Error> {
    if table.seeded > 0 {
        to.clear(table).await?;
    }
    let sum = pour(from, to, table).await?;
    let arrived = to.sum(table).await?;
    if arrived != sum {
        return Err(Error::Differs {
            table: table.name.clone(),
            from: sum,
            to: arrived,
        });
    }
    if let Some(last) = from.last_number(table).await? {
        to.set_last_number(table, last).await?;
    }
    Ok(sum)
}

async fn pour(from: &mut Side, to: &mut Side, table: &Table) -> Result<Sum, Error> {
    let at_once = (VALUES / table.columns.len().max(1)).clamp(1, 500);
    let (mut sum, mut batch) = (Sum::default(), Vec::<Vec<Cell>>::with_capacity(at_once));
    let mut rows = from.rows(table);
    while let Some(row) = rows.try_next().await? {
        sum.add(&row);
        batch.push(row);
        if batch.len() == at_once {
            to.insert(table, &batch).await?;
            batch.clear();
        }
    }
    drop(rows);
    if !batch.is_empty() {
        to.insert(table, &batch).await?;
    }
    Ok(sum)
}

impl Error {
    fn of(self, table: &Table) -> Self {
        match self {
            Self::Database(source) => Self::Table {
                table: table.name.clone(),
                source,
            },
            named => named,
        }
    }
}

#[cfg(test)]
mod tests;
