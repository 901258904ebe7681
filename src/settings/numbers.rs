//! Which numbers the hotline may call, whoever asks for it. Pure.

/// Toll fraud ends here: only what a citizen can have called from, mobile and landline numbers inside China.
pub fn is_allowed(number: &str) -> bool {
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let mobile = number.len() == 11
        && number.starts_with('1')
        && !number.starts_with("10")
        && !number.starts_with("11");
    let landline = (10..=12).contains(&number.len()) && number.starts_with('0') && !number.starts_with("00");
    let local = (7..=8).contains(&number.len()) && !number.starts_with(['0', '1']);
    digits && (mobile || landline || local)
}

/// Services and authorities that may be called in or handed to: 110, 12315, 95598 and the like.
pub fn is_service(number: &str) -> bool {
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    let emergency = ["110", "119", "120", "122"].contains(&number);
    let authority = number.len() == 5 && ["12", "95", "96"].iter().any(|area| number.starts_with(area));
    digits && (emergency || authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_chinese_mobile_and_landline_numbers_are_dialled() {
        for good in ["13912345678", "05341234567", "01012345678", "2345678", "82345678"] {
            assert!(is_allowed(good), "{good}");
        }
        assert!(is_service("110") && is_service("12315") && is_service("95598"));
        assert!(!is_service("16812") && !is_service("114") && !is_service("9559x"));
        for bad in [
            "",
            "0085212345678",
            "+8613912345678",
            "1681234567890",
            "10086",
            "12345",
            "anonymous",
            "16812345",
            "11012345678",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
