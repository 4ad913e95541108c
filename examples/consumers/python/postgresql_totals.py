"""Adds up each customer's orders in PostgreSQL. README.md says how to run it."""

import json
import os
import sys

import psycopg

db = psycopg.connect(sys.argv[1], autocommit=True)
db.execute("""
    SELECT pg_advisory_xact_lock(4711);  -- Two workers that start at once would both create them.
    CREATE TABLE IF NOT EXISTS totals (customer text PRIMARY KEY, orders bigint, cents bigint);
    CREATE TABLE IF NOT EXISTS inbox (source text, id text, seen timestamptz DEFAULT now(), PRIMARY KEY (source, id));
    CREATE INDEX IF NOT EXISTS inbox_seen ON inbox (seen);""")

CLAIM = "INSERT INTO inbox (source, id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
# A few at a time, so that nobody waits. README.md says how long ids have to stay.
FORGET = """DELETE FROM inbox WHERE (source, id) IN (
    SELECT source, id FROM inbox WHERE seen < now() - interval '30 days' LIMIT %s FOR UPDATE SKIP LOCKED)"""


def apply(change):
    if change["op"] in ("insert", "read"):
        db.execute("""INSERT INTO totals AS t VALUES (%s, 1, %s) ON CONFLICT (customer)
                      DO UPDATE SET orders = t.orders + 1, cents = t.cents + excluded.cents""",
                   (change["after"]["customer"], change["after"]["cents"]))


def handle(events):
    try:
        with db.transaction():  # What is applied is remembered, and what is not is not.
            for event in events:
                if db.execute(CLAIM, (event["source"], event["id"])).rowcount:
                    apply(event["data"])
            db.execute(FORGET, (2 * len(events),))
        return "ok"
    except (KeyError, TypeError) as error:  # Not an order. Other errors end the program; it is started again.
        return f"reject {error!r}"
    except psycopg.errors.DeadlockDetected:  # With another worker.
        return "retry deadlock"


events = []
for line in sys.stdin:
    if line != "\n":
        events.append(json.loads(line))
    if line == "\n" or "HEADWATER_BATCH" not in os.environ:
        print(handle(events), flush=True)
        events.clear()
