"""What KMS does with imported key material, by the cryptography of pyca: a KMS that has one key, of
the KeySpec that is the first argument. It prints its port, and then the material of each import as
hex. As `outside_kms.py wrap ALGORITHM PUBLIC_KEY`, it wraps what is on its standard input.
"""

import base64
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def wrap(algorithm, public_key, material):
    if algorithm == "RSAES_OAEP_SHA_256":
        return public_key.encrypt(material, OAEP)
    key = os.urandom(32)
    return public_key.encrypt(key, OAEP) + keywrap.aes_key_wrap_with_padding(key, material)


def unwrap(algorithm, private_key, wrapped):
    if algorithm == "RSAES_OAEP_SHA_256":
        return private_key.decrypt(wrapped, OAEP)
    length = private_key.key_size // 8
    key = private_key.decrypt(wrapped[:length], OAEP)
    assert len(key) == 32
    return keywrap.aes_key_unwrap_with_padding(key, wrapped[length:])


class Kms(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Of the token that it gave last.
    wrapping = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        operation = self.headers["x-amz-target"].split(".")[1]
        answer = json.dumps(getattr(self, operation)(json.loads(body))).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def DescribeKey(self, _):
        return {"KeyMetadata": {"KeyId": ARN.split("/")[1], "Arn": ARN, "KeySpec": sys.argv[1]}}

    def GetParametersForImport(self, request):
        size = int(request["WrappingKeySpec"].removeprefix("RSA_"))
        private_key = rsa.generate_private_key(65537, size)
        Kms.wrapping = (request["WrappingAlgorithm"], private_key)
        public_key = private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {
            "KeyId": ARN,
            "ImportToken": base64.b64encode(b"a token").decode(),
            "PublicKey": base64.b64encode(public_key).decode(),
            "ParametersValidTo": 4102444800,
        }

    def ImportKeyMaterial(self, request):
        assert base64.b64decode(request["ImportToken"]) == b"a token"
        wrapped = base64.b64decode(request["EncryptedKeyMaterial"])
        assert not {"KeyMaterial", "WrappingAlgorithm", "NewKeyMaterialFile"} & set(request)
        print(unwrap(*Kms.wrapping, wrapped).hex(), flush=True)
        return {"KeyId": ARN, "KeyMaterialId": "a" * 64}


if sys.argv[1] == "wrap":
    with open(sys.argv[3], "rb") as file:
        public_key = serialization.load_der_public_key(file.read())
    sys.stdout.buffer.write(wrap(sys.argv[2], public_key, sys.stdin.buffer.read()))
else:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kms)
    print(server.server_port, flush=True)
    server.serve_forever()
