//! The sandbox by its JSON alone: for members that the SDK does not know, or would not send.

use kmsdeck_sandbox::Sandbox;
use serde_json::Value;

/// The answer to an operation, as that principal, in us-east-1; of an error `__type` and `message`.
pub(crate) fn asked(sandbox: &Sandbox, principal: &str, operation: &str, members: Value) -> Value {
    asked_in(sandbox, "us-east-1", principal, operation, members)
}

pub(crate) fn asked_in(
    sandbox: &Sandbox,
    region: &str,
    principal: &str,
    operation: &str,
    members: Value,
) -> Value {
    let mut principals = sandbox.principals().iter();
    let place = principals.position(|one| one.name == principal).unwrap();
    let body = members.to_string();
    let answer = sandbox.respond_unsigned(place, region, operation, body.as_bytes());
    if answer.body().is_empty() {
        return Value::Null;
    }
    let mut answer: Value = serde_json::from_slice(answer.body()).unwrap();
    // As AWS does, access is refused with a capital letter.
    if let Some(message) = answer.get("Message").cloned() {
        answer["message"] = message;
    }
    answer
}

/// The error's name; panics where there is none.
pub(crate) fn refused(sandbox: &Sandbox, operation: &str, members: Value) -> String {
    let answer = asked(sandbox, "admin", operation, members.clone());
    match answer["__type"].as_str() {
        Some(name) => name.to_owned(),
        None => panic!("{operation} of {members} answers {answer}"),
    }
}

/// The administrator's answer, which is no error.
pub(crate) fn answered(sandbox: &Sandbox, operation: &str, members: Value) -> Value {
    let answer = asked(sandbox, "admin", operation, members.clone());
    assert_eq!(
        answer["__type"],
        Value::Null,
        "{operation} of {members}: {answer}"
    );
    answer
}
