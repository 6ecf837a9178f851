//! What the ARN of a principal tells (IAM user guide, "IAM identifiers").

use super::key_id::account_of;

/// The role that a session is of, `arn:aws:iam::ACCOUNT:role/NAME`; None where `arn` is no session
/// of a role. The role's path is not in its session's ARN, and so not here.
pub fn role_of_session(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "sts", _, account, resource] = parts.as_slice() else {
        return None;
    };
    let name = resource.strip_prefix("assumed-role/")?.split('/').next()?;
    Some(format!("arn:{partition}:iam::{account}:role/{name}"))
}

/// `role/app` of the key's own account; another account comes before its principal.
pub fn short_principal(arn: &str, own: Option<&str>) -> String {
    let account = arn.starts_with("arn:").then_some(arn);
    let resource = arn.splitn(6, ':').nth(5);
    match (account.and_then(account_of), resource) {
        (Some(account), Some(resource)) if Some(account) == own => resource.to_owned(),
        (Some(account), Some(resource)) => format!("{account} {resource}"),
        _ => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_of_a_role_in_its_own_partition() {
        let role = role_of_session("arn:aws-cn:sts::111122223333:assumed-role/Admin/jane");
        assert_eq!(
            role.as_deref(),
            Some("arn:aws-cn:iam::111122223333:role/Admin")
        );
        for other in [
            "arn:aws:iam::111122223333:user/jane",
            "arn:aws:sts::111122223333:federated-user/jane",
            "jane",
        ] {
            assert_eq!(role_of_session(other), None, "{other}");
        }
    }

    #[test]
    fn a_principal_is_short_where_its_account_is_the_key_s() {
        let own = Some("111122223333");
        for (arn, expected) in [
            ("arn:aws:iam::111122223333:role/app", "role/app"),
            ("arn:aws:iam::444455556666:root", "444455556666 root"),
            ("rds.amazonaws.com", "rds.amazonaws.com"),
            ("AROA1234567890", "AROA1234567890"),
        ] {
            assert_eq!(short_principal(arn, own), expected);
        }
    }
}
