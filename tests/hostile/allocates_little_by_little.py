"""Takes memory in small pieces, in a child besides."""

import subprocess
import sys
import time


def net():
    """Allocate elsewhere."""
    subprocess.Popen([sys.executable, "-c", "x = [b'.' * 2**20 for _ in range(3000)]; import time; time.sleep(60)"])
    time.sleep(60)
