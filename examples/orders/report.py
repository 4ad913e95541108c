"""The reporting service: the revenue of each item. It can be started at any time, and then replays all there ever was."""

import service

SCHEMA = """
    CREATE TABLE IF NOT EXISTS revenue (item TEXT PRIMARY KEY, cents INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS effects (order_id TEXT);"""


def apply(db, order_id, order):
    db.execute("""INSERT INTO revenue VALUES (?, ?)
                  ON CONFLICT DO UPDATE SET cents = cents + excluded.cents""", (order["item"], order["cents"]))
    db.execute("INSERT INTO effects VALUES (?)", (order_id,))


service.run(SCHEMA, apply)
