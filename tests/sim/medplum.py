"""Starts the real FHIR server of fhir_medplum/ with the stand-in's content: needs Node 20 and its packages."""

import json
import pathlib
import shutil
import subprocess

import facts
import processes

FOLDER = facts.SIM / "fhir_medplum"


def installed(folder: pathlib.Path = FOLDER) -> bool:
    """`npm ci --ignore-scripts` in the folder makes it so."""
    return shutil.which("node") is not None and (folder / "node_modules" / "@medplum" / "fhir-router").is_dir()


def start(resources: list[dict], scratch: pathlib.Path, folder: pathlib.Path = FOLDER) -> tuple[subprocess.Popen, int]:
    """The process and its port; stop it with processes.stop."""
    content = scratch / "resources.ndjson"
    lines = [json.dumps(resource, ensure_ascii=False) + "\n" for resource in resources]
    content.write_text("".join(lines), encoding="utf-8")
    child = processes.start(["node", str(folder / "server.mjs"), str(content)])
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"medplum: ended with {child.wait()} before it was ready")
    return child, json.loads(line)["port"]
