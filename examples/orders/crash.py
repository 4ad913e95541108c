"""Only for the demonstration: lets a service die at the worst moment."""

import os
import signal


def crash_if_asked(service):
    """Ends this process at once, as kill -9 does, if the file crash-SERVICE is there."""
    try:
        os.remove(f"crash-{service}")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
