"""The sandbox gives the marks that plain nbgrader gives, to honest hand-ins; and knows every known mistake by name."""

import itertools
import shutil

import classroom
import nbformat
import pytest
from course_under_test import CHAPTERS
from nbgrader.utils import determine_grade

from autograder.check.findings import WRONG
from autograder.grading import grade

READY = [chapter for chapter, path in CHAPTERS.items() if (path.parent / "fingerprints.json").exists()]
HOOK = "trusted.configure(c, ROOT)"  # the line of nbgrader_config.py that plain nbgrader goes without
OWN = [  # cells of a learner's own: what they name is theirs, what they print is nobody's mark
    "import numpy as np\n\n\ndef twice(value):\n    return 2 * value",
    "%time total = sum(range(1000))",
    "print(twice(21), total)\n%matplotlib inline",
    "%%timeit -n 1 -r 1\ntwice(21)",
    "raise ValueError('this cell was a try')",
    "total / 0",
]
PARTIAL = """from autograder.check import exercise

score = [0.5]
with exercise("neurons.half_way") as check:
    score.append(2.0 * bool(check.call(3) == 6))
sum(score)"""


def with_partial_credit(chapter, source):
    """Add an exercise whose test cell ends in a number, as nbgrader's partial credit has it."""
    marks = dict(schema_version=3, grade=False, locked=False, solution=False, task=False)
    stub = "def half_way(n):\n    ### BEGIN SOLUTION\n    return 2 * n\n    ### END SOLUTION"
    for name, text, more in (
        ("half_way", stub, dict(solution=True)),
        ("test_half_way", PARTIAL, dict(grade=True, locked=True, points=4)),
    ):
        metadata = {"nbgrader": marks | {"grade_id": name} | more}
        source.cells.append(nbformat.v4.new_code_cell(text, id=name.replace("_", "-"), metadata=metadata))


def mixed(chapter, slug, start):
    """Identifier -> text: a known mistake in every second exercise from `start` on, one syntax error, one exception."""
    answers, known = classroom.references(chapter), classroom.known_mistakes(slug)
    for name in list(answers)[start::2]:
        if known.get(name):
            answers[name] = classroom.as_typed(known[name][-1 - start % len(known[name])])
    right = list(answers)[1 - start :: 2]
    answers[right[1]] = answers[right[1]].replace("):", ")", 1).replace(" =", " = =", 1)
    answers[right[2]] += "\n\nraise RuntimeError('after the answer')"
    return answers


@pytest.mark.parametrize("chapter", READY)
def test_marks_equal_plain_nbgraders(chapter, tmp_path):
    slug, first = CHAPTERS[chapter].stem, chapter == READY[0]
    ours = classroom.copy(tmp_path / "ours", [chapter], with_partial_credit if first else None)
    classroom.release(ours, chapter)
    exercises = classroom.exercises(chapter)
    names = list(exercises)
    spread = list(zip([*names[:: len(names) // 4], None, None], OWN, strict=False))
    classroom.hand_in(ours, chapter, "reference", classroom.references(chapter), figures=first)
    classroom.hand_in(ours, chapter, "mixed", mixed(chapter, slug, 0), added=spread, figures=first)
    if first:
        half = {"half_way": "def half_way(n):\n    return n + 3"}
        classroom.hand_in(ours, chapter, "stubs", half, added=[(None, OWN[0])], figures=False)
        partly = mixed(chapter, slug, 1) | {"half_way": "half_way = sorted"}
        classroom.hand_in(ours, chapter, "partly", partly, figures=False)
    plain = plain_copy(ours, tmp_path / "plain")
    done = classroom.grade(ours, chapter, "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    classroom.run(plain, "-m", "nbgrader", "autograde", chapter)
    got, expected = (flat(classroom.marks(course, chapter)) for course in (ours, plain))
    assert got == expected
    assert {expected["mixed", "grades", f"test_{name}"][0] > 0 for name, e in exercises.items() if e.points} == {
        True,
        False,
    }
    if first:
        assert [expected[s, "grades", "test_half_way"][0] for s in ("stubs", "partly")] == [2.5, 0]


def flat(marks):
    """One entry for each thing that the gradebook holds, so that a difference is shown by itself."""
    return {
        (student, kind, *([name] if name else [])): value
        for student, one in marks.items()
        for kind, many in one.items()
        for name, value in (many.items() if isinstance(many, dict) else [("", many)])
    }


def plain_copy(ours, folder):
    """The same course, hand-ins and drawn data, graded without the line that sends hand-ins to the sandbox."""
    plain = shutil.copytree(ours.parent, folder) / "course"
    config = (plain / "nbgrader_config.py").read_text("utf-8")
    assert HOOK in config
    (plain / "nbgrader_config.py").write_text(config.replace(HOOK, ""), "utf-8")
    return plain


# --- every known mistake ----------------------------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("AUTOGRADER_SECRET", "")  # and back to what it was
    yield
    grade.close()


@pytest.mark.parametrize("chapter", READY)
def test_every_known_mistake_earns_nothing_and_is_named(chapter, tmp_path, environment):
    """The n-th known mistake of every exercise in the n-th hand-in, through the sandbox."""
    course, known = classroom.copy(tmp_path, READY), classroom.known_mistakes(CHAPTERS[chapter].stem)
    about = grade.chapter(course, course / "source" / chapter)
    points = {e.identifier: e.points for e in classroom.exercises(chapter).values()}
    judged = []
    for together in itertools.zip_longest(*known.values()):
        together = [mistake for mistake in together if mistake is not None]
        answers = {mistake.exercise: classroom.as_typed(mistake) for mistake in together}
        result = grade.judge(about, classroom.answered(about.release, answers))
        assert not result.problem
        for mistake in together:
            test = f"test_{mistake.exercise}"
            (cell,) = (c for c in result.cells if c["metadata"].get("nbgrader", {}).get("grade_id") == test)
            assert determine_grade(nbformat.from_dict(cell)) == (0, points[mistake.exercise]), mistake
            assert result.verdicts[test] == WRONG and mistake.name in result.mistakes.get(test, ()), mistake
            judged.append(mistake)
    assert sorted(m.name for m in judged) == sorted(m.name for many in known.values() for m in many)
