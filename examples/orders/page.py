"""The page: shows what runs, live, and has a button for each disaster."""

import json
import os
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from disasters import STORY
from world import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
SHOWN = 9  # Of the latest orders and events.


class Page:
    def __init__(self, world, port, perform, check):
        self.world, self.perform, self.check = world, perform, check
        self.to_do = queue.Queue()
        self.actions = {disaster.__name__: disaster for disaster in STORY}
        self.traffic, self.busy, self.good, self.state = True, "", None, {}
        self.audited, self.last_summary = 0, {"orders": [], "refused": 0}
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.page, self.server.daemon_threads = self, True
        self.address = f"127.0.0.1:{self.server.server_port}"

    def serve(self):
        """Does what the buttons ask for, one after the other, until it is interrupted."""
        for target in (self.server.serve_forever, self.look_on):
            threading.Thread(target=target, daemon=True).start()
        self.world.say(f"Open http://{self.address}/ and press the buttons; end with Ctrl-C", "title")
        while True:
            try:
                self.do(self.to_do.get(timeout=1))
            except queue.Empty:
                if self.traffic:
                    self.world.customers.place(1)

    def do(self, name):
        self.busy = name
        try:
            if name in self.actions:
                self.perform(self.world, self.actions[name])
            for disaster in STORY if name == "story" else []:
                self.perform(self.world, disaster)
            if name in ("story", "audit"):
                self.good = self.check(self.world)
                self.audited = len(self.world.stored_orders())
        except Failed as failure:
            self.good = False
            self.world.say(f"FAILED: {failure}", "wrong")
        finally:
            self.busy = ""

    def ask(self, name):
        """A button was pressed. Returns whether there is such a button."""
        if name == "traffic":
            self.traffic = not self.traffic
        elif name in self.actions or name in ("story", "audit"):
            self.to_do.put(name)
        else:
            return False
        return True

    def look_on(self):
        while True:
            self.state = self.look()
            time.sleep(0.25)

    def look(self):
        world, events = self.world, self.world.observer.events
        return {
            "setting": world.setting,
            "orders": self.orders(),
            "relays": [{"name": relay.name, "state": relay.state(), "leads": world.leads(relay)} for relay in world.relays],
            "events": {"count": len(events), "last": events[-1]["sequence"] if events else 0,
                       "latest": events[:-SHOWN - 1:-1]},
            "consumers": [{**world.observer.consumer(name), "did": self.did(name)} for name in world.consumers],
            "buttons": [{"name": name, "title": action.__doc__} for name, action in self.actions.items()],
            "lines": world.say.lines[-60:], "busy": self.busy, "traffic": self.traffic,
            "good": self.good, "audited": self.audited,
        }

    def orders(self):
        """As the order service says; while it is down, what it said last."""
        service = self.world.orders
        summary = None if service.paused else self.world.customers.summary()
        self.last_summary = summary or self.last_summary
        orders = self.last_summary["orders"]
        return {"state": service.state(), "count": len(orders), "refused": self.last_summary["refused"],
                "latest": orders[:-SHOWN - 1:-1]}

    def did(self, name):
        """What a consumer has to show."""
        query = self.world.observer.query
        if name == "stock":
            return ", ".join(f"{amount:,} {item}s" for item, amount in query(name, "SELECT item, amount FROM stock"))
        if name == "report":
            rows = query(name, "SELECT item, cents / 100.0 FROM revenue ORDER BY item")
            return ", ".join(f"{item}s {amount:,.2f}" for item, amount in rows)
        return "".join(row[0] for row in query(name, "SELECT mail FROM effects ORDER BY rowid DESC LIMIT 1"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.from_here():
            return
        if self.path == "/":
            with open(os.path.join(HERE, "page.html"), "rb") as file:
                self.answer(200, "text/html; charset=utf-8", file.read())
        elif self.path == "/live":
            self.live()
        else:
            self.answer(404, "text/plain", b"there is only /\n")

    def do_POST(self):
        if not self.from_here():
            return
        if not self.headers.get("X-Orders"):  # Another site's page cannot set it.
            return self.answer(403, "text/plain", b"a button sends the header X-Orders\n")
        known = self.server.page.ask(self.path.removeprefix("/do/"))
        self.answer(202 if known else 404, "text/plain", b"")

    def from_here(self):
        """Another site whose name leads to this address gets nothing."""
        if self.headers.get("Host") == self.server.page.address:
            return True
        self.answer(403, "text/plain", b"this page is for this machine only\n")
        return False

    def live(self):
        """Server-sent events: the state, whenever it has changed."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        sent = ""
        try:
            while True:
                state = json.dumps(self.server.page.state)
                if state != sent:
                    self.wfile.write(f"data: {state}\n\n".encode())
                sent = state
                time.sleep(0.2)
        except OSError:
            pass  # The browser has gone.

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
