//! What a profile says: those that are shipped, and what is refused.

use super::*;

#[test]
fn every_shipped_profile_reads_and_has_no_fault() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning/limits");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).expect("folder") {
        let path = entry.expect("entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let profile: Profile =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(profile.faults(), [], "{}", path.display());
        assert_eq!(
            path.file_stem().and_then(|stem| stem.to_str()),
            Some(profile.name.as_str())
        );
        names.push(profile.name);
    }
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "beijing",
            "kaijiang",
            "linyi",
            "shandong",
            "weihai",
            "within-a-day"
        ]
    );
    let shandong = standard();
    assert_eq!(shandong.limit("C", "投诉", Timer::Handle), Some(limit("5wd")));
    assert_eq!(shandong.limit("X", "投诉", Timer::Handle), None);
}

#[test]
fn a_limit_of_more_days_than_any_office_is_given_is_a_fault() {
    let mut profile = standard();
    let bands = profile.bands.get_mut("C").expect("every profile speaks of it");
    bands.0.insert(Timer::Handle, limit("1000wd"));
    bands.0.insert(Timer::Sign, limit("10000h"));
    assert_eq!(profile.faults(), []);
    let bands = profile.bands.get_mut("C").expect("still there");
    bands.0.insert(Timer::Handle, limit("1001wd"));
    profile.extension.longest = limit("1001d");
    let fields: Vec<_> = profile.faults().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["extension.longest", "bands.C.handle"]);
}
