"""Judging many hand-ins: what one worker does, and the workers of this machine."""

import concurrent.futures
import importlib
import multiprocessing
import multiprocessing.util
import os
import pickle
import signal
import threading
import types

from autograder.check import calling

from . import Refusal, find_answers, sandbox
from .children import CRASH, Died, Interrupted, Template
from .judge import Judge

TRIES = 3  # of one hand-in, where something outside ended its judging
AGAIN = "Judging this hand-in was ended from outside three times; grade it again."
OURS = "The grader itself failed on this hand-in ({}). That is no fault of the one who handed it in."

_one_at_a_time = threading.Lock()
_judges = {}  # the last chapter's judge of this worker, with its template


def judge(chapter, data, problem="", previous=None):
    """The Result of one hand-in, in this process; the chapter's template is kept for the next one.

    Whatever happens to one hand-in costs no other one: a template that was ended is started anew, and what goes wrong
    three times is the hand-in's verdict.  Refusal where no template can be had at all.
    """
    with _one_at_a_time:  # a Dask worker may have several threads
        before = os.environ.get("AUTOGRADER_SECRET")
        os.environ["AUTOGRADER_SECRET"] = chapter.secret
        try:
            return _judge_alone(chapter, data, problem, previous)
        finally:
            os.environ.pop("AUTOGRADER_SECRET")
            if before is not None:
                os.environ["AUTOGRADER_SECRET"] = before


def _judge_alone(chapter, data, problem, previous):
    sentence = AGAIN
    for _ in range(TRIES):
        known = _ready(chapter)
        try:
            return known.judge(data, problem, previous)
        except Interrupted:
            sentence = AGAIN
        except (Exception, Died) as fault:  # Died where no check was at work
            sentence = OURS.format(f"{type(fault).__name__}: {calling.words(fault, 200)}")
        close()
    return failed(chapter, sentence)


def failed(chapter, sentence):
    """The Result of a hand-in that could not be judged; it has no keys, and is judged again in the next run."""
    return Judge(chapter, types.SimpleNamespace(level=chapter.level), {}).judge(None, sentence, how=CRASH)


def _ready(chapter):
    known = _judges.get(chapter.key)
    if known is None:
        close()
        find_answers(chapter.path)  # the course's own, wherever else there are some
        try:
            mistakes = importlib.import_module("solutions.mistakes").of(chapter.slug)
        except ModuleNotFoundError:  # a course may have none
            mistakes = {}
        except Exception as problem:
            words = f"{type(problem).__name__}: {problem}"
            raise Refusal(f"The known mistakes of {chapter.slug} cannot be imported ({words}).") from None
        known = _judges[chapter.key] = Judge(chapter, _template(chapter), mistakes)
    return known


def _template(chapter):
    for _ in range(TRIES):
        try:
            return Template(chapter.known, chapter.figures, chapter.level, chapter.limits)
        except OSError as problem:  # or it was ended while it began
            reason = problem.strerror or problem
    raise Refusal(f"No process for hand-ins can be started ({reason}).")


def close():
    """End this worker's template."""
    for known in _judges.values():
        known.template.close()
    _judges.clear()


multiprocessing.util.Finalize(None, close, exitpriority=10)  # a pool's workers run no atexit
_chapter = None


# Only names of files cross a pool's own pipes: a process that is killed while more than a pipe holds is on its way
# leaves the other end waiting for ever.  The files are in memory and end with the process that grades.


def _file(value):
    """A file in memory that holds a value, and the path by which a worker can open it."""
    file = os.fdopen(os.memfd_create("grading"), "wb")
    pickle.dump(value, file)
    file.flush()
    return file, f"/proc/{os.getpid()}/fd/{file.fileno()}"


def _begin(path):
    global _chapter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who grades stops the class, not each worker
    sandbox.die_with_parent()  # a killed run leaves no worker waiting for ever
    if not multiprocessing.parent_process().is_alive():
        os._exit(1)
    with open(path, "rb") as file:
        _chapter = pickle.load(file)


def _judge(path):
    """Judge the task in a file of `_file`; its Result takes its place there."""
    with open(path, "r+b") as file:
        result = judge(_chapter, *pickle.load(file))
        file.seek(0)
        file.truncate()
        pickle.dump(result, file)


class Processes:
    """Workers on this machine; one that is killed is replaced, and what it had in hand is judged again."""

    def __init__(self, chapter, jobs):
        self.chapter, self.jobs, self.pool = chapter, jobs, None

    def map(self, tasks):
        """(name, Result) of every (name, (data, problem, previous)), as they come; few tasks are taken ahead."""
        tasks, running, lost = iter(tasks), {}, []
        while True:
            while len(running) < 2 * self.jobs and (task := next(tasks, None)):
                running[self._submit(self.jobs, task[1])] = task
            if not running:
                return
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                task = running.pop(future)
                if _broke(future):
                    lost.append(task)
                else:
                    yield task[0], future.result()
            if lost:  # one of them may have ended its worker: each by itself
                lost, again = [], [*lost, *running.values()]
                running.clear()
                self.close()
                for name, task in again:
                    yield name, self._alone(task)
                self.close()

    def _submit(self, jobs, task):
        """A future of the Result."""
        if self.pool is None:
            self.held, path = _file(self.chapter)
            context = multiprocessing.get_context("spawn")
            self.pool = concurrent.futures.ProcessPoolExecutor(jobs, context, _begin, (path,))
        file, path = _file(task)
        result = concurrent.futures.Future()

        def settle(done):
            with file:
                if done.cancelled():
                    result.cancel()
                elif problem := done.exception():
                    result.set_exception(problem)
                else:
                    with open(path, "rb") as written:
                        result.set_result(pickle.load(written))

        try:
            self.pool.submit(_judge, path).add_done_callback(settle)
        except concurrent.futures.process.BrokenProcessPool as broken:
            file.close()
            result.set_exception(broken)
        return result

    def _alone(self, task):
        for _ in range(TRIES):
            future = self._submit(1, task)
            if not _broke(future):
                return future.result()
            self.close()
        return failed(self.chapter, AGAIN)

    def close(self):
        """End the workers; what they have in hand is finished first."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
            self.held.close()
            self.pool = None


def _broke(future):
    return isinstance(future.exception(), concurrent.futures.process.BrokenProcessPool)
