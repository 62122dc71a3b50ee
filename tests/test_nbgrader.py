"""nbgrader, unmodified, by its own commands: release, validate, grade and return the sample class."""

import subprocess
import sys

import pytest
import sample_class
from course_under_test import REPOSITORY
from sample_class import CHAPTER, SLUG

from autograder.grading import notebook

FULL = {
    e.identifier: e.points
    for e in notebook.exercises(notebook.read(REPOSITORY / "course" / "source" / CHAPTER / f"{SLUG}.ipynb"))
}
NONE = dict.fromkeys(FULL, 0)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = sample_class.lay_out(tmp_path_factory.mktemp("class"))
    sample_class.grade(course)
    return course


def test_full_marks_are_worth_something():
    assert sum(FULL.values()) == 17


def test_every_hand_in_gets_the_points_it_has_earned_one_by_one(course):
    s2 = NONE | {e: FULL[e] for e in ("neuron_output", "sigmoid", "descend")}
    assert sample_class.points(course) == {
        "all-right": FULL,
        "gives-nan": FULL | {"sigmoid": 0},
        "own-helpers": FULL,
        "s2-as-it-stands": s2,
        "syntax-error": FULL | {"descend": 0},
        "untouched": NONE,
        "wrong-shape": FULL | {"neuron_output": 0},
    }


def test_each_failure_says_what_it_was(course):
    said = {student: sample_class.messages(course, student) for student in sample_class.points(course)}
    assert said["all-right"] == said["own-helpers"] == {}
    assert set(said["untouched"]) == set(FULL)
    assert all("not attempted" in message for message in said["untouched"].values())
    assert "Yours: nan" in said["gives-nan"]["sigmoid"]
    assert "shape (2, 1); expected: shape (2,)" in said["wrong-shape"]["neuron_output"]
    assert "There is no `descend` yet" in said["syntax-error"]["descend"]
    # S2 as it stands: right where the audit says right, wrong where it says wrong, nothing where S2 has no answer.
    s2 = said["s2-as-it-stands"]
    assert s2.pop("stopping").startswith("wrong\n  0 says that every line follows")
    assert set(s2) == set(FULL) - set(sample_class.S2)
    assert all("not attempted" in message for message in s2.values())


def test_feedback_shows_the_panel(course):
    page = (course / "feedback" / "wrong-shape" / CHAPTER / f"{SLUG}.html").read_text("utf-8")
    assert "expected: shape (2,)." in page and 'role="status"' in page


def test_the_release_validates_as_nbgrader_sees_it(course):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", f"{SLUG}.ipynb"],
        cwd=course / "release" / CHAPTER,
        capture_output=True,
        text=True,
    )
    assert "VALIDATION FAILED ON" in done.stdout and "not attempted" in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", f"source/{CHAPTER}/{SLUG}.ipynb"],
        cwd=course,
        capture_output=True,
        text=True,
    )
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr


def test_no_answer_is_in_the_release(course):
    text = (course / "release" / CHAPTER / f"{SLUG}.ipynb").read_text("utf-8")
    assert "HIDDEN TESTS" not in text and "SOLUTION" not in text and "solutions" not in text
