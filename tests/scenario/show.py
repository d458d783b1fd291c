#!/usr/bin/env python3
"""A small stand-in province, polled, judged and published once; then what to try next.

Usage: show.py NTMD FOLDER      (FOLDER is made anew)
"""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = ".made-by-dev-run"


def main() -> int:
    ntmd, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if folder.exists():
        if not (folder / MARK).exists():
            print(f"{folder}: is there and was not made by ./dev run, expected nothing; move it away", file=sys.stderr)
            return 1
        shutil.rmtree(folder)
    shutil.copytree(ROOT / "tests/scenario/provinces/1002", folder, ignore=shutil.ignore_patterns("expected.json"))
    (folder / MARK).touch()
    shutil.copy(ROOT / "config/criteria/xa-thong-minh-2024.yaml", folder)
    long_ago = 1734600000  # 2024-12-19: the files have long been still
    for file in (folder / "in").rglob("*"):
        if file.is_file():
            os.utime(file, (long_ago, long_ago))
    config = folder / "ntmd.yaml"
    done = subprocess.run([ntmd, "run", "--once", "--as-of", "2024-12-20", "--lang", "en", "--config", str(config)])
    if done.returncode != 0:
        return done.returncode
    print(f"""
published in {folder}/public: status.json, units/, sources.json, metrics.prom. Try next:
  {ntmd} explain 07987 1.1.2 --config {config}
  {ntmd} status 08194 --lang en --config {config}
  {ntmd} quarantine list --config {config}
  {ntmd} verify --config {config}""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
