"""Counts: is each accepted order one event, and one effect of each service?"""

import collections
import subprocess

import rules


def audit(world):
    """Returns lines of (what, figures, whether it is as it should be)."""
    orders = world.stored_orders()
    ids = {order["id"] for order in orders}
    lines = [("orders accepted", str(len(orders)), True),
             compare("events in the stream", ids, collections.Counter(event["order"] for event in world.observer.events))]
    for name, process in world.consumers.items():
        if process.child:
            again = world.observer.consumer(name)["came_again"]
            lines.append(compare(f"{name}: effects", ids, world.observer.effects(name), f", {again} came again"))
    return lines + amounts(world, orders) + [verify(world)]


def compare(what, ids, found, more=""):
    missing = sum(found[order] == 0 for order in ids)
    twice = sum(count > 1 for count in found.values())
    unknown = len(set(found) - ids)
    figures = f"{sum(found.values())}: {missing} missing, {twice} doubled{f', {unknown} unknown' * (unknown > 0)}{more}"
    return what, figures, missing == twice == unknown == 0


def amounts(world, orders):
    """Sums that would be wrong if anything had been applied twice or not at all."""
    taken, revenue = collections.Counter(), collections.Counter()
    for order in orders:
        taken[order["item"]] += order["quantity"]
        revenue[order["item"]] += order["cents"]
    stock = {item: 10000 - amount for item, amount in world.observer.query("stock", "SELECT item, amount FROM stock")}
    lines = [("stock: pieces taken", str(sum(stock.values())), stock == {item: taken[item] for item in rules.ITEMS})]
    if world.consumers["report"].child:
        reported = dict(world.observer.query("report", "SELECT item, cents FROM revenue"))
        lines.append(("report: revenue", f"{sum(reported.values()) / 100:.2f}", reported == dict(revenue)))
    return lines


def verify(world):
    done = subprocess.run([world.headwater, "verify", "-c", world.config], capture_output=True, text=True,
                          timeout=world.patience)
    last = (done.stdout + done.stderr).strip().splitlines()[-1]
    return "headwater verify", last, done.returncode == 0
