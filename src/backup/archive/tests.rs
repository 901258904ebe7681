use super::*;
use crate::db::transfer::Counts;

fn manifest() -> Manifest {
    Manifest {
        format: 1,
        version: "0".into(),
        commit: "0".into(),
        schema: 1,
        made_at: "2026-03-02T02:00:00Z".parse().expect("time"),
        database: "sqlite".into(),
        tables: Counts::new(),
        files: BTreeMap::new(),
        remarks: vec![],
    }
}

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), 0).expect("begun");
    for (name, content) in files {
        writer.add(name, content.len() as u64, *content).expect("added");
    }
    writer.finish(&mut manifest()).expect("finished")
}

fn unpacked(bytes: &[u8]) -> io::Result<(Option<Manifest>, BTreeMap<String, Kept>)> {
    read(bytes, |_, content| {
        let mut content = Summed::new(content);
        io::copy(&mut content, &mut io::sink())?;
        Ok(content.kept())
    })
}

#[test]
fn what_goes_in_comes_out_with_the_same_digest() {
    let long = vec![7; 300_000];
    let name = format!("provisioning/{}.toml", "很长的名字".repeat(20));
    let (manifest, placed) =
        unpacked(&packed(&[("a/b", b"one"), (&name, &long), ("empty", b"")])).expect("whole");
    assert_eq!(manifest.expect("a manifest").files, placed);
    assert_eq!(placed[&name].bytes, 300_000);
    assert_eq!(placed["a/b"].sha256, hex::encode(Sha256::digest(b"one")));
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_not_taken_for_whole() {
    let whole = packed(&[("a", b"one"), ("b", &[9; 5000])]);
    for length in 0..whole.len() {
        let read = unpacked(&whole[..length]);
        assert!(!matches!(read, Ok((Some(_), _))), "cut off after {length}");
    }
}

#[test]
fn a_flipped_bit_shows() {
    let whole = packed(&[("a", &(0..=255).collect::<Vec<u8>>())]);
    let good = unpacked(&whole).expect("whole");
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 16;
        // A few bits of a frame's header say nothing about its content.
        if let Ok(found @ (Some(_), _)) = unpacked(&bent) {
            assert_eq!(found, good, "the bit at {at} changed unseen what is read");
        }
    }
}

#[test]
fn a_file_that_became_shorter_ends_the_backup() {
    let mut writer = Writer::begin(Vec::new(), 0).expect("begun");
    assert!(writer.add("a", 10, &b"four"[..]).is_err());
}

#[test]
fn no_member_leads_out_of_its_folder() {
    let mut tar = Builder::new(Encoder::new(Vec::new(), 1).expect("encoder"));
    let mut header = Header::new_gnu();
    let name = b"../../etc/passwd";
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_size(1);
    header.set_cksum();
    tar.append(&header, &b"x"[..]).expect("appended");
    let bytes = tar.into_inner().and_then(Encoder::finish).expect("finished");
    let error = unpacked(&bytes).expect_err("refused");
    assert!(error.to_string().contains("../../etc/passwd"), "{error}");
}

/// A disk with room for so many bytes.
struct Disk(usize);

impl Write for Disk {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(block.len()).ok_or(ErrorKind::StorageFull)?;
        Ok(block.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_for_what_it_is() {
    let noise: Vec<u8> = (0..400_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let written = Writer::begin(Disk(1000), 0).and_then(|mut writer| {
        writer.add("a", noise.len() as u64, noise.as_slice())?;
        writer.finish(&mut manifest())
    });
    let error = written.err().expect("no room");
    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
}
