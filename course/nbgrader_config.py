"""nbgrader's configuration: this folder is the course root, as in `cd course && nbgrader autograde 01-neurons`."""

import os
import sysconfig
from pathlib import Path

from autograder.grading import trusted

c = get_config()  # noqa: F821 (nbgrader provides it)
ROOT = Path(__file__).resolve().parent

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", ".DS_Store", "Thumbs.db", "feedback"]

# No raise: an untouched stub returns None, its check says "not attempted", and Run All goes on.
c.ClearSolutions.code_stub = {"python": "# write your answer here"}
c.ClearSolutions.text_stub = "*Write your answer here.*"


def put_first(variable, folder):
    folders = os.environ.get(variable, "").split(os.pathsep)
    if folder not in folders:  # nbgrader may load this file several times
        os.environ[variable] = os.pathsep.join(filter(None, [folder, *folders]))


# Commands and kernels inherit these. Hidden tests import `solutions`, which lies beside this folder and is never
# installed; nbgrader calls `alembic` by its bare name, and the environment need not be activated; one thread each, so
# that many submissions share a machine and sums come out in one order.
put_first("PYTHONPATH", str(ROOT.parent))
put_first("PATH", sysconfig.get_path("scripts"))
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[threads] = "1"


# Student code runs in a sandbox that holds no answer, and nothing of a hand-in but its answers is believed or copied.
# c.Trusted.trust_students = True grades without it where a machine has none.
trusted.configure(c, ROOT)
