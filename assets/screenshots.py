#!/usr/bin/env python3
"""Takes the documentation's pictures of the real app, in a real terminal (tmux), and the moving one.

    python3 -m venv target/venv && target/venv/bin/pip install rich
    cargo build --release && target/venv/bin/python assets/screenshots.py [NAME ...]

KMSDECK names another binary than the release build.
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
KMSDECK = os.environ.get("KMSDECK", os.path.join(ROOT, "target", "release", "kmsdeck"))
FOLDER = os.path.join(ROOT, "docs", "pictures")
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

# Columns and rows of the moving picture.
FILM_SIZE = (110, 30)
# What is typed, and for how many seconds what came of it is seen.
FILM = [
    ([], 2.5), (["/"], 0.6), (["pay"], 0.6), (["ments"], 1.2), (["Enter"], 0.8), (["g"], 2.5), (["C-r"], 4),
    (["Escape"], 0.8), (["C-t"], 1.2), (["C-r"], 4), (["Escape"], 0.5), (["Escape"], 0.5), (["Escape"], 1),
    (["m"], 1.5), ([" "], 4.5), (["Escape"], 0.8), ([":lessons"], 0.8), (["Enter"], 1.5), (["Enter"], 2.5),
    (["Enter"], 1), (["Enter"], 1.5), (["2"], 1), (["Enter"], 4.5),
]
# How a key is written above the picture.
NAMES = {"Enter": "↵", "Escape": "Esc", "C-r": "Ctrl-R", "C-t": "Ctrl-T", " ": "Space"}
# Of rich's pictures: a column's width, and a line's height.
COLUMN, LINE = 12.2, 24.4


def tmux(*args):
    run = subprocess.run(["tmux", "-L", "kmsdeck-pictures", *args], check=True, capture_output=True, text=True)
    return run.stdout


def wait_for(text):
    for _ in range(200):
        if text in tmux("capture-pane", "-p", "-t", "p"):
            return
        time.sleep(0.05)
    sys.exit(f"{text!r} never came")


def start(columns, rows):
    command = f"env -u NO_COLOR TERM=tmux-256color {KMSDECK} --sandbox"
    tmux("new-session", "-d", "-s", "p", "-x", str(columns), "-y", str(rows), command)
    wait_for("aliases ·")
    time.sleep(0.5)


def press(keys):
    for key in keys:
        literal = [] if key in ("Enter", "Tab", "Down", "Escape") or key.startswith("C-") else ["-l"]
        tmux("send-keys", "-t", "p", *literal, key)
        time.sleep(0.15)


def screen():
    return tmux("capture-pane", "-e", "-p", "-t", "p").rstrip("\n")


def without_indent(match):
    """A text that begins further right, for renderers that drop spaces at a text's beginning."""
    x, y, length, rest, spaces = match.groups()
    indent = spaces.count("&#160;") * COLUMN
    return f'x="{float(x) + indent:.1f}"{y} textLength="{float(length) - indent:.1f}"{rest}>'


def drawn(text, columns):
    """An SVG of what a terminal shows."""
    console = Console(width=columns, record=True, file=open(os.devnull, "w"), color_system="truecolor",
                      force_terminal=True, legacy_windows=False)
    console.print(Text.from_ansi(text), no_wrap=True, soft_wrap=True)
    svg = console.export_svg(title="kmsdeck --sandbox", theme=THEME, unique_id="kmsdeck")
    # The fonts are the reader's own: nothing is fetched to show a picture.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S).replace("Fira Code", "DejaVu Sans Mono")
    return re.sub(r'x="([\d.]+)"( y="[\d.]+") textLength="([\d.]+)"([^>]*)>((?:&#160;)+)', without_indent, svg)


def write(name, svg):
    with open(os.path.join(FOLDER, f"{name}.svg"), "w") as file:
        file.write(svg)
    print(f"docs/pictures/{name}.svg")


def take(name, columns, rows, keys):
    start(columns, rows)
    press(keys)
    time.sleep(3)
    shown = screen()
    tmux("kill-server")
    write(name, drawn(shown, columns))


def seen(frames, ends):
    """When what is in those frames is seen, as CSS, in percent of the whole."""
    steps, before = [], None
    for frame, end in enumerate(ends):
        is_in = frame in frames
        if is_in != before:
            at = 100 * (ends[frame - 1] if frame else 0) / ends[-1]
            steps.append(f"{at:.2f}% {{ visibility: {'visible' if is_in else 'hidden'} }}")
        before = is_in
    return " ".join(steps)


def film(name):
    """One SVG that shows a frame after the other. What several frames have alike is in it once."""
    columns, rows = FILM_SIZE
    start(columns, rows)
    frames, captions, ends = [], [], []
    for keys, seconds in FILM:
        press(keys)
        time.sleep(2 if seconds > 2 else 0.6)
        lines = screen().split("\n")
        # A style ends with its line, so that a frame begins in none.
        frames.extend(f"{line}\x1b[0m" for line in lines + [""] * (rows - len(lines)))
        captions.append(" ".join(NAMES.get(key, key) for key in keys))
        ends.append((ends[-1] if ends else 0) + seconds)
    tmux("kill-server")
    svg = drawn("\n".join(frames), columns)
    style = re.search(r"<style>.*?</style>", svg, re.S).group()
    found = {"rect": {}, "text": {}}
    body = svg[svg.index('clip-path="url(#kmsdeck-clip-terminal)"'):]
    for element in re.findall(r"<rect[^>]*/>|<text[^>]*>[^<]*</text>", body):
        y = float(re.search(r' y="([\d.]+)"', element).group(1))
        frame = int(y / LINE) // rows
        element = re.sub(r' y="[\d.]+"', f' y="{y - frame * rows * LINE:.1f}"', element)
        element = re.sub(r' clip-path="[^"]*"', "", element)
        if element.endswith(">\n</text>"):
            continue
        found[element[1:5]].setdefault(element, set()).add(frame)
    width, height = columns * COLUMN + 20, rows * LINE + 60
    for frame, caption in enumerate(captions):
        caption = caption.replace("&", "&amp;").replace("<", "&lt;")
        text = f'<text class="kmsdeck-title" fill="#d0d4dc" text-anchor="middle" x="{width / 2:.0f}" y="-18">{caption}</text>'
        found["text"].setdefault(text, set()).add(frame)
    rules, groups = [], []
    for kind in ("rect", "text"):
        by_frames = {}
        for element, at in found[kind].items():
            by_frames.setdefault(tuple(sorted(at)), []).append(element)
        for at, elements in by_frames.items():
            moves = ""
            if len(at) < len(ends):
                rule = f"m{len(rules)}"
                rules.append(f"@keyframes {rule} {{ {seen(at, ends)} }}")
                # Where nothing moves, the first frame is seen.
                hidden = "" if 0 in at else "visibility:hidden;"
                moves = f' style="{hidden}animation:{rule} {ends[-1]:g}s step-end infinite"'
            groups.append(f'<g class="kmsdeck-matrix"{moves}>' + "".join(elements) + "</g>")
    style = style.replace("</style>", "\n".join(rules) + "\n"
                          "@media (prefers-reduced-motion) { g { animation: none !important } }\n</style>")
    buttons = "".join(f'<circle cx="{26 + 22 * at}" cy="22" r="7" fill="{fill}"/>'
                      for at, fill in enumerate(("#ff5f57", "#febc2e", "#28c840")))
    write(name, f'<svg viewBox="0 0 {width:.0f} {height:.0f}" xmlns="http://www.w3.org/2000/svg">\n{style}\n'
          f'<rect fill="#181a1f" stroke="rgba(255,255,255,0.35)" x="1" y="1" width="{width - 2:.0f}" '
          f'height="{height - 2:.0f}" rx="8"/>{buttons}\n<g transform="translate(9, 46)">\n'
          + "\n".join(groups) + "\n</g>\n</svg>\n")


wanted = sys.argv[1:]
for picture in PICTURES:
    if not wanted or picture[0] in wanted:
        take(*picture)
if not wanted or "tour" in wanted:
    film("tour")
