#!/usr/bin/env python3
"""Disables over 1,000 keys of a served sandbox at once, with 20 % of the calls throttled, and prints how
many calls a second that made; every key must have one result, and none may be sent twice.

    cargo build --profile shipped --bin kmsdeck && python3 benches/bulk.py

KMSDECK names another binary, KEYS another number of keys, of which some are disabled already.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile
import time

import figures

KMSDECK = os.environ.get("KMSDECK", figures.KMSDECK)
KEYS = int(os.environ.get("KEYS", "1050"))
figures.KMSDECK = KMSDECK


def journals(folder):
    """The journals of jobs that run."""
    return glob.glob(os.path.join(folder, "kmsdeck", "bulk-*.jsonl"))


def main():
    folder = tempfile.mkdtemp()
    server, env = figures.serve(KEYS, "--sandbox-fault", "DisableKey=throttle:0.2")
    env["XDG_STATE_HOME"] = env["XDG_CONFIG_HOME"] = env["HOME"] = folder
    screen = figures.Screen([], env, KMSDECK)
    try:
        screen.wait_for(figures.DONE)
        screen.type("*")
        screen.read_for(1)
        screen.type(":disable-key\r")
        asked = time.perf_counter() + 300
        # Nothing is asked before all keys are described.
        while not journals(folder):
            if time.perf_counter() > asked:
                sys.exit("the job never began")
            screen.type("\x12")
            screen.read_for(0.3)
            began = time.perf_counter()
            screen.type("y")
            screen.read_for(0.3)
        while journals(folder):
            screen.read_for(0.02)
        took = time.perf_counter() - began
    finally:
        screen.end()
        server.terminate()
        server.wait()
    # kmsdeck's own log has a line for each call.
    answers, throttled = {}, 0
    asked, confirmed = re.compile(r'operation="DisableKey" .*key="([^"]+)"'), set()
    with open(os.path.join(folder, "kmsdeck", "kmsdeck.log")) as lines:
        for line in lines:
            if not (found := asked.search(line)):
                continue
            key = found.group(1)
            if "kmsdeck::change: confirmed" in line:
                confirmed.add(key)
            elif 'error="Throttling' in line:
                throttled += 1
            else:
                answers[key] = answers.get(key, 0) + 1
    without = confirmed - set(answers)
    twice = [key for key, count in answers.items() if count > 1]
    calls = sum(answers.values()) + throttled
    print(f"{len(confirmed)} keys: {len(answers)} with a result, {len(without)} without, "
          f"{len(twice)} answered twice, {throttled} calls throttled")
    print(f"{took:.1f} s, {calls / took:.0f} calls and {len(answers) / took:.0f} keys a second")
    if twice or without:
        sys.exit(1)


if __name__ == "__main__":
    main()
