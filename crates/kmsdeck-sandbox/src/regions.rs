//! The Regions of AWS, and the partitions that they are in.
//!
//! Source: AWS General Reference, "AWS Regions", and `endpoints.json` of the AWS CLI.

/// By their partitions.
const REGIONS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
    ("aws-iso", &["us-iso-east-1", "us-iso-west-1"]),
    ("aws-iso-b", &["us-isob-east-1", "us-isob-west-1"]),
    ("aws-iso-e", &["eu-isoe-west-1"]),
    ("aws-iso-f", &["us-isof-east-1", "us-isof-south-1"]),
    ("aws-eusc", &["eusc-de-east-1"]),
];

/// How the names of the Regions of a partition begin, of those that are newer than this, too.
const PREFIXES: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// Whether a name has the form of a Region's: `us-east-1`, `us-gov-west-1`.
pub(crate) fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            (2..=3).contains(&words.len())
                && words.iter().all(is_word)
                && (1..=2).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// The partition that a Region is in, as ARNs have it.
pub(crate) fn partition(region: &str) -> &'static str {
    let mut prefixes = PREFIXES.iter();
    let found = prefixes.find(|(prefix, _)| region.starts_with(prefix));
    found.map_or("aws", |(_, partition)| partition)
}

/// Whether both are Regions, and one has a way to the other.
pub(crate) fn are_of_one_partition(one: &str, other: &str) -> bool {
    let mut partitions = REGIONS.iter();
    partitions.any(|(_, regions)| regions.contains(&one) && regions.contains(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_partitions_regions_begin_alike() {
        for (name, regions) in REGIONS {
            assert!(regions.iter().all(|region| partition(region) == *name));
        }
        assert!(are_of_one_partition("us-east-1", "eu-west-1"));
        assert!(!are_of_one_partition("us-east-1", "us-gov-west-1"));
        assert!(!are_of_one_partition("us-east-1", "us-east-9"));
    }
}
