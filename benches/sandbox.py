#!/usr/bin/env python3
"""Prints how many calls a second a served sandbox answers, beside moto's server in the same run, and
what memory it has after a million calls.

    cargo build --profile shipped --bin kmsdeck && tests/run --no-run && python3 benches/sandbox.py [CALLS]

The client is one process: it signs a request once, and sends it again and again over connections
that are kept, where the server keeps them (moto's does not). moto's server checks no signature.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import selectors
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
KMSDECK = os.path.join(TARGET, "shipped", "kmsdeck")
MOTO = os.environ.get("KMSDECK_MOTO_SERVER", os.path.join(TARGET, "test-venv", "bin", "moto_server"))
CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
SECONDS = float(os.environ.get("SECONDS_EACH", "5"))


class Server:
    def __init__(self, process, address, access_key, secret):
        self.process, self.address = process, address
        self.access_key, self.secret = access_key, secret

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024

    def end(self):
        self.process.terminate()
        self.process.wait()

    def request(self, operation, members):
        """A signed request, as bytes."""
        body = json.dumps(members).encode()
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": "%s:%d" % self.address,
            "x-amz-date": now,
            "x-amz-target": f"TrentService.{operation}",
        }
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{now[:8]}/us-east-1/kms/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret).encode()
        for part in (now[:8], "us-east-1", "kms", "aws4_request", to_sign):
            key = hmac.digest(key, part.encode(), "sha256")
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}")
        headers["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body

    def ask(self, operation, members):
        with socket.create_connection(self.address) as stream:
            stream.sendall(self.request(operation, members))
            answer = Answer()
            while not answer.take(stream.recv(65536)):
                pass
        if answer.status != b"200":
            sys.exit(f"{operation}: {answer.bytes.decode()}")
        return json.loads(answer.bytes[answer.head:] or b"{}")


class Answer:
    """One that comes in pieces."""

    def __init__(self):
        self.bytes, self.head, self.status, self.is_last = b"", 0, b"", False

    def take(self, piece):
        """Whether it is whole."""
        if not piece:
            sys.exit("the server closed a connection")
        self.bytes += piece
        if not self.head:
            end = self.bytes.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.head = end + 4
            self.status = self.bytes[9:12]
            length = re.search(rb"(?i)content-length: *(\d+)", self.bytes[:end])
            self.end = self.head + int(length.group(1))
            self.is_last = re.search(rb"(?i)connection: *close", self.bytes[:end]) is not None
        return len(self.bytes) >= self.end


def sandbox():
    process = subprocess.Popen([KMSDECK, "sandbox", "serve", "--empty", "--listen", "127.0.0.1:0"],
                               stdout=subprocess.PIPE, text=True)
    told = {}
    while "AWS_SECRET_ACCESS_KEY" not in told:
        line = process.stdout.readline()
        if not line:
            sys.exit("the sandbox does not serve")
        if match := re.match(r"export (\w+)=(.*)", line):
            told[match.group(1)] = match.group(2)
    host, port = told["AWS_ENDPOINT_URL"].removeprefix("http://").split(":")
    return Server(process, (host, int(port)), told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"])


def moto():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([MOTO, "-H", "127.0.0.1", "-p", str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.time() + 60
    while time.time() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return Server(process, ("127.0.0.1", port), "test", "test")
        except OSError:
            time.sleep(0.1)
    sys.exit("moto's server does not come")


def calls(server, operation, members, connections, seconds=None, most=None):
    """How many calls were answered, and in how many seconds."""
    request = server.request(operation, members)
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connect(selector, server, request)
    began, signed, done = time.perf_counter(), time.perf_counter(), 0
    while (seconds is None or time.perf_counter() - began < seconds) and (most is None or done < most):
        # A signature is good for five minutes.
        if time.perf_counter() - signed > 120:
            request, signed = server.request(operation, members), time.perf_counter()
        for key, _ in selector.select():
            stream, answer = key.fileobj, key.data
            if not answer.take(stream.recv(65536)):
                continue
            if answer.status != b"200":
                sys.exit(f"{operation}: {answer.bytes.decode()}")
            done += 1
            if answer.is_last:
                selector.unregister(stream)
                stream.close()
                connect(selector, server, request)
            else:
                answer.__init__()
                stream.sendall(request)
    took = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return done, took


def connect(selector, server, request):
    stream = socket.create_connection(server.address)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(stream, selectors.EVENT_READ, Answer())
    stream.sendall(request)


def main():
    print(f"{SECONDS:.0f} s each, calls a second\n")
    print(f"{'':<36} {'connections':>11} {'sandbox':>10} {'moto':>10} {'ratio':>7}")
    servers = {"sandbox": sandbox(), "moto": moto()}
    asked = {}
    for name, server in servers.items():
        key = server.ask("CreateKey", {})["KeyMetadata"]["KeyId"]
        sealed = server.ask("Encrypt", {"KeyId": key, "Plaintext": base64.b64encode(bytes(32)).decode()})
        asked[name] = {
            "GenerateDataKeyWithoutPlaintext": {"KeyId": key, "KeySpec": "AES_256"},
            "Decrypt": {"CiphertextBlob": sealed["CiphertextBlob"]},
        }
    for operation in ("GenerateDataKeyWithoutPlaintext", "Decrypt"):
        for connections in (1, 32):
            rates = {}
            for name, server in servers.items():
                done, took = calls(server, operation, asked[name][operation], connections, seconds=SECONDS)
                rates[name] = done / took
            print(f"{operation:<36} {connections:>11} {rates['sandbox']:>10,.0f} {rates['moto']:>10,.0f} "
                  f"{rates['sandbox'] / rates['moto']:>7.0f}", flush=True)
    servers["moto"].end()

    server = servers["sandbox"]
    print("\nRSS of the sandbox in MB, after calls of both kinds over 32 connections")
    total = 0
    print(f"{total:>10,} more {server.rss():>8.1f}", flush=True)
    for part in range(10):
        operation = ("GenerateDataKeyWithoutPlaintext", "Decrypt")[part % 2]
        total += calls(server, operation, asked["sandbox"][operation], 32, most=CALLS // 10)[0]
        print(f"{total:>10,} more {server.rss():>8.1f}", flush=True)
    server.end()


main()
