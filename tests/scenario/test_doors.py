"""What stands at the doors: every file, number and word that is not taken is told, and nothing personal gets in."""
import json
import os
import unittest

from province import Province

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

    @staticmethod


if __name__ == "__main__":
    unittest.main()
