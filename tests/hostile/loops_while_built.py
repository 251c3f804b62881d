"""Never finishes its net, and does not listen to signals."""

import signal
import time


def net():
    """Wait for ever."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1)
