"""The disasters. Each happens, and each raises Failed if it does harm."""

import time

from customers import new_key
from world import Failed


def expect(true, what):
    if not true:
        raise Failed(what)


def place_orders(world, number=10):
    """Customers place ten orders"""
    accepted = world.customers.place(number)
    expect(accepted == number, f"{number - accepted} of {number} orders were not accepted")
    world.say(f"{number} orders placed; each was answered at once")


def invalid_orders(world):
    """Customers send invalid orders"""
    before = len(world.stored_orders())
    invalid = [{"customer": "ada", "item": "unicorn", "quantity": 1}, {"customer": "bob", "item": "pen", "quantity": 0},
               {"customer": "eve", "item": "lamp", "quantity": 9}]
    for order in invalid:
        status, answer = world.customers.submit(order) or (None, "nothing")
        expect(status == 422, f"an invalid order was answered with {status} {answer}")
        world.say(f"refused: {answer['refused']}")
    expect(len(world.stored_orders()) == before, "an invalid order was stored")
    world.say("None of them was stored, so no event says anything of them, and no consumer has to check again")


def user_resubmits(world):
    """A client times out, and submits again"""
    before = len(world.stored_orders())
    order, key = world.customers.any_order(), new_key()
    world.orders.pause()
    try:
        expect(world.customers.submit(order, key, timeout=0.3) is None, "the client got an answer from a stopped service")
    finally:
        world.orders.resume()
    world.say("The order service hangs: the client has waited in vain, and submits again")
    first, second = world.customers.submit(order, key), world.customers.submit(order, key)
    one_order(world, before, first, second)


def answer_lost(world):
    """The order service dies before its answer"""
    before = len(world.stored_orders())
    order, key = world.customers.any_order(), new_key()
    world.ask_to_crash("orders")
    expect(world.customers.submit(order, key) is None, "the order service was not killed")
    world.wait_until("the order service is gone", lambda: not world.orders.running())
    world.say("The order service was killed after its commit: the client knows nothing, and submits again")
    world.start_orders()
    first, second = world.customers.submit(order, key), world.customers.submit(order, key)
    one_order(world, before, first, second)


def one_order(world, before, first, second):
    expect(first and first[0] == 201 and first == second, f"the answers are {first} and {second}")
    made = len(world.stored_orders()) - before
    expect(made == 1, f"{made} orders were made")
    world.say(f"One order, {first[1]['id']}; the key brings the first answer however often it is submitted")


def killed_before_acknowledging(world):
    """Stock and mail die before acknowledging"""
    for name in ("stock", "mail"):
        before = world.observer.consumer(name)
        world.ask_to_crash(name)
        place_orders(world, 5)
        world.wait_for_crash(name)
        world.wait_until_caught_up()
        # The event comes again only when the program has been started again.
        world.wait_until(f"the event comes to {name} again",
                         lambda: world.observer.consumer(name)["came_again"] > before["came_again"])
        expect(world.observer.consumer(name)["applied_twice"] == 0, f"{name} has applied an order twice")
        world.say(f"{name} was killed with an order applied and not acknowledged: it came again, and was not applied again")


def consumers_offline(world):
    """All consumers are offline for a while"""
    running = [process for process in world.consumers.values() if process.running()]
    for process in running:
        process.kill()
    world.say(f"{', '.join(process.name for process in running)}: killed, with all they were doing")
    place_orders(world, 20)
    time.sleep(1)  # For those who look on.
    for process in running:
        process.start()
    world.wait_until_caught_up()
    world.say("They are back, and have caught up")


def relays_killed(world):
    """Both relays are killed"""
    for relay in world.relays:
        relay.kill()
    world.say("Both relays are gone: kill -9")
    place_orders(world, 20)
    time.sleep(1)
    for relay in world.relays:
        relay.start()
    world.wait_until_caught_up()
    world.say("They go on where the stream ends; the position is in the stream, with the events")


def relay_hangs(world):
    """The relay hangs, and wakes up too late"""
    leader, standby = world.wait_for_one_leader()
    world.wait_until_caught_up()
    leader.pause()
    world.say(f"{leader.name} hangs: kill -STOP")
    try:
        place_orders(world, 10)
        world.wait_until_caught_up()
        world.wait_until(f"{standby.name} leads", lambda: world.leads(standby))
        world.say(f"{standby.name} has taken over, without any lock")
    finally:
        leader.resume()
    place_orders(world, 5)
    world.wait_until_caught_up()
    world.say(f"{leader.name} is awake again; the stream refuses what it appends too late")


def late_service(world):
    """A reporting service arrives late"""
    report = world.consumers["report"]
    if report.running():
        return world.say("It has arrived already")
    report.start()
    world.wait_until_caught_up()
    world.say(f"report has replayed all {world.observer.handled('report')} events from the earliest. It knows nothing "
              "of the disasters before, and did not have to")


STORY = [place_orders, invalid_orders, user_resubmits, answer_lost, killed_before_acknowledging, consumers_offline,
         relays_killed, relay_hangs, late_service]
