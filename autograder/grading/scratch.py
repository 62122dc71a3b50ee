"""Temporary folders that outlive a killed run only until the next one."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

OURS = "autograder-scratch-"  # how their names begin: what is called so and not locked is deleted


class Scratch:
    """A temporary folder: `path` until `close`, or until the process ends and any other one makes a Scratch.

    It is locked while its process lives; the kernel unlocks it however that ends, and what is not locked is swept.
    """

    def __init__(self):
        top = Path(tempfile.gettempdir())
        for left in top.glob(f"{OURS}*"):
            _sweep(left)
        while True:
            self.path = tempfile.mkdtemp(prefix=OURS, dir=top)
            self._held = _locked(self.path)
            if self._held is not None and os.path.exists(self.path):  # nobody swept it before it was locked
                return

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._held)

    def __enter__(self):
        return Path(self.path)

    def __exit__(self, *_):
        self.close()


def _locked(path):
    """A descriptor that locks a folder of ours, or None where another process does."""
    with contextlib.suppress(OSError):
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if os.fstat(held).st_uid == os.getuid():
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return held
        except OSError:
            pass
        os.close(held)
    return None


def _sweep(path):
    held = _locked(path)
    if held is not None:
        shutil.rmtree(path, ignore_errors=True)
        os.close(held)
