"""The databases that the handlers keep their totals in. Each is started once, and ends with this program."""

import atexit
import functools
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TO_END_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]


def temporary_folder():
    folder = tempfile.mkdtemp(prefix="headwater-examples-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def need(program, *places):
    """The path of a program, or the test is skipped."""
    for place in places:
        for path in sorted(glob.glob(os.path.join(place, program)), reverse=True):
            return path
    path = shutil.which(program)
    if not path:
        raise unittest.SkipTest(f"there is no {program}")
    return path


def start(words, folder, ready):
    """Starts a server, and waits until ready() does not fail."""
    with open(os.path.join(folder, "server.log"), "wb") as log:
        child = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)
    atexit.register(lambda: (child.kill(), child.wait()))
    end = time.monotonic() + 60
    while True:
        try:
            return ready()
        except Exception as error:
            if child.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{words} is not ready: {open(log.name).read()[-2000:]}") from error
            time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@functools.cache
def redis_url():
    import redis
    folder = temporary_folder()
    url = f"unix://{folder}/socket"
    program = need("redis-server", f"{ROOT}/build/servers/usr/bin")
    start([*TO_END_WITH_US, program, "--port", "0", "--unixsocket", f"{folder}/socket", "--save", "", "--dir", folder],
          folder, lambda: redis.Redis.from_url(url).ping())
    return url


@functools.cache
def mongodb_uri():
    import pymongo
    folder, port = temporary_folder(), free_port()
    uri = f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
    program = os.environ.get("HEADWATER_SECANTUS") or need("secantusd", f"{ROOT}/build/secantus/bin")
    start([*TO_END_WITH_US, program, "--port", str(port), "--storage-path", folder, "--log-level", "WARNING"], folder,
          lambda: pymongo.MongoClient(uri, serverSelectionTimeoutMS=500).admin.command("ping"))
    return uri


@functools.cache
def postgresql_url():
    import psycopg
    initdb = need("initdb", "/usr/lib/postgresql/*/bin")
    folder = temporary_folder()
    # PostgreSQL does not run as root, and setpriv forgets the signal when it changes the user.
    other = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--"] if os.geteuid() == 0 else []
    if other:
        shutil.chown(folder, "nobody", "nogroup")
    subprocess.run([*other, initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "-N"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    url = f"postgresql://postgres@/postgres?host={folder}"
    server = [*other, *TO_END_WITH_US, os.path.join(os.path.dirname(initdb), "postgres")]
    start([*server, "-D", f"{folder}/data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"], folder,
          lambda: psycopg.connect(url).close())
    return url
