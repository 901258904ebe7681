//! Time-limit profiles, one TOML file each, and the calendar they are counted by.

use std::{collections::BTreeMap, path::Path};

use super::{catalogues, documents::Document, files::Folder};
use crate::{
    calendar::{
        Calendar, Chosen,
        limits::{self, Profile},
    },
    faults::{self, Faults},
};

const FOLDER: &str = "limits";

pub(super) fn profiles(folder: &Folder, faults: &mut Faults) -> Vec<Document<Profile>> {
    let names = folder.names(FOLDER, "toml", faults);
    names
        .iter()
        .filter_map(|name| profile(folder, name, faults))
        .collect()
}

fn profile(folder: &Folder, name: &str, faults: &mut Faults) -> Option<Document<Profile>> {
    let path = format!("{FOLDER}/{name}");
    let file = folder.label(&path);
    let table = faults::parse(&file, &folder.text(&path, faults)?, faults)?;
    let document = match Document::<Profile>::read(table) {
        Ok(document) => document,
        Err(error) => {
            faults.add(&file, "", error.to_string().trim().replace('\n', " "));
            return None;
        }
    };
    let profile = &document.body;
    for (field, message) in profile.faults() {
        faults.add(&file, field, message);
    }
    if format!("{}.toml", profile.name) != *name {
        faults.add(
            &file,
            "name",
            format!("expected the name of the file, not {:?}", profile.name),
        );
    }
    Some(document)
}

/// The county's choice must be there; a county that chose none has the first that the product would choose.
pub(super) fn choose(
    folder: &Folder,
    county: &mut BTreeMap<String, String>,
    profiles: &[Document<Profile>],
    faults: &mut Faults,
) -> Chosen {
    let chosen = county.remove("limits").filter(|name| !name.is_empty());
    let missing = |name: &&String| !profiles.iter().any(|profile| profile.body.name == **name);
    if let Some(missing) = chosen.as_ref().filter(missing) {
        let message = format!("there is no {FOLDER}/{missing}.toml");
        faults.add(&folder.label("county.toml"), "limits", message);
    }
    Chosen {
        profile: chosen.unwrap_or_else(|| limits::standard().name),
    }
}

/// What a due date is counted from.
#[derive(Debug)]
pub struct LimitsBeside {
    pub calendar: Calendar,
    pub profile: Profile,
}

/// Only the calendar and the profiles of a folder; faults of its other files are none of a due date's. `name`: that profile, not the
/// county's.
pub fn read_limits(dir: &Path, name: Option<&str>) -> Result<LimitsBeside, Faults> {
    let (folder, mut faults) = (Folder::new(dir), Faults::default());
    let (county, calendar) = county(&folder, &mut faults);
    let calendar = catalogues::calendar(&folder, &calendar, &mut faults);
    let profiles = if dir.join(FOLDER).is_dir() {
        profiles(&folder, &mut faults)
    } else {
        vec![]
    };
    let mut profiles = profiles.into_iter().map(|document| document.body);
    let wanted = name.or(county.as_deref());
    let found = match wanted {
        Some(wanted) => profiles.find(|profile| profile.name == wanted),
        None => {
            let standard = limits::standard();
            let own = profiles.find(|profile| profile.name == standard.name);
            Some(own.unwrap_or(standard))
        }
    };
    if found.is_none() {
        let file = folder.label(&format!("{FOLDER}/{}.toml", wanted.unwrap_or_default()));
        faults.add(&file, "", "there is no such time-limit profile");
    }
    let known = calendar.years_with_days();
    let days = calendar.days().map(|day| (day.date, day.off));
    let calendar = Calendar::from_days(days).map(|calendar| calendar.with_years(known));
    if let Err(error) = &calendar {
        faults.add(&folder.label("calendar"), "", error.to_string());
    }
    match (found, calendar) {
        (Some(profile), Ok(calendar)) => faults.check(LimitsBeside { calendar, profile }),
        _ => Err(faults),
    }
}

/// The profile and the calendar folder that county.toml names, if there is one.
fn county(folder: &Folder, faults: &mut Faults) -> (Option<String>, String) {
    let file = "county.toml";
    let table = folder
        .path(file)
        .is_file()
        .then(|| folder.text(file, faults))
        .flatten()
        .and_then(|text| faults::parse(&folder.label(file), &text, faults))
        .unwrap_or_default();
    let text = |key: &str| table.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    (
        text("limits"),
        text("calendar").unwrap_or_else(|| "calendar".into()),
    )
}
