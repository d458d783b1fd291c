#!/usr/bin/env python3
"""What ships in config/ is right as it stands, and so is every example in its comments."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NTMD = os.environ.get("NTMD", str(ROOT / "build/release/ntmd"))
SHIPPED = ROOT / "config"
# A commented setting: "# key: value", "# key:" with its lines below it, "# - item". Prose has no colon behind its first word.
SETTING = re.compile(r"^(\s*)# (\s*(?:- .*|[a-z_]+:(?: .*)?))$")

RATIO = "figure: {ratio: [dossiers_online, dossiers], at_least: 50%}"


def check(folder, secrets=None):
    environment = {key: value for key, value in os.environ.items() if key != "CREDENTIALS_DIRECTORY"}
    if secrets:
        environment["CREDENTIALS_DIRECTORY"] = str(secrets)
    done = subprocess.run([NTMD, "check", "--config", str(folder / "ntmd.yaml")], capture_output=True, text=True, timeout=60,
                          env=environment)
    return done.returncode, done.stdout + done.stderr


def secrets_named_in(folder):
    """A folder with every secret that the configuration names."""
    secrets = folder.parent / "secrets"
    secrets.mkdir(mode=0o700)
    for file in folder.rglob("*.yaml"):
        for name in re.findall(r"{secret: (\w+)}", file.read_text(encoding="utf-8")):
            (secrets / name).write_text("https://example.vn/hook\n")
            (secrets / name).chmod(0o600)
    return secrets


def uncommented(file):
    """Every setting that is commented out put in; how many there were."""
    lines, found = [], 0
    for line in file.read_text(encoding="utf-8").splitlines():
        match = SETTING.match(line)
        lines.append(match[1] + match[2] if match else line)
        found += match is not None
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return found


class Shipped(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name) / "config"
        shutil.copytree(SHIPPED, self.folder)

    def test_it_has_no_fault(self):
        code, said = check(SHIPPED)
        self.assertEqual(code, 0, said)
        self.assertIn("ok:", said)

    def test_it_has_no_fault_wherever_it_is_put(self):
        self.assertEqual(check(self.folder)[0], 0)

    def test_the_settings_that_are_left_out_are_right(self):
        (self.folder / "elements.yaml").write_text("elements: {}\n")
        (self.folder / "connectors").mkdir()
        self.assertGreater(uncommented(self.folder / "ntmd.yaml"), 10)
        code, said = check(self.folder)
        self.assertEqual(code, 0, said)

    def test_every_setting_is_shown(self):
        read = re.findall(r'\.(?:text|required_text|choice|required|optional|integer|duration|size|boolean|day|text_list)\("(\w+)"|'
                          r'(?:paths|read_zone)\(\w+, "(\w+)"', (ROOT / "daemon/engine/config.cpp").read_text(encoding="utf-8"))
        settings = {one or other for one, other in read}
        self.assertGreater(len(settings), 25)
        shown = (SHIPPED / "ntmd.yaml").read_text(encoding="utf-8")
        self.assertEqual([key for key in sorted(settings) if not re.search(rf"(?m)(?:^|[ {{]){key}:", shown)], [])

    def test_the_alert_settings_that_are_left_out_are_right(self):
        file = self.folder / "alerts.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("channels: []\n", "").replace("routes: []\n", ""),
                        encoding="utf-8")
        self.assertGreater(uncommented(file), 15)
        code, said = check(self.folder, secrets_named_in(self.folder))
        self.assertEqual(code, 0, said)
        self.assertIn("4 channels", said)

    def test_every_source_that_is_left_out_is_right(self):
        examples = list((self.folder / "sources.d").glob("*.yaml.example"))
        self.assertEqual(len(examples), 5)
        for example in examples:
            uncommented(example)
            example.rename(example.with_suffix(""))
        code, said = check(self.folder, secrets_named_in(self.folder))
        self.assertEqual(code, 0, said)

    def test_a_misspelt_setting_is_found(self):
        file = self.folder / "sources.d" / "ho-so.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("schedule:", "shedule:"), encoding="utf-8")
        code, said = check(self.folder)
        self.assertEqual(code, 2)
        self.assertRegex(said, r'ho-so.yaml:\d+:\d+: .*"shedule", did you mean "schedule"')

    def test_every_criteria_file_passes_the_tests_written_in_it(self):
        done = subprocess.run([NTMD, "test", str(SHIPPED / "criteria")], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_attested_criterion_can_be_turned_into_a_ratio(self):
        for name in ("xa-ntm-nang-cao-2024", "huyen-ntm-2024", "huyen-ntm-nang-cao-2024"):
            file = self.folder / "criteria" / f"{name}.yaml"
            text = file.read_text(encoding="utf-8")
            before, its, after = text.partition('- id: "15.2"')
            self.assertIn("evidence: [inspection]", after)
            file.write_text(before + its + after.replace("evidence: [inspection]", RATIO, 1), encoding="utf-8")
        uncommented_criteria = self.folder / "ntmd.yaml"
        text = uncommented_criteria.read_text(encoding="utf-8")
        uncommented_criteria.write_text(text.replace("# - criteria/", "- criteria/"), encoding="utf-8")
        code, said = check(self.folder)
        self.assertEqual(code, 0, said)
        self.assertIn("4 criteria sets", said)

    def test_the_drop_folders_are_those_that_the_installation_makes(self):
        named = {found for file in (SHIPPED / "sources.d").glob("*.yaml")
                 for found in re.findall(r"dir: (/[^,\s]+)", file.read_text(encoding="utf-8"))}
        made = set(re.findall(r"(?m)^d (/\S+)", (ROOT / "systemd/ntmd.tmpfiles.conf").read_text(encoding="utf-8")))
        self.assertEqual(len(named), 3)
        self.assertLessEqual(named, made)


if __name__ == "__main__":
    unittest.main()
