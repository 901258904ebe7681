//! A value of a row as both databases have it, and the sum of many rows in whatever order they come.

use std::fmt;

use sha2::{Digest, Sha256};
use sqlx::{Row, postgres::PgRow, sqlite::SqliteRow};

/// What our columns hold. Everything else of a database is made of these: times are numbers, JSON is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Bool,
    Real,
}

impl Kind {
    pub(super) fn of(declared: &str) -> Option<Self> {
        match declared {
            "TEXT" => Some(Self::Text),
            "BIGINT" | "INTEGER" => Some(Self::Int),
            "BOOLEAN" => Some(Self::Bool),
            "DOUBLE PRECISION" => Some(Self::Real),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Real(Option<f64>),
}

impl Cell {
    pub(super) fn of_sqlite(row: &SqliteRow, at: usize, kind: Kind) -> Result<Self, sqlx::Error> {
        // A column's type in SQLite is that of the value, so it is not compared with what we ask for.
        Ok(match kind {
            Kind::Text => Self::Text(row.try_get_unchecked(at)?),
            Kind::Int => Self::Int(row.try_get_unchecked(at)?),
            Kind::Bool => Self::Bool(row.try_get_unchecked(at)?),
            Kind::Real => Self::Real(row.try_get_unchecked(at)?),
        })
    }

    pub(super) fn of_postgres(row: &PgRow, at: usize, kind: Kind) -> Result<Self, sqlx::Error> {
        Ok(match kind {
            Kind::Text => Self::Text(row.try_get(at)?),
            Kind::Int => Self::Int(row.try_get(at)?),
            Kind::Bool => Self::Bool(row.try_get(at)?),
            Kind::Real => Self::Real(row.try_get(at)?),
        })
    }

    /// One way to write each value, whichever database it came from.
    fn write(&self, into: &mut Sha256) {
        match self {
            Self::Text(Some(text)) => {
                into.update([1]);
                into.update((text.len() as u64).to_le_bytes());
                into.update(text);
            }
            Self::Int(Some(number)) => {
                into.update([2]);
                into.update(number.to_le_bytes());
            }
            Self::Bool(Some(is)) => into.update([3, u8::from(*is)]),
            Self::Real(Some(number)) => {
                into.update([4]);
                into.update(number.to_bits().to_le_bytes());
            }
            Self::Text(None) | Self::Int(None) | Self::Bool(None) | Self::Real(None) => into.update([0]),
        }
    }
}

/// The number of rows, and the sum of their digests: the same rows have the same sum, in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    lanes: [u64; 4],
}

impl Sum {
    pub(super) fn add(&mut self, row: &[Cell]) {
        let mut digest = Sha256::new();
        for cell in row {
            cell.write(&mut digest);
        }
        let digest = digest.finalize();
        for (lane, bytes) in self.lanes.iter_mut().zip(digest.chunks_exact(8)) {
            let number = bytes.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
            *lane = lane.wrapping_add(number);
        }
        self.rows += 1;
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.rows)?;
        self.lanes.iter().try_for_each(|lane| write!(f, "{lane:016x}"))
    }
}
