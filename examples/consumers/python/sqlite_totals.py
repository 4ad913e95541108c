"""Adds up each customer's orders in SQLite. README.md says how to run it."""

import json
import os
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1], timeout=60)
db.executescript("""
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS totals (customer TEXT PRIMARY KEY, orders INTEGER, cents INTEGER);
    CREATE TABLE IF NOT EXISTS inbox (source TEXT, id TEXT, seen INTEGER DEFAULT (strftime('%s', 'now')),
                                      PRIMARY KEY (source, id)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS inbox_seen ON inbox (seen);""")

CLAIM = "INSERT INTO inbox (source, id) VALUES (?, ?) ON CONFLICT DO NOTHING"
# A few at a time, so that nobody waits. README.md says how long ids have to stay.
FORGET = """DELETE FROM inbox WHERE (source, id) IN (
    SELECT source, id FROM inbox WHERE seen < strftime('%s', 'now') - 30 * 86400 LIMIT ?)"""


def apply(change):
    if change["op"] in ("insert", "read"):
        db.execute("""INSERT INTO totals VALUES (?, 1, ?) ON CONFLICT (customer)
                      DO UPDATE SET orders = orders + 1, cents = cents + excluded.cents""",
                   (change["after"]["customer"], change["after"]["cents"]))


def handle(events):
    try:
        with db:  # One transaction: what is applied is remembered, and what is not is not.
            for event in events:
                if db.execute(CLAIM, (event["source"], event["id"])).rowcount:
                    apply(event["data"])
            db.execute(FORGET, (2 * len(events),))
        return "ok"
    except (KeyError, TypeError) as error:  # Not an order. Other errors end the program; it is started again.
        return f"reject {error!r}"


events = []
for line in sys.stdin:
    if line != "\n":
        events.append(json.loads(line))
    if line == "\n" or "HEADWATER_BATCH" not in os.environ:
        print(handle(events), flush=True)
        events.clear()
