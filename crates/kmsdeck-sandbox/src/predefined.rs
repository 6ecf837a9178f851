//! The predefined aliases of AWS services (`alias/aws/sns`), and the AWS managed keys that they come
//! to.
//!
//! Source: API reference, ListAliases and DescribeKey: a predefined alias has no key until
//! DescribeKey of it associates it with an AWS managed key, and answers its KeyId and Arn.

use std::sync::Arc;

use kmsdeck_policy::root_arn;
use serde_json::json;

use crate::account::{Alias, AutoRotation, Key, KeyPolicy};
use crate::call::Call;
use crate::crypto::Material;
use crate::found::Found;
use crate::spec::{KeyManager, KeySpec, KeyState, KeyUsage, Origin};
use crate::wire::{ApiError, ApiResult};

/// What the keys of services protect, as their descriptions say it.
const PROTECTED: &[(&str, &str)] = &[
    ("acm", "ACM private keys"),
    ("dynamodb", "DynamoDB data"),
    ("ebs", "EBS volumes"),
    ("lambda", "Lambda functions"),
    ("rds", "RDS database volumes"),
    ("s3", "S3 objects"),
    ("sns", "SNS data"),
    ("ssm", "SSM parameters"),
];

/// The key that a predefined alias of the caller's account is to have, where it has none; it is not
/// kept yet.
pub(crate) fn managed_key(call: &Call<'_>, text: &str) -> ApiResult<Option<Found>> {
    let home = &call.home;
    let name = match text.strip_prefix("arn:") {
        Some(_) => text.rsplit_once(':').map_or("", |(_, name)| name),
        None => text,
    };
    let Some(service) = name.strip_prefix("alias/aws/") else {
        return Ok(None);
    };
    let is_ours = text == name || text == home.alias_arn(name);
    let has_no_key = {
        let state = call.sandbox.state();
        let store = state.store(home);
        let alias = store.and_then(|store| store.aliases.get(name));
        alias.is_some_and(|alias| alias.target.is_none())
    };
    if !is_ours || !has_no_key {
        return Ok(None);
    }
    let mut known = PROTECTED.iter();
    let protected = match known.find(|(name, _)| *name == service) {
        Some((_, protected)) => (*protected).to_owned(),
        None => format!("{service} data"),
    };
    let policy = policy(&home.account, &home.region, service);
    let policy = KeyPolicy::parse(policy).map_err(|_| ApiError::internal())?;
    let mut key = Key {
        id: call.new_key_id(false),
        home: home.clone(),
        description: format!(
            "Default key that protects my {protected} when no other key is defined"
        )
        .into(),
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsage::EncryptDecrypt,
        state: KeyState::Enabled,
        origin: Origin::AwsKms,
        manager: KeyManager::Aws,
        created: call.now,
        policy: Arc::new(policy),
        tags: Arc::from([]),
        materials: vec![Arc::new(Material::new(0, None))],
        extra: None,
    };
    // AWS managed keys rotate every year.
    key.extra_mut().rotation = Some(AutoRotation {
        period_days: 365,
        since: call.now,
    });
    Ok(Some(Found {
        arn: key.arn(),
        key: Arc::new(key),
        alias: Some(name.to_owned()),
        by_ciphertext: false,
    }))
}

/// Keeps the key, and lets its alias be for it.
pub(crate) fn associate(call: &Call<'_>, found: &Found) {
    let Some(name) = &found.alias else {
        return;
    };
    let mut state = call.sandbox.state_mut();
    state.insert_key(Key::clone(&found.key));
    let alias = Alias {
        target: Some(found.key.id.clone()),
        created: Some(call.now),
        updated: Some(call.now),
    };
    state.put_alias(&call.home, name.as_str().into(), alias);
}

/// Through the service alone, but for what is told of the key.
fn policy(account: &str, region: &str, service: &str) -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{service}-1"),
        "Statement": [
            {
                "Sid": format!("Allow access through {service} for all principals in the account that are authorized to use {service}"),
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                    "kms:CreateGrant", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": { "StringEquals": {
                    "kms:CallerAccount": account,
                    "kms:ViaService": format!("{service}.{region}.amazonaws.com"),
                } },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": { "AWS": root_arn(account) },
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    });
    format!("{policy:#}")
}
