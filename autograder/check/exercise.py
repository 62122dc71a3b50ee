"""One exercise's check: `with exercise("neurons.sigmoid") as check: ...` judges what the learner named `sigmoid`.

The body calls verbs.  A wrong value is noted and the body goes on, so that the known mistakes can be told apart; None,
an exception or a wrong type ends it.  Leaving the block shows one panel, then raises where something was wrong.
"""

import builtins
import contextlib
import decimal
import fractions
import hashlib
import os
import sys
import warnings
from dataclasses import replace

import numpy as np

from . import argument, calling, compare, diagnosis, fingerprints, oracles, panel, progress
from .findings import NOT_ATTEMPTED, NOTED, RIGHT, UNDECIDED, WRONG, CheckFailed, Finding, NotAttempted

MOST_SLOPES = 400  # entries whose slopes are all measured
DRAWS = 50  # of data near a kink, before the check gives up
MISSING = object()

_green = set()  # names of the exercises whose last check in this process was right


def green(name):
    """Whether the last check of exercise `name` ("neurons.sigmoid") in this session was right."""
    return name in _green


def draws(slug, identifier, secret=None):
    """The random generator of one exercise: rng(secret, assignment, exercise), a fixed seed without a secret."""
    secret = os.environ.get("AUTOGRADER_SECRET", "") if secret is None else secret
    digest = hashlib.sha256(f"{secret}|{slug}|{identifier}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def exercise(name):
    """The check of the exercise `name`, "<slug>.<identifier>"; the answer is what its caller calls <identifier>."""
    slug, identifier = name.split(".")
    return Exercise(slug, identifier, sys._getframe(1).f_globals)


def _names(returns):
    return [name.strip() for name in returns.split(",") if name.strip()]


def _assign(namespace, names):
    for name, value in names.items():
        if value is MISSING:
            namespace.pop(name, None)
        else:
            namespace[name] = value


def _without_values(facts):
    """The facts that tell no value: shapes and words stay."""
    kept = [fact for fact in facts if "shape" in fact or " in line " in fact or not any(c.isdigit() for c in fact)]
    if len(kept) < len(facts):
        kept.append("This is on data drawn for grading; the check in your own notebook shows numbers.")
    return kept


class Exercise:
    """The verbs of a check.  `answer` is the learner's function or value; `rng` draws the data of this exercise."""

    def __init__(self, slug, identifier, namespace):
        self.slug, self.identifier, self.answer = slug, identifier, namespace.get(identifier)
        self._namespace, self._before = namespace, {}
        self.remarks, self.failures, self.calls = [], [], []
        self.failed_at = None  # how many calls had come back when the first failure was noted
        self.named = ()  # the known mistakes recognised
        self._rng, self._short = None, False
        self._own, self._away = {}, False  # the body's names, and whether the learner's stand in their place
        self._right = Finding(RIGHT)
        self._quiet = contextlib.ExitStack()

    @property
    def rng(self):
        """The random generator of this exercise (see `draws`)."""
        if self._rng is None:
            self._rng = draws(self.slug, self.identifier)
        return self._rng

    def __enter__(self):
        _green.discard(f"{self.slug}.{self.identifier}")
        self._quiet.enter_context(warnings.catch_warnings())  # nbgrader takes anything on stderr for failure
        self._quiet.enter_context(np.errstate(all="ignore"))
        warnings.simplefilter("ignore")
        self._before = dict(self._namespace)
        for name in [n for n in self._namespace if n in vars(builtins) and not n.startswith("_")]:
            del self._namespace[name]  # the check's `sum` is Python's, whatever the learner calls sum
        return self

    def __exit__(self, kind, problem, traceback):
        self._quiet.close()
        self._learners_names()
        if isinstance(problem, CheckFailed):
            self.note(problem.finding)
        elif problem is not None and not isinstance(problem, Exception):
            return False  # an interrupt is not a verdict
        elif isinstance(problem, oracles.Undecided | ImportError):  # its own: a learner's is caught where it is called
            self.note(Finding(UNDECIDED, self.identifier, (str(problem),)))
        elif problem is not None:  # its words may hold what the check knows
            sentence = (
                f"The check could not work with what came back ({kind.__name__}): look at its type and its shape."
            )
            self.note(Finding(WRONG, self.identifier, (sentence,)))
        if not self.failures:
            if self._right.outcome == RIGHT:
                _green.add(f"{self.slug}.{self.identifier}")
            progress.keep(self.slug, self.identifier, self._right.outcome)
            panel.show(self.identifier, self._right, self.remarks)
            return True
        found = self.failures[0]
        if found.outcome == WRONG:
            named = self._recognised()
            self.named = tuple(mistake["name"] for mistake in named)
            causes = tuple(mistake["sentence"] for mistake in named) or found.causes
            found = Finding(WRONG, found.quantity, found.facts, causes, found.lines)
        progress.keep(self.slug, self.identifier, found.outcome)
        panel.show(self.identifier, found, self.remarks)
        failed = NotAttempted if found.outcome == NOT_ATTEMPTED else CheckFailed
        raise failed(found) from (None if isinstance(problem, CheckFailed) else problem)  # for the check's author

    def _learners_names(self):
        """Put back what the body assigned or hid, so that the check's X and y are not the learner's; return the body's.

        The check itself stays: it is how tests get at it.
        """
        held, before = self._namespace, self._before
        every = held.keys() | before.keys()
        names = [n for n in every if held.get(n) is not self and held.get(n, self) is not before.get(n, self)]
        own = {name: held.get(name, MISSING) for name in names}
        _assign(held, {name: before.get(name, MISSING) for name in names})
        return own

    def _callback(self, function):
        """A callable for the learner, counted; while it runs, the names are the check's."""

        def called(*args):
            if not self._away:
                return function(*args)
            self._before = dict(self._namespace)
            _assign(self._namespace, self._own)
            try:
                return function(*args)
            finally:
                self._own = self._learners_names()

        called.__name__ = getattr(function, "__name__", "function")
        return calling.Callback(called)

    @property
    def _hides(self):
        """Whether the data are drawn by a secret: then no number of them is told."""
        return self._rng is not None and bool(os.environ.get("AUTOGRADER_SECRET"))

    def _recognised(self):
        """The known mistakes that gave what came back; with a secret, drawn data differ from the fingerprints'."""
        if fingerprints.replayed:
            return fingerprints.recognise(fingerprints.replayed(self.identifier), [p for _, p in self.calls])
        secret = bool(os.environ.get("AUTOGRADER_SECRET"))
        calls = [None if drawn and secret else projection for drawn, projection in self.calls]
        return fingerprints.recognise(fingerprints.load().get(self.identifier, []), calls)

    def record(self, value):
        """Keep the projection of a value that came from the learner."""
        place = f"{self.slug}.{self.identifier}:{len(self.calls)}"
        self.calls.append((self._rng is not None, fingerprints.project(value, place)))

    def note(self, finding, argued=False):
        """Take a verb's finding: None is right, anything else is the exercise's failure (the first one is shown).

        argued  whether its numbers are of the learner's own lines, which may be told
        """
        if finding is not None:
            if self._hides and not argued:
                finding = replace(finding, facts=tuple(_without_values(finding.facts)))
            self.failed_at = len(self.calls) if self.failed_at is None else self.failed_at
            self.failures.append(finding)

    # --- the learner's function -------------------------------------------------------------------------------------

    def call(self, *args, what=None, returns="", plain=False):
        """What the learner's function returns for `args`; callables among them are counted and stopped at 500 calls.

        returns  names of the parts where it returns several ("W, b"): the result is then a list of as many arrays
        plain    whether what comes back is taken as it is, and no array made of it: names, or a dict
        Ends the check with a sentence where the function is missing, raises, changes an argument, or returns None.
        """
        if self.answer is None:
            sentence = f"There is no `{self.identifier}` yet. Run its cell; where that shows an error, mend it first."
            raise NotAttempted(Finding(NOT_ATTEMPTED, "", (sentence,)))
        if not callable(self.answer) and not isinstance(self.answer, calling.Remote):
            sentence = f"`{self.identifier}` is a {type(self.answer).__name__}, and a function is wanted here."
            raise CheckFailed(Finding(WRONG, self.identifier, (sentence,)))
        what = what or self._label(args)
        args = [self._callback(a) if callable(a) and not isinstance(a, calling.Callback) else a for a in args]
        self._own, self._away = self._learners_names(), True
        try:
            outcome = calling.call(self.answer, *args)
        finally:
            self._away = False
            self._before = dict(self._namespace)  # what the learner's code assigned meanwhile is the learner's
            _assign(self._namespace, self._own)
        for callback in (a for a in args if isinstance(a, calling.Callback) and a.calls > a.most):
            raise CheckFailed(Finding(WRONG, what, (callback.refusal,)))
        self.record(outcome.error[0] if outcome.error else outcome.value)
        if outcome.error:
            raise CheckFailed(self._raised(outcome.error, what))
        if outcome.changed:
            names = " and ".join(f"`{n}`" for n in outcome.changed)
            facts = (f"Your function changed its argument {names} while it worked.",)
            cause = "`+=`, `-=` and assignments to entries change the caller's array: make a new one instead."
            raise CheckFailed(Finding(WRONG, what, facts, (cause,)))
        if outcome.value is None:
            raise NotAttempted(Finding(NOT_ATTEMPTED, what, ("This gave None: is a `return` missing?",)))
        if outcome.printed and not self._hides and not any("prints while" in remark for remark in self.remarks):
            first = outcome.printed.strip().splitlines()[0][:60] if outcome.printed.strip() else ""
            self._remark(f"your function prints while it is checked (`{first}`); the check does not read that.")
        for warning in outcome.warned if not self._hides else ():
            self._remark(f"a warning came up: {warning}.")
        names = _names(returns)
        if plain:
            return outcome.value
        if len(names) < 2:
            return self._array(outcome.value, what)
        if not isinstance(outcome.value, tuple | list) or len(outcome.value) != len(names):
            several = isinstance(outcome.value, tuple | list)
            gave = f"{len(outcome.value)} things" if several else "one thing"
            sentence = f"{len(names)} things are wanted, in this order: {', '.join(names)}. Yours gave {gave}."
            raise CheckFailed(Finding(WRONG, what, (sentence,)))
        return [self._array(value, name) for value, name in zip(outcome.value, names, strict=True)]

    def _array(self, value, what):
        """A returned value as an array; what is computed from float32 later is only as good as float32."""
        array = compare.as_array(value, what, self.remarks)
        self._short |= array.dtype.kind == "f" and array.itemsize < 8
        return array

    def value(self, *args, gives, what=None, returns="", rtol=compare.RTOL, atol=compare.ATOL):
        """The learner's function returns `gives` for `args` (its shape counts).

        rtol of an entry may be off, and atol of the largest (or of 1)
        returns  names of the parts where it returns several; `gives` is then a tuple of as many
        """
        what = what or self._label(args)
        got = self.call(*args, what=what, returns=returns)
        if not returns:
            return self.equal(got, gives, what, rtol, atol)
        for name, part, true in zip(_names(returns), got, gives, strict=True):
            self.equal(part, true, name, rtol, atol)

    def equal(self, got, expected, what, rtol=compare.RTOL, atol=compare.ATOL, sizes=None):
        """`got`, computed from the learner's values, equals `expected`; `what` says in words which quantity it is."""
        causes = lambda got, true: diagnosis.diagnose(got, true, sizes=sizes)  # noqa: E731
        self.note(compare.difference(got, expected, what, self.remarks, rtol, causes, atol, self._short))

    def gradient(self, loss=None, wrt=None, call=None, sizes=None, suspects=None, draw=None):
        """The learner's function returns the gradients of `loss`, as finite differences measure them.

        loss      a function of the parameters in `wrt`: a number, or its terms, one an example, whose sum is the loss;
                  the check holds it, the learner's code never sees it
        wrt       name -> value of each parameter; the learner returns one gradient for each, in this order
        call      the arguments of the learner's function
        sizes     name -> number: what a constant factor may stand for, such as dict(n=4, d=3)
        suspects  phrase that ends "Yours is ..." -> the loss whose gradient that would be
        draw      instead: a function of a random generator that returns a dict of the above; called again near a kink
        """
        case, true = self._smooth(draw, loss=loss, wrt=wrt, call=call, sizes=sizes, suspects=suspects)
        names = [f"d{name}" for name in case["wrt"]]
        got = self.call(*case["call"], returns=", ".join(names))
        true = dict(zip(names, true.values(), strict=True))
        for name, at, part in zip(names, case["wrt"].values(), got if len(names) > 1 else [got], strict=True):

            def causes(got, true_one, name=name, at=at):
                wrong = {phrase: oracles.gradients(f, case["wrt"]) for phrase, f in (case["suspects"] or {}).items()}
                return diagnosis.diagnose(
                    got,
                    true_one,
                    at=at,
                    sizes=case["sizes"],
                    others={other: estimate for other, estimate in true.items() if other != name},
                    suspects={phrase: found[name[1:]] for phrase, found in wrong.items()},
                    slope=True,
                )

            different = compare.difference(part, true[name], name, self.remarks, causes=causes)
            self.note(different)
            if not different:
                self._say_if_measured(part, oracles.along(case["loss"], case["wrt"], name[1:]))

    def jacobian(self, f, at, call, what="J", sizes=None):
        """The learner's function returns the Jacobian of f at `at`: shape of f(at), then shape of `at`.

        f     a function of one array, held by the check; at its argument
        call  the arguments of the learner's function
        """
        got, true = self.call(*call, what=what), oracles.jacobian(f, at)
        causes = lambda got, true: diagnosis.diagnose(got, true, sizes=sizes, slope=True)  # noqa: E731
        different = compare.difference(got, true, what, self.remarks, causes=causes)
        self.note(different)
        if not different and got.dtype == float:
            upstream = np.random.default_rng(0).normal(size=np.shape(f(at)))  # not `rng`: its draws are the body's
            exact = oracles.along(lambda x: np.sum(upstream * f(x)), {"x": at}, "x")
            self._say_if_measured(np.tensordot(upstream, got, upstream.ndim), exact)

    def vjp(self, f, at, upstream, call, what="dX", sizes=None, suspects=None):
        """The learner's function returns the vector-Jacobian product: the gradient of <upstream, f(x)> at x = `at`.

        upstream  of the shape of f(at); a drawn one, for ones hide what ignores it
        Where `at` has more than 400 entries only <dX, u> for three drawn directions u is compared, so that neither side
        builds the Jacobian: <upstream, J u> must equal <J^T upstream, u>.
        """
        if np.size(at) <= MOST_SLOPES:
            ones = {"the gradient for an upstream of ones": lambda x: np.sum(f(x))}
            loss = lambda x: np.sum(upstream * f(x))  # noqa: E731
            return self.gradient(loss, {what.removeprefix("d"): at}, call, sizes, ones | (suspects or {}))
        got = self.call(*call, what=what)
        if got.shape != np.shape(at):
            return self.note(compare.difference(got, np.broadcast_to(0.0, np.shape(at)), what, self.remarks))
        for u in self.rng.normal(size=(3, *np.shape(at))):
            true = oracles.directional(f, at, upstream, u)
            name = f"<{what}, u> for a drawn u"
            self.note(compare.difference(np.sum(got * u), true, name, self.remarks, short=self._short))

    def counted(self, function, most=calling.MOST_CALLS, stop=""):
        """`function` to hand to the learner, its calls counted in `.calls`; `stop` is said when they exceed `most`."""
        callback = self._callback(function)
        callback.most, callback.stop = most, stop
        return callback

    def count(self, function, exactly=None, at_most=None):
        """The learner's code called `function` (from `counted`) as often as it should."""
        wanted = f"exactly {exactly}" if at_most is None else f"at most {at_most}"
        right = function.calls == exactly if at_most is None else function.calls <= at_most
        name = function.__name__
        self.holds(right, f"calls of {name}", f"Yours called it {function.calls:,} times; {wanted} were expected.")

    def _say_if_measured(self, got, exact):
        """A remark where a right gradient has the digits of differences.  exact: (directions, slopes) or None."""
        if exact is None or got.dtype != float or not got.size:
            return
        directions, slopes = exact
        off = np.abs(np.tensordot(directions, got, got.ndim) - slopes)
        if (off > 1e-13 + 1e-11 * (np.abs(directions) * np.abs(got)).reshape(len(slopes), -1).sum(axis=1)).all():
            self._remark("its digits look measured by differences: a derivative worked out has about 15 right digits.")

    def _smooth(self, draw, **case):
        """The case and its true gradients; a drawn one is drawn again while the oracles cannot decide (a kink)."""
        for _ in range(DRAWS if draw else 1):
            case |= draw(self.rng) if draw else {}
            try:
                return case, oracles.gradients(case["loss"], case["wrt"])
            except oracles.Undecided as undecided:
                reason = undecided
        raise reason

    def holds(self, truth, what, *facts):
        """A property of the learner's values holds; else `facts` say what was seen instead."""
        if not truth:
            self.note(Finding(WRONG, what, facts))

    # --- answers ----------------------------------------------------------------------------------------------------

    def given(self):
        """The learner's answer variable, recorded; ends the check as not attempted where it is None."""
        if self.answer is None:
            sentence = f"`{self.identifier}` is still None: put your answer there and run its cell."
            raise NotAttempted(Finding(NOT_ATTEMPTED, "", (sentence,)))
        try:
            exact = isinstance(self.answer, fractions.Fraction | decimal.Decimal)
            answer = float(self.answer) if exact else calling.plain(self.answer)
        except (TypeError, RecursionError) as problem:
            sentence = f"This cannot be read as an answer: {calling.words(problem)}."
            raise CheckFailed(Finding(WRONG, self.identifier, (sentence,))) from None
        self.record(answer)
        return answer

    def number(self, true=None, tolerance=1e-6, unit=""):
        """The answer is a number within `tolerance` of `true` (absolute; the exercise's text states it); returns it.

        Without `true` the check goes on to judge the number by what it does.
        """
        answer = self.given()
        if isinstance(answer, list | tuple | dict) or np.ndim(answer) or np.asarray(answer).dtype.kind not in "iuf":
            wanted = f"one number is wanted here{f' ({unit})' if unit else ''}"
            sentence = f"This is {calling.words(repr(answer), 60)}, and {wanted}."
            raise CheckFailed(Finding(WRONG, self.identifier, (sentence,)))
        answer = float(answer)
        if not np.isfinite(answer):
            raise CheckFailed(Finding(WRONG, self.identifier, (f"{answer} is not a number to work with.",)))
        if true is not None and abs(answer - true) > tolerance:
            self.note(Finding(WRONG, self.identifier, (f"Yours is {compare.number(answer)}; that is not it.",)))
        return answer

    def choice(self, options):
        """The answer is one of `options`, a text of letters; it is noted, and the next cell shows what happens."""
        answer = self.given()
        letter = answer.strip().lower() if isinstance(answer, str) else answer
        if not isinstance(letter, str) or len(letter) != 1 or letter not in options:
            shown, wanted = calling.words(repr(answer), 40), ", ".join(f'"{o}"' for o in options)
            raise CheckFailed(Finding(WRONG, self.identifier, (f"This is {shown}; choose one of {wanted}.",)))
        self._right = Finding(NOTED, facts=("Read on: what follows decides.",))
        return letter

    def slip(self, lines, truth, may_use):
        """The answer is (number of the first line that goes wrong, that line mended), or (0, one more that follows).

        lines    the hand-in, each "lhs == rhs"
        truth    a function of a random generator: name -> true value of every name in the lines
        may_use  the names, functions included, that the learner's line may use, as one text
        """
        self._argue(argument.slip(self.given(), lines, may_use, truth, self.rng))

    def derivation(self, given, truth):
        """The answer is a list of lines, each equal to the one before; `given`: (line with a hole or blank, names)."""
        self._argue(argument.derivation(self.given(), given, truth, self.rng))

    def order(self, statements, start, wants):
        """The answer is the statements' letters in an order that runs from the values `start` to the values `wants`."""
        self._argue(argument.order(self.given(), statements, start, wants))

    def _argue(self, finding):
        if finding.outcome == RIGHT:
            self._right = finding
        elif finding.outcome == NOT_ATTEMPTED:
            raise NotAttempted(finding)
        else:
            self.note(finding, argued=True)

    # --- words ------------------------------------------------------------------------------------------------------

    def _remark(self, sentence):
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def _label(self, args):
        """The call as a learner reads it: small numbers as they are, everything else by its parameter's name."""
        names = calling.parameters(self.answer)
        words = []
        for i, arg in enumerate(args):
            name = names[i] if i < len(names) else f"argument {i + 1}"
            words.append(repr(arg) if isinstance(arg, int | float) and len(repr(arg)) <= 8 else name)
        return f"{self.identifier}({', '.join(words)})"

    def _raised(self, error, what):
        kind, message, line, source, shapes = error
        if kind == "ReturnedType":
            return Finding(WRONG, what, (f"This gave something the check cannot read: {message}.",))
        message = "" if self._hides else message
        facts = [f"Your function stopped with {kind}: {message}".rstrip(": .") + "."]
        if line:
            shown = (f": `{source}`" if source else "") + (f", with {shapes}" if shapes else "")
            facts.append(f"That was in line {line} of its cell{shown}.")
        return Finding(WRONG, what, tuple(facts))
