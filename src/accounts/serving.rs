//! What an operator serves at present: of the skills that an administrator gave, those the operator chose for the shift.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{User, rules::skill, store};
use crate::db::{self, Tx};

/// Skills left out, by user name.
pub type LeftOut = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("至少要服务一个技能")]
    Nothing,
    #[error("只能选择管理员分配给您的技能：{0}")]
    NotGiven(String),
    #[error(transparent)]
    Database(#[from] db::Error),
}

pub async fn left_out(tx: &mut Tx) -> Result<LeftOut, db::Error> {
    let mut left_out = LeftOut::new();
    for (username, skill) in store::left_out(tx).await? {
        left_out.entry(username).or_default().insert(skill);
    }
    Ok(left_out)
}

impl User {
    /// The names of the skills given.
    pub fn skill_names(&self) -> BTreeSet<&str> {
        let skills = self.skills.iter().filter_map(|text| skill(text));
        skills.map(|(name, _)| name).collect()
    }

    /// Whether callers who need the skill are for this person now.
    pub fn serves(&self, skill: &str, left_out: &LeftOut) -> bool {
        let is_left_out = left_out
            .get(&self.username)
            .is_some_and(|out| out.contains(skill));
        self.has_skill(skill) && !is_left_out
    }
}

/// From now on the person serves these of their skills.
pub async fn serve(
    tx: &mut Tx,
    now: DateTime<Utc>,
    user: &User,
    wanted: &BTreeSet<String>,
) -> Result<(), Error> {
    let given = user.skill_names();
    if let Some(strange) = wanted.iter().find(|skill| !given.contains(skill.as_str())) {
        return Err(Error::NotGiven(strange.clone()));
    }
    if wanted.is_empty() && !given.is_empty() {
        return Err(Error::Nothing);
    }
    let left_out = given.into_iter().filter(|skill| !wanted.contains(*skill));
    let left_out: Vec<&str> = left_out.collect();
    store::leave_out(tx, &user.username, &left_out).await?;
    Ok(super::tell_changed(tx, now, user).await?)
}
