"""The order service: HTTP in front of its own database, the source of truth for orders.

    POST /orders   {"customer": "ada", "item": "pen", "quantity": 2}, with a header Idempotency-Key
    GET  /orders   all orders, and how many were refused

It knows nothing of events. Headwater makes them of what is committed.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from crash import crash_if_asked


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        key = self.headers.get("Idempotency-Key")
        try:
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            request = None
        if self.path != "/orders" or not key or not isinstance(request, dict):
            return self.answer(400, {"error": "POST /orders takes a JSON object and the header Idempotency-Key"})
        status, answer = shop.place(key, request)
        crash_if_asked("orders")
        self.answer(status, answer)

    def do_GET(self):
        if self.path != "/orders":
            return self.answer(404, {"error": "there is only /orders"})
        self.answer(200, shop.summary())

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # A client that has gone is no error.
            super().handle_error(request, client_address)


port, database = int(sys.argv[1]), sys.argv[2]
if database.startswith("mongodb://"):
    from shop_mongodb import Shop
else:
    from shop_sqlite import Shop
shop = Shop(database)
Server(("127.0.0.1", port), Handler).serve_forever()
