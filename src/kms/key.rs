//! Keys and what belongs to them, as the read operations return them.
//!
//! Enumerations of the API stay text: KMS adds values over time, and one that kmsdeck does not
//! know is shown as it is.

use jiff::Timestamp;

use super::error::KmsError;
use super::text::counted;

/// One entry of ListKeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySummary {
    pub key_id: String,
    pub key_arn: String,
}

/// One entry of ListAliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// With `alias/`.
    pub name: String,
    pub arn: Option<String>,
    /// A key ID. None for an AWS managed key's alias whose key was never made.
    pub target_key_id: Option<String>,
}

/// KeyMetadata of DescribeKey.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyMetadata {
    pub key_id: String,
    pub arn: Option<String>,
    pub aws_account_id: Option<String>,
    pub description: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, ...
    pub key_state: Option<String>,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, ...
    pub key_spec: Option<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, ...
    pub key_usage: Option<String>,
    /// `AWS` or `CUSTOMER`.
    pub key_manager: Option<String>,
    /// `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    pub origin: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub deletion_date: Option<Timestamp>,
    pub pending_deletion_window_in_days: Option<i32>,
    pub valid_to: Option<Timestamp>,
    pub expiration_model: Option<String>,
    pub custom_key_store_id: Option<String>,
    pub cloud_hsm_cluster_id: Option<String>,
    pub xks_key_id: Option<String>,
    pub multi_region: Option<MultiRegion>,
    pub current_key_material_id: Option<String>,
    /// Of whichever kind the key has: encryption, signing, MAC, key agreement, encapsulation.
    pub algorithms: Vec<(&'static str, Vec<String>)>,
}

/// MultiRegionConfiguration of KeyMetadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiRegion {
    /// `PRIMARY` or `REPLICA`.
    pub key_type: String,
    pub primary_region: Option<String>,
    pub replica_regions: Vec<String>,
}

/// A key of a multi-Region key, in its Region: what was told of it, or why it was not.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedKey {
    pub region: String,
    pub metadata: Result<KeyMetadata, KmsError>,
    /// JSON.
    pub policy: Result<String, KmsError>,
    pub tags: Result<Vec<Tag>, KmsError>,
    pub aliases: Result<Vec<String>, KmsError>,
}

/// One entry of ListGrants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    pub grant_id: String,
    pub name: Option<String>,
    pub grantee_principal: Option<String>,
    /// An AWS service in place of, or beside, a principal.
    pub grantee_service_principal: Option<String>,
    pub retiring_principal: Option<String>,
    pub retiring_service_principal: Option<String>,
    pub issuing_account: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub operations: Vec<String>,
    /// `EncryptionContextSubset` or `EncryptionContextEquals`, and its pairs.
    pub constraints: Vec<(&'static str, Vec<(String, String)>)>,
    /// The resource that an AWS service must act for: the SourceArn of Constraints.
    pub source_arn: Option<String>,
}

impl Grant {
    /// Who may use the key by it.
    pub fn grantee(&self) -> Option<&str> {
        let service = self.grantee_service_principal.as_deref();
        self.grantee_principal.as_deref().or(service)
    }

    /// Who may retire it, beside the account and a grantee whom it lets.
    pub fn retiring(&self) -> Option<&str> {
        let service = self.retiring_service_principal.as_deref();
        self.retiring_principal.as_deref().or(service)
    }

    /// Whether it counts only under conditions.
    pub fn is_constrained(&self) -> bool {
        !self.constraints.is_empty() || self.source_arn.is_some()
    }
}

/// One entry of ListRetirableGrants: a grant with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGrant {
    /// By its ARN, where the service says it.
    pub key_id: String,
    pub grant: Grant,
}

/// One entry of ListResourceTags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// GetKeyRotationStatus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationStatus {
    pub enabled: bool,
    pub period_in_days: Option<i32>,
    pub next_rotation_date: Option<Timestamp>,
    pub on_demand_start_date: Option<Timestamp>,
}

/// One entry of ListKeyRotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    pub key_material_id: Option<String>,
    /// `CURRENT`, `NON_CURRENT`, `PENDING_ROTATION`, ...
    pub key_material_state: Option<String>,
    pub rotation_date: Option<Timestamp>,
    /// `AUTOMATIC` or `ON_DEMAND`.
    pub rotation_type: Option<String>,
    /// Of imported material: `IMPORTED` or `PENDING_IMPORT`.
    pub import_state: Option<String>,
    /// Of imported material: `KEY_MATERIAL_EXPIRES` or `KEY_MATERIAL_DOES_NOT_EXPIRE`.
    pub expiration_model: Option<String>,
    /// When imported material expires; None where it does not.
    pub valid_to: Option<Timestamp>,
    /// What the user called imported material.
    pub description: Option<String>,
}

/// GetKeyLastUsage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUsage {
    /// The last successful cryptographic operation, `Decrypt`; None where there was none since
    /// tracking began.
    pub operation: Option<String>,
    pub at: Option<Timestamp>,
    pub request_id: Option<String>,
    pub tracking_start: Option<Timestamp>,
    /// When the key was made.
    pub key_created: Option<Timestamp>,
}

impl LastUsage {
    fn created(&self, made: Option<Timestamp>) -> Option<Timestamp> {
        self.key_created.or(made)
    }

    /// Whether it is known that the key was never used: only of one that is younger than KMS's
    /// tracking. `made` is when the key was made, where the answer does not say it.
    pub fn was_never_used(&self, made: Option<Timestamp>) -> bool {
        let is_tracked = match (self.created(made), self.tracking_start) {
            (Some(made), Some(start)) => made >= start,
            _ => false,
        };
        self.at.is_none() && is_tracked
    }

    /// Since when it is known not to have been used.
    pub fn unused_since(&self, made: Option<Timestamp>) -> Option<Timestamp> {
        match self.was_never_used(made) {
            true => self.created(made),
            false => self.at.or(self.tracking_start),
        }
    }

    /// What is said of a key that was not used, as far as KMS knows.
    pub fn never_text(&self, made: Option<Timestamp>) -> String {
        match self.tracking_start {
            _ if self.was_never_used(made) => "never".to_owned(),
            Some(start) => format!("not since {}", start.strftime("%Y-%m-%d")),
            None => "not known".to_owned(),
        }
    }

    /// When the key was last used and by what, in words.
    pub fn text(&self, made: Option<Timestamp>, now: Timestamp) -> String {
        let Some(at) = self.at else {
            let never = self.never_text(made);
            return match never.starts_with("not since") {
                true => format!("{never}; before that it is not known"),
                false => never,
            };
        };
        let ago = match now.duration_since(at).as_hours() / 24 {
            ..=0 => "today".to_owned(),
            days => format!("{} ago", counted(days as usize, "day")),
        };
        let by = self.operation.as_deref();
        let by = by.map_or(String::new(), |operation| format!(", {operation}"));
        format!("{} ({ago}){by}", at.strftime("%Y-%m-%d"))
    }
}

/// sts:GetCallerIdentity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    pub account: String,
    pub arn: String,
}

impl CallerIdentity {
    /// `user/admin` of `arn:aws:iam::111122223333:user/admin`.
    pub fn short_name(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn)
    }
}

/// A value of KeyMetadata.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataValue {
    Text(String),
    Number(i32),
    Names(Vec<String>),
    Time(Timestamp),
    /// PrimaryRegion and the replicas' Regions come with it.
    MultiRegion(MultiRegion),
}

impl MetadataValue {
    /// As the AWS CLI prints it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            MetadataValue::Text(text) => text.clone().into(),
            MetadataValue::Number(number) => (*number).into(),
            MetadataValue::Names(names) => names.clone().into(),
            MetadataValue::Time(at) => at.to_string().into(),
            MetadataValue::MultiRegion(multi) => serde_json::json!({
                "MultiRegionKeyType": multi.key_type,
                "PrimaryKey": { "Region": multi.primary_region },
                "ReplicaKeys": multi
                    .replica_regions
                    .iter()
                    .map(|region| serde_json::json!({ "Region": region }))
                    .collect::<Vec<_>>(),
            }),
        }
    }

    /// On one line.
    pub fn to_text(&self) -> String {
        match self {
            MetadataValue::Text(text) => text.clone(),
            MetadataValue::Number(number) => number.to_string(),
            MetadataValue::Names(names) => names.join(", "),
            MetadataValue::Time(at) => at.to_string(),
            MetadataValue::MultiRegion(multi) => {
                let mut text = multi.key_type.clone();
                if let Some(region) = &multi.primary_region {
                    text.push_str(&format!(", primary in {region}"));
                }
                if !multi.replica_regions.is_empty() {
                    text.push_str(&format!(
                        ", replicas in {}",
                        multi.replica_regions.join(", ")
                    ));
                }
                text
            }
        }
    }
}

impl KeyMetadata {
    /// The fields that are there, by their API names, those that matter most first.
    pub fn fields(&self) -> Vec<(&'static str, MetadataValue)> {
        let text = |value: &Option<String>| value.clone().map(MetadataValue::Text);
        let time = |value: Option<Timestamp>| value.map(MetadataValue::Time);
        let mut fields = vec![
            ("KeyState", text(&self.key_state)),
            (
                "Description",
                Some(MetadataValue::Text(self.description.clone())),
            ),
            ("KeyId", Some(MetadataValue::Text(self.key_id.clone()))),
            ("Arn", text(&self.arn)),
            ("KeySpec", text(&self.key_spec)),
            ("KeyUsage", text(&self.key_usage)),
        ];
        for (name, algorithms) in &self.algorithms {
            fields.push((name, Some(MetadataValue::Names(algorithms.clone()))));
        }
        fields.extend([
            ("KeyManager", text(&self.key_manager)),
            ("Origin", text(&self.origin)),
            ("CreationDate", time(self.creation_date)),
            ("DeletionDate", time(self.deletion_date)),
            (
                "PendingDeletionWindowInDays",
                self.pending_deletion_window_in_days
                    .map(MetadataValue::Number),
            ),
            ("ValidTo", time(self.valid_to)),
            ("ExpirationModel", text(&self.expiration_model)),
            ("CustomKeyStoreId", text(&self.custom_key_store_id)),
            ("CloudHsmClusterId", text(&self.cloud_hsm_cluster_id)),
            ("XksKeyId", text(&self.xks_key_id)),
            (
                "MultiRegionConfiguration",
                self.multi_region.clone().map(MetadataValue::MultiRegion),
            ),
            ("CurrentKeyMaterialId", text(&self.current_key_material_id)),
            ("AWSAccountId", text(&self.aws_account_id)),
        ]);
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// The same as text, but for those that are empty.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        let fields = self.fields().into_iter();
        fields
            .map(|(name, value)| (name, value.to_text()))
            .filter(|(_, text)| !text.is_empty())
    }

    /// The same as the AWS CLI prints them.
    pub fn to_json(&self) -> serde_json::Value {
        let fields = self.fields().into_iter();
        let members: serde_json::Map<_, _> = fields
            .map(|(name, value)| (name.to_owned(), value.to_json()))
            .collect();
        members.into()
    }

    /// A multi-Region key's Type, else None.
    pub fn multi_region_type(&self) -> Option<&str> {
        self.multi_region.as_ref().map(|m| m.key_type.as_str())
    }

    pub fn is_aws_managed(&self) -> bool {
        self.key_manager.as_deref() == Some("AWS")
    }

    /// Whether GenerateDataKey* and Encrypt take the key: KeySpec SYMMETRIC_DEFAULT.
    pub fn is_symmetric_encryption(&self) -> bool {
        self.key_spec.as_deref() == Some("SYMMETRIC_DEFAULT")
    }
}
