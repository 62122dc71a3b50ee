"""course/nbgrader_config.py under nbgrader's own commands: what reaches the kernels, and when."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from tiny_course import tiny_course, write

# `nbgrader autograde 01-tiny`, telling what the environment holds before and after.
AUTOGRADE = """
import os
from nbgrader.apps import AutogradeApp

app = AutogradeApp()
app.initialize(["01-tiny"])
print("loaded", os.environ.get("AUTOGRADER_SECRET"))
app.start()
print("graded", os.environ.get("AUTOGRADER_SECRET"))
"""


def run(course, *arguments):
    """Run Python in the course root, without what the tests put into the environment, nor an activated .venv."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and "THREADS" not in name}
    clean["PATH"] = os.defpath
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=course, env=clean, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course whose one chapter is released and handed in by one learner, with the right answer."""
    course = tiny_course(tmp_path_factory.mktemp("released"))
    handed_in = course / "submitted" / "ada" / "01-tiny"
    handed_in.mkdir(parents=True)
    write(handed_in, solution=("return 6 * 7",))
    done = run(course, "-m", "nbgrader", "generate_assignment", "01-tiny")
    assert done.returncode == 0, done.stderr
    return course


@pytest.fixture
def course(released, tmp_path):
    return shutil.copytree(released.parent, tmp_path / "copy") / "course"


def keep_secret(course, text):
    (course / ".autograder").mkdir(mode=0o700)
    (course / ".autograder" / "secret").write_bytes(text)


def printed(course):
    """What the test cell saw: (the secret, how many threads)."""
    text = (course / "autograded" / "ada" / "01-tiny" / "tiny.ipynb").read_text()
    return re.search(r"secret: (\S+) threads: (\w+)", text.replace('"source"', "").split('"outputs"')[-1]).groups()


def test_autograde_alone_hands_over_the_secret(course):
    keep_secret(course, b"only-the-judge-knows\n")
    done = run(course, "-c", AUTOGRADE)
    assert done.stdout.split("\n")[:2] == ["loaded None", "graded None"], done.stderr
    assert printed(course) == ("only-the-judge-knows", "1")


def test_without_a_secret_the_learners_seed_and_the_answers_all_the_same(course):
    assert run(course, "-m", "nbgrader", "autograde", "01-tiny").returncode == 0
    assert printed(course) == ("None", "1")
    assert run(course, "-m", "nbgrader", "export", "--to=grades.csv").returncode == 0
    head, ada = ((course / "grades.csv").read_text()).splitlines()
    marks = dict(zip(head.split(","), ada.split(","), strict=True))
    assert (marks["score"], marks["max_score"]) == ("1.0", "1.0"), "the hidden test finds `solutions` beside the course"


def test_an_unreadable_secret_stops_the_grading(course):
    keep_secret(course, b"\xff\xfe\x00")
    done = run(course, "-m", "nbgrader", "autograde", "01-tiny")
    assert done.returncode != 0 and "cannot be read" in done.stderr
    assert not (course / "autograded" / "ada" / "01-tiny" / "tiny.ipynb").exists()
