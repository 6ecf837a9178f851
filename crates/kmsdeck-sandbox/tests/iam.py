#!/usr/bin/env python3
"""IAM of the sandbox, as boto3 reads it:

    iam.py http://127.0.0.1:PORT

Each check says what IAM's API reference says. botocore's model is asked for the members that answers
may have, and must have. It prints one line for each check and exits with the number of failures, at
most 99.
"""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
ACCOUNT = "111122223333"
SECRETS = {
    "SANDBOXADMIN00000001": "sandbox-admin-public-by-design-0000000001",
    "SANDBOXAUDITOR000001": "sandbox-auditor-public-by-design-00000001",
    "SANDBOXENCRYPTOR0001": "sandbox-encryptor-public-by-design-000001",
    "SANDBOXPARTNERADMIN1": "sandbox-partner-admin-public-by-design-01",
}
failures = 0


def check(what, passed, seen=""):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {what}{'' if passed else ' -- ' + ' '.join(str(seen).split())}")


def equal(what, seen, wanted):
    check(what, seen == wanted, seen)


def client(access_key, service="iam"):
    return boto3.client(
        service, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id=access_key,
        aws_secret_access_key=SECRETS[access_key], config=Config(retries={"total_max_attempts": 1}))


def code(call, **members):
    try:
        call(**members)
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def lacks(shape, value, at=""):
    """What a value lacks of the members that the model requires."""
    if shape.type_name == "structure":
        found = [f"{at}.{name}" for name in shape.required_members if name not in value]
        for name, member in value.items():
            if name in shape.members:
                found += lacks(shape.members[name], member, f"{at}.{name}")
        return found
    if shape.type_name == "list":
        return [lack for item in value for lack in lacks(shape.member, item, at)]
    return []


admin = client("SANDBOXADMIN00000001")
details = admin.get_account_authorization_details()
for name, answer in [
    ("GetAccountAuthorizationDetails", details),
    ("GetUser", admin.get_user()),
    ("GetRole", admin.get_role(RoleName="app")),
    ("ListUsers", admin.list_users()),
    ("ListRoles", admin.list_roles()),
]:
    answer = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    shape = admin.meta.service_model.operation_model(name).output_shape
    equal(f"{name} has what the model requires", lacks(shape, answer), [])

users = {user["UserName"]: user for user in details["UserDetailList"]}
roles = {role["RoleName"]: role for role in details["RoleDetailList"]}
groups = {group["GroupName"]: group for group in details["GroupDetailList"]}
policies = {policy["PolicyName"]: policy for policy in details["Policies"]}
equal("all users are there", sorted(users),
      ["admin", "auditor", "decryptor", "encryptor", "grantee", "no-list"])
equal("all roles are there", sorted(roles), ["app", "key-admin", "partner-access"])
equal("a user's inline policy is a document",
      users["encryptor"]["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"],
      "kms:GenerateDataKeyWithoutPlaintext")
equal("a user has its groups", users["auditor"]["GroupList"], ["auditors"])
equal("a group has its managed policies", groups["auditors"]["AttachedManagedPolicies"],
      [{"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
equal("a role has its trust policy",
      roles["app"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"],
      {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
equal("a role has its boundary", roles["key-admin"]["PermissionsBoundary"]["PermissionsBoundaryArn"],
      f"arn:aws:iam::{ACCOUNT}:policy/look-after-keys")
equal("a role has its tags", roles["partner-access"]["Tags"], [{"Key": "team", "Value": "exchange"}])
bound = policies["look-after-keys"]
equal("a managed policy says how often it bounds",
      (bound["PermissionsBoundaryUsageCount"], bound["AttachmentCount"]), (1, 0))
equal("a managed policy has its default version",
      [(one["VersionId"], one["IsDefaultVersion"]) for one in bound["PolicyVersionList"]], [("v1", True)])
check("of AWS's policies, those that are attached", "ReadOnlyAccess" in policies
      and "AdministratorAccess" not in policies, list(policies))

for size in (1, 2, 5, 1000):
    pages = admin.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": size})
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    pages = list(pages)
    seen = [one["Arn"] for page in pages for name in lists for one in page[name]]
    wanted = [one["Arn"] for name in lists for one in details[name]]
    equal(f"pages of {size} are the whole", (seen, len(pages)), (wanted, -(-len(wanted) // size)))
only = admin.get_account_authorization_details(Filter=["Role", "AWSManagedPolicy"])
equal("the filter takes kinds", [len(only[name]) for name in ("UserDetailList", "RoleDetailList", "Policies")],
      [0, 3, 1])
equal("a marker of another list is refused",
      code(admin.list_users, Marker=admin.list_roles(MaxItems=1)["Marker"]), ("ValidationError", 400))
equal("pages of ListUsers", len([user for page in admin.get_paginator("list_users").paginate(
    PaginationConfig={"PageSize": 2}) for user in page["Users"]]), 6)
equal("no user", code(admin.get_user, UserName="nobody"), ("NoSuchEntity", 404))
equal("no role", code(admin.get_role, RoleName="nobody"), ("NoSuchEntity", 404))
equal("what it cannot do it says", code(admin.create_user, UserName="nobody"), ("InvalidAction", 400))

auditor = client("SANDBOXAUDITOR000001")
equal("a policy of a group lets in", auditor.get_user()["User"]["UserName"], "auditor")
encryptor = client("SANDBOXENCRYPTOR0001")
equal("who may not is refused", code(encryptor.get_account_authorization_details), ("AccessDenied", 403))
equal("who may not is not told who is there", code(encryptor.get_user, UserName="nobody"), ("AccessDenied", 403))
try:
    encryptor.get_role(RoleName="app")
except ClientError as error:
    equal("a refusal names who, what and why", error.response["Error"]["Message"],
          f"User: arn:aws:iam::{ACCOUNT}:user/encryptor is not authorized to perform: iam:GetRole on resource: "
          f"arn:aws:iam::{ACCOUNT}:role/app because no identity-based policy allows the iam:GetRole action")
others = client("SANDBOXPARTNERADMIN1").get_account_authorization_details()
equal("another account's administrator sees none of it",
      sorted(one["Arn"] for part in ("UserDetailList", "RoleDetailList", "GroupDetailList") for one in others[part]),
      ["arn:aws:iam::444455556666:user/admin", "arn:aws:iam::444455556666:user/partner"])
SECRETS["SANDBOXADMIN00000001"] = "wrong"
equal("a wrong secret", code(client("SANDBOXADMIN00000001").get_user), ("SignatureDoesNotMatch", 403))

sys.exit(min(failures, 99))
