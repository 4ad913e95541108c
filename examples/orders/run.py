"""Orders: the pattern, running, and what goes wrong with it. README.md explains it."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

from audit import audit
from disasters import STORY
from page import Page
from servers import find_nats
from world import Failed, World

HERE = os.path.dirname(os.path.abspath(__file__))


def options():
    parser = argparse.ArgumentParser(prog="./dev example", description=__doc__)
    parser.add_argument("--once", action="store_true", help="tell the story without a page; exit 0 if all is well")
    parser.add_argument("--mongodb", action="store_true", help="the orders are in MongoDB: a mongod, or SecantusDB")
    parser.add_argument("--stream", choices=["auto", "embedded", "nats"], default="auto",
                        help="auto: NATS if there is a nats-server, else the embedded stream")
    parser.add_argument("--port", type=int, default=0, help="the page's port on loopback (default: any free one)")
    parser.add_argument("--headwater", default=os.path.join(HERE, "..", "..", "build", "release", "headwater"),
                        help="the program (default: %(default)s)")
    parser.add_argument("--patience", type=int, default=60, metavar="SECONDS",
                        help="what takes longer than that has failed (default: %(default)s)")
    return parser.parse_args()


class Teller:
    """Keeps what happened, for the page, and prints it."""

    def __init__(self):
        self.lines = []
        self.begin = time.monotonic()

    def __call__(self, text, kind="note"):
        self.lines.append({"seconds": round(time.monotonic() - self.begin, 1), "kind": kind, "text": text})
        print(f"  {text}" if kind == "note" else text, flush=True)


def perform(world, disaster):
    world.say(disaster.__doc__, "title")
    disaster(world)


def check(world):
    """Waits until everybody has caught up, and counts. Returns whether all is well."""
    world.wait_until_caught_up()
    world.say("Audit", "title")
    lines = audit(world)
    for what, figures, good in lines:
        world.say(f"{what:22} {figures}{'' if good else '   WRONG'}", "audit" if good else "wrong")
    good = all(line[2] for line in lines)
    world.say("Each order took effect exactly once; none was lost" if good else "Something was lost or doubled",
              "good" if good else "wrong")
    return good


def once(world):
    for disaster in STORY:
        perform(world, disaster)
    return check(world)


def main():
    chosen = options()
    nats = None if chosen.stream == "embedded" else find_nats()
    if chosen.stream == "nats" and not nats:
        sys.exit("there is no nats-server; install it, or run ./dev servers")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = tempfile.mkdtemp(prefix="headwater-orders-")
    say = Teller()
    world = World(folder, os.path.abspath(chosen.headwater), chosen.mongodb, nats, chosen.patience, say)
    good = False
    try:
        say(f"{world.setting['source']} -> headwater -> {world.setting['stream']} -> services; in {folder}", "title")
        world.start()
        good = once(world) if chosen.once else Page(world, chosen.port, perform, check).serve()
    except Failed as failure:
        say(f"FAILED: {failure}", "wrong")
    except KeyboardInterrupt:
        good = not chosen.once
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Do not stop before all children have.
        world.end()
        if good:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"everything is left in {folder}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
