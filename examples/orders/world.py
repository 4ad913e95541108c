"""All that runs: the order service and its database, two relays, the stream, and the consumers."""

import os
import subprocess
import sys
import time

from customers import Customers
from observer import Observer
from processes import Process, free_port
from servers import mongodb_server, nats_server

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGURATION = """\
relay: orders
takeover_after: 1s
source:
  {source}
stream:
  {stream}
"""


class Failed(Exception):
    """Says what did not happen."""


class World:
    def __init__(self, folder, headwater, mongodb, nats, patience, say):
        self.folder, self.headwater, self.patience, self.say = folder, headwater, patience, say
        self.config = os.path.join(folder, "headwater.yaml")
        self.servers, self.port = [], free_port()
        self.setting = {"source": "MongoDB" if mongodb else "SQLite", "stream": "NATS" if nats else "the embedded stream"}
        database = self.choose_database(mongodb)
        stream = self.choose_stream(nats)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(source=self.source, stream=stream))
        self.orders = self.python("orders", "orders.py", str(self.port), database)
        self.relays = [self.process(f"relay-{n}", headwater, "run", "-c", self.config, "--log", "json") for n in (1, 2)]
        self.consumers = {name: self.consumer(name) for name in ("stock", "mail", "report")}
        self.customers = Customers(f"127.0.0.1:{self.port}")
        self.observer = Observer(self)

    def choose_database(self, mongodb):
        if not mongodb:
            self.source = "sqlite: { path: shop.db, tables: [orders] }"
            return os.path.join(self.folder, "shop.db")
        server, uri = mongodb_server(self.folder)
        self.servers.append(server)
        self.source = f"mongodb: {{ uri: \"{uri}\", watch: shop.orders, snapshot: initial, identity: shop }}"
        return uri

    def choose_stream(self, nats):
        if not nats:
            return "embedded: { path: events.db }"
        server, url = nats_server(self.folder, nats)
        self.servers.append(server)
        return f"nats: {{ url: \"{url}\", stream: ORDERS }}"

    def process(self, name, *words):
        return Process(name, list(words), self.folder)

    def python(self, name, program, *words):
        return self.process(name, sys.executable, os.path.join(HERE, program), *words)

    def consumer(self, name):
        return self.process(name, self.headwater, "consume", "-c", self.config, "--consumer", name, "--",
                            sys.executable, os.path.join(HERE, f"{name}.py"))

    def processes(self):
        return [*self.consumers.values(), *self.relays, self.orders, *self.servers]

    def start(self):
        """Everything but the reporting service, which comes late."""
        for server in self.servers:
            server.start()
        self.start_orders()
        self.wait_until("headwater can prepare source and stream", self.initialize)
        for process in [*self.relays, self.consumers["stock"], self.consumers["mail"]]:
            process.start()
        self.observer.start()

    def start_orders(self):
        self.orders.start()
        self.wait_until("the order service answers", lambda: self.orders.running() and self.customers.summary())

    def stored_orders(self):
        """All that the order service has."""
        summary = self.customers.summary()
        if not summary:
            raise Failed("the order service does not answer")
        return summary["orders"]

    def initialize(self):
        done = subprocess.run([self.headwater, "init", "-c", self.config], capture_output=True, text=True, timeout=self.patience)
        if done.returncode in (1, 2):  # A problem that stays. Others, such as a server that is about to start, pass.
            raise Failed(f"headwater init says:\n{done.stdout}{done.stderr}")
        return done.returncode == 0

    def end(self):
        self.observer.stop()
        for process in self.processes():
            process.stop()

    def leads(self, relay):
        """Whether its log says so last. Right after a start several say it, until they have tried to append."""
        words = ('"relay.leading"', '"relay.standing_by"')
        with open(relay.log, encoding="utf-8") as log:
            lines = [line for line in log if any(word in line for word in words)]
        return bool(lines) and words[0] in lines[-1]

    def wait_for_one_leader(self):
        """Returns the relay that leads, and the one that stands by."""
        def one():
            self.customers.place(1)
            return self.leads(self.relays[0]) != self.leads(self.relays[1])
        self.wait_until("one relay leads and the other stands by", one)
        return sorted(self.relays, key=self.leads, reverse=True)

    def ask_to_crash(self, name):
        open(os.path.join(self.folder, f"crash-{name}"), "w").close()

    def wait_for_crash(self, name):
        self.wait_until(f"{name} is killed", lambda: not os.path.exists(os.path.join(self.folder, f"crash-{name}")))

    def caught_up(self):
        """True once the stream and each consumer that runs has every accepted order."""
        want = len(self.stored_orders())
        places = [self.observer.handled(name) for name, process in self.consumers.items() if process.child]
        return len(self.observer.events) >= want and all(place >= want for place in places)

    def wait_until_caught_up(self):
        self.wait_until("everybody has caught up", self.caught_up)

    def wait_until(self, what, true):
        end = time.monotonic() + self.patience
        while not true():
            if time.monotonic() > end:
                raise Failed(f"within {self.patience} seconds it did not happen that {what}; see {self.folder}/*.log")
            time.sleep(0.05)
