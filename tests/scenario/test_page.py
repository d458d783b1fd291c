"""The published page in a real browser: the matrix, both languages, the finder, from files and from the status server."""
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from browser import CHROMIUM, Browser
from province import NTMD, Province

STATES = {"met": "m", "not_met": "n", "unconfirmed": "u", "stale": "s", "no_data": "d", "error": "e", "exempt": "x"}
SHOTS = None  # a folder, named on the command line, where what was seen is kept
UNITS = 148

# A colour's luminance and two colours' contrast, as WCAG has them.
CONTRAST = """(() => {
  const light = text => { const [r, g, b] = text.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = node => { for (; node; node = node.parentElement) { const c = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$|^transparent$/.test(c)) return c; } return "rgb(255,255,255)"; };
  const poor = new Set();
  for (const node of document.querySelectorAll("main *, header *, footer *")) {
    if (![...node.childNodes].some(c => c.nodeType === 3 && c.data.trim()) || !node.checkVisibility()) continue;
    const a = light(getComputedStyle(node).color), b = light(ground(node));
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) poor.add(node.tagName + "." + node.className + " " + node.textContent.slice(0, 30));
  }
  return [...poor];
})()"""


def many_units(province):
    """Adds communes without data to the register, so that there are as many as the province has today."""
    register = province.folder / "units.csv"
    text = register.read_text()
    have = text.strip().count("\n")
    for number in range(UNITS - have):
        text += f"{10000 + number},Xã Đồng Lạc {number + 1},xa,999,2020-01-01,\n"
    register.write_text(text)


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.province = Province("1002")
        cls.addClassCleanup(cls.province.close)
        many_units(cls.province)
        done = cls.province.once()
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.public = cls.province.folder / "public"
        cls.status = cls.province.status()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.tab()
        self.browser.dark(False)
        self.browser.size(1400, 1000)
        self.open("index.html")

    def open(self, name):
        self.browser.open((self.public / name).as_uri())

    def choose(self, language):
        self.browser.js(f"document.querySelector('label[for={language}]').click()")

    def js(self, expression):
        return self.browser.js(expression)

    def keep(self, name):
        if SHOTS:
            self.browser.shot(SHOTS / f"{name}.png")

    def seen(self, selector="main"):
        """The text as it is shown: what is hidden is not in it."""
        return self.js(f"document.querySelector({selector!r}).innerText")

    def says(self, *texts, but_not=()):
        seen = self.seen()
        self.assertEqual([], [text for text in texts if text not in seen] + [text for text in but_not if text in seen])

    def test_every_commune_has_a_row_and_every_indicator_a_cell_that_says_what_status_json_says(self):
        rows = self.js("""[...document.querySelectorAll('#units tbody tr')].map(row => ({
            code: row.querySelector('th small').textContent, name: row.querySelector('th a').textContent,
            cells: [...row.cells].slice(1).map(cell => ({look: cell.className.split(' ').pop(), sign: getComputedStyle(cell, '::before').content, text: cell.innerText}))}))""")
        self.assertEqual(UNITS, len(rows))
        units = {unit["code"]: unit for unit in self.status["units"]}
        self.assertEqual(set(units), {row["code"] for row in rows})
        heads = self.js("[...document.querySelector('#units thead').querySelectorAll('tr:last-child th')].map(th => th.firstChild.data)")
        signs = {}
        for row in rows:
            unit = units[row["code"]]
            self.assertEqual(unit["name"], row["name"])
            self.assertEqual(STATES[unit["status"]], row["cells"][0]["look"])
            self.assertEqual(f"{unit['met']}/{unit['of']}", row["cells"][1]["text"])
            judged = {one["id"]: one for one in unit["pillars"] + unit["indicators"]}
            for head, cell in zip(heads, row["cells"][2:], strict=True):
                self.assertEqual(STATES[judged[head]["status"]], cell["look"], (row["code"], head))
                signs.setdefault(cell["look"], set()).add(cell["sign"].split('"')[1])
                if judged[head].get("percent"):
                    self.assertEqual(judged[head]["percent"].replace(".", ","), cell["text"].strip())
        self.assertEqual({1}, {len(seen) for seen in signs.values()})
        self.assertEqual(len(signs), len(set().union(*signs.values())), "colour is not needed to tell states apart")
        self.assertEqual([], self.browser.complaints)
        self.keep("index-1400")

    def test_it_opens_in_vietnamese_switches_to_english_and_remembers(self):
        self.says("Theo đơn vị", "không đạt", but_not=("By unit", "not met"))
        self.assertIn("20/12/2024", self.seen("header"))
        self.choose("en")
        self.says("By unit", "not met", but_not=("Theo đơn vị", "không đạt"))
        self.assertIn("2024-12-20", self.seen("header"))
        self.assertEqual("en", self.js("document.documentElement.lang"))
        self.keep("index-en")
        # The browser keeps the choice in its own time.
        for _ in range(50):
            self.open("index.html")
            if "By unit" in self.seen():
                break
        self.says("By unit", but_not=("Theo đơn vị",))

    def test_the_language_is_chosen_and_the_matrix_reached_by_keyboard(self):
        reached = []
        for _ in range(12):
            self.browser.key("Tab")
            reached.append(self.js("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"))
        self.assertEqual("skip", reached[0])
        self.assertEqual("vi", reached[1])
        self.assertIn("q", reached)
        self.assertIn("box", reached)
        self.js("document.getElementById('vi').focus()")
        self.browser.key("ArrowRight")
        self.says("By unit", but_not=("Theo đơn vị",))

    def test_communes_are_found_without_accents_and_by_result(self):
        shown = "[...document.querySelectorAll('#units tbody tr')].filter(row => row.checkVisibility()).length"
        self.js("q = document.getElementById('q'), q.value = 'cao xa', q.dispatchEvent(new Event('input'))")
        self.browser.until(f"{shown} === 1")
        self.assertIn("1 / 148", self.seen("#n"))
        self.js("q.value = '', q.dispatchEvent(new Event('input'))")
        self.browser.until(f"{shown} === {UNITS}")
        for column, key in (("kết quả chung", "status"), ("1.1.2", "1.1.2")):
            wanted = 0
            for unit in self.status["units"]:
                one = unit if key == "status" else next(i for i in unit["indicators"] if i["id"] == key)
                wanted += one["status"] == "not_met"
            self.assertGreater(wanted, 0)
            self.js(f"c = document.getElementById('c'), f = document.getElementById('f'), "
                    f"c.value = [...c.options].find(o => o.text === {column!r}).value, f.value = 'n', f.dispatchEvent(new Event('change'))")
            self.assertEqual(wanted, self.js(shown), column)

    def test_a_head_and_a_name_stay_in_view_and_the_page_is_as_wide_as_a_phone(self):
        self.browser.size(400, 900)
        self.open("index.html")
        self.assertEqual([400, 400], self.js("[document.documentElement.scrollWidth, innerWidth]"))
        self.keep("index-400")
        self.js("box = document.querySelector('.box'), box.scrollIntoView(), box.scrollTop = 1500, box.scrollLeft = 300")
        self.browser.until("document.querySelector('.box').scrollTop > 1000")
        # Cells stand 2 px apart: look at a few places next to each other.
        inside = self.js("""(() => { const box = document.querySelector('.box').getBoundingClientRect();
            const near = (x, y) => [0, 2, 4, 6].map(d => document.elementFromPoint(box.left + x + d, box.top + y + d).closest('th'));
            return [near(40, 12).some(th => th?.closest('thead')), near(200, 12).some(th => th?.closest('thead')),
                    near(40, 300).some(th => th?.scope === 'row')]; })()""")
        self.assertEqual([True, True, True], inside)
        self.keep("matrix-400")
        self.open("units/08314.html")
        self.assertEqual([400, 400], self.js("[document.documentElement.scrollWidth, innerWidth]"))
        self.keep("unit-400")

    def test_a_commune_page_says_what_is_to_be_done_and_where_each_figure_comes_from(self):
        unit = next(one for one in self.status["units"] if one["status"] == "not_met")
        self.browser.follow(f"a[href='units/{unit['code']}.html']")
        text = self.seen()
        self.assertEqual(unit["name"], self.seen("h1"))
        self.assertEqual(unit["deciding"], self.js("[...document.querySelectorAll('.todo a')].map(a => a.hash.slice(3))"))
        for one in unit["indicators"]:
            self.assertTrue(one["id"] in text, one["id"])
            if one["percent"]:
                self.assertTrue(one["percent"].replace(".", ",") + " %" in text, one["percent"])
        for place in self.js("[...document.querySelectorAll('main a[href^=\"#\"]')].map(a => a.hash)"):
            self.assertTrue(self.js(f"document.getElementById({place[1:]!r}) !== null"), place)
        self.choose("en")
        self.says("What decides it", but_not=("Còn phải làm",))
        self.assertEqual([], self.browser.complaints)
        self.keep("unit-1400")

    def test_what_is_written_can_be_read_in_light_and_dark(self):
        for dark in (False, True):
            self.browser.dark(dark)
            for name in ("index.html", "units/08314.html"):
                self.open(name)
                self.assertEqual([], self.js(CONTRAST), (name, dark))
                self.keep(f"{'dark' if dark else 'light'}-{pathlib.Path(name).stem}")

    def test_it_asks_nobody_else(self):
        self.open("units/08314.html")
        self.assertEqual([], [url for url in self.browser.asked if not url.startswith((self.public.as_uri(), "data:"))])
        self.assertEqual([], self.browser.complaints)

    def test_the_status_server_gives_the_same_page_under_its_policy(self):
        province = Province("1002")
        self.addCleanup(province.close)
        many_units(province)
        process = subprocess.Popen([NTMD, "--config", str(province.config), "run"], stderr=subprocess.PIPE, text=True)
        try:
            url = None
            for line in process.stderr:
                found = re.search(r"url=\"?(http://127\.0\.0\.1:[0-9]+)", line)
                url = found.group(1) if found else url
                if "daemon.ready" in line:
                    break
            self.assertTrue(url)
            for name in ("/", "/units/08314.html"):
                self.browser.open(url + name)
                self.says("chưa có dữ liệu", but_not=("no data",))
                self.assertNotEqual("rgba(0, 0, 0, 0)", self.js("getComputedStyle(document.body).backgroundColor"), "styled")
            self.browser.open(url + "/")
            self.assertEqual("148 / 148", self.seen("#n").split(": ")[1])
            self.assertGreater(self.js("document.querySelectorAll('.bar i')[1].getBoundingClientRect().width"), 100)
            self.assertEqual([], self.browser.complaints)
            self.assertEqual([], [one for one in self.browser.asked if not one.startswith((url, self.public.as_uri(), "data:"))])
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.close()
            self.assertEqual(0, process.wait(30))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--shots":
        SHOTS = pathlib.Path(sys.argv[2])
        SHOTS.mkdir(parents=True, exist_ok=True)
        del sys.argv[1:3]
    unittest.main()
