"""Adds up each customer's orders in Redis. README.md says how to run it."""

import json
import os
import sys

import redis

db = redis.Redis.from_url(sys.argv[1])
KEEP = 30 * 86400  # Seconds. Redis forgets an id by itself after that; README.md says how long ids have to stay.


def apply(pipe, change):
    if change["op"] in ("insert", "read"):
        order = change["after"]
        pipe.hincrby("totals:orders", order["customer"], 1)
        pipe.hincrby("totals:cents", order["customer"], order["cents"])


def handle(events):
    new = {f"inbox:{event['source']}:{event['id']}": event for event in events}

    def transaction(pipe):  # Runs again if somebody claims one of the ids before EXEC.
        claimed = [key for key, seen in zip(new, pipe.mget(list(new))) if not seen]
        pipe.multi()
        for key in claimed:
            pipe.set(key, 1, ex=KEEP)
            apply(pipe, new[key]["data"])

    try:
        db.transaction(transaction, *new)  # WATCH, then MULTI ... EXEC: all of it or nothing.
        return "ok"
    except (KeyError, TypeError, redis.DataError) as error:  # Not an order. Other errors end the program.
        return f"reject {error!r}"


events = []
for line in sys.stdin:
    if line != "\n":
        events.append(json.loads(line))
    if line == "\n" or "HEADWATER_BATCH" not in os.environ:
        print(handle(events), flush=True)
        events.clear()
