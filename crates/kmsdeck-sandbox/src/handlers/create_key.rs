//! CreateKey: of any spec that the sandbox has, with AWS_KMS material, EXTERNAL and pending import,
//! or in a custom key store.

use std::sync::Arc;

use kmsdeck_policy::RequestContext;

use crate::account::{Key, KeyPolicy, MultiRegion, Tag};
use crate::call::Call;
use crate::crypto::Material;
use crate::handlers::describe_key::metadata;
use crate::handlers::key_in_store::Place;
use crate::handlers::put_key_policy::{check_lockout, parse_policy, read_policy};
use crate::imported::can_be_imported;
use crate::spec::{KeyManager, KeySpec, KeyState, KeyUsage, Origin};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let policy = read_policy(params);
    let description = params.text("Description", 0..=8192).unwrap_or_default();
    let usage = params.choice("KeyUsage", KeyUsage::NAMES);
    let old_spec = params.choice("CustomerMasterKeySpec", KeySpec::OLD_NAMES);
    let spec = params.choice("KeySpec", KeySpec::NAMES);
    let origin = params.choice("Origin", Origin::NAMES);
    let place = Place::read(params);
    let bypass = params.flag("BypassPolicyLockoutSafetyCheck");
    let tags = read_tags(params);
    let multi_region = params.flag("MultiRegion");
    params.check()?;

    if spec.is_some() && old_spec.is_some() {
        return Err(ApiError::validation(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.",
        ));
    }
    let spec = spec
        .or(old_spec)
        .and_then(KeySpec::from_name)
        .unwrap_or(KeySpec::SymmetricDefault);
    let usage = match usage.and_then(KeyUsage::from_name) {
        Some(usage) => usage,
        None if spec.is_symmetric_encryption() => KeyUsage::EncryptDecrypt,
        None => {
            return Err(ApiError::validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
            ));
        }
    };
    if !spec.usages().contains(&usage) {
        return Err(ApiError::validation(format!(
            "KeyUsage {} is not compatible with KeySpec {}",
            usage.name(),
            spec.name()
        )));
    }
    let origin = origin.and_then(Origin::from_name).unwrap_or(Origin::AwsKms);
    check_tags(&tags)?;

    let mut request_context = RequestContext::default();
    request_context.set("kms:KeySpec", spec.name());
    request_context.set_opt("kms:CustomerMasterKeySpec", spec.old_name());
    request_context.set("kms:KeyUsage", usage.name());
    request_context.set("kms:CustomerMasterKeyUsage", usage.name());
    request_context.set("kms:KeyOrigin", origin.name());
    request_context.set("kms:MultiRegion", multi_region);
    request_context.set("kms:BypassPolicyLockoutSafetyCheck", bypass);
    request_context.set_request_tags(
        tags.iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str())),
    );
    call.authorize_account(&request_context)?;
    if !tags.is_empty() {
        call.authorize_action("TagResource", &request_context)?;
    }
    let key_store = place.check(call, origin, spec, multi_region)?;
    if spec == KeySpec::Sm2 {
        return Err(ApiError::new(
            "UnsupportedOperationException",
            "SM2 is not supported in this Region.",
        ));
    }
    let policy = parse_policy(
        call,
        policy.unwrap_or_else(|| KeyPolicy::default_text(&call.home.account)),
    )?;
    let external = origin == Origin::External;
    if external && !can_be_imported(spec) {
        return Err(ApiError::new(
            "UnsupportedOperationException",
            format!("Key material of {} keys cannot be imported.", spec.name()),
        ));
    }
    let mut key = Key {
        id: call.new_key_id(multi_region),
        home: call.home.clone(),
        description: description.into(),
        spec,
        usage,
        state: match external {
            true => KeyState::PendingImport,
            false => KeyState::Enabled,
        },
        origin,
        manager: KeyManager::Customer,
        created: call.now,
        policy,
        tags: tags.into(),
        materials: match external {
            true => Vec::new(),
            false => vec![Arc::new(Material::new(0, None))],
        },
        extra: None,
    };
    if multi_region {
        key.extra_mut().multi_region = Some(MultiRegion {
            primary: call.home.region.to_string(),
            replicas: Vec::new(),
        });
    }
    if let Some(key_store) = &key_store {
        place.put(&mut key, key_store);
    }
    check_lockout(call, &key, &key.policy, bypass)?;
    let reply = Reply::new().set("KeyMetadata", metadata(&key));
    call.sandbox.state_mut().insert_key(key);
    Ok(reply)
}

/// `Tags`: key 1 to 128, value 0 to 256 characters.
pub(super) fn read_tags(params: &mut Params) -> Vec<Tag> {
    let mut tags = Vec::new();
    for mut tag in params.objects("Tags").unwrap_or_default() {
        tags.push(Tag {
            key: tag.required_text("TagKey", 1..=128),
            value: tag.required_text("TagValue", 0..=256),
        });
        params.merge(tag);
    }
    tags.sort();
    tags
}

/// 50 at most, no key twice, none that AWS reserves.
pub(super) fn check_tags(tags: &[Tag]) -> ApiResult<()> {
    let refuse = |message: &str| Err(ApiError::new("TagException", message));
    if tags.len() > 50 {
        return refuse("Too many tags");
    }
    if tags.windows(2).any(|pair| pair[0].key == pair[1].key) {
        return refuse("Duplicate tag keys");
    }
    if tags
        .iter()
        .any(|tag| tag.key.to_lowercase().starts_with("aws:"))
    {
        return refuse("Tags beginning with aws: are reserved");
    }
    // Developer guide, "Tagging keys": letters, digits, spaces and these.
    let is_allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    let mut texts = tags.iter().flat_map(|tag| [&tag.key, &tag.value]);
    if texts.any(|text| !text.chars().all(is_allowed)) {
        return refuse("Tags contain characters that are not allowed");
    }
    Ok(())
}
