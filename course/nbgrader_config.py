"""nbgrader's configuration: this folder is the course root, as in `cd course && nbgrader autograde 01-neurons`."""

import os
import sysconfig
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader provides it)
ROOT = Path(__file__).resolve().parent
SECRET = ROOT / ".autograder" / "secret"

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", ".DS_Store", "Thumbs.db", "feedback"]

# No raise: an untouched stub returns None, its check says "not attempted", and Run All goes on.
c.ClearSolutions.code_stub = {"python": "# write your answer here"}
c.ClearSolutions.text_stub = "*Write your answer here.*"

# Seconds a cell; a cell that only shows may train for a while, a check never does.
c.Execute.timeout = 60


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


# Every nbgrader command loads this file, and so does JupyterLab started here. The secret is for the kernels of
# `autograde` alone, so it is in the environment only while a submission is converted.
def hand_over_secret(**_):
    try:
        os.environ["AUTOGRADER_SECRET"] = SECRET.read_text().strip()
    except FileNotFoundError:
        pass  # the learner's fixed seed
    except (OSError, ValueError) as problem:
        # Not an Exception: nbgrader swallows those in a hook, and would go on to grade with the learner's seed.
        raise SystemExit(f"The secret in {SECRET} cannot be read ({problem}).") from None


def take_back_secret(**_):
    if SECRET.exists():
        os.environ.pop("AUTOGRADER_SECRET", None)


c.Autograde.pre_convert_hook = hand_over_secret
c.Autograde.post_convert_hook = take_back_secret
