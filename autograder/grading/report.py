"""`autograder report`: what a class misunderstood, as one page to print or to have read aloud, and as a CSV.

Everything of a hand-in is escaped; nothing of it says whose it is, unless asked.
"""

import collections
import importlib
import json
import re
import statistics
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from autograder.check.findings import NOT_ATTEMPTED, RIGHT, WRONG

from . import Refusal, submission
from .gradebook import Folders, Store
from .judge import UNREADABLE, Result
from .notebook import chapters, chosen, exercises, read

TOP = 5  # things to teach
FAR = 10  # cells from an exercise, beyond which a figure belongs to something else
BARS = 12  # of the histogram, about
MOST_RUNS, MOST_TRIES = 10_000, 100  # of all cells in one session, of one exercise; more is no count of tries
COLUMNS = ["assignment", "exercise", "what", "name", "count", "of", "sentence", "source"]


def report(course, assignment, folder=None, named=False):
    """Say what a class misunderstood: a page and a CSV of an assignment that was graded.

    course      nbgrader's course root
    assignment  a chapter's folder, 01-neurons
    folder      where <assignment>.html and <assignment>.csv go; <course>/.autograder/report, which git ignores, if None
    named       say whose each answer is; without it neither file holds a student's id
    Raises Refusal where nothing was judged.
    """
    from .export import csv_text

    (source,) = chosen(course, [assignment])
    found = _Class(course, source, named)
    folder = Path(folder or Path(course, ".autograder", "report"))
    folder.mkdir(parents=True, exist_ok=True)
    texts = {".html": _page(found), ".csv": csv_text(found.table())}
    for suffix, text in texts.items():
        (folder / f"{source.name}{suffix}").write_bytes(text.encode("utf-8", "replace"))
    print(f"{found.readable} hand-ins, {len(found.told)} ways to be wrong: {folder / source.name}.html and .csv")


# --- what there is to say ---------------------------------------------------------------------------------------------


@dataclass
class Told:
    """Answers of one exercise that are wrong in one way.

    title     the known mistake's name, or what the check says first where there is none
    sentence  what to say to the learner, and where the mistake comes from; "" where it is no known one
    students  who gave it
    answer    one of the answers
    """

    exercise: "Exercise"
    known: bool
    title: str
    sentence: str = ""
    source: str = ""
    students: list = field(default_factory=list)
    answer: str = ""

    @property
    def count(self):
        return len(self.students)


@dataclass
class Exercise:
    """One exercise: where it stands, a figure near it (an <img>) or "", what became of it, the learners' tries."""

    name: str
    points: float
    section: str
    figure: str
    verdicts: collections.Counter = field(default_factory=collections.Counter)
    tries: list = field(default_factory=list)


class _Class:
    """What a class handed in for one assignment, counted."""

    def __init__(self, course, source, named):
        path = chapters(course)[source.name]
        notebook = read(path)
        self.assignment, self.named = source.name, named
        self.title = _heading("# ", notebook.cells[:1]) or source.name
        self.exercises = {f"test_{e.identifier}": _exercise(notebook, e) for e in exercises(notebook)}
        self.readable, self.unreadable = 0, collections.defaultdict(list)
        self._known, self._told = _known(path.stem), {}
        folders, store = Folders(course), Store(course)
        try:
            rows = store.rows.execute(
                "SELECT student, record FROM result WHERE assignment = ? ORDER BY student", (source.name,)
            )
            for student, record in rows:
                self._count(student, Result(**json.loads(record)))
                self._tries(folders.of("submitted", student, source.name), path.name)
        finally:
            store.close()
        if not self.readable and not self.unreadable:
            raise Refusal(f"nothing was judged yet: run  autograder grade {source.name}")
        order = list(self.exercises.values())
        self.told = sorted(self._told.values(), key=lambda t: (-t.count, order.index(t.exercise), t.title))
        self._gradebook(folders.directory)

    def _count(self, student, result):
        if result.problem and set(result.verdicts.values()) <= {UNREADABLE}:
            sentence = result.problem.partition(" Found: ")[0]  # what follows are names that the learner gave files
            if sentence.startswith(f"{student} "):
                sentence = f"The folder{sentence.removeprefix(student)}"
            self.unreadable[sentence].append(student)
            return
        self.readable += 1
        cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in result.cells}
        for test, exercise in self.exercises.items():
            verdict = result.verdicts.get(test, NOT_ATTEMPTED)
            exercise.verdicts[verdict] += 1
            if verdict == WRONG:
                names = tuple(result.mistakes.get(test, ()))
                said = "" if names else _said(cells.get(test, {}))
                told = self._told.get((test, names, said)) or self._new(exercise, names, said)
                self._told[test, names, said] = told
                told.students.append(student)
                told.answer = told.answer or cells.get(exercise.name, {}).get("source", "")

    def _new(self, exercise, names, said):
        known = [self._known.get((exercise.name, name)) for name in names]
        return Told(
            exercise,
            bool(names),
            " or ".join(names).replace("_", " ").capitalize() or said,
            " ".join(k.sentence for k in known if k),
            ", ".join(dict.fromkeys(k.source for k in known if k)),
        )

    def _tries(self, folder, file):
        try:
            data = submission.read(folder.parents[1], folder.parent.name, folder.name, file)
        except (submission.Unreadable, OSError):
            return
        for test, tries in _runs(data, self.exercises).items():
            self.exercises[test].tries.append(tries)

    def _gradebook(self, directory):
        from nbgrader.api import Gradebook, MissingEntry

        with Gradebook(directory.db_url, directory.course_id) as book:
            hand_ins = book.assignment_submissions(self.assignment)
            self.marks = [max(0.0, h.score - h.late_submission_penalty) for h in hand_ins]
            self.waiting = sum(bool(h.needs_manual_grade) for h in hand_ins)
            self.nothing = len({s.id for s in book.students} - {h.student_id for h in hand_ins})
            try:
                self.most = book.find_assignment(self.assignment).max_score
            except MissingEntry:
                self.most = 0

    @property
    def top(self):
        """What to teach: the known mistakes, and what several gave alike, by how many gave it."""
        return [told for told in self.told if told.known or told.count > 1][:TOP]

    def bars(self):
        """(lower end, number of marks from there to the next lower end) over all marks."""
        most = max([self.most, *self.marks])
        step = next((s for s in (0.5, 1, 2, 5, 10, 20, 50, 100) if most / s <= BARS), most / BARS) or 1
        counts = collections.Counter(int(mark // step) for mark in self.marks)
        return [(i * step, counts[i]) for i in range(int(most // step) + 1)]

    def table(self):
        """The CSV's rows."""
        rows = [[*COLUMNS, *["students"] * self.named]]

        def row(exercise, what, name, count, of, told=None):
            whose = ["; ".join(told.students) if told else ""] * self.named
            rows.append([self.assignment, exercise, what, name, count, of, *_sayings(told), *whose])

        for exercise in self.exercises.values():
            for verdict, count in sorted(exercise.verdicts.items()):
                row(exercise.name, "verdict", verdict, count, self.readable)
            if exercise.tries:
                row(exercise.name, "tries", "median", statistics.median(exercise.tries), len(exercise.tries))
        for told in self.told:
            what = "known mistake" if told.known else "no known mistake"
            row(told.exercise.name, what, told.title if self._may_say(told) else "", told.count, self.readable, told)
        for sentence, students in self.unreadable.items():
            row("", "could not be read", sentence, len(students), self.readable + len(students))
        for low, count in self.bars():
            row("", "marks from", f"{low:g}", count, len(self.marks))
        return rows

    def _may_say(self, told):
        """A single learner's own words, an exception's say, might tell who it is."""
        return told.known or told.count > 1 or self.named


def _sayings(told):
    return [told.sentence, told.source] if told else ["", ""]


def _known(slug):
    """(exercise, name) -> the known mistake; a course may have none."""
    try:
        many = importlib.import_module("solutions.mistakes").of(slug)
    except ModuleNotFoundError:
        return {}
    return {(exercise, mistake.name): mistake for exercise, known in many.items() for mistake in known}


def _said(cell):
    """What the panel of a wrong answer says first: the quantity, and what is wrong with it."""
    shown = (output.get("data", {}).get("text/plain") for output in cell.get("outputs", ()))
    lines = next(filter(None, shown), "").splitlines()[1:3]
    return ": ".join(line.strip()[:200] for line in lines)


def _heading(level, cells):
    """The last heading of a level in these cells."""
    texts = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return "".join(re.findall(rf"^{level}(.+)$", texts, re.M)[-1:])


def _exercise(notebook, exercise):
    """An exercise of the source notebook, with the figure of its section, or else the nearest one, after or before."""
    cells, here = notebook.cells, notebook.cells.index(exercise.solution)
    section = _heading("## ", cells[:here])
    figures = []
    for i, cell in enumerate(cells):
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            pictures = re.findall("<img [^>]*>", "".join(o.get("data", {}).get("text/html", "") for o in cell.outputs))
            elsewhere = _heading("## ", cells[:i]) != section
            if pictures and (not elsewhere or abs(i - here) <= FAR):
                figures.append((elsewhere, abs(i - here), i < here, pictures[0]))
    return Exercise(exercise.identifier, exercise.points, section, min(figures, default=("",))[-1])


def _runs(data, tests):
    """Test -> how often a learner ran solution and check, as far as the cells' execution counts tell.  A hint.

    The counts between the check's and the last one that another cell got before the solution are runs of these two.
    Nothing is told where the whole notebook was run in one go, or by counts that cannot be.
    """
    try:
        raw = submission.loads(data)["cells"]
        cells = [(_grade_id(cell), cell.get("execution_count")) for cell in raw if cell.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    cells = [(name, n) for name, n in cells if type(n) is int and 0 < n <= MOST_RUNS]
    counts, told = [n for _, n in cells], {}
    if counts == list(range(1, len(counts) + 1)):
        return {}
    names = [name for name, _ in cells]
    for test in tests:
        solution = test.removeprefix("test_")
        if names.count(test) != 1 or names.count(solution) != 1:
            continue
        solved, checked = counts[names.index(solution)], counts[names.index(test)]
        tries = (checked - max((n for n in counts if n < solved), default=0)) // 2
        if solved < checked and tries <= MOST_TRIES:
            told[test] = tries
    return told


def _grade_id(cell):
    marks = cell["metadata"].get("nbgrader", {})
    return marks.get("grade_id") if isinstance(marks, dict) else None


# --- the page ---------------------------------------------------------------------------------------------------------


def _page(found):
    from course.figures.house import CLASS, dark

    style = f":root {{ --link: {dark(CLASS[0])}; --bar: {CLASS[0]}; }}\n" + Path(__file__).with_suffix(
        ".css"
    ).read_text("utf-8")
    parts = [_opening(found), _teach(found), _exercises(found), _marks(found), _known_ones(found), _others(found)]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # What a hand-in says is text; were it ever taken for more, it could still load and run nothing.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" '
        f'content="light dark">\n<title>{escape(found.title)}: what to teach</title>\n<style>{style}</style>\n'
        f"</head>\n<body>\n<main>\n{''.join(parts)}</main>\n</body>\n</html>\n"
    )


def _opening(found):
    facts = [f"{_many(found.readable, 'hand-in')} judged"]
    if found.marks:
        facts.append(f"half have {statistics.median(found.marks):g} of {found.most:g} points or more")
    facts += [f"{found.waiting} wait for marks by hand"] * bool(found.waiting)
    facts += [f"{sum(map(len, found.unreadable.values()))} could not be read"] * bool(found.unreadable)
    facts += [f"{found.nothing} of the gradebook's students handed in nothing"] * bool(found.nothing)
    return f"<h1>{escape(found.title)}: what to teach</h1>\n<p>{'; '.join(facts)}.</p>\n"


def _teach(found):
    shown, items = {}, []
    for told in found.top:
        exercise, about = told.exercise, []
        title = _code(told.title) if told.known else "A mistake that has no name yet"
        about.append(
            f"<p><b>{told.count} of {found.readable}</b> ({_share(told.count, found.readable)}) in "
            f"<code>{escape(exercise.name)}</code>, {escape(exercise.section)}</p>"
        )
        if told.known:
            about.append(f"<blockquote>{_code(told.sentence)}</blockquote>")
            about.append(f"<p class=quiet>Source: {escape(told.source)}</p>" * (told.source not in ("", "common")))
        else:
            about.append(f"<p>The check says: {_code(told.title)}</p>")
            hint = "" if found.named else "<p class=quiet><code>--names</code> shows one, and whose they are.</p>"
            about.append(f"<pre tabindex=0>{escape(told.answer[:1500])}</pre>" if found.named else hint)
        number = len(items) + 1
        figure = exercise.figure
        if figure and shown.setdefault(figure, number) < number:
            about.append(f'<p>To show: <a href="#teach-{shown[figure]}">the same picture again</a>.</p>')
            figure = ""
        text = f"<div><h3>{title}</h3>{''.join(about)}</div>"
        items.append(f'<li id="teach-{number}"><div class=pair>{text}{figure}</div></li>\n')
    text = f"<ol class=teach>\n{''.join(items)}</ol>\n" if items else "<p>Nothing is wrong in a way that repeats.</p>\n"
    return f"<h2>Tomorrow</h2>\n{text}"


def _exercises(found):
    rows, wrong = [], collections.Counter()
    for told in found.told:
        wrong[told.exercise.name, told.known] += told.count
    for exercise in found.exercises.values():
        verdicts = exercise.verdicts
        odd = ", ".join(f"{n} {escape(how)}" for how, n in sorted(verdicts.items()) if how not in SHOWN)
        told = exercise.tries
        tries = f"{statistics.median(told):g} <small>({len(told)})</small>" if told else ""
        share = f"{_bar(verdicts[RIGHT], found.readable)}{_share(verdicts[RIGHT], found.readable)}"
        ways = [wrong[exercise.name, known] or "" for known in (True, False)]
        numbers = [f"{exercise.points:g}", share, *ways, verdicts[NOT_ATTEMPTED] or "", odd, tries]
        rows.append([f"<code>{escape(exercise.name)}</code>", *map(str, numbers)])
    heads = ["exercise", "points", "right", "a known mistake", "wrong otherwise", "not attempted", "other", "tries"]
    caption = f"Answers of {_many(found.readable, 'hand-in')}, exercise by exercise"
    columns = len(heads) if any(exercise.tries for exercise in found.exercises.values()) else -1
    text = _table(caption, heads[:columns], [row[:columns] for row in rows])
    if columns > 0:
        text += (
            "<p class=quiet>Tries are a hint: how often solution and check were run, the median, as far as the "
            "notebooks' execution counts tell (in brackets, how many notebooks do).</p>\n"
        )
    for sentence, students in sorted(found.unreadable.items(), key=lambda item: -len(item[1])):
        whose = f" ({escape(', '.join(students))})" if found.named else ""
        text += f"<p>{len(students)} could not be read: {escape(sentence)}{whose}</p>\n"
    return f"<h2>Exercises</h2>\n{text}"


SHOWN = {RIGHT, WRONG, NOT_ATTEMPTED}  # verdicts with a column of their own


def _marks(found):
    bars = found.bars()
    most = max((count for _, count in bars), default=0)
    rows = [[f"{low:g}", f"{_bar(count, most)}{count}"] for low, count in bars]
    note = f"<p>{found.waiting} of them still wait for marks by hand.</p>\n" if found.waiting else ""
    caption = f"Marks of {_many(len(found.marks), 'hand-in')}; a row holds those from its number up to the next row's"
    return f"<h2>Marks</h2>\n{_table(caption, ['points from', 'hand-ins'], rows)}{note}" if found.marks else ""


def _known_ones(found):
    rows = [
        [_code(t.title), f"<code>{escape(t.exercise.name)}</code>", str(t.count), _code(t.sentence) + _whose(found, t)]
        for t in found.told
        if t.known
    ]
    heads = ["mistake", "exercise", "hand-ins", "what its learners read"]
    return "<h2>Known mistakes</h2>\n" + (_table("Every known mistake that came up", heads, rows) if rows else NONE)


def _others(found):
    others = [t for t in found.told if not t.known]
    rows = [
        [f"<code>{escape(t.exercise.name)}</code>", str(t.count), _code(t.title) + _whose(found, t)]
        for t in others
        if t.count > 1 or found.named
    ]
    alone = sum(t.count == 1 for t in others)
    text = _table("Wrong answers that no known mistake explains, alike where the check says the same of them first",
                  ["exercise", "hand-ins", "what the check says first"], rows) if rows else ""  # fmt: skip
    if alone and not found.named:
        text += f"<p>{alone} more {'is' if alone == 1 else 'are'} like no other.</p>\n"
    return f"<h2>Without a name</h2>\n{text or NONE}"


NONE = "<p>None.</p>\n"


def _table(caption, heads, rows):
    """A table; the rows' cells are HTML, their first one is the row's header."""
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>\n' for row in rows
    )
    return (
        f'<div class=wide role="region" aria-label="{caption}" tabindex="0"><table><caption>{caption}</caption>\n'
        f"<thead><tr>{top}</tr></thead>\n<tbody>{body}</tbody></table></div>\n"
    )


def _bar(count, of):
    """A bar of a histogram; its number stands beside it."""
    width = 100 * count / of if of else 0
    return (
        '<svg class=bar viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="1"/></svg>'
    )


def _whose(found, told):
    return f"<p class=quiet>{escape(', '.join(told.students))}</p>" if found.named else ""


def _share(count, of):
    return f"{100 * count / of:.0f}&nbsp;%" if of else ""


def _many(count, what):
    return f"{count} {what}{'s' * (count != 1)}"


def _code(sentence):
    """A sentence, escaped; what stands between backticks is code."""
    parts = escape(sentence).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
