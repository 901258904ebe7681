//! The chain: how a row is digested, and what is wrong with a row that does not follow.

use sha2::{Digest, Sha256};

/// Said before everything else, so that no other use of SHA-256 gives the same digests.
const DOMAIN: &str = "minsheng audit 1";

#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    pub seq: i64,
    pub at: i64,
    pub actor: String,
    pub role: String,
    pub address: String,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    pub outcome: String,
    pub detail: String,
    pub prev_hash: String,
    pub hash: String,
}

impl Row {
    /// SHA-256 over every field but the digest itself, each preceded by its length: no two rows have the same encoding.
    pub fn digest(&self) -> String {
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let fields = [
            DOMAIN,
            &self.prev_hash,
            &seq,
            &at,
            &self.actor,
            &self.role,
            &self.address,
            &self.action,
            &self.object_kind,
            &self.object_id,
            &self.outcome,
            &self.detail,
        ];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// What breaks the chain, in the words of the report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("第 {0} 条记录缺失（被删除）")]
    Missing(i64),
    #[error("第 {0} 条记录的内容被改动，与其校验值不符")]
    Altered(i64),
    #[error("第 {0} 条记录没有接在前一条之后（被替换或调换）")]
    Unchained(i64),
    #[error("记录只到第 {last} 条，应有 {head} 条：末尾的记录被删除")]
    Truncated { last: i64, head: i64 },
    #[error("记录有 {last} 条，链头只登记到第 {head} 条：链头被改动")]
    Overrun { last: i64, head: i64 },
    #[error("链头与第 {0} 条记录不符：链头或整条链被改写")]
    Head(i64),
    #[error("链头的封印不符：链头或整条链被改写")]
    Seal,
    #[error("记录是空的，而封印密钥早已生成：全部记录被清除")]
    Emptied,
    #[error("封印密钥 {0} 缺失，无法证明链头")]
    NoKey(String),
    #[error("与事先记下的链头不符：第 {0} 条记录已不是当时那一条")]
    Anchor(i64),
    #[error("录音 {0} 缺失")]
    RecordingMissing(String),
    #[error("录音 {0} 被改动，与登记的校验值不符")]
    RecordingAltered(String),
    #[error("录音 {0} 无法读取")]
    RecordingUnreadable(String),
}

/// Where the chain stands after the rows seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub seq: i64,
    pub hash: String,
}

impl Link {
    /// Goes on to the next row, if it follows.
    pub fn follow(&mut self, row: &Row) -> Result<(), Fault> {
        let expected = self.seq + 1;
        if row.seq != expected {
            return Err(Fault::Missing(expected));
        }
        if row.hash != row.digest() {
            return Err(Fault::Altered(row.seq));
        }
        if row.prev_hash != self.hash {
            return Err(Fault::Unchained(row.seq));
        }
        self.seq = row.seq;
        self.hash.clone_from(&row.hash);
        Ok(())
    }

    /// Whether the chain ends where its head says.
    pub fn ends_at(&self, head: &Self) -> Result<(), Fault> {
        let (last, head_seq) = (self.seq, head.seq);
        match last.cmp(&head_seq) {
            std::cmp::Ordering::Less => Err(Fault::Truncated { last, head: head_seq }),
            std::cmp::Ordering::Greater => Err(Fault::Overrun { last, head: head_seq }),
            std::cmp::Ordering::Equal if self.hash != head.hash => Err(Fault::Head(last)),
            std::cmp::Ordering::Equal => Ok(()),
        }
    }
}

impl std::str::FromStr for Link {
    type Err = &'static str;

    /// `SEQ:HASH`, as the report prints it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected SEQ:HASH as an earlier report printed it";
        let (seq, hash) = text.split_once(':').ok_or(expected)?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or(expected)?;
        let hash = hash.to_ascii_lowercase();
        let is_digest = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then_some(Self { seq, hash }).ok_or(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: i64) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for seq in 1..=length {
            let mut row = Row {
                seq,
                at: seq * 1000,
                actor: "operator".into(),
                action: "ticket.fill".into(),
                prev_hash: rows.last().map(|row| row.hash.clone()).unwrap_or_default(),
                ..Row::default()
            };
            row.hash = row.digest();
            rows.push(row);
        }
        rows
    }

    fn walk(rows: &[Row]) -> Result<Link, Fault> {
        let mut link = Link::default();
        rows.iter().try_for_each(|row| link.follow(row))?;
        Ok(link)
    }

    #[test]
    fn a_chain_left_alone_holds() {
        let rows = chain(5);
        let end = walk(&rows).expect("whole");
        assert_eq!(end.ends_at(&end.clone()), Ok(()));
    }

    #[test]
    fn every_field_is_part_of_the_digest() {
        let changes: [fn(&mut Row); 9] = [
            |row| row.at += 1,
            |row| row.actor = "admin".into(),
            |row| row.role = "admin".into(),
            |row| row.address = "10.0.0.1".into(),
            |row| row.action = "ticket.read".into(),
            |row| row.object_kind = "call".into(),
            |row| row.object_id = "1".into(),
            |row| row.outcome = "done".into(),
            |row| row.detail = "{}".into(),
        ];
        for change in changes {
            let mut rows = chain(3);
            change(&mut rows[1]);
            assert_eq!(walk(&rows), Err(Fault::Altered(2)));
        }
    }

    #[test]
    fn what_moves_from_one_field_to_the_next_shows() {
        let row = |actor: &str, role: &str| Row {
            actor: actor.into(),
            role: role.into(),
            ..Row::default()
        };
        assert_ne!(row("ab", "c").digest(), row("a", "bc").digest());
    }

    #[test]
    fn a_removed_or_replaced_row_is_found_at_its_place() {
        let mut rows = chain(5);
        rows.remove(2);
        assert_eq!(walk(&rows), Err(Fault::Missing(3)));
        let mut rows = chain(5);
        rows[2].actor = "somebody".into();
        rows[2].hash = rows[2].digest();
        assert_eq!(walk(&rows), Err(Fault::Unchained(4)));
    }

    #[test]
    fn a_cut_end_is_found_by_the_head() {
        let rows = chain(5);
        let head = walk(&rows).expect("whole");
        let cut = walk(&rows[..3]).expect("so far whole");
        assert_eq!(cut.ends_at(&head), Err(Fault::Truncated { last: 3, head: 5 }));
        assert_eq!(head.ends_at(&cut), Err(Fault::Overrun { last: 5, head: 3 }));
    }

    #[test]
    fn a_noted_head_is_read_as_it_was_printed() {
        let head = walk(&chain(2)).expect("whole");
        assert_eq!(format!("{}:{}", head.seq, head.hash).parse(), Ok(head));
        assert!("2:abc".parse::<Link>().is_err());
        assert!("x".parse::<Link>().is_err());
    }
}
