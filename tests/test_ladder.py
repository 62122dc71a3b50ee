"""What may be used when: every NumPy name that a stub's solution needs was shown to the learner before."""

import re

import pytest
from course_under_test import CHAPTERS

from autograder.grading import notebook

# np.name, np.linalg.name, methods of arrays, and the two keywords that are ideas of their own.
NAMES = re.compile(
    r"np\.(?:linalg\.)?[a-z_]\w*|\.(?:mean|sum|max|min|argmax|argmin|reshape|dot|T|copy|astype)\b|keepdims|axis=-?\d|@"
)


def steps():
    """Over all chapters in order: ("shown", text, "") of what is given, ("needed", text, where) of a solution."""
    for folder, path in CHAPTERS.items():
        for cell in notebook.read(path).cells:
            marks = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "markdown":
                yield "shown", " ".join(re.findall(r"`([^`]+)`|^ {4}(.+)$", cell.source, re.M).__str__().split()), ""
            elif marks.get("solution"):
                given, *holes = re.split(f"{notebook.BEGIN}|{notebook.END}", cell.source)
                yield "shown", "".join([given, *holes[1::2]]), ""
                yield "needed", "".join(holes[::2]), f"{folder}: {marks['grade_id']}"
            elif not marks.get("grade"):
                yield "shown", cell.source, ""


def missing(steps):
    """(where, name) of every name that a solution needs and that nothing before it has shown."""
    shown, gaps = set(), []
    for kind, text, where in steps:
        names = set(NAMES.findall(text))
        if kind == "needed":
            gaps += [(where, name) for name in sorted(names - shown)]
        shown |= names
    return gaps


def test_a_name_that_was_not_shown_is_found():
    assert missing([("shown", "np.exp(1) + x.mean()", ""), ("needed", "np.exp(x.mean(axis=1))", "here")]) == [
        ("here", "axis=1")
    ]


def test_every_numpy_name_of_a_solution_was_shown_before():
    assert not missing(steps())


@pytest.mark.parametrize("folder, path", CHAPTERS.items(), ids=list(CHAPTERS))
def test_there_is_something_to_show(folder, path):
    assert any(kind == "needed" and where.startswith(folder) for kind, _, where in steps())
