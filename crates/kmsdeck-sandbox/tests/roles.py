#!/usr/bin/env python3
"""Roles of the sandbox, as boto3's own credential chain comes to them:

    roles.py http://127.0.0.1:PORT

Profiles with a source, an external ID, a second factor, a chain, and a token file. Each check says
who signed, by what STS answers. Where moto is there, answers must have the members that its have. It
prints one line for each check and exits with the number of failures, at most 99.
"""

import base64
import json
import os
import sys
import tempfile
import time

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
ACCOUNT = "111122223333"
ROLES = f"arn:aws:iam::{ACCOUNT}:role"
SESSIONS = f"arn:aws:sts::{ACCOUNT}:assumed-role"
PAYMENTS = "1234abcd-12ab-34cd-56ef-1234567890ab"
failures = 0


def check(what, passed, seen=""):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {what}{'' if passed else ' -- ' + ' '.join(str(seen).split())}")


def equal(what, seen, wanted):
    check(what, seen == wanted, seen)


def refused(what, call, wanted):
    """The code of the refusal, and a part of its message."""
    try:
        check(what, False, call())
    except ClientError as error:
        told = error.response["Error"]
        check(what, told["Code"] == wanted[0] and wanted[1] in told["Message"], told)


def token(**claims):
    claims = {
        "iss": "https://oidc.sandbox.example",
        "sub": "app:shop",
        "aud": "sts.amazonaws.com",
        "exp": int(time.time()) + 600,
        **claims,
    }
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


folder = tempfile.TemporaryDirectory()
token_file = os.path.join(folder.name, "token")
with open(token_file, "w") as file:
    file.write(token())
config_file = os.path.join(folder.name, "config")
with open(config_file, "w") as file:
    file.write(f"""
[profile admin]
aws_access_key_id = SANDBOXADMIN00000001
aws_secret_access_key = sandbox-admin-public-by-design-0000000001
[profile partner-admin]
aws_access_key_id = SANDBOXPARTNERADMIN1
aws_secret_access_key = sandbox-partner-admin-public-by-design-01
[profile app]
role_arn = {ROLES}/app
source_profile = admin
role_session_name = app
[profile partner-access]
role_arn = {ROLES}/partner-access
source_profile = partner-admin
external_id = partner-4711
role_session_name = partner
[profile key-admin]
role_arn = {ROLES}/key-admin
source_profile = admin
mfa_serial = arn:aws:iam::{ACCOUNT}:mfa/admin
role_session_name = jane
[profile chain]
role_arn = {ROLES}/app
source_profile = key-admin
role_session_name = chain
[profile workload]
role_arn = {ROLES}/app
web_identity_token_file = {token_file}
role_session_name = pod
""")
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(
    AWS_CONFIG_FILE=config_file,
    AWS_SHARED_CREDENTIALS_FILE=os.path.join(folder.name, "none"),
    AWS_ENDPOINT_URL=ENDPOINT,
    AWS_EC2_METADATA_DISABLED="true",
    AWS_REGION="us-east-1",
    AWS_DEFAULT_REGION="us-east-1",
)


def session(profile, code="123455"):
    core = botocore.session.Session(profile=profile)
    chain = core.get_component("credential_provider")
    chain.get_provider("assume-role")._prompter = lambda _: code
    return boto3.Session(botocore_session=core)


def client(of, service):
    return of.client(service, config=Config(retries={"total_max_attempts": 1}))


def who(of):
    return client(of, "sts").get_caller_identity()["Arn"]


# -- who signs
app, key_admin = session("app"), session("key-admin")
for name, of, wanted in [
    ("a profile with keys", session("admin"), f"arn:aws:iam::{ACCOUNT}:user/admin"),
    ("a role", app, f"{SESSIONS}/app/app"),
    ("a role of the other account, with an external ID", session("partner-access"), f"{SESSIONS}/partner-access/partner"),
    ("a role with a second factor", key_admin, f"{SESSIONS}/key-admin/jane"),
    ("a chain of roles", session("chain", "000000"), f"{SESSIONS}/app/chain"),
    ("a token in a file", session("workload"), f"{SESSIONS}/app/pod"),
]:
    equal(f"{name} signs STS", who(of), wanted)
kms = client(app, "kms")
sealed = kms.encrypt(KeyId=PAYMENTS, Plaintext=b"x")["CiphertextBlob"]
equal("a role signs KMS", kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"x")
sts = client(session("admin"), "sts")
look_only = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/look-only"}]
limited = sts.assume_role(RoleArn=f"{ROLES}/app", RoleSessionName="limited", PolicyArns=look_only)["Credentials"]


def keys(credentials, **change):
    credentials = {**credentials, **change}
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


# -- refusals
refused(
    "a session policy limits",
    lambda: client(keys(limited), "kms").decrypt(CiphertextBlob=sealed),
    ("AccessDeniedException", "because no session policy allows the kms:Decrypt action"),
)
refused(
    "a boundary limits",
    lambda: client(key_admin, "kms").decrypt(CiphertextBlob=sealed),
    ("AccessDeniedException", "because no permissions boundary allows the kms:Decrypt action"),
)
refused("a code is good once", lambda: who(session("key-admin")), ("AccessDenied", "invalid MFA one time pass code"))
refused("a code is right", lambda: who(session("key-admin", "123456")), ("AccessDenied", "invalid MFA one time pass code"))
refused(
    "without the external ID",
    lambda: client(session("partner-admin"), "sts").assume_role(RoleArn=f"{ROLES}/partner-access", RoleSessionName="x1"),
    (
        "AccessDenied",
        "User: arn:aws:iam::444455556666:user/admin is not authorized to perform: sts:AssumeRole "
        f"on resource: {ROLES}/partner-access",
    ),
)
refused(
    "a token that is missing",
    lambda: client(keys(limited, SessionToken=None), "kms").list_keys(),
    ("UnrecognizedClientException", "The security token included in the request is invalid."),
)
refused(
    "a token that is wrong",
    lambda: who(keys(limited, SessionToken=limited["SessionToken"][::-1])),
    ("InvalidClientTokenId", "The security token included in the request is invalid."),
)


# -- the members of the answers, beside moto's
def asked(sts, web):
    role = {"RoleArn": f"{ROLES}/app", "RoleSessionName": "one"}
    return {
        "GetCallerIdentity": sts.get_caller_identity(),
        "GetSessionToken": sts.get_session_token(DurationSeconds=900),
        "AssumeRole": sts.assume_role(**role, Tags=[{"Key": "a b", "Value": "c&<é"}], TransitiveTagKeys=["a b"]),
        "AssumeRoleWithWebIdentity": web.assume_role_with_web_identity(**role, WebIdentityToken=token()),
    }


def shape(value):
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name != "ResponseMetadata"}
    return type(value).__name__


def missing(ours, theirs):
    """What moto answers and we do not, or of another type."""
    if not isinstance(theirs, dict) or not isinstance(ours, dict):
        return ours != theirs
    return [name for name in theirs if name not in ours or missing(ours[name], theirs[name])]


ours = {name: shape(answer) for name, answer in asked(sts, client(session("admin"), "sts")).items()}
try:
    from moto import mock_aws
except ImportError:
    print("ok   moto is not here: members are not compared")
else:
    del os.environ["AWS_ENDPOINT_URL"]
    with mock_aws():
        mocked = boto3.client("sts", aws_access_key_id="x", aws_secret_access_key="x")
        theirs = {name: shape(answer) for name, answer in asked(mocked, mocked).items()}
    for name, answer in ours.items():
        lacking = [one for one in missing(answer, theirs[name]) if one != "PackedPolicySize"]
        equal(f"{name} has the members of moto's", lacking, [])

sys.exit(min(failures, 99))
