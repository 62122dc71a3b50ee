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
from concurrent.futures.process import BrokenProcessPool

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
    """Workers on this machine; one that is killed is replaced, and what it had in hand is judged again.

    Each is a pool of its own: where one of a pool's workers dies while another one starts, the pool waits for ever.
    """

    def __init__(self, chapter, jobs):
        self.chapter, self.pools, self.held = chapter, [None] * jobs, None

    def map(self, tasks):
        """(name, Result) of every (name, (data, problem, previous)), as they come; few tasks are taken ahead."""
        tasks, running = iter(tasks), {}  # future -> (which worker has it, its task)
        free = 2 * [*range(len(self.pools))]
        while True:
            while free and (task := next(tasks, None)):
                at = free.pop(0)
                running[self._submit(at, task[1])] = at, task
            if not running:
                return
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                if future not in running:  # judged again on the way
                    continue
                at, task = running[future]
                if not _broke(future):
                    del running[future]
                    free.append(at)
                    yield task[0], future.result()
                    continue
                lost = [f for f, (where, _) in running.items() if where == at and (not f.done() or _broke(f))]
                self._end(at)
                for name, task in [running.pop(f)[1] for f in lost]:  # one may have ended its worker: each by itself
                    free.append(at)
                    yield name, self._alone(at, task)

    def _submit(self, at, task):
        """A future of the Result, by the worker `at`."""
        self.held = self.held or _file(self.chapter)
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
            if self.pools[at] is None:
                context = multiprocessing.get_context("spawn")
                self.pools[at] = concurrent.futures.ProcessPoolExecutor(1, context, _begin, (self.held[1],))
            self.pools[at].submit(_judge, path).add_done_callback(settle)
        except (BrokenProcessPool, BrokenPipeError) as broken:  # the latter: multiprocessing's own helper was ended
            file.close()
            result.set_exception(BrokenProcessPool(str(broken)))
        return result

    def _alone(self, at, task):
        for _ in range(TRIES):
            future = self._submit(at, task)
            if not _broke(future):
                return future.result()
            self._end(at)
        return failed(self.chapter, AGAIN)

    def _end(self, at):
        if self.pools[at] is not None:
            self.pools[at].shutdown(wait=True, cancel_futures=True)
            self.pools[at] = None

    def close(self):
        """End the workers; what they have in hand is finished first."""
        with concurrent.futures.ThreadPoolExecutor() as together:
            list(together.map(self._end, range(len(self.pools))))
        if self.held is not None:
            self.held[0].close()
            self.held = None


def _broke(future):
    return isinstance(future.exception(), BrokenProcessPool)
