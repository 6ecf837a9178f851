//! CreateGrant: rights on a key for one principal.

use std::sync::Arc;

use kmsdeck_policy::root_arn;

use crate::account::Key;
use crate::call::{Aliases, Call, Intent};
use crate::grants::{Constraints, Grant};
use crate::seed::grant_id;
use crate::spec::{GrantOperation, KeyUsage};
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

/// Grants a key may have.
const MOST: usize = 50_000;

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let grantee = read_principal(params, "GranteePrincipal");
    let retiring = read_principal(params, "RetiringPrincipal");
    params.require("Operations");
    let operations = params
        .choices("Operations", GrantOperation::NAMES)
        .unwrap_or_default();
    let (mut subset, mut equals) = (None, None);
    if let Some(mut constraints) = params.object("Constraints") {
        let mut read = |name| constraints.has(name).then(|| constraints.map(name));
        subset = read("EncryptionContextSubset");
        equals = read("EncryptionContextEquals");
        params.merge(constraints);
    }
    let tokens = params.grant_tokens();
    let name = params.pattern("Name", 1..=256, "^[a-zA-Z0-9:/_-]+$", |c| {
        c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-')
    });
    let dry_run = params.flag("DryRun");
    let service = params.has("GranteeServicePrincipal") || params.has("RetiringServicePrincipal");
    params.check()?;
    if service {
        return Err(ApiError::new(
            "UnsupportedOperationException",
            "The sandbox has no service principals.",
        ));
    }
    let grantee = grantee.ok_or_else(|| {
        ApiError::validation(
            "1 validation error detected: Value null at 'granteePrincipal' failed to satisfy constraint: Member must not be null",
        )
    })?;
    for principal in std::iter::once(&grantee).chain(&retiring) {
        check_principal(call, principal)?;
    }
    let constraints = match (subset, equals) {
        (Some(_), Some(_)) => {
            return Err(ApiError::validation(
                "Only one of EncryptionContextSubset and EncryptionContextEquals can be specified.",
            ));
        }
        (Some(pairs), None) => Some(Constraints::Subset(pairs)),
        (None, Some(pairs)) => Some(Constraints::Equals(pairs)),
        (None, None) => None,
    };
    let operations: Vec<_> = operations
        .iter()
        .filter_map(|name| GrantOperation::from_name(name))
        .collect();
    if operations.is_empty() {
        return Err(ApiError::validation("Operations must not be empty."));
    }

    let found = call.find(&key_id, Aliases::Refused)?;
    let mut intent = Intent {
        action: "CreateGrant",
        tokens: &tokens,
        ..Intent::default()
    };
    let request_context = &mut intent.request_context;
    request_context.set_all("kms:GrantOperations", operations.iter().map(|o| o.name()));
    request_context.set("kms:GranteePrincipal", &grantee);
    request_context.set_opt("kms:RetiringPrincipal", retiring.as_ref());
    request_context.set("kms:GrantIsForAWSResource", false);
    request_context.set_opt(
        "kms:GrantConstraintType",
        constraints.as_ref().map(Constraints::kind),
    );
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Grant)?;
    check_operations(&found.key, &operations, constraints.is_some())?;
    call.check_dry_run(dry_run)?;

    let mut grant = Grant {
        id: String::new(),
        name,
        grantee,
        retiring,
        issuing_account: root_arn(&call.home.account),
        operations,
        constraints,
        created: call.now,
    };
    let number = call.sandbox.next_made();
    let mut state = call.sandbox.state_mut();
    let grants = state.grants_mut(&found.key.home, &found.key.id);
    // A named grant that is there already is not made twice.
    let same = grants.iter().find(|old| {
        grant.id.clone_from(&old.id);
        let created = old.created;
        grant.name.is_some()
            && ***old
                == Grant {
                    created,
                    ..grant.clone()
                }
    });
    if let Some(old) = same {
        return Ok(reply(old));
    }
    if grants.len() >= MOST {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("{} has {MOST} grants already.", found.arn),
        ));
    }
    grant.id = grant_id(&found.key.id, (1 << 32) + number);
    let reply = reply(&grant);
    grants.push(Arc::new(grant));
    Ok(reply)
}

fn reply(grant: &Grant) -> Reply {
    Reply::new()
        .set("GrantToken", grant.token())
        .set("GrantId", grant.id.as_str())
}

pub(super) fn read_principal(params: &mut Params, name: &str) -> Option<String> {
    params.pattern(name, 1..=256, "^[\\w+=,.@:/-]+$", |c| {
        c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c)
    })
}

/// A principal's ARN; in the sandbox's accounts it must be one that is there.
fn check_principal(call: &Call<'_>, arn: &str) -> ApiResult<()> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let well_formed = matches!(parts[..], ["arn", "aws", "iam" | "sts", "", account, name]
        if account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && (name == "root" || name.contains('/')));
    let known = || {
        let ours = |account: &str| {
            let principals = call.sandbox.principals();
            principals
                .iter()
                .any(|principal| principal.account_id == account)
        };
        let mut names = parts[5].split('/');
        let is_there = match (names.next(), names.next()) {
            (Some("user"), _) => {
                let mut principals = call.sandbox.principals().iter();
                principals.any(|principal| principal.arn == arn)
            }
            (Some("role" | "assumed-role"), Some(role)) => {
                let role = format!("arn:aws:iam::{}:role/{role}", parts[4]);
                call.sandbox.accounts.roles.contains_key(&role)
            }
            _ => true,
        };
        is_there || !ours(parts[4])
    };
    if well_formed && known() {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidArnException",
        format!("ARN does not refer to a valid principal: {arn}"),
    ))
}

/// A grant's operations must be ones that the key can do; constraints are for
/// symmetric encryption keys.
fn check_operations(key: &Key, operations: &[GrantOperation], constrained: bool) -> ApiResult<()> {
    use GrantOperation::*;
    let asymmetric = key.spec.is_asymmetric();
    let possible = |operation: &GrantOperation| match operation {
        CreateGrant | RetireGrant | DescribeKey => true,
        GetPublicKey => asymmetric,
        Encrypt | Decrypt | ReEncryptFrom | ReEncryptTo => key.usage == KeyUsage::EncryptDecrypt,
        GenerateDataKey
        | GenerateDataKeyWithoutPlaintext
        | GenerateDataKeyPair
        | GenerateDataKeyPairWithoutPlaintext => key.spec.is_symmetric_encryption(),
        Sign | Verify => key.usage == KeyUsage::SignVerify,
        GenerateMac | VerifyMac => key.usage == KeyUsage::GenerateVerifyMac,
        DeriveSharedSecret => key.usage == KeyUsage::KeyAgreement,
        Encapsulate | Decapsulate => key.usage == KeyUsage::EncapsulateDecapsulate,
    };
    if let Some(bad) = operations.iter().find(|operation| !possible(operation)) {
        return Err(ApiError::validation(format!(
            "Operation {} is not valid for a KMS key with key spec {} and key usage {}.",
            bad.name(),
            key.spec.name(),
            key.usage.name()
        )));
    }
    if constrained && !key.spec.is_symmetric_encryption() {
        return Err(ApiError::validation(
            "Encryption context constraints are only valid for symmetric encryption KMS keys.",
        ));
    }
    Ok(())
}
