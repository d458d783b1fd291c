"""A store made by an older ntmd is brought up to date at the next start, and loses nothing."""
import re
import sqlite3
import unittest

from province import ROOT, Province, differences

STEPS = sorted((ROOT / "schemas/sql/sqlite").glob("[0-9]*.sql"))
VERSIONS = [int(step.name.split("_")[0]) for step in STEPS]


class Migration(unittest.TestCase):
    def setUp(self):
        self.province = Province("1002")
        self.addCleanup(self.province.close)
        self.data = self.province.folder / "var"

    def store(self):
        store = sqlite3.connect(self.data / "ntmd.db", isolation_level=None)
        self.addCleanup(store.close)
        return store

    def make_old_store(self, version):
        """The steps up to `version`, as that ntmd left them, with a source and a delivery in it."""
        self.data.mkdir(mode=0o700)
        header = (ROOT / "daemon/store/sqlite_migrations.h").read_text()
        (self.data / "ntmd.db").touch(mode=0o600)
        store = self.store()
        store.execute(f"PRAGMA application_id = {int(re.search(r'kApplicationId = (0x[0-9A-Fa-f]+|[0-9]+)', header)[1], 0)}")
        for step in STEPS[:VERSIONS.index(version) + 1]:
            store.executescript(step.read_text())
        store.execute(f"PRAGMA user_version = {version}")
        store.execute("INSERT INTO source (id, name) VALUES (1, 'so-lieu-xa')")
        store.execute("INSERT INTO delivery (revision, id, source, connector, kind, partition_name, part, content_sha256, received, recorded,"
                      " standing, outcome, reason, fetched, loaded, filtered, quarantined, quarantine_left_out, run)"
                      " VALUES (1, 'aaaaaaaaaaaaaaaa', 1, 'figures-csv', 1, 'old.csv', 'old.csv', 'x', 1, 1, 1, 1, '', 0, 0, 0, 0, 0, 'r')")
        if version >= 2:
            store.execute("UPDATE delivery SET turn = revision")
        if version >= 6:  # it came before its step
            store.execute("UPDATE meta SET value = '1' WHERE name = 'unwitnessed_up_to'")
            store.execute("INSERT INTO standing_change (delivery, standing, reason, at) VALUES (1, 1, '', 1)")
        store.execute("UPDATE counter SET value = 1 WHERE name = 'revision'")
        store.close()

    def test_every_older_store_becomes_this_one(self):
        whole = Province("1002")
        self.addCleanup(whole.close)
        self.assertEqual(whole.once().returncode, 0)
        for version in VERSIONS[:-1]:
            self.setUp()
            self.make_old_store(version)
            done = self.province.once()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([], list(differences(whole.units(), self.province.units())))
            verified = self.province.ntmd("verify")
            self.assertEqual(verified.returncode, 0, verified.stdout)
            self.assertIn("1 deliveries without digest", verified.stdout)
            store = self.store()
            self.assertEqual(store.execute("PRAGMA user_version").fetchone()[0], VERSIONS[-1])
            self.assertEqual(store.execute("SELECT kind, turn, whole FROM delivery WHERE id = 'aaaaaaaaaaaaaaaa'").fetchone(), (1, 1, 0))
            store.close()

    def test_a_store_of_a_newer_ntmd_is_left_alone(self):
        self.assertEqual(self.province.once().returncode, 0)
        store = self.store()
        store.execute(f"PRAGMA user_version = {VERSIONS[-1] + 1}")
        store.close()
        done = self.province.once()
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("written by a newer ntmd", done.stderr)


if __name__ == "__main__":
    unittest.main()
