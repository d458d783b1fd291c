"""`rotate-key`: the key of the person hashes is replaced, and at every moment everybody is counted once."""
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import unittest

from daemon import BANK, DaemonCase, KEY, wait
from province import DAY, NTMD

KILL_AT = os.environ.get("NTMD_KILL_AT_LIBRARY", "")
HOLD_AT = os.environ.get("NTMD_HOLD_AT_LIBRARY", "")
NEXT = b"fedcba9876543210fedcba9876543210"
UNITS = ("07987", "08008", "08122")
GIVEN = ("rotate-key", "--new", "person_key_2", "--reason", "a year is over")


class Person:
    """A row of an export, and whether the person counts."""

    def __init__(self, unit, number, born="01/02/1990", state="ACTIVE"):
        self.unit, self.number, self.born, self.state = unit, f"0250{born[-2:]}{number:06}", born, state
        self.counts = state == "ACTIVE" and born.endswith("1990")

    def row(self):
        return f"{self.unit},{self.number},NGUYEN VAN AN,{self.born},TK,01/02/2023,{self.state}\n"


def people(first, last, **how):
    return [Person(UNITS[number % len(UNITS)], number, **how) for number in range(first, last)]


def export(rows):
    return BANK + "".join(person.row() for person in rows)


def count(*banks):
    """Distinct people by unit, over the banks."""
    return {unit: len({p.number for bank in banks for p in bank if p.counts and p.unit == unit}) for unit in UNITS}


class RotateKey(DaemonCase):
    def setUp(self):
        super().setUp()
        self.province.hold_nothing_for_flips()
        (self.province.folder / "sources.d/bank-viettelmoney.yaml").unlink()
        for file in (self.province.folder / "in/banks").iterdir():
            file.unlink()
        # Two hundred have accounts in both; children, closed accounts and rows that are refused besides.
        self.mb = people(0, 600) + people(600, 640, state="CLOSED") + people(700, 720, born="01/02/1915")
        self.vcb = people(400, 900) + people(900, 930, state="CLOSED")
        self.drop("banks/mb_2024-12-01.csv", export(self.mb) + "07987,12,X,01/02/1990,TK,01/02/2023,ACTIVE\n")
        self.vcb_file = self.drop("banks/vcb_2024-12-01.csv", export(self.vcb))
        self.key = self.put_key("person_key", KEY)
        self.next = self.put_key("person_key_2", NEXT)

    def put_key(self, name, key):
        file = self.province.folder / "secrets" / name
        file.write_bytes(key)
        file.chmod(0o600)
        return file

    def once(self, code=0, province=None):
        done = (province or self.province).once()
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def rotation(self, province=None):
        return json.loads(self.ask("rotate-key", "--status", "--json", province=province).stdout)

    def waits(self):
        return [wait["source"] for wait in self.rotation()["waits"]]

    def query(self, sql, province=None):
        store = sqlite3.connect((province or self.province).folder / "var/ntmd.db")
        try:
            return store.execute(sql).fetchall()
        finally:
            store.close()

    def keys_of_runs(self, province=None):
        return sorted(key for key, in self.query("SELECT DISTINCT key_id FROM run", province))

    def published(self, province=None):
        """Account holders by unit, as published."""
        units = {unit["code"]: unit for unit in (province or self.province).status()["units"]}
        found = {}
        for code in UNITS:
            for indicator in units[code]["indicators"]:
                for entry in indicator["inputs"]:
                    if entry["element"] == "account_holders":
                        found[code] = entry["value"]
        return found

    def assert_counts(self, *banks, province=None):
        self.assertEqual(count(*banks), self.published(province))

    def refuse(self, *arguments, code=2):
        return self.ask("rotate-key", *arguments, code=code).stderr

    def test_a_source_that_is_out_of_the_configuration_is_waited_for(self):
        self.once()
        source = self.province.folder / "sources.d/bank-vcb.yaml"
        away = source.rename(self.province.home / "bank-vcb.yaml")
        self.ask(*GIVEN)
        self.once()
        self.assertEqual(self.waits(), ["bank-vcb"])
        self.assertIn("not configured", self.rotation()["waits"][0]["what"])
        away.rename(source)
        self.once()
        self.assertIsNone(self.rotation()["incoming"])
        self.assert_counts(self.mb, self.vcb)
        self.ask("verify")

    def test_a_held_delivery_is_waited_for_and_counts_everybody_once_accepted(self):
        self.once()
        held = people(200, 500)
        bad = "07987,12,X,01/02/1990,TK,01/02/2023,ACTIVE\n" * 900
        self.drop("banks/vcb_2024-12-05.csv", export(held) + bad)
        self.once(code=3)
        self.ask(*GIVEN)
        self.assertIn("bank-vcb", self.waits())
        self.once(code=3)
        self.assertIsNone(self.rotation()["incoming"])
        self.assertEqual(self.keys_of_runs(), [2])
        self.assert_counts(self.mb, self.vcb)
        delivery, = [row for row, in self.query("SELECT id FROM delivery WHERE standing = 2")]
        self.ask("accept", delivery, "--reason", "it is theirs")
        self.assert_counts(self.mb, held)

    def test_a_snapshot_whose_people_are_gone_is_read_again_when_its_file_is_still_there(self):
        self.once()
        store = sqlite3.connect(self.province.folder / "var/ntmd.db")
        with store:
            store.execute("PRAGMA foreign_keys = OFF")
            revision, = store.execute("SELECT max(revision) FROM delivery WHERE part = 'vcb_2024-12-01.csv'").fetchone()
            store.execute("UPDATE delivery SET runs_dropped = 1 WHERE revision = ?", (revision,))
            store.execute("DELETE FROM run WHERE delivery = ?", (revision,))
        store.close()
        self.once()
        self.assert_counts(self.mb, self.vcb)
        self.assertEqual(self.query("SELECT count(*) FROM delivery WHERE runs_dropped = 1"), [(0,)])

    def test_everybody_is_counted_once_before_during_and_after(self):
        self.once()
        self.assert_counts(self.mb, self.vcb)
        self.ask(*GIVEN)
        self.assertEqual(self.waits(), ["bank-mb", "bank-vcb"])
        self.assertEqual(self.keys_of_runs(), [1])

        # A file that has not changed is read again; what is not there any more is waited for.
        self.vcb_file.rename(self.province.home / "away.csv")
        self.ask("sync", "bank-mb")
        self.once()
        self.assert_counts(self.mb, self.vcb)
        self.assertEqual(self.keys_of_runs(), [1, 2])
        self.ask("verify")
        rotation = self.rotation()
        self.assertEqual((rotation["in_force"]["id"], rotation["incoming"]["id"], rotation["ready"]), (1, 2, ["bank-mb"]))
        self.assertRegex(rotation["waits"][0]["what"], r"vcb_2024-12-01.csv is no longer in .*put it back.*retract")
        self.assertIn("bank-vcb: waits: vcb_2024-12-01.csv", self.ask("rotate-key", "--status").stdout)

        # New exports come meanwhile.
        self.mb = people(100, 650)
        self.drop("banks/mb_2024-12-10.csv", export(self.mb))
        self.once()
        self.assert_counts(self.mb, self.vcb)
        self.assertEqual(self.waits(), ["bank-vcb"])
        figures = self.query("SELECT max(revision) FROM figure")
        done = self.ask("sync", "bank-vcb")
        (self.province.home / "away.csv").rename(self.vcb_file)
        done = self.once()
        self.assertRegex(done.stderr, r'person_key.replaced.*secret "?\\?"person_key\\?"? of key 1 is no longer needed')
        self.assertEqual(figures, self.query("SELECT max(revision) FROM figure"), "no figure is told anew by the switch")
        self.assert_counts(self.mb, self.vcb)
        self.assertEqual(self.keys_of_runs(), [2])
        self.assertIsNone(self.rotation()["incoming"])
        self.ask("verify")

        # The old file may go, and the new one may take its name.
        self.key.unlink()
        self.once()
        self.next.rename(self.key)
        self.vcb = people(300, 500)
        self.drop("banks/vcb_2024-12-15.csv", export(self.vcb))
        self.once()
        self.assert_counts(self.mb, self.vcb)
        self.ask("verify")

    def test_with_one_of_the_keys_lost_it_does_not_start_and_names_it(self):
        self.once()
        self.ask(*GIVEN)
        for file, key, name in ((self.key, KEY, "secrets/person_key"), (self.next, NEXT, "secrets/person_key_2")):
            file.unlink()
            for command in (("run", "--once"), ("sync", "bank-mb"), ("sync", "bank-mb", "--dry-run")):
                said = self.ask(*command, code=2).stderr
                self.assertRegex(said, rf'"{pathlib.Path(name).name}".*put .* back')
            self.put_key(file.name, b"another key, of 24 bytes")
            self.assertIn("differs from the key", self.ask("run", "--once", code=2).stderr)
            self.put_key(file.name, key)
        self.assertFalse((self.province.folder / "var/person_key").exists(), "none is made")
        self.once()
        self.assertEqual(self.keys_of_runs(), [2])

    def test_a_key_in_place_of_its_name_is_not_told_again(self):
        self.once()
        self.put_key("person key", NEXT)
        keys = (NEXT.decode(), "0123456789ABCDEF", "SGVsbG8gd29ybGQhIEhlbGxvIHdvcmxkISBIZWxsbyE", "a+/b" * 10 + "a/b=", "a/SGVsbG8gd29ybGQhIEhlbGxvIHdvcmxkISBIZWxsbyE",
                "person key", "pass phrase of a person", "a\nb", "..", str(self.province.folder / "secrets") + "/")
        daemon = None
        while True:
            for key in keys:
                with self.subTest(key=key, daemon=daemon):
                    said = self.refuse("--new", key, "--reason", "x")
                    self.assertRegex(said, "--new: (is no name|is not where|names no file).*(key's file|put it there)")
                    self.assertNotIn(key.replace(str(self.province.folder / "secrets") + "/", "told"), said)
            if daemon:
                break
            daemon = self.start()
        self.assertEqual([], self.query("SELECT kind FROM request"), "nothing is asked for")
        self.assertEqual(daemon.stop(), 0)
        self.put_key("the-key-of-the-province-from-2026-on", NEXT)
        self.ask("rotate-key", "--new", "the-key-of-the-province-from-2026-on", "--reason", "x")

    def test_with_the_new_key_lost_it_is_gone_back_on_as_every_command_says(self):
        self.once()
        dump = self.province.dump()
        self.ask("rotate-key", "--make", "--reason", "a year is over")
        self.vcb_file.rename(self.province.home / "away.csv")
        self.once()
        (self.province.home / "away.csv").rename(self.vcb_file)
        made = self.province.folder / "var/person_key_2"
        for lose in (lambda: made.write_bytes(b""), lambda: made.write_bytes(b"another key, of 24 bytes"), made.unlink):
            lose()
            for command in (("run", "--once"), ("sync", "bank-mb"), ("rotate-key", "--make", "--reason", "x")):
                self.assertRegex(self.ask(*command, code=2).stderr, r"put .* back, or keep the one in force: ntmd rotate-key --cancel")
        self.key.unlink()
        self.assertRegex(self.refuse("--cancel", "--reason", "lost"), r'"person_key".*put the key back')
        self.assertEqual(self.keys_of_runs(), [1, 2], "nothing is gone back on without the key in force")
        self.put_key("person_key", KEY)

        self.assertIn("no other key is on its way", self.ask("rotate-key", "--cancel", "--reason", "lost").stdout)
        self.once()
        self.assertEqual(dump, self.province.dump())
        self.assert_counts(self.mb, self.vcb)
        self.ask("verify")

    def test_what_cannot_be_asked_for_is_refused_with_what_to_do(self):
        self.once()
        self.assertIn("expected one of --new", self.refuse())
        self.assertIn("--reason", self.refuse("--new", "person_key_2"))
        self.assertIn("no key is on its way", self.refuse("--cancel", "--reason", "no"))
        self.assertIn("is key 1 of this store, which is in force", self.refuse("--new", "person_key", "--reason", "x"))
        self.assertIn("is not there", self.refuse("--new", "person_key_9", "--reason", "x"))
        self.put_key("short", b"123456789012345")
        self.assertIn("has 15 bytes, expected a key of at least 16", self.refuse("--new", "short", "--reason", "x"))
        self.put_key("loose", NEXT).chmod(0o644)
        self.assertIn("0600", self.refuse("--new", "loose", "--reason", "x"))
        (self.province.folder / "secrets/loose").unlink()
        outside = self.province.home / "key"
        outside.write_bytes(NEXT)
        self.assertIn("is not where keys are looked for", self.refuse("--new", str(outside), "--reason", "x"))
        self.assertIn("12 digits", self.refuse("--new", "person_key_2", "--reason", "for 025090000001"))
        self.assertIsNone(self.rotation()["incoming"])

        self.ask("rotate-key", "--new", str(self.next), "--reason", "by its path")
        self.put_key("third", b"0123456789abcdefg")
        self.assertIn("key 2 is on its way", self.refuse("--new", "third", "--reason", "x"))
        self.once()
        self.assertIsNone(self.rotation()["incoming"])
        self.assertIn("is key 1 of this store, which was replaced before", self.refuse("--new", "person_key", "--reason", "back"))
        self.configure("data_dir: var", "person_key_id: 7\ndata_dir: var")
        self.assertIn("person_key_id: 1", self.ask("run", "--once", code=2).stderr)

    def test_gone_back_on_it_is_as_before(self):
        self.once()
        dump = self.province.dump()
        self.ask(*GIVEN)
        self.ask("sync", "bank-mb")
        self.assertEqual(self.keys_of_runs(), [1, 2])
        self.ask("rotate-key", "--cancel", "--reason", "not yet")
        self.assertEqual(self.keys_of_runs(), [1])
        self.next.unlink()
        self.once()
        self.assertEqual(dump, self.province.dump())
        self.assert_counts(self.mb, self.vcb)
        self.put_key("person_key_2", NEXT)
        self.ask(*GIVEN)
        self.assertEqual(self.rotation()["incoming"]["id"], 3, "a number is not given twice")
        self.once()
        self.assertEqual(self.keys_of_runs(), [3])
        self.ask("verify")

    def test_a_key_is_made_when_that_is_asked_for(self):
        self.once()
        self.next.write_bytes(b"not asked for, 24 bytes.")
        self.ask("rotate-key", "--make", "--reason", "a year is over")
        made = self.province.folder / "var/person_key_2"
        self.assertEqual(made.stat().st_mode & 0o777, 0o600)
        self.once()
        self.assertEqual(self.keys_of_runs(), [2])
        self.key.unlink()
        self.once()
        self.assert_counts(self.mb, self.vcb)

    def test_deliveries_that_are_retracted_accepted_or_held_meanwhile(self):
        self.once()
        newer = people(0, 50)
        file = self.drop("banks/mb_2024-12-05.csv", export(newer))
        self.once()
        self.assert_counts(newer, self.vcb)
        self.ask(*GIVEN)
        self.vcb_file.rename(self.province.home / "away.csv")  # so that it goes on
        delivery = self.query("SELECT id FROM delivery WHERE part = 'mb_2024-12-05.csv'")[0][0]
        self.ask("retract", delivery, "--reason", "wrong")
        self.assert_counts(self.mb, self.vcb)
        self.once()
        self.ask("accept", delivery, "--reason", "right after all")
        self.assert_counts(newer, self.vcb)
        held = self.drop("banks/mb_2024-12-07.csv", BANK + "x,1,X,1,TK,1,ACTIVE\n" * 9 + people(0, 1)[0].row())
        self.once(code=3)
        self.assert_counts(newer, self.vcb)
        self.assertEqual(self.waits(), ["bank-vcb"])
        (self.province.home / "away.csv").rename(self.vcb_file)
        self.once(code=3)
        self.assertEqual(self.keys_of_runs(), [2])
        held = self.query("SELECT id FROM delivery WHERE part = 'mb_2024-12-07.csv'")[0][0]
        self.ask("accept", held, "--reason", "it is so")
        self.assert_counts(people(0, 1), self.vcb)
        self.ask("retract", held, "--reason", "it is not")
        self.ask("retract", delivery, "--reason", "nor is that")
        self.assert_counts(self.mb, self.vcb)
        self.ask("verify")

    def test_a_delivery_whose_file_is_another_one_now_says_so_until_its_bytes_are_back(self):
        self.once()
        first = (self.province.folder / "in/banks/mb_2024-12-01.csv").read_text()
        first_id = self.query("SELECT id FROM delivery WHERE part = 'mb_2024-12-01.csv'")[0][0]
        newer = people(0, 550)
        self.drop("banks/mb_2024-12-01.csv", export(newer))
        self.once()
        self.vcb_file.rename(self.province.home / "away.csv")  # so that it goes on
        self.ask(*GIVEN)
        newer_id = self.query(f"SELECT id FROM delivery WHERE part = 'mb_2024-12-01.csv' AND id <> '{first_id}'")[0][0]
        says = lambda: " ".join(wait["what"] for wait in self.rotation()["waits"] if wait["source"] == "bank-mb")
        self.assertIn("is read again by the next poll", says())
        self.once()
        self.assertEqual(says(), "")
        self.ask("retract", newer_id, "--reason", "wrong")
        self.assertRegex(says(), rf"mb_2024-12-01.csv in .* is now delivery {newer_id} \(retracted\), expected delivery {first_id} "
                         rf".*put its bytes back, ntmd accept {newer_id} .* ntmd retract {first_id}")
        self.once()
        self.assertIn(newer_id, says(), "and it is so after the next poll")
        self.ask("accept", newer_id, "--reason", "right after all")
        self.assertEqual(says(), "")
        self.ask("retract", newer_id, "--reason", "wrong")
        file = self.drop("banks/mb_2024-12-01.csv", first)
        self.assertIn("is read again by the next poll", says())
        self.once()
        self.assertEqual(says(), "")
        file.write_text("no,such,columns\n1,2,3\n")
        os.utime(file, (1_700_000_100, 1_700_000_100))
        self.ask("rotate-key", "--cancel", "--reason", "x")
        self.ask("rotate-key", "--make", "--reason", "x")
        self.once(code=3)
        self.assertRegex(says(), "is now a file that was refused, expected delivery .*put its bytes back, or take")
        self.assert_counts(self.mb, self.vcb)
        self.ask("verify")

    def test_a_key_that_was_replaced_at_once_unites_nobody_until_one_is_replaced_by_rotation(self):
        self.once()
        self.put_key("person_key", b"quite another key, of 32 bytes..")
        self.configure("data_dir: var", "person_key_id: 7\ndata_dir: var")
        self.mb = people(100, 700)
        self.drop("banks/mb_2024-12-10.csv", export(self.mb))
        self.once()
        self.assertEqual(self.keys_of_runs(), [1, 7])
        reasons = {reason for unit in self.province.status()["units"] for indicator in unit["indicators"] for reason in indicator["reasons"]}
        self.assertIn("key_mixed", reasons)
        self.ask("verify")
        damaged = self.province.copy()
        self.addCleanup(damaged.close)
        store = sqlite3.connect(damaged.folder / "var/ntmd.db")
        with store:
            store.execute("UPDATE person_key SET state = 3 WHERE id = 1")
        store.close()
        self.assertIn("run of a key that is used no more", self.ask("verify", code=4, province=damaged).stdout)
        self.ask(*GIVEN)
        self.once()
        self.assertEqual(self.keys_of_runs(), [8])
        self.once()
        self.assert_counts(self.mb, self.vcb)
        self.ask("verify")

    def test_a_dry_run_counts_nobody_twice_and_writes_nothing(self):
        self.once()
        self.ask(*GIVEN)
        self.mb = people(0, 90)
        self.drop("banks/mb_2024-12-10.csv", export(self.mb))
        dump = self.province.dump()
        told = json.loads(self.ask("sync", "bank-mb", "--dry-run", "--json").stdout)
        self.assertEqual([delivery["loads"][0]["total"] for delivery in told["deliveries"]], [90])
        self.assertEqual(dump, self.province.dump())

    def test_what_is_polled_when_it_begins_is_polled_again_and_not_at_its_next_time(self):
        for bank in ("mb", "vcb"):
            self.configure("0 * * * *", "0 0 1 1 *", f"sources.d/bank-{bank}.yaml")
        self.once()
        self.vcb = people(300, 800)
        self.drop("banks/vcb_2024-12-05.csv", export(self.vcb))
        reached, go = self.province.home / "reached", self.province.home / "go"
        daemon = self.start(env={"LD_PRELOAD": HOLD_AT, "NTMD_HOLD_NAME": "vcb_2024-12-05", "NTMD_HOLD_REACHED": str(reached),
                                 "NTMD_HOLD_GO": str(go)})
        asked = subprocess.Popen([NTMD, "--config", self.province.config, "sync", "bank-vcb"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        wait(reached.exists, "the poll is under way")
        self.ask(*GIVEN)
        go.write_text("")
        self.assertEqual(asked.wait(timeout=60), 0)
        daemon.wait_for_line("person_key.replaced")
        self.assertEqual(self.keys_of_runs(), [2])
        self.assertEqual(daemon.stop(), 0)
        self.assert_counts(self.mb, self.vcb)

    def test_beside_a_daemon_it_is_done_at_once_and_a_reload_needs_both_keys(self):
        daemon = self.start()
        self.wait_for_polls(daemon)
        self.vcb_file.rename(self.province.home / "away.csv")
        self.ask(*GIVEN)
        wait(lambda: self.waits() == ["bank-vcb"], "bank-mb is read again")
        daemon.wait_for_line("person_key.waits.*vcb_2024-12-01.csv is no longer in")
        self.next.unlink()
        daemon.hang_up()
        daemon.wait_for_line("config.fault.*person_key_2.*put it back")
        daemon.wait_for_line("config.kept")
        self.put_key("person_key_2", NEXT)
        daemon.hang_up()
        daemon.wait_for_line("config.reloaded")
        self.assertIn("key 2 is on its way", self.refuse("--new", "person_key_2", "--reason", "again"))
        (self.province.home / "away.csv").rename(self.vcb_file)
        self.ask("sync", "bank-vcb")
        daemon.wait_for_line("person_key.replaced")
        self.key.unlink()
        daemon.hang_up()
        daemon.wait_for_line("config.reloaded", count=2)
        self.assertEqual(self.keys_of_runs(), [2])
        self.assert_counts(self.mb, self.vcb)
        self.assertIn("no key is on its way", self.refuse("--cancel", "--reason", "x"))
        self.assertEqual(daemon.stop(), 0)
        self.ask("verify")

    def test_a_file_that_names_other_people_now_is_read_once_and_told_of_by_every_poll(self):
        self.once()
        self.configure("08122,Xã Lang Sơn,xa,231,2020-01-01,", "08122,Xã Lang Sơn,xa,231,2020-01-01,2024-01-01", file="units.csv")
        daemon = self.start()
        self.ask(*GIVEN)
        otherwise = "delivery.reads_otherwise.*bank-mb"
        daemon.wait_for_line(otherwise)
        for _ in range(2):
            run = json.loads(self.ask("sync", "bank-mb", "--json").stdout)
            self.assertIn("names other people than when", json.dumps(run))
        self.assertEqual(len([line for line in daemon.lines if re.search(otherwise, line)]), 1, daemon.log())
        self.assertEqual(self.keys_of_runs(), [1])

        # Mended, it is read again.
        self.configure("08122,Xã Lang Sơn,xa,231,2020-01-01,2024-01-01", "08122,Xã Lang Sơn,xa,231,2020-01-01,", file="units.csv")
        daemon.hang_up()
        daemon.wait_for_line("config.reloaded")
        self.ask("sync", "bank-mb")
        self.ask("sync", "bank-vcb")
        daemon.wait_for_line("person_key.replaced")
        self.assertEqual(daemon.stop(), 0)
        self.assert_counts(self.mb, self.vcb)

    def test_killed_anywhere_it_goes_on_from_there(self):
        self.once()
        self.mb = people(50, 500)
        self.drop("banks/mb_2024-12-10.csv", export(self.mb))
        commands = (GIVEN, ("run", "--once", "--as-of", DAY), ("rotate-key", "--cancel", "--reason", "x"))
        for number, command in enumerate(commands):
            begun = self.province.copy()
            self.addCleanup(begun.close)
            if number:
                self.ask(*GIVEN, province=begun)
            whole = begun.copy()
            counted = whole.home / "count"
            whole.ntmd(*command, env={"LD_PRELOAD": KILL_AT, "NTMD_COUNT_FILE": str(counted)})
            calls = int(counted.read_text())
            whole.close()
            for at in sorted({1 + step * (calls - 1) // 15 for step in range(16)}):
                with self.subTest(command=command, at=at, of=calls):
                    province = begun.copy()
                    try:
                        died = province.ntmd(*command, env={"LD_PRELOAD": KILL_AT, "NTMD_KILL_AT": str(at)})
                        self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)
                        self.once(province=province)
                        self.assert_counts(self.mb, self.vcb, province=province)
                        rotating = self.query("SELECT 1 FROM person_key WHERE state = 2", province)
                        self.assertEqual(len(self.keys_of_runs(province)), 1, "a whole run ends what has begun")
                        self.assertEqual([], rotating)
                        self.ask("verify", province=province)
                    finally:
                        province.close()

    def test_no_key_is_kept_told_or_published(self):
        self.once()
        said = []
        for arguments in (GIVEN, ("rotate-key", "--status"), ("sync", "bank-mb"), ("run", "--once", "--as-of", DAY), ("verify", "--dump")):
            done = self.province.ntmd(*arguments)
            said += [done.stdout.encode(), done.stderr.encode()]
        kept = [file.read_bytes() for folder in ("var", "public") for file in (self.province.folder / folder).rglob("*") if file.is_file()]
        for key in (KEY, NEXT):
            for secret in (key, key.hex().encode()):
                self.assertFalse(any(secret in text for text in said + kept))


if __name__ == "__main__":
    unittest.main()
