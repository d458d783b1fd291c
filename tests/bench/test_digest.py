"""What ntmd counts is what an independent count says, whatever the order of the files, however a bank's export is split, and
when all of it is told again."""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

import answer
from jobs.changed import NEXT_DAY
from measuring import call
from peers.ntmd import Ntmd
from peers.plain_python import SCRIPT
from province import BANKS, DAY, Exports, Province
from sizes import Size
from stored import Stored

NTMD = pathlib.Path(os.environ.get("NTMD", "build/release/ntmd")).resolve()
PROGRAMS = pathlib.Path(os.environ.get("NTMD_BENCH_PROGRAMS", "build/release/tests/bench")).resolve()
ROWS = 20_000
COMMUNES = 50
LARGE_ROWS = 150_000  # exports of several pieces, which are read side by side
PIECE = 512 * 1024


def records(file: pathlib.Path) -> list[bytes]:
    """The header and every record as it stands; a quoted field may hold a line break."""
    found, open_quote = [], False
    for line in file.read_bytes().splitlines(keepends=True):
        if open_quote:
            found[-1] += line
        else:
            found.append(line)
        open_quote ^= line.count(b'"') % 2 == 1
    return found


class Exported(unittest.TestCase):
    """A province's exports and what Python counts in them."""

    rows = ROWS

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="ntmd-digest-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.province = Province(folder / "province", Size("digest", cls.rows, COMMUNES), PROGRAMS / "bench_generate")
        cls.ntmd = Ntmd(cls.province)
        cls.exports = cls.province.generate_into(folder, "none", DAY)
        cls.expected = cls.independent(cls.exports)

    @classmethod
    def independent(cls, exports: Exports) -> answer.Answer:
        return answer.parse(call(sys.executable, "-B", SCRIPT, cls.province.folder / "units.csv", *exports.files.values()))

    def setUp(self):
        self.province.forget()
        shutil.rmtree(self.province.inputs, ignore_errors=True)
        self.province.inputs.mkdir()

    def put(self, name: str, lines: list[bytes]) -> None:
        file = self.province.inputs / name
        file.write_bytes(b"".join(lines))
        subprocess.run(["touch", "-d", "1 hour ago", file], check=True)

    def run_once(self) -> None:
        call(NTMD, "run", "--once", "--as-of", DAY, "--config", self.province.config)

    def check(self, what: object) -> None:
        found = self.ntmd.found()
        self.assertEqual(found.counted, self.expected.counted, what)
        self.assertEqual(found.bad, self.expected.bad, what)


class Digest(Exported):
    def test_the_generator_knows_what_an_independent_count_finds(self):
        self.assertEqual(self.exports.answer, self.expected)
        for change in ("scattered", "few"):
            with self.province.beside(change, NEXT_DAY) as later:
                self.assertEqual(later.answer, self.independent(later), change)
                self.assertNotEqual(later.answer, self.expected, change)

    def test_banks_may_come_in_any_order(self):
        for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]):
            self.setUp()
            for bank in (BANKS[place] for place in order):
                self.put(self.exports.files[bank].name, records(self.exports.files[bank]))
                self.run_once()
            self.check(order)

    def test_an_export_may_be_split_in_any_way_and_its_parts_may_come_in_any_order(self):
        for seed in range(6):
            self.setUp()
            draw = random.Random(seed)
            parts = []
            for bank, file in self.exports.files.items():
                header, *rows = records(file)
                pieces = [[header] for _ in range(draw.randint(1, 4))]
                scattered = draw.random() < 0.5
                for number, row in enumerate(rows):
                    pieces[draw.randrange(len(pieces)) if scattered else number * len(pieces) // len(rows)].append(row)
                names = [f"{bank}_{DAY}_{chr(ord('a') + place)}.csv" for place in range(len(pieces))]
                draw.shuffle(names)
                parts += zip(names, pieces)
            draw.shuffle(parts)
            runs = draw.randint(1, 3)
            for number, (name, piece) in enumerate(parts):
                self.put(name, piece)
                if number % len(parts) in {len(parts) * run // runs for run in range(1, runs)}:
                    self.run_once()
            self.run_once()
            self.check(f"seed {seed}: {[name for name, _ in parts]} in {runs} runs")

    def test_told_again_nothing_is_stored_but_the_poll(self):
        for bank, file in self.exports.files.items():
            self.put(file.name, records(file))
        self.run_once()
        before = Stored(self.province.store)
        self.run_once()
        self.check("polled again")
        for bank, file in self.exports.files.items():
            self.put(file.name, records(file))
        self.run_once()
        self.check("written again")
        changed = before.changed(Stored(self.province.store))
        self.assertLessEqual(changed, {"poll", "sqlite_sequence", "meta", "ledger", "tally"})


class LargeDigest(Exported):
    """The same of exports that are read side by side."""

    rows = LARGE_ROWS

    def deliver(self, order=BANKS):
        self.setUp()
        for bank in order:
            self.put(self.exports.files[bank].name, records(self.exports.files[bank]))

    def test_one_may_read_or_two(self):
        for file in self.exports.files.values():
            self.assertGreater(file.stat().st_size, 2 * PIECE)
        self.deliver()
        self.run_once()  # somebody helps
        self.check("two")
        self.deliver()
        for bank in BANKS:  # nobody does
            call(NTMD, "sync", f"bank-{bank}", "--config", self.province.config)
        call(NTMD, "assess", "--as-of", DAY, "--config", self.province.config)
        self.check("one")

    def test_parts_may_be_cut_anywhere_and_come_in_any_order(self):
        draw = random.Random(7)
        self.setUp()
        parts = []
        for bank, file in self.exports.files.items():
            header, *rows = records(file)
            cut = draw.randrange(len(rows))
            parts += [(f"{bank}_{DAY}_a.csv", [header, *rows[cut:]]), (f"{bank}_{DAY}_b.csv", [header, *rows[:cut]])]
        draw.shuffle(parts)
        for name, piece in parts:
            self.put(name, piece)
        self.run_once()
        self.check([name for name, _ in parts])


if __name__ == "__main__":
    unittest.main()
