//! CreateGrant: rights on a key for one principal.

use std::sync::Arc;

use kmsdeck_policy::{ChildGrant, RequestContext, root_arn};

use crate::account::Key;
use crate::call::{Aliases, Call, Intent};
use crate::grants::{Constraints, Grant, is_service};
use crate::principals::is_principal;
use crate::seed::grant_id;
use crate::spec::{GrantOperation, KeyUsage};
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

/// Grants a key may have.
const MOST: usize = 50_000;

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let grantee = read_principal(params, "GranteePrincipal");
    let grantee_service = read_service(params, "GranteeServicePrincipal");
    let retiring = read_principal(params, "RetiringPrincipal");
    let retiring_service = read_service(params, "RetiringServicePrincipal");
    params.require("Operations");
    let operations = params
        .choices("Operations", 0..=usize::MAX, GrantOperation::NAMES)
        .unwrap_or_default();
    let constraints = read_constraints(params);
    let tokens = params.grant_tokens();
    let name = params.pattern("Name", 1..=256, "^[a-zA-Z0-9:/_-]+$", |c| {
        c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-')
    });
    let dry_run = params.flag("DryRun");
    params.check()?;
    let has_source = constraints
        .as_ref()
        .is_some_and(|all| all.source_arn.is_some());
    check_services(
        grantee.is_some(),
        grantee_service.is_some(),
        retiring.is_some(),
        retiring_service.is_some(),
        has_source,
    )?;
    for principal in grantee.iter().chain(&retiring) {
        check_principal(call, principal)?;
    }
    check_constraints(constraints.as_ref())?;
    let grantee = grantee.or(grantee_service).unwrap_or_default();
    let retiring = retiring.or(retiring_service);
    let operations: Vec<_> = operations
        .iter()
        .filter_map(|name| GrantOperation::from_name(name))
        .collect();
    if operations.is_empty() {
        return Err(ApiError::validation("Operations must not be empty."));
    }

    let found = call.find(&key_id, Aliases::Refused)?;
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
    let intent = Intent {
        action: "CreateGrant",
        tokens: &tokens,
        request_context: condition_keys(&grant),
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Grant)?;
    let of_context = grant.constraints.as_ref().and_then(Constraints::kind);
    check_operations(&found.key, &grant.operations, of_context.is_some())?;
    call.check_dry_run(dry_run)?;

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
        return Ok(reply(old, number));
    }
    if grants.len() >= MOST {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("{} has {MOST} grants already.", found.arn),
        ));
    }
    grant.id = grant_id(&found.key.id, (1 << 32) + number);
    let reply = reply(&grant, number);
    grants.push(Arc::new(grant));
    Ok(reply)
}

fn reply(grant: &Grant, number: u64) -> Reply {
    Reply::new()
        .set("GrantToken", grant.token(number))
        .set("GrantId", grant.id.as_str())
}

/// An empty map is as good as none.
fn read_constraints(params: &mut Params) -> Option<Constraints> {
    let mut inner = params.object("Constraints")?;
    let mut read = |name| Some(inner.map(name)).filter(|pairs| !pairs.is_empty());
    let constraints = Constraints {
        encryption_context_subset: read("EncryptionContextSubset"),
        encryption_context_equals: read("EncryptionContextEquals"),
        source_arn: read_source_arn(&mut inner),
    };
    params.merge(inner);
    Some(constraints).filter(|constraints| *constraints != Constraints::default())
}

/// What the policies of the caller, and the grants that let it make grants, decide by.
fn condition_keys(grant: &Grant) -> RequestContext {
    let mut context = RequestContext::default();
    let operations = grant.operations.iter().map(|one| one.name());
    context.set_all("kms:GrantOperations", operations.clone());
    if !is_service(&grant.grantee) {
        context.set("kms:GranteePrincipal", &grant.grantee);
    }
    let retiring = grant.retiring.as_ref().filter(|name| !is_service(name));
    context.set_opt("kms:RetiringPrincipal", retiring);
    context.set("kms:GrantIsForAWSResource", false);
    let constraints = grant.constraints.clone().unwrap_or_default();
    context.set_opt(
        "kms:GrantConstraintType",
        constraints.kind().map(|(kind, _)| kind),
    );
    context.set_child_grant(ChildGrant {
        operations: operations.map(str::to_owned).collect(),
        encryption_context_subset: constraints.encryption_context_subset,
        encryption_context_equals: constraints.encryption_context_equals,
        source_arn: constraints.source_arn,
    });
    context
}

pub(super) fn read_principal(params: &mut Params, name: &str) -> Option<String> {
    params.pattern(name, 1..=256, "^[\\w+=,.@:/-]+$", |c| {
        c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c)
    })
}

/// `s3.amazonaws.com`, `s3.us-east-1.amazonaws.com`.
pub(super) fn read_service(params: &mut Params, name: &str) -> Option<String> {
    let pattern = "^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$";
    params.matching(name, 1..=128, pattern, |text| {
        let is_label = |label: &str| {
            let mut bytes = label.bytes();
            !label.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        text.split('.').count() >= 3 && text.split('.').all(is_label)
    })
}

fn read_source_arn(constraints: &mut Params) -> Option<String> {
    let pattern = "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$";
    constraints.matching("SourceArn", 20..=512, pattern, |text| {
        let is_name = |part: &str| {
            let mut bytes = part.bytes();
            bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else {
            return false;
        };
        partition.strip_prefix("aws").is_some_and(is_name)
            && !service.is_empty()
            && is_name(service)
            && is_name(region)
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && !resource.is_empty()
    })
}

/// One grantee, one retiring principal at most. A service uses the key for a resource that is
/// named, and somebody must be there to retire its grant.
///
/// Source: API reference, CreateGrant, `GranteeServicePrincipal` and `RetiringServicePrincipal`.
/// That a service retires the grants of services alone was seen.
fn check_services(
    grantee: bool,
    grantee_service: bool,
    retiring: bool,
    retiring_service: bool,
    has_source: bool,
) -> ApiResult<()> {
    let refuse = |message: &str| Err(ApiError::validation(message));
    if grantee == grantee_service {
        return refuse("Specify either GranteePrincipal or GranteeServicePrincipal, but not both.");
    }
    if retiring && retiring_service {
        return refuse(
            "Specify either RetiringPrincipal or RetiringServicePrincipal, but not both.",
        );
    }
    if grantee_service && !retiring && !retiring_service {
        return refuse(
            "GranteeServicePrincipal needs a RetiringPrincipal or a RetiringServicePrincipal.",
        );
    }
    if retiring_service && !grantee_service {
        return refuse("RetiringServicePrincipal needs a GranteeServicePrincipal.");
    }
    if grantee_service && !has_source {
        return refuse("GranteeServicePrincipal needs a SourceArn constraint.");
    }
    Ok(())
}

/// One of the two on the encryption context, with up to 8 pairs whose values have up to 384
/// characters (API reference, CreateGrant, `Constraints`).
fn check_constraints(constraints: Option<&Constraints>) -> ApiResult<()> {
    let Some(constraints) = constraints else {
        return Ok(());
    };
    let both = constraints.encryption_context_subset.is_some()
        && constraints.encryption_context_equals.is_some();
    if both {
        return Err(ApiError::validation(
            "Only one of EncryptionContextSubset and EncryptionContextEquals can be specified.",
        ));
    }
    let Some((kind, pairs)) = constraints.kind() else {
        return Ok(());
    };
    if pairs.len() > 8 {
        return Err(ApiError::validation(format!(
            "{kind} can have 8 encryption context pairs at most."
        )));
    }
    if pairs.values().any(|value| value.chars().count() > 384) {
        return Err(ApiError::validation(format!(
            "A value of {kind} can have 384 characters at most."
        )));
    }
    Ok(())
}

fn check_principal(call: &Call<'_>, arn: &str) -> ApiResult<()> {
    match is_principal(call.sandbox, arn) {
        true => Ok(()),
        false => Err(ApiError::new(
            "InvalidArnException",
            format!("ARN does not refer to a valid principal: {arn}"),
        )),
    }
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
