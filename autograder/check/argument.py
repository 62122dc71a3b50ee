"""Judging an argument line by line: a derivation, a slip in someone's hand-in, the order of a program's statements.

Each verb takes the learner's answer and the author's lines and data, and returns a Finding.  `truth(rng)` draws one set
of values: name -> number, array, or the text of a line that defines the name: with s: "sigmoid(z)", D sees through s.
"""

import ast
import copy
import string

import numpy as np

from . import compare
from .findings import NOT_ATTEMPTED, RIGHT, WRONG, Finding, Line
from .lines import FUNCTIONS, HOLE, MAX_TEXT, Refused, evaluate, names, normal, parse

DRAWS = 8  # at fewer, two indices that were drawn are alike too often: 1 in 27 with three values and 3 draws
RTOL, RTOL_D = 1e-9, 1e-6  # between two values; between two values of which D measured one
SIDES = "the left side", "the right side"


# --- does a line hold ----------------------------------------------------------------------------------------------


def _draws(truth, rng, author):
    """Draws at which D measures every line of the author (no kink is near); all of them where there is no such draw."""
    draws = [truth(rng) for _ in range(DRAWS)]
    return [values for values in draws if all(_measured(tree, values) for tree in author)] or draws


def _measured(tree, values):
    try:
        return "D" not in _reached(tree, values) or evaluate(tree, values) is not None
    except Refused:
        return False


def _measure(claim, values):
    """Both sides of an equation.  Raises Refused where a side has no value."""
    left, right = evaluate(claim, values)
    if isinstance(claim.comparators[0], ast.Constant) and left.ndim:
        right = np.full(left.shape, right)  # == 0 is said of every entry
    return left, right


def _gap(claim, draws, called=SIDES):
    """Where the two sides of an equation part, as the end of a sentence; "" where they agree at every draw."""
    for values in draws:
        left, right = _measure(claim, values)
        if left.shape != right.shape:
            return f"{called[0]} has shape {left.shape}, {called[1]} has shape {right.shape}"
        for side, name in zip((left, right), called, strict=True):
            if not np.isfinite(side).all():
                return f"{_at(claim, values)}, {name} is no finite number"
        rtol = RTOL_D if "D" in _reached(claim, values) else RTOL
        size = np.maximum(abs(left), abs(right))
        off = abs(left - right) - rtol * size - 1e-3 * rtol * max(1.0, size.max())
        if (off > 0).any():
            entry, worst = _largest(off)
            a, b = _apart(left[worst], right[worst])
            return f"{_at(claim, values)}{entry}, {called[0]} is {a}, {called[1]} is {b}"
    return ""


def _both(claim, draws):
    """ "at t = 0.7 both sides are 0.668": the evidence that an equation holds."""
    left, _ = _measure(claim, draws[0])
    entry, largest = _largest(abs(left))
    return f"{_at(claim, draws[0])}{entry} both sides are {left[largest]:.3g}"


def _reached(tree, values):
    """The names in a line, and those in the definitions behind them."""
    direct = names(tree)
    return direct.union(*(_reached(parse(values[n]), values) for n in direct if isinstance(values.get(n), str)))


def _at(claim, values):
    single = {n for n, v in values.items() if not isinstance(v, str) and np.ndim(v) == 0}
    shown = sorted(single & names(claim)) or sorted(single & _reached(claim, values))
    return "at " + (", ".join(f"{n} = {values[n]:.3g}" for n in shown[:3]) or "drawn values")


def _largest(array):
    index = tuple(int(i) for i in np.unravel_index(np.argmax(array), np.shape(array)))
    return f" in entry {list(index)}" if index else "", index


def _apart(a, b):
    """Two numbers at the fewest digits that tell them apart."""
    pairs = [(f"{a:.{digits}g}", f"{b:.{digits}g}") for digits in (3, 6, 12)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def _new_line(text, listed, equation, others, frame="", left=None):
    """The tree of a learner's line that is well formed, uses only the names listed, and is none of `others`.

    others  (what it is called, tree) of each line that it may not be
    frame   the line as it was given: the names listed are those of what is filled in
    left    the tree of the left side it has to keep: the names listed are then those of its right side
    """
    usable = listed.split()
    tree = parse(text, usable)
    if HOLE in names(tree):
        raise Refused(f"The hole {HOLE} is still there: put your part of the formula in its place.")
    if isinstance(tree, ast.Compare) != equation:
        raise Refused("It needs one ==: left == right." if equation else "An expression is wanted here, without ==.")
    if left and normal(tree.left) != normal(left):
        raise Refused("Keep the left side of the line: what has to be mended stands right of ==.")
    written = tree.comparators[0] if left else _filling(text, tree, frame)
    strange = names(written) - set(usable)
    if strange:
        only = f"only {', '.join(sorted(usable))}" if usable else "no names"
        raise Refused(f"It uses {', '.join(sorted(strange))[:60]}; what you write may use {only}.")
    if equation and not names(tree) - set(FUNCTIONS):
        raise Refused("It has numbers only: a line is about at least one of the names.")
    form = normal(tree)
    for name, other in others:
        longer = _leaves(tree) - _leaves(other)  # cancelling may be what mends a line, and a frame may ask to pad one
        step = longer < 0 if left else longer > 0 and not equation and frame.strip(" _")
        if form == normal(other) and not step:
            raise Refused(f"It is {name} again: written another way, or with terms or factors that cancel.")
    if equation:
        sides = normal(tree.left), normal(tree.comparators[0])
        gone = (() in form and all(sides)) or (left and not any(f"'{n}'" in repr(form) for n in names(left)))
        if gone or form[1] == form[2] or (left and sides[0] in map(normal, ast.walk(written))):
            raise Refused("Its left side stands on the right as well, so it says nothing.")
    return tree


def _leaves(tree):
    """How long a line is: its names and numbers but 1."""
    return sum(isinstance(n, ast.Name) or (isinstance(n, ast.Constant) and n.value != 1) for n in ast.walk(tree))


def _filling(text, tree, frame):
    """The tree of what stands in the hole of a frame; the whole line of a blank one; of a frame without hole a 0."""
    text, frame = "".join(text.split()), "".join(frame.split()) or HOLE
    if frame == HOLE:
        return tree
    before, hole, after = frame.partition(HOLE)
    if text.startswith(before) and text.endswith(after) and len(text) >= len(frame) - len(hole) + bool(hole):
        filling = f"({text[len(before) : len(text) - len(after)]})" if hole else "0"
        if normal(parse(before + filling * bool(hole) + after)) == normal(tree):
            return parse(filling)
    raise Refused(f"It was given as `{frame}`: fill the hole, in brackets if need be, and leave the rest.")


def _hold(claim, draws, beginning, called=SIDES, known=()):
    """Refuse an equation that does not hold, or that says nothing where the equations in `known` all say something."""
    gap = _gap(claim, draws, called)
    if gap:
        raise Refused(f"{beginning}: {gap}.")
    others = [other for other in known if "D" not in names(other)] or known
    if others and _says_nothing(claim, draws) and not any(_says_nothing(other, draws) for other in others):
        raise Refused("It holds whatever its names stand for, so it says nothing about them.")


def _says_nothing(claim, draws):
    """Whether an equation holds when every name stands for something of its own, as `t - t == 0` does.

    That is a number; beside D, for a name that is defined, a function unrelated to its own; an index stays what it is.
    """
    rng, used = np.random.default_rng(0), names(claim) - {*FUNCTIONS, "D"}
    index = {n for node in ast.walk(claim) if isinstance(node, ast.Subscript) for n in names(node.slice)}
    try:
        free = []
        for values in draws:
            own = {n: rng.uniform(0.2, 0.8, evaluate(n, values).shape) for n in used - index}
            if "D" in names(claim):
                for n in [n for n in own if isinstance(values.get(n), str)]:
                    a, b, c = rng.uniform(0.2, 0.8, 3).round(3)
                    own |= {f"_{n}": values[n], n: f"{a} + {b} * _{n} + {c} * _{n}**3"}
            free.append(values | own)
        return not _gap(claim, free)
    except Refused:
        return False


def _blank(part):
    return part is None or (isinstance(part, str) and not part.strip(" _"))


def _line(text, verdict, note=""):
    return Line(" ".join(str(text).split())[:MAX_TEXT], verdict, note)


def _wrong(quantity, sentence, lines=()):
    return Finding(WRONG, quantity, (sentence,), (), tuple(lines))


def _not_attempted(sentence):
    return Finding(NOT_ATTEMPTED, "", (sentence,))


# --- the three verbs -----------------------------------------------------------------------------------------------


def derivation(answer, given, truth, rng):
    """Every line equals the one before (with ==: holds at the true values), is new, and uses only the names listed.

    answer  list of lines, as many as given
    given   for each line (frame, names).  frame: the line whole, with one hole ___, or "" for blank; expressions begin
            with a whole line.  names: those that may be filled in, one text, functions included ("D exp z"); the last
            line's say of what kind it is: where `P == ___` may not take P, it is solved for P.
    """
    frames = [frame for frame, _ in given]
    several = isinstance(answer, list | tuple)
    fresh = [
        _blank(t) or (isinstance(t, str) and t in frames[i : i + 1]) for i, t in enumerate(answer if several else [])
    ]
    if answer is None or (several and all(fresh)):
        return _not_attempted("The lines are as they were given: fill the holes, then the blank lines.")
    if not several or len(answer) != len(given):
        return _wrong("", f"A list of {len(given)} lines is wanted, each a text between quotes.")
    equation, trees = any("==" in frame for frame in frames), []
    draws = _draws(truth, rng, [parse(frame) for frame in frames if frame.strip() and HOLE not in frame])
    for number, (text, (frame, listed)) in enumerate(zip(answer, given, strict=True), 1):
        try:
            tree = _new_line(text, listed, equation, [(f"line {i}", t) for i, t in enumerate(trees, 1)], frame)
            if equation:  # a rule for D, of whatever functions, is a step
                _hold(tree, draws, "It does not hold", known=() if "D" in names(tree) else trees)
            else:
                called = f"line {number - 1}", f"line {number}"
                step = ast.Compare(trees[-1] if trees else tree, [ast.Eq()], [tree])
                _hold(step, draws, "It is not equal to the line before", called)
        except Refused as refusal:
            verdicts = ["holds"] * (number - 1) + ["fails"] + [""] * (len(given) - number)
            return _wrong(f"line {number}", str(refusal), map(_line, answer, verdicts))
        trees.append(tree)
    return Finding(RIGHT, lines=tuple(_line(text, "holds") for text in answer))


def slip(answer, lines, listed, truth, rng, also=None):
    """Where does this first go wrong, and what should stand there?  The mended line earns the points, the number none.

    answer  (number of the first line that does not hold, that line mended), or (0, one more line that holds)
    lines   the hand-in, each `lhs == rhs`
    listed  names that the learner may use, right of == (left too in one more line), functions included: "t exp"
    also    where the hand-in is about fixed numbers: a truth with others, under which its general lines hold, and the
            learner's has to hold as well; with x1 = x2 = 1, x1 == x2 does not follow
    """
    claims = [parse(line) for line in lines]
    draws = _draws(truth, rng, claims)
    first, gaps = _first_failing(claims, draws)
    pair = isinstance(answer, list | tuple)
    if answer is None or (pair and all(map(_blank, answer))):
        return _not_attempted("Answer with a pair: the number of a line, and a line between quotes.")
    if not pair or len(answer) != 2:
        return _wrong("", "A pair is wanted: the number of the first line that does not follow (0: none), and a line.")
    number, text = answer
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number <= len(lines):
        return _wrong("", f"The pair begins with the number of a line, 1 to {len(lines)}, or 0: every line follows.")
    verdicts = ["fails" if gap else "holds" for gap in gaps]
    if number != first:
        if not number:
            sentence = f"0 says that every line follows, and one does not: {gaps[first - 1]}."
        elif gaps[number - 1]:
            sentence = f"Line {number} does not hold, but an earlier line does not hold either: find the first."
        else:
            sentence = f"Line {number} follows: {_both(claims[number - 1], draws)}."
        shown = [v if i == number else "" for i, v in enumerate(verdicts, 1)]
        return _wrong(f"line {number}" if number else "", sentence, map(_line, lines, shown))
    shown = [v if not first or i <= first else "" for i, v in enumerate(verdicts, 1)]
    yours = f"line {first}, mended" if first else "your line"
    try:
        called = ["the line as it was" if i == first else f"line {i}" for i in range(1, len(lines) + 1)]
        others = list(zip(called, claims, strict=True))
        left = claims[first - 1].left if first else None
        tree = _new_line("" if _blank(text) else text, listed, True, others, left=left)
        _hold(tree, draws, "It does not hold", known=claims)
        if also:
            _hold(tree, _draws(also, rng, claims), "It holds for these numbers, and with others it does not")
    except Refused as refusal:
        return _wrong(yours, str(refusal), [*map(_line, lines, shown), _line(text, "fails", yours)])
    return Finding(RIGHT, lines=(*map(_line, lines, shown), _line(text, "holds", yours)))


def _first_failing(claims, draws):
    """The number of the first equation that does not hold (0: all do), and for each its gap."""
    gaps = []
    for claim in claims:
        try:
            gaps.append(_gap(claim, draws))
        except Refused as refusal:  # shapes that do not go together
            gaps.append(str(refusal).rstrip("."))
    return next((number for number, gap in enumerate(gaps, 1) if gap), 0), gaps


def faults(lines, first, truth, rng):
    """For an author's test: why the lines of a slip are not what they should be, as a list of sentences.

    first  the number of the line that the author takes for the first wrong one, 0 for none; it fails at every draw
    """
    claims = [parse(line) for line in lines]
    for number, claim in enumerate(claims, 1):
        form = normal(claim)
        again = any(normal(other) == form and _leaves(claim) >= _leaves(other) for other in claims[: number - 1])
        if again or not isinstance(claim, ast.Compare) or form[1] == form[2]:
            return [f"line {number} is no equation, or says nothing, or is an earlier line again"]
    failing = {_first_failing(claims, [truth(rng)])[0] for _ in range(DRAWS)}
    return [f"the first line that does not hold is {n}, and not {first}" for n in sorted(failing - {first})]


def order(answer, statements, start, wants):
    """The statements, run in the learner's order in a fresh namespace, leave the right values; every such order passes.

    answer      their labels in order: "cabd", or a list of them
    statements  a program's statements (the author's text, run as it is), shuffled; their labels are a, b, c ...
    start       name -> value before the first statement; np stands there too
    wants       name -> value at the end
    """
    labels = string.ascii_lowercase[: len(statements)]
    if isinstance(answer, list | tuple) and all(isinstance(label, str) for label in answer):
        answer = "".join(answer)
    if _blank(answer):
        return _not_attempted(f"Answer with the letters {labels[0]} to {labels[-1]} in an order that runs.")
    if not isinstance(answer, str):
        return _wrong("", f"The answer is a text of letters, {labels[0]} to {labels[-1]}.")
    chosen = [c for c in answer.lower() if c not in " ,;>-"]
    odd = [
        f"{c} ({'unknown' if c not in labels else 'more than once' if c in chosen else 'left out'})"
        for c in sorted({*chosen, *labels})
        if c not in labels or chosen.count(c) != 1
    ]
    if odd:
        return _wrong("", f"Each letter from {labels[0]} to {labels[-1]} stands once; look at {', '.join(odd)[:60]}.")
    program = [statements[labels.index(c)] for c in chosen]
    number, facts = _run(program, start, wants)
    if not number:
        return Finding(RIGHT, lines=tuple(Line(statement, "holds") for statement in program))
    lines = [Line(statement, "fails" if i == number else "") for i, statement in enumerate(program, 1)]
    return Finding(WRONG, f"line {number} ({chosen[number - 1]})", facts, (), tuple(lines))


def _run(program, start, wants):
    """The number of the first line that stops or leaves a wrong value (0: none), and sentences about it."""
    space, changed_by = {"np": np, **copy.deepcopy(start)}, dict.fromkeys(wants, 1)
    for number, statement in enumerate(program, 1):
        before = copy.deepcopy({name: space[name] for name in wants if name in space})
        try:
            exec(compile(statement, "<statement>", "exec"), space)  # the author's text; the learner gave its place
        except NameError as missing:
            return number, (f"It uses `{missing.name}`, and no line above has made that.",)
        except Exception as problem:
            return number, (f"It stops with {type(problem).__name__}: {str(problem)[:120]}.",)
        for name in wants:
            if name in space and not (name in before and np.array_equal(before[name], space[name])):
                changed_by[name] = number
    for name in sorted(wants, key=changed_by.get):
        if compare.difference(space[name], wants[name], name, []):
            hint = "Look at what it reads: another line has not set that yet, or has already changed it."
            return changed_by[name], (f"It leaves a wrong `{name}`.", hint)
    return 0, ()
