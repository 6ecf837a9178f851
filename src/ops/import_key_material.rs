//! ImportKeyMaterial (KMS API reference). Material that is not wrapped yet is wrapped here, with the
//! public key that GetParametersForImport gives for it.

use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_kms::primitives::Blob as SdkBlob;
use aws_sdk_kms::types::{ExpirationModelType, ImportType};
use jiff::Timestamp;
use kmsdeck_atomic_file::write_whole;

use super::answers;
use super::facts::Facts;
use super::fields::KEY_ID;
use super::get_parameters_for_import::{
    GET_PARAMETERS_FOR_IMPORT, WRAPPING_ALGORITHM, WRAPPING_KEY_SPEC,
};
use super::key_material::{self, Material};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OneOf, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::record::{metered, signed};
use crate::gateway::session::Session;
use crate::kms::field::{Sensitivity, TextRule};
use crate::kms::times::countdown;
use crate::kms::{
    Blob, Cause, Field, FieldError, FieldKind, KmsError, OpId, Request, ResponseField,
    ResponseSpec, ResponseValue, SecretBytes, Value, Who,
};
use crate::platform::blocking::blocking;
use crate::platform::dirs;
use crate::reads;

pub static IMPORT_KEY_MATERIAL: OpSpec = OpSpec {
    id: OpId("ImportKeyMaterial"),
    short: "IMP",
    group: Group::Life,
    iam: "kms:GetParametersForImport, kms:DescribeKey, kms:ImportKeyMaterial",
    impact: Impact::Change,
    changes: Changes::Rotation,
    consequence: Some(consequence),
    summary: "Imports key material into a key of Origin EXTERNAL; kmsdeck wraps it for the way",
    verb: "Import",
    done: "Key material imported",
    key: KeyRequirement::Imported(&["Enabled", "Disabled", "PendingImport"]),
    fields: &[
        &KEY_ID,
        &KEY_MATERIAL,
        &NEW_KEY_MATERIAL_FILE,
        &NEW_KEY_MATERIAL,
        &ENCRYPTED_KEY_MATERIAL,
        &IMPORT_TOKEN,
        &VALID_TO,
        &EXPIRATION_MODEL,
        &IMPORT_TYPE,
        &KEY_MATERIAL_ID,
        &KEY_MATERIAL_DESCRIPTION,
        &OWN_WRAPPING_ALGORITHM,
        &OWN_WRAPPING_KEY_SPEC,
    ],
    exactly_one: &[MATERIAL],
    answers: &[&answers::KEY_ID, &answers::KEY_MATERIAL_ID],
    rules,
    call: |session, request| Box::pin(call(session, request)),
};

/// The material comes from one place.
const MATERIAL: OneOf = OneOf {
    title: "Key material",
    fields: &[
        &KEY_MATERIAL,
        &NEW_KEY_MATERIAL_FILE,
        &NEW_KEY_MATERIAL,
        &ENCRYPTED_KEY_MATERIAL,
    ],
};

/// The material itself; it leaves this machine wrapped alone.
static KEY_MATERIAL: Field = Field::optional(
    "KeyMaterial",
    FieldKind::Blob { min: 1, max: 8192 },
    "Material that you have: 32 bytes for a symmetric key, 28 to 128 for HMAC, a private key in PEM or DER for RSA and ECC. kmsdeck wraps it, and KMS alone can unwrap it.",
)
.with_sensitivity(Sensitivity::Secret);

static NEW_KEY_MATERIAL_FILE: Field = Field::optional(
    "NewKeyMaterialFile",
    FieldKind::Path,
    "Material is made here, and kept in this new file, which you alone can read (mode 0600). Whoever has it can do what the key can: move it to a safe place. It is needed to import the material again.",
);

/// The one way to have material that nobody keeps.
const NOT_KEPT: &str = "NOT_KEPT";

static NEW_KEY_MATERIAL: Field = Field::optional(
    "NewKeyMaterial",
    FieldKind::Choice(&[NOT_KEPT]),
    "Material is made here, and kept nowhere: once it expires or is deleted, it cannot be imported again, and what it encrypted is lost. For keys that are only tried.",
);

static ENCRYPTED_KEY_MATERIAL: Field = Field::optional(
    "EncryptedKeyMaterial",
    FieldKind::Blob { min: 1, max: 6144 },
    "Material that was wrapped elsewhere, with the public key of GetParametersForImport. Goes with ImportToken.",
);

static IMPORT_TOKEN: Field = Field::optional(
    "ImportToken",
    FieldKind::Blob { min: 1, max: 6144 },
    "The token that came with that public key. Goes with EncryptedKeyMaterial alone.",
);

static VALID_TO: Field = Field::optional(
    "ValidTo",
    FieldKind::Time,
    "When the material expires, at most 365 days from now (UTC). KMS deletes it then, and the key cannot be used until it is imported again.",
);

static EXPIRATION_MODEL: Field = Field::optional(
    "ExpirationModel",
    FieldKind::Choice(ExpirationModelType::values()),
    "KEY_MATERIAL_EXPIRES goes with ValidTo, and is meant where it is left out; KEY_MATERIAL_DOES_NOT_EXPIRE is to be chosen.",
);

/// Whether it is material that the key has never had.
pub static IMPORT_TYPE: Field = Field::optional(
    "ImportType",
    FieldKind::Choice(ImportType::values()),
    "Symmetric keys: NEW_KEY_MATERIAL waits for RotateKeyOnDemand, EXISTING_KEY_MATERIAL brings back what the key had. Where it is left out: new for a key that had none, else existing.",
);

/// One of a key's materials.
pub static KEY_MATERIAL_ID: Field = Field::optional(
    "KeyMaterialId",
    FieldKind::Text {
        max: MATERIAL_ID,
        rule: TextRule::Hex,
    },
    "Which of a symmetric key's materials: 64 hex digits, from ListKeyRotations or an import. The current one where it is left out.",
);

/// Characters of a KeyMaterialId.
const MATERIAL_ID: usize = 64;

static KEY_MATERIAL_DESCRIPTION: Field = Field::optional(
    "KeyMaterialDescription",
    FieldKind::Text {
        max: 256,
        rule: TextRule::Note,
    },
    "What the material of a symmetric key is. Not secret: it is written to CloudTrail in plain text.",
)
.with_sensitivity(Sensitivity::InCloudTrail);

static OWN_WRAPPING_ALGORITHM: Field = Field {
    required: false,
    kind: FieldKind::Choice(&["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"]),
    help: "How kmsdeck wraps the material. Where it is left out: RSAES_OAEP_SHA_256 for symmetric and HMAC keys, RSA_AES_KEY_WRAP_SHA_256 for RSA and ECC keys.",
    ..WRAPPING_ALGORITHM
};

static OWN_WRAPPING_KEY_SPEC: Field = Field {
    required: false,
    kind: FieldKind::Choice(&["RSA_4096", "RSA_3072", "RSA_2048"]),
    help: "The public key that kmsdeck wraps it with; RSA_4096 where it is left out.",
    ..WRAPPING_KEY_SPEC
};

/// What kmsdeck asks for itself, and ImportKeyMaterial does not take.
static OWN_FIELDS: [&Field; 5] = [
    &KEY_MATERIAL,
    &NEW_KEY_MATERIAL_FILE,
    &NEW_KEY_MATERIAL,
    &OWN_WRAPPING_ALGORITHM,
    &OWN_WRAPPING_KEY_SPEC,
];

/// Whether a field means something beside what else a request holds.
pub(super) fn applies(field: &Field, request: &Request) -> bool {
    let is_wrapped = request.get(&ENCRYPTED_KEY_MATERIAL).is_some();
    match field {
        field if *field == IMPORT_TOKEN => is_wrapped,
        field if *field == OWN_WRAPPING_ALGORITHM || *field == OWN_WRAPPING_KEY_SPEC => !is_wrapped,
        field if *field == VALID_TO => {
            request.text(&EXPIRATION_MODEL) != Some("KEY_MATERIAL_DOES_NOT_EXPIRE")
        }
        _ => true,
    }
}

/// A KeyMaterialId is whole.
pub(super) fn material_id_rules(request: &Request) -> Option<FieldError> {
    let length = request.text(&KEY_MATERIAL_ID)?.len();
    (length != MATERIAL_ID).then(|| {
        KEY_MATERIAL_ID.error(
            &format!("has {MATERIAL_ID} hex digits, and this one has {length}"),
            "copy the whole of it",
        )
    })
}

fn rules(request: &Request) -> Vec<FieldError> {
    let mut errors = key_needs_id(request);
    let is_given = |field: &Field| request.get(field).is_some();
    match (is_given(&ENCRYPTED_KEY_MATERIAL), is_given(&IMPORT_TOKEN)) {
        (true, false) => errors.push(IMPORT_TOKEN.error(
            "is required with EncryptedKeyMaterial",
            "give the token that came with the public key",
        )),
        (false, true) => errors.push(IMPORT_TOKEN.error(
            "goes with EncryptedKeyMaterial alone",
            "leave it out: kmsdeck gets a token of its own",
        )),
        _ => {}
    }
    for field in [&OWN_WRAPPING_ALGORITHM, &OWN_WRAPPING_KEY_SPEC] {
        if is_given(&ENCRYPTED_KEY_MATERIAL) && is_given(field) {
            errors.push(field.error(
                "does not go with EncryptedKeyMaterial, which is wrapped already",
                "leave it out",
            ));
        }
    }
    let model = request.text(&EXPIRATION_MODEL);
    match (
        model == Some("KEY_MATERIAL_DOES_NOT_EXPIRE"),
        is_given(&VALID_TO),
    ) {
        (false, false) => errors.push(VALID_TO.error(
            "is required where the material expires",
            "give a time, or choose the ExpirationModel KEY_MATERIAL_DOES_NOT_EXPIRE",
        )),
        (true, true) => errors.push(VALID_TO.error(
            "does not go with KEY_MATERIAL_DOES_NOT_EXPIRE",
            "leave it out, or choose KEY_MATERIAL_EXPIRES",
        )),
        _ => {}
    }
    errors.extend(material_id_rules(request));
    if is_given(&KEY_MATERIAL_ID) && request.text(&IMPORT_TYPE) == Some("NEW_KEY_MATERIAL") {
        errors.push(KEY_MATERIAL_ID.error(
            "does not go with NEW_KEY_MATERIAL, which gets an ID of its own",
            "leave it out, or choose EXISTING_KEY_MATERIAL",
        ));
    }
    errors
}

fn consequence(request: &Request, facts: &Facts, now: Timestamp) -> String {
    let metadata = facts.metadata.as_ref();
    let state = metadata.and_then(|key| key.key_state.as_deref());
    let becomes = match (request.text(&IMPORT_TYPE), state) {
        (Some("NEW_KEY_MATERIAL"), Some("Enabled" | "Disabled")) => {
            "Another key material waits as PENDING_ROTATION: from RotateKeyOnDemand on the key encrypts with it."
        }
        (_, Some("Enabled")) => "The key's material is imported again, with the expiry given here.",
        _ => "The key gets its material, and can be used then.",
    };
    let expires = match request.time(&VALID_TO) {
        Some(at) => format!(
            "KMS deletes it on {}, in {}: from then on nobody can use the key, until the very same material is imported again.",
            at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            countdown(now, at)
        ),
        None => "It does not expire.".to_owned(),
    };
    let kept = match (request.text(&NEW_KEY_MATERIAL_FILE), request.get(&NEW_KEY_MATERIAL)) {
        (Some(path), _) => format!(
            " It is made here, and kept in {path} (mode 0600): keep that safe, nobody else has it."
        ),
        (_, Some(_)) => " It is made here and KEPT NOWHERE: it can never be imported again, and what it encrypts is lost with it.".to_owned(),
        _ => " Keep your copy of it: KMS hands none out.".to_owned(),
    };
    format!("{becomes} {expires}{kept}")
}

/// The requests that KMS gets, as far as they are known beforehand: what is wrapped here is named
/// by a file. Of any other operation it is the request itself.
pub fn as_sent(request: &Request) -> Vec<Request> {
    let is_own = OWN_FIELDS.iter().any(|field| request.get(field).is_some());
    if request.op != IMPORT_KEY_MATERIAL.id || !is_own {
        return vec![request.clone()];
    }
    let mut import = request.clone();
    OWN_FIELDS.iter().for_each(|field| import.unset(field));
    for field in [&ENCRYPTED_KEY_MATERIAL, &IMPORT_TOKEN] {
        let file = PathBuf::from(format!("{}.bin", field.name));
        import.set(field, Value::Blob(Blob::of_file(Vec::new(), file)));
    }
    vec![parameters(request, None), import]
}

/// The request for what the material is wrapped with.
fn parameters(request: &Request, key_spec: Option<&str>) -> Request {
    let mut parameters = Request::new(GET_PARAMETERS_FOR_IMPORT.id);
    if let Some(key_id) = request.get(&KEY_ID) {
        parameters.set(&KEY_ID, key_id.clone());
    }
    let usual = || {
        usual_text(key_material::usual_algorithm(
            key_spec.unwrap_or("SYMMETRIC_DEFAULT"),
        ))
    };
    let algorithm = request.get(&OWN_WRAPPING_ALGORITHM).cloned();
    parameters.set(&WRAPPING_ALGORITHM, algorithm.unwrap_or_else(usual));
    let wrapping_key = request.get(&OWN_WRAPPING_KEY_SPEC).cloned();
    parameters.set(
        &WRAPPING_KEY_SPEC,
        wrapping_key.unwrap_or_else(|| usual_text("RSA_4096")),
    );
    parameters
}

fn usual_text(name: &str) -> Value {
    Value::Text(name.to_owned())
}

/// Nothing was imported, by kmsdeck's own word.
fn refused(message: impl Into<String>, fix: &str) -> KmsError {
    KmsError::local(Cause::Config, "KeyMaterial", message, fix).by(Who::User)
}

/// What ImportKeyMaterial takes, and the file that holds what was made here.
struct Wrapped {
    material: Option<SdkBlob>,
    token: Option<SdkBlob>,
    kept_in: Option<PathBuf>,
}

/// Wraps the material of the request.
async fn wrapped(session: &Session, request: &Request) -> Result<Wrapped, KmsError> {
    let key_id = request.text(&KEY_ID).unwrap_or_default();
    // They have records of their own, and are not what is measured.
    let (key, _) = signed(reads::describe_key(session, key_id)).await;
    let key_spec = key?.key_spec.unwrap_or_default();
    let given = request.blob(&KEY_MATERIAL);
    let given = given.map(|blob| key_material::given(&key_spec, blob.bytes.reveal()));
    let fix = "Check which key this is, and what is in the file. Nothing was sent.";
    let given = given
        .transpose()
        .map_err(|why| refused(format!("Not imported: {why}."), fix))?;
    let parameters = Arc::new(parameters(request, Some(&key_spec)));
    let get = (GET_PARAMETERS_FOR_IMPORT.call)(session, &parameters);
    let (answer, _) = metered(&parameters, get).await;
    let answer = answer?;
    let (public_key, token) = (
        bytes(&answer, &answers::PUBLIC_KEY),
        bytes(&answer, &answers::IMPORT_TOKEN),
    );
    let algorithm = parameters
        .text(&WRAPPING_ALGORITHM)
        .unwrap_or_default()
        .to_owned();
    let file = request.text(&NEW_KEY_MATERIAL_FILE).map(dirs::with_home);
    let kept_in = file.clone();
    let material = blocking(move || {
        let material = match given {
            Some(material) => material,
            None => made(&key_spec, file.as_ref())?,
        };
        key_material::wrap(&algorithm, &public_key, &material).map_err(|why| {
            refused(
                format!("Not imported: {why}."),
                "Choose another WrappingAlgorithm or WrappingKeySpec.",
            )
        })
    })
    .await?;
    Ok(Wrapped {
        material: Some(SdkBlob::new(material)),
        token: Some(SdkBlob::new(token)),
        kept_in,
    })
}

/// New material, which is on the disk before it is anywhere else.
fn made(key_spec: &str, file: Option<&PathBuf>) -> Result<Material, KmsError> {
    let material = key_material::made(key_spec).map_err(|why| {
        refused(
            format!("Not imported: {why}."),
            "Give material that was made elsewhere.",
        )
    })?;
    if let Some(path) = file {
        let secret = SecretBytes::from(material.clone());
        write_whole(path, secret.reveal(), false).map_err(|error| {
            refused(
                format!(
                    "Not imported: {} cannot be written ({error}).",
                    path.display()
                ),
                "Name another file; what is in one that exists is imported as KeyMaterial.",
            )
        })?;
    }
    Ok(material)
}

fn bytes(answer: &[ResponseField], member: &ResponseSpec) -> Vec<u8> {
    let field = answer.iter().find(|field| field.name == member.name);
    match field.map(|field| &field.value) {
        Some(ResponseValue::Blob(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    let wrapped = match request.get(&ENCRYPTED_KEY_MATERIAL) {
        Some(_) => Wrapped {
            material: sdk::blob(request, &ENCRYPTED_KEY_MATERIAL),
            token: sdk::blob(request, &IMPORT_TOKEN),
            kept_in: None,
        },
        None => wrapped(session, request).await?,
    };
    let answer = session
        .kms
        .import_key_material()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_import_token(wrapped.token)
        .set_encrypted_key_material(wrapped.material)
        .set_valid_to(sdk::time(request, &VALID_TO))
        .set_expiration_model(sdk::choice(request, &EXPIRATION_MODEL))
        .set_import_type(sdk::choice(request, &IMPORT_TYPE))
        .set_key_material_description(sdk::text(request, &KEY_MATERIAL_DESCRIPTION))
        .set_key_material_id(sdk::text(request, &KEY_MATERIAL_ID))
        .send()
        .await
        .map_err(|error| kept(from_sdk(session, error), wrapped.kept_in.as_deref()))?;
    Ok(vec![
        answers::KEY_ID.text(answer.key_id),
        answers::KEY_MATERIAL_ID.text(answer.key_material_id),
    ])
}

/// The error, with where the material is that was made for the import. It stays there: without an
/// answer it may have been imported.
fn kept(error: KmsError, file: Option<&std::path::Path>) -> KmsError {
    let Some(file) = file else {
        return error;
    };
    let fix = format!(
        "{} The material that was made for it is in {}: give that as KeyMaterial the next time.",
        error.advice().todo,
        file.display()
    );
    KmsError {
        fix: Some(fix),
        ..error
    }
}
