#!/usr/bin/env python3
"""Makes a key of each kind, for whoever checks keys. The environment says where."""

import boto3

kms = boto3.client("kms")
for spec, usage in [
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    ("RSA_2048", "ENCRYPT_DECRYPT"),
    ("ECC_NIST_P256", "SIGN_VERIFY"),
    ("HMAC_256", "GENERATE_VERIFY_MAC"),
]:
    for multi_region in (False, True):
        key = kms.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=multi_region)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{spec.replace('_', '-')}-{multi_region}", TargetKeyId=key)
kms.enable_key_rotation(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
disabled = kms.create_key()["KeyMetadata"]["KeyId"]
kms.disable_key(KeyId=disabled)
kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
