"""What stands at the doors: every file, number and word that is not taken is told, and nothing personal gets in."""
import json
import os
import subprocess
import unittest

from daemon import Daemon
from province import NTMD, Province

HEADER = "unit,element,as_of,period_start,period_end,value\n"


class Doors(unittest.TestCase):
    def setUp(self):
        self.province = Province("1002")
        self.addCleanup(self.province.close)
        self.figures = self.province.folder / "in/figures"

    def sync(self, source="so-lieu-xa"):
        done = self.province.ntmd("sync", source, "--json")
        return done.returncode, json.loads(done.stdout)["runs"][0]

    def test_a_file_that_would_wait_for_ever_is_told(self):
        file = self.province.write("figures/ahead.csv", HEADER + "07987,adults,2024-12-19,,,7\n", age=-600)
        code, run = self.sync()
        self.assertEqual((code, run["outcome"]), (0, "ok"), "the others are taken")
        self.assertIn("ahead.csv: its modification time", run["message"])
        code, run = self.sync()
        self.assertEqual((code, run["outcome"]), (0, "unchanged"))
        self.assertIn("lies in the future", run["message"])
        then = file.stat().st_mtime + 400 * 86400
        os.utime(file, (then, then))
        code, run = self.sync()
        self.assertEqual((code, run["outcome"]), (3, "refused"))
        self.assertIn("ahead.csv: its modification time", run["message"])
        self.assertIn("touch the file", run["message"])
        hour_ago = then - 401 * 86400
        os.utime(file, (hour_ago, hour_ago))
        self.assertEqual(self.sync()[1]["loaded"], 1)

    def test_what_is_no_file_is_refused_by_name(self):
        self.sync()
        for name, make in {
                "link.csv": lambda path: os.symlink("/etc/passwd", path),
                "nowhere.csv": lambda path: os.symlink("/nowhere", path),
                "pipe.csv": os.mkfifo,
                "folder.csv": os.mkdir}.items():
            path = self.figures / name
            make(path)
            code, run = self.sync()
            self.assertEqual((code, run["outcome"]), (3, "refused"), name)
            self.assertIn(f"{name}: is a link, folder, pipe or device", run["message"])
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
            self.assertEqual(self.sync()[0], 0, name)

    def test_a_folder_where_nothing_fits_is_told(self):
        self.sync()
        for file in self.figures.iterdir():
            file.rename(file.with_suffix(".CSV"))
        code, run = self.sync()
        self.assertEqual((code, run["outcome"]), (0, "unchanged"))
        self.assertRegex(run["message"], r'^no file matches "[^"]+" in .*in/figures$')

    def quarantined(self, part):
        entries = json.loads(self.province.ntmd("quarantine", "list", "--json").stdout)["deliveries"]
        delivery = next(entry["delivery"] for entry in entries if entry["part"] == part)
        return delivery, json.loads(self.province.ntmd("quarantine", "show", delivery, "--json").stdout)["rows"]

    def assert_nothing_of(self, number, *texts):
        for text in texts:
            self.assertNotIn(number, text)
        for folder in ("var", "public"):
            for file in (self.province.folder / folder).rglob("*"):
                if file.is_file():
                    self.assertNotIn(number.encode(), file.read_bytes(), file.name)

    def test_a_citizen_number_in_a_wrong_column_is_masked(self):
        self.province.write("figures/shifted.csv", HEADER + "025085731503,adults,2024-12-01,,,5\n"
                            + "07987,025085731503,2024-12-01,,,5\n" + "07987,adults,025085731503,,,5\n"
                            + "07987,adults,2024-12-01,,,x025085731503\n" + "07987,adults,2024-12-01,,,5x\n")
        run = self.sync()[1]
        rows = self.quarantined("shifted.csv")[1]
        self.assertEqual([row["value"] for row in rows], ["############"] * 3 + ["x############", "5x"])
        self.assert_nothing_of("025085731503", json.dumps(run), json.dumps(rows))

    def test_a_document_that_names_a_person_is_quarantined(self):
        row = "07987,1.2.2,inspection,{},2024-12-01,{},,accepted,,{}\n"
        digest = "025085731503abcdef" + "0" * 46
        self.province.write("evidence/people.csv", "unit,indicator,kind,number,issued_on,issuer,valid_to,state,confirmed_value,sha256\n"
                            + row.format("so 025085731507", "UBND", "") + row.format("12/QD-UBND", "Nguyen Van A 025085731507", "")
                            + row.format("12/QD-UBND", "UBND", "025085731507") + row.format("12/QD-UBND", "UBND", digest)
                            + row.format("1234567890123", "UBND", ""))
        run = self.sync("ho-so")[1]
        rows = self.quarantined("people.csv")[1]
        self.assertEqual([(row["line"], row["column"], row["rule"]) for row in rows],
                         [(2, "number", "personal"), (3, "issuer", "personal"), (4, "sha256", "personal")])
        self.assertIn("holds 12 digits like a citizen number", rows[0]["message"])
        self.assert_nothing_of("025085731507", json.dumps(run), json.dumps(rows))

    def test_a_file_named_by_a_citizen_number_is_refused(self):
        self.sync()
        for name in ("025085731502.csv", "xã 025085731502.csv"):
            file = self.province.write(f"figures/{name}", HEADER + "07987,adults,2024-12-19,,,7\n")
            done = self.province.ntmd("sync", "so-lieu-xa")
            self.assertEqual(done.returncode, 3)
            self.assertIn("############.csv", done.stdout)
            self.assert_nothing_of("025085731502", done.stdout, done.stderr)
            file.unlink()
        self.province.write("figures/bao-cao_202412191530.csv", HEADER + "07987,adults,2024-12-19,,,7\n")
        self.assertEqual(self.sync()[1]["loaded"], 1, "a time is no person")

    def test_a_reason_that_names_a_person_is_refused(self):
        self.province.write("figures/bad.csv", HEADER + "07987,adults,2024-12-19,,,x\n")
        self.assertEqual(self.sync()[0], 3)
        delivery = self.quarantined("bad.csv")[0]
        for command in (["accept", delivery], ["retract", delivery], ["assess", "--restart-from", "2024-12-01"]):
            done = self.province.ntmd(*command, "--reason", "asked by 025085731502")
            self.assertEqual(done.returncode, 2)
            self.assertIn("like a citizen number", done.stderr)
            self.assert_nothing_of("025085731502", done.stdout, done.stderr)

    def test_a_retraction_is_undone_and_told_of(self):
        text = HEADER + "07996,adults,2024-12-01,,,1000\n07996,adults_with_smartphone,2024-12-01,,,900\n07996,adults,x,,,1\n"
        file = self.province.write("figures/more.csv", text)
        self.assertEqual(self.province.once().returncode, 0)
        delivery = self.quarantined("more.csv")[0]
        units = self.province.units()
        self.assertEqual(self.province.ntmd("retract", delivery, "--reason", "by mistake").returncode, 0)
        self.assertNotEqual(units, self.province.units())
        again = self.province.ntmd("retract", delivery, "--reason", "again")
        self.assertEqual(again.returncode, 2)
        self.assertIn("is retracted already", again.stderr)
        told = f"more.csv: is still there and its delivery {delivery} was retracted; ntmd accept puts it in force again"
        self.assertEqual(self.sync()[1]["message"], told)
        hour_ago = file.stat().st_mtime - 3600
        os.utime(file, (hour_ago, hour_ago))
        self.assertEqual(self.sync()[1]["message"], told, "touched or not")
        self.assertIn("it was retracted, ntmd accept", self.province.ntmd("quarantine", "replay", delivery).stdout)
        done = self.province.ntmd("accept", delivery, "--reason", "it was right")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("is in_force", done.stdout)
        self.assertEqual(units, self.province.units())
        self.assertEqual(self.sync()[1]["message"], "")
        self.assertEqual(self.province.ntmd("accept", delivery, "--reason", "again").returncode, 2)
        self.assertEqual(self.province.ntmd("verify").returncode, 0)

    def test_a_retracted_export_counts_its_people_again(self):
        bank = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"
        people = [f"07987,025090{number:06},AN,01/02/1990,TK,01/02/2023,ACTIVE\n" for number in range(100)]
        for file in (self.province.folder / "sources.d").iterdir():
            file.write_text(file.read_text().replace("quarantine_max_pct: 50", "quarantine_max_pct: 50, flips_max_pct: 0"))
        self.province.write("banks/vcb_2024-12-11.csv", bank + "".join(people) + "07987,x,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
        self.assertEqual(self.province.once().returncode, 0)
        first = self.quarantined("vcb_2024-12-11.csv")[0]
        units = self.province.units()
        self.assertEqual(self.province.ntmd("retract", first, "--reason", "by mistake").returncode, 0)
        self.assertNotEqual(units, self.province.units())
        done = self.province.ntmd("accept", first, "--reason", "it was right")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(units, self.province.units(), "a word of someone is not held for the verdicts that it changes")
        # What came of later days drops what it counted; were it the newest again, it would have to come again.
        later = [f"vcb_2024-12-{day}.csv" for day in (12, 13, 14, 15)]
        for name in later:
            self.province.write(f"banks/{name}", bank + "".join(people) + "07987,x,AN,01/02/1990,TK,01/02/2023,ACTIVE\n")
            self.assertEqual(self.province.once().returncode, 0, name)
        self.assertEqual(self.province.ntmd("retract", first, "--reason", "a test").returncode, 0)
        for name in later:
            self.assertEqual(self.province.ntmd("retract", self.quarantined(name)[0], "--reason", "a test").returncode, 0)
        done = self.province.ntmd("accept", first, "--reason", "a test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("what it counted is no longer kept", done.stdout)
        file = self.province.folder / "in/banks/vcb_2024-12-11.csv"
        hour_ago = file.stat().st_mtime - 3600
        os.utime(file, (hour_ago, hour_ago))
        self.assertEqual(self.province.once().returncode, 0)
        self.assertEqual(units, self.province.units())
        self.assertEqual(self.province.ntmd("verify").returncode, 0)

    def test_an_earlier_day_is_printed_beside_a_daemon(self):
        self.assertEqual(self.province.once().returncode, 0)
        alone = self.province.ntmd("assess", "--as-of", "2024-12-19", "--json")
        self.assertEqual(alone.returncode, 0, alone.stderr)
        daemon = Daemon(self.province)
        try:
            daemon.wait_for_notice("READY=1")
            for command in (["assess"], ["run", "--once"]):
                beside = self.province.ntmd(*command, "--as-of", "2024-12-19", "--json")
                self.assertEqual(beside.returncode, 0, beside.stderr)
                self.assertIn("before today", beside.stderr)
                self.assertEqual(self.judged(alone), self.judged(beside))
            today = self.province.status()["as_of"]
            asked = self.province.ntmd("assess", "--as-of", today, "--json")
            self.assertEqual(asked.returncode, 0, asked.stderr)
            self.assertEqual(json.loads(asked.stdout)["as_of"], today)
            later = self.province.ntmd("assess", "--as-of", "9999-01-01")
            self.assertEqual(later.returncode, 2)
            self.assertIn("before it has come", later.stderr)
            self.assertEqual(self.province.ntmd("run", "--once").returncode, 75)
            self.assertEqual(self.province.status()["as_of"], today)
        finally:
            daemon.close()

    @staticmethod
    def judged(done):
        status = json.loads(done.stdout)
        for unit in status["units"]:
            for indicator in unit["indicators"]:
                indicator.pop("decision", None)
        return status["as_of"], status["units"]

    def test_a_value_that_is_empty_is_bad_usage(self):
        done = subprocess.run([NTMD, "--config", "", "status"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (2, "ntmd: --config: is empty, expected a value\n"))
        for command in (["run", "--once", "--as-of", ""], ["assess", "--known-at", ""],
                        ["retract", "01234567", "--reason", ""], ["sync", ""], ["runs", ""], ["status", ""]):
            done = self.province.ntmd(*command)
            self.assertEqual(done.returncode, 2, command)
            self.assertIn("expected a value", done.stderr, command)

    def test_a_number_of_rows_that_is_none_is_bad_usage(self):
        for command in (["runs", "--limit", "-1"], ["runs", "--limit", "0"], ["quarantine", "list", "--limit", "-1"]):
            self.assertEqual(self.province.ntmd(*command).returncode, 2, command)
        self.sync()
        self.assertEqual(self.province.ntmd("runs", "--limit", "1").returncode, 0)

    def test_a_figure_told_twice_is_said(self):
        self.province.write("figures/twice.csv", HEADER + "07996,adults,2024-12-01,,,1000\n07996,schools,2024-12-01,,,3\n\n"
                            + "07996,adults,2024-12-01,,,1000\n07996,adults,2024-12-01,,,2\n07996,schools,2024-12-30,,,3\n")
        done = self.province.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        message = json.loads(self.province.ntmd("runs", "so-lieu-xa", "--json").stdout)["runs"][0]["message"]
        self.assertIn("twice.csv: 1 figures are told twice with different values, first in line 6; the later row counts", message)

    def test_what_is_missing_around_a_config_is_a_warning(self):
        self.assertNotIn("warning", self.province.ntmd("check").stdout)
        self.figures.rename(self.figures.with_name("away"))
        program = self.province.folder / "tell.sh"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o644)
        (self.province.folder / "alerts.yaml").write_text(
            "channels:\n  - {id: absent, kind: command, argv: [/nowhere/tell]}\n"
            + f"  - {{id: plain, kind: command, argv: [{program}]}}\n" + "routes:\n  - {to: [absent, plain]}\n")
        done = self.province.ntmd("check")
        self.assertEqual(done.returncode, 0, done.stdout)
        warnings = [line for line in done.stdout.splitlines() if line.startswith("warning: ")]
        self.assertEqual(len(warnings), 3, done.stdout)
        for line, texts in zip(warnings, (("source so-lieu-xa", "in/figures"), ("channel absent", "/nowhere/tell"),
                                          ("channel plain", "chmod +x"))):
            for text in texts:
                self.assertIn(text, line)
        report = json.loads(self.province.ntmd("check", "--json").stdout)
        self.assertTrue(report["ok"])
        self.assertEqual([f"warning: {line}" for line in report["warnings"]], warnings)


if __name__ == "__main__":
    unittest.main()
