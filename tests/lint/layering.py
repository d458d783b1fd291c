#!/usr/bin/env python3
"""The house's arrows, checked: which room may include which, and which library is named only where.

Usage: layering.py ROOT      (exit 1 and one line per broken rule)
"""
import pathlib
import re
import sys

# Room → rooms it may include. A room may always include itself.
ARROWS = {
    "daemon/base": [],
    "daemon/model": ["daemon/base"],
    "daemon/settings": ["daemon/base", "daemon/model"],
    "daemon/units": ["daemon/base", "daemon/model", "daemon/settings"],
    "daemon/store": ["daemon/base", "daemon/model", "schemas"],
    "daemon/rules": ["daemon/base", "daemon/model", "daemon/settings", "daemon/units", "schemas"],
    "daemon/publish": ["daemon/base", "daemon/model", "daemon/rules", "daemon/units", "schemas"],
    "daemon/serve": ["daemon/base", "daemon/publish"],
    "daemon/notify": ["daemon/base", "daemon/model", "daemon/settings", "connectors/wire", "connectors/transport",
                      "connectors/codec"],
    "connectors/wire": ["daemon/base"],
    "connectors/transport": ["daemon/base", "connectors/wire"],
    "connectors/codec": ["daemon/base", "daemon/model"],
    "connectors/auth": ["daemon/base", "connectors/wire", "connectors/codec"],
    "connectors/paging": ["daemon/base", "connectors/wire", "connectors/codec"],
    "connectors/rest": ["daemon/base", "daemon/model", "daemon/settings", "connectors/wire", "connectors/codec",
                        "connectors/auth", "connectors/paging"],
    "connectors/files": ["daemon/base", "daemon/model", "daemon/settings"],
    "connectors/map": ["daemon/base", "daemon/model", "daemon/settings", "daemon/units", "connectors/codec", "schemas"],
    "connectors/catalogue": ["daemon/base", "schemas"],
    "schemas": [],
}
INTERFACES = [room for room in ARROWS]
ARROWS["daemon/engine"] = INTERFACES
ARROWS["daemon/app"] = INTERFACES + ["daemon/engine"]

# Start of an include → places (path prefixes) that may name it.
LIBRARIES = {
    "spdlog/": ["daemon/base/log"],
    "date/": ["daemon/base/time_zone"],
    "sodium": ["daemon/base/"],
    "openssl/": ["daemon/base/digest"],
    "yaml-cpp/": ["daemon/settings/yaml"],
    "sqlite3": ["daemon/store/"],
    "curl/": ["connectors/transport/"],
    "zstd": ["connectors/codec/"],
    "boost/json": ["connectors/codec/"],
    "boost/beast": ["daemon/serve/"],
    "boost/asio": ["daemon/serve/", "daemon/engine/"],
    "boost/system": ["daemon/serve/", "daemon/engine/", "connectors/codec/"],
    "systemd/": ["daemon/engine/service_manager"],
    "Poco/": ["daemon/notify/"],
    "prometheus/": ["daemon/publish/"],
    "CLI/": ["daemon/app/"],
    "mustache": ["daemon/publish/", "daemon/report/"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')


def room_of(path: str) -> str:
    if path.startswith("schemas/"):
        return "schemas"
    return "/".join(path.split("/")[:2])


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    faults = []
    for top in ("daemon", "connectors", "schemas"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            path = file.relative_to(root).as_posix()
            room = room_of(path)
            if room not in ARROWS:
                faults.append(f"{path}:1: room {room} is in no rule, expected one of the rooms of the house")
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                target = found.group(1)
                if target.startswith(("daemon/", "connectors/", "schemas/")):
                    other = room_of(target)
                    if other != room and other not in ARROWS[room]:
                        faults.append(f"{path}:{number}: {room} includes {other}, expected only {', '.join(ARROWS[room]) or 'nothing'}")
                elif target.startswith("tests/"):
                    faults.append(f"{path}:{number}: includes {target}, expected nothing of the tests")
                for prefix, places in LIBRARIES.items():
                    if target.startswith(prefix) and not any(path.startswith(place) for place in places):
                        faults.append(f"{path}:{number}: names <{target}>, expected that only in {', '.join(places)}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
