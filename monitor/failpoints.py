"""Places where a test may kill the process, around every commit and send, to prove that nothing is lost.

Armed by the environment alone: `SNS_MONITOR_FAILPOINT="deliver.started:3"` kills the process as SIGKILL would, the
third time it comes by. Without it every call is one comparison.
"""

from __future__ import annotations

import os
import signal
import threading

_name, _, _count = os.environ.get("SNS_MONITOR_FAILPOINT", "").partition(":")
_left = int(_count or 1)
_gate = threading.Lock()


def failpoint(name: str) -> None:
    """Die here if this is the armed place and its count has run out."""
    global _left
    if name != _name:
        return
    with _gate:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
