//! The AWS Regions that have KMS, for choosing from. Others can be typed.

/// Region codes, the older ones of each part of the world first.
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "ca-west-1",
    "mx-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-south-1",
    "ap-south-2",
    "ap-east-1",
    "ap-east-2",
    "me-south-1",
    "me-central-1",
    "il-central-1",
    "af-south-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "eu-isoe-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
];

/// `eu-central-2`, `us-gov-west-1`: letters, and a number at the end.
pub fn looks_like_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (last, names) = match parts.split_last() {
        Some((last, names)) if names.len() >= 2 => (last, names),
        _ => return false,
    };
    !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
        && names
            .iter()
            .all(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Whether a host's name can have that part: what the AWS CLI asks of a Region.
pub fn is_host_label(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(is_known)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_can_be_typed_out() {
        assert!(looks_like_region("eu-central-2") && looks_like_region("us-gov-west-1"));
        assert!(
            !looks_like_region("europe")
                && !looks_like_region("eu-west")
                && !looks_like_region("eu--1")
        );
    }
}
