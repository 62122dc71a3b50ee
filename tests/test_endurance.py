"""The grader goes on: killed runs, damaged hand-ins, full disks, locked databases, a class graded again."""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import classroom
import nbformat
import pytest
from course_under_test import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading import cli, grade, gradebook, judge, notebook, submission, workers

CHAPTER, SLUG = "01-neurons", "neurons"
THOROUGH = "JUDGE_SEEDS" in os.environ  # `make judge`
MOMENTS = range(50) if THOROUGH else [*range(6), 10, 42]  # the last two: a worker in its first moments
SLOW = "import time\n\ntime.sleep(0.5)"  # a child that lives long enough to be found


# --- a small class, and what an uninterrupted run makes of it ---------------------------------------------------------


def six():
    """Invented id -> (its solution cells, cells of its own)."""
    right = classroom.references(CHAPTER)
    wrong = {e: classroom.as_typed(many[0]) for e, many in classroom.known_mistakes(SLUG).items()}
    return {
        "all-right": (right, ()),
        "half": (dict(list(right.items())[::2]), ()),
        "mixed": (right | dict(list(wrong.items())[::2]), [(None, "print('mine')")]),
        "slow": (right, [("sigmoid", SLOW)]),
        "untouched": ({}, ()),
        "wrong": (wrong, ()),
    }


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The course, released, with six hand-ins and a free text of each; nothing graded."""
    course = classroom.copy(tmp_path_factory.mktemp("released"), [CHAPTER], with_free_text)
    classroom.release(course, CHAPTER)
    for student, (answers, added) in six().items():
        classroom.hand_in(course, CHAPTER, student, answers | {"why": f"{student} says why"}, added=added)
    (course / ".autograder").mkdir(mode=0o700)
    (course / ".autograder" / "secret").write_text("the same for every copy\n")
    (course / ".autograder" / "secret").chmod(0o600)
    return course


def with_free_text(chapter, source):
    marks = dict(schema_version=3, grade_id="why", grade=True, solution=True, locked=False, task=False, points=2)
    source.cells.append(nbformat.v4.new_markdown_cell("Why?", id="why", metadata={"nbgrader": marks}))


@pytest.fixture
def course(released, tmp_path):
    return shutil.copytree(released.parent, tmp_path / "copy") / "course"


@pytest.fixture
def here(course, capsys, monkeypatch):
    """`autograder grade` in this process: what classroom.grade does in one of its own, which costs two seconds more."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("PATH", "PYTHONPATH", "AUTOGRADER_SECRET"):  # nbgrader_config.py adds to them
        monkeypatch.setenv(name, os.environ.get(name, ""))

    def run(*words):
        status = cli.main(["grade", CHAPTER, "--course-dir", str(course), "--jobs", "1", *words])
        return subprocess.CompletedProcess(words, status, *capsys.readouterr())

    return run


def outcome(course):
    """All that a run leaves: the gradebook, the folders, the verdicts."""
    folders = {
        str(file.relative_to(course)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((course / "autograded").rglob("*"))
        if file.is_file()
    }
    store = gradebook.Store(course)
    verdicts = {s: store.get(CHAPTER, s)[1].verdicts for s in six()}
    store.close()
    return classroom.marks(course, CHAPTER), folders, verdicts


@pytest.fixture(scope="module")
def whole(released, tmp_path_factory):
    """(outcome, seconds) of a run that nobody disturbs."""
    course = shutil.copytree(released.parent, tmp_path_factory.mktemp("whole") / "copy") / "course"
    start = time.monotonic()
    done = classroom.grade(course, CHAPTER, "--jobs", "2")
    assert done.returncode == 0, done.stderr
    return outcome(course), time.monotonic() - start


def test_the_class_is_worth_grading(whole):
    marks, folders, verdicts = whole[0]
    sums = {s: sum(g[0] or 0 for g in one["grades"].values()) for s, one in marks.items()}
    assert set(marks) == set(six()) and len(folders) == 6
    assert sums["all-right"] == sums["slow"] == 17 > sums["mixed"] > sums["untouched"] == sums["wrong"] == 0
    assert {v for one in verdicts.values() for v in one.values()} == {"right", "wrong", "not attempted"}
    assert marks["half"]["grades"]["why"] == (None, None, None, True), "a free text waits for its reader"


def test_the_same_submissions_get_the_same_marks_again_and_under_load(course, whole, here):
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            busy = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(busy.kill)
        for words in ((), ("--force",)):
            done = here(*words)
            assert done.returncode == 0 and "as before" not in done.stdout, done.stderr
            assert outcome(course) == whole[0]


# --- killed -----------------------------------------------------------------------------------------------------------

# `autograder grade`, killed right before or after the n-th time that it takes a step.
DRIVER = """
import os, signal, sys
from pathlib import Path
from autograder.grading import cli, grade, gradebook

room, name = sys.argv[1].split(".")
when, count, arguments = sys.argv[2], int(sys.argv[3]), sys.argv[4:]
room = dict(Store=gradebook.Store, Gradebook=gradebook.Gradebook, grade=grade, Path=Path)[room]
step = getattr(room, name)


def stepped(*args, **named):
    global count
    count -= 1
    if not count and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = step(*args, **named)
    if not count:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


setattr(room, name, stepped)
grade.TOGETHER = 2
if __name__ == "__main__":  # not in the workers, which spawn imports this file for
    sys.exit(cli.main(arguments))
"""
STEPS = ["Store.put", "Store.commit", "Store.laid_out", "Gradebook.write", "Gradebook.commit", "grade.lay_out"]
STEPS += ["Path.write_text", "Path.rename", "Path.mkdir", "Path.chmod"]
ROLES = ["main", "worker", "template", "inside", "child"]  # each started by the one before it
KINDS = ["step", "main", "worker", "template", "child", "step", "any time", "inside"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_loses_and_changes_nothing(moment, course, whole, here, tmp_path, monkeypatch):
    draw, kind = random.Random(moment), KINDS[moment % len(KINDS)]
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    command = classroom.command(course, CHAPTER, "--jobs", "2")
    if kind == "step":
        (tmp_path / "driver.py").write_text(DRIVER)
        step = [draw.choice(STEPS), draw.choice(["before", "after"]), str(draw.randint(1, 3))]
        command = [sys.executable, str(tmp_path / "driver.py"), *step, *command[command.index("grade") :]]
    log = open(tmp_path / "log", "w+b")  # no pipe, which survivors would hold open
    env = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=log)
    family = set()
    if kind in ("step", "any time"):
        until = time.monotonic() + (300 if kind == "step" else draw.uniform(0, whole[1]))
        while time.monotonic() < until and run.poll() is None:
            family |= set(descendants(run.pid))
            time.sleep(0.05)
        if kind == "any time":
            run.kill()
    else:
        at_work = moment % 16 < 8 or kind == "main"
        family = kill_one(run, kind, "child" if at_work else kind, draw.uniform(0, 0.3))
    run.wait(timeout=300)
    with log:
        log.seek(0)
        said = log.read().decode()
    if kind in ("main", "any time", "step"):
        assert run.returncode == -signal.SIGKILL or (kind == "any time" and not run.returncode), said
        assert not alive(family), "what it had started is gone"
    else:
        assert run.returncode == 0, said
        assert outcome(course) == whole[0], "what was killed was judged again in the same run"
    again = here()
    assert again.returncode == 0, again.stderr
    assert outcome(course) == whole[0]
    assert not [p.name for p in (course / "autograded").rglob(".*")], "nothing half-written"
    assert not list((tmp_path / "tmp").iterdir()), "no temporary folder is left"


def descendants(ancestor):
    """Process id -> how far below `ancestor` it is, without multiprocessing's own helper."""
    below, level = {}, [ancestor]
    for depth in range(1, len(ROLES)):
        level = [child for process in level for child in children(process)]
        below |= dict.fromkeys(level, depth)
    return below


def children(process):
    with contextlib.suppress(OSError):
        here = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return [int(p) for p in here if b"resource_tracker" not in Path(f"/proc/{p}/cmdline").read_bytes()]
    return []


def kill_one(run, role, after, delay):
    """Kill a process of the run, some time after there is one of the role `after`; returns the family it leaves."""
    waited = False
    while run.poll() is None:
        time.sleep(0.005)
        family = {run.pid: 0} | descendants(run.pid)
        there = {ROLES[depth]: process for process, depth in family.items()}
        if after in there and role in there and waited:
            with contextlib.suppress(ProcessLookupError):
                os.kill(there[role], signal.SIGKILL)
                return set(family) - {run.pid}
        if after in there and not waited:
            time.sleep(delay)
            waited = True
    pytest.fail(f"there was no {role} to kill")


def alive(family):
    """Those of the processes that are still there after a while."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        left = [p for p in family if Path(f"/proc/{p}/exe").exists()]  # a zombie has none
        if not left:
            return []
        time.sleep(0.05)
    return left


def test_a_hand_in_that_ends_its_worker_each_time_costs_no_other_one(course, whole, here, tmp_path):
    """As where the machine's memory runs out: the worker is killed each time that it has this one in hand."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "if 'spawn_main' in str(sys.orig_argv):\n"
        "    from autograder.grading import judge\n"
        "    whole = judge.Judge.judge\n"
        "    def judged(self, data, *rest, **named):\n"
        "        if data and b'this one' in data:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return whole(self, data, *rest, **named)\n"
        "    judge.Judge.judge = judged\n"
    )
    file = course / "submitted" / "half" / CHAPTER / f"{SLUG}.ipynb"
    file.write_text(file.read_text().replace("half says why", "this one"))
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}"}
    done = subprocess.run(classroom.command(course, CHAPTER), env=env, capture_output=True, text=True)
    assert done.returncode == 1 and workers.AGAIN in done.stdout, done.stdout + done.stderr
    verdicts = outcome(course)[2]
    assert set(verdicts.pop("half").values()) == {"crash"}
    assert verdicts == {s: v for s, v in whole[0][2].items() if s != "half"}
    done = here()
    assert done.returncode == 0 and done.stdout.count("as before") == 5, "it is judged again without being asked for"
    assert outcome(course)[2] == whole[0][2]


# --- damaged hand-ins -------------------------------------------------------------------------------------------------


def truncated(file):
    file.write_bytes(file.read_bytes()[:-2000])


def no_json(file):
    file.write_text("print('this is a script')\n")


def old_format(file):
    file.write_text(json.dumps({"worksheets": [{"cells": []}], "nbformat": 3, "nbformat_minor": 0, "metadata": {}}))


def not_there(file):
    file.unlink()


def empty(file):
    file.write_bytes(b"")


def fifty_megabytes_of_output(file):
    whole = json.loads(file.read_text())
    text = "all work and no play\n" * (50_000_000 // 21)
    whole["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    file.write_text(json.dumps(whole))


def seventy_megabytes_of_output(file):
    file.write_bytes(file.read_bytes() + b" " * 70_000_000)


def another_name(file):
    file.rename(file.with_name("Untitled.ipynb"))


def not_utf8(file):
    file.write_bytes(file.read_bytes().replace(b"says why", b"says why \xe4"))


DAMAGE = {  # -> what the verdict says of it; None where it is graded like the others
    truncated: "its JSON breaks off",
    no_json: "not a whole notebook",
    old_format: "no notebook of format 4",
    not_there: "There is no neurons.ipynb",
    empty: "The file is empty",
    fifty_megabytes_of_output: None,
    seventy_megabytes_of_output: "clear its outputs",
    another_name: "Found: 'Untitled.ipynb'",
    not_utf8: "not UTF-8",
}


def damaged_class(course, count):
    """A class of `count` hand-ins of the released course, `DAMAGE` among them; student -> what its verdict says."""
    kinds, expected = list(six().items()), {}
    shutil.rmtree(course / "submitted")
    for number in range(count):
        (name, (answers, added)), student = kinds[number % len(kinds)], f"s{number:04}"
        answers = answers if name != "slow" else {}
        file = classroom.hand_in(course, CHAPTER, student, answers | {"why": f"{student} says why"}, added=added)
        if number % (count // len(DAMAGE)) == 3 and len(expected) < len(DAMAGE):
            damage = list(DAMAGE)[len(expected)]
            damage(file)
            expected[student] = DAMAGE[damage]
    return expected


def test_damaged_hand_ins_have_a_verdict_that_says_what_is_wrong(course, here):
    expected = damaged_class(course, 300 if THOROUGH else 60)
    done = here()
    assert done.returncode == 1, done.stderr
    lines = {line.split()[1]: line for line in done.stdout.splitlines() if "/" in line.split()[0]}
    marks, store = classroom.marks(course, CHAPTER), gradebook.Store(course)
    assert set(lines) == set(marks) == {p.name for p in (course / "submitted").iterdir()}
    assert set(expected.values()) == set(DAMAGE.values())
    for student in lines:
        result, grades = store.get(CHAPTER, student)[1], marks[student]["grades"]
        problem = expected.get(student)
        if problem is None:
            assert not result.problem and set(result.verdicts.values()) <= {"right", "wrong", "not attempted"}
            continue
        assert set(result.verdicts.values()) == {"unreadable"}
        assert problem in result.problem and problem in lines[student]
        assert {g[0] for g in grades.values()} == {0}
    store.close()


def test_a_damaged_hand_in_handed_in_again_is_judged(course, whole, here):
    file = course / "submitted" / "mixed" / CHAPTER / f"{SLUG}.ipynb"
    good = file.read_bytes()
    truncated(file)
    assert here("--student", "mixed").returncode == 1
    file.write_bytes(good)
    assert here().returncode == 0
    assert outcome(course) == whole[0]


def test_a_folder_that_is_no_students_stops_nobody(course, whole, here):
    for name in (b"caf\xe9", b"x" * 200):
        shutil.copytree(os.fsencode(course / "submitted" / "half"), os.fsencode(course / "submitted") + b"/" + name)
    done = here()
    assert done.returncode == 1 and done.stdout.count("is no student's id") == 2, done.stderr
    assert outcome(course) == whole[0]


# --- what the machine refuses -----------------------------------------------------------------------------------------


def refused(done):
    """Whether a command said one sentence and nothing else, with exit status 2; the sentence."""
    assert done.returncode == 2, done.stdout + done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("autograder grade: ") and sentence.endswith((".", CHAPTER, "secret"))
    return sentence


def nothing_half_written(course):
    assert not [p for p in (course / "autograded").rglob(".*")]
    for folder in (course / "autograded").glob("*/*"):
        nbformat.validate(nbformat.read(folder / f"{SLUG}.ipynb", as_version=4))
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as book:
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for one in classroom.marks(course, CHAPTER).values():  # whole or not there
        assert all(m[0] is not None for name, m in one["grades"].items() if name != "why")


@pytest.mark.parametrize("kilobytes", [1, 200, 300, 420] if THOROUGH else [300])
def test_no_space_left(course, whole, kilobytes, here):
    """Files of at most so many bytes: as good as a full disk, and no right of root's is needed."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024,) * 2)  # noqa: E731
    sentence = refused(classroom.grade(course, CHAPTER, preexec_fn=limit))
    assert "the same command" in sentence
    nothing_half_written(course)
    assert here().returncode == 0
    assert outcome(course) == whole[0]


@pytest.mark.skipif(os.getuid() != 0, reason="only root mounts a small disk")
@pytest.mark.parametrize("kilobytes", [0, 64, 150, 300] if THOROUGH else [64])
def test_a_full_disk(course, whole, here, kilobytes):
    mount = lambda *words: subprocess.run(["mount", *words, str(course)], capture_output=True).returncode == 0  # noqa: E731
    kept = shutil.copytree(course, course.parent / "kept")
    if not mount("-t", "tmpfs", "-o", "size=64m", "none"):
        pytest.skip("no disk can be mounted here")
    try:
        shutil.copytree(kept, course, dirs_exist_ok=True)
        about = os.statvfs(course)
        used = (about.f_blocks - about.f_bfree) * about.f_bsize
        assert mount("-o", f"remount,size={used + kilobytes * 1024}")
        assert re.search("no space is left|is full|disk I/O", refused(here()))
        nothing_half_written(course)
        assert mount("-o", "remount,size=64m")
        assert here().returncode == 0
        assert outcome(course) == whole[0]
    finally:
        subprocess.run(["umount", str(course)], check=True)


@pytest.mark.parametrize("base, lock", [("gradebook.db", "IMMEDIATE"), (".autograder/results.sqlite", "EXCLUSIVE")])
def test_a_locked_database(course, whole, base, lock, here):
    """Nobody else may read it, or nobody else may write it."""
    with contextlib.closing(sqlite3.connect(course / base)) as other:
        other.execute("CREATE TABLE IF NOT EXISTS other (x)")
        other.execute(f"BEGIN {lock}")
        sentence = refused(here())
        assert "database is locked" in sentence
        other.rollback()
    nothing_half_written(course)
    assert here().returncode == 0
    assert outcome(course) == whole[0]


def test_two_graders_at_once(course, here):
    (course / ".autograder" / "lock").touch()
    with open(course / ".autograder" / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another `autograder grade` is at work" in refused(here())
    assert not (course / "autograded").exists() and not classroom.marks(course, CHAPTER)


def test_stopped_by_the_one_who_grades(course, whole, here):
    """Ctrl-C: what was judged is kept."""
    run = subprocess.Popen(
        classroom.command(course, CHAPTER, "--jobs", "1"),
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = run.stdout.readline()
    run.send_signal(signal.SIGINT)
    rest, said = run.communicate()
    assert "stopped" in refused(subprocess.CompletedProcess(run.args, run.returncode, rest, said))
    nothing_half_written(course)
    done = here()
    assert f"{first.split()[1]} " in "".join(line for line in done.stdout.splitlines() if "as before" in line)
    assert outcome(course) == whole[0]


def changed_source(course):
    path = course / "source" / CHAPTER / f"{SLUG}.ipynb"
    source = notebook.read(path)
    (cell,) = (c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_sigmoid")
    cell.source += "\n"
    nbformat.write(source, path)


def removed_exercise(course):
    path = course / "source" / CHAPTER / f"{SLUG}.ipynb"
    source = notebook.read(path)
    names = ("sigmoid", "test_sigmoid")
    source.cells = [c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in names]
    nbformat.write(source, path)


def broken_source(course):
    truncated(course / "source" / CHAPTER / f"{SLUG}.ipynb")


def secret(data, mode=0o600):
    def write(course):
        (course / ".autograder" / "secret").write_bytes(data)
        (course / ".autograder" / "secret").chmod(mode)

    return write


def secret_folder(course):
    (course / ".autograder" / "secret").unlink()
    (course / ".autograder" / "secret").mkdir(mode=0o700)


REFUSED = {
    "a changed source": (changed_source, "test_sigmoid is not as it was released"),
    "an exercise taken out": (removed_exercise, "sigmoid is not as it was released"),
    "a broken source": (broken_source, "is not a readable notebook"),
    "never released": (lambda course: (course / "gradebook.db").unlink(), "was never released"),
    "no gradebook": (lambda course: (course / "gradebook.db").write_text("no database" * 100), "database"),
    "no results": (lambda course: (course / ".autograder" / "results.sqlite").write_text("x" * 5000), "database"),
    "a secret of bytes": (secret(b"\xff\xfe\x00"), "cannot be read"),
    "an empty secret": (secret(b"\n"), "is empty"),
    "a secret for all to read": (secret(b"open\n", 0o644), "chmod 600"),
    "a secret that is a folder": (secret_folder, "cannot be read"),
    "nothing handed in": (lambda course: shutil.rmtree(course / "submitted"), "nothing was handed in"),
    "no such chapter": (lambda course: shutil.rmtree(course / "source" / CHAPTER), "is no course"),
    "no configuration": (lambda course: (course / "nbgrader_config.py").unlink(), "is no course"),
    "a broken configuration": (lambda course: (course / "nbgrader_config.py").write_text("1 +"), "nbgrader_config.py"),
    "a broken reference": (
        lambda course: (course.parent / "solutions" / "mistakes" / f"{SLUG}.py").write_text("1 +"),
        "cannot be imported",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_one_clear_sentence(what, course, here):
    spoil, words = REFUSED[what]
    before = classroom.marks(course, CHAPTER)
    spoil(course)
    assert words in refused(here())
    assert not (course / "autograded").exists()
    if (course / "gradebook.db").exists() and what != "no gradebook":
        assert classroom.marks(course, CHAPTER) == before


# --- malformed notebooks ----------------------------------------------------------------------------------------------

SOURCE = notebook.read(classroom.CHAPTERS[CHAPTER])
with_free_text(CHAPTER, SOURCE)
SOURCE.cells = [c for c in SOURCE.cells if c.metadata.get("nbgrader")][-9:] + SOURCE.cells[:12]
RELEASE = nbformat.reads(nbformat.writes(SOURCE), as_version=4)
for cell in RELEASE.cells:
    if cell.metadata.get("nbgrader"):
        cell.source = notebook.HIDDEN.sub("", notebook._without_solution(cell.source))
NAMES = [c.metadata.nbgrader.grade_id for c in SOURCE.cells if c.metadata.get("nbgrader")]
PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=9)
ANYTHING = st.recursive(PLAIN, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=6), x, max_size=3))
SURROGATES = st.text(st.characters(), max_size=20)
MARKS = st.fixed_dictionaries(
    {},
    optional=dict(
        grade_id=st.sampled_from(NAMES) | ANYTHING,
        grade=ANYTHING,
        solution=ANYTHING,
        points=ANYTHING,
        locked=ANYTHING,
        checksum=ANYTHING,
        schema_version=ANYTHING,
    ),
)
CELLS = st.fixed_dictionaries(
    {},
    optional=dict(
        cell_type=st.sampled_from(["code", "markdown", "raw"]) | ANYTHING,
        source=st.lists(SURROGATES, max_size=3)
        | SURROGATES
        | st.sampled_from([c.source for c in RELEASE.cells])
        | ANYTHING,
        metadata=st.fixed_dictionaries({}, optional=dict(nbgrader=MARKS | ANYTHING, tags=ANYTHING)) | ANYTHING,
        outputs=ANYTHING,
        attachments=ANYTHING,
        execution_count=ANYTHING,
        id=st.sampled_from([c.id for c in RELEASE.cells]) | ANYTHING,
    ),
)
NOTEBOOKS = st.fixed_dictionaries(
    dict(cells=st.lists(CELLS | ANYTHING, max_size=8) | ANYTHING),
    optional=dict(metadata=ANYTHING, nbformat=ANYTHING, nbformat_minor=ANYTHING),
)


@st.composite
def edited(draw):
    """A notebook that someone has worked on: cells taken out, repeated, moved, their texts and marks changed."""
    cells = json.loads(nbformat.writes(RELEASE))["cells"]
    chosen = draw(st.lists(st.sampled_from(cells), max_size=2 * len(cells)))
    for cell in (chosen := json.loads(json.dumps(chosen))):
        if draw(st.booleans()):
            cell["source"] = draw(st.text(max_size=30))
        if draw(st.integers(0, 5)) == 0:
            cell["metadata"]["nbgrader"] = draw(MARKS)
        if draw(st.integers(0, 5)) == 0:
            del cell["id"]
    return {"cells": chosen, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@st.composite
def damaged_bytes(draw):
    """The bytes of a notebook, some of them changed, taken out or repeated."""
    data = bytearray(nbformat.writes(RELEASE).encode())
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 300))
        data[at : at + length] = draw(st.binary(max_size=8) | st.just(bytes(data[at : at + 3 * length])))
    return bytes(data)


def is_test(cell):
    marks = cell.metadata.get("nbgrader", {})
    return marks.get("grade") and not marks.get("solution")


@settings(max_examples=2000 if THOROUGH else 200)
@given(
    st.binary(max_size=60) | damaged_bytes() | (edited() | NOTEBOOKS | ANYTHING).map(lambda x: json.dumps(x).encode())
)
def test_a_malformed_notebook_is_unreadable_or_is_rebuilt_whole(data):
    try:
        cells = submission.parse(data)
    except submission.Unreadable as problem:
        assert str(problem).endswith(".") and len(str(problem)) < 300
        return
    rebuilt = submission.rebuild(SOURCE, RELEASE, cells)
    tests = {c.name: (c.node["source"], c.full) for c in rebuilt if c.role == "test"}
    pairs = zip(SOURCE.cells, RELEASE.cells, strict=True)
    assert tests == {c.metadata.nbgrader.grade_id: (r.source, c.source) for c, r in pairs if is_test(c)}
    assert [c.name for c in rebuilt if c.role in ("test", "solution", "free")] == NAMES
    whole = grade.as_notebook(json.loads(json.dumps([c.node for c in rebuilt])), nbformat.writes(RELEASE))
    nbformat.validate(nbformat.reads(whole, as_version=4))
    whole.encode()


# --- graded again -----------------------------------------------------------------------------------------------------


def test_a_regrade_keeps_what_people_gave(course, here):
    from nbgrader.api import Gradebook

    assert here().returncode == 0
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        given = book.find_grade("why", SLUG, CHAPTER, "half")
        given.manual_score, given.extra_credit, given.needs_manual_grade = 1.5, 0.5, False
        book.find_grade("test_sigmoid", SLUG, CHAPTER, "wrong").manual_score = 1.0
        book.find_grade("test_sigmoid", SLUG, CHAPTER, "mixed").extra_credit = 0.25
        book.find_comment("sigmoid", SLUG, CHAPTER, "wrong").manual_comment = "nearly"
        book.update_or_create_student("half", first_name="Hal", email="hal@example.org")
        book.db.commit()
    before = classroom.marks(course, CHAPTER)
    assert here().returncode == 0
    assert classroom.marks(course, CHAPTER) == before, "nothing is new: not even marked for another look"
    done = here("--force")
    assert done.returncode == 0 and "as before" not in done.stdout
    after = classroom.marks(course, CHAPTER)
    looked_at = [after["half"]["grades"]["why"], after["wrong"]["grades"]["test_sigmoid"]]
    assert looked_at == [(None, 1.5, 0.5, True), (0.0, 1.0, None, True)], "as nbgrader: a person looks again"
    for one in (before, after):
        one["half"]["grades"].pop("why"), one["wrong"]["grades"].pop("test_sigmoid")
    assert after == before
    assert before["wrong"]["comments"]["sigmoid"][1] == "nearly"
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        assert book.find_student("half").email == "hal@example.org"


def test_what_the_gradebook_has_lost_is_put_back(course, whole, here):
    """A new gradebook, a removed folder, another program's points: the same command mends them, nothing is judged."""
    assert here().returncode == 0
    shutil.rmtree(course / "autograded" / "half")
    (course / "autograded" / "mixed" / CHAPTER / f"{SLUG}.ipynb").unlink()
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as book, book:
        book.execute("UPDATE grade SET auto_score = 0 WHERE auto_score > 1")
    done = here()
    assert done.stdout.count("as before") == len(six()), done.stderr
    assert outcome(course) == whole[0]
    (course / "gradebook.db").unlink()
    classroom.release(course, CHAPTER)
    done = here()
    assert done.stdout.count("as before") == len(six()), done.stderr
    assert outcome(course) == whole[0]


def test_the_hour_of_handing_in_counts_without_a_new_judgement(course, here):
    from nbgrader.api import Gradebook

    assert here().returncode == 0
    with open(course / "nbgrader_config.py", "a") as config:
        config.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    (course / "submitted" / "half" / CHAPTER / "timestamp.txt").write_text("2030-01-02 12:00:00 UTC")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        book.update_or_create_assignment(CHAPTER, duedate="2030-01-01 12:00:00 UTC")
    done = here()
    assert done.stdout.count("as before") == len(six()), done.stderr
    marks = classroom.marks(course, CHAPTER)
    late = marks.pop("half")
    assert late["when"] == "2030-01-02 12:00:00" and late["penalty"] == [
        sum(g[0] or 0 for g in late["grades"].values())
    ]
    assert late["penalty"][0] > 0 and {one["penalty"][0] for one in marks.values()} == {None}


# --- what has not changed is not run again ----------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch):
    """What has been run since it was last asked: [children, cells, checks]."""
    counts = dict(children=0, cells=0, checks=0)

    def count(what, owner, name):
        original = getattr(owner, name)

        def called(*args, **named):
            counts[what] += 1
            return original(*args, **named)

        monkeypatch.setattr(owner, name, called)

    count("children", workers.Template, "child")
    count("cells", judge.Child, "run")
    count("checks", judge._Run, "_check")
    monkeypatch.setenv("AUTOGRADER_SECRET", "")

    def spent():
        now = tuple(counts.values())
        counts.update(dict.fromkeys(counts, 0))
        return now

    yield spent
    workers.close()


def test_what_has_not_changed_is_not_run_again(released, counted):
    folder = released / "source" / CHAPTER
    about = grade.chapter(released, folder)
    code = [c for c in nbformat.reads(about.release, as_version=4).cells if c.cell_type == "code"]
    names = list(classroom.exercises(CHAPTER))
    run = sum("show" not in c.metadata.get("tags", ()) for c in code) - len(names)
    right = classroom.references(CHAPTER)
    first = grade.judge(about, classroom.answered(about.release, right))
    assert counted() == (1, run, len(names))

    again = grade.judge(about, classroom.answered(about.release, right), previous=first)
    assert counted() == (0, 0, 0)
    assert (again.cells, again.verdicts, again.keys) == (first.cells, first.verdicts, first.keys)

    source = nbformat.reads(about.source, as_version=4)
    (test,) = (c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_sigmoid")
    test.source += "\nassert False"
    changed = dataclasses.replace(about, source=nbformat.writes(source))
    assert changed.key != about.key, "everyone's hand-in is looked at"
    second = grade.judge(changed, classroom.answered(about.release, right), previous=first)
    assert counted() == (1, run, 1), "one check; the code that it needs"
    assert second.verdicts == first.verdicts | {"test_sigmoid": "wrong"}

    last = names[-1]
    answers = right | {last: classroom.as_typed(classroom.known_mistakes(SLUG)[last][0])}
    third = grade.judge(about, classroom.answered(about.release, answers), previous=first)
    assert counted() == (1, run, 1), "the checks before a changed cell stand"
    assert third.verdicts == first.verdicts | {f"test_{last}": "wrong"}

    other = dataclasses.replace(about, code="other references")
    grade.judge(other, classroom.answered(about.release, right), previous=first)
    assert counted() == (1, run, len(names)), "what the checks know has changed"


def test_a_class_is_judged_once(course, whole, here, monkeypatch):
    """The hand-ins given to workers, run by run: all; none; the changed one; everyone's for a changed test."""
    tasks = []
    submit = workers.Processes._submit
    monkeypatch.setattr(workers.Processes, "_submit", lambda self, *task: tasks.append(task) or submit(self, *task))

    def judged(*words):
        tasks.clear()
        assert (done := here(*words)).returncode == 0, done.stderr
        return len(tasks)

    assert judged() == len(six())
    assert outcome(course) == whole[0]
    assert judged() == 0
    classroom.hand_in(course, CHAPTER, "untouched", {"why": "now something"})
    assert judged("--student", "half") == 0
    assert judged() == 1
    assert judged("--student", "half", "--force") == 1
    path = course / "source" / CHAPTER / f"{SLUG}.ipynb"
    source = notebook.read(path)
    (test,) = (c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_sigmoid")
    test.source = test.source.replace("### END", "assert True\n### END") + "\nassert False"
    nbformat.write(source, path)
    classroom.release(course, CHAPTER)
    assert judged() == len(six())
    assert {one["grades"]["test_sigmoid"][0] for one in classroom.marks(course, CHAPTER).values()} == {0}
