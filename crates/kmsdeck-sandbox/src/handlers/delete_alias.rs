//! DeleteAlias: the key stays.

use crate::call::{Aliases, Call, Intent};
use crate::handlers::create_alias::{check_name, read_name};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let name = read_name(params);
    params.check()?;
    check_name(&name)?;
    let found = call.find(&name, Aliases::Taken)?;
    call.authorize_alias(&name)?;
    let intent = Intent {
        action: "DeleteAlias",
        ..Intent::default()
    };
    call.authorize(&found, &intent)?;
    call.sandbox.state_mut().remove_alias(&call.home, &name);
    Ok(Reply::new())
}
