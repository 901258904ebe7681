//! Where a photo or a film was taken, taken out of the file: a picture sent from a citizen's home must not say where that is. Everything
//! else stays byte for byte where it was. Pure.

/// Blanks the position in a photo: EXIF in whatever container, and XMP, which may repeat it.
pub fn blank_image(image: &mut [u8]) {
    for at in find_all(image, b"Exif\0\0") {
        blank_exif(&mut image[at + 6..]);
    }
    // WebP: name, length, block.
    if image.get(8..12) == Some(b"WEBP") {
        for at in find_all(image, b"EXIF") {
            blank_exif(image.get_mut(at + 8..).unwrap_or_default());
        }
    }
    for at in find_all(image, b"<x:xmpmeta") {
        let end = find(&image[at..], b"</x:xmpmeta>").map_or(image.len(), |end| at + end);
        image[at..end].fill(b' ');
    }
    if image.starts_with(b"\x89PNG\r\n\x1a\n") {
        blank_png(image);
    }
}

/// Blanks the position in a film: `image` is its `moov` box, where players look for what is said about it.
pub fn blank_film(moov: &mut [u8]) {
    for name in [b"\xa9xyz", b"loci"] {
        for at in find_all(moov, name) {
            let start = at.saturating_sub(4);
            let size = number(moov, start, 4, true).unwrap_or(0) as usize;
            if let Some(content) = moov.get_mut(at..start.saturating_add(size)).filter(|_| size >= 8) {
                content.fill(0);
                content[..4].copy_from_slice(b"free");
            }
        }
    }
    blank_coordinates(moov);
}

/// ISO 6709 as text (+36.4311+116.5012/), where QuickTime's metadata keeps it.
fn blank_coordinates(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        match coordinates(&bytes[at..]) {
            Some(length) => {
                bytes[at..at + length]
                    .iter_mut()
                    .filter(|byte| byte.is_ascii_digit())
                    .for_each(|digit| *digit = b'0');
                at += length;
            }
            None => at += 1,
        }
    }
}

/// How long the pair of coordinates is that begins here.
fn coordinates(bytes: &[u8]) -> Option<usize> {
    let one = |from: usize, whole: usize| {
        let digits = |from: usize| {
            bytes[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        };
        if !matches!(bytes.get(from)?, b'+' | b'-') || digits(from + 1) != whole {
            return None;
        }
        let point = from + 1 + whole;
        let fraction = (bytes.get(point)? == &b'.').then(|| digits(point + 1))?;
        (fraction >= 2).then_some(point + 1 + fraction)
    };
    one(one(0, 2)?, 3)
}

/// `tiff` begins with the block's own header. Offsets in it are relative to that.
fn blank_exif(tiff: &mut [u8]) {
    let big = match tiff.get(..4) {
        Some(b"II*\0") => false,
        Some(b"MM\0*") => true,
        _ => return,
    };
    let Some(first) = number(tiff, 4, 4, big) else {
        return;
    };
    for entry in entries(tiff, first as usize, big) {
        const GPS: u32 = 0x8825;
        if number(tiff, entry, 2, big) == Some(GPS)
            && let Some(directory) = number(tiff, entry + 8, 4, big)
        {
            blank_directory(tiff, directory as usize, big);
        }
    }
}

/// Where the entries of a directory begin.
fn entries(tiff: &[u8], directory: usize, big: bool) -> Vec<usize> {
    let count = number(tiff, directory, 2, big).unwrap_or(0) as usize;
    (0..count)
        .map(|nth| directory + 2 + nth * 12)
        .take_while(|at| at + 12 <= tiff.len())
        .collect()
}

fn blank_directory(tiff: &mut [u8], directory: usize, big: bool) {
    for entry in entries(tiff, directory, big) {
        let unit = match number(tiff, entry + 2, 2, big) {
            Some(3 | 8) => 2,
            Some(4 | 9 | 11) => 4,
            Some(5 | 10 | 12) => 8,
            _ => 1,
        };
        let length = number(tiff, entry + 4, 4, big).unwrap_or(0) as usize * unit;
        if length > 4
            && let Some(at) = number(tiff, entry + 8, 4, big)
            && let Some(value) = tiff.get_mut(at as usize..(at as usize).saturating_add(length))
        {
            value.fill(0);
        }
        tiff[entry..entry + 12].fill(0);
    }
    if let Some(count) = tiff.get_mut(directory..directory + 2) {
        count.fill(0);
    }
}

/// PNG keeps EXIF in a chunk with a checksum.
fn blank_png(image: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = number(image, at, 4, true) {
        let end = at + 8 + length as usize;
        let Some(chunk) = image.get_mut(at + 4..end) else {
            return;
        };
        let text = matches!(&chunk[..4], b"iTXt" | b"zTXt" | b"tEXt");
        if chunk.starts_with(b"eXIf") {
            blank_exif(&mut chunk[4..]);
        } else if text {
            // Notes of the camera; XMP among them, perhaps compressed. The keyword stays: a chunk must have one.
            let from = find(chunk, b"\0").map_or(chunk.len(), |end| end + 1);
            if chunk.starts_with(b"tEXt") {
                chunk[from..].fill(b' ');
            } else {
                chunk[..4].copy_from_slice(b"tEXt");
                chunk[from..].fill(b' ');
            }
        }
        let sum = crc(chunk).to_be_bytes();
        if let Some(place) = image.get_mut(end..end + 4) {
            place.copy_from_slice(&sum);
        }
        at = end + 4;
    }
}

/// The checksum of PNG (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xedb8_8320
            } else {
                sum >> 1
            }
        })
    })
}

fn number(bytes: &[u8], at: usize, length: usize, big: bool) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(length)?)?;
    let add = |sum: u32, byte: &u8| (sum << 8) | u32::from(*byte);
    Some(if big {
        part.iter().fold(0, add)
    } else {
        part.iter().rev().fold(0, add)
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn find_all(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let places = bytes.windows(wanted.len()).enumerate();
    let found = places.filter(|(_, window)| *window == wanted);
    found.map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A block with a camera's name (tag 0x010f) and a position: latitude of three rationals.
    fn exif(big: bool) -> Vec<u8> {
        let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut block = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
            [&short(tag)[..], &short(kind), &long(count), &value].concat()
        };
        block.extend(long(8));
        block.extend(short(2));
        block.extend(entry(0x010f, 2, 4, *b"Cam\0"));
        block.extend(entry(0x8825, 4, 1, long(38)));
        block.extend(long(0));
        assert_eq!(block.len(), 38);
        block.extend(short(2));
        block.extend(entry(1, 2, 2, *b"N\0\0\0"));
        block.extend(entry(2, 5, 3, long(68)));
        block.extend(long(0));
        for (number, of) in [(36, 1), (25, 1), (4311, 100)] {
            block.extend(long(number));
            block.extend(long(of));
        }
        block
    }

    fn position_of(exif: &[u8]) -> &[u8] {
        &exif[40..]
    }

    #[test]
    fn a_photo_loses_its_position_and_nothing_else() {
        for big in [false, true] {
            let block = exif(big);
            let head = [
                &b"\xff\xd8\xff\xe1\0\x6aExif\0\0"[..],
                &block,
                b"\xff\xda picture",
            ]
            .concat();
            let mut photo = head.clone();
            blank_image(&mut photo);
            assert_eq!(photo.len(), head.len());
            assert_eq!(photo[..12 + 38], head[..12 + 38], "what camera it was stays");
            let blanked = &photo[12..12 + block.len()];
            assert!(position_of(blanked).iter().all(|byte| *byte == 0));
            assert!(photo.ends_with(b"\xff\xda picture"));
        }
    }

    #[test]
    fn a_png_keeps_right_checksums() {
        let chunk = |name: &[u8], body: &[u8]| {
            let named = [name, body].concat();
            let length = (body.len() as u32).to_be_bytes();
            [&length[..], &named, &crc(&named).to_be_bytes()].concat()
        };
        let end = chunk(b"IEND", b"");
        assert_eq!(end[8..], [0xae, 0x42, 0x60, 0x82], "as the standard has it");
        let notes = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0GPSLatitude 36");
        let mut photo = [
            &b"\x89PNG\r\n\x1a\n"[..],
            &chunk(b"eXIf", &exif(true)),
            &notes,
            &end,
        ]
        .concat();
        blank_image(&mut photo);
        assert!(find(&photo, b"GPSLatitude").is_none());
        let mut blank = exif(true);
        blank_exif(&mut blank);
        assert_eq!(photo[8..8 + 12 + blank.len()], chunk(b"eXIf", &blank));
        assert!(photo.ends_with(&end));
    }

    #[test]
    fn xmp_and_webp_lose_it_as_well() {
        let xmp = b"\xff\xd8\xff\xe1\0\0http://ns.adobe.com/xap/1.0/\0<x:xmpmeta GPS='36'></x:xmpmeta>";
        let mut photo = xmp.to_vec();
        blank_image(&mut photo);
        assert!(find(&photo, b"36").is_none());
        let mut webp = [&b"RIFF\0\0\0\0WEBPEXIF\x5c\0\0\0"[..], &exif(false)].concat();
        blank_image(&mut webp);
        assert!(position_of(&webp[20..]).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_film_loses_it_in_both_of_its_places() {
        let place = [&20u32.to_be_bytes()[..], b"\xa9xyz\0\x12\x15\xc7+36.4/+1"].concat();
        let mut moov = [
            &place[..],
            b"data\0\0\0\x01\0\0\0\0+36.4311+116.5012+021.000/",
            b"trak",
        ]
        .concat();
        let length = moov.len();
        blank_film(&mut moov);
        assert_eq!(moov.len(), length);
        assert!(find(&moov, b"36.4").is_none() && find(&moov, b"116.5").is_none());
        assert_eq!(&moov[..8], b"\0\0\0\x14free");
        assert!(moov.ends_with(b"trak"));
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..400), start in 0..4usize) {
            let heads: [&[u8]; 4] = [b"\xff\xd8Exif\0\0II*\0", b"\x89PNG\r\n\x1a\n", b"RIFF....WEBPEXIF....MM\0*", b"\0\0\0\x30\xa9xyz"];
            bytes.splice(0..0, heads[start].iter().copied());
            let length = bytes.len();
            blank_image(&mut bytes);
            blank_film(&mut bytes);
            prop_assert_eq!(bytes.len(), length);
        }
    }
}
