//! ImportKeyMaterial: the first material of a key, the same again, or a symmetric key's next.

use crate::account::Key;
use crate::call::{Call, Intent};
use crate::crypto::{Import, Material, imported_id};
use crate::imported::{accept, check_external, unwrap};
use crate::secret::Secret;
use crate::spec::KeyState;
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Millis, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let token = params.required_blob("ImportToken", 1..=6144);
    let wrapped = params.required_blob("EncryptedKeyMaterial", 1..=6144);
    let valid_to = params.number("ValidTo", i64::MIN..=i64::MAX);
    let model = params.choice(
        "ExpirationModel",
        &["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"],
    );
    let import_type = params.choice("ImportType", &["NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]);
    let is_description =
        |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || ":/_.-".contains(c);
    let pattern = "^[a-zA-Z0-9:/_\\s.-]+$";
    let description = params.pattern("KeyMaterialDescription", 0..=256, pattern, is_description);
    let material_id = read_material_id(params);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "ImportKeyMaterial",
        ..Intent::default()
    };
    intent.request_context.set_opt("kms:ExpirationModel", model);
    intent.request_context.set_opt("kms:ValidTo", valid_to);
    call.authorize(&found, &intent)?;
    check_external(&found)?;
    states::check(&found, Rule::Manage)?;
    let request = Request {
        valid_to: valid_to.map(|seconds| Millis(seconds.saturating_mul(1000))),
        import_type,
        description,
        material_id,
    };
    request.check_expiration(model, call.now)?;
    request.check_members(&found.key)?;

    let token = call.sandbox.open_import_token(&token)?;
    if token.arn != found.arn {
        return Err(ApiError::bare("InvalidImportTokenException"));
    }
    if token.valid_to <= call.now {
        return Err(ApiError::bare("ExpiredImportTokenException"));
    }
    let material = unwrap(&token.private, &token.algorithm, &wrapped)?;
    let material = accept(found.key.spec, material)?;
    let id = request.carry_out(call, &found.key, material)?;
    let is_told = found.key.spec.is_symmetric_encryption();
    Ok(Reply::new()
        .set("KeyId", found.arn.as_str())
        .opt("KeyMaterialId", is_told.then_some(id)))
}

/// `KeyMaterialId`: 64 lower-case hex digits.
pub(super) fn read_material_id(params: &mut Params) -> Option<String> {
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    params.pattern("KeyMaterialId", 64..=64, "^[a-f0-9]+$", is_hex)
}

struct Request {
    valid_to: Option<Millis>,
    import_type: Option<&'static str>,
    description: Option<String>,
    material_id: Option<String>,
}

impl Request {
    fn check_expiration(&self, model: Option<&str>, now: Millis) -> ApiResult<()> {
        let expires = model != Some("KEY_MATERIAL_DOES_NOT_EXPIRE");
        Err(ApiError::validation(match self.valid_to {
            None if expires => {
                "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
            }
            Some(_) if !expires => {
                "A validTo date cannot be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"
            }
            Some(valid_to) if valid_to <= now => "ValidTo must be in the future",
            Some(valid_to) if valid_to > now.days(365) => {
                "ValidTo must be less than 365 days in the future"
            }
            _ => return Ok(()),
        }))
    }

    /// What is for some keys only.
    fn check_members(&self, key: &Key) -> ApiResult<()> {
        let is_new = self.import_type == Some("NEW_KEY_MATERIAL");
        let of_symmetric = [
            ("importType", self.import_type.is_some()),
            ("keyMaterialId", self.material_id.is_some()),
            ("keyMaterialDescription", self.description.is_some()),
        ];
        let given = of_symmetric.iter().find(|(_, is_given)| *is_given);
        if let Some((member, _)) = given.filter(|_| !key.spec.is_symmetric_encryption()) {
            return Err(ApiError::validation(format!(
                "Input parameter {member} cannot be used with {} imported keys.",
                key.spec.name()
            )));
        }
        Err(ApiError::validation(
            match (key.is_replica(), is_new, &self.material_id) {
                (_, true, Some(_)) => {
                    "Input parameter keyMaterialId cannot be used with NEW_KEY_MATERIAL importType."
                }
                (true, true, _) => {
                    "Input parameter ImportType NEW_KEY_MATERIAL cannot be used on replica Multi-Region keys"
                }
                (true, ..) if self.description.is_some() => {
                    "Key material description can only be specified on primary Multi-Region keys"
                }
                _ => return Ok(()),
            },
        ))
    }

    /// Puts it in its place, in the key as it is now; its KeyMaterialId.
    fn carry_out(&self, call: &Call<'_>, key: &Key, secret: Secret) -> ApiResult<String> {
        let mut state = call.sandbox.state_mut();
        let key = state.key(&key.home, &key.id).cloned();
        let key = key.ok_or_else(ApiError::internal)?;
        let id = imported_id(&key.id, &secret);
        let is_new = match self.import_type {
            Some(import_type) => import_type == "NEW_KEY_MATERIAL",
            None => key.materials.is_empty(),
        };
        let material = match is_new {
            true => self.new_material(&key, id.clone(), secret)?,
            false => self.same_again(&key, &id, secret)?,
        };
        let description = |material: &Material| material.import.clone()?.description;
        // The other Regions learn of a new material and of its description, not of its secret.
        state.change_related(&key, |other| {
            let known = other.materials.iter().find(|m| m.id(&other.id) == id);
            let is_other = other.home.region != key.home.region;
            let told = match known {
                None => is_other.then(|| material.without_secret()),
                Some(known) => is_other.then(|| known.described(description(&material))),
            };
            if let Some(told) = told {
                other.put_material(told);
            }
        });
        state.change_key(&key.home, &key.id, |key| {
            key.put_material(material);
            if !key.awaits_import()
                && matches!(key.state, KeyState::PendingImport | KeyState::Disabled)
            {
                key.state = KeyState::Enabled;
            }
        });
        Ok(id)
    }

    /// The first material, which is current at once; or one that waits to be rotated to.
    fn new_material(&self, key: &Key, id: String, secret: Secret) -> ApiResult<Material> {
        if key.materials.iter().any(|known| known.id(&key.id) == id) {
            return Err(ApiError::new(
                "IncorrectKeyMaterialException",
                format!(
                    "Key material (id: {id}) being imported as NEW_KEY_MATERIAL is already associated with KMS key {}.",
                    key.arn()
                ),
            ));
        }
        if let Some(pending) = key.pending() {
            return Err(ApiError::new(
                "KMSInvalidStateException",
                format!(
                    "New key material (id: {id}) cannot be imported into KMS key {}, because another key material (id: {}) is pending rotation.",
                    key.arn(),
                    pending.id(&key.id)
                ),
            ));
        }
        let last = key.materials.last();
        let import = Import {
            id,
            is_here: true,
            is_pending: last.is_some(),
            valid_to: self.valid_to,
            description: self.description.clone(),
        };
        let ordinal = last.map_or(0, |last| last.ordinal + 1);
        Ok(Material::imported(ordinal, None, import, Some(secret)))
    }

    /// A material that the key has or had.
    fn same_again(&self, key: &Key, id: &str, secret: Secret) -> ApiResult<Material> {
        let expected = self.material_id.as_deref();
        let known = key.materials.iter().find(|known| {
            known.id(&key.id) == id && expected.is_none_or(|expected| expected == id)
        });
        let Some(known) = known else {
            let current = key.current().map(|current| current.id(&key.id));
            let expected = expected.map(str::to_owned).or(current);
            return Err(ApiError::new(
                "IncorrectKeyMaterialException",
                format!(
                    "Imported key material does not have the expected identifier ({}).",
                    expected.unwrap_or_default()
                ),
            ));
        };
        let before = known.import.as_ref();
        let kept = before.and_then(|import| import.description.clone());
        let import = Import {
            id: id.to_owned(),
            is_here: true,
            is_pending: known.is_pending(),
            valid_to: self.valid_to,
            description: self.description.clone().or(kept),
        };
        let (ordinal, rotated) = (known.ordinal, known.rotated);
        Ok(Material::imported(ordinal, rotated, import, Some(secret)))
    }
}
