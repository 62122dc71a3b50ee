"""What the tests and nbval's kernels share (here, not in tests/: `pytest course/source/01-neurons` needs it too)."""

import os
from pathlib import Path

import hypothesis

CHECKOUT = Path(__file__).resolve().parent

# Inherited by every kernel and command that a test starts: hidden tests import `solutions`, sums come out in one order.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

# The same examples for everyone, and no clock.
hypothesis.settings.register_profile("course", derandomize=True, deadline=None)
hypothesis.settings.load_profile("course")
