#!/usr/bin/env python3
"""Prints kmsdeck's figures beside a bare SDK program's, on the same loopback endpoint.

    cargo build --profile shipped --bin kmsdeck --examples && python3 benches/figures.py

With `matrix` only the permission matrix's, with `files` only those of encrypt-file and decrypt-file. Times are from before the process starts, in milliseconds: the median and the range of the runs.
"""

import collections
import csv
import fcntl
import io
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
KMSDECK = os.path.join(TARGET, "shipped", "kmsdeck")
BARE = os.path.join(TARGET, "shipped", "examples", "bare_sdk")
# The status line once everything is listed; other text may be drawn in parts.
DONE = rb"\xe2\x9c\x93"
RUNS = int(os.environ.get("RUNS", "20"))


class Screen:
    """kmsdeck in a pseudo-terminal of 120 x 40, as a stream of bytes."""

    def __init__(self, args, env, program=KMSDECK):
        self.bytes = b""
        self.reads = []
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(program, [program, *args], env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def wait_for(self, pattern, seconds=60):
        """Milliseconds from the start until the pattern was written."""
        until = time.perf_counter() + seconds
        while not re.search(pattern, self.bytes):
            ready, _, _ = select.select([self.fd], [], [], max(0, until - time.perf_counter()))
            if not ready:
                sys.exit(f"{pattern!r} never came")
            try:
                self.bytes += os.read(self.fd, 65536)
                self.reads.append(time.perf_counter())
            except OSError:
                sys.exit(f"kmsdeck ended before {pattern!r}")
        return (time.perf_counter() - self.started) * 1000

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def read_for(self, seconds):
        until = time.perf_counter() + seconds
        while select.select([self.fd], [], [], max(0, until - time.perf_counter()))[0]:
            self.bytes += os.read(self.fd, 65536)

    def rss(self):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024

    def cpu(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def quiet(self):
        """Waits until nothing was written for half a second."""
        while select.select([self.fd], [], [], 0.5)[0]:
            self.bytes += os.read(self.fd, 65536)

    def end(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def serve(keys, *more):
    server = subprocess.Popen(
        [KMSDECK, "sandbox", "serve", "--listen", "127.0.0.1:0", "--sandbox-keys", str(keys), *more],
        stdout=subprocess.PIPE, text=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env["TERM"] = "xterm-256color"
    env["AWS_EC2_METADATA_DISABLED"] = "true"
    while "AWS_SECRET_ACCESS_KEY" not in env:
        line = server.stdout.readline()
        if not line:
            sys.exit("the sandbox does not serve")
        if match := re.match(r"export (\w+)=(.*)", line):
            env[match.group(1)] = match.group(2).strip().strip("'\"")
    env["AWS_DEFAULT_REGION"] = env["AWS_REGION"]
    return server, env


def first_line(args, env):
    started = time.perf_counter()
    process = subprocess.Popen(args, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    took = (time.perf_counter() - started) * 1000
    process.stdout.read()
    process.wait()
    return took


def show(name, times):
    print(f"{name:<58} {statistics.median(times):9.1f}   ({min(times):.1f} to {max(times):.1f})")


def started(args, env, pattern, program=KMSDECK):
    screen = Screen(args, env, program)
    took = screen.wait_for(pattern)
    screen.end()
    return took


def matrix(env):
    """Dry runs of 17 operations with about 1,000 keys: the seconds, and the cells by verdict. The
    seeded keys that always fail are left out: their calls are tried again and again."""
    began = time.perf_counter()
    run = subprocess.run(
        [KMSDECK, "matrix", "--filter", "!fault", "--all-cells", "--rate", "0", "--output", "csv"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    took = time.perf_counter() - began
    verdicts = collections.Counter(row["verdict"] for row in csv.DictReader(io.StringIO(run.stdout)))
    return took, verdicts


def matrices():
    print("\npermission matrix, 1,000 keys more than the seeded ones x 17 operations, 16 at once")
    server, env = serve(1_000)
    bare = subprocess.run([BARE, "--dry-runs", "17"], env=env, check=True, capture_output=True, text=True)
    print(f"bare SDK program: {bare.stdout.splitlines()[-1]}")
    took, verdicts = matrix(env)
    cells = sum(verdicts.values())
    print(f"kmsdeck matrix:   {cells} cells in {took:.2f} s, {cells / took:.0f} a second  {dict(verdicts)}")
    server.terminate()
    server.wait()
    server, env = serve(1_000, "--sandbox-fault", "throttle:0.2")
    took, verdicts = matrix(env)
    cells = sum(verdicts.values())
    print(f"20% throttled:    {cells} cells in {took:.2f} s, {cells / took:.0f} a second  {dict(verdicts)}")
    server.terminate()
    server.wait()


def timed(args, env):
    """Seconds that a program took, and the most memory that it held, in MiB."""
    begun = time.perf_counter()
    child = subprocess.Popen(args, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = 0
    while child.poll() is None:
        # What wait4 tells of the most counts this process, too, before the other's exec.
        with open(f"/proc/{child.pid}/status") as file:
            if match := re.search(r"VmHWM:\s+(\d+) kB", file.read()):
                memory = int(match.group(1)) / 1024
        time.sleep(0.005)
    took = time.perf_counter() - begun
    if child.returncode:
        sys.exit(f"{args} ended with {child.returncode}")
    return took, memory


def files():
    mib = int(os.environ.get("MIB", "1024"))
    bare = os.path.join(TARGET, "shipped", "examples", "bare_aes_gcm")
    server, env = serve(0)
    runs = min(RUNS, 5)
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        plain, sealed, again = (os.path.join(folder, name) for name in ("a", "a.encrypted", "b"))
        with open(plain, "wb") as file:
            for _ in range(mib):
                file.write(os.urandom(1 << 20))
        encrypt = [KMSDECK, "encrypt-file", "--key-id", "alias/payments", plain]
        decrypt = [KMSDECK, "decrypt-file", "-o", again, sealed]
        times = collections.defaultdict(list)
        for _ in range(runs):
            for name, args in (
                ("cp and sync, for the disk", ["sh", "-c", f"cp {plain} {again} && sync {again}"]),
                ("encrypt-file", encrypt),
                ("decrypt-file", decrypt),
            ):
                # What the last run wrote is not to be written back during this one.
                for path in [sealed] if args is encrypt else [again]:
                    if os.path.exists(path):
                        os.remove(path)
                os.sync()
                seconds, memory = timed(args, env)
                times[name].append(mib / seconds)
                if args[0] == KMSDECK:
                    times[f"{name}, RSS in MiB"].append(memory)
            into_nothing = [KMSDECK, "decrypt-file", "-o", "-", sealed]
            times["decrypt-file to /dev/null"].append(mib / timed(into_nothing, env)[0])
            out = subprocess.run([bare, str(mib)], capture_output=True, check=True).stdout
            for name, seconds in zip(("seal", "open"), out.split()):
                times[f"aws-lc in memory, {name}"].append(mib / float(seconds))
        same = subprocess.run(["cmp", plain, again], check=False).returncode == 0
        print(f"{mib} MiB, MiB/s where nothing else is said; what came back is {'the same' if same else 'NOT THE SAME'}")
        for name, values in times.items():
            show(name, values)
        os.remove(sealed)
        os.remove(again)
        for number in (signal.SIGTERM, signal.SIGKILL):
            child = subprocess.Popen(encrypt, env=env)
            time.sleep(0.3)
            child.send_signal(number)
            child.wait()
            left = sorted(set(os.listdir(folder)) - {"a"})
            print(f"left after {number.name} in the middle: {left or 'nothing'}")
    server.terminate()
    server.wait()


def main():
    if sys.argv[1:] == ["files"]:
        return files()
    if sys.argv[1:] == ["matrix"]:
        return matrices()
    print(f"binary: {os.path.getsize(KMSDECK) / 1e6:.1f} MB, {RUNS} runs each, ms\n")
    server, env = serve(0)
    plain = dict(env)
    show("first frame, --sandbox", [started(["--sandbox"], plain, rb"kmsdeck") for _ in range(RUNS)])
    show("first page on the screen, --sandbox",
         [started(["--sandbox"], plain, rb"ALIAS") for _ in range(RUNS)])
    show("first frame, loopback endpoint", [started([], env, rb"kmsdeck") for _ in range(RUNS)])
    ours, bare = [], []
    for _ in range(RUNS):
        ours.append(started([], env, rb"ALIAS"))
        bare.append(started([], env, rb"page", BARE))
    show("first page on the screen, loopback endpoint", ours)
    show("first page, bare SDK program", bare)
    print(f"{'':<58} ratio {statistics.median(ours) / statistics.median(bare):.2f}")
    show("kmsdeck keys", [first_line([KMSDECK, "keys"], env) for _ in range(RUNS)])
    if aws := shutil.which("aws"):
        times = [first_line([aws, "kms", "list-keys"], env) for _ in range(5)]
        show("aws kms list-keys", times)
        print(f"{'':<58} ratio {statistics.median(times) / statistics.median(ours):.1f}")
    server.terminate()
    server.wait()

    print("\n100,000 keys")
    server, env = serve(100_000)
    screen = Screen([], env)
    show("first row, loopback endpoint", [screen.wait_for(rb"ALIAS")])
    screen.reads.clear()
    show("all keys and aliases listed, loopback endpoint", [screen.wait_for(DONE)])
    gaps = [(b - a) * 1000 for a, b in zip(screen.reads, screen.reads[1:])]
    show(f"between two frames meanwhile ({len(gaps)})", gaps)
    screen.quiet()
    print(f"{'RSS':<58} {screen.rss():9.1f} MB")
    before = screen.cpu()
    time.sleep(3)
    print(f"{'CPU time in 3 s of idling':<58} {(screen.cpu() - before) * 1000:9.1f}")
    screen.end()
    started_at = time.perf_counter()
    subprocess.run([BARE, "--all"], env=env, check=True, stdout=subprocess.DEVNULL)
    show("all keys and aliases listed, bare SDK program", [(time.perf_counter() - started_at) * 1000])
    server.terminate()
    server.wait()
    for keys in (0, 100_000):
        screen = Screen(["--sandbox", "--sandbox-keys", str(keys)], plain)
        screen.wait_for(DONE)
        screen.quiet()
        print(f"{f'RSS with the sandbox inside, {keys:,} more keys':<58} {screen.rss():9.1f} MB")
        screen.end()
    matrices()


if __name__ == "__main__":
    main()
