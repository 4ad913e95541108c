"""The servers that the example may run on."""

import os
import shutil
import sys

from processes import Process, free_port


BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")


def find(program, variable, unpacked=""):
    """The path of a program: from the environment, the PATH, or where ./dev puts it; None if there is none."""
    return os.environ.get(variable) or shutil.which(program) or shutil.which(program, path=os.path.join(BUILD, unpacked))


def find_nats():
    return find("nats-server", "HEADWATER_NATS", "servers/usr/sbin")


def nats_server(folder, program):
    port = free_port()
    words = [program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", os.path.join(folder, "nats")]
    return Process("nats", words, folder), f"nats://127.0.0.1:{port}"


def mongodb_server(folder):
    """A replica set of one: a real mongod if there is one, else SecantusDB."""
    port, data = str(free_port()), os.path.join(folder, "mongodb")
    os.mkdir(data)
    mongod, secantus = find("mongod", "HEADWATER_MONGOD"), find("secantusd", "HEADWATER_SECANTUS", "secantus/bin")
    if not mongod and not secantus:
        sys.exit("there is neither a mongod (PATH or HEADWATER_MONGOD) nor SecantusDB; install it: ./dev servers")
    if not mongod:
        words = [secantus, "--port", port, "--storage-path", data, "--log-level", "WARNING"]
        return Process("mongodb", words, folder), f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
    words = [mongod, "--port", port, "--bind_ip", "127.0.0.1", "--dbpath", data, "--replSet", "shop", "--nounixsocket"]
    return ReplicaSet("mongodb", words, folder, port), f"mongodb://127.0.0.1:{port}/?replicaSet=shop"


class ReplicaSet(Process):
    def __init__(self, name, words, folder, port):
        super().__init__(name, words, folder)
        self.host = f"127.0.0.1:{port}"

    def start(self):
        import pymongo
        super().start()
        members = [{"_id": 0, "host": self.host}]
        with pymongo.MongoClient(f"mongodb://{self.host}/?directConnection=true") as client:
            client.admin.command("replSetInitiate", {"_id": "shop", "members": members})
