"""course/instructors.md: its commands exist and work, its numbers are the chapters', and samples are there for all."""

import datetime
import functools
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig

import nbformat
import pytest
from course_under_test import CHAPTERS
from traitlets.config import Config

from autograder.grading import cli, notebook, sandbox
from autograder.grading.points import Worth, worth
from conftest import CHECKOUT

PAGE = CHECKOUT / "course" / "instructors.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = [re.sub("^    ", "", b, flags=re.M) for b in re.findall(r"(?<=\n\n)((?:(?: {4}.*)?\n)+)", TEXT) if b.strip()]
COMMAND = re.compile(r"(?:^|(?<=`))(?:autograder|nbgrader) [^`\n]+", re.M)
COMMANDS = sorted({c.strip() for text in (*BLOCKS, *re.findall("`[^`\n]+`", TEXT)) for c in COMMAND.findall(text)})
SOURCES = {folder: notebook.read(path) for folder, path in CHAPTERS.items()}
CORE = {
    r"About (\d+) minutes": 1,
    r"Two sittings of about (\d+) minutes": 2,
    r"Three sittings of about (\d+) minutes": 3,
    "About (two hours)": 1,
}
WORDS = {"two hours": 120, "half an hour": 30}


def minutes(folder):
    """What a chapter's first page says: (core, clinic)."""
    page = SOURCES[folder].cells[0].source
    (core,) = (
        times * _number(found.group(1)) for said, times in CORE.items() if (found := re.search(f"^{said}", page, re.M))
    )
    return core, _number(re.search(r"clinic[^.]* takes (half an hour|\d+)", page).group(1))


def _number(words):
    return WORDS.get(words) or int(words)


def rows(heading):
    """The cells of the table that follows a line."""
    table = re.search(rf"^{re.escape(heading)}\n\n((?:\|.*\n)+)", TEXT, re.M).group(1)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_minutes_are_the_chapters_own():
    first = re.search(r"^(Minutes as .*)$", TEXT, re.M).group(1)
    *chapters, together = rows(first)
    assert [row[1] for row in chapters] == list(CHAPTERS)
    found = [tuple(map(int, row[2:])) for row in chapters]
    assert found == [minutes(folder) for folder in CHAPTERS]
    assert [int(n) for n in together[2:]] == [sum(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize("weeks, heading", [(4, "In four weeks:"), (8, "In eight weeks:")])
def test_a_syllabus_has_every_chapter_and_its_minutes(weeks, heading):
    whole = dict(zip("1234567", (minutes(folder)[0] for folder in CHAPTERS), strict=True))
    table, given = rows(heading), dict.fromkeys("1234567", 0)
    assert [int(row[0]) for row in table] == list(range(1, weeks + 1))
    for _, what, said, _ in table:
        sitting = re.fullmatch(r"(\d), (?:to|from) \d\.\d", what)
        parts = {sitting.group(1): 0.5} if sitting else dict.fromkeys(what.split(", "), 1)
        assert int(said) == sum(share * whole[chapter] for chapter, share in parts.items())
        for chapter, share in parts.items():
            given[chapter] += share
    assert set(given.values()) == {1}


def test_every_chapter_has_its_paragraph_and_its_points():
    titles = [source.cells[0].source.splitlines()[0].removeprefix("# ") for source in SOURCES.values()]
    assert re.findall(r"^\*\*(\d [^*]+)\.\*\* .{300,}$", TEXT, re.M) == titles
    marks = [
        sum(cell.metadata.nbgrader.points for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade"))
        for source in SOURCES.values()
    ]
    said = re.search(r"its text state them: ([\d, ]+)", TEXT).group(1)
    assert [int(n) for n in said.split(", ")] == marks


def test_every_file_it_names_is_there():
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", TEXT)]
    assert [link for link in links if link and not (PAGE.parent / link).exists()] == []
    anchors = [f"#{re.sub('[^a-z -]', '', h.lower()).replace(' ', '-')}" for h in re.findall("^#+ (.+)$", TEXT, re.M)]
    assert set(re.findall(r"\]\((#[^)]+)\)", TEXT)) <= set(anchors)
    names = set(re.findall(r"`([\w/]+\.(?:py|md|txt))`", TEXT)) - {"timestamp.txt"}
    places = [CHECKOUT, CHECKOUT / "course"]
    assert [name for name in names if not any((place / name).is_file() for place in places)] == []


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("autograder")])
def test_autograder_takes_this(command, monkeypatch):
    def taken(verb):
        return functools.wraps(verb)(lambda **arguments: inspect.signature(verb).bind(**arguments) and 0)

    monkeypatch.setattr(cli, "VERBS", [taken(verb) for verb in cli.VERBS])
    monkeypatch.setattr(sys, "path", [*sys.path])
    words = shlex.split(command)[1:]
    if words[1:] and words[1] != "--help":
        assert cli.main(words) == 0
    else:
        assert words[0] in [verb.__name__ for verb in cli.VERBS]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("nbgrader")])
def test_nbgrader_takes_this(command):
    from nbgrader.apps import NbGraderApp

    app, words = NbGraderApp(), shlex.split(command)[1:]
    while words and words[0] in app.subcommands:
        app = app.subcommands[words.pop(0)][0]()
    assert not app.subcommands, "a command and not a family of commands"
    taken = set()
    for name in [*app.flags, *app.aliases]:
        taken |= set(name) if isinstance(name, tuple) else {name}
    options = [word.removeprefix("--").partition("=")[0] for word in words if word.startswith("--")]
    assert set(options) <= taken
    assert len(words) - len(options) <= 1, "one assignment or file"


def configured(word):
    """The Config that the page's block with this word makes of an empty one."""
    (block,) = [block for block in BLOCKS if word in block]
    config = Config()
    exec(block.partition("\nnbgrader ")[0], {"c": config})
    return config


def test_the_late_days_are_what_the_page_says():
    lateness = configured("LateDays").AssignLatePenalties.plugin_class().late_submission_penalty
    day = datetime.timedelta(days=1).total_seconds()
    assert [lateness("ben", 20, days * day) for days in (0.1, 2, 2.1, 4, 30)] == [0, 0, 2, 4, 20]
    assert lateness("ada", 20, 9 * day) == 0


def test_the_settings_of_exchange_and_collecting_exist():
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange.default import Exchange
    from nbgrader.plugins import FileNameCollectorPlugin

    from autograder.grading.export import Canvas, Moodle

    known = {
        one.__name__: one.class_traits(config=True) for one in (CourseDirectory, Exchange, FileNameCollectorPlugin)
    }
    known |= {one.__name__: one.class_traits(config=True) for one in (Canvas, Moodle)}
    named = re.findall(r"\bc\.(CourseDirectory|Exchange|FileName\w+|Canvas|Moodle)\.(\w+)", TEXT)
    assert len(named) >= 7 and [name for name in named if name[1] not in known[name[0]]] == []
    pattern = configured("named_regexp").FileNameCollectorPlugin.named_regexp
    example = re.search(r"here `(ada_\S+)\.ipynb`", TEXT).group(1)
    found = re.match(pattern, f"extracted/{example}").groupdict()
    assert found == {"student_id": "ada", "timestamp": "2027-03-01-17-55-00", "file_id": "neurons"}


def test_the_weight_of_a_text_is_one_line():
    config = configured("worth(c")
    cells = {c.metadata.nbgrader.grade_id: c for c in SOURCES["01-neurons"].cells if "nbgrader" in c.metadata}
    before = {name: dict(cell.metadata.nbgrader) for name, cell in cells.items()}
    copied = nbformat.from_dict({name: dict(cell) for name, cell in cells.items()})
    for cell in copied.values():
        Worth(config=config).preprocess_cell(cell, {}, 0)
    changed = {name for name in before if before[name] != dict(copied[name].metadata.nbgrader)}
    assert changed == {"one_sentence"} and copied["one_sentence"].metadata.nbgrader.points == 4
    other = Config()
    worth(other, test_mean_ink=5)
    with pytest.raises(ValueError, match="not marked by hand"):
        Worth(config=other).preprocess_cell(copied["test_mean_ink"], {}, 0)


def test_every_chapter_has_five_samples():
    text = (CHECKOUT / "solutions" / "samples.md").read_text("utf-8")
    chapters = re.findall(r"^## (\S+)\n\n(.+)\n\n((?:\|.*\n)+)", text, re.M)
    assert [folder for folder, _, _ in chapters] == list(CHAPTERS)
    for folder, rubric, table in chapters:
        asked = next(c.source for c in SOURCES[folder].cells if "### Say it in one sentence" in c.source)
        assert f"(Marked by hand: {rubric.replace('1 for', 'half for')})" in asked
        marks = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
        edges = [re.fullmatch(r"(\d)-(\d) → (\d)", marks[at]).groups() for at in (1, 3)]
        assert marks[::2] == ["0", "1", "2"] and [e[:2] for e in edges] == [("0", "1"), ("1", "2")]
        assert all(low <= given <= high for low, high, given in edges)


# --- the first page, typed --------------------------------------------------------------------------------------------


def bash(block, folder, home):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and "THREADS" not in name}
    clean |= {"HOME": str(home), "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"}
    # What installs, and what opens a browser, is tried elsewhere.
    block = re.sub(r"^(make|\. \.venv|jupyter).*\n", "", block, flags=re.M)
    done = subprocess.run(
        ["bash", "-e", "-c", block], cwd=folder, env=clean, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout


def hand_in(course, student, answers):
    """The released notebook with these of the reference answers, as collected two days and a bit after the due date."""
    released = notebook.read(course / "release" / "01-neurons" / "neurons.ipynb")
    right = {
        c.metadata.nbgrader.grade_id: c.source
        for c in SOURCES["01-neurons"].cells
        if c.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in released.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in right and name in answers(right):
            cell.source = right[name]
    place = course / "submitted" / student / "01-neurons"
    place.mkdir(parents=True)
    nbformat.write(released, place / "neurons.ipynb")
    (place / "timestamp.txt").write_text("2027-03-04 18:00:00 UTC")


def exported(course, home):
    bash("nbgrader export --to=grades.csv", course, home)
    head, *rest = [line.split(",") for line in (course / "grades.csv").read_text("utf-8").splitlines()]
    return {row[head.index("student_id")]: dict(zip(head, row, strict=True)) for row in rest}


@pytest.mark.skipif(bool(sandbox.missing()), reason="no full sandbox here")
def test_the_first_class_and_a_check_that_was_wrong(tmp_path):
    """Each command of the first page and of *When a released check was wrong*, with a class of two."""
    from nbgrader.api import Gradebook

    setting_up, listing, grading, _, feedback = BLOCKS[:5]
    out = bash(setting_up, CHECKOUT, tmp_path)
    assert "MISSING" not in out
    course = tmp_path / "teaching" / "course"
    shutil.rmtree(course / "submitted", ignore_errors=True)  # of whoever works in this checkout
    (course / "gradebook.db").unlink(missing_ok=True)
    (course / "students.csv").write_text("id,first_name,last_name,email,lms_user_id\nada,,,,\nben,,,,\n")
    bash(listing, course, tmp_path)
    hand_in(course, "ada", lambda right: right)
    hand_in(course, "ben", lambda right: {"mean_ink"})
    assert "2 hand-ins for 01-neurons, 0 of them" in bash(grading, course, tmp_path)
    assert (course / ".autograder" / "report" / "01-neurons.html").is_file()
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.find_grade("one_sentence", "neurons", "01-neurons", "ada").manual_score = 1
        book.db.commit()
    bash(feedback, course, tmp_path)
    assert len(list(course.glob("feedback/*/01-neurons/neurons.html"))) == 2
    marks = exported(course, tmp_path)
    assert (marks["ada"]["score"], marks["ben"]["score"], marks["ada"]["max_score"]) == ("18.0", "1.0", "19.0")

    # A check is mended, a text counts twice, and two days are free: the third costs a tenth, but for ada.
    source = course / "source" / "01-neurons" / "neurons.ipynb"
    source.write_text(source.read_text("utf-8").replace("as check:\\n", "as check:  # mended\\n", 1), "utf-8")
    more = [block for word in ("LateDays", "worth(c") for block in BLOCKS if word in block]
    config = course / "nbgrader_config.py"
    config.write_text("\n".join([config.read_text("utf-8"), *more]), "utf-8")
    (mending,) = [block for block in BLOCKS if "generate_assignment --force" in block]
    assert "as before" not in bash(mending, course, tmp_path)
    marks = exported(course, tmp_path)
    assert [marks[who]["score"] for who in ("ada", "ben")] == ["18.0", "0.9"], "a mark by hand stays"
    assert marks["ada"]["max_score"] == "21.0"
