#!/usr/bin/env python3
"""What systemd says about the unit, the user and the folders. Nothing here needs systemd to run."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NTMD = os.environ.get("NTMD", str(ROOT / "build/release/ntmd"))
FOLDER = ROOT / "systemd"
UNIT = FOLDER / "ntmd.service"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    return done.returncode, done.stdout + done.stderr


class Unit(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def installed(self, change=lambda text: text):
        """The unit as it is installed, with the program where it was built."""
        text = UNIT.read_text(encoding="utf-8")
        self.assertIn("ExecStart=/usr/bin/ntmd ", text)
        file = self.scratch / "ntmd.service"
        file.write_text(change(text.replace("/usr/bin/ntmd ", f"{NTMD} ")), encoding="utf-8")
        return file

    def verify(self, file):
        return run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(file))

    def test_it_is_a_correct_unit(self):
        self.assertEqual(self.verify(self.installed()), (0, ""))

    def test_a_misspelt_setting_would_be_seen(self):
        _, said = self.verify(self.installed(lambda text: text.replace("ProtectSystem=", "ProtectSytem=")))
        self.assertIn("ProtectSytem", said)

    def test_it_is_closed_to_what_it_does_not_need(self):
        code, said = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT))
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"Overall exposure level for ntmd.service: (0\.\d|1\.[0-5]) OK")

    def test_an_open_unit_would_not_pass(self):
        opened = self.installed(lambda text: re.sub(r"(?m)^(Protect|Private|Restrict|System|Capab).*\n", "", text))
        code, _ = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(opened))
        self.assertNotEqual(code, 0)

    def test_it_tells_systemd_when_it_is_ready_and_lives_within_limits(self):
        settings = dict(line.split("=", 1) for line in UNIT.read_text(encoding="utf-8").splitlines()
                        if "=" in line and not line.startswith("#"))
        wanted = {"Type": "notify", "NotifyAccess": "main", "WatchdogSec": "60s", "Restart": "on-failure", "User": "ntmd",
                  "StateDirectory": "ntmd", "MemoryMax": "1G", "TasksMax": "64", "LimitCORE": "0", "UMask": "0077"}
        self.assertEqual({key: settings.get(key) for key in wanted}, wanted)


class UserAndFolders(unittest.TestCase):
    def test_the_user_can_be_made(self):
        code, said = run("systemd-sysusers", "--dry-run", str(FOLDER / "ntmd.sysusers.conf"))
        self.assertEqual(code, 0, said)
        for line in said.splitlines():
            self.assertNotRegex(line, r"(?i)fail|unknown|invalid")

    @unittest.skipUnless(os.geteuid() == 0, "giving folders to other users needs root")
    def test_the_user_and_the_folders_are_made_in_an_empty_system(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "etc").mkdir()
            for tool, options, file in (("systemd-sysusers", [], "ntmd.sysusers.conf"),
                                        ("systemd-tmpfiles", ["--create"], "ntmd.tmpfiles.conf")):
                with (FOLDER / file).open() as text:
                    code, said = run(tool, f"--root={root}", *options, "-", stdin=text)
                self.assertEqual(code, 0, said)
            users = (root / "etc/passwd").read_text()
            self.assertRegex(users, r"(?m)^ntmd:x:\d+:\d+:[^:]*:/var/lib/ntmd:\S*nologin$")
            groups = dict(line.split(":", 1) for line in (root / "etc/group").read_text().splitlines())
            self.assertTrue(groups["ntm-drop"].endswith(":ntmd"))
            self.assertEqual((root / "etc/ntm/secrets").stat().st_mode & 0o7777, 0o700)
            drops = root / "srv/ntm/drop"
            self.assertEqual({drop.name for drop in drops.iterdir()}, {"figures", "evidence", "banks"})
            for drop in drops.iterdir():
                self.assertEqual(drop.stat().st_mode & 0o7777, 0o2770)
                self.assertEqual(str(drop.stat().st_gid), groups["ntm-drop"].split(":")[1])


if __name__ == "__main__":
    unittest.main()
