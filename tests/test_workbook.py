"""`autograder workbook`: what it lays out, what it never touches, what it refuses."""

import json
import os
import re
import shutil
import sys
from unittest import mock

import nbformat
import pytest
from tiny_course import HIDDEN, SOLUTION, add_chapter, tiny_course, write

from autograder.grading.cli import main
from conftest import CHECKOUT


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """The command adds to sys.path and nbgrader_config.py to os.environ: put both back."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture
def course(tmp_path):
    return tiny_course(tmp_path)


@pytest.fixture
def learner(tmp_path):
    """The learner's folder, which does not exist yet."""
    return tmp_path / "deep" / "workbook"


@pytest.fixture
def run(course, learner, capsys):
    """Run the verb; returns (status, lines on stdout, lines on stderr)."""

    def run(*chapters):
        status = main(["workbook", "--course-dir", str(course), "--to", str(learner), *chapters])
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_release_holds_no_solution_and_no_hidden_test(run, course, learner, monkeypatch):
    monkeypatch.setattr("nbgrader.converters.generate_assignment.Gradebook", None)  # --no-db: nobody may call it
    before = files(course)
    assert run()[0] == 0
    text = (learner / "01-tiny" / "tiny.ipynb").read_text()
    assert "def answer():" in text and "# write your answer here" in text
    for secret in (SOLUTION, HIDDEN, "BEGIN SOLUTION", "HIDDEN TESTS", "solutions"):
        assert secret not in text
    assert files(course) == before, "the course root is only read: no gradebook, no release folder"
    assert not any("solutions" in str(path) for path in learner.rglob("*"))


def test_an_untouched_stub_returns_none(run, learner):
    run()
    stub = nbformat.read(learner / "01-tiny" / "tiny.ipynb", as_version=4).cells[1].source
    namespace = {}
    exec(stub, namespace)
    assert namespace["answer"]() is None


def test_one_line_a_chapter(run, course):
    add_chapter(course, "02-more")
    assert [line.partition(":")[0] for line in run()[1]] == ["01-tiny", "02-more"]
    assert [line.partition(":")[0] for line in run()[1]] == ["01-tiny", "02-more"]


@pytest.mark.parametrize("name", ["02-more", "more"])
def test_a_chapter_can_be_chosen(run, course, learner, name):
    add_chapter(course, "02-more")
    run(name)
    assert [path.name for path in learner.glob("[0-9]*")] == ["02-more"]


def test_the_learners_notebook_is_never_overwritten(run, course, learner):
    run()
    theirs = learner / "01-tiny" / "tiny.ipynb"
    theirs.write_text(theirs.read_text().replace("# write your answer here", "return 41"))
    mine = files(learner)
    status, said, _ = run()
    assert status == 0 and "newer" not in said[0].replace("no newer", "")
    assert files(learner) == mine, "the same release changes nothing"

    write(course / "source" / "01-tiny", prose="What is the *whole* answer?")
    _, said, _ = run()
    beside = learner / "01-tiny" / "tiny.new.ipynb"
    assert len(said) == 1 and "a newer release" in said[0] and str(beside) in said[0]
    assert "whole" in beside.read_text() and theirs.read_bytes() == mine["01-tiny/tiny.ipynb"]

    mine = files(learner)
    assert "a newer release" not in run()[1][0], "announced once"
    assert files(learner) == mine

    write(course / "source" / "01-tiny", prose="Why?")
    _, said, _ = run()
    assert "tiny.new2.ipynb" in said[0] and "Why?" in (learner / "01-tiny" / "tiny.new2.ipynb").read_text()
    assert files(learner)["01-tiny/tiny.new.ipynb"] == mine["01-tiny/tiny.new.ipynb"], (
        "they may work in that one by now"
    )


def test_new_ids_alone_are_no_newer_release(run, course):
    run()
    path = course / "source" / "01-tiny" / "tiny.ipynb"
    path.write_text(path.read_text().replace('"id": "prose"', '"id": "drawn-anew"'))
    assert "a newer release" not in run()[1][0]


@pytest.mark.parametrize("theirs", ["an older release", "not a notebook"])
def test_a_notebook_from_elsewhere_is_kept_too(run, course, learner, theirs):
    if theirs == "an older release":
        run()
        shutil.rmtree(learner / ".release")
        write(course / "source" / "01-tiny", prose="Changed since.")
    else:
        (learner / "01-tiny").mkdir(parents=True)
        (learner / "01-tiny" / "tiny.ipynb").write_text(theirs)
    before = files(learner)["01-tiny/tiny.ipynb"]
    assert "a newer release" in run()[1][0]
    assert files(learner)["01-tiny/tiny.ipynb"] == before


def test_a_deleted_notebook_comes_back(run, learner):
    run()
    before = files(learner)
    (learner / "01-tiny" / "tiny.ipynb").unlink()
    run()
    assert files(learner) == before


def test_companions_are_brought_up_to_date(run, course, learner):
    run()
    (course / "source" / "01-tiny" / "fingerprints.json").write_text('{"answer": ["new"]}')
    (course / "source" / "01-tiny" / "waiting.png").write_bytes(b"\x89PNG")
    run()
    assert json.loads((learner / "01-tiny" / "fingerprints.json").read_text()) == {"answer": ["new"]}
    assert (learner / "01-tiny" / "waiting.png").read_bytes() == b"\x89PNG"


def test_a_file_is_laid_whole_or_not_at_all(run, course, learner, monkeypatch):
    run()
    before = files(learner)
    (course / "source" / "01-tiny" / "fingerprints.json").write_text('{"answer": ["new"]}')

    copy = shutil.copyfile

    def full_disk(source, target, **options):
        if str(target).startswith(str(learner)):
            target.write_bytes(b'{"ans')
            raise OSError(28, "No space left on device", str(target))
        return copy(source, target, **options)

    monkeypatch.setattr(shutil, "copyfile", full_disk)
    status, _, said = run()
    assert status == 2 and len(said) == 1 and "No space left on device" in said[0]
    assert before.items() <= files(learner).items()


MORE = "source/02-more/more.ipynb"
BAD = {
    "no such chapter": (lambda course: None, ["nonsense"], "has no chapter nonsense, only 01-tiny, 02-more"),
    "no source": (lambda course: shutil.rmtree(course / "source"), [], "is no course"),
    "no configuration": (lambda course: (course / "nbgrader_config.py").unlink(), [], "is no course"),
    "not json": (lambda course: (course / MORE).write_text('{"cells'), [], "more.ipynb is not a readable notebook"),
    "not a notebook": (lambda course: (course / MORE).write_text("[1]"), [], "more.ipynb is not a readable notebook"),
    "solution left open": (
        lambda course: write((course / MORE).parent, solution=("### BEGIN SOLUTION", SOLUTION)),
        [],
        "02-more cannot be released: no end solution statement found",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_nothing_is_written(run, course, learner, case):
    spoil, chapters, sentence = BAD[case]
    add_chapter(course, "02-more")
    spoil(course)
    status, out, said = run(*chapters)
    assert status == 2 and out == [] and len(said) == 1
    assert said[0].startswith("autograder workbook: ") and sentence in said[0]
    assert not learner.exists(), "nothing is written, not even the chapter that is in order"


def test_a_file_where_the_folder_should_be(run, learner):
    learner.parent.mkdir()
    learner.write_text("")
    status, _, said = run()
    assert status == 2 and len(said) == 1 and str(learner) in said[0]


# --- the start page ---------------------------------------------------------------------------------------------------

OPENING = """\
# 2 More

*Is 42 enough?*

By the end you can say so.

About 20 minutes; 2.1 is a good place to pause. You need chapter 1, and $x^2$. New: *questions*."""


def start(learner):
    page = nbformat.read(learner / "start.ipynb", as_version=4)
    nbformat.validate(page)
    return page.cells


def test_the_start_page_tells_of_the_chapters_what_they_tell_of_themselves(run, course, learner):
    (course.parent / "README.md").write_text("# Six times seven\n\nA course of *one* sum.\n\nMore.\n")
    add_chapter(course, "02-more")
    write(course / "source" / "02-more", prose=OPENING)
    run()
    text = start(learner)[0].source
    assert text.startswith("# Six times seven\n\nA course of *one* sum.\n")
    assert "| [2 More](02-more/more.ipynb) | Is 42 enough? | About 20 minutes | chapter 1, and $x^2$ |" in text
    assert "| [01-tiny/tiny.ipynb](01-tiny/tiny.ipynb) |  |  |  |" in text  # it says nothing of itself


def test_the_start_page_links_to_what_is_laid_alone(run, course, learner):
    add_chapter(course, "02-more")
    run("more")
    assert re.findall(r"\]\((.+?)\)", start(learner)[0].source) == ["02-more/more.ipynb"]


def test_the_start_page_has_the_words_of_the_chapter_that_explains_them(run, course, learner):
    write(course / "source" / "01-tiny", prose="How it works.\n\n## Words\n\n- A **slip** is one.\n\n## Next\n\nSums.")
    run()
    words = start(learner)[-1].source
    assert words.startswith("## Words\n\n- A **slip** is one.\n\n## When") and "Sums" not in words


def test_the_start_page_is_made_anew_with_what_the_checks_found(run, learner):
    run()
    (output,) = start(learner)[2].outputs
    assert output.data["text/plain"] == "tiny: 0 passed, 0 tried, 1 not attempted"
    (learner / ".progress" / "tiny.json").write_text('{"answer": "passed"}')
    run()
    (output,) = start(learner)[2].outputs
    assert output.data["text/plain"] == "tiny: 1 passed, 0 tried, 0 not attempted"
    assert (learner / ".progress" / "tiny.json").read_text() == '{"answer": "passed"}'


def test_jupyterlab_is_opened_in_the_learners_folder_with_its_settings(course, learner, monkeypatch):
    from jupyterlab.labapp import LabApp

    seen = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda options: seen.append((os.getcwd(), options)))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "theirs")
    here = os.getcwd()
    try:
        assert main(["lab", "--course-dir", str(course), "--to", str(learner), "--", "--no-browser"]) == 0
    finally:
        os.chdir(here)
    assert seen == [(str(learner), ["--no-browser"])]
    assert os.environ["JUPYTER_CONFIG_PATH"] == os.pathsep.join([str(learner / ".jupyter"), "theirs"])


CHAPTERS = sorted((CHECKOUT / "course" / "source").glob("*/*.ipynb"))
REGION = r"### BEGIN {0}\n(.*?)### END {0}"


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The course's own chapters, as a learner gets them."""
    folder = tmp_path_factory.mktemp("learner") / "workbook"
    with mock.patch.dict(os.environ):
        assert main(["workbook", "--course-dir", str(CHECKOUT / "course"), "--to", str(folder)]) == 0
    return folder


def test_the_start_page_of_this_course_leaves_nothing_blank(released):
    text = start(released)[0].source
    rows = [row.strip("|").split("|") for row in text.splitlines() if row.startswith("| [")]
    assert [link[2:3] for link, *_ in rows] == [str(n) for n in range(1, len(CHAPTERS) + 1)]
    assert all(cell.strip() for row in rows for cell in row)
    assert all(re.search(r"minutes|hours", row[2]) and "chapter" in row[3] for row in rows[1:])
    words = start(released)[-1].source
    assert all(f"**{word}**" in words for word in ("hand-in", "slip", "mend", "bill"))


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_no_chapter_gives_its_answers_away(released, source):
    text = (released / source.parent.name / source.name).read_text()
    stubs = {cell.id: cell for cell in nbformat.reads(text, as_version=4).cells}
    full = nbformat.read(source, as_version=4).cells
    assert "BEGIN SOLUTION" not in text and "HIDDEN TESTS" not in text
    given_away = []
    for cell in full:
        secrets = re.findall(REGION.format("SOLUTION"), cell.source, re.S)
        secrets += re.findall(REGION.format("HIDDEN TESTS"), cell.source, re.S)
        if cell.metadata.get("nbgrader", {}).get("solution") and not secrets:
            secrets = [cell.source]
        given_away += [text for text in map(str.strip, secrets) if text and text in stubs[cell.id].source]
        assert not stubs[cell.id].get("outputs"), "an output may show the answer"
    assert given_away == []
    assert not re.search(r"^\s*(from|import)\s+solutions\b", "\n".join(cell.source for cell in stubs.values()), re.M)
    assert sum(cell.metadata.get("nbgrader", {}).get("solution", False) for cell in full) > 0
