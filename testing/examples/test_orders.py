"""examples/orders: the story ends well on each database and stream, and badly if a service forgets its part."""

import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

from servers import ROOT, TO_END_WITH_US, need, temporary_folder

ORDERS = os.path.join(ROOT, "examples", "orders")


def command(*options, folder=ORDERS):
    return [*TO_END_WITH_US, sys.executable, f"{folder}/run.py", "--headwater", os.environ["HEADWATER"], *options]


class Story(unittest.TestCase):
    def tell(self, *options, folder=ORDERS):
        environment = {**os.environ, "TMPDIR": temporary_folder()}
        # The slowest machine is patient enough; where something is to be missed, `options` say how long to wait for it.
        told = command("--once", "--patience", "600", *options, folder=folder)
        done = subprocess.run(told, capture_output=True, text=True, timeout=1200, env=environment)
        return done.returncode, done.stdout + done.stderr

    def assert_told(self, *options):
        begin = time.monotonic()
        status, said = self.tell(*options)
        self.assertEqual(status, 0, said)
        self.assertIn("Each order took effect exactly once; none was lost", said)
        print(f"{time.monotonic() - begin:.1f} s", end=" ", file=sys.stderr)

    def test_sqlite_embedded(self):
        self.assert_told("--stream", "embedded")

    def test_sqlite_nats(self):
        need("nats-server", f"{ROOT}/build/servers/usr/sbin")
        self.assert_told("--stream", "nats")

    def test_mongodb_embedded(self):
        self.assert_told("--mongodb", "--stream", "embedded")

    def test_mongodb_nats(self):
        need("nats-server", f"{ROOT}/build/servers/usr/sbin")
        self.assert_told("--mongodb", "--stream", "nats")

    def changed(self, file, before, after):
        """A copy of the example in which one file is wrong."""
        folder = shutil.copytree(ORDERS, os.path.join(temporary_folder(), "orders"))
        with open(f"{folder}/{file}", encoding="utf-8") as source:
            text = source.read()
        self.assertIn(before, text)
        with open(f"{folder}/{file}", "w", encoding="utf-8") as source:
            source.write(text.replace(before, after))
        return folder

    def test_a_consumer_without_inbox_is_noticed(self):
        folder = self.changed("service.py", "if times == 1 and ", "if ")
        status, said = self.tell("--stream", "embedded", folder=folder)
        self.assertEqual(status, 1, said)
        self.assertIn("FAILED: stock has applied an order twice", said)

    def test_a_consumer_that_answers_first_is_noticed(self):
        folder = self.changed("service.py", "        with db:\n", "        print(\"ok\", flush=True)\n"
                              "        crash_if_asked(name)\n        with db:\n")
        status, said = self.tell("--stream", "embedded", "--patience", "5", folder=folder)
        self.assertEqual(status, 1, said)
        self.assertIn("FAILED: within 5 seconds it did not happen that everybody has caught up", said)

    def test_a_forgotten_answer_is_noticed(self):
        folder = self.changed("shop_sqlite.py", "            if first:\n", "            if False:\n")
        status, said = self.tell("--stream", "embedded", folder=folder)
        self.assertEqual(status, 1, said)
        self.assertIn("FAILED: ", said)


class End(unittest.TestCase):
    """However the example ends, none of its processes stays."""

    def start(self):
        self.folder = temporary_folder()
        self.example = subprocess.Popen(command("--stream", "embedded"), stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "TMPDIR": self.folder})
        self.addCleanup(self.example.stdout.close)
        self.addCleanup(self.example.kill)
        while "Open http" not in (line := self.example.stdout.readline()):
            self.assertTrue(line, "the example has ended")

    def assert_nothing_stays(self):
        end = time.monotonic() + 10
        while left := self.processes():
            self.assertLess(time.monotonic(), end, f"these have stayed: {left}")
            time.sleep(0.05)

    def processes(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                    if self.folder in (words := file.read()):
                        found.append(words)
            except OSError:
                pass
        return found

    def test_terminated(self):
        self.start()
        self.assertTrue(self.processes())
        self.example.send_signal(signal.SIGTERM)
        self.assertEqual(self.example.wait(20), 0)
        self.assert_nothing_stays()
        self.assertEqual(os.listdir(self.folder), [])

    def test_killed(self):
        self.start()
        self.example.kill()
        self.example.wait()
        self.assert_nothing_stays()
