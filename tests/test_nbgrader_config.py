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

if __name__ == "__main__":  # the worker imports this again
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
    secret = course / ".autograder" / "secret"
    secret.write_bytes(text)
    secret.chmod(0o600)


def printed(course):
    """What the test cell saw: (the secret, how many threads)."""
    text = (course / "autograded" / "ada" / "01-tiny" / "tiny.ipynb").read_text()
    return re.search(r"secret: (\S+) threads: (\w+)", text.replace('"source"', "").split('"outputs"')[-1]).groups()


def test_only_the_judge_has_the_secret(course, tmp_path):
    keep_secret(course, b"only-the-judge-knows\n")
    (tmp_path / "autograde.py").write_text(AUTOGRADE)
    done = run(course, str(tmp_path / "autograde.py"))
    assert done.stdout.split("\n")[:2] == ["loaded None", "graded None"], done.stderr
    assert printed(course) == ("only-the-judge-knows", "1")


def test_a_secret_is_made_and_the_hidden_test_finds_the_answers(course):
    assert run(course, "-m", "nbgrader", "autograde", "01-tiny").returncode == 0
    secret = course / ".autograder" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600 and len(secret.read_text()) == 65
    assert printed(course) == (secret.read_text().strip(), "1")
    assert run(course, "-m", "nbgrader", "export", "--to=grades.csv").returncode == 0
    head, ada = ((course / "grades.csv").read_text()).splitlines()
    marks = dict(zip(head.split(","), ada.split(","), strict=True))
    assert (marks["score"], marks["max_score"]) == ("1.0", "1.0"), "the hidden test finds `solutions` beside the course"


@pytest.mark.parametrize("text, mode, says", [(b"\xff\xfe\x00", 0o600, "cannot be read"), (b"s", 0o644, "chmod 600")])
def test_a_secret_that_is_none_stops_the_grading(course, text, mode, says):
    keep_secret(course, text)
    (course / ".autograder" / "secret").chmod(mode)
    done = run(course, "-m", "nbgrader", "autograde", "01-tiny")
    assert done.returncode != 0 and says in done.stderr
    assert not (course / "autograded" / "ada" / "01-tiny" / "tiny.ipynb").exists()


def test_without_the_answers_nothing_is_graded(course):
    shutil.rmtree(course.parent / "solutions")
    done = run(course, "-m", "autograder.grading.cli", "grade", "01-tiny", "--course-dir", ".")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "hidden tests compare with" in done.stderr
    assert not (course / "autograded").exists()


def test_what_the_exchange_looks_for_later_is_kept(course):
    handed_in = course / "submitted" / "ada" / "01-tiny"
    (handed_in / "submission_secret.txt").write_text("c0ffee" * 20)
    (handed_in / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    (handed_in / "other.txt").write_text("mine")
    assert run(course, "-m", "autograder.grading.cli", "grade", "01-tiny", "--course-dir", ".").returncode == 0
    kept = {path.name: path.read_text() for path in (course / "autograded" / "ada" / "01-tiny").glob("*.txt")}
    assert kept == {"submission_secret.txt": "c0ffee" * 20, "timestamp.txt": "2026-01-02 03:04:05 UTC"}
