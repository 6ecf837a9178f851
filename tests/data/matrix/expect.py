#!/usr/bin/env python3
"""What each principal of the seeded account may do, written by hand from the policies in
crates/kmsdeck-sandbox/seed/ and the rules of AWS KMS, without a look at kmsdeck's evaluator.

Writes one file a principal, for `kmsdeck matrix --expect`. Two contexts are asked with: none, and
tenant=acme. What is said of a key holds for both unless NO and ACME differ.
"""

import json
import pathlib

OK, DENIED, FAILS, UNKNOWN, NOT = (
    "would succeed", "denied", "would fail", "not known", "not for this key")

DATA_KEYS = ["GenerateDataKeyWithoutPlaintext", "GenerateDataKey",
             "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyPair"]
CIPHER = ["Encrypt", "Decrypt", "ReEncrypt"]
SIGN = ["Sign", "Verify"]
MAC = ["GenerateMac", "VerifyMac"]
AGREE = ["DeriveSharedSecret"]
KEM = ["Encapsulate", "Decapsulate"]
GRANTS = ["CreateGrant", "RetireGrant", "RevokeGrant"]
ALL = DATA_KEYS + CIPHER + SIGN + MAC + AGREE + KEM + GRANTS

# Key ID: what it can do, its state, its policy, whether it has a grant.
SYM = DATA_KEYS + CIPHER
KEYS = {
    "1234abcd-12ab-34cd-56ef-1234567890ab": (SYM, "ok", "payments", True),
    "mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff": (SYM, "ok", "archive", False),
    "9a8b7c6d-0e1f-4a2b-8c3d-4e5f60712211": (SYM, "pending deletion", "iam", False),
    "55e0c1d2-7f3a-4b6c-9d8e-0f1a2b3caa10": (SIGN, "ok", "iam", False),
    "f0f0aa11-2b3c-4d5e-8f60-718293a47c7c": (MAC, "disabled", "iam", False),
    "0f1e2d3c-4b5a-4968-8776-655443d2c4b5": (SYM, "ok", "partner", True),
    "3c7e1f90-6a5b-4d2e-b1c8-90fa12de3467": (SYM, "ok", "vault", False),
    "7d3f8a21-94be-4c07-a6d5-2e1b0c9f8a76": (SYM, "disabled", "iam", False),
    "b2d94e63-1c5f-48a7-9e30-5a7c6d8f1e02": (SYM, "pending import", "iam", False),
    "c81f5a7e-3d20-4b96-8e4c-6f7a09b1d253": (SYM, "ok", "imported", True),
    "e47b0c19-5f82-4d3a-b6e1-83c2a9f4d7b0": (SYM, "unavailable", "iam", False),
    "a1c5e7f9-2b4d-4f60-8172-93a4b5c6d7e8": (SIGN, "ok", "iam", False),
    "d9e8f7a6-b5c4-4d3e-9f2a-1b0c9d8e7f60": (CIPHER, "rsa", "iam", False),
    "63f0d2b8-7c1e-4a95-8d46-e5b3a2c1f097": (SIGN, "ok", "iam", False),
    "2e6b9d84-a0f3-4c17-b5e8-7d1c4f60a392": (SIGN, "ok", "iam", False),
    "88b1d3c7-5e9f-4062-a7c4-3f2d1e0b9a58": (KEM, "ok", "iam", False),
    "4f9a6c02-d8b7-4e15-93f1-0c6e5d4b3a21": (AGREE, "ok", "iam", False),
    "17c4b8e5-f3a2-4d69-8b0e-9a5d7c2f6e43": (MAC, "ok", "iam", False),
    "5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68": (SYM, "ok", "iam", False),
    "e5b7a9c1-0d2f-4e63-9481-b6c8d0e2f4a5": (SYM, "fault", "iam", False),
    "f6c8bad2-1e30-4f74-8592-c7d9e1f3a5b6": (SYM, "fault", "iam", False),
    "07d9cbe3-2f41-4085-96a3-d8eaf204b6c7": (SYM, "fault", "iam", False),
    "9c2e4b60-d7f1-4a38-85b9-61c0e3d5f7a4": (SYM, "ok", "iam", False),
    "d41a7f58-3e90-4b2c-8f65-a0b1c2d3e4f5": (SYM, "ok", "iam", False),
    "36e1c9a7-b580-4d4f-92c3-7f6e5d4c3b2a": (SIGN, "ok", "iam", False),
    "aa11bb22-cc33-4d44-8e55-ff6677889900": (SYM, "ok", "aws", False),
    "bb22cc33-dd44-4e55-9f66-008899aabb11": (SYM, "ok", "aws", False),
    "cc33dd44-ee55-4f66-8a77-11aabbccdd22": (SYM, "ok", "aws", False),
}


def by_iam(allowed):
    """Where the key policy lets IAM policies decide. The archive's Deny of GenerateDataKey* hits
    everyone without `purpose` in the context, and neither context has it."""
    def rule(operation, policy, acme):
        if policy in ("vault", "aws"):
            return False
        if policy == "archive" and operation in DATA_KEYS:
            return False
        return allowed(operation, policy, acme)
    return rule


def admin(operation, policy, acme):
    # The vault's policy names what an administrator may do; AWS managed keys take no direct use,
    # but the account may look after their grants.
    if policy == "vault":
        return operation in ("CreateGrant", "RevokeGrant")
    if policy == "aws":
        return operation == "RevokeGrant"
    return not (policy == "archive" and operation in DATA_KEYS)


def decryptor(operation, policy, acme):
    # The vault's own policy lets the decryptor decrypt, with any context.
    if policy == "vault":
        return operation == "Decrypt"
    return by_iam(lambda op, _, with_acme: op == "Decrypt" and with_acme)(operation, policy, acme)


MAY = {
    "admin": admin,
    "encryptor": by_iam(lambda op, *_: op == "GenerateDataKeyWithoutPlaintext"),
    "decryptor": decryptor,
    # Looks at everything, uses nothing; but a grant lets it decrypt with the imported key.
    "auditor": by_iam(lambda op, policy, _: op == "Decrypt" and policy == "imported"),
    "no-list": by_iam(lambda op, *_: op in DATA_KEYS + ["Encrypt", "Decrypt"]),
    # Its grants ask for contexts that are not these two.
    "grantee": lambda *_: False,
}
# Who sees the grants of a key, so that the matrix asks about one that is there.
LISTS_GRANTS = {"admin": True, "auditor": True}
# Who may describe keys; to others KMS is asked every operation, and denies before it looks at the
# kind of the key.
DESCRIBES = {"grantee": lambda policy: policy == "payments",
             "auditor": lambda policy: policy != "vault",
             "encryptor": lambda policy: policy != "vault",
             "no-list": lambda policy: policy != "vault"}


def verdict(principal, key, operation, acme):
    can, state, policy, has_grant = KEYS[key]
    allowed = MAY[principal]
    described = DESCRIBES.get(principal, lambda _: True)(policy)
    if operation not in can + GRANTS and described:
        return NOT
    sees_grant = has_grant and LISTS_GRANTS.get(principal, False)
    if operation == "RetireGrant":
        # A grant that is not there is not found, whoever asks. One that is: the administrator may
        # by IAM; the auditor is neither retiring principal nor a grantee who may retire.
        if not sees_grant:
            return FAILS
        return OK if principal == "admin" else DENIED
    if state == "rsa":
        # No context goes with RSA, so that no condition on one can hold.
        acme = False
    if not allowed(operation, policy, acme):
        return DENIED
    if operation == "RevokeGrant":
        return OK if sees_grant else FAILS
    if operation == "CreateGrant":
        return OK if state in ("ok", "rsa", "unavailable", "fault") else FAILS
    return {"ok": OK, "rsa": OK, "fault": UNKNOWN}.get(state, FAILS)


def main():
    here = pathlib.Path(__file__).parent
    for principal in MAY:
        verdicts = {
            key: {
                operation: {
                    "no context": verdict(principal, key, operation, False),
                    "tenant=acme": verdict(principal, key, operation, True),
                }
                for operation in ALL
            }
            for key in KEYS
        }
        text = json.dumps({"verdicts": verdicts}, indent=1)
        (here / f"{principal}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
