"""What is published is for everybody: publish_dir is a folder of its own, and only what was published is served."""
import unittest

from daemon import DaemonCase


class PublishPlace(DaemonCase):
    def refused(self, publish, *says):
        text = self.province.config.read_text()
        self.configure("publish_dir: public", f"publish_dir: {publish}")
        try:
            for command in (["check"], ["run", "--once"]):
                done = self.ask(*command, code=2)
                for words in ("ntmd.yaml:5:", "publish_dir", *says):
                    self.assertIn(words, done.stdout + done.stderr, f"{publish}: {command}")
        finally:
            self.province.config.write_text(text)

    def test_it_is_not_where_something_else_is(self):
        self.refused("var", "is data_dir")
        self.refused("var/spool", "lies in data_dir")
        self.refused(".", "contains data_dir", "contains secrets_dir", "contains ntmd.yaml", "contains the drop folder of source bank-mb")
        self.refused("..", "contains ntmd.yaml")
        self.refused("secrets", "is secrets_dir")
        self.refused("sources.d/x", "lies in the folder of sources")
        self.refused("in", "contains the drop folder of source so-lieu-xa")
        self.refused("in/figures", "is the drop folder of source so-lieu-xa")
        self.refused("in/figures/deep/er", "lies in the drop folder of source so-lieu-xa")
        self.refused("public/../var/", "is data_dir")

    def test_nothing_else_is_put_into_it(self):
        self.configure("data_dir: var", "data_dir: public/x")
        self.assertIn("contains data_dir", self.ask("check", code=2).stdout)
        self.configure("data_dir: public/x", "data_dir: var")
        (self.province.folder / "public").mkdir()
        (self.province.folder / "units.csv").rename(self.province.folder / "public/units.csv")
        self.configure("registers: [units.csv]", "registers: [public/units.csv]")
        self.assertIn("contains a file of units", self.ask("check", code=2).stdout)

    def test_links_are_followed(self):
        (self.province.folder / "var").mkdir(mode=0o700)
        (self.province.folder / "link").symlink_to("var")
        self.refused("link", "is data_dir")
        self.refused("link/deeper", "lies in data_dir")
        (self.province.folder / "public").symlink_to("secrets")
        self.assertIn("is secrets_dir", self.ask("check", code=2).stdout)

    def test_beside_the_store_or_where_it_is_when_nothing_is_said_it_may_be(self):
        self.ask("check")
        self.configure("publish_dir: public\n", "")
        self.ask("check")
        self.assertIn(self.province.once().returncode, (0, 3))
        self.assertTrue((self.province.folder / "var/public/status.json").exists())

    def test_the_server_hands_out_what_was_published_only(self):
        daemon = self.start()
        public = self.province.folder / "public"
        for name in ("ntmd.db", "person_key", "bank.csv", "units/list.csv", ".hidden.json"):
            (public / name).write_text("secret")
        for name in ("ntmd.db", "person_key", "bank.csv", "units/list.csv", ".hidden.json", "../ntmd.yaml"):
            self.assertEqual(daemon.get("/" + name)[0], 404, name)
        for name in ("", "index.html", "page.css", "page.js", "status.json", "sources.json", "alerts.json", "metrics.prom", "metrics", "chain.json",
                     "units/07987.json", "units/07987.html"):
            self.assertEqual(daemon.get("/" + name)[0], 200, name)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
