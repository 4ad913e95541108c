"""The order service's clients. A client that gets no answer submits again, with the same key."""

import http.client
import json
import random
import uuid


class Customers:
    def __init__(self, host):
        self.host = host
        self.random = random.Random(7)

    def ask(self, method, body=None, key="", timeout=5):
        connection = http.client.HTTPConnection(self.host, timeout=timeout)
        try:
            connection.request(method, "/orders", body and json.dumps(body), {"Idempotency-Key": key})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def summary(self):
        """What GET /orders says; None if the service does not answer."""
        try:
            return self.ask("GET")[1]
        except (OSError, http.client.HTTPException):
            return None

    def submit(self, order, key=None, timeout=5):
        """Returns (status, answer), or None if there was no answer in time."""
        try:
            return self.ask("POST", order, key or new_key(), timeout)
        except (OSError, http.client.HTTPException):
            return None

    def any_order(self):
        return {"customer": self.random.choice(["ada", "bob"]), "item": self.random.choice(["pen", "notebook", "lamp"]),
                "quantity": self.random.randint(1, 4)}

    def place(self, number):
        """Places so many orders; returns how many were accepted."""
        answers = [self.submit(self.any_order()) for _ in range(number)]
        return sum(answer is not None and answer[0] == 201 for answer in answers)


def new_key():
    return uuid.uuid4().hex
