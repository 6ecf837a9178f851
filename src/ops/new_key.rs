//! A new key in one form: CreateKey, and what is done to the key at once after it. One yes is for
//! all of it.

use aws_sdk_kms::types::{KeySpec, KeyUsageType};

use super::create_alias::CREATE_ALIAS;
use super::create_key::{
    CREATE_KEY, CUSTOM_KEY_STORE_ID, KEY_SPEC, KEY_USAGE, MULTI_REGION, ORIGIN, XKS_KEY_ID,
    usages_of,
};
use super::enable_key_rotation::{ENABLE_KEY_ROTATION, ROTATION_PERIOD_IN_DAYS};
use super::fields::{ALIAS_NAME, DESCRIPTION, POLICY, TAGS};
use super::op_spec::OpSpec;
use crate::kms::{Field, FieldError, FieldKind, Request, Value};

/// What the form of a new key asks for: more than CreateKey takes.
pub static NEW_KEY: OpSpec = OpSpec {
    fields: &[
        &USAGE,
        &SPEC,
        &ORIGIN,
        &MULTI_REGION,
        &ALIAS,
        &DESCRIPTION,
        &TAGS,
        &ROTATION,
        &ROTATION_PERIOD_IN_DAYS,
        &TEMPLATED_POLICY,
        &CUSTOM_KEY_STORE_ID,
        &XKS_KEY_ID,
    ],
    rules,
    ..CREATE_KEY
};

static USAGE: Field = Field {
    required: true,
    kind: FieldKind::Choice(&USAGES),
    help: "What the key is for; it cannot be changed.",
    ..KEY_USAGE
};

static SPEC: Field = Field {
    required: true,
    kind: FieldKind::Choice(&SPECS),
    help: "The kind of key, of those that fit the KeyUsage; it cannot be changed.",
    ..KEY_SPEC
};

static ALIAS: Field = Field {
    required: false,
    help: "A name for the key: alias/ and letters, digits, / _ and -. CreateAlias gives it after the key is made. Not secret: it is written to CloudTrail in plain text.",
    ..ALIAS_NAME
};

static ROTATION: Field = Field::optional(
    "EnableKeyRotation",
    FieldKind::Flag,
    "KMS makes new key material every so many days; symmetric keys with KMS's own material have that. EnableKeyRotation switches it on after the key is made.",
);

static TEMPLATED_POLICY: Field = Field {
    help: "The key policy. Begin with a template: it is shown whole below, and can be edited; a file can take its place. With none, KMS gives the key its default: the account's IAM policies decide.",
    ..POLICY
};

/// The KeyUsages and the KeySpecs, with the usual one first.
static USAGES: [&str; KeyUsageType::values().len()] =
    usual_first("ENCRYPT_DECRYPT", KeyUsageType::values());
static SPECS: [&str; KeySpec::values().len()] = usual_first("SYMMETRIC_DEFAULT", KeySpec::values());

/// The names with `usual`, which is one of them, in front.
const fn usual_first<const N: usize>(
    usual: &'static str,
    names: &[&'static str],
) -> [&'static str; N] {
    let mut ordered = [usual; N];
    let (mut from, mut to) = (0, 1);
    while from < names.len() {
        if !is_same(names[from], usual) {
            ordered[to] = names[from];
            to += 1;
        }
        from += 1;
    }
    ordered
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The names of a choice that fit what else a request holds; None where all do.
pub fn fitting(field: &Field, request: &Request) -> Option<Vec<String>> {
    if *field != SPEC {
        return None;
    }
    let usage = request.text(&USAGE)?;
    let fits = |spec: &&&str| usages_of(spec).contains(&usage);
    let specs = SPECS.iter().filter(fits);
    Some(specs.map(|spec| (*spec).to_owned()).collect())
}

/// Whether a field means something beside what else a request holds.
pub(super) fn applies(field: &Field, request: &Request) -> bool {
    let origin = request.text(&ORIGIN).unwrap_or("AWS_KMS");
    let is_in_store = matches!(origin, "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE");
    let can_rotate = origin == "AWS_KMS"
        && request
            .text(&SPEC)
            .is_none_or(|spec| spec == "SYMMETRIC_DEFAULT");
    let conditions: [(&Field, bool); 5] = [
        (&ROTATION, can_rotate),
        (
            &ROTATION_PERIOD_IN_DAYS,
            can_rotate && request.flag(&ROTATION),
        ),
        (&MULTI_REGION, !is_in_store),
        (&CUSTOM_KEY_STORE_ID, is_in_store),
        (&XKS_KEY_ID, origin == "EXTERNAL_KEY_STORE"),
    ];
    let mut conditions = conditions.iter();
    conditions
        .find(|(other, _)| *other == field)
        .is_none_or(|(_, applies)| *applies)
}

/// CreateKey, and the requests that follow on it, which name no key yet.
pub fn steps(request: &Request) -> (Request, Vec<Request>) {
    let mut create = Request::new(CREATE_KEY.id);
    for field in CREATE_KEY.fields {
        if let Some(value) = request.get(field) {
            create.set(field, value.clone());
        }
    }
    let mut then = Vec::new();
    if let Some(alias) = request.get(&ALIAS) {
        then.push(Request::new(CREATE_ALIAS.id).with(&ALIAS_NAME, alias.clone()));
    }
    if request.flag(&ROTATION) {
        let mut rotate = Request::new(ENABLE_KEY_ROTATION.id);
        if let Some(period) = request.get(&ROTATION_PERIOD_IN_DAYS) {
            rotate.set(&ROTATION_PERIOD_IN_DAYS, period.clone());
        }
        then.push(rotate);
    }
    (create, then)
}

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = (CREATE_KEY.rules)(&steps(request).0);
    let rotates = request.flag(&ROTATION);
    let is_symmetric = request.text(&SPEC) == Some("SYMMETRIC_DEFAULT");
    let is_made_by_kms = matches!(request.text(&ORIGIN), None | Some("AWS_KMS"));
    if rotates && !(is_symmetric && is_made_by_kms) {
        errors.push(ROTATION.error(
            "is for keys with KeySpec SYMMETRIC_DEFAULT whose material KMS makes",
            "switch it off, or choose such a key",
        ));
    }
    if !rotates
        && matches!(
            request.get(&ROTATION_PERIOD_IN_DAYS),
            Some(Value::Number(_))
        )
    {
        errors.push(ROTATION_PERIOD_IN_DAYS.error(
            "goes with EnableKeyRotation alone",
            "switch that on, or leave the days out",
        ));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fields::TARGET_KEY_ID;

    fn of(usage: &str, spec: &str) -> Request {
        Request::new(NEW_KEY.id)
            .with(&USAGE, Value::Text(usage.into()))
            .with(&SPEC, Value::Text(spec.into()))
    }

    #[test]
    fn the_usual_kind_comes_first_and_each_usage_has_its_kinds() {
        assert_eq!(
            (USAGES[0], SPECS[0]),
            ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
        );
        let mut specs = SPECS.to_vec();
        specs.sort_unstable();
        let mut all = KeySpec::values().to_vec();
        all.sort_unstable();
        assert_eq!(specs, all);
        let fitting = |usage| fitting(&KEY_SPEC, &of(usage, "")).unwrap();
        assert_eq!(fitting("ENCRYPT_DECRYPT")[0], "SYMMETRIC_DEFAULT");
        assert!(
            fitting("GENERATE_VERIFY_MAC")
                .iter()
                .all(|spec| spec.starts_with("HMAC_"))
        );
        assert!(!fitting("SIGN_VERIFY").contains(&"SYMMETRIC_DEFAULT".to_owned()));
        assert!(!fitting("KEY_AGREEMENT").is_empty());
        let kem = fitting("ENCAPSULATE_DECAPSULATE");
        assert!(kem.iter().all(|spec| spec.starts_with("ML_KEM")), "{kem:?}");
    }

    #[test]
    fn what_is_asked_for_is_done_in_three_calls_and_the_later_ones_name_no_key_yet() {
        let request = of("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
            .with(&ALIAS, Value::Text("alias/new".into()))
            .with(&ROTATION, Value::Flag(true))
            .with(&ROTATION_PERIOD_IN_DAYS, Value::Number(180));
        assert_eq!(NEW_KEY.validate(&request), []);
        let (create, then) = steps(&request);
        assert_eq!(create.get(&ALIAS), None);
        assert_eq!(CREATE_KEY.validate(&create), []);
        let names: Vec<&str> = then.iter().map(|step| step.op.0).collect();
        assert_eq!(names, ["CreateAlias", "EnableKeyRotation"]);
        assert_eq!(then[0].get(&TARGET_KEY_ID), None);
        assert_eq!(then[1].number(&ROTATION_PERIOD_IN_DAYS), Some(180));
    }

    #[test]
    fn what_does_not_go_with_the_kind_of_key_does_not_apply() {
        let symmetric = of("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT");
        let with = |origin: &str| symmetric.clone().with(&ORIGIN, Value::Text(origin.into()));
        let left_out = |request: &Request| -> Vec<&str> {
            let fields = NEW_KEY.fields.iter();
            let fields = fields.filter(|field| !applies(field, request));
            fields.map(|field| field.name).collect()
        };
        let stores = ["CustomKeyStoreId", "XksKeyId"];
        let days = ["RotationPeriodInDays"];
        assert_eq!(left_out(&symmetric), [&days[..], &stores].concat());
        let rotating = symmetric.clone().with(&ROTATION, Value::Flag(true));
        assert_eq!(left_out(&rotating), stores);
        let rotation = ["EnableKeyRotation", "RotationPeriodInDays"];
        let without = [&rotation[..], &stores].concat();
        assert_eq!(left_out(&of("SIGN_VERIFY", "ECC_NIST_P256")), without);
        assert_eq!(left_out(&with("EXTERNAL")), without);
        let in_store = [&["MultiRegion"], &rotation[..]].concat();
        assert_eq!(left_out(&with("EXTERNAL_KEY_STORE")), in_store);
        let of_cluster = [&in_store[..], &["XksKeyId"]].concat();
        assert_eq!(left_out(&with("AWS_CLOUDHSM")), of_cluster);
    }

    #[test]
    fn rotation_is_for_keys_that_have_it() {
        let signing = of("SIGN_VERIFY", "ECC_NIST_P256").with(&ROTATION, Value::Flag(true));
        let errors = NEW_KEY.validate(&signing);
        assert_eq!(errors[0].field, "EnableKeyRotation");
        let days = of("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
            .with(&ROTATION_PERIOD_IN_DAYS, Value::Number(90));
        assert_eq!(NEW_KEY.validate(&days)[0].field, "RotationPeriodInDays");
    }
}
