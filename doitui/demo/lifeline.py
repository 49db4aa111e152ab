"""A process of the demo that ends when the demo does, also when that was killed and could end nobody.

`python -m doitui.demo.lifeline FD MODULE ARGUMENTS…` stands for `python -m MODULE ARGUMENTS…`. From FD a pipe is read
whose other end only the demo has: whatever becomes of the demo, the system closes that.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

#: Seconds a process gets to end by itself.
PATIENCE = 5.0


def main() -> None:
    """Run the module in this process, while a thread waits for the end of the pipe."""
    descriptor, module, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(descriptor),), name="lifeline", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass  # nobody writes to it
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
