"""Every exercise of every chapter, found by reading the notebooks: nothing here lists one."""

import csv
import importlib
import json
import os
import re

import mutants
import numpy as np
import pytest
from course_under_test import CHAPTERS, COURSE, REPOSITORY, every_exercise, reference, released_answer, run_check
from remote import RemoteFunction

from autograder.check.findings import NOT_ATTEMPTED, WRONG
from autograder.grading import notebook, sync

EXERCISES = every_exercise()
each_exercise = pytest.mark.parametrize(
    "slug, folder, exercise", [e[1:] for e in EXERCISES], ids=[e[0] for e in EXERCISES]
)
each_chapter = pytest.mark.parametrize("folder, path", CHAPTERS.items(), ids=list(CHAPTERS))
SEEDS = int(os.environ.get("JUDGE_SEEDS", 5))  # `make judge`: 1,000


def test_there_is_a_chapter():
    assert EXERCISES


@each_exercise
def test_the_reference_passes_hidden_tests_too(slug, folder, exercise, monkeypatch):
    for secret in ("", *map(str, range(SEEDS))):
        monkeypatch.setenv("AUTOGRADER_SECRET", secret)
        check, failure = run_check(exercise, reference(slug, exercise.identifier), folder, exercise.test.source)
        assert failure is None, f"secret {secret!r}: {failure}"
        assert not check.remarks


@each_exercise
def test_the_reference_passes_through_bytes(slug, folder, exercise):
    """Rule 4: values cross, never objects; the fresh namespace holds nothing but the answer."""
    answer = reference(slug, exercise.identifier)
    remote = RemoteFunction(answer) if callable(answer) else answer
    check, failure = run_check(exercise, remote, folder, exercise.test.source)
    assert failure is None, failure
    assert not callable(answer) or remote.crossings


@each_exercise
def test_the_untouched_stub_is_not_attempted(slug, folder, exercise):
    _, failure = run_check(exercise, released_answer(exercise), folder)
    assert failure is not None and failure.finding.outcome == NOT_ATTEMPTED


@each_exercise
def test_a_missing_name_is_not_attempted(slug, folder, exercise):
    _, failure = run_check(exercise, None, folder)
    assert failure is not None and failure.finding.outcome == NOT_ATTEMPTED


@each_exercise
def test_two_runs_of_a_check_draw_the_same_data(slug, folder, exercise):
    answer = reference(slug, exercise.identifier)
    first, second = (run_check(exercise, answer, folder)[0].calls for _ in range(2))
    assert first == second and first


MISTAKES = [
    pytest.param(slug, folder, exercise, mistake, id=f"{name}-{mistake.name}")
    for name, slug, folder, exercise in EXERCISES
    for mistake in importlib.import_module("solutions.mistakes").of(slug).get(exercise.identifier, [])
]


@pytest.mark.parametrize("slug, folder, exercise, mistake", MISTAKES)
def test_a_known_mistake_is_rejected_and_named_as_itself(slug, folder, exercise, mistake):
    """By its fingerprint alone, on what the learner has; and through bytes as well."""
    for wrap in (lambda f: f, RemoteFunction) if callable(mistake.answer) else (lambda f: f,):
        _, failure = run_check(exercise, wrap(mistake.answer), folder)
        assert failure is not None, "the check passes it"
        assert failure.finding.causes == (mistake.sentence,), failure.finding


@pytest.mark.parametrize("slug, folder, exercise, mistake", MISTAKES)
def test_a_known_mistake_is_rejected_on_drawn_data_too(slug, folder, exercise, mistake, monkeypatch):
    for secret in range(max(1, SEEDS // 50)):
        monkeypatch.setenv("AUTOGRADER_SECRET", str(secret))
        _, failure = run_check(exercise, mistake.answer, folder, exercise.test.source)
        assert failure is not None and failure.finding.outcome == WRONG, f"secret {secret!r} lets it through"


@pytest.mark.parametrize("slug, folder, exercise, mistake", MISTAKES)
def test_a_sentence_says_what_is_seen_and_not_the_answer(slug, folder, exercise, mistake):
    assert 20 < len(mistake.sentence) < 240
    squeezed = re.sub(r"\W", "", mistake.sentence)
    for line in _answer_lines(exercise):
        assert line not in squeezed, line
    assert not re.search(r"\b(simply|obviously|just)\b|!", mistake.sentence)


def _answer_lines(exercise):
    """The right-hand sides of the solution, squeezed: what a sentence may not contain."""
    holes = exercise.solution.source.split(notebook.BEGIN)[1:]
    for line in "".join(hole.partition(notebook.END)[0] for hole in holes).splitlines():
        line = re.sub(r"^\s*(return|\w+ =)", "", line)
        for part in (line, *line.split(","), *re.findall(r"== *([^\"]+)\"", line)):
            squeezed = re.sub(r"\W", "", part)
            if len(squeezed) > 5:
                yield squeezed


@each_exercise
def test_every_stub_with_points_has_known_mistakes(slug, folder, exercise):
    known = json.loads((folder / "fingerprints.json").read_text())
    if exercise.points > 0:
        assert known.get(exercise.identifier), "no known mistake is recorded for this exercise"


STYLES = [
    pytest.param(slug, folder, exercise, answer, id=f"{name}-{i}")
    for name, slug, folder, exercise in EXERCISES
    for i, answer in enumerate(importlib.import_module(f"styles.{slug}").STYLES.get(exercise.identifier, []))
]


@pytest.mark.parametrize("slug, folder, exercise, answer", STYLES)
def test_a_right_answer_in_another_style_passes(slug, folder, exercise, answer):
    _, failure = run_check(exercise, answer, folder, exercise.test.source)
    assert failure is None, failure


@each_chapter
def test_styles_and_mistakes_answer_exercises_that_exist(folder, path):
    known = {e.identifier for e in notebook.exercises(notebook.read(path))}
    for module in (
        importlib.import_module(f"styles.{path.stem}").STYLES,
        importlib.import_module("solutions.mistakes").of(path.stem),
    ):
        assert set(module) <= known, "renamed?"


@each_exercise
def test_every_exercise_with_points_has_two_other_right_answers(slug, folder, exercise):
    if exercise.points > 0:
        assert len(importlib.import_module(f"styles.{slug}").STYLES.get(exercise.identifier, [])) >= 2


# --- mutation: every small change to a reference is noticed by the visible check --------------------------------------


@pytest.mark.parametrize("name, slug, folder, exercise", [pytest.param(*e, id=e[0]) for e in mutants.judged()])
def test_mutants_of_the_reference_are_killed_by_the_visible_check(name, slug, folder, exercise):
    tried, left = mutants.judge(slug, folder, exercise, sample=40)
    known = mutants.equivalents()
    assert tried and not [what for what in left if (name, what) not in known]


def test_no_mutant_is_called_equivalent_that_is_killed_or_gone():
    """The list of equivalents stays true: each entry is a mutant of today, and it survives."""
    left, known = set(), set(mutants.equivalents())
    for name, *exercise in mutants.judged():
        for what, text in mutants.mutants(sync.package_text(exercise[0], exercise[2].identifier)):
            if (name, what) in known and mutants.survives(text, *exercise):
                left.add((name, what))
    assert left == known


# --- drift: one text, one truth --------------------------------------------------------------------------------------


@each_exercise
def test_the_notebook_holds_the_packages_text(slug, folder, exercise):
    text = sync.package_text(slug, exercise.identifier)
    assert exercise.solution.source == sync.with_markers(text, exercise.solution.source), "run `autograder sync`"
    lines = [line for line in exercise.solution.source.splitlines() if "### " not in line]
    assert "\n".join(lines).endswith(text)


@each_chapter
def test_the_fingerprints_are_those_of_the_mistakes(folder, path):
    stored = json.loads((path.parent / "fingerprints.json").read_text())
    fresh = json.loads(json.dumps(sync.fingerprints(notebook.read(path), path.stem)))
    assert stored.keys() == fresh.keys()
    for identifier in fresh:
        for old, new in zip(stored[identifier], fresh[identifier], strict=True):
            assert (old["name"], old["sentence"], len(old["calls"])) == (
                new["name"],
                new["sentence"],
                len(new["calls"]),
            )
            for one, other in zip(old["calls"], new["calls"], strict=True):
                assert one[0] == other[0] and np.allclose(one[1], other[1], rtol=1e-5), "run `autograder sync`"


@each_chapter
def test_every_name_of_the_package_is_an_exercise(folder, path):
    module = importlib.import_module(f"solutions.{path.stem}")
    names = [
        n
        for n, v in vars(module).items()
        if not n.startswith("_") and getattr(v, "__module__", module.__name__) == module.__name__
    ]
    names = [n for n in names if n != "np" and not isinstance(vars(module)[n], type)]
    assert names == [e.identifier for e in notebook.exercises(notebook.read(path))], "the same names in the same order"


# --- the notebook as a learner gets it -------------------------------------------------------------------------------


@each_chapter
def test_cells_are_marked_as_the_house_marks_them(folder, path):
    cells = notebook.read(path).cells
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        marks = cell.metadata.get("nbgrader", {})
        judged = marks.get("grade") and not marks.get("solution")
        assert ("raises-exception" in tags) == bool(judged), cell.source
        if judged:
            assert cell.metadata.jupyter.source_hidden, "folded: it tells answers"
            assert cell.source.startswith(sync.FOLDED.format(marks.grade_id.removeprefix("test_")))
        draws = re.search(r"^(show|payoff|show_widget)\(", cell.source, re.M) and cell.cell_type == "code"
        assert ("show" in tags) == bool(draws), cell.source


@each_chapter
def test_a_check_names_nothing_of_the_learners_but_what_it_judges(folder, path):
    for exercise in notebook.exercises(notebook.read(path)):
        assert f'exercise("{path.stem}.{exercise.identifier}")' in exercise.test.source
        assert not re.search(r"\bsolutions\b", exercise.visible)


@each_chapter
def test_every_stub_and_check_runs_without_the_cells_that_show(folder, path, monkeypatch):
    """`show` cells are not run at grading."""
    monkeypatch.chdir(path.parent)
    namespace = {"__name__": "__main__"}
    for cell in notebook.read(path).cells:
        if cell.cell_type == "code" and "show" not in cell.metadata.get("tags", []):
            exec(compile(cell.source, cell.id, "exec"), namespace)


@each_chapter
def test_every_picture_has_alt_text_and_is_small(folder, path):
    pictures = 0
    for cell in notebook.read(path).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert "image/png" not in data, "figures go through course.figures.show"
            for alt, size in re.findall(r'<img alt="([^"]*)"[^>]*base64,([^"]+)"', data.get("text/html", "")):
                pictures += 1
                assert len(alt) > 30 and len(size) * 3 / 4 < 60_000
    assert pictures >= 4


# --- the claims ------------------------------------------------------------------------------------------------------


def _claims():
    with open(REPOSITORY / "tests" / "claims.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_the_claims_are_the_audits():
    claims = _claims()
    verdicts = [c["verdict"] for c in claims]
    assert len(claims) == len({c["id"] for c in claims}) == 140
    assert [verdicts.count(v) for v in ("correct", "wrong", "incomplete", "garbled")] == [50, 60, 18, 12]


@pytest.mark.parametrize("chapter", sorted({c["chapter"] for c in _claims()}))
def test_every_claim_of_a_chapter_is_an_exercise_or_a_known_mistake(chapter):
    if chapter not in CHAPTERS:
        pytest.skip(
            f"{chapter} is not written yet: {sum(c['chapter'] == chapter for c in _claims())} claims wait for it"
        )
    slug = CHAPTERS[chapter].stem
    files = ("solutions/%s.py", "solutions/mistakes/%s.py")
    text = "".join((REPOSITORY / (file % slug)).read_text("utf-8") for file in files)
    missing = [
        c["id"] for c in _claims() if c["chapter"] == chapter and not re.search(re.escape(c["id"]) + r"(?!\w)", text)
    ]
    assert not missing


def test_no_chapter_is_outside_the_plan():
    assert set(CHAPTERS) <= {c["chapter"] for c in _claims()}
    assert COURSE.is_dir()
