#!/usr/bin/env python3
"""Takes the README's pictures of the real app, in a real terminal (tmux).

    python3 -m venv target/venv && target/venv/bin/pip install rich
    cargo build --release && target/venv/bin/python assets/screenshots.py [NAME ...]
"""

import os
import re
import subprocess
import sys
import time

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KMSDECK = os.path.join(ROOT, "target", "release", "kmsdeck")
THEME = TerminalTheme(
    (24, 26, 31), (208, 212, 220),
    [(40, 44, 52), (224, 108, 117), (138, 190, 110), (229, 192, 123),
     (97, 160, 230), (198, 120, 221), (86, 182, 194), (208, 212, 220)],
    [(120, 126, 138), (240, 130, 138), (160, 210, 130), (240, 205, 140),
     (120, 180, 240), (215, 145, 235), (110, 200, 210), (240, 242, 246)])
# Name, columns, rows, and what is typed after the keys were listed.
PICTURES = [
    ("keys", 120, 36, []),
    ("form", 120, 30, ["/payments", "Enter", "g", "Tab", "Tab", "Enter", "tenant", "Tab", "acme",
                       "C-n", "purpose", "Tab", "backup"]),
    ("outcome", 100, 24, ["/payments", "Enter", "g", "C-r"]),
    ("matrix", 120, 36, ["m", " "]),
    ("lesson", 120, 36, [":lessons", "Enter", "Enter", "Enter", "Enter", "2", "Enter"]),
    ("lesson-large", 120, 36, [":lessons", "Enter", "Down", "Enter", "z", "n", "Enter", "Enter", "n", "2",
                               "Enter"]),
    ("policy-80", 80, 24, ["/payments", "Enter", "Enter", "Tab", "/kms:", "Enter"]),
    ("aliases-120", 120, 40, ["A"]),
    ("keys-200", 200, 60, []),
    ("dry-run", 100, 16, ["/payments", "Enter", "g", "C-t", "C-r"]),
]


def tmux(*args):
    run = subprocess.run(["tmux", "-L", "kmsdeck-pictures", *args], check=True, capture_output=True, text=True)
    return run.stdout


def wait_for(text):
    for _ in range(200):
        if text in tmux("capture-pane", "-p", "-t", "p"):
            return
        time.sleep(0.05)
    sys.exit(f"{text!r} never came")


def without_indent(match):
    """A text that begins further right, for renderers that drop spaces at a text's beginning."""
    x, y, length, rest, spaces = match.groups()
    # Columns of rich's pictures are this wide.
    indent = spaces.count("&#160;") * 12.2
    return f'x="{float(x) + indent:.1f}"{y} textLength="{float(length) - indent:.1f}"{rest}>'


def take(name, columns, rows, keys):
    command = f"env -u NO_COLOR TERM=tmux-256color {KMSDECK} --sandbox"
    tmux("new-session", "-d", "-s", "p", "-x", str(columns), "-y", str(rows), command)
    wait_for("aliases ·")
    time.sleep(0.5)
    for key in keys:
        literal = [] if key in ("Enter", "Tab", "Down") or key.startswith("C-") else ["-l"]
        tmux("send-keys", "-t", "p", *literal, key)
        time.sleep(0.15)
    time.sleep(3)
    screen = tmux("capture-pane", "-e", "-p", "-t", "p").rstrip("\n")
    tmux("kill-server")
    console = Console(width=columns, record=True, file=open(os.devnull, "w"), color_system="truecolor",
                      force_terminal=True, legacy_windows=False)
    console.print(Text.from_ansi(screen), no_wrap=True, soft_wrap=True)
    svg = console.export_svg(title="kmsdeck --sandbox", theme=THEME)
    # The fonts are the reader's own: nothing is fetched to show a picture.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S).replace("Fira Code", "DejaVu Sans Mono")
    svg = re.sub(r'x="([\d.]+)"( y="[\d.]+") textLength="([\d.]+)"([^>]*)>((?:&#160;)+)', without_indent, svg)
    with open(os.path.join(ROOT, "assets", f"{name}.svg"), "w") as file:
        file.write(svg)
    print(f"assets/{name}.svg")


for picture in PICTURES:
    if not sys.argv[1:] or picture[0] in sys.argv[1:]:
        take(*picture)
