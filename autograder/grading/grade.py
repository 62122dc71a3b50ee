"""`autograder grade`: a class's hand-ins judged in the sandbox, into nbgrader's gradebook and autograded folder."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import importlib
import json
import multiprocessing.util
import os
import secrets
import shutil
import signal
import sqlite3
import sys
import tempfile
from pathlib import Path

from . import Refusal, sandbox, submission
from .judge import CRASH, Interrupted, Judge, Limits, Result, Template
from .notebook import chapters, chosen
from .workbook import release

NOTHING_TO_DO = {"right", "wrong", "not attempted"}  # verdicts that ask nothing of the instructor
TRIES = 3  # of one hand-in, where something outside ended its judging


# --- what judging needs, and one hand-in in a worker ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Chapter:
    """What judging needs of one chapter, as plain text that any worker can be sent.

    known, figures  modules of course.known and course.figures that its learners may import
    code    a digest of our own code, the references and the known mistakes
    """

    slug: str
    source: str
    release: str
    known: tuple
    figures: tuple
    path: str
    secret: str
    code: str
    level: str
    limits: Limits

    @property
    def key(self):
        """A digest of everything but the hand-in that its result depends on."""
        return hashlib.sha256(repr(dataclasses.astuple(self)).encode()).hexdigest()


def chapter(course, folder, level=None, limits=None):
    """The Chapter of a source folder; makes the course's secret where there is none."""
    import course.figures as drawing  # the package, not the folder: what a worker imports

    slugs = [path.stem for path in chapters(course).values()]
    path = chapters(course)[folder.name]
    here = Path(course).resolve().parent
    digest = hashlib.sha256()
    ours = Path(__file__).resolve().parent.parent
    theirs = [here / "solutions" / f"{path.stem}.py", here / "solutions" / "mistakes" / f"{path.stem}.py"]
    for file in [*sorted(ours.glob("*/*.py")), *theirs]:
        digest.update(file.read_bytes() if file.exists() else b"")
    return Chapter(
        slug=path.stem,
        source=path.read_text("utf-8"),
        release=release(course, folder),
        known=tuple(slugs[: slugs.index(path.stem)]),
        figures=tuple(sorted(f.stem for f in Path(drawing.__file__).parent.glob("*.py") if f.stem != "__init__")),
        path=str(here),
        secret=secret(course),
        code=digest.hexdigest(),
        level=level or sandbox.wanted(),
        limits=limits or Limits(),
    )


def secret(course):
    """The seed of everything drawn at grading, from <course>/.autograder/secret (mode 600), made where missing."""
    path = Path(course, ".autograder", "secret")
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    if path.stat().st_mode & 0o077:
        raise Refusal(f"{path} can be read by others: run  chmod 600 {path}")
    try:
        return path.read_text("utf-8").strip()
    except ValueError:
        raise Refusal(f"The secret in {path} cannot be read: delete it, and another one is made.") from None


_judges = {}  # the last chapter's judge of this worker, with its template


def judge(chapter, data, problem="", previous=None):
    """The Result of one hand-in, in this process; the chapter's template is kept for the next one."""
    known = _judges.get(chapter.key)
    if known is None:
        close()
        if chapter.path not in sys.path:
            sys.path.append(chapter.path)
        os.environ["AUTOGRADER_SECRET"] = chapter.secret
        try:
            mistakes = importlib.import_module("solutions.mistakes").of(chapter.slug)
        except ModuleNotFoundError:  # a course may have none
            mistakes = {}
        template = Template(chapter.known, chapter.figures, chapter.level, chapter.limits)
        known = _judges[chapter.key] = Judge(chapter, template, mistakes)
    for _ in range(TRIES):
        with contextlib.suppress(Interrupted):
            return known.judge(data, problem, previous)
    return known.judge(None, "Judging this hand-in was ended from outside three times; grade it again.", how=CRASH)


def close():
    """End this worker's template."""
    for known in _judges.values():
        known.template.close()
    _judges.clear()


multiprocessing.util.Finalize(None, close, exitpriority=10)  # a pool's workers run no atexit
_chapter = None


def _begin(chapter):
    global _chapter
    _chapter = chapter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who grades stops the class, not each worker


def _judge(data, problem, previous):
    return judge(_chapter, data, problem, previous)


class Processes:
    """Workers on this machine; one that is killed is replaced, and what it had in hand is judged again."""

    def __init__(self, chapter, jobs):
        self.chapter, self.jobs, self.pool = chapter, jobs, None

    def map(self, tasks):
        """(name, Result) of every (name, (data, problem, previous)), as they come."""
        waiting = dict(tasks)
        for _ in range(TRIES * 10):
            if self.pool is None:
                context = multiprocessing.get_context("spawn")
                pool = concurrent.futures.ProcessPoolExecutor(self.jobs, context, _begin, (self.chapter,))
                self.pool = pool
            futures = {self.pool.submit(_judge, *task): name for name, task in waiting.items()}
            try:
                for future in concurrent.futures.as_completed(futures):
                    name = futures[future]
                    result = future.result()
                    del waiting[name]
                    yield name, result
                return
            except concurrent.futures.process.BrokenProcessPool:
                self.close()
        raise Refusal(f"The workers ended again and again; {len(waiting)} hand-ins are not judged.")

    def close(self):
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
            self.pool = None


# --- the course's folders and gradebook -------------------------------------------------------------------------------


class Store:
    """What was judged before: one row a hand-in, in <course>/.autograder/results.sqlite."""

    def __init__(self, course):
        path = Path(course, ".autograder", "results.sqlite")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self.rows = sqlite3.connect(path, timeout=60)
        self.rows.execute(
            "CREATE TABLE IF NOT EXISTS result (assignment TEXT, student TEXT, key TEXT, record TEXT, written INTEGER,"
            " PRIMARY KEY (assignment, student))"
        )
        os.chmod(path, 0o600)

    def get(self, assignment, student):
        """(key, Result, whether it is in the gradebook) of the last judgement, or (None, None, False)."""
        row = self.rows.execute(
            "SELECT key, record, written FROM result WHERE assignment = ? AND student = ?", (assignment, student)
        ).fetchone()
        return (row[0], Result(**json.loads(row[1])), bool(row[2])) if row else (None, None, False)

    def close(self):
        self.rows.close()

    def put(self, assignment, student, key, result, written):
        """Keep a judgement."""
        record = json.dumps(dataclasses.asdict(result))
        with self.rows:
            self.rows.execute(
                "INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?)", (assignment, student, key, record, written)
            )


class Folders:
    """nbgrader's own idea of the course: its folders, and the gradebook, by its configuration."""

    def __init__(self, course, directory=None):
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config.loader import PyFileConfigLoader

        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(Path(course).resolve())).load_config()
        self.config.CourseDirectory.root = str(Path(course).resolve())
        self.directory = directory or CourseDirectory(config=self.config)

    def of(self, step, student, assignment):
        """A hand-in's folder at a step: "submitted", "autograded"."""
        name = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(name, student, assignment))

    def students(self, assignment):
        """Who handed something in for the assignment."""
        top = self.of("submitted", "x", assignment).parents[1]
        if not top.is_dir():
            raise Refusal(f"{top} does not exist: nothing was handed in or collected.")
        return sorted(p.name for p in top.iterdir() if os.path.lexists(p / assignment) and not p.name.startswith("."))


class Gradebook:
    """nbgrader's gradebook, open for one assignment; everything of one hand-in is written in one transaction."""

    def __init__(self, folders, assignment, slug):
        from nbgrader.api import Gradebook, MissingEntry
        from nbgrader.preprocessors import AssignLatePenalties

        self.book = Gradebook(folders.directory.db_url, folders.directory.course_id)
        self.missing, self.assignment, self.slug = MissingEntry, assignment, slug
        self.late = AssignLatePenalties(config=folders.config)
        self.late.init_plugin()

    def close(self):
        self.book.close()

    def agree(self, chapter):
        """Refusal where the gradebook does not hold this release of the assignment."""
        import nbformat
        from nbgrader.utils import compute_checksum

        release, source = (nbformat.reads(text, as_version=4) for text in (chapter.release, chapter.source))
        again = f"nbgrader generate_assignment --force {self.assignment}"
        try:
            notebook = self.book.find_notebook(self.slug, self.assignment)
        except self.missing:
            raise Refusal(f"{self.assignment} was never released; run  {again}") from None
        held = {cell.name: (cell.checksum, cell.source) for cell in notebook.source_cells}
        cells = {c.metadata.nbgrader.grade_id: c for c in release.cells if "nbgrader" in c.metadata}
        for cell in source.cells:
            marks = cell.metadata.get("nbgrader", {})
            if marks.get("grade") and not marks.get("solution"):
                cells[marks.grade_id] = cell
        for name, cell in cells.items():
            if name not in held or held[name][0] != compute_checksum(cell):
                raise Refusal(f"{name} is not as it was released: the source was changed since. Run  {again}")

    def write(self, student, result, timestamp):
        """Put one Result in; manual scores, extra credit and comments stay."""
        import nbformat
        from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution

        book = self.book
        book.update_or_create_student(student)
        when = {"timestamp": timestamp} if timestamp else {}
        with book.db.no_autoflush:  # nbgrader's own half-made objects; SQLAlchemy would warn of them
            hand_in = book.update_or_create_submission(self.assignment, student, **when)
        notebook = next(n for n in hand_in.notebooks if n.name == self.slug)
        grades, comments = ({one.name: one for one in many} for many in (notebook.grades, notebook.comments))
        for cell in result.cells:
            cell = nbformat.from_dict(cell)
            if is_grade(cell):
                grade = grades[cell.metadata.nbgrader.grade_id]
                grade.auto_score, _ = determine_grade(cell)
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            if is_solution(cell):
                marks = cell.metadata.nbgrader
                empty = marks.get("checksum") == compute_checksum(cell)
                comments[marks.grade_id].auto_comment = "No response." if empty else None
        book.db.flush()
        self._late(student, hand_in, notebook)
        book.db.commit()
        return sum(g.auto_score or 0 for g in grades.values()), sum(g.max_score for g in grades.values())

    def _late(self, student, hand_in, notebook):
        notebook.late_submission_penalty = None
        late = hand_in.total_seconds_late
        if late > 0:
            penalty = self.late.plugin_inst.late_submission_penalty(student, notebook.score, late)
            if penalty is not None:
                notebook.late_submission_penalty = self.late._check_late_penalty(notebook, penalty)


class HandIn:
    """What one learner handed in: the notebook's bytes, or None and the problem; and when it was handed in."""

    def __init__(self, folders, assignment, student, chapter):
        root = folders.of("submitted", student, assignment)
        file = f"{chapter.slug}.ipynb"
        self.data, self.problem, self.timestamp = None, "", None
        try:
            self.data = submission.read(root.parents[1], student, assignment, file)
        except submission.Unreadable as problem:
            others = sorted(p.name for p in root.glob("*.ipynb")) if not root.is_symlink() and root.is_dir() else []
            found = f" Found: {', '.join(repr(o)[:60] for o in others[:3])}." if others and file not in others else ""
            self.problem = f"{problem}{found}"
        with contextlib.suppress(submission.Unreadable, ValueError, OverflowError):
            from nbgrader.utils import parse_utc

            text = submission.read(root.parents[1], student, assignment, "timestamp.txt")[:100].decode().strip()
            parse_utc(text)
            self.timestamp = text
        digest = hashlib.sha256(self.problem.encode() if self.data is None else self.data).hexdigest()
        self.key = f"{chapter.key}:{digest}"


def lay_out(target, chapter, cells, timestamp):
    """Write a judged hand-in's folder, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        (part / f"{chapter.slug}.ipynb").write_text(as_notebook(cells, chapter.release), "utf-8")
        if timestamp:
            (part / "timestamp.txt").write_text(timestamp, "utf-8")
        for file in part.iterdir():
            file.chmod(0o444)
        part.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def as_notebook(cells, release):
    """The text of a notebook of these cells."""
    import nbformat

    whole = nbformat.reads(release, as_version=4)
    whole.cells = [nbformat.from_dict(cell) for cell in cells]
    return nbformat.writes(whole)


# --- the verb ---------------------------------------------------------------------------------------------------------


def grade(course, assignment, student=(), jobs=0, force=False, level=None, trust=False, limits=()):
    """Judge a class's hand-ins in the sandbox and put their points into nbgrader's gradebook.

    course      nbgrader's course root
    assignment  a chapter's folder, 01-neurons
    student     whose hand-ins; everyone's where empty
    jobs        how many are judged at once; as many as there are cores where 0
    force       judge again what has not changed
    level       "full" or "landlock": the sandbox; the best this machine has where None
    trust       run the hand-ins without a sandbox where this machine has none
    limits      "name=value" for fields of judge.Limits
    Prints a line for each hand-in; returns 0, or 1 where some ask for a look.  Raises Refusal where nothing was judged.
    """
    (folder,) = chosen(course, [assignment])
    folders, store = Folders(course), Store(course)
    about = chapter(course, folder, sandbox.wanted(level, trust), Limits.of(limits))
    book = Gradebook(folders, folder.name, about.slug)
    try:
        book.agree(about)
        names = folders.students(folder.name)
        for name in set(student) - set(names):
            raise Refusal(f"{name} has handed in nothing for {folder.name}.")
        names = [name for name in names if not student or name in student]
        return _Class(folders, store, book, folder.name, about).grade(names, jobs, force)
    finally:
        book.close()
        store.close()


class _Class:
    """One run over a class."""

    def __init__(self, folders, store, book, assignment, about):
        self.folders, self.store, self.book = folders, store, book
        self.assignment, self.about = assignment, about
        self.asking, self.done = 0, 0

    def grade(self, names, jobs, force):
        tasks, self.hand_ins = [], {}
        width = max(map(len, names), default=0)
        for name in names:
            one = self.hand_ins[name] = HandIn(self.folders, self.assignment, name, self.about)
            key, before, written = self.store.get(self.assignment, name)
            if key == one.key and not force:
                if not (written and self._target(name).exists()):
                    self._write(name, before)
                self._say(name, width, before, len(names), "as before")
            else:
                tasks.append((name, (one.data, one.problem, None if force else before)))
        if tasks:
            workers = Processes(self.about, min(jobs or len(os.sched_getaffinity(0)), len(tasks)))
            try:
                for name, result in workers.map(tasks):
                    self._write(name, result)
                    self._say(name, width, result, len(names))
            finally:
                workers.close()
        print(f"{len(names)} hand-ins for {self.assignment}, {self.asking} of them ask for a look.")
        return int(self.asking > 0)

    def _target(self, name):
        return self.folders.of("autograded", name, self.assignment)

    def _write(self, name, result):
        """Into the store, the folder, the gradebook, and then the store again: a killed run finds where it was."""
        one = self.hand_ins[name]
        self.store.put(self.assignment, name, one.key, result, False)
        lay_out(self._target(name), self.about, result.cells, one.timestamp)
        self.book.write(name, result, one.timestamp)
        self.store.put(self.assignment, name, one.key, result, True)

    def _say(self, name, width, result, count, note=""):
        self.done += 1
        odd = {c.removeprefix("test_"): v for c, v in result.verdicts.items() if v not in NOTHING_TO_DO}
        self.asking += bool(odd)
        right = sum(v == "right" for v in result.verdicts.values())
        words = [f"{right} of {len(result.verdicts)} checks right"] if not result.problem else [result.problem]
        words += [
            f"{how}: {', '.join(n for n, h in odd.items() if h == how)}" for how in dict.fromkeys(odd.values())
        ] * (not result.problem)
        words += [note] if note else []
        print(f"{self.done:>{len(str(count))}}/{count}  {name:{width}}  {'; '.join(words)}", flush=True)
