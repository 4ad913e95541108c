"""What makes an order valid."""

import uuid

ITEMS = {"pen": 250, "notebook": 600, "lamp": 3900}  # Cents.
CUSTOMERS = {"ada": 100_000_000, "bob": 100_000_000, "eve": 5000}  # Their credit in cents.

OTHER_REQUEST = (422, {"refused": "this Idempotency-Key belongs to another order"})


def check(request, price):
    """Returns (order, None), or (None, why it is refused)."""
    customer, item, quantity = (request.get(name) for name in ("customer", "item", "quantity"))
    if not isinstance(customer, str):
        return None, "an order needs a customer"
    if price is None:
        return None, f"there is no item {item!r}"
    if type(quantity) is not int or not 1 <= quantity <= 9:
        return None, f"quantity must be 1 to 9, not {quantity!r}"
    return {"id": uuid.uuid4().hex[:12], "customer": customer, "item": item, "quantity": quantity,
            "cents": price * quantity}, None
