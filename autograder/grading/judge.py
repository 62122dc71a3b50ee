"""Judging one hand-in: its code runs in a child of the template, the checks run here.

A child that breaks a limit or the protocol is killed; that costs the exercise at hand, and a fresh child replays the
others.
"""

import ast
import contextlib
import ctypes
import hashlib
import io
import json
import signal
import threading
import time
from dataclasses import dataclass, field

import nbformat

from autograder.check import calling, findings, fingerprints, panel
from autograder.check.findings import WRONG, CheckFailed, Finding

from . import notebook, submission
from .children import CRASH, MEMORY, PROTOCOL, TIMEOUT, Child, Died
from .sync import fingerprint

UNREADABLE = "unreadable"
RUN = ("given", "solution", "added")  # roles of the cells that run in the child
SAID = {
    TIMEOUT: "Your code ran longer than {limit} and was stopped: is there a loop that does not end?",
    MEMORY: "Your code asked for more memory than it is given and was stopped.",
    CRASH: "Your code ended the Python it ran in: the exercise could not be checked.",
    PROTOCOL: "Your code broke the connection to the check: the exercise could not be checked.",
}


@dataclass
class Result:
    """What a hand-in ended in: plain data, to be stored and sent.

    level     the sandbox's
    verdicts  check cell -> "right", "wrong", "not attempted", "undecided", or how it ended
    mistakes  check cell -> the known mistakes recognised
    cells     the rebuilt notebook's cells, with the outputs of this run
    keys      for each cell that is run a digest of all that its outputs depend on, else ""
    problem   what could not be read, "" where it could
    """

    level: str
    cells: list
    verdicts: dict = field(default_factory=dict)
    mistakes: dict = field(default_factory=dict)
    keys: list = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0


# --- one hand-in ------------------------------------------------------------------------------------------------------


class Judge:
    """Judges hand-ins of one chapter with one template.  mistakes: exercise -> list of its known mistakes."""

    def __init__(self, chapter, template, mistakes):
        self.source, self.release = (nbformat.reads(text, as_version=4) for text in (chapter.source, chapter.release))
        self.template, self.limits = template, chapter.limits
        self.mistakes, self._known = mistakes, {}
        self.seed = f"{chapter.code}|{chapter.secret}|{chapter.limits}|{chapter.slug}"

    def judge(self, data, problem="", previous=None, how=UNREADABLE):
        """The Result of a hand-in.

        data      its bytes; None where they could not be had, `problem` then says why
        previous  its last Result: what has not changed since is not run again
        how       the verdict where there is a problem
        """
        cells = []
        if data is not None:
            try:
                cells = submission.parse(data)
            except submission.Unreadable as unreadable:
                problem = str(unreadable)
        rebuilt = submission.rebuild(self.source, self.release, cells)
        result = Result(self.template.level, [], problem=problem)
        if problem:
            for cell in rebuilt:
                if cell.role == "test":
                    result.verdicts[cell.name] = how
                    cell.node["outputs"] = _failed(Finding(WRONG, cell.name.removeprefix("test_"), (problem,)))
        else:
            _Run(self, rebuilt, result, previous).go()
        for cell in rebuilt:
            if cell.role == "free" and cell.node["source"] != cell.full:
                cell.node["source"] = submission.as_typed(cell.node["source"])
        result.cells = json.loads(json.dumps([cell.node for cell in rebuilt]))
        return result

    def known(self, identifier, full):
        """The known mistakes of an exercise, as this run's data show them."""
        if identifier not in self._known:
            exercise = notebook.Exercise(identifier, None, None)
            with _shown(), _trusted(None):
                entries = [fingerprint(exercise, m, full) for m in self.mistakes.get(identifier, ())]
            self._known[identifier] = entries
        return self._known[identifier]


class _Run:
    """One hand-in on its way through the children it needs."""

    def __init__(self, judge, cells, result, previous):
        self.judge, self.cells, self.result = judge, cells, result
        self.limits = judge.limits
        self.child, self.deaths, self.spent = None, 0, 0.0
        self.until = time.monotonic() + self.limits.hand_in * self.limits.wall
        self.lost = {}  # cell -> how its code ended the child that ran it
        self._recall(previous)

    def _recall(self, previous):
        """What the last run gave for the same cells before the same check."""
        so_far = hashlib.sha256(self.judge.seed.encode())
        for cell in self.cells:
            if cell.role in RUN:
                so_far.update(f"{cell.role} {len(cell.node['source'])} {cell.node['source']}".encode())
            check = hashlib.sha256(cell.full.encode() if cell.role == "test" else b"").hexdigest()
            self.result.keys.append(f"{so_far.hexdigest()[:32]}{check[:32]}" if cell.role in {*RUN, "test"} else "")
        self.before = {}
        if previous is not None and previous.keys and previous.level == self.result.level:
            for key, node in zip(previous.keys, previous.cells, strict=True):
                name = node["metadata"].get("nbgrader", {}).get("grade_id", "")
                given = node.get("outputs"), previous.verdicts.get(name), previous.mistakes.get(name)
                self.before |= {key: given} if key else {}

    def go(self):
        nothing_new = all(key in self.before for key in self.result.keys if key)
        try:
            for i, (cell, key) in enumerate(zip(self.cells, self.result.keys, strict=True)):
                if key in self.before and (cell.role == "test" or nothing_new):
                    self._again(cell, *self.before[key])
                elif cell.role == "test":
                    self._test(i, cell)
                elif cell.role in RUN:
                    self._cell(i, cell)
        finally:
            if self.child is not None:
                self._end()
            self.result.seconds = round(self.spent, 3)

    def _again(self, cell, outputs, verdict, mistakes):
        cell.node["outputs"] = outputs
        if cell.role == "test":
            self.result.verdicts[cell.name] = verdict
        if mistakes:
            self.result.mistakes[cell.name] = mistakes

    def _end(self):
        if self.child.alive:
            self.child.end(PROTOCOL)
        self.spent += self.child.spent
        self.child = None

    def _died(self, died, cell):
        """Count a death; where it was one of too many, or the time is used up, no more is run."""
        self._end()
        self.deaths += 1
        self.lost[id(cell)] = died.how

    def _used_up(self):
        spent = self.spent + (self.child.cpu() if self.child else 0)
        return spent > self.limits.hand_in or time.monotonic() > self.until or self.deaths >= self.limits.deaths

    def _ready(self, upto):
        """A living child that has run every cell before number `upto`, but those that ended one."""
        while self.child is None:
            if self._used_up():
                raise Died(TIMEOUT)
            self.child = Child(self.judge.template, self.limits, self.until)
            for cell in self.cells[:upto]:
                if cell.role in RUN and id(cell) not in self.lost:
                    try:
                        self.child.run(cell.node["source"], cell.node["id"])
                    except Died as died:
                        self._died(died, cell)
                        break
        if self._used_up():
            raise Died(TIMEOUT)
        return self.child

    def _cell(self, i, cell):
        try:
            cell.node["outputs"] = self._ready(i).run(cell.node["source"], cell.node["id"])
        except Died as died:
            if self.child is not None:
                self._died(died, cell)
            self.lost[id(cell)] = died.how
            cell.node["outputs"] = _failed(self._finding(died.how, cell.name), panel_too=False)

    def _finding(self, how, quantity):
        return Finding(WRONG, quantity, (SAID[how].format(limit=f"{self.limits.call:g} s"),))

    def _test(self, i, cell):
        identifier = cell.name.removeprefix("test_")
        solution = next((c for c in self.cells if c.role == "solution" and c.name == identifier), None)
        how = self.lost.get(id(solution))
        if how is None:
            try:
                child = self._ready(i)
                outputs, verdict, mistakes = self._check(cell, identifier, child.answer(identifier))
            except Died as died:
                how = died.how
                if self.child is not None:
                    self._end()
                    self.deaths += 1
        if how is not None:
            outputs, verdict, mistakes = _failed(self._finding(how, identifier)), how, []
        cell.node["outputs"] = outputs
        self.result.verdicts[cell.name] = verdict
        if mistakes:
            self.result.mistakes[cell.name] = mistakes

    def _check(self, cell, identifier, answer):
        """Run one check cell here: its outputs as nbgrader reads them, its verdict, the mistakes recognised."""
        namespace = {"__name__": "__main__", identifier: answer}
        known = lambda name: self.judge.known(name, cell.full) if name == identifier else []  # noqa: E731
        said = io.StringIO()
        with _shown() as shown, _trusted(known), _at_most(self.limits.check), contextlib.redirect_stdout(said):
            outputs, verdict, value = [], "right", None
            try:
                value = _execute(cell.full, namespace)
            except CheckFailed as failed:
                verdict = failed.finding.outcome
                outputs = [_error(type(failed).__name__, str(failed))]
            except Exception as problem:  # a check of plain asserts, or one that cannot decide
                verdict = WRONG if isinstance(problem, AssertionError) else findings.UNDECIDED
                outputs = [_error(type(problem).__name__, calling.words(problem))]
        before = [dict(output_type="stream", name="stdout", text=said.getvalue())] if said.getvalue() else []
        outputs = [*before, *shown, *outputs]
        if value is not None:
            outputs.append(
                dict(output_type="execute_result", execution_count=None, metadata={}, data={"text/plain": repr(value)})
            )
        check = namespace.get("check")
        return outputs, verdict, list(getattr(check, "named", ()))


def _execute(source, namespace):
    """Run a check's text; the value of its last expression is a partial mark, as nbgrader has it."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<check>", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "<check>", "eval"), namespace) if last else None


def _error(kind, words):
    return dict(output_type="error", ename=kind, evalue=words, traceback=words.splitlines())


def _failed(finding, panel_too=True):
    """The outputs of a cell that could not be run to its end."""
    shown = dict(output_type="display_data", metadata={}, data=_bundle(finding.quantity, finding, ()))
    return [shown] * panel_too + [_error("CheckFailed", str(CheckFailed(finding)))]


def _bundle(name, finding, remarks):
    return {"text/plain": panel.text(name, finding, remarks), "text/html": panel.html(name, finding, remarks)}


@contextlib.contextmanager
def _shown():
    """What checks show in this block, as outputs."""
    shown, before = [], panel.show

    def keep(name, finding, remarks=()):
        shown.append(dict(output_type="display_data", metadata={}, data=_bundle(name, finding, remarks)))

    panel.show = keep
    try:
        yield shown
    finally:
        panel.show = before


@contextlib.contextmanager
def _trusted(known):
    """Checks in this block know the mistakes themselves, not their fingerprints."""
    before, fingerprints.replayed = fingerprints.replayed, known
    try:
        yield
    finally:
        fingerprints.replayed = before


@contextlib.contextmanager
def _at_most(seconds):
    """Died in this thread after so many seconds of our own CPU; off the main thread, of the clock."""

    def late(*_):
        raise Died(TIMEOUT)

    if threading.current_thread() is not threading.main_thread():  # a worker of Dask; signals are the main thread's
        thread = ctypes.c_ulong(threading.get_ident())
        raising = ctypes.pythonapi.PyThreadState_SetAsyncExc
        alarm = threading.Timer(seconds, raising, (thread, ctypes.py_object(Late)))
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
        return
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Late(Died):
    """A check took too long."""

    def __init__(self):
        super().__init__(TIMEOUT)
