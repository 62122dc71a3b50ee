"""`autograder grade`: a class's hand-ins judged in the sandbox, into nbgrader's gradebook and autograded folder."""

import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import os
import re
import secrets
import sqlite3
from pathlib import Path

from . import Refusal, find_answers, sandbox
from .children import CRASH, Limits
from .cluster import Cluster
from .gradebook import Folders, Gradebook, HandIn, Store, as_notebook, laid, lay_out
from .notebook import chapters, chosen
from .workbook import release
from .workers import Processes, close, judge

__all__ = ["Chapter", "Folders", "Gradebook", "HandIn", "Processes", "Store", "as_notebook", "close", "judge"]

NOTHING_TO_DO = {"right", "wrong", "not attempted"}  # verdicts that ask nothing of the instructor
MOST_ID = 128  # characters of a student's id in nbgrader's gradebook
TOGETHER = 16  # hand-ins written in one transaction: as many are judged again after a kill, at most


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
    find_answers(Path(course).resolve().parent)
    import course as rooms  # the package, not the folder: what a worker imports

    rooms = Path(rooms.__file__).parent
    slugs = [path.stem for path in chapters(course).values()]
    path = chapters(course)[folder.name]
    source = path.read_text("utf-8")
    here = Path(course).resolve().parent
    if "from solutions" in source and not (here / "solutions" / f"{path.stem}.py").exists():
        raise Refusal(
            f"the answers, {here / 'solutions' / path.stem}.py, are not there: hidden tests compare with them."
        )
    digest = hashlib.sha256()
    ours = Path(__file__).resolve().parent.parent
    upto = slugs[: slugs.index(path.stem) + 1]  # a chapter's answers may use those of the chapters before it
    theirs = [here / "solutions" / room / f"{slug}.py" for slug in upto for room in ("", "mistakes")]
    # Those of earlier chapters; those that the notebook imports, where it is handed out without them.
    known = {*upto[:-1], *re.findall(r"course\.known\.(\w+)", source)}
    known = tuple(sorted(slug for slug in known if (rooms / "known" / f"{slug}.py").exists()))
    given = [rooms / "known" / f"{slug}.py" for slug in known]
    for file in [*sorted(ours.glob("*/*.py")), *theirs, *given]:
        digest.update(file.read_bytes() if file.exists() else b"")
    return Chapter(
        slug=path.stem,
        source=source,
        release=release(course, folder),
        known=known,
        figures=tuple(sorted(f.stem for f in (rooms / "figures").glob("*.py") if f.stem != "__init__")),
        path=str(here),
        secret=secret(course),
        code=digest.hexdigest(),
        level=level or sandbox.wanted(),
        limits=limits or Limits(),
    )


def secret(course):
    """The seed of everything drawn at grading, from <course>/.autograder/secret (mode 600), made where missing."""
    path = Path(course, ".autograder", "secret")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        part = path.with_name("secret.part")  # a killed run leaves a whole secret or none
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        part.rename(path)
    if path.stat().st_mode & 0o077:
        raise Refusal(f"{path} can be read by others: run  chmod 600 {path}")
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise Refusal(f"{path} cannot be read ({reason}): put back the one that this course was graded with.") from None
    if not text:
        raise Refusal(f"{path} is empty: put back the one that this course was graded with, or delete it.")
    return text


def grade(course, assignment, student=(), jobs=0, scheduler=None, force=False, level=None, trust=False, limits=()):
    """Judge a class's hand-ins in the sandbox and put their points into nbgrader's gradebook.

    course      nbgrader's course root
    assignment  a chapter's folder, 01-neurons
    student     whose hand-ins; everyone's where empty
    jobs        how many are judged at once; as many as there are cores where 0
    scheduler   address of a Dask scheduler whose workers judge instead
    force       judge again what has not changed
    level       "full" or "landlock": the sandbox; the best this machine has where None
    trust       run the hand-ins without a sandbox where this machine has none
    limits      "name=value" for fields of children.Limits
    Prints a line for each hand-in; returns 0, or 1 where some ask for a look.  Raises Refusal where it cannot go on:
    what was judged until then is kept, and the same command goes on from there.
    """
    (folder,) = chosen(course, [assignment])
    with _alone(course), _in_words(), contextlib.ExitStack() as opened:
        folders = Folders(course)
        names = folders.students(folder.name)
        for name in set(student) - set(names):
            raise Refusal(f"{name} has handed in nothing for {folder.name}.")
        about = chapter(course, folder, sandbox.wanted(level, trust), Limits.of(limits))
        book = opened.enter_context(contextlib.closing(Gradebook(folders, folder.name, about.slug)))
        book.agree(about)
        store = opened.enter_context(contextlib.closing(Store(course)))
        run = _Class(folders, store, book, folder.name, about)
        names = [name for name in names if not student or name in student]
        jobs = min(jobs or len(os.sched_getaffinity(0)), len(names) or 1)
        workers = Cluster(about, scheduler) if scheduler else Processes(about, jobs)
        return run.grade(names, workers, force)


@contextlib.contextmanager
def _alone(course):
    """One `autograder grade` at a time in a course; the lock ends with the process, however it ends."""
    path = Path(course, ".autograder", "lock")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open(path, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("another `autograder grade` is at work in this course: wait for it, or end it.") from None
        yield


@contextlib.contextmanager
def _in_words():
    """What the machine refuses, as one sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    again = "What was judged so far is kept: the same command goes on from there."
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as problem:
        said = str(getattr(problem, "orig", problem)).partition("\n")[0]
        raise Refusal(f"a database cannot be written or read ({said}). {again}") from None
    except OSError as problem:
        full = problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        where = problem.filename or "a file"
        what = "no space is left" if full else problem.strerror or str(problem)
        raise Refusal(f"{where} cannot be written or read ({what}). {again}") from None
    except KeyboardInterrupt:
        raise Refusal(f"stopped. {again}") from None


class _Class:
    """One run over a class."""

    def __init__(self, folders, store, book, assignment, about):
        self.folders, self.store, self.book = folders, store, book
        self.assignment, self.about = assignment, about
        self.asking, self.done, self.judged, self.hand_ins = 0, 0, [], {}

    def grade(self, names, workers, force):
        self.count, self.width = len(names), max(map(len, names), default=0)
        try:
            for name, result in workers.map(self._to_judge(names, force)):
                again = result.problem and CRASH in result.verdicts.values()  # no verdict to keep
                key, beside = self.hand_ins.pop(name)
                self._keep(name, "" if again else key, result, beside)
                self._say(name, result)
        finally:
            try:
                self._write()
            finally:
                workers.close()
        print(f"{len(names)} hand-ins for {self.assignment}, {self.asking} of them ask for a look.")
        return int(self.asking > 0)

    def _to_judge(self, names, force):
        """(name, what judging it needs) of each hand-in that is new or changed; the others are settled on the way."""
        for name in names:
            if not name.isprintable() or len(name) > MOST_ID:  # surrogates stand for bytes that are no text
                self._tell(name, "its folder's name is no student's id: nothing was judged", True)
                continue
            one = HandIn(self.folders, self.assignment, name, self.about)
            key, before, file = self.store.get(self.assignment, name)
            if key == one.key and not force:
                folder_as_left = file and laid(self._target(name), self.about) == file
                if not (folder_as_left and self.book.holds(name, before, one.timestamp)):
                    self._keep(name, key, before, one.beside)
                self._say(name, before, "as before")
            else:
                self.hand_ins[name] = one.key, one.beside
                known = before if before is not None and before.keys and not force else None
                yield name, (one.data, one.problem, known)

    def _target(self, name):
        return self.folders.of("autograded", name, self.assignment)

    def _keep(self, *judged):
        self.judged.append(judged)
        if len(self.judged) >= TOGETHER:
            self._write()

    def _write(self):
        """Into the store, the gradebook, the folders.  A killed run's successor finds in each what is missing."""
        judged, self.judged = self.judged, []
        for name, key, result, _ in judged:
            self.store.put(self.assignment, name, key, result)
        self.store.commit()
        for name, _, result, beside in judged:
            self.book.write(name, result, beside.get("timestamp.txt"))
        self.book.commit()
        for name, _, result, beside in judged:
            file = lay_out(self._target(name), self.about, result.cells, beside)
            self.store.laid_out(self.assignment, name, file)
        self.store.commit()

    def _say(self, name, result, note=""):
        odd = {c.removeprefix("test_"): v for c, v in result.verdicts.items() if v not in NOTHING_TO_DO}
        right = sum(v == "right" for v in result.verdicts.values())
        words = [result.problem or f"{right} of {len(result.verdicts)} checks right"]
        if not result.problem:
            words += [
                f"{how}: {', '.join(n for n, h in odd.items() if h == how)}" for how in dict.fromkeys(odd.values())
            ]
        self._tell(name, "; ".join([*words, *([note] if note else [])]), bool(odd))

    def _tell(self, name, words, ask):
        self.done += 1
        self.asking += ask
        shown = "".join(c if c.isprintable() else "?" for c in name)
        print(f"{self.done:>{len(str(self.count))}}/{self.count}  {shown:{self.width}}  {words}", flush=True)
