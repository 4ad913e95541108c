"""Looks on: reads the stream and the services' databases, and changes nothing."""

import collections
import json
import os
import sqlite3
import subprocess
import threading

from processes import ENDS_WITH_US


class Observer:
    def __init__(self, world):
        self.world = world
        self.events = []  # Of each: sequence, order (its id), type, time, and the row after the change.
        self.tail = None

    def start(self):
        words = [self.world.headwater, "tail", "-c", self.world.config, "--from", "earliest", "--follow"]
        self.tail = subprocess.Popen(ENDS_WITH_US + words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.tail.stdout:
            event = json.loads(line)
            self.events.append({"sequence": int(event["sequence"]), "order": event.get("subject"),
                                "type": event["type"], "time": event["time"], "after": event["data"]["after"]})

    def stop(self):
        if self.tail:
            self.tail.kill()
            self.tail.wait()

    def query(self, service, sql):
        """Rows of a service's database; none if it is not there yet."""
        path = os.path.join(self.world.folder, f"{service}.db")
        try:
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)
            try:
                return db.execute(sql).fetchall()
            finally:
                db.close()
        except sqlite3.OperationalError:
            return []

    def handled(self, service):
        """The number of events in its inbox."""
        rows = self.query(service, "SELECT count(*) FROM inbox")
        return rows[0][0] if rows else 0

    def consumer(self, name):
        """Its place, how many events came more than once, and how many effects that has had."""
        inbox = self.query(name, "SELECT count(*), max(sequence), sum(came) - count(*) FROM inbox")
        effects = self.query(name, "SELECT count(*), count(DISTINCT order_id) FROM effects")
        handled, place, came_again = inbox[0] if inbox else (0, 0, 0)
        applied, orders = effects[0] if effects else (0, 0)
        return {"name": name, "state": self.world.consumers[name].state(), "handled": handled, "place": place or 0,
                "came_again": came_again or 0, "applied_twice": applied - orders}

    def effects(self, name):
        return collections.Counter(row[0] for row in self.query(name, "SELECT order_id FROM effects"))
