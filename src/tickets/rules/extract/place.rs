//! The place of a request: the longest name of the gazetteer that was said.

use std::collections::HashMap;

use super::sound::{Found, Heard, PhraseIndex};
use super::{PlaceEntry, PlaceRef, SourceWord};

pub(super) struct FoundPlace {
    pub(super) place: PlaceRef,
    pub(super) source: SourceWord,
}

/// Fewer syllables than this are trusted by their letters only.
const SOUND_MIN: usize = 3;

pub(super) fn index(places: &[PlaceEntry]) -> PhraseIndex<usize> {
    let names = places.iter().enumerate().flat_map(|(at, place)| {
        let names = std::iter::once(&place.name).chain(&place.aliases);
        names.map(move |name| (name.clone(), at)).collect::<Vec<_>>()
    });
    PhraseIndex::new(names)
}

pub(super) fn choose(places: &[PlaceEntry], index: &PhraseIndex<usize>, heard: &Heard) -> Option<FoundPlace> {
    let found = index.find(heard);
    let usable: Vec<_> = found
        .iter()
        .filter(|found| found.exact || found.len() >= SOUND_MIN)
        .collect();
    let depths = depths(places);
    let best = usable
        .iter()
        .max_by_key(|found| rank(found, &usable, places, &depths))?;
    let entry = &places[*best.value];
    Some(FoundPlace {
        place: PlaceRef {
            code: entry.code.clone(),
            name: entry.name.clone(),
        },
        source: best.source("place", heard),
    })
}

/// A place whose parent was said too beats a stray name; then the more precise, the longer, the earlier, the exact.
fn rank(
    found: &Found<'_, usize>,
    all: &[&Found<'_, usize>],
    places: &[PlaceEntry],
    depths: &HashMap<&str, usize>,
) -> (usize, bool, usize, bool, usize) {
    let place = &places[*found.value];
    let confirmed = all.iter().any(|other| {
        let ancestor = &places[*other.value].code;
        *other.value != *found.value && place.code.starts_with(ancestor.as_str()) && !overlaps(found, other)
    });
    let depth = depths.get(place.code.as_str()).copied().unwrap_or(0);
    // A settlement or street of one's own is where people are; its town only says where that is.
    (
        depth.min(2),
        confirmed,
        found.len(),
        found.exact,
        usize::MAX - found.from,
    )
}

fn overlaps(one: &Found<'_, usize>, other: &Found<'_, usize>) -> bool {
    one.from < other.to && other.from < one.to
}

fn depths(places: &[PlaceEntry]) -> HashMap<&str, usize> {
    let parents: HashMap<_, _> = places
        .iter()
        .filter_map(|place| Some((place.code.as_str(), place.parent_code.as_deref()?)))
        .collect();
    let depth = |code: &str| {
        let chain = std::iter::successors(parents.get(code), |parent| parents.get(**parent));
        // A gazetteer that loops must not hang the daemon.
        chain.take(8).count()
    };
    places
        .iter()
        .map(|place| (place.code.as_str(), depth(&place.code)))
        .collect()
}
