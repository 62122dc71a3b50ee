"""The course's folders and what is kept in them: hand-ins, results, judged notebooks, and nbgrader's gradebook."""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

from . import Refusal, submission
from .judge import Result


class Store:
    """What was judged before: one row a hand-in, in <course>/.autograder/results.sqlite.

    file  the digest of the judged notebook as it was laid into the autograded folder; "" until then
    """

    def __init__(self, course):
        path = Path(course, ".autograder", "results.sqlite")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self.rows = sqlite3.connect(path, timeout=10)
        self.rows.execute(
            "CREATE TABLE IF NOT EXISTS result (assignment TEXT, student TEXT, key TEXT, record TEXT, file TEXT,"
            " PRIMARY KEY (assignment, student))"
        )
        os.chmod(path, 0o600)

    def get(self, assignment, student):
        """(key, Result, file) of the last judgement, or (None, None, "")."""
        row = self.rows.execute(
            "SELECT key, record, file FROM result WHERE assignment = ? AND student = ?", (assignment, student)
        ).fetchone()
        return (row[0], Result(**json.loads(row[1])), row[2]) if row else (None, None, "")

    def put(self, assignment, student, key, result, file=""):
        """Keep a judgement; for good at the next `commit`."""
        row = assignment, student, key, json.dumps(vars(result)), file
        self.rows.execute("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?)", row)

    def laid_out(self, assignment, student, file):
        """Note the digest of what lies in the autograded folder."""
        where = file, assignment, student
        self.rows.execute("UPDATE result SET file = ? WHERE assignment = ? AND student = ?", where)

    def commit(self):
        self.rows.commit()

    def close(self):
        self.rows.close()


class Folders:
    """nbgrader's own idea of the course: its folders, and the gradebook, by its configuration."""

    def __init__(self, course, directory=None):
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config.loader import PyFileConfigLoader

        try:
            self.config = PyFileConfigLoader("nbgrader_config.py", path=str(Path(course).resolve())).load_config()
        except Exception as problem:  # it is Python, and may raise anything
            raise Refusal(f"{course}/nbgrader_config.py cannot be loaded ({problem}).") from None
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


def _date(text):
    from nbgrader.utils import parse_utc

    return parse_utc(text)


BESIDE = {"timestamp.txt": _date, "submission_secret.txt": bytes.fromhex}  # a file's name -> what reads its text


class HandIn:
    """What one learner handed in: the notebook's bytes, or None and the problem.

    beside  texts that nbgrader's exchange puts beside it and looks for later: when it came, what hides its feedback
    """

    def __init__(self, folders, assignment, student, chapter):
        root = folders.of("submitted", student, assignment)
        file = f"{chapter.slug}.ipynb"
        self.data, self.problem, self.beside = None, "", {}
        try:
            self.data = submission.read(root.parents[1], student, assignment, file)
        except submission.Unreadable as problem:
            others = sorted(p.name for p in root.glob("*.ipynb")) if not root.is_symlink() and root.is_dir() else []
            found = f" Found: {', '.join(repr(o)[:60] for o in others[:3])}." if others and file not in others else ""
            self.problem = f"{problem}{found}"
        for name, means in BESIDE.items():
            with contextlib.suppress(submission.Unreadable, ValueError, OverflowError, TypeError):
                text = submission.read(root.parents[1], student, assignment, name)[:200].decode().strip()
                means(text)
                self.beside[name] = text
        digest = hashlib.sha256(self.problem.encode() if self.data is None else self.data).hexdigest()
        self.key = f"{chapter.key}:{digest}"

    @property
    def timestamp(self):
        """When it was handed in, as nbgrader wrote it; None where nobody knows."""
        return self.beside.get("timestamp.txt")


def as_notebook(cells, release):
    """The text of a notebook of these cells, the rest as it was released."""
    return json.dumps(json.loads(release) | {"cells": cells})


def lay_out(target, chapter, cells, beside):
    """Write a judged hand-in's folder, whole or not at all; returns what `laid` says of it."""
    part, old = (target.with_name(f".{name}-{target.name}") for name in ("part", "old"))  # one run at a time writes
    for left in (part, old):
        _remove(left)
    part.mkdir(parents=True)
    try:
        (part / f"{chapter.slug}.ipynb").write_text(as_notebook(cells, chapter.release), "utf-8")
        for name, text in beside.items():
            (part / name).write_text(text, "utf-8")
        for file in part.iterdir():
            file.chmod(0o444)
        if target.exists():
            target.rename(old)
        part.rename(target)
    except BaseException:
        _remove(part)
        raise
    _remove(old)
    return laid(target, chapter)


def laid(target, chapter):
    """The digest of the judged notebook in a folder; "" where there is none."""
    with contextlib.suppress(OSError):
        return hashlib.sha256((target / f"{chapter.slug}.ipynb").read_bytes()).hexdigest()
    return ""


def _remove(folder):
    if folder.exists():
        shutil.rmtree(folder)


class Gradebook:
    """nbgrader's gradebook, open for one assignment; what is written stands for good at the next `commit`."""

    def __init__(self, folders, assignment, slug):
        from nbgrader.api import Gradebook, MissingEntry
        from nbgrader.preprocessors import AssignLatePenalties

        self.late = AssignLatePenalties(config=folders.config)
        self.late.init_plugin()
        self.book = Gradebook(folders.directory.db_url, folders.directory.course_id)
        self.again = f"run  nbgrader generate_assignment --force {assignment}"
        try:
            notebook = self.book.find_notebook(slug, assignment)
        except MissingEntry:
            self.close()
            raise Refusal(f"{assignment} was never released: {self.again}") from None
        # What every row of this assignment refers to, so that writing one hand-in asks for nothing twice.
        self.id, self.due, self.notebook = notebook.assignment.id, notebook.assignment.duedate, notebook.id
        self.released = {cell.name: cell.checksum for cell in notebook.source_cells}
        self.cells = {  # of each of the assignment's notebooks: the cells with grades, the cells with comments
            n.id: (
                {c.name: c.id for c in [*n.grade_cells, *n.task_cells]},
                {c.name: c.id for c in [*n.solution_cells, *n.task_cells]},
            )
            for n in notebook.assignment.notebooks
        }

    def close(self):
        self.book.close()

    def commit(self):
        self.book.db.commit()

    def agree(self, chapter):
        """Refusal where the gradebook does not hold this release of the assignment."""
        import nbformat
        from nbgrader.utils import compute_checksum

        release, source = (nbformat.reads(text, as_version=4) for text in (chapter.release, chapter.source))
        cells = {c.metadata.nbgrader.grade_id: c for c in release.cells if "nbgrader" in c.metadata}
        for cell in source.cells:
            marks = cell.metadata.get("nbgrader", {})
            if marks.get("grade") and not marks.get("solution"):
                cells[marks.grade_id] = cell
        held = self.released
        for name in [*cells, *held]:
            if name not in held or name not in cells or held[name] != compute_checksum(cells[name]):
                raise Refusal(f"{name} is not as it was released, the source was changed since: {self.again}")

    def holds(self, student, result, timestamp):
        """Whether the gradebook says of a hand-in what its Result says."""
        from nbgrader.api import Grade
        from nbgrader.utils import parse_utc
        from sqlalchemy import select

        hand_in, notebook, when, penalty = self._find(student)
        if notebook is None or (timestamp and when != parse_utc(timestamp)):
            return False
        ids, (scores, _) = self.cells[self.notebook][0], marks(result)
        grade = Grade.__table__.c
        rows = self.book.db.execute(select(grade.cell_id, grade.auto_score).where(grade.notebook_id == notebook))
        held = dict(map(tuple, rows))
        as_judged = all(held.get(ids[name], "none") == score for name, score in scores.items())
        return as_judged and penalty == self._penalty(student, hand_in)

    def _find(self, student):
        """(its id, its notebook's id, when it was handed in, its penalty), or four times None."""
        from nbgrader.api import SubmittedAssignment, SubmittedNotebook
        from sqlalchemy import select

        one, two = SubmittedAssignment.__table__, SubmittedNotebook.__table__
        found = select(one.c.id, two.c.id, one.c.timestamp, two.c.late_submission_penalty)
        found = found.join_from(one, two, two.c.assignment_id == one.c.id)
        found = found.where(
            one.c.assignment_id == self.id, one.c.student_id == student, two.c.notebook_id == self.notebook
        )
        return self.book.db.execute(found).first() or (None, None, None, None)

    def write(self, student, result, timestamp):
        """Put one Result in; manual scores, extra credit and comments stay.

        The rows are those that nbgrader.api makes and nbgrader's SaveAutoGrades fills, in one transaction where those
        two take some forty for each hand-in.
        """
        from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
        from nbgrader.utils import parse_utc
        from sqlalchemy import bindparam, or_, update

        execute = self.book.db.execute
        hand_in, notebook, _, _ = self._find(student)
        if hand_in is None:
            hand_in, notebook = self._make(student)
        if timestamp:
            row = SubmittedAssignment.__table__
            execute(update(row).where(row.c.id == hand_in).values(timestamp=parse_utc(timestamp)))
        grades, comments = self.cells[self.notebook]
        scores, said = marks(result)
        for table, ids, column, values in (
            (Grade.__table__, grades, "auto_score", scores),
            (Comment.__table__, comments, "auto_comment", said),
        ):
            new = {column: bindparam("new")}
            if table is Grade.__table__:
                new["needs_manual_grade"] = or_(table.c.manual_score.is_not(None), bindparam("none"))
            change = update(table).where(table.c.notebook_id == notebook, table.c.cell_id == bindparam("cell"))
            rows = [dict(cell=ids[name], new=value, none=value is None) for name, value in values.items()]
            if rows:
                execute(change.values(new), rows)
        row = SubmittedNotebook.__table__
        penalty = self._penalty(student, hand_in)
        execute(update(row).where(row.c.id == notebook).values(late_submission_penalty=penalty))

    def _make(self, student):
        """New rows for a hand-in, as nbgrader.api.Gradebook.add_submission makes them; returns two of their ids."""
        from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook, new_uuid
        from sqlalchemy import insert

        execute, (hand_in, *notebooks) = self.book.db.execute, (new_uuid() for _ in range(1 + len(self.cells)))
        if self.book.db.get(Student, student) is None:
            execute(insert(Student.__table__).values(id=student))
        execute(insert(SubmittedAssignment.__table__).values(id=hand_in, assignment_id=self.id, student_id=student))
        for new, (notebook, (grades, comments)) in zip(notebooks, self.cells.items(), strict=True):
            execute(insert(SubmittedNotebook.__table__).values(id=new, assignment_id=hand_in, notebook_id=notebook))
            for table, cells in ((Grade.__table__, grades), (Comment.__table__, comments)):
                if cells:
                    execute(insert(table), [dict(notebook_id=new, cell_id=cell) for cell in cells.values()])
        return hand_in, notebooks[list(self.cells).index(self.notebook)]

    def _penalty(self, student, hand_in):
        """What lateness costs a hand-in, as nbgrader's AssignLatePenalties finds it; None where nothing."""
        from nbgrader.api import SubmittedAssignment

        if self.due is None:
            return None
        self.book.db.expire_all()
        row = self.book.db.get(SubmittedAssignment, hand_in)
        (notebook,) = (n for n in row.notebooks if n.notebook_id == self.notebook)
        late = row.total_seconds_late
        penalty = self.late.plugin_inst.late_submission_penalty(student, notebook.score, late) if late > 0 else None
        return penalty if penalty is None else self.late._check_late_penalty(notebook, penalty)


def marks(result):
    """What nbgrader reads off a Result: (check or free text -> points or None, solution -> comment or None)."""
    import nbformat
    from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution

    scores, comments = {}, {}
    for cell in result.cells:
        if cell["metadata"].get("nbgrader"):
            cell = nbformat.from_dict(cell)
            name = cell.metadata.nbgrader.grade_id
            if is_grade(cell):
                scores[name], _ = determine_grade(cell)
            if is_solution(cell):
                empty = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                comments[name] = "No response." if empty else None
    return scores, comments
