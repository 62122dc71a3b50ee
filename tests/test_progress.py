"""autograder.check.progress: what is kept of a learner's checks, when nothing is, and how it is told."""

import json
import os
from html.parser import HTMLParser

import pytest
from tiny_course import add_chapter

from autograder.check import CheckFailed, exercise, progress

KEPT = ".progress/neurons.json"


@pytest.fixture
def workbook(tmp_path, monkeypatch):
    """A learner's folder; the test works in its first chapter, in a kernel."""
    (tmp_path / ".progress").mkdir()
    (tmp_path / "01-neurons").mkdir()
    monkeypatch.chdir(tmp_path / "01-neurons")
    monkeypatch.setattr(progress, "_in_a_kernel", lambda: True)
    return tmp_path


def check(answer):
    """Run the check of an exercise `six`, as a cell does."""
    namespace = {"six": answer, "exercise": exercise, "CheckFailed": CheckFailed}
    source = 'try:\n with exercise("neurons.six") as check: check.number(6)\nexcept CheckFailed: pass'
    exec(source, namespace)


def kept(workbook):
    return json.loads((workbook / KEPT).read_text())


def test_the_last_judgement_is_kept_and_an_empty_cell_takes_nothing_back(workbook):
    for answer, found in [(5, "tried"), (6, "passed"), (None, "passed"), (7, "tried"), (None, "tried")]:
        check(answer)
        assert kept(workbook) == {"six": found}


def test_an_empty_cell_is_not_kept(workbook):
    check(None)
    assert list((workbook / ".progress").iterdir()) == []


def test_a_choice_counts_and_what_is_undecided_does_not(workbook):
    progress.keep("neurons", "which", "noted")
    progress.keep("neurons", "which", "undecided")
    progress.keep("neurons", "other", "undecided")
    assert kept(workbook) == {"which": "passed"}


def test_each_exercise_is_kept_beside_the_others(workbook):
    (workbook / KEPT).write_text('{"mean_ink": "passed"}')
    check(6)
    assert kept(workbook) == {"mean_ink": "passed", "six": "passed"}


def test_nothing_is_kept_where_no_workbook_was_laid(workbook):
    (workbook / ".progress").rmdir()
    check(6)
    assert [path.name for path in workbook.rglob("*")] == ["01-neurons"]


def test_nothing_is_kept_outside_a_kernel(workbook, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(workbook / "01-neurons")
    check(6)
    assert list((workbook / ".progress").iterdir()) == []


@pytest.mark.parametrize("broken", ["", "{", "[1]", "3", "\udcff", "[" * 100_000])
def test_a_broken_file_is_made_anew(workbook, broken, capsys):
    (workbook / KEPT).write_bytes(broken.encode("utf-8", "surrogateescape"))
    check(6)
    assert kept(workbook) == {"six": "passed"}
    assert capsys.readouterr().out.startswith("\u2713 six: right")


@pytest.mark.parametrize("call", ["write_text", "replace"])
def test_what_cannot_be_written_stops_no_check_and_says_nothing(workbook, call, monkeypatch, capsys):
    (workbook / KEPT).write_text("{}")
    full = lambda *args, **named: (_ for _ in ()).throw(OSError(30, "Read-only file system"))  # noqa: E731
    monkeypatch.setattr(*((os, "replace") if call == "replace" else ("pathlib.Path.write_text",)), full)
    check(6)
    said = capsys.readouterr()
    assert said.out == "\u2713 six: right\n" and said.err == "" and kept(workbook) == {}


def test_a_file_is_written_whole_or_not_at_all(workbook, monkeypatch):
    (workbook / KEPT).write_text('{"mean_ink": "passed"}')
    monkeypatch.setattr(os, "replace", lambda part, path: kept(workbook) and part.unlink())
    check(6)
    assert kept(workbook) == {"mean_ink": "passed"}


# --- what is told of it -----------------------------------------------------------------------------------------------


class Tables(HTMLParser):
    """The words of each row of each table, and how its first cell calls itself."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.scopes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("td", "th", "a", "span", "code")
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.scopes.append((tag, dict(attrs).get("scope")))

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def test_the_progress_is_a_table_of_words(tmp_path):
    for name in ("01-tiny", "02-more"):
        add_chapter(tmp_path, name)  # in source/, as a workbook has it in itself
    workbook = tmp_path / "source"
    (workbook / ".progress").mkdir()
    (workbook / ".progress" / "more.json").write_text('{"answer": "tried", "gone": "passed"}')
    (workbook / "02-more" / "more.new.ipynb").write_text((workbook / "02-more" / "more.ipynb").read_text())
    (workbook / "03-bad").mkdir()
    (workbook / "03-bad" / "bad.ipynb").write_text("[")
    found = progress.chapters(workbook)
    assert [path for path, *_ in found] == ["01-tiny/tiny.ipynb", "02-more/more.ipynb"]
    assert progress.text(found).splitlines() == [
        "tiny: 0 passed, 0 tried, 1 not attempted",
        "more: 0 passed, 1 tried, 0 not attempted",
    ]
    tables = Tables(progress.html(found))
    assert tables.rows[:3] == [["chapter", "passed", "tried", "not attempted"], ["tiny", *"001"], ["more", *"010"]]
    assert [row[1:3] + [row[3].split(" ", 1)[1]] for row in tables.rows[4::2]] == [
        ["answer", "1", "not attempted"],
        ["answer", "1", "tried"],
    ]
    assert {scope for tag, scope in tables.scopes if tag == "th"} == {"col", "row"}


def test_no_state_but_the_three_is_told(tmp_path):
    add_chapter(tmp_path, "01-tiny")
    (tmp_path / "source" / ".progress").mkdir()
    (tmp_path / "source" / ".progress" / "tiny.json").write_text('{"answer": "<script>"}')
    assert progress.chapters(tmp_path / "source")[0][2] == [("", "answer", 1, "not attempted")]
    (tmp_path / "source" / ".progress" / "tiny.json").write_text('{"answer": ["passed"]}')
    assert progress.chapters(tmp_path / "source")[0][2] == [("", "answer", 1, "not attempted")]
