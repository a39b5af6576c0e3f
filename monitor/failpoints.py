"""Places where a test may kill or freeze the process, around every commit and send, to prove that nothing is lost.

Armed by the environment alone: `SNS_MONITOR_FAILPOINT="deliver.started:3"` kills the process as SIGKILL would, the
third time it comes by; with `:SIGSTOP` behind it the process freezes there. Without it every call is one comparison.
"""

from __future__ import annotations

import os
import signal
import threading

_name, _count, _signal = (*os.environ.get("SNS_MONITOR_FAILPOINT", "").split(":"), "", "")[:3]
_left = int(_count or 1)
_ends = signal.Signals[_signal or "SIGKILL"]
_gate = threading.Lock()


def failpoint(name: str) -> None:
    """Die or freeze here if this is the armed place and its count has run out."""
    global _left
    if name != _name:
        return
    with _gate:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), _ends)
