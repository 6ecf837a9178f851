//! UpdateAlias: an alias for another key of the same type and usage.

use crate::account::Alias;
use crate::call::{Aliases, Call, Intent};
use crate::handlers::create_alias::{check_name, check_target, read_name};
use crate::states::{self, Rule};
use crate::wire::{ApiError, ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let name = read_name(params);
    let key_id = params.required_text("TargetKeyId", 1..=2048);
    params.check()?;
    check_name(&name)?;
    check_target(&key_id)?;
    let from = call.find(&name, Aliases::Taken)?;
    let to = call.find_own(&key_id)?;
    call.authorize_alias(&name)?;
    let intent = Intent {
        action: "UpdateAlias",
        ..Intent::default()
    };
    call.authorize(&from, &intent)?;
    call.authorize(&to, &intent)?;
    states::check(&to, Rule::Manage)?;
    let (old, new) = (&from.key, &to.key);
    if old.usage != new.usage || old.spec.is_asymmetric() != new.spec.is_asymmetric() {
        return Err(ApiError::validation(
            "The current and the new KMS key must be of the same type and have the same key usage.",
        ));
    }
    let mut state = call.sandbox.state_mut();
    let created = state
        .store(&call.home)
        .and_then(|store| store.aliases.get(name.as_str()))
        .and_then(|alias| alias.created);
    let alias = Alias {
        target: Some(new.id.clone()),
        created,
        updated: Some(call.now),
    };
    state.put_alias(&call.home, name.into(), alias);
    Ok(Reply::new())
}
