"""Writes a whole configuration folder that points the daemon at the stand-in province."""

import pathlib

import facts
import pools
import schools

EVERY_MINUTE = 'schedule: {cron: "* * * * *", timezone: Asia/Ho_Chi_Minh, missed: last, jitter: 0s, deadline: 5m}'

NTMD = """\
province: "25"
language: {language}
timezone: Asia/Ho_Chi_Minh
data_dir: var
publish_dir: public
store: sqlite
secrets_dir: secrets
units: {{registers: ["{units}/units.csv"], lineage: ["{units}/lineage.csv"], aliases: ["{units}/aliases.csv"]}}
criteria: [{criteria}]
sources: sources.d
alerts: alerts.yaml
http: {{listen: "{listen}"}}
assess: {{schedule: {{cron: "*/15 * * * *", timezone: Asia/Ho_Chi_Minh}}}}
"""

ALERTS = """\
channels:
  - {id: room, kind: webhook, url: {secret: room_url}, sign: {secret: room_key}}
routes:
  - {match: {alert: IndicatorLost}, to: [room]}
  - {to: [room]}
"""


def source(name: str, connector: str, parameters: str, warn: str, error: str, expect: str) -> str:
    return (f"id: {name}\nconnector: {connector}\nwith: {{{parameters}}}\n{EVERY_MINUTE}\n"
            f"freshness: {{warn_after: {warn}, error_after: {error}}}\nexpect: {{{expect}}}\n")


def sources(ports: dict[str, int]) -> dict[str, str]:
    url = {name: f'base_url: "http://127.0.0.1:{port}"' for name, port in ports.items()}
    rows = "rows_min: 1, quarantine_max_pct: 2"
    files = 'dir: "../in/figures", match: "so-lieu-xa_*.csv"'
    tree = f'{url["portal"]}, root: "{facts.ROOT_ID}", time_type: month, scheme: portal'
    login = (f"auth: {{oauth2: {{token_path: /token, client_id: {schools.CLIENT}, "
             f'client_secret: {{secret: oneroster_secret}}, scope: "{schools.SCOPE}"}}}}')
    health = f'{url["fhir"]}, auth: {{bearer: {{token: {{secret: fhir_token}}}}}}'
    cameras = f'{url["vms"]}, auth: {{bearer: {{token: {{secret: vms_token}}}}}}'
    found = {
        "so-lieu-xa": source("so-lieu-xa", "figures-csv", files, "40d", "100d", rows),
        "ho-so": source("ho-so", "evidence-register", 'dir: "../in/evidence", match: "*.csv"', "90d", "180d", rows),
        "portal": source("portal", "portal-statistics", tree, "45d", "75d", rows),
        "y-te": source("y-te", "fhir-counts", health, "45d", "75d", rows),
        "camera": source("camera", "vms-devices", cameras, "2d", "7d", rows),
        "truong-hoc": source("truong-hoc", "oneroster", f'{url["oneroster"]}, {login}', "60d", "180d", rows),
    }
    for bank in pools.BANKS:
        found[f"bank-{bank}"] = source(f"bank-{bank}", "bank-accounts-csv",
                                       f'dir: "../in/banks", match: "{bank}_*.csv", bank: {bank}', "35d", "65d",
                                       "rows_min: 1, quarantine_max_pct: 5")
    return found


def write(folder: pathlib.Path, ports: dict[str, int], listen: str, language: str = "vi") -> pathlib.Path:
    """The path of ntmd.yaml. The secrets are already there: the province made them."""
    shipped = facts.PROJECT / "config"
    criteria = f'"{shipped / "criteria" / "xa-thong-minh-2024.yaml"}"'
    (folder / "sources.d").mkdir(parents=True, exist_ok=True)
    for name, text in sources(ports).items():
        (folder / "sources.d" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "alerts.yaml").write_text(ALERTS, encoding="utf-8")
    file = folder / "ntmd.yaml"
    file.write_text(NTMD.format(language=language, units=shipped / "units", criteria=criteria, listen=listen),
                    encoding="utf-8")
    return file
