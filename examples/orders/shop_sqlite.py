"""The order service's database: SQLite."""

import json
import sqlite3

import rules

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS items (name TEXT PRIMARY KEY, cents INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS customers (name TEXT PRIMARY KEY, credit INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, item TEXT NOT NULL,
                                       quantity INTEGER NOT NULL, cents INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL,
                                        answer TEXT NOT NULL);"""
SPEND = "UPDATE customers SET credit = credit - ?1 WHERE name = ?2 AND credit >= ?1"


class Shop:
    def __init__(self, path):
        self.path = path
        with self.open() as db:
            db.executescript(SCHEMA)
            db.executemany("INSERT OR IGNORE INTO items VALUES (?, ?)", rules.ITEMS.items())
            db.executemany("INSERT OR IGNORE INTO customers VALUES (?, ?)", rules.CUSTOMERS.items())

    def open(self):
        return sqlite3.connect(self.path, timeout=10)

    def place(self, key, request):
        """Places an order, or refuses it. Returns (status, answer). The same key always gets the first answer."""
        with self.open() as db:  # One transaction: the order, the credit it spends, and the answer.
            db.execute("BEGIN IMMEDIATE")
            text = json.dumps(request, sort_keys=True)
            first = db.execute("SELECT request, status, answer FROM answers WHERE key = ?", (key,)).fetchone()
            if first:
                return (first[1], json.loads(first[2])) if first[0] == text else rules.OTHER_REQUEST
            status, answer = self.decide(db, request)
            db.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", (key, text, status, json.dumps(answer)))
            return status, answer

    def decide(self, db, request):
        price = db.execute("SELECT cents FROM items WHERE name = ?", (str(request.get("item")),)).fetchone()
        order, refusal = rules.check(request, price[0] if price else None)
        if refusal:
            return 422, {"refused": refusal}
        if db.execute(SPEND, (order["cents"], order["customer"])).rowcount == 0:
            return 422, {"refused": f"there is no customer {order['customer']} with so much credit"}
        db.execute("INSERT INTO orders VALUES (:id, :customer, :item, :quantity, :cents)", order)
        return 201, order

    def summary(self):
        with self.open() as db:
            db.row_factory = sqlite3.Row
            orders = [dict(row) for row in db.execute("SELECT * FROM orders ORDER BY rowid")]
            refused = db.execute("SELECT count(*) FROM answers WHERE status = 422").fetchone()[0]
            return {"orders": orders, "refused": refused}
