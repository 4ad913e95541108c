"""The handlers of examples/consumers: each effect once, whatever is killed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

import servers
from servers import ROOT, need
from shop import Shop

EXAMPLES = os.path.join(ROOT, "examples", "consumers")
BUILT = os.path.join(ROOT, "build", "examples")
DAYS = 86400
KILLS = 40 if os.environ.get("HEADWATER_LONG") else 12


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return []


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Handler:
    """What is asked of every handler."""

    events = 1000

    def setUp(self):
        self.random = random.Random(7)
        self.prepare()
        self.shop = Shop()

    def assert_applied_once(self, said=""):
        self.assertEqual(self.totals(), self.shop.totals(), said)

    def consume_all(self, consumer, *options):
        status, said = self.shop.consume_all(consumer, self.handler(), *options)
        self.assertEqual(status, 0, said)
        return said

    def after_kill(self):
        pass

    def handled(self):
        """How many events it remembers; 0 if it has not even begun."""
        try:
            return self.remembered()
        except Exception:
            return 0

    def test_kills(self):
        """The handler and `headwater consume` are killed, always while they work."""
        self.shop.place(self.events)
        for number in range(KILLS):
            begin, enough = self.handled(), self.random.randint(1, 40)
            process = self.shop.consume("totals", self.handler(), *(["--batch", "10"] if number % 2 else []))
            end = time.monotonic() + 20
            while self.handled() < begin + enough and process.poll() is None and time.monotonic() < end:
                time.sleep(self.random.random() / 500)
            if number % 3:
                for child in children(process.pid):
                    kill(child)
            process.kill()
            process.wait()
            self.after_kill()
        self.assert_applied_once(self.consume_all("totals", "--batch", "100"))

    def test_events_come_again(self):
        """Another consumer gets every event again, in batches and with two workers."""
        self.shop.place(100)
        self.consume_all("totals", "--batch", "30")
        self.assert_applied_once()
        self.shop.place(50)
        self.consume_all("again", "--batch", "30", "--workers", "2")
        self.assert_applied_once()

    def test_not_an_order(self):
        self.shop.place(5)
        self.shop.note("hello")
        status, said = self.shop.consume_all("totals", self.handler(), "--on-failure", "stop", "--attempts", "1")
        self.assertNotEqual(status, 0)
        self.assertRegex(said, "customer|not an order")
        self.assert_applied_once()

    def test_forgets(self):
        self.shop.place(30)
        self.consume_all("totals")
        self.make_old()
        self.shop.place(20)
        self.consume_all("totals", "--batch", "10")
        self.assertEqual(self.remembered(), 20)
        self.assert_applied_once()


class Sqlite(Handler, unittest.TestCase):
    def prepare(self):
        self.path = os.path.join(servers.temporary_folder(), "totals.db")

    def handler(self):
        return [sys.executable, f"{EXAMPLES}/python/sqlite_totals.py", self.path]

    def ask(self, sql):
        with sqlite3.connect(self.path) as db:
            return db.execute(sql).fetchall()

    def totals(self):
        return {row[0]: row[1:] for row in self.ask("SELECT * FROM totals")}

    def make_old(self):
        self.ask(f"UPDATE inbox SET seen = seen - {31 * DAYS}")

    def remembered(self):
        return self.ask("SELECT count(*) FROM inbox")[0][0]


class PostgresqlInPython(Handler, unittest.TestCase):
    def prepare(self):
        import psycopg
        name = f"{type(self).__name__.lower()}{self._testMethodName}"
        url = servers.postgresql_url()
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}")
        self.url = url.replace("/postgres?", f"/{name}?")
        self.connect = psycopg.connect

    def handler(self):
        return [sys.executable, f"{EXAMPLES}/python/postgresql_totals.py", self.url]

    def ask(self, sql):
        with self.connect(self.url) as db:
            done = db.execute(sql)
            return done.fetchall() if done.description else []

    def totals(self):
        return {row[0]: row[1:] for row in self.ask("SELECT * FROM totals")}

    def make_old(self):
        self.ask("UPDATE inbox SET seen = seen - interval '31 days'")

    def remembered(self):
        return self.ask("SELECT count(*) FROM inbox")[0][0]


class PostgresqlInTypescript(PostgresqlInPython):
    @classmethod
    def setUpClass(cls):
        cls.node = need("node")
        if not os.path.exists(f"{BUILT}/typescript/node_modules"):
            raise unittest.SkipTest("there are no packages of npm; ./dev test installs them")
        for name in ("package.json", "tsconfig.json", "totals.ts"):
            with open(f"{EXAMPLES}/typescript/{name}", "rb") as file, open(f"{BUILT}/typescript/{name}", "wb") as copy:
                copy.write(file.read())
        subprocess.run([cls.node, "node_modules/typescript/bin/tsc"], cwd=f"{BUILT}/typescript", check=True)

    def handler(self):
        return [self.node, f"{BUILT}/typescript/totals.js", self.url]


class Redis(Handler, unittest.TestCase):
    databases = 0

    def prepare(self):
        import redis
        Redis.databases += 1
        self.url = f"{servers.redis_url()}?db={Redis.databases}"
        self.db = redis.Redis.from_url(self.url, decode_responses=True)

    def handler(self):
        return [sys.executable, f"{EXAMPLES}/python/redis_totals.py", self.url]

    def totals(self):
        orders, cents = self.db.hgetall("totals:orders"), self.db.hgetall("totals:cents")
        return {customer: (int(orders[customer]), int(cents[customer])) for customer in orders}

    def make_old(self):
        for key in self.db.scan_iter("inbox:*"):
            self.assertTrue(29 * DAYS < self.db.ttl(key) <= 30 * DAYS)
            self.db.pexpire(key, 0)

    def remembered(self):
        return sum(1 for _ in self.db.scan_iter("inbox:*"))


class Mongodb(Handler, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        go = need("go")
        os.makedirs(BUILT, exist_ok=True)
        subprocess.run([go, "build", "-o", f"{BUILT}/go-totals", "."], cwd=f"{EXAMPLES}/go", check=True, timeout=900)

    def prepare(self):
        import pymongo
        self.uri, self.name = servers.mongodb_uri(), self._testMethodName
        self.db = pymongo.MongoClient(self.uri)[self.name]

    def handler(self):
        return [f"{BUILT}/go-totals", self.uri, self.name]

    def totals(self):
        return {row["_id"]: (row["orders"], row["cents"]) for row in self.db.totals.find()}

    def after_kill(self):
        """A transaction outlives its client. A mongod ends it after a minute, SecantusDB does not."""
        self.db.client.admin.command("killAllSessions", [])

    def make_old(self):
        """The server would take a minute to notice, so this only looks whether it is told to, and does it itself."""
        index = self.db.inbox.index_information()["seen_1"]
        self.assertEqual(index["expireAfterSeconds"], 30 * DAYS)
        seen = {type(row["seen"]).__name__ for row in self.db.inbox.find()}
        self.assertEqual(seen, {"datetime"})
        self.db.inbox.delete_many({})

    def remembered(self):
        return self.db.inbox.count_documents({})
