//! What the ARN of a principal tells (IAM user guide, "IAM identifiers").

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
}
