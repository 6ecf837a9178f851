#!/usr/bin/env python3
"""botocore's model of KMS as the referee of requests and answers.

    botocore_model.py http://127.0.0.1:PORT

Two things, both by the model that boto3 and the AWS CLI work by
(`botocore/data/kms/2014-11-01/service-2.json`):

- Each constraint of each member of each request is violated alone, in a raw signed request whose
  other members are as they should be: a member that is required is left out, a string too short,
  too long or against its pattern, a value that is none of an enumeration, a list too long, a number
  out of its range. Each is to be answered by a ValidationException that names this member alone; what AWS answers otherwise stands
  in `OTHERWISE`, with its source.
- Each operation is called so that it succeeds, and its answer is to hold members of the model
  alone, each of its type, and none that the model calls required left out.

It prints a line for each failure and the counts, and exits with the number of failures, at most 99.
"""

import base64
import json
import re
import sys
import time
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

ADMIN = Credentials("SANDBOXADMIN00000001", "sandbox-admin-public-by-design-0000000001")

# (operation, member): where AWS answers with another error than ValidationException, and who says so.
OTHERWISE = {}

# What a request needs beside the members that the model calls required (API reference, Decrypt and
# ReEncrypt, `CiphertextBlob`).
NEEDED = {"Decrypt": {"CiphertextBlob": "eA=="}, "ReEncrypt": {"CiphertextBlob": "eA=="}}


class Model:
    def __init__(self):
        self.model = Loader().load_service_model("kms", "service-2")
        self.shapes = self.model["shapes"]

    def operations(self):
        return self.model["operations"]

    def input(self, operation):
        return self.operations()[operation].get("input", {}).get("shape")

    def output(self, operation):
        return self.operations()[operation].get("output", {}).get("shape")

    def problems(self, shape, value, place=""):
        """What of an answer is not as the model says."""
        kind = self.shapes[shape]
        expected = {"string": str, "blob": str, "boolean": bool, "integer": int, "long": int,
                    "timestamp": (int, float), "list": list, "map": dict, "structure": dict}[kind["type"]]
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            return [f"{place} is {value!r} and no {kind['type']}"]
        if kind["type"] == "structure":
            found = [f"{place}.{name} is required" for name in kind.get("required", []) if name not in value]
            for name, inner in value.items():
                if name in kind["members"]:
                    found += self.problems(kind["members"][name]["shape"], inner, f"{place}.{name}")
                else:
                    found.append(f"{place}.{name} is no member")
            return found
        if kind["type"] == "list":
            return [one for inner in value for one in self.problems(kind["member"]["shape"], inner, f"{place}[]")]
        if kind["type"] == "map":
            return [one for inner in value.values() for one in self.problems(kind["value"]["shape"], inner, f"{place}{{}}")]
        if "enum" in kind and value not in kind["enum"]:
            return [f"{place} is {value!r}, which is none of {kind['enum']}"]
        return []

    # -- requests

    def good(self, shape):
        """A value that keeps all constraints."""
        kind = self.shapes[shape]
        if kind["type"] == "structure":
            return {name: self.good(kind["members"][name]["shape"]) for name in kind.get("required", [])}
        if kind["type"] == "list":
            return [self.good(kind["member"]["shape"])]
        if kind["type"] == "map":
            return {"k": "v"}
        if kind["type"] == "boolean":
            return False
        if kind["type"] in ("integer", "timestamp"):
            return kind.get("min", 1)
        if "enum" in kind:
            return kind["enum"][0]
        if kind["type"] == "blob":
            return "eA=="
        if shape in GOOD:
            return GOOD[shape]
        return "x" * max(kind.get("min", 0), 1)

    def bad(self, shape):
        """Values that violate one constraint each: (which, value)."""
        kind = self.shapes[shape]
        least, most = kind.get("min"), kind.get("max")
        if kind["type"] == "structure":
            for name, member in kind["members"].items():
                whole = self.good(shape)
                if name in kind.get("required", []):
                    yield f"{name} missing", {key: value for key, value in whole.items() if key != name}
                for which, value in self.bad(member["shape"]):
                    yield f"{name}: {which}", {**whole, name: value}
        elif kind["type"] == "list":
            item = kind["member"]["shape"]
            if least:
                yield "too few", []
            if most is not None:
                yield "too many", [self.good(item)] * (most + 1)
            for which, value in self.bad(item):
                yield f"an item {which}", [value]
        elif kind["type"] == "integer":
            if least is not None:
                yield "too small", least - 1
            if most is not None:
                yield "too large", most + 1
        elif kind["type"] == "blob":
            if least:
                yield "too short", ""
            if most is not None:
                yield "too long", blob(most + 1)
        elif kind["type"] == "string":
            good = self.good(shape)
            if "enum" in kind:
                yield "no such value", "NO_SUCH_VALUE"
            if least:
                yield "too short", good[: least - 1]
            if most is not None:
                yield "too long", good + good[-1] * (most + 1 - len(good))
            if "pattern" in kind:
                for value in AGAINST:
                    # As long as the shortest that is taken, so that nothing but the pattern is violated.
                    value = (value * (least or 1))[: max(least or 1, len(value))]
                    if not re.fullmatch(kind["pattern"], value, re.ASCII) and len(value) <= most:
                        yield f"against its pattern ({value[:8]})", value


# Good values of the shapes whose pattern is more than a set of characters.
GOOD = {
    "AliasNameType": "alias/x",
    "CloudHsmClusterIdType": "cluster-abcdefghijk",
    "XksProxyUriEndpointType": "https://xks.example.com",
    "XksProxyUriPathType": "/example/kms/xks/v1",
    "XksProxyVpcEndpointServiceNameType": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
    "AccountIdType": "111122223333",
    "XksProxyAuthenticationAccessKeyIdType": "ABCDE23456ABCDE23456",
    "BackingKeyIdType": "0" * 64,
    "PrincipalIdType": "arn:aws:iam::111122223333:root",
    "ServicePrincipalType": "s3.us-east-1.amazonaws.com",
    "SourceArnType": "arn:aws:s3:us-east-1:111122223333:bucket",
    "RegionType": "eu-west-1",
}
# What no pattern but that of free text takes, and what not even that takes.
AGAINST = ["a b", "$", "\u20ac"]


def blob(length):
    """Base64 of so many bytes."""
    return ("AAAA" * (length // 3)) + {0: "", 1: "AA==", 2: "AAA="}[length % 3]


def wrapped(public, material):
    """Key material for ImportKeyMaterial, by RSAES_OAEP_SHA_256."""
    key = serialization.load_der_public_key(base64.b64decode(public))
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    return base64.b64encode(key.encrypt(material, oaep)).decode()


def wait_for(answer, wanted):
    """What begins and ends in a while has ended; what did not, the next call says."""
    for _ in range(100):
        if answer() == wanted:
            return
        time.sleep(0.05)


class Endpoint:
    def __init__(self, url, region="us-east-1"):
        self.url, self.region = url, region

    def of(self, region):
        return Endpoint(self.url, region)

    def call(self, operation, members):
        """The HTTP status and the JSON of the answer."""
        headers = {"X-Amz-Target": f"TrentService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", self.url, headers=headers, data=json.dumps(members))
        SigV4Auth(ADMIN, "kms", self.region).add_auth(request)
        raw = urllib.request.Request(self.url, data=request.data.encode(), headers=dict(request.headers))
        try:
            with urllib.request.urlopen(raw, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


def violations(model, endpoint):
    """How many there are, and what of them is answered otherwise."""
    count, failures = 0, []
    for operation in model.operations():
        shape = model.input(operation)
        if shape is None:
            continue
        if endpoint.call(operation, {})[1].get("__type") == "UnknownOperationException":
            print(f"none {operation}: the endpoint does not have it")
            continue
        for which, members in model.bad(shape):
            count += 1
            member = which.split(" ")[0].rstrip(":")
            expected = OTHERWISE.get((operation, member), "ValidationException")
            answer = endpoint.call(operation, {**NEEDED.get(operation, {}), **members})[1]
            # That member, and no other refusal of the same name. (One too short may be against its pattern, too.)
            told, message = answer.get("__type"), answer.get("message", "")
            named = {place.split(".")[0] for place in re.findall(r" at '([^']*)' failed to satisfy constraint", message)}
            if told != expected or (expected == "ValidationException" and named != {member[0].lower() + member[1:]}):
                failures.append(f"{operation} {which}: {told or 'success'} {message[:200]}")
    return count, failures


def calls(endpoint, answered):
    """Calls each operation so that it succeeds; `answered` sees each answer."""

    def call(operation, **members):
        status, answer = endpoint.call(operation, members)
        answered(operation, status, answer)
        return answer

    def key(**members):
        return call("CreateKey", **members)["KeyMetadata"]["KeyId"]

    kms = key(Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])
    for usage, spec in [("SIGN_VERIFY", "RSA_2048"), ("ENCRYPT_DECRYPT", "RSA_2048"), ("SIGN_VERIFY", "ECC_NIST_P256"),
                        ("SIGN_VERIFY", "ECC_NIST_EDWARDS25519"), ("SIGN_VERIFY", "ML_DSA_44"),
                        ("KEY_AGREEMENT", "ECC_NIST_P256"), ("GENERATE_VERIFY_MAC", "HMAC_256"),
                        ("ENCAPSULATE_DECAPSULATE", "ML_KEM_512")]:
        other = key(KeyUsage=usage, KeySpec=spec)
        call("DescribeKey", KeyId=other)
        call("GetKeyRotationStatus", KeyId=other)
        call("GetKeyLastUsage", KeyId=other)
        if spec != "HMAC_256":
            public = call("GetPublicKey", KeyId=other)["PublicKey"]
        if usage == "SIGN_VERIFY":
            algorithm = {"RSA_2048": "RSASSA_PSS_SHA_256", "ECC_NIST_P256": "ECDSA_SHA_256",
                         "ECC_NIST_EDWARDS25519": "ED25519_SHA_512", "ML_DSA_44": "ML_DSA_SHAKE_256"}[spec]
            one = {"KeyId": other, "Message": "eA==", "SigningAlgorithm": algorithm}
            call("Verify", Signature=call("Sign", **one)["Signature"], **one)
        elif usage == "KEY_AGREEMENT":
            call("DeriveSharedSecret", KeyId=other, KeyAgreementAlgorithm="ECDH", PublicKey=public)
        elif usage == "GENERATE_VERIFY_MAC":
            one = {"KeyId": other, "Message": "eA==", "MacAlgorithm": "HMAC_SHA_256"}
            call("VerifyMac", Mac=call("GenerateMac", **one)["Mac"], **one)
        elif usage == "ENCAPSULATE_DECAPSULATE":
            one = {"KeyId": other, "EncapsulationAlgorithm": "ML_KEM"}
            call("Decapsulate", SharedSecretCiphertextBlob=call("Encapsulate", **one)["SharedSecretCiphertextBlob"], **one)
        else:
            one = {"KeyId": other, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
            call("Decrypt", CiphertextBlob=call("Encrypt", Plaintext="eA==", **one)["CiphertextBlob"], **one)
    call("CreateAlias", AliasName="alias/model", TargetKeyId=kms)
    call("UpdateAlias", AliasName="alias/model", TargetKeyId=kms)
    call("ListAliases")
    call("ListAliases", KeyId=kms, Limit=1)
    call("DeleteAlias", AliasName="alias/model")
    sealed = call("Encrypt", KeyId=kms, Plaintext="eA==")["CiphertextBlob"]
    call("Decrypt", CiphertextBlob=sealed)
    call("ReEncrypt", CiphertextBlob=sealed, DestinationKeyId=kms)
    call("GenerateDataKey", KeyId=kms, KeySpec="AES_256")
    call("GenerateDataKeyWithoutPlaintext", KeyId=kms, NumberOfBytes=7)
    call("GenerateDataKeyPair", KeyId=kms, KeyPairSpec="ECC_NIST_P256")
    call("GenerateDataKeyPairWithoutPlaintext", KeyId=kms, KeyPairSpec="ECC_NIST_P256")
    call("GenerateRandom", NumberOfBytes=1)
    call("GetKeyLastUsage", KeyId=kms)
    call("EnableKeyRotation", KeyId=kms, RotationPeriodInDays=90)
    call("RotateKeyOnDemand", KeyId=kms)
    call("GetKeyRotationStatus", KeyId=kms)
    call("ListKeyRotations", KeyId=kms, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    call("DisableKeyRotation", KeyId=kms)
    policy = call("GetKeyPolicy", KeyId=kms)["Policy"]
    call("PutKeyPolicy", KeyId=kms, Policy=policy)
    call("ListKeyPolicies", KeyId=kms)
    call("TagResource", KeyId=kms, Tags=[{"TagKey": "c", "TagValue": ""}])
    call("ListResourceTags", KeyId=kms, Limit=1)
    call("UntagResource", KeyId=kms, TagKeys=["c"])
    call("UpdateKeyDescription", KeyId=kms, Description="")
    grantee, s3 = "arn:aws:iam::111122223333:root", "s3.us-east-1.amazonaws.com"
    one = {"KeyId": kms, "Operations": ["Decrypt", "RetireGrant"]}
    grant = call("CreateGrant", GranteePrincipal=grantee, RetiringPrincipal=grantee,
                 Constraints={"EncryptionContextSubset": {"a": "b"}}, **one)
    source = {"SourceArn": "arn:aws:s3:us-east-1:111122223333:bucket"}
    call("CreateGrant", GranteeServicePrincipal=s3, RetiringServicePrincipal=s3, Constraints=source, **one)
    call("ListGrants", KeyId=kms, Limit=1)
    call("ListGrants", KeyId=kms)
    call("ListRetirableGrants", RetiringPrincipal=grantee)
    call("RetireGrant", GrantToken=grant["GrantToken"])
    grant = call("CreateGrant", GranteePrincipal=grantee, **one)
    call("RevokeGrant", KeyId=kms, GrantId=grant["GrantId"])
    call("ListKeys", Limit=1)
    call("ListKeys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])
    call("DisableKey", KeyId=kms)
    call("EnableKey", KeyId=kms)
    multi = key(MultiRegion=True)
    call("ReplicateKey", KeyId=multi, ReplicaRegion="eu-west-1", Tags=[{"TagKey": "a", "TagValue": "b"}])
    call("DescribeKey", KeyId=multi)
    wait_for(lambda: endpoint.of("eu-west-1").call("DescribeKey", {"KeyId": multi})[1]["KeyMetadata"]["KeyState"], "Enabled")
    call("UpdatePrimaryRegion", KeyId=multi, PrimaryRegion="eu-west-1")
    wait_for(lambda: call("DescribeKey", KeyId=multi)["KeyMetadata"]["KeyState"], "Enabled")
    call("ScheduleKeyDeletion", KeyId=multi)
    call("ScheduleKeyDeletion", KeyId=kms, PendingWindowInDays=7)
    call("DescribeKey", KeyId=kms)
    call("CancelKeyDeletion", KeyId=kms)
    imported = key(Origin="EXTERNAL")
    call("DescribeKey", KeyId=imported)
    for number, members in enumerate([{"ValidTo": time.time() + 3600, "KeyMaterialDescription": "d"},
                                      {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "ImportType": "NEW_KEY_MATERIAL"}]):
        given = call("GetParametersForImport", KeyId=imported, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        material = wrapped(given["PublicKey"], bytes([number]) * 32)
        call("ImportKeyMaterial", KeyId=imported, ImportToken=given["ImportToken"], EncryptedKeyMaterial=material, **members)
        call("DescribeKey", KeyId=imported)
        call("ListKeyRotations", KeyId=imported, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    call("RotateKeyOnDemand", KeyId=imported)
    call("ListKeyRotations", KeyId=imported)
    call("GetKeyRotationStatus", KeyId=imported)
    call("DeleteImportedKeyMaterial", KeyId=imported)
    call("ListKeyRotations", KeyId=imported, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    anchor = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----"
    proxy = {"XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": "https://model.example.com",
             "XksProxyUriPath": "/model/kms/xks/v1",
             "XksProxyAuthenticationCredential": {"AccessKeyId": "ABCDE" * 4, "RawSecretAccessKey": "A" * 43}}
    for kind, settings, of_key in [
        ("AWS_CLOUDHSM", {"CloudHsmClusterId": "cluster-modelmodelm", "KeyStorePassword": "password", "TrustAnchorCertificate": anchor}, {}),
        ("EXTERNAL_KEY_STORE", proxy, {"XksKeyId": "model"}),
    ]:
        store = call("CreateCustomKeyStore", CustomKeyStoreName=f"model {kind}", CustomKeyStoreType=kind, **settings)["CustomKeyStoreId"]
        call("UpdateCustomKeyStore", CustomKeyStoreId=store, NewCustomKeyStoreName=f"the model's {kind}")
        call("ConnectCustomKeyStore", CustomKeyStoreId=store)
        told = lambda: call("DescribeCustomKeyStores", CustomKeyStoreId=store)["CustomKeyStores"][0]["ConnectionState"]
        wait_for(told, "CONNECTED")
        call("DescribeKey", KeyId=key(Origin=kind, CustomKeyStoreId=store, **of_key))
        call("DisconnectCustomKeyStore", CustomKeyStoreId=store)
        told()
    store = call("CreateCustomKeyStore", CustomKeyStoreName="model", CustomKeyStoreType="EXTERNAL_KEY_STORE",
                 **{**proxy, "XksProxyUriPath": "/other/kms/xks/v1"})["CustomKeyStoreId"]
    call("DeleteCustomKeyStore", CustomKeyStoreId=store)
    call("DescribeCustomKeyStores")


def main():
    model, endpoint = Model(), Endpoint(sys.argv[1])
    count, failures = violations(model, endpoint)
    print(f"{count - len(failures)} of {count} violations are answered as AWS answers them")
    seen, checked = set(), 0

    def answered(operation, status, answer):
        nonlocal checked
        checked += 1
        seen.add(operation)
        shape = model.output(operation)
        if status != 200:
            failures.append(f"{operation}: {answer}")
        elif shape is None and answer:
            failures.append(f"{operation} answers {answer} where the model has nothing")
        elif shape is not None:
            failures.extend(model.problems(shape, answer, operation))

    calls(endpoint, answered)
    print(f"{checked} answers of {len(seen)} of {len(model.operations())} operations were looked at")
    for failure in failures:
        print(f"FAIL {failure}")
    print(f"{len(failures)} failed")
    sys.exit(min(len(failures), 99))


if __name__ == "__main__":
    main()
