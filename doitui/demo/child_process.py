"""Run a module in a process that ends when the demo ends, also if the demo is killed.

`python -m doitui.demo.child_process FD MODULE ARGUMENTS…` runs `python -m MODULE ARGUMENTS…`. FD is the read end of a
pipe whose write end only the demo has: the system closes it when the demo ends.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

#: Seconds between SIGTERM and SIGKILL.
GRACE_PERIOD = 5.0


def main() -> None:
    """Run the module while a thread waits for the pipe to close."""
    descriptor, module, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_pipe, args=(int(descriptor),), name="parent watch", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_pipe(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass  # nothing is written to it
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_PERIOD)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
