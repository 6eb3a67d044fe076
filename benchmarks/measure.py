"""Run one command and print, as JSON, its seconds, the peak memory of its largest process, and its exit code.

A script of its own because a process inherits the peak memory of the one that starts it: this one stays small.

    python -I -S benchmarks/measure.py SECONDS COMMAND ARGUMENT …
"""

import json
import os
import subprocess
import sys
import threading
import time

KILOBYTE = 1024 if sys.platform != "darwin" else 1


def main(limit: float, command: list[str]) -> None:
    """Run, wait, print."""
    start = time.perf_counter()
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing)
    guard = threading.Timer(limit, process.kill)
    guard.start()
    _, status, usage = os.wait4(process.pid, 0)
    guard.cancel()
    seconds, code = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
    print(json.dumps({"seconds": seconds, "peak_mb": usage.ru_maxrss * KILOBYTE / 1e6, "code": code}))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
