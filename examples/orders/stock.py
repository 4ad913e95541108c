"""The stock service: takes what was ordered from the stock."""

import service

SCHEMA = """
    CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, amount INTEGER NOT NULL);
    INSERT OR IGNORE INTO stock VALUES ('pen', 10000), ('notebook', 10000), ('lamp', 10000);
    CREATE TABLE IF NOT EXISTS effects (order_id TEXT);"""


def apply(db, order_id, order):
    db.execute("UPDATE stock SET amount = amount - ? WHERE item = ?", (order["quantity"], order["item"]))
    db.execute("INSERT INTO effects VALUES (?)", (order_id,))  # For the audit: nothing stops a second one.


service.run(SCHEMA, apply)
