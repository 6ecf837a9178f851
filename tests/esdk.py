"""The AWS Encryption SDK for Python as the other end of encrypt-file and decrypt-file.

Reads from standard input JSON: {"endpoint", "access", "secret", "key", "folder"}. In the folder are
plaintexts NAME, and their envelopes NAME.encrypted that kmsdeck made: opens those, and makes envelopes
sdk-N.encrypted of plaintexts sdk-N for kmsdeck to open. Prints {"opened": {NAME: [context, suite]},
"made": [N, suite, frame length] ...}.
"""

import json
import os
import pathlib
import sys

import aws_encryption_sdk
import botocore.session
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.identifiers import Algorithm

CONTEXT = {"tenant": "acme", "größe": "日本 e\u0301"}


def main():
    given = json.load(sys.stdin)
    session = botocore.session.Session()
    session.set_credentials(given["access"], given["secret"])
    # The SDK makes its clients itself, of the environment.
    os.environ["AWS_ENDPOINT_URL_KMS"] = given["endpoint"]
    provider = StrictAwsKmsMasterKeyProvider(key_ids=[given["key"]], botocore_session=session)
    folder = pathlib.Path(given["folder"])

    strict = aws_encryption_sdk.EncryptionSDKClient()
    opened = {}
    for envelope in sorted(folder.glob("*.encrypted")):
        plaintext, header = strict.decrypt(source=envelope.read_bytes(), key_provider=provider)
        assert plaintext == envelope.with_suffix("").read_bytes(), envelope
        opened[envelope.stem] = [header.encryption_context, header.algorithm.name]

    lax = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    signed = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384
    plain = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    old = Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384
    cases = [
        (strict, suite, frame, size)
        for suite in (signed, plain)
        for frame, size in [(4096, 0), (4096, 4096), (4096, 10_000), (128, 257), (0, 5000)]
    ]
    cases.append((lax, old, 4096, 100))
    made = []
    for number, (client, suite, frame, size) in enumerate(cases):
        plaintext = bytes((number + at * 7) % 256 for at in range(size))
        envelope, _ = client.encrypt(
            source=plaintext,
            key_provider=provider,
            algorithm=suite,
            frame_length=frame,
            encryption_context=CONTEXT,
        )
        (folder / f"sdk-{number}").write_bytes(plaintext)
        (folder / f"sdk-{number}.encrypted").write_bytes(envelope)
        made.append([number, suite.name, frame])
    print(json.dumps({"opened": opened, "made": made}))


main()
