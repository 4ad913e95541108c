"""The order service's database: MongoDB."""

import json

import pymongo
import rules


class Shop:
    def __init__(self, uri):
        self.client = pymongo.MongoClient(uri)
        self.db = self.client.shop
        for name, cents in rules.ITEMS.items():
            self.db.items.update_one({"_id": name}, {"$setOnInsert": {"cents": cents}}, upsert=True)
        for name, credit in rules.CUSTOMERS.items():
            self.db.customers.update_one({"_id": name}, {"$setOnInsert": {"credit": credit}}, upsert=True)

    def place(self, key, request):
        """Places an order, or refuses it. Returns (status, answer). The same key always gets the first answer."""
        with self.client.start_session() as session:
            return session.with_transaction(lambda session: self.try_to_place(session, key, request))

    def try_to_place(self, session, key, request):
        """In one transaction: the order, the credit it spends, and the answer."""
        text = json.dumps(request, sort_keys=True)
        first = self.db.answers.find_one({"_id": key}, session=session)
        if first:
            return (first["status"], json.loads(first["answer"])) if first["request"] == text else rules.OTHER_REQUEST
        status, answer = self.decide(session, request)
        self.db.answers.insert_one({"_id": key, "request": text, "status": status, "answer": json.dumps(answer)},
                                   session=session)
        return status, answer

    def decide(self, session, request):
        price = self.db.items.find_one({"_id": str(request.get("item"))}, session=session)
        order, refusal = rules.check(request, price and price["cents"])
        if refusal:
            return 422, {"refused": refusal}
        spent = self.db.customers.update_one({"_id": order["customer"], "credit": {"$gte": order["cents"]}},
                                             {"$inc": {"credit": -order["cents"]}}, session=session)
        if spent.matched_count == 0:
            return 422, {"refused": f"there is no customer {order['customer']} with so much credit"}
        stored = {"_id" if name == "id" else name: value for name, value in order.items()}
        self.db.orders.insert_one(stored, session=session)
        return 201, order

    def summary(self):
        orders = [{"id": order.pop("_id"), **order} for order in self.db.orders.find().sort("$natural", 1)]
        return {"orders": orders, "refused": self.db.answers.count_documents({"status": 422})}
