#!/usr/bin/env python3
"""Disables 1,000 keys of a served sandbox at once, with 20 % of the calls throttled, and prints how
many calls a second that made; every key must have one result, and none may be sent twice.

    cargo build --release --bin kmsdeck && python3 benches/bulk.py

KMSDECK names another binary, KEYS another number of keys.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

import figures

KMSDECK = os.environ.get("KMSDECK", figures.KMSDECK)
KEYS = int(os.environ.get("KEYS", "1000"))
figures.KMSDECK = KMSDECK


def main():
    folder = tempfile.mkdtemp()
    trail = os.path.join(folder, "trail.jsonl")
    server, env = figures.serve(KEYS, "--sandbox-fault", "DisableKey=throttle:0.2",
                                "--sandbox-trail", trail)
    env["XDG_STATE_HOME"] = env["XDG_CONFIG_HOME"] = env["HOME"] = folder
    screen = figures.Screen([], env, KMSDECK)
    try:
        screen.wait_for(figures.DONE)
        # The keys that the sandbox made for this, by the numbers in their aliases.
        screen.type("/0\r")
        screen.type("*")
        screen.wait_for(rb"marked")
        screen.type(":disable-key\r")
        screen.wait_for(rb"marked keys")
        # All are described first.
        asked = time.perf_counter() + 120
        while not re.search(rb"DisableKey of [0-9,]+ keys\?", screen.bytes):
            if time.perf_counter() > asked:
                sys.exit("the question never came")
            screen.type("\x12")
            screen.read_for(0.5)
        began = time.perf_counter()
        screen.type("y")
        screen.wait_for(rb"DisableKey: [0-9,]+ done", 300)
        took = time.perf_counter() - began
        ended = re.findall(rb"DisableKey: [0-9,]+ done[^.]*", screen.bytes)[-1].decode()
    finally:
        screen.end()
        server.terminate()
        server.wait()
    answers, throttled = {}, 0
    with open(trail) as events:
        for line in events:
            event = json.loads(line)
            if event["eventName"] != "DisableKey":
                continue
            if event.get("errorCode", "").startswith("Throttling"):
                throttled += 1
                continue
            key = event["requestParameters"]["keyId"]
            answers[key] = answers.get(key, 0) + 1
    twice = [key for key, count in answers.items() if count > 1]
    calls = sum(answers.values()) + throttled
    print(f"{ended}: {len(answers)} keys answered, {len(twice)} twice, {throttled} calls throttled")
    print(f"{took:.1f} s, {calls / took:.0f} calls and {len(answers) / took:.0f} keys a second")
    if twice:
        sys.exit(1)


if __name__ == "__main__":
    main()
