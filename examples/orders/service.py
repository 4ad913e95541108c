"""What the consumers have in common: an inbox in the service's own database, and the talk with `headwater consume`."""

import json
import os
import sqlite3
import sys

from crash import crash_if_asked

INBOX = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS inbox (source TEXT, id TEXT, sequence INTEGER, came INTEGER NOT NULL DEFAULT 1,
                                      PRIMARY KEY (source, id));"""
# `came` counts how often an event came; only its first time it is applied.
CLAIM = """INSERT INTO inbox (source, id, sequence) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET came = came + 1 RETURNING came"""


def run(schema, apply):
    """Calls apply(db, order id, order) once for each order, in the transaction that remembers it."""
    name = os.environ["HEADWATER_CONSUMER"]
    db = sqlite3.connect(f"{name}.db", timeout=60)
    db.executescript(INBOX + schema)
    for line in sys.stdin:
        event = json.loads(line)
        with db:
            times = db.execute(CLAIM, (event["source"], event["id"], int(event["sequence"]))).fetchone()[0]
            if times == 1 and event["data"]["op"] in ("insert", "read"):
                apply(db, event["subject"], event["data"]["after"])
        crash_if_asked(name)  # Applied, but headwater does not know yet.
        print("ok", flush=True)
