"""Runs snippets of kmsdeck against the sandbox, many in one process.

Reads from standard input JSON: {"endpoint", "access", "secret", "runs": [{"boto3": source} or
{"argv": [...]} or {"operation", "body"}]}. Prints a list of [whether it went well, what it said].

The snippets are for version 2 of the AWS CLI. PyPI has version 1, which differs in how it takes
bytes; `for_version_1` bridges that, and nothing else. With KMSDECK_PYTHON of a venv that has version
2 (pip install of its repository's branch v2, and boto3) they run as they are.
"""

import base64
import contextlib
import io
import json
import os
import sys
import tempfile
import traceback

BLOBS = {
    "--plaintext", "--ciphertext-blob", "--message", "--signature", "--mac", "--public-key",
    "--shared-secret-ciphertext-blob", "--encrypted-key-material", "--import-token",
}


def for_version_1(argv, folder):
    """Version 2 reads base64 with --cli-binary-format base64; version 1 reads fileb:// alone."""
    words, given = [], iter(argv)
    is_base64 = "--cli-binary-format" in argv
    for word in given:
        if word == "--cli-binary-format":
            assert next(given) == "base64"
            continue
        words.append(word)
        if word in BLOBS:
            value = next(given)
            if not value.startswith("fileb://"):
                assert is_base64, "typed bytes, and nothing says how they are written"
                file = tempfile.NamedTemporaryFile(dir=folder, delete=False)
                file.write(base64.b64decode(value, validate=True))
                file.close()
                value = "fileb://" + file.name
            words.append(value)
    return words


def run_cli(argv):
    import awscli
    from awscli.clidriver import create_clidriver
    with tempfile.TemporaryDirectory() as folder:
        if awscli.__version__.startswith("1."):
            argv = for_version_1(argv, folder)
        code = create_clidriver().main(argv + ["--output", "json"])
    return code == 0


def run_boto3(source):
    exec(compile(source, "<snippet>", "exec"), {"__name__": "__main__"})
    return True


def run_json(given, operation, body):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session
    headers = {
        "X-Amz-Target": "TrentService." + operation,
        "Content-Type": "application/x-amz-json-1.1",
    }
    request = AWSRequest("POST", given["endpoint"], data=body.encode(), headers=headers)
    SigV4Auth(Credentials(given["access"], given["secret"]), "kms", "us-east-1").add_auth(request)
    response = URLLib3Session().send(request.prepare())
    print(response.text)
    return response.status_code == 200


def main():
    given = json.load(sys.stdin)
    os.environ.update(AWS_ACCESS_KEY_ID=given["access"], AWS_SECRET_ACCESS_KEY=given["secret"],
                      AWS_PAGER="")
    results = []
    for run in given["runs"]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                if "boto3" in run:
                    well = run_boto3(run["boto3"])
                elif "argv" in run:
                    well = run_cli(run["argv"])
                else:
                    well = run_json(given, run["operation"], run["body"])
            except (Exception, SystemExit):
                well = False
                traceback.print_exc()
        results.append([well, said.getvalue()])
    json.dump(results, sys.stdout)


main()
