#!/usr/bin/env python3
"""What no file of the project may hold: left-over markers, tabs in C++, sleeps in tests, overlong sources.

Usage: text.py ROOT
"""
import pathlib
import re
import subprocess
import sys

MARKERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
NAP = "sl" + "eep"  # so that this file is none of its own finds
SLEEPS = re.compile(rf"{NAP}_for|this_thread::{NAP}|\btime\.{NAP}\(|\b{NAP} [0-9]")
LONG = 500


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = listed.stdout.split("\n") if listed.returncode == 0 else [str(p.relative_to(root)) for p in root.rglob("*")]
    faults = []
    for name in filter(None, names):
        file = root / name
        if file.suffix not in (".h", ".cpp", ".py", ".yaml", ".sh", ".sql", ".js", ".mjs") and name != "dev":
            continue
        if not file.is_file():
            continue
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if MARKERS.search(line):
                faults.append(f"{name}:{number}: a left-over marker, expected finished work")
            if file.suffix in (".h", ".cpp") and "\t" in line:
                faults.append(f"{name}:{number}: a tab, expected spaces")
            if name.startswith("tests/") and not name.startswith("tests/lint/") and SLEEPS.search(line):
                faults.append(f"{name}:{number}: a sleep, expected waiting for a condition")
        if file.suffix in (".h", ".cpp") and len(lines) > LONG:
            faults.append(f"{name}:1: {len(lines)} lines, expected at most {LONG}; split it by concept")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
