//! The permissions that a key can be asked about: those of the operations and reads of kmsdeck.

use kmsdeck_policy::Operation;

use crate::kms::key::KeyMetadata;
use crate::ops::fields::{ENCRYPTION_CONTEXT, SOURCE_ENCRYPTION_CONTEXT};
use crate::ops::{Impact, KeyRequirement, Misfit, OPS, OpSpec};
use crate::reads::READS;

/// A permission on keys.
#[derive(Clone, Copy)]
pub struct Column {
    /// As IAM has it, without `kms:`.
    pub name: &'static str,
    /// The operation that needs it; None of a read.
    spec: Option<&'static OpSpec>,
}

/// Needed to make a key, and of no key that is there.
const OF_NO_KEY: &[&str] = &[
    "CreateKey",
    "ListKeys",
    "ListAliases",
    "ListRetirableGrants",
    "DescribeCustomKeyStores",
];

/// The heads of permissions that several operations need, or none.
const SHORT: &[(&str, &str)] = &[
    ("ReEncryptFrom", "REF"),
    ("ReEncryptTo", "RET"),
    ("GetParametersForImport", "GPI"),
    ("DescribeKey", "DKY"),
    ("GetKeyPolicy", "GPO"),
    ("GetKeyLastUsage", "GLU"),
    ("GetKeyRotationStatus", "GRS"),
    ("ListGrants", "LGR"),
    ("ListKeyRotations", "LKR"),
    ("ListResourceTags", "LTG"),
];

/// All of them: what uses a key first, then what manages it, then what tells of it.
pub fn columns() -> Vec<Column> {
    let of_ops = |uses: bool| {
        let specs = OPS.iter().copied();
        specs
            .filter(move |spec| spec.key != KeyRequirement::NoKey)
            .filter(move |spec| (spec.impact == Impact::Use) == uses)
            .flat_map(|spec| actions(spec.iam).map(move |name| (name, Some(spec))))
    };
    let of_reads = READS.iter().flat_map(|read| actions(read.iam));
    let all = of_ops(true)
        .chain(of_ops(false))
        .chain(of_reads.map(|name| (name, None)));
    let mut columns: Vec<Column> = Vec::new();
    for (name, spec) in all {
        let is_there = columns.iter().any(|column| column.name == name);
        if !is_there && !OF_NO_KEY.contains(&name) {
            columns.push(Column { name, spec });
        }
    }
    columns
}

/// The KMS permissions of a row of `OPS` or `READS`.
fn actions(iam: &'static str) -> impl Iterator<Item = &'static str> {
    iam.split(", ").filter_map(|one| one.strip_prefix("kms:"))
}

/// The column of that name, in any case, with `kms:` before it or not.
pub fn named(name: &str) -> Option<Column> {
    let bare = match name.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("kms:") => &name[4..],
        _ => name,
    };
    columns()
        .into_iter()
        .find(|column| column.name.eq_ignore_ascii_case(bare))
}

/// Those that do for a key of that kind, whatever its state is now.
pub fn of_key(key: Option<&KeyMetadata>) -> Vec<Column> {
    let mut all = columns();
    all.retain(|column| column.fits(key));
    all
}

impl Column {
    /// Whether it does for a key of that kind; what is not known of a key rules nothing out.
    pub fn fits(&self, key: Option<&KeyMetadata>) -> bool {
        let (Some(key), Some(spec)) = (key, self.spec) else {
            return true;
        };
        !matches!(spec.misfit(key), Some(Misfit::Kind(_)))
    }

    /// As it is evaluated.
    pub fn operation(&self, key: Option<&KeyMetadata>) -> Operation {
        let takes = [&ENCRYPTION_CONTEXT, &SOURCE_ENCRYPTION_CONTEXT]
            .into_iter()
            .any(|field| self.spec.is_some_and(|spec| spec.has(field)));
        Operation {
            action: format!("kms:{}", self.name),
            takes_encryption_context: takes && key.is_none_or(KeyMetadata::is_symmetric_encryption),
        }
    }

    /// Three letters for the head of a narrow column; no two columns have the same.
    pub fn short(&self) -> &'static str {
        let own = SHORT.iter().find(|(name, _)| *name == self.name);
        match (own, self.spec) {
            (Some((_, short)), _) => short,
            (None, Some(spec)) => spec.short,
            (None, None) => &self.name[..3],
        }
    }

    /// The operation that needs it.
    pub fn spec(&self) -> Option<&'static OpSpec> {
        self.spec
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_permission_is_there_once_and_fits_its_keys() {
        let all = columns();
        let mut names: Vec<_> = all.iter().map(|column| column.name).collect();
        assert_eq!(names[0], "GenerateDataKeyWithoutPlaintext");
        assert!(names.contains(&"ReEncryptTo") && names.contains(&"GetKeyPolicy"));
        assert!(!names.contains(&"DescribeCustomKeyStores"));
        let mut shorts: Vec<_> = all.iter().map(Column::short).collect();
        shorts.sort_unstable();
        for pair in shorts.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        let signing = KeyMetadata {
            key_spec: Some("ECC_NIST_P256".into()),
            key_usage: Some("SIGN_VERIFY".into()),
            key_state: Some("Disabled".into()),
            ..KeyMetadata::default()
        };
        let fitting: Vec<_> = of_key(Some(&signing)).iter().map(|one| one.name).collect();
        assert!(fitting.contains(&"Sign") && !fitting.contains(&"Decrypt"));
        assert_eq!(named("kms:decrypt").map(|one| one.name), Some("Decrypt"));
        assert!(named("Fly").is_none());
    }
}
