"""The mail service: writes a confirmation for each order into its out-tray.

A program that empties the out-tray would send each mail with its order as Message-ID: a mail server is no part of any
transaction.
"""

import service

SCHEMA = "CREATE TABLE IF NOT EXISTS effects (order_id TEXT, mail TEXT)"


def apply(db, order_id, order):
    mail = f"Dear {order['customer']}, your order of {order['quantity']} × {order['item']} is on its way."
    db.execute("INSERT INTO effects VALUES (?, ?)", (order_id, mail))


service.run(SCHEMA, apply)
