"""A shop whose orders are in an embedded stream, and `headwater consume` on it."""

import os
import random
import sqlite3
import subprocess

from servers import TO_END_WITH_US, temporary_folder

CONFIGURATION = """\
relay: orders
source:
  sqlite: { path: shop.db, tables: all }
stream:
  embedded: { path: events.db }
"""
SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, cents INTEGER);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);"""


class Shop:
    def __init__(self):
        self.folder = temporary_folder()
        self.config = os.path.join(self.folder, "headwater.yaml")
        self.random = random.Random(1)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        self.db = sqlite3.connect(os.path.join(self.folder, "shop.db"))
        self.db.executescript(SCHEMA)
        self.headwater("init")

    def headwater(self, command, *words):
        subprocess.run([os.environ["HEADWATER"], command, "-c", self.config, *words], check=True, timeout=600,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def place(self, number):
        with self.db:
            rows = [(f"customer {self.random.randint(1, 9)}", self.random.randint(1, 9999)) for _ in range(number)]
            self.db.executemany("INSERT INTO orders (customer, cents) VALUES (?, ?)", rows)
        self.headwater("run", "--until-current")

    def note(self, text):
        with self.db:
            self.db.execute("INSERT INTO notes (text) VALUES (?)", (text,))
        self.headwater("run", "--until-current")

    def totals(self):
        rows = self.db.execute("SELECT customer, count(*), sum(cents) FROM orders GROUP BY customer")
        return {customer: (orders, cents) for customer, orders, cents in rows}

    def consume(self, consumer, handler, *options):
        """Starts it; its child is the handler."""
        words = [os.environ["HEADWATER"], "consume", "-c", self.config, "--consumer", consumer, *options, "--", *handler]
        self.errors = os.path.join(self.folder, "consume.log")
        with open(self.errors, "ab") as log:
            return subprocess.Popen(TO_END_WITH_US + words, stdout=log, stderr=log)

    def consume_all(self, consumer, handler, *options):
        """Until everything is handled; returns the exit code and what it has said."""
        process = self.consume(consumer, handler, "--to-end", *options)
        try:
            status = process.wait(240)
        finally:
            process.kill()
        with open(self.errors, encoding="utf-8") as log:
            return status, log.read()
