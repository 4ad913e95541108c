"""Child processes that end with this one."""

import os
import shutil
import signal
import socket
import subprocess

# The kernel ends them when the thread that started them is gone, even after a kill -9. So the main thread starts them all.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []


class Process:
    def __init__(self, name, words, folder):
        self.name, self.words, self.folder = name, words, folder
        self.log = os.path.join(folder, f"{name}.log")
        self.child, self.paused = None, False

    def start(self):
        if not self.running():
            with open(self.log, "ab") as log:
                self.child = subprocess.Popen(ENDS_WITH_US + self.words, cwd=self.folder, stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log)

    def running(self):
        return self.child is not None and self.child.poll() is None

    def state(self):
        return "not started" if self.child is None else "down" if not self.running() else "hangs" if self.paused else "runs"

    def kill(self):
        if self.running():
            self.child.kill()
            self.child.wait()
        self.paused = False

    def pause(self):
        self.child.send_signal(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        self.child.send_signal(signal.SIGCONT)
        self.paused = False

    def stop(self):
        """Lets it end in its own way."""
        if self.running() and not self.paused:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                pass
        self.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
