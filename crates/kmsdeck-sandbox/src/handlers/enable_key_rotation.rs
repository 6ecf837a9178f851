//! EnableKeyRotation: new material every 90 to 2,560 days.

use crate::account::AutoRotation;
use crate::call::{Call, Intent};
use crate::states::check_self_rotating;
use crate::states::{self, Rule};
use crate::wire::{ApiResult, Params, Reply};

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let key_id = params.key_id();
    let period_days = params
        .number("RotationPeriodInDays", 90..=2560)
        .unwrap_or(365);
    params.check()?;
    let found = call.find_own(&key_id)?;
    let mut intent = Intent {
        action: "EnableKeyRotation",
        ..Intent::default()
    };
    intent
        .request_context
        .set("kms:RotationPeriodInDays", period_days);
    call.authorize(&found, &intent)?;
    states::check(&found, Rule::Rotation)?;
    check_self_rotating(&found.key)?;
    call.check_primary(&found)?;
    let since = call.now;
    call.change_related(&found, |key| {
        key.extra_mut().rotation = Some(AutoRotation { period_days, since });
    });
    Ok(Reply::new())
}
