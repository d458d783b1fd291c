"""What the world does wrong: each with its message, the old figures in force, and recovery."""
import json
import os
import re
import resource
import subprocess
import unittest

from province import Province, differences

HEADER = "unit,element,as_of,period_start,period_end,value\n"
BANK = "ma_don_vi,so_cccd,ho_ten,ngay_sinh,loai_tk,ngay_mo,trang_thai\n"


class Faults(unittest.TestCase):
    def setUp(self):
        self.province = Province("1002")
        self.addCleanup(self.province.close)

    def first_run(self):
        done = self.province.once()
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.province.units()

    def test_a_file_that_cannot_be_read_is_refused_and_the_old_figures_stay(self):
        units = self.first_run()
        row = "07987,adults,2024-12-18,,,5000\n"
        cases = {
            "empty": (b"", "header"),
            "no-header": (row.encode(), "header"),
            "missing-column": (b"unit,element,as_of,period_start,value\n", "period_end"),
            "html": (b"<html><body>Request Rejected</body></html>", "web page"),
            "open-quote": ((HEADER + '07987,"adults,2024-12-18,,,5000\n').encode(), "quote"),
        }
        for name, (data, message) in cases.items():
            file = self.province.write(f"figures/{name}.csv", data)
            done = self.province.once()
            self.assertEqual(done.returncode, 3, name + done.stderr)
            source = self.province.sources()["so-lieu-xa"]
            self.assertEqual(source["outcome"], "refused", name)
            self.assertIn(message, json.dumps(json.loads(self.province.ntmd("runs", "so-lieu-xa", "--json").stdout)["runs"][0]), name)
            self.assertEqual(units, self.province.units(), name)
            self.assertEqual(self.province.once().returncode, 3, "a refused file that is still there stays in sight")
            file.unlink()
            self.assertEqual(self.province.once().returncode, 0, name)

    def test_a_row_that_does_not_fit_is_quarantined_with_line_and_column(self):
        self.first_run()
        text = (HEADER + "07987,adults,2024-12-18,,,-5\n" + "99999,adults,2024-12-18,,,5\n").encode() + b"07987,adults,2024-12-18,,,\xff\xfe\n"
        text += b"07987,adults\n" + b"07987,adults,2024-12-18,,,5000\n"
        self.province.write("figures/bad-rows.csv", text)
        self.assertEqual(self.province.once().returncode, 3, "4 of 5 rows are beyond quarantine_max_pct: held")
        deliveries = json.loads(self.province.ntmd("quarantine", "list", "--json").stdout)["deliveries"]
        held = next(entry for entry in deliveries if entry["part"] == "bad-rows.csv")
        rows = json.loads(self.province.ntmd("quarantine", "show", held["delivery"], "--json").stdout)["rows"]
        places = sorted((row["line"], row["rule"]) for row in rows)
        self.assertEqual(places, [(2, "integer"), (3, "unit"), (4, "utf8"), (5, "fields")])
        self.assertEqual(self.province.ntmd("accept", held["delivery"], "--reason", "checked by phone").returncode, 0)
        adults = [entry for unit in self.province.units() if unit["code"] == "07987" for indicator in unit["indicators"]
                  if indicator["id"] == "1.1.1" for entry in indicator["inputs"] if entry["element"] == "adults"]
        self.assertEqual(adults[0]["value"], 5000)
        self.assertEqual(self.province.once().returncode, 0)

    def test_a_row_dated_after_today_is_kept_and_waits(self):
        units = self.first_run()
        self.province.write("figures/later.csv", HEADER + "07987,adults,2024-12-22,,,7\n")
        self.assertEqual(self.province.once().returncode, 0)
        self.assertEqual(units, self.province.units())
        self.assertIn("wait for their day", self.province.ntmd("runs", "so-lieu-xa").stdout)
        self.assertEqual(self.province.once("2024-12-22").returncode, 0)
        self.assertNotEqual(units, self.province.units())

    def test_a_missing_folder_is_a_failure(self):
        self.first_run()
        (self.province.folder / "in/figures").rename(self.province.folder / "in/away")
        done = self.province.once()
        self.assertEqual(done.returncode, 3)
        self.assertEqual(self.province.sources()["so-lieu-xa"]["outcome"], "failed")
        (self.province.folder / "in/away").rename(self.province.folder / "in/figures")
        self.assertEqual(self.province.once().returncode, 0)

    def test_a_file_that_is_still_being_written_is_left_alone(self):
        units = self.first_run()
        file = self.province.write("figures/fresh.csv", HEADER + "07987,adults,2024-12-19,,,7\n", age=0)
        self.assertEqual(self.province.once().returncode, 0)
        self.assertEqual(units, self.province.units())
        then = file.stat().st_mtime - 60
        os.utime(file, (then, then))
        self.assertEqual(self.province.once().returncode, 0)
        self.assertNotEqual(units, self.province.units())

    def test_a_lost_key_stops_everything_and_mints_none(self):
        self.first_run()
        key = self.province.folder / "var/person_key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        text = key.read_bytes()
        key.unlink()
        done = self.province.once()
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("put the key back", done.stderr)
        self.assertFalse(key.exists())
        key.write_bytes(b"another")
        key.chmod(0o600)
        self.assertEqual(self.province.once().returncode, 2)
        key.write_bytes(text)
        self.assertEqual(self.province.once().returncode, 0)

    def test_a_corrupt_store_is_refused(self):
        self.first_run()
        store = self.province.folder / "var/ntmd.db"
        data = bytearray(store.read_bytes())
        data[0:16] = b"no database here"
        store.write_bytes(bytes(data))
        done = self.province.once()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("ntmd.db", done.stderr)
        self.assertEqual(self.province.ntmd("verify").returncode, 4)

    def test_a_full_disk_is_said_and_the_next_run_goes_on(self):
        done = self.province.once(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("disk full", done.stderr)
        self.assertEqual(self.province.once().returncode, 0)
        expected = json.loads((self.province.folder / "expected.json").read_text())
        self.assertEqual([], list(differences(expected, self.province.status()["units"])))

    def test_nothing_personal_is_found_anywhere(self):
        self.province.write("banks/vcb_2024-12-11.csv",
                            BANK + "07987,025090777777,CANARYNAME,01/02/1990,TK,01/02/2023,ACTIVE\n"
                            + "07987,025090777777X,CANARYNAME,01/02/1990,TK,01/02/2023,ACTIVE\n"
                            + "CANARYNAME,025090777777,A,01/02/1990,TK,01/02/2023,ACTIVE\n")
        done = self.province.once()
        seen = done.stdout + done.stderr + self.province.ntmd("quarantine", "list").stdout
        for delivery in json.loads(self.province.ntmd("quarantine", "list", "--json").stdout)["deliveries"]:
            seen += self.province.ntmd("quarantine", "show", delivery["delivery"], "--json").stdout
        data = seen.encode()
        for folder in ("var", "public"):
            for file in (self.province.folder / folder).rglob("*"):
                if file.is_file():
                    data += file.read_bytes()
        self.assertIn("quarantine", seen)
        self.assertNotIn(b"CANARYNAME", data)
        self.assertNotIn(b"025090777777", data)
        self.assertNotIn(b"025085731502", data)

    def test_an_edit_of_the_past_shows(self):
        self.first_run()
        store = str(self.province.folder / "var/ntmd.db")
        tables = subprocess.run(["sqlite3", store, "SELECT body FROM decision LIMIT 1"], capture_output=True, text=True)
        self.assertEqual(tables.returncode, 0, tables.stderr)
        edit = "UPDATE decision SET body = replace(body, '\"numerator\":', '\"numerator\": ') WHERE seq = 3"
        self.assertEqual(subprocess.run(["sqlite3", store, edit]).returncode, 0)
        done = self.province.ntmd("verify")
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn("decision 3", done.stdout)

    def test_every_fault_of_a_config_is_printed(self):
        (self.province.folder / "sources.d/x.yaml").write_text(
            'id: &in x\nconnector: figurs-csv\nwith: {<<: {a: 1}, dir: *in, match: &m "*"}\nshedule: 1\n'
            'schedule: {cron: "99 * * * *"}\nid: y\n')
        (self.province.folder / "sources.d/y.yaml").write_text(
            'id: y\nconnector: figures-csv\nwith: {dir: in, mach: "*"}\nfreshness: {warn_after: 3x}\nid: z\n')
        self.province.config.write_text(self.province.config.read_text() + "langage: vi\n")
        secret = self.province.folder / "secrets/loose"
        secret.write_text("x")
        secret.chmod(0o644)
        done = self.province.ntmd("check")
        self.assertEqual(done.returncode, 2)
        for text in ("x.yaml:6:1", 'did you mean "schedule"', 'did you mean "figures-csv"', "timezone", "minute", "chmod 600",
                     "merge key", "alias", "anchor", "y.yaml:5:1", '"schedule" is missing', "3x", "mach", 'did you mean "language"'):
            self.assertIn(text, done.stdout)
        places = [(file, int(line), int(column)) for file, line, column in re.findall(r"^(\S+?):(\d+):(\d+): ", done.stdout, re.M)]
        self.assertEqual(places, sorted(places))
        self.assertNotIn('"dir" is missing', done.stdout, "what was refused is no second fault")


if __name__ == "__main__":
    unittest.main()
