"""The page of examples/orders, in a headless Chromium."""

import http.client
import json
import os
import re
import subprocess
import unittest

from servers import ROOT, need, temporary_folder
from test_orders import command

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.join(ROOT, "build", "examples", "page")


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = subprocess.Popen(command("--stream", "embedded"), stdout=subprocess.PIPE, text=True,
                                       env={**os.environ, "TMPDIR": temporary_folder()})
        cls.addClassCleanup(cls.end)
        for line in cls.example.stdout:
            if found := re.search(r"http://([0-9.:]+)/", line):
                cls.host = found[1]
                return
        raise RuntimeError("the example has ended")

    @classmethod
    def end(cls):
        cls.example.terminate()
        cls.example.communicate(timeout=300)

    def ask(self, method, path, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=300)
        self.addCleanup(connection.close)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse()

    def test_other_sites_get_nothing(self):
        self.assertEqual(self.ask("GET", "/", Host="evil.example").status, 403)
        self.assertEqual(self.ask("POST", "/do/relays_killed").status, 403)
        self.assertEqual(self.ask("POST", "/do/nothing", X_Orders="yes").status, 404)
        self.assertEqual(self.ask("GET", "/../run.py").status, 404)

    def test_in_a_browser(self):
        chromium, node = need("chromium"), need("node")
        if not os.path.exists(f"{PACKAGES}/node_modules"):
            self.skipTest("there is no playwright-core; ./dev test installs it")
        done = subprocess.run([node, f"{HERE}/page.mjs", f"http://{self.host}/", f"{ROOT}/build/examples/page.png"],
                              env={**os.environ, "PLAYWRIGHT": PACKAGES, "CHROMIUM": chromium}, capture_output=True, text=True,
                              timeout=600)
        self.assertEqual(done.returncode, 0, done.stderr)
        saw = json.loads(done.stdout)
        self.assertEqual(saw["errors"], [])
        self.assertEqual(saw["down"], 3)
        self.assertEqual(saw["before"], "not audited yet")
        self.assertEqual(saw["verdict"], f"Audit of {saw['audited']} orders: each took effect exactly once")
        self.assertEqual(saw["orders"], saw["events"])
        self.assertGreaterEqual(saw["audited"], 77)
        self.assertEqual(saw["orders"], saw["audited"] + 20)
        self.assertEqual(len(saw["consumers"]), 3)
        for consumer in saw["consumers"]:
            self.assertIn("has caught up", consumer)
            self.assertIn(" 0 applied twice", consumer)
        self.assertRegex(saw["consumers"][0], "[1-9][0-9]* came again")
