"""`autograder sync`: one text, copied; what cannot be in step is refused with a sentence."""

import mutants
import nbformat
import pytest

from autograder.grading import notebook, sync

FUNCTION = 'def step(z):\n    """The step."""\n    s = z > 0\n    return s * 1'


CLASS = "class Pair:\n    def first(self):\n        return 1\n\n    def second(self):\n        a = 2\n        return a"
BOTH = f"{CLASS}\n\n\n{FUNCTION}"


def cell(source, name, solution):
    marks = {"grade_id": name, "grade": not solution, "solution": solution, "points": 1}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": marks})


def test_a_function_gets_its_markers_behind_the_docstring():
    assert sync.with_markers(FUNCTION) == (
        'def step(z):\n    """The step."""\n'
        "    ### BEGIN SOLUTION\n    s = z > 0\n    return s * 1\n    ### END SOLUTION"
    )


def test_a_constant_keeps_what_the_cell_gives():
    old = "rate = None  # a number\n### BEGIN SOLUTION\nrate = 1\n### END SOLUTION"
    assert sync.with_markers("rate = 1 / 3", old) == old.replace("rate = 1\n", "rate = 1 / 3\n")


def test_lines_given_around_the_hole_stay_given():
    old = 'def step(z):\n    """The step."""\n    s = z > 0\n    ### BEGIN SOLUTION\n    return s\n    ### END SOLUTION'
    assert sync.with_markers(FUNCTION, old) == old.replace("return s\n", "return s * 1\n")


def test_text_that_was_given_and_has_changed_is_not_kept():
    old = 'def step(x):\n    """Old."""\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION'
    assert sync.with_markers(FUNCTION, old) == sync.with_markers(FUNCTION)


def test_a_class_keeps_a_hole_in_each_method():
    old = BOTH.replace("        return 1\n", "        ### BEGIN SOLUTION\n        ### END SOLUTION\n")
    old = old.replace("        return a\n", "        ### BEGIN SOLUTION\n        return b\n        ### END SOLUTION\n")
    new = sync.with_markers(BOTH, old)
    assert new == old.replace("SOLUTION\n        ###", "SOLUTION\n        return 1\n        ###").replace(
        "return b", "return a"
    )
    assert sync.with_markers(BOTH, new) == new
    exercise = notebook.Exercise("step", cell(new, "step", True), None)
    assert "return" not in exercise.stub.replace("return s * 1", "") and exercise.stub.count("your answer") == 2


def test_a_class_that_no_cell_gives_yet_is_given_whole():
    assert sync.with_markers(BOTH) == f"{CLASS}\n\n\n{sync.with_markers(FUNCTION)}"


def test_a_class_directly_above_a_function_belongs_to_it(tmp_path, monkeypatch):
    (tmp_path / "classy.py").write_text(f"{BOTH}\n\n\ndef other():\n    return 3\n\n\nrate = 1 / 3\n")
    monkeypatch.setattr("solutions.__path__", [str(tmp_path)])
    texts = [sync.package_text("classy", name) for name in ("step", "other", "rate")]
    assert texts == [BOTH, "def other():\n    return 3", "rate = 1 / 3"]


def test_mutants_reach_into_a_class():
    found = dict(mutants.mutants(BOTH.replace("step(z)", "step(z, w)")))
    assert {"a = 2: deleted", "2: 2 to 3", "z > 0: Gt to GtE", "z taken for w"} <= set(found)
    assert all(text.startswith("class Pair") for text in found.values())


@pytest.mark.parametrize("text", [FUNCTION, BOTH, "rate = 1 / 3"])
def test_syncing_twice_changes_nothing_more(text):
    once = sync.with_markers(text)
    assert sync.with_markers(text, once) == once


def test_the_stub_is_the_cell_without_its_solution():
    exercise = notebook.Exercise("step", cell(sync.with_markers(FUNCTION), "step", True), None)
    assert exercise.stub == 'def step(z):\n    """The step."""\n    # write your answer here'


def test_the_visible_check_has_no_hidden_lines():
    source = "with x as check:\n    a\n    ### BEGIN HIDDEN TESTS\n    b\n    ### END HIDDEN TESTS\n    c\n"
    assert notebook.Exercise("x", None, cell(source, "test_x", False)).visible == "with x as check:\n    a\n    c\n"


def test_a_check_without_its_solution_cell_is_named():
    lonely = nbformat.v4.new_notebook(cells=[cell("", "test_step", False)])
    with pytest.raises(ValueError, match="test_step"):
        notebook.exercises(lonely)


def test_an_exercise_without_an_answer_is_named():
    with pytest.raises(ValueError, match="no_such_exercise"):
        sync.package_text("neurons", "no_such_exercise")


def test_a_mistake_that_passes_is_refused(monkeypatch):
    from solutions import mistakes, neurons

    right = mistakes.Mistake("none", "step", "common", neurons.step, "It is right.")
    monkeypatch.setattr(mistakes, "of", lambda slug: {"step": [right]})
    chapter = notebook.read(notebook.chapters("course")["01-neurons"])
    with pytest.raises(ValueError, match="none passes the check of step"):
        sync.fingerprints(chapter, "neurons")


def test_a_mistake_of_no_exercise_is_refused(monkeypatch):
    from solutions import mistakes

    monkeypatch.setattr(mistakes, "of", lambda slug: {"gone": []})
    chapter = notebook.read(notebook.chapters("course")["01-neurons"])
    with pytest.raises(ValueError, match="gone"):
        sync.fingerprints(chapter, "neurons")


def test_a_cell_that_fails_stops_the_sync(tmp_path):
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(Exception, match="ZeroDivisionError"):
        sync.execute(broken, tmp_path, "course")
