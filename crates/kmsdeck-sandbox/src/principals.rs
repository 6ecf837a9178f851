//! Whether a principal is there that a grant or a key policy names.

use crate::service::Sandbox;

/// Whether it is the ARN of a principal; in the accounts of the sandbox, of one that is there.
/// Of other accounts nobody can tell.
pub(crate) fn is_principal(sandbox: &Sandbox, arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", "aws", "iam" | "sts", "", account, name] = parts[..] else {
        return false;
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if !is_account || !(name == "root" || name.contains('/')) {
        return false;
    }
    let mut principals = sandbox.principals().iter();
    if !principals.any(|one| one.account_id == account) {
        return true;
    }
    let has_role = |arn: &str| sandbox.accounts.roles.contains_key(arn);
    match name.split_once('/') {
        Some(("user", _)) => sandbox.principals().iter().any(|one| one.arn == arn),
        Some(("role", _)) => has_role(arn),
        Some(("assumed-role", session)) => {
            let role = session.split('/').next().unwrap_or_default();
            has_role(&format!("arn:aws:iam::{account}:role/{role}"))
        }
        _ => true,
    }
}
