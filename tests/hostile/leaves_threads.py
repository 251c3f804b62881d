"""Leaves a thread, a child and an exit handler that never end."""

import atexit
import os
import subprocess
import sys
import threading
import time

from arches.cifar10 import Cifar10Net


def wait():
    """Wait for ever."""
    while True:
        time.sleep(1)


threading.Thread(target=wait).start()
atexit.register(wait)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
subprocess.Popen(["sleep", "600"], env={}, close_fds=False)
if os.fork() == 0:
    wait()


def net():
    """Build it."""
    return Cifar10Net()
