#!/usr/bin/env python3
"""Tells a running stand-in province what to do next.

tell.py next                         the next step of the story
tell.py fault SERVER KIND [COUNT]    the next COUNT answers of portal, vms, oneroster, fhir or webhook are faulty
tell.py state SERVER                 what was asked of it
"""

import argparse
import json
import pathlib
import sys
import urllib.error
import urllib.request

import facts
from http_sim import KINDS

PORTS_FILE = "ports.json"
SERVERS = ("portal", "vms", "oneroster", "fhir", "webhook")


def ask(folder: pathlib.Path, server: str, control: str, body: dict | None = None) -> dict:
    """Raises OSError when no province runs in `folder`."""
    port = json.loads((folder / PORTS_FILE).read_text(encoding="utf-8"))["ports"][server]
    data = None if control == "state" else json.dumps(body or {}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sim/{control}", data=data, timeout=10) as answer:
        return json.load(answer)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=pathlib.Path, default=facts.PROJECT / "build" / "province")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("next")
    fault = commands.add_parser("fault")
    fault.add_argument("server", choices=SERVERS)
    fault.add_argument("kind", choices=KINDS)
    fault.add_argument("count", type=int, nargs="?", default=1)
    commands.add_parser("state").add_argument("server", choices=SERVERS)
    options = parser.parse_args()
    try:
        if options.command == "next":
            told = ask(options.dir, "portal", "next")["told"]
            print("\n".join(told) or "the story is at its end")
        elif options.command == "fault":
            ask(options.dir, options.server, "fault", {"kind": options.kind, "count": options.count})
            print(f"{options.server}: the next {options.count} answers: {options.kind}")
        else:
            print(json.dumps(ask(options.dir, options.server, "state")))
    except OSError as fault:
        print(f"{options.dir}: no province answers there ({fault}), expected one started by ./dev run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
