"""Packages from the npm registry, kept below build/ as the lock file beside their package.json says."""

import pathlib
import shutil
import subprocess


class NotInstalled(Exception):
    pass


def install(package: pathlib.Path, cache: pathlib.Path) -> pathlib.Path:
    """The folder that holds node_modules. Does nothing when they are there already."""
    folder = cache / package.name
    lock = (package / "package-lock.json").read_bytes()
    done = folder / "installed-lock.json"
    if done.is_file() and done.read_bytes() == lock:
        return folder
    if not shutil.which("npm"):
        raise NotInstalled("there is no npm")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(package / name, folder)
    try:  # not `npm ci`, which wants even what is for other platforms named in the lock file
        subprocess.run(["npm", "install", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--loglevel=error"], cwd=folder, capture_output=True, text=True, check=True, timeout=600)
    except subprocess.CalledProcessError as fault:
        raise NotInstalled(f"npm install: {' '.join(fault.stderr.split())[:200]}") from fault
    except subprocess.TimeoutExpired as fault:
        raise NotInstalled("npm install: not done after 600 s") from fault
    done.write_bytes(lock)
    return folder
