"""What learners run: `exercise` opens a check, `green` says whether one was passed."""

from .exercise import exercise, green
from .findings import CheckFailed, NotAttempted

__all__ = ["CheckFailed", "NotAttempted", "exercise", "green"]
