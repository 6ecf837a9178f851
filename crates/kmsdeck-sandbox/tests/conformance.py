#!/usr/bin/env python3
"""KMS conformance script: every operation, its errors, paging and DryRun.

Runs boto3 against any KMS endpoint:

    conformance.py http://127.0.0.1:PORT [--sandbox]

It makes the keys that it uses, so it runs against any emulator; with
--sandbox it also checks the seeded principals and keys. Each check has the
name of the page of the API reference (or the developer guide) that says so.
It prints one line for each check and exits with the number of failures, at
most 99.
"""

import datetime
import shutil
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
SANDBOX = "--sandbox" in sys.argv[2:]
CREDENTIALS = {
    name: (f"SANDBOX{key}", f"sandbox-{name}-public-by-design-{tail}")
    for name, key, tail in [
        ("admin", "ADMIN00000001", "0000000001"),
        ("encryptor", "ENCRYPTOR0001", "000001"),
        ("decryptor", "DECRYPTOR0001", "000001"),
        ("auditor", "AUDITOR000001", "00000001"),
        ("no-list", "NOLIST0000001", "00000001"),
        ("partner", "PARTNER000001", "00000001"),
    ]
}
PAYMENTS = "1234abcd-12ab-34cd-56ef-1234567890ab"


def client(name="admin", service="kms", secret=None):
    key, known = CREDENTIALS[name]
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret or known,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


kms = client()
failures = 0


class Answer(dict):
    """A call's answer; what a failed call should have given is empty."""

    def __missing__(self, member):
        return b""


def check(page, what, passed, seen=""):
    global failures
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {page}: {what}{'' if passed else ' -- ' + ' '.join(str(seen)[:160].split())}")


def gives(page, what, call, test=lambda answer: True):
    try:
        answer = call()
        check(page, what, bool(test(answer)), answer)
        return Answer(answer)
    except Exception as error:  # the service's, or a member that is missing
        check(page, what, False, repr(error))
        return Answer()


def fails(page, name, call):
    try:
        check(page, f"answers {name}", False, call())
    except ClientError as error:
        code = error.response["Error"]["Code"]
        check(page, f"answers {name}", code == name, error)
    except Exception as error:  # boto3's own
        check(page, f"answers {name}", False, repr(error))


def dry(page, **arguments):
    method = "".join("_" + c.lower() if c.isupper() else c for c in page).lstrip("_")
    fails(page, "DryRunOperationException", lambda: getattr(kms, method)(DryRun=True, **arguments))


def create(**arguments):
    return kms.create_key(**arguments)["KeyMetadata"]["KeyId"]


# -- keys and lists
made = gives("CreateKey", "makes a symmetric key", lambda: kms.create_key(Description="d"),
             lambda a: a["KeyMetadata"]["KeySpec"] == "SYMMETRIC_DEFAULT" and a["KeyMetadata"]["KeyState"] == "Enabled")
KEY = made["KeyMetadata"]["KeyId"]
ARN = made["KeyMetadata"]["Arn"]
check("DescribeKey", "has CurrentKeyMaterialId of 64 hex digits",
      len(kms.describe_key(KeyId=KEY)["KeyMetadata"].get("CurrentKeyMaterialId", "")) == 64)
fails("CreateKey", "ValidationException", lambda: kms.create_key(KeySpec="HMAC_256"))
fails("CreateKey", "ValidationException", lambda: kms.create_key(KeySpec="HMAC_256", KeyUsage="SIGN_VERIFY"))
fails("CreateKey", "MalformedPolicyDocumentException", lambda: kms.create_key(Policy="{"))
fails("CreateKey", "TagException", lambda: kms.create_key(Tags=[{"TagKey": "aws:x", "TagValue": "y"}]))
page = gives("ListKeys", "pages", lambda: kms.list_keys(Limit=1), lambda a: len(a["Keys"]) == 1)
create()
page = kms.list_keys(Limit=1)
check("ListKeys", "is truncated and has a marker", page["Truncated"] and "NextMarker" in page, page)
ids = [key["KeyId"] for answer in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1}) for key in answer["Keys"]]
check("ListKeys", "pages give every key once", len(ids) == len(set(ids)) and KEY in ids)
fails("ListKeys", "ValidationException", lambda: kms.list_keys(Limit=1001))
fails("ListKeys", "ValidationException", lambda: kms.list_keys(Limit=0))
fails("ListKeys", "InvalidMarkerException", lambda: kms.list_keys(Marker="nonsense"))
fails("DescribeKey", "NotFoundException", lambda: kms.describe_key(KeyId="no-such-key"))
fails("DescribeKey", "NotFoundException", lambda: kms.describe_key(KeyId="alias/no-such-alias"))
fails("DescribeKey", "ValidationException", lambda: kms.describe_key(KeyId=""))
fails("DescribeKey", "ValidationException", lambda: kms.describe_key())

# -- aliases
gives("CreateAlias", "names a key", lambda: kms.create_alias(AliasName="alias/conformance", TargetKeyId=KEY))
fails("CreateAlias", "AlreadyExistsException", lambda: kms.create_alias(AliasName="alias/conformance", TargetKeyId=KEY))
fails("CreateAlias", "ValidationException", lambda: kms.create_alias(AliasName="conformance", TargetKeyId=KEY))
for notation in [KEY, ARN, "alias/conformance", ARN.rsplit(":", 1)[0] + ":alias/conformance"]:
    gives("DescribeKey", f"takes {notation[:24]}", lambda: kms.describe_key(KeyId=notation), lambda a: a["KeyMetadata"]["KeyId"] == KEY)
gives("ListAliases", "of one key", lambda: kms.list_aliases(KeyId=KEY), lambda a: [x["AliasName"] for x in a["Aliases"]] == ["alias/conformance"])
fails("ListAliases", "ValidationException", lambda: kms.list_aliases(Limit=101))
OTHER = create()
gives("UpdateAlias", "moves it", lambda: kms.update_alias(AliasName="alias/conformance", TargetKeyId=OTHER))
gives("DeleteAlias", "removes it", lambda: kms.delete_alias(AliasName="alias/conformance"))
fails("DeleteAlias", "NotFoundException", lambda: kms.delete_alias(AliasName="alias/conformance"))

# -- data keys
CONTEXT = {"tenant": "acme", "purpose": "test"}
made = gives("GenerateDataKeyWithoutPlaintext", "gives ciphertext, key ARN and material",
             lambda: kms.generate_data_key_without_plaintext(KeyId=KEY, KeySpec="AES_256", EncryptionContext=CONTEXT),
             lambda a: a["KeyId"] == ARN and len(a.get("KeyMaterialId", "")) == 64 and "Plaintext" not in a)
gives("Decrypt", "opens it, the context in any order",
      lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=dict(reversed(CONTEXT.items()))),
      lambda a: len(a["Plaintext"]) == 32 and a.get("KeyMaterialId") == made.get("KeyMaterialId"))
fails("Decrypt", "InvalidCiphertextException", lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"]))
fails("Decrypt", "InvalidCiphertextException", lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"Tenant": "acme", "purpose": "test"}))
fails("Decrypt", "InvalidCiphertextException", lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"][:-1] + bytes([made["CiphertextBlob"][-1] ^ 1]), EncryptionContext=CONTEXT))
fails("Decrypt", "InvalidCiphertextException", lambda: kms.decrypt(CiphertextBlob=b"junk"))
fails("Decrypt", "IncorrectKeyException", lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT, KeyId=OTHER))
for arguments in [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}, {"NumberOfBytes": 0}, {"NumberOfBytes": 1025}, {"KeySpec": "AES_512"}]:
    fails("GenerateDataKeyWithoutPlaintext", "ValidationException", lambda: kms.generate_data_key_without_plaintext(KeyId=KEY, **arguments))
fails("GenerateDataKeyWithoutPlaintext", "InvalidGrantTokenException", lambda: kms.generate_data_key_without_plaintext(KeyId=KEY, KeySpec="AES_256", GrantTokens=["no-such-token"]))
gives("GenerateDataKey", "gives both", lambda: kms.generate_data_key(KeyId=KEY, NumberOfBytes=24), lambda a: len(a["Plaintext"]) == 24)
pair = gives("GenerateDataKeyPair", "gives a pair", lambda: kms.generate_data_key_pair(KeyId=KEY, KeyPairSpec="ECC_NIST_P256"), lambda a: a["PrivateKeyPlaintext"])
gives("GenerateDataKeyPairWithoutPlaintext", "gives no private key", lambda: kms.generate_data_key_pair_without_plaintext(KeyId=KEY, KeyPairSpec="RSA_2048"), lambda a: "PrivateKeyPlaintext" not in a)
gives("GenerateRandom", "gives bytes", lambda: kms.generate_random(NumberOfBytes=17), lambda a: len(a["Plaintext"]) == 17)
fails("GenerateRandom", "ValidationException", lambda: kms.generate_random(NumberOfBytes=1025))
sealed = gives("Encrypt", "seals", lambda: kms.encrypt(KeyId=KEY, Plaintext=b"x"))["CiphertextBlob"]
fails("Encrypt", "ValidationException", lambda: kms.encrypt(KeyId=KEY, Plaintext=b"x" * 4097))
gives("ReEncrypt", "names both keys", lambda: kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=OTHER), lambda a: a["SourceKeyId"] == ARN and a["KeyId"].endswith(OTHER))
dry("GenerateDataKey", KeyId=KEY, KeySpec="AES_256")
dry("GenerateDataKeyWithoutPlaintext", KeyId=KEY, KeySpec="AES_256")
dry("GenerateDataKeyPair", KeyId=KEY, KeyPairSpec="ECC_NIST_P256")
dry("GenerateDataKeyPairWithoutPlaintext", KeyId=KEY, KeyPairSpec="ECC_NIST_P256")
dry("Encrypt", KeyId=KEY, Plaintext=b"x")
dry("Decrypt", CiphertextBlob=sealed)
dry("ReEncrypt", CiphertextBlob=sealed, DestinationKeyId=OTHER)

# -- other kinds of keys
sign = create(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
signed = gives("Sign", "signs", lambda: kms.sign(KeyId=sign, Message=b"m", SigningAlgorithm="ECDSA_SHA_256"))
gives("Verify", "accepts", lambda: kms.verify(KeyId=sign, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=signed["Signature"]), lambda a: a["SignatureValid"])
fails("Verify", "KMSInvalidSignatureException", lambda: kms.verify(KeyId=sign, Message=b"n", SigningAlgorithm="ECDSA_SHA_256", Signature=signed["Signature"]))
fails("Sign", "InvalidKeyUsageException", lambda: kms.sign(KeyId=KEY, Message=b"m", SigningAlgorithm="ECDSA_SHA_256"))
fails("GenerateDataKey", "InvalidKeyUsageException", lambda: kms.generate_data_key(KeyId=sign, KeySpec="AES_256"))
gives("GetPublicKey", "is DER", lambda: kms.get_public_key(KeyId=sign), lambda a: a["PublicKey"][0] == 0x30)
fails("GetPublicKey", "UnsupportedOperationException", lambda: kms.get_public_key(KeyId=KEY))
dry("Sign", KeyId=sign, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
dry("Verify", KeyId=sign, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=signed["Signature"])
mac = create(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
tag = gives("GenerateMac", "makes a MAC", lambda: kms.generate_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256"), lambda a: len(a["Mac"]) == 32)
gives("VerifyMac", "accepts", lambda: kms.verify_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=tag["Mac"]), lambda a: a["MacValid"])
fails("VerifyMac", "KMSInvalidMacException", lambda: kms.verify_mac(KeyId=mac, Message=b"n", MacAlgorithm="HMAC_SHA_256", Mac=tag["Mac"]))
fails("GenerateMac", "InvalidKeyUsageException", lambda: kms.generate_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_512"))
dry("GenerateMac", KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256")
dry("VerifyMac", KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=tag["Mac"])
try:
    agree = create(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    arguments = {"KeyId": agree, "KeyAgreementAlgorithm": "ECDH", "PublicKey": pair.get("PublicKey", b"")}
    gives("DeriveSharedSecret", "derives", lambda: kms.derive_shared_secret(**arguments), lambda a: len(a["SharedSecret"]) == 32)
    dry("DeriveSharedSecret", **arguments)
except Exception as error:
    check("DeriveSharedSecret", "is there", False, repr(error))

# -- tags, policy, rotation, grants
gives("TagResource", "adds", lambda: kms.tag_resource(KeyId=KEY, Tags=[{"TagKey": "b", "TagValue": "2"}, {"TagKey": "a", "TagValue": "1"}]))
gives("ListResourceTags", "lists", lambda: kms.list_resource_tags(KeyId=KEY), lambda a: len(a["Tags"]) == 2)
fails("ListResourceTags", "ValidationException", lambda: kms.list_resource_tags(KeyId=KEY, Limit=51))
gives("UntagResource", "removes", lambda: kms.untag_resource(KeyId=KEY, TagKeys=["a"]))
policy = gives("GetKeyPolicy", "gives the default policy", lambda: kms.get_key_policy(KeyId=KEY), lambda a: ":root" in a["Policy"])["Policy"] or "{}"
gives("PutKeyPolicy", "takes it back", lambda: kms.put_key_policy(KeyId=KEY, Policy=policy))
fails("PutKeyPolicy", "MalformedPolicyDocumentException", lambda: kms.put_key_policy(KeyId=KEY, Policy='{"Version":"2012-10-17"}'))
gives("ListKeyPolicies", "names default", lambda: kms.list_key_policies(KeyId=KEY), lambda a: a["PolicyNames"] == ["default"])
gives("UpdateKeyDescription", "changes it", lambda: kms.update_key_description(KeyId=KEY, Description="e"))
gives("EnableKeyRotation", "switches on", lambda: kms.enable_key_rotation(KeyId=KEY, RotationPeriodInDays=90))
gives("GetKeyRotationStatus", "says so", lambda: kms.get_key_rotation_status(KeyId=KEY), lambda a: a["KeyRotationEnabled"] and a["RotationPeriodInDays"] == 90)
fails("EnableKeyRotation", "ValidationException", lambda: kms.enable_key_rotation(KeyId=KEY, RotationPeriodInDays=89))
fails("EnableKeyRotation", "UnsupportedOperationException", lambda: kms.enable_key_rotation(KeyId=sign))
gives("DisableKeyRotation", "switches off", lambda: kms.disable_key_rotation(KeyId=KEY))
gives("RotateKeyOnDemand", "rotates", lambda: kms.rotate_key_on_demand(KeyId=KEY))
gives("ListKeyRotations", "lists it", lambda: kms.list_key_rotations(KeyId=KEY), lambda a: a["Rotations"][0]["RotationType"] == "ON_DEMAND")
gives("Decrypt", "opens what the old material sealed", lambda: kms.decrypt(CiphertextBlob=sealed), lambda a: a["Plaintext"] == b"x")
account = ARN.split(":")[4]
grantee = f"arn:aws:iam::{account}:root"
grant = gives("CreateGrant", "makes one", lambda: kms.create_grant(KeyId=KEY, GranteePrincipal=grantee, RetiringPrincipal=grantee, Operations=["Decrypt"]), lambda a: a["GrantToken"])
fails("CreateGrant", "ValidationException", lambda: kms.create_grant(KeyId=KEY, GranteePrincipal=grantee, Operations=["Sign"]))
dry("CreateGrant", KeyId=KEY, GranteePrincipal=grantee, Operations=["Decrypt"])
gives("ListGrants", "lists it", lambda: kms.list_grants(KeyId=KEY), lambda a: len(a["Grants"]) == 1)
gives("ListRetirableGrants", "lists it", lambda: kms.list_retirable_grants(RetiringPrincipal=grantee), lambda a: len(a["Grants"]) == 1)
dry("RevokeGrant", KeyId=KEY, GrantId=grant.get("GrantId", "x"))
dry("RetireGrant", KeyId=ARN, GrantId=grant.get("GrantId", "x"))
gives("RevokeGrant", "revokes it", lambda: kms.revoke_grant(KeyId=KEY, GrantId=grant["GrantId"]))
fails("RevokeGrant", "NotFoundException", lambda: kms.revoke_grant(KeyId=KEY, GrantId="0" * 64))
grant = kms.create_grant(KeyId=KEY, GranteePrincipal=grantee, Operations=["Decrypt"])
gives("RetireGrant", "retires by token", lambda: kms.retire_grant(GrantToken=grant["GrantToken"]))

# -- states
gives("DisableKey", "disables", lambda: kms.disable_key(KeyId=KEY))
fails("key-state", "DisabledException", lambda: kms.generate_data_key(KeyId=KEY, KeySpec="AES_256"))
fails("key-state", "DisabledException", lambda: kms.generate_data_key(KeyId=KEY, KeySpec="AES_256", DryRun=True))
gives("EnableKey", "enables", lambda: kms.enable_key(KeyId=KEY))
fails("ScheduleKeyDeletion", "ValidationException", lambda: kms.schedule_key_deletion(KeyId=KEY, PendingWindowInDays=6))
gives("ScheduleKeyDeletion", "schedules", lambda: kms.schedule_key_deletion(KeyId=KEY, PendingWindowInDays=7), lambda a: a["KeyState"] == "PendingDeletion")
fails("key-state", "KMSInvalidStateException", lambda: kms.encrypt(KeyId=KEY, Plaintext=b"x"))
gives("CancelKeyDeletion", "cancels, and the key is disabled", lambda: kms.cancel_key_deletion(KeyId=KEY))
check("CancelKeyDeletion", "leaves it Disabled", kms.describe_key(KeyId=KEY)["KeyMetadata"]["KeyState"] == "Disabled")
fails("CancelKeyDeletion", "KMSInvalidStateException", lambda: kms.cancel_key_deletion(KeyId=KEY))
external = create(Origin="EXTERNAL")
fails("key-state", "KMSInvalidStateException", lambda: kms.encrypt(KeyId=external, Plaintext=b"x"))
multi = create(MultiRegion=True)
check("CreateKey", "multi-Region IDs begin with mrk-", multi.startswith("mrk-"), multi)
gives("ReplicateKey", "replicates", lambda: kms.replicate_key(KeyId=multi, ReplicaRegion="eu-west-1"), lambda a: a["ReplicaKeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA")
fails("ReplicateKey", "UnsupportedOperationException", lambda: kms.replicate_key(KeyId=OTHER, ReplicaRegion="eu-west-1"))
fails("DescribeKey", "UnrecognizedClientException", lambda: boto3.client("kms", endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id="NOBODY", aws_secret_access_key="x").describe_key(KeyId=OTHER))
fails("signing", "InvalidSignatureException", lambda: client(secret="wrong").list_keys())
gives("GetCallerIdentity", "names the account", lambda: client(service="sts").get_caller_identity(), lambda a: len(a["Account"]) == 12)

# -- the seed's principals
if SANDBOX:
    fails("key-policies", "AccessDeniedException", lambda: client("auditor").generate_data_key(KeyId=PAYMENTS, KeySpec="AES_256", DryRun=True))
    fails("key-policies", "DryRunOperationException", lambda: client("encryptor").generate_data_key_without_plaintext(KeyId=PAYMENTS, KeySpec="AES_256", DryRun=True))
    fails("ListKeys", "AccessDeniedException", lambda: client("no-list").list_keys())
    ignore = {"KeyId": PAYMENTS, "DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    fails("testing-permissions", "AccessDeniedException", lambda: client("decryptor").decrypt(**ignore))
    fails("testing-permissions", "DryRunOperationException", lambda: client("decryptor").decrypt(EncryptionContext={"tenant": "acme"}, **ignore))
    fails("key-policy-modifying-external-accounts", "DryRunOperationException", lambda: client("partner").generate_data_key(KeyId="arn:aws:kms:us-east-1:111122223333:alias/partner", KeySpec="AES_256", DryRun=True))
    for alias, name in [("key-unavailable", "KeyUnavailableException"), ("dependency-timeout", "DependencyTimeoutException"), ("kms-internal", "KMSInternalException")]:
        fails("GenerateDataKeyWithoutPlaintext", name, lambda: kms.generate_data_key_without_plaintext(KeyId=f"alias/fault/{alias}", KeySpec="AES_256"))
    gives("GetKeyLastUsage", "tells the last use", lambda: kms.get_key_last_usage(KeyId=OTHER), lambda a: a["KeyLastUsage"]["Operation"] == "ReEncrypt") if hasattr(kms, "get_key_last_usage") else None

def all_operations():
    """Every operation of botocore's model is answered, whatever it says of an empty request."""
    names = kms.meta.service_model.operation_names
    check("Operations", "the API has 56 or more", len(names) >= 56 or boto3.__version__ < "1.43", len(names))
    for name in names:
        method = next(method for method, operation in kms.meta.method_to_api_mapping.items() if operation == name)
        try:
            getattr(kms, method)()
        except ClientError as error:
            check(name, "is an operation", error.response["Error"]["Code"] != "UnknownOperationException", error)


def says(page, name, message, call):
    """An error with its words, as AWS was recorded to say them."""
    try:
        check(page, f"answers {name}", False, call())
    except ClientError as error:
        told = error.response["Error"]
        check(page, f"says: {message[:60]}", told["Code"] == name and told.get("Message", "") == message, told)


def wait_for(answer, wanted):
    for _ in range(100):
        if answer() == wanted:
            return True
        time.sleep(0.05)
    return False


def imports():
    """GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial; ListKeyRotations."""
    try:
        from cryptography.hazmat.primitives import hashes, keywrap, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding
    except ImportError:
        print("left out: imports, for want of the package cryptography")
        return

    def parameters(key, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048"):
        return kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)

    def wrapped(key, material, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048"):
        given = parameters(key, algorithm, spec)
        public = serialization.load_der_public_key(given["PublicKey"])
        hashing = hashes.SHA1 if algorithm.endswith("SHA_1") else hashes.SHA256
        oaep = padding.OAEP(mgf=padding.MGF1(hashing()), algorithm=hashing(), label=None)
        if algorithm.startswith("RSA_AES"):
            aes = bytes(range(32))
            sealed = public.encrypt(aes, oaep) + keywrap.aes_key_wrap_with_padding(aes, material)
        else:
            sealed = public.encrypt(material, oaep)
        return {"KeyId": key, "ImportToken": given["ImportToken"], "EncryptedKeyMaterial": sealed}

    never = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
    for algorithm in ["RSAES_PKCS1_V1_5", "RSA_AES_KEY_WRAP_SHA_256"]:
        says("GetParametersForImport", "ValidationException", f"Wrapping algorithm {algorithm} and wrapping key spec RSA_2048 cannot be used to import a SYMMETRIC_DEFAULT key.", lambda: parameters(key, algorithm))
    generated = kms.create_key()["KeyMetadata"]["Arn"]
    says("GetParametersForImport", "UnsupportedOperationException", f"{generated} origin is AWS_KMS which is not valid for this operation.", lambda: parameters(generated))
    given = gives("GetParametersForImport", "gives a key and a token for 24 hours", lambda: parameters(key), lambda a: a["KeyId"] == key and a["ImportToken"] and a["ParametersValidTo"])
    call = wrapped(key, b"1" * 32)
    says("ImportKeyMaterial", "ValidationException", "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES", lambda: kms.import_key_material(**call))
    fails("ImportKeyMaterial", "InvalidCiphertextException", lambda: kms.import_key_material(**wrapped(key, b"1" * 31), **never))
    fails("ImportKeyMaterial", "InvalidImportTokenException", lambda: kms.import_key_material(**{**call, "ImportToken": b"junk"}, **never))
    fails("ImportKeyMaterial", "InvalidCiphertextException", lambda: kms.import_key_material(**{**call, "ImportToken": given["ImportToken"]}, **never))
    first = gives("ImportKeyMaterial", "answers the ARN and the material", lambda: kms.import_key_material(**call, **never, KeyMaterialDescription="first"), lambda a: a["KeyId"] == key and len(a["KeyMaterialId"]) == 64)["KeyMaterialId"]
    gives("DescribeKey", "tells of it", lambda: kms.describe_key(KeyId=key)["KeyMetadata"], lambda a: a["KeyState"] == "Enabled" and a["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE" and a["CurrentKeyMaterialId"] == first)
    says("ImportKeyMaterial", "IncorrectKeyMaterialException", f"Imported key material does not have the expected identifier ({first}).", lambda: kms.import_key_material(**wrapped(key, b"2" * 32), **never))
    says("RotateKeyOnDemand", "KMSInvalidStateException", f"No available key material pending rotation for the key: {key}.", lambda: kms.rotate_key_on_demand(KeyId=key))
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    second = gives("ImportKeyMaterial", "takes a second that waits", lambda: kms.import_key_material(**wrapped(key, b"2" * 32), **never, ImportType="NEW_KEY_MATERIAL"))["KeyMaterialId"]

    def history():
        return [(x["KeyMaterialId"], x["ImportState"], x["KeyMaterialState"]) for x in kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]]

    check("ListKeyRotations", "tells of both", history() == [(first, "IMPORTED", "CURRENT"), (second, "IMPORTED", "PENDING_ROTATION")])
    gives("RotateKeyOnDemand", "goes on to it", lambda: kms.rotate_key_on_demand(KeyId=key), lambda a: a["KeyId"] == key)
    check("ListKeyRotations", "tells of it", history() == [(first, "IMPORTED", "NON_CURRENT"), (second, "IMPORTED", "CURRENT")])
    gives("Decrypt", "opens what the first sealed", lambda: kms.decrypt(CiphertextBlob=sealed), lambda a: a["Plaintext"] == b"x" and a["KeyMaterialId"] == first)
    gives("DeleteImportedKeyMaterial", "deletes the current", lambda: kms.delete_imported_key_material(KeyId=key), lambda a: a == {**a, "KeyId": key, "KeyMaterialId": second})
    gives("DescribeKey", "is pending import", lambda: kms.describe_key(KeyId=key)["KeyMetadata"], lambda a: a["KeyState"] == "PendingImport" and "ExpirationModel" not in a and a["CurrentKeyMaterialId"] == second)
    says("Decrypt", "KMSInvalidStateException", f"{key} is pending import.", lambda: kms.decrypt(CiphertextBlob=sealed))
    gives("ImportKeyMaterial", "takes the same again", lambda: kms.import_key_material(**wrapped(key, b"2" * 32), ValidTo=time.time() + 2))
    gives("DescribeKey", "tells when it expires", lambda: kms.describe_key(KeyId=key)["KeyMetadata"], lambda a: a["ExpirationModel"] == "KEY_MATERIAL_EXPIRES" and a["ValidTo"])
    check("ImportKeyMaterial", "expires", wait_for(lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "PendingImport"))

    hmac = create(Origin="EXTERNAL", KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
    gives("ImportKeyMaterial", "takes an HMAC key, and tells no ID", lambda: kms.import_key_material(**wrapped(hmac, b"3" * 48), **never), lambda a: "KeyMaterialId" not in a)
    says("ImportKeyMaterial", "ValidationException", "Input parameter importType cannot be used with HMAC_384 imported keys.", lambda: kms.import_key_material(**wrapped(hmac, b"3" * 48), **never, ImportType="EXISTING_KEY_MATERIAL"))
    for curve, spec in [(ec.SECP256R1(), "ECC_NIST_P256"), (ec.SECP521R1(), "ECC_NIST_P521"), (ec.SECP256K1(), "ECC_SECG_P256K1")]:
        pair = ec.generate_private_key(curve)
        private = pair.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = pair.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        made = create(Origin="EXTERNAL", KeySpec=spec, KeyUsage="SIGN_VERIFY")
        gives("ImportKeyMaterial", f"takes {spec}", lambda: kms.import_key_material(**wrapped(made, private, "RSA_AES_KEY_WRAP_SHA_256"), **never))
        gives("GetPublicKey", f"gives that of the {spec} pair", lambda: kms.get_public_key(KeyId=made), lambda a: a["PublicKey"] == public)


def regions():
    """ReplicateKey, UpdatePrimaryRegion."""
    def of(region):
        key, secret = CREDENTIALS["admin"]
        return boto3.client("kms", endpoint_url=ENDPOINT, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret)

    def told(region):
        return of(region).describe_key(KeyId=key)["KeyMetadata"]

    made = kms.create_key(MultiRegion=True)["KeyMetadata"]
    key, arn = made["KeyId"], made["Arn"]
    says("ReplicateKey", "ValidationException", "us-east-1 cannot have a replica because it contains the primary.", lambda: kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1"))
    gives("ReplicateKey", "answers while it is Creating", lambda: kms.replicate_key(KeyId=key, ReplicaRegion="us-west-2"), lambda a: a["ReplicaKeyMetadata"]["KeyState"] == "Creating" and "CurrentKeyMaterialId" not in a["ReplicaKeyMetadata"] and "ReplicaTags" not in a)
    check("ReplicateKey", "is done in a while", wait_for(lambda: told("us-west-2")["KeyState"], "Enabled"))
    says("ReplicateKey", "AlreadyExistsException", "You can create only one replica of each primary key in each AWS Region.", lambda: kms.replicate_key(KeyId=key, ReplicaRegion="us-west-2"))
    says("ReplicateKey", "UnsupportedOperationException", f"{arn.replace('us-east-1', 'us-west-2')} is not a multi-region primary key.", lambda: of("us-west-2").replicate_key(KeyId=key, ReplicaRegion="eu-west-1"))
    says("UpdatePrimaryRegion", "ValidationException", f"{key} does not have a replica key in the specified Region.", lambda: kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1"))
    kms.disable_key(KeyId=key)
    for page, call in [("ReplicateKey", lambda: kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")), ("UpdatePrimaryRegion", lambda: kms.update_primary_region(KeyId=key, PrimaryRegion="us-west-2"))]:
        says(page, "DisabledException", f"{arn} is disabled.", call)
    kms.enable_key(KeyId=key)
    gives("UpdatePrimaryRegion", "moves the primary", lambda: kms.update_primary_region(KeyId=key, PrimaryRegion="us-west-2"))
    for region, kind in [("us-east-1", "REPLICA"), ("us-west-2", "PRIMARY")]:
        gives("UpdatePrimaryRegion", f"{region} is updating", lambda: told(region), lambda a: a["KeyState"] == "Updating" and a["MultiRegionConfiguration"]["MultiRegionKeyType"] == kind)
    for region in ["us-east-1", "us-west-2"]:
        check("UpdatePrimaryRegion", f"{region} is enabled in a while", wait_for(lambda: told(region)["KeyState"], "Enabled"))
    says("UpdatePrimaryRegion", "KMSInvalidStateException", f"{arn} is not a multi-Region primary key.", lambda: kms.update_primary_region(KeyId=key, PrimaryRegion="us-west-2"))


def key_stores():
    """The operations on custom key stores, and CreateKey in one."""
    proxy = {
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyConnectivity": "PUBLIC_ENDPOINT",
        "XksProxyUriEndpoint": "https://conformance.example.com", "XksProxyUriPath": "/conformance/kms/xks/v1",
        "XksProxyAuthenticationCredential": {"AccessKeyId": "ABCDE" * 4, "RawSecretAccessKey": "A" * 43},
    }
    store = gives("CreateCustomKeyStore", "makes one", lambda: kms.create_custom_key_store(CustomKeyStoreName="conformance", **proxy))["CustomKeyStoreId"]
    fails("CreateCustomKeyStore", "CustomKeyStoreNameInUseException", lambda: kms.create_custom_key_store(CustomKeyStoreName="conformance", **proxy))
    fails("CreateCustomKeyStore", "XksProxyUriInUseException", lambda: kms.create_custom_key_store(CustomKeyStoreName="other", **proxy))

    def told():
        return kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"][0]

    def new_key():
        return kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="k1")["KeyMetadata"]

    gives("DescribeCustomKeyStores", "is disconnected", told, lambda a: a["ConnectionState"] == "DISCONNECTED" and a["XksProxyConfiguration"]["UriPath"] == proxy["XksProxyUriPath"])
    fails("CreateKey", "CustomKeyStoreInvalidStateException", new_key)
    gives("ConnectCustomKeyStore", "begins", lambda: kms.connect_custom_key_store(CustomKeyStoreId=store))
    gives("DescribeCustomKeyStores", "is connecting", told, lambda a: a["ConnectionState"] == "CONNECTING")
    check("ConnectCustomKeyStore", "ends", wait_for(lambda: told()["ConnectionState"], "CONNECTED"))
    key = gives("CreateKey", "makes a key of an external key", new_key, lambda a: a["XksKeyConfiguration"] == {"Id": "k1"} and a["CustomKeyStoreId"] == store)["KeyId"]
    fails("CreateKey", "XksKeyAlreadyInUseException", new_key)
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    gives("UpdateCustomKeyStore", "renames while connected", lambda: kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="fails with XKS_PROXY_TIMED_OUT"))
    gives("DisconnectCustomKeyStore", "disconnects", lambda: kms.disconnect_custom_key_store(CustomKeyStoreId=store))
    fails("key-state", "KMSInvalidStateException", lambda: kms.decrypt(CiphertextBlob=sealed))
    check("key-state", "its key is Unavailable", kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Unavailable")
    fails("DeleteCustomKeyStore", "CustomKeyStoreHasCMKsException", lambda: kms.delete_custom_key_store(CustomKeyStoreId=store))
    if SANDBOX:
        kms.connect_custom_key_store(CustomKeyStoreId=store)
        check("ConnectCustomKeyStore", "fails", wait_for(lambda: told().get("ConnectionErrorCode"), "XKS_PROXY_TIMED_OUT"), told())
        fails("ConnectCustomKeyStore", "CustomKeyStoreInvalidStateException", lambda: kms.connect_custom_key_store(CustomKeyStoreId=store))


def attestation():
    """Recipient, with a document of the test kind; OpenSSL reads the answer."""
    if not SANDBOX or not shutil.which("openssl"):
        print("left out: attestation, which wants --sandbox and the program openssl")
        return
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
    except ImportError:
        print("left out: attestation, for want of the package cryptography")
        return

    def head(major, value):
        return bytes([major << 5 | 25]) + value.to_bytes(2, "big")

    def cbor(value):
        match value:
            case bytes():
                return head(2, len(value)) + value
            case str():
                return head(3, len(value.encode())) + value.encode()
            case list():
                return head(4, len(value)) + b"".join(map(cbor, value))
            case dict():
                return head(5, len(value)) + b"".join(cbor(x) for pair in value.items() for x in pair)
            case None:
                return b"\xf6"
            case _:
                return head(0, value)

    signer, reader = ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "enclave")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = x509.CertificateBuilder(name, name, signer.public_key(), 1, now, now + datetime.timedelta(hours=3)).sign(signer, hashes.SHA384())
    der = serialization.Encoding.DER
    payload = cbor({
        "module_id": "i-0-enc0", "digest": "SHA384", "timestamp": 7, "pcrs": {0: bytes(48), 1: bytes(48)},
        "certificate": certificate.public_bytes(der), "cabundle": [certificate.public_bytes(der)],
        "public_key": reader.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo),
        "user_data": None, "nonce": None,
    })
    protected = b"\xa1\x01\x38\x22"
    shortest = b"\x84\x6aSignature1\x44" + protected + b"\x40\x59" + len(payload).to_bytes(2, "big") + payload
    numbers = utils.decode_dss_signature(signer.sign(shortest, ec.ECDSA(hashes.SHA384())))
    signature = b"".join(number.to_bytes(48, "big") for number in numbers)
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"\xd2" + cbor([protected, {}, payload, signature])}
    made = gives("GenerateDataKey", "answers the enclave alone", lambda: kms.generate_data_key(KeyId=create(), KeySpec="AES_256", Recipient=recipient), lambda a: "Plaintext" not in a and a["CiphertextForRecipient"])
    private = reader.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        for file, content in [("key", private), ("cms", made["CiphertextForRecipient"])]:
            with open(f"{folder}/{file}", "wb") as out:
                out.write(content)
        read = subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-in", f"{folder}/cms", "-inkey", f"{folder}/key"], capture_output=True)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    check("GenerateDataKey", "OpenSSL reads what the enclave is answered", read.stdout == opened, read.stderr)


def tell(part):
    """A part of another emulator may be missing; what follows is checked none the less."""
    try:
        part()
    except Exception as error:
        check(part.__name__, "is carried out to its end", False, repr(error))


for part in [all_operations, imports, regions, key_stores, attestation]:
    tell(part)

print(f"{failures} failed")
sys.exit(min(failures, 99))
