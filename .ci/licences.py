#!/usr/bin/env python3
"""Checks that every crate that is built into kmsdeck, or tests it, has a licence that deny.toml
allows.

It is what cargo-deny checks of licences, for machines on which nobody waits until that is built.
"""

import json
import re
import subprocess
import sys
import tomllib

with open("deny.toml", "rb") as file:
    ALLOWED = set(tomllib.load(file)["licenses"]["allow"])


def allowed(expression):
    """Whether an SPDX expression can be met: one side of each OR, both sides of each AND."""
    expression = expression.replace("/", " OR ").strip()
    while expression.startswith("(") and closes_at_end(expression):
        expression = expression[1:-1].strip()
    for word, combine in ((" OR ", any), (" AND ", all)):
        parts = split(expression, word)
        if len(parts) > 1:
            return combine(allowed(part) for part in parts)
    return expression in ALLOWED


def closes_at_end(expression):
    depth = 0
    for place, char in enumerate(expression):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return place == len(expression) - 1
    return False


def split(expression, word):
    parts, depth, start = [], 0, 0
    for match in re.finditer(rf"\(|\)|{re.escape(word)}", expression):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if match.group() == word and depth == 0:
            parts.append(expression[start:match.start()])
            start = match.end()
    return parts + [expression[start:]]


metadata = json.loads(subprocess.run(
    ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"],
    check=True, capture_output=True, text=True).stdout)
used = {node["id"] for node in metadata["resolve"]["nodes"]}
bad = [
    f"{package['name']} {package['version']}: {package['license'] or 'no licence named'}"
    for package in metadata["packages"]
    if package["id"] in used and not (package["license"] and allowed(package["license"]))
]
print(f"licences: {len(used)} crates, {len(bad)} not allowed")
for line in bad:
    print(f"  {line}")
sys.exit(bool(bad))
