"""Chapter 6's figures and its stepper: a computation graph drawn from the learner's own nodes, one node at a time.

A node is anything with `value`, `op` (a word, "" for an input), `parents` (a tuple of nodes) and `back` (a function:
the slopes of the output along the node, in its value's shape -> a share for each parent, None for one that needs none).
What is drawn going back was handed out by the nodes' own `back`.
"""

import html
import re
import textwrap
from itertools import count
from types import SimpleNamespace

import ipywidgets
import numpy as np
from matplotlib.patches import FancyBboxPatch

from course.figures.house import (
    BACKWARD,
    CARD,
    DASHES,
    FORWARD,
    INK,
    QUIET,
    WIDTH,
    WRONG,
    dark,
    in_house_style,
    new_figure,
)
from course.figures.plots import CASED
from course.figures.widgets import WIDE, live

BOLD = {"fontweight": "bold", "path_effects": CASED}
BETWEEN = {"add": "+", "sub": "\N{MINUS SIGN}", "mul": "×", "div": "/", "matmul": "@"}  # written between operands
SYMBOLS = BETWEEN | {"sum": "Σ", "logistic": "σ", "relu": "relu"}
MINUS, YEAR = "\N{MINUS SIGN}", 365.25 * 86400
MOST = 60  # nodes: more cannot be told apart on a screen

# --- the walk: which node works when, and what it hands on ----------------------------------------------------------


def _walk(output):
    """All nodes from which output is computed, each after its parents, and for each the places of its parents."""
    order, found, waiting = [], {}, [(output, False)]
    while waiting:
        node, ready = waiting.pop()
        if id(node) in found:
            continue
        if ready:
            found[id(node)] = len(order)
            order.append(node)
            continue
        waiting.append((node, True))
        waiting += [(parent, False) for parent in reversed(node.parents)]
    return order, [[found[id(parent)] for parent in node.parents] for node in order]


def _graph(output, names, gradients=True):
    """Nodes, parents and names of what output is computed from, and the steps of a stepper through it."""
    nodes, parents = _walk(output)
    if len(nodes) > MOST:
        raise ValueError(f"This graph has {len(nodes):,} nodes; drawn, more than {MOST} cannot be told apart.")
    given = {id(node): name for name, node in (names or {}).items()}
    numbered = (name for name in map("n{}".format, count(1)) if name not in given.values())
    graph = SimpleNamespace(nodes=nodes, parents=parents, values=[np.asarray(node.value) for node in nodes])
    graph.constant = [not node.parents and np.ndim(node.value) == 0 and id(node) not in given for node in nodes]
    graph.names = [
        given.get(id(node)) or (_number(node.value) if constant else next(numbered))
        for node, constant in zip(nodes, graph.constant, strict=True)
    ]
    graph.steps = _forward(graph)
    if gradients:
        graph.steps += _back(graph)
    for number, state in enumerate(graph.steps):
        state.words = f"Step {number} of {len(graph.steps) - 1}{_said(graph, state)}"
    return graph


def _forward(graph):
    """The states of a graph on its way forward: who works (at), whose value is there."""
    working = [i for i, above in enumerate(graph.parents) if above]
    there = set(range(len(graph.nodes))) - set(working)
    idle = {"totals": {}, "added": {}, "waits": {}}
    states = [SimpleNamespace(at=None, way="", there=there, **idle)]
    for i in working:
        there = there | {i}
        states.append(SimpleNamespace(at=i, way="forward", there=there, **idle))
    return states


def _back(graph):
    """The states on the way back: who works, which shares it adds to whom, the totals, how many shares are to come."""
    last, there, shares = len(graph.nodes) - 1, set(range(len(graph.nodes))), _shares(graph)
    totals = {last: np.ones(graph.values[last].shape)}
    waits = dict.fromkeys(there, 0)
    for i in shares:
        for parent, _ in shares[i]:
            waits[parent] += 1
    states = [SimpleNamespace(at=last, way="turn", there=there, totals=totals, added={}, waits=waits)]
    for i in shares:
        totals, waits, added = dict(totals), dict(waits), {}
        for parent, share in shares[i]:
            totals[parent] = totals[parent] + share if parent in totals else share
            waits[parent] -= 1
            added.setdefault(parent, []).append(share)
        states.append(SimpleNamespace(at=i, way="back", there=there, totals=totals, added=added, waits=waits))
    return states


def _shares(graph):
    """For each node that works on the way back, in its order, what it hands on: pairs of parent and share."""
    totals, shares = {len(graph.nodes) - 1: np.ones(graph.values[-1].shape)}, {}
    for i, above in reversed(list(enumerate(graph.parents))):
        if not above or i not in totals:  # an input; or nobody needs its slope
            continue
        handed = zip(above, graph.nodes[i].back(totals[i]), strict=True)
        shares[i] = [(parent, share) for parent, share in handed if share is not None]
        for parent, share in shares[i]:
            to, got, has = graph.names[parent], np.shape(share), graph.values[parent].shape
            if got != has:
                raise ValueError(f"{graph.names[i]} hands {to} a share of shape {got}; {to} has the shape {has}.")
            totals[parent] = totals[parent] + share if parent in totals else share
    return shares


def _said(graph, state):
    """One step as a sentence or two."""
    names = graph.names
    if state.way == "":
        inputs = [_told(names[i], graph.values[i]) for i in sorted(state.there) if not graph.constant[i]]
        return f". The inputs have their values: {', '.join(inputs)}."
    if state.way == "forward":
        return f", forward: {_told(f'{names[state.at]} = {_formula(graph, state.at)}', graph.values[state.at])}."
    if state.way == "turn":
        several = [f"{waits} for {names[i]}, " for i, waits in state.waits.items() if waits > 1]
        rest = "1 for each of the others" if several else "1 for each node that needs a slope"
        return f", the turn: the slope of {names[-1]} along itself is 1. Shares to come: {''.join(several)}{rest}."
    handed, has = [], []
    for i, shares in state.added.items():
        handed += [" and ".join(_told("", share) for share in shares) + f" to {names[i]}"]
        waits = f" so far, {state.waits[i]} to come" if state.waits[i] else ", complete"
        has += [_told(f"d{names[i]}", state.totals[i]) + waits]
    return f", back: {names[state.at]} has all its shares and hands {', '.join(handed)}. {'; '.join(has)}."


def _told(name, value):
    words = f"an array {_number(value)}" if np.ndim(value) else _number(value)
    return f"{name} = {words}" if name else words


def _formula(graph, i):
    op, operands = graph.nodes[i].op, [graph.names[parent] for parent in graph.parents[i]]
    if op in BETWEEN and len(operands) > 1:
        return f" {BETWEEN[op]} ".join(operands)
    return f"{op}({', '.join(operands)})"


def _equals(name, number):
    return f"{name} {number}" if number.startswith("(") else f"{name} = {number}"


def _number(value):
    """A number at four digits, an array as its shape."""
    if np.ndim(value) > 0:
        return str(np.shape(value))
    return f"{value:.4g}".replace("-", MINUS)


# --- the layout: columns by depth, few crossings --------------------------------------------------------------------


def _columns(parents):
    """In which column everyone stands: after all parents, an input beside the first that needs it."""
    column = [0] * len(parents)
    for i, above in enumerate(parents):
        column[i] = 1 + max((column[parent] for parent in above), default=-1)
    for i, above in enumerate(parents):
        if not above:
            column[i] = min((column[j] for j, others in enumerate(parents) if i in others), default=1) - 1
    return column


def _layout(parents, room):
    """Where everyone stands in its column, and the stops of every way in the columns that it passes.

    parents: for each node the places of its parents, all before it; room: for each node what it needs (before, after)
    ->  height (n,), stops {(i, parent): [(column, height)]}
    """
    column, room, ways, links = _columns(parents), list(room), {}, []
    weight = [1.0 if above else 0.02 for above in parents]  # inputs make way, the others stand in line
    for i, above in enumerate(parents):
        for parent in dict.fromkeys(above):
            passed = range(column[parent] + 1, column[i])
            ways[i, parent] = list(range(len(column), len(column) + len(passed)))
            column += passed
            weight += [1.0] * len(passed)
            room += [(0.12, 0.12)] * len(passed)
            stops = [parent, *ways[i, parent], i]
            links += zip(stops, stops[1:], strict=False)
    columns = [[i for i, where in enumerate(column) if where == number] for number in range(max(column) + 1)]
    before, after = ([[] for _ in column] for _ in range(2))
    for one, other in links:
        after[one].append(other)
        before[other].append(one)
    columns = _untangled(columns, before, after)

    height = {i: 0.0 for i in range(len(column))}
    for sweep in range(40):
        for stops in columns[:: -1 if sweep % 2 else 1]:
            near = [before[i] + after[i] for i in stops]
            wanted = [
                np.average([height[j] for j in js], weights=[weight[j] for j in js]) if js else height[i]
                for i, js in zip(stops, near, strict=True)
            ]
            gaps = [0, *(room[one][1] + room[other][0] for one, other in zip(stops, stops[1:], strict=False))]
            height |= zip(stops, _apart(wanted, np.cumsum(gaps), [weight[i] for i in stops]), strict=True)
    least = min(height[i] - room[i][0] for i in height)
    height = [float(height[i] - least) for i in range(len(column))]
    return height[: len(parents)], {way: [(column[i], height[i]) for i in stops] for way, stops in ways.items()}


def _untangled(columns, before, after):
    """The columns in an order with few crossings: everyone in the middle of its neighbours, back and forth."""
    best, found = np.inf, columns
    columns = [list(stops) for stops in columns]
    for sweep in range(24):
        at = {i: number for stops in columns for number, i in enumerate(stops)}
        crossings = _crossings(columns, after, at)
        if crossings < best:
            best, found = crossings, [list(stops) for stops in columns]
        near, sides = (after, columns[::-1]) if sweep % 2 else (before, columns)
        for stops in sides:
            middle = {i: np.mean([at[j] for j in near[i]] or [at[i]]) for i in stops}
            stops.sort(key=lambda i, middle=middle: (middle[i], at[i] if sweep % 4 < 2 else -at[i]))
            at |= {i: number for number, i in enumerate(stops)}
    return found


def _crossings(columns, after, at):
    """How many links cross between neighbouring columns."""
    count = 0
    for stops in columns:
        ends = [(at[i], at[j]) for i in stops for j in after[i]]
        count += sum((a - c) * (b - d) < 0 for n, (a, b) in enumerate(ends) for c, d in ends[:n])
    return count


def _apart(wanted, least, weight):
    """The heights nearest to the wanted ones, in weighted squares, that grow at least as `least` does."""
    blocks = []  # neighbours that would come too near move together
    for height, heavy in zip(np.subtract(wanted, least), weight, strict=True):
        blocks.append((height, heavy, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, first, few), (other, second, more) = blocks[-2:]
            mean = (one * first + other * second) / (first + second)
            blocks[-2:] = [(mean, first + second, few + more)]
    return np.repeat([height for height, _, _ in blocks], [count for _, _, count in blocks]) + least


# --- the drawing ----------------------------------------------------------------------------------------------------

LETTER, LINE, HIGH = 0.12, 0.25, 0.2  # inches: a letter's width, a line of text, half a node's height
PIXEL = 1 / 80  # two of a PNG: texts that stand between pixels make it a fifth larger
KEY = "in a circle: shares still to come"


@in_house_style()
def draw(output, names=None, gradients=True, step=None):
    """A computation graph: values in green, gradients in orange, in circles the shares that a node still waits for.

    output: the last node; names: dict of name to node, the others are n1, n2, ...; an array is shown by its shape
    gradients: else values alone; step: stopped at this one of the stepper's, with who works and who waits
    """
    graph = _graph(output, names, gradients)
    working = step is not None
    axes = _canvas(graph, busy=working)
    _overlay(axes, graph, graph.steps[step if working else -1], working)
    return axes.figure


def _symbol(graph, i):
    op = graph.nodes[i].op
    return SYMBOLS.get(op, op.replace("_", " ")) if graph.parents[i] else graph.names[i]


def _labels(graph, i):
    """The words that stand beside a node: its value's; all that its gradient's (and, busy, its shares') will be."""
    words = [_slope(graph, i, state.totals[i]) for state in graph.steps if i in state.totals]
    if graph.busy:
        words += [_added(state.added[i]) for state in graph.steps if i in state.added]
    return [_worth(graph, i)], words or [""]


def _added(shares):
    return " ".join(f"+ {_number(share)}" for share in shares)


def _worth(graph, i):
    """The value's words; the name of an input stands in its box, and so does a constant."""
    value = _number(graph.values[i])
    return _equals(graph.names[i], value) if graph.parents[i] else "" if graph.constant[i] else value


def _slope(graph, i, total):
    return _number(total) if graph.short else _equals(f"d{graph.names[i]}", _number(total))


def _canvas(graph, busy):
    """Axes in inches with arrows and nodes, from left to right, or downwards where that is narrower.

    busy: steps will be shown, which need more room
    """
    graph.busy = busy
    fits = []
    for short in (False, True):
        for down in (False, True):
            graph.short, graph.down = short, down
            fits.append((_arrange(graph), short, down))
    _, graph.short, graph.down = next((fit for fit in fits if fit[0] == WIDTH), min(fits))
    _arrange(graph)
    fig, axes = new_figure(graph.size[1] + LINE * busy)
    fig.set_layout_engine("none")
    fig.set_figwidth(graph.size[0])
    axes.set(position=(0, 0, 1, 1), xlim=(0, graph.size[0]), ylim=(-LINE * busy, graph.size[1]))
    axes.axis("off")
    for curve in graph.curves.values():
        axes.plot(*curve.T, color=QUIET, linewidth=1.8, zorder=1)
        axes.plot(*curve[-1], marker="v" if graph.down else ">", color=QUIET, markersize=9, zorder=1)
    for i in range(len(graph.nodes)):
        _box(axes, graph, i, CARD, INK)
    if busy:
        axes.text(graph.size[0] / 2, 0, KEY, ha="center", va="center", color=QUIET, fontsize=13)
    return axes


def _arrange(graph):
    """Where everything is, in inches: at (n, 2), half widths, curves {(node, number of its parent): points}, size."""
    graph.symbols = [_symbol(graph, i) for i in range(len(graph.nodes))]
    graph.half = [max(0.2375, np.ceil((LETTER * len(s) / 2 + 0.08) / PIXEL) * PIXEL) for s in graph.symbols]
    words = LETTER * np.array([[max(map(len, texts)) for texts in _labels(graph, i)] for i in range(len(graph.nodes))])
    column = _columns(graph.parents)
    if graph.down:
        room = words + np.array(graph.half)[:, None] + 0.2
        along = 0.42 + 0.78 * np.arange(max(column) + 1)
        end = along[-1] + 0.42
    else:
        worded = words.any(axis=1, keepdims=True)  # a constant has no words beside it
        lines = np.where(worded, [1, 1 + graph.busy], [0, 0.3])
        room = HIGH + LINE * lines + [0.12, 0.16]
        wide = np.maximum(words.max(axis=1), 2 * np.array(graph.half) + 0.4) + 0.1
        wide = np.array([max(wide[i] for i in range(len(column)) if column[i] == c) for c in range(max(column) + 1)])
        wide *= np.clip(WIDTH / wide.sum(), 1, 1.6)
        along, end = np.cumsum(wide) - wide / 2, wide.sum()
    height, stops = _layout(graph.parents, room)
    graph.size = np.array([end, max(h + r[1] for h, r in zip(height, room, strict=True))])[:: -1 if graph.down else 1]
    left, graph.size[0] = max(0, WIDTH - graph.size[0]) / 2, max(WIDTH, graph.size[0])

    def inches(c, h):
        at = [left + h, graph.size[1] - along[c]] if graph.down else [left + along[c], graph.size[1] - h]
        return np.floor(np.divide(at, PIXEL) + 0.5 + 1e-6) * PIXEL  # a half goes up, whatever its last digit

    graph.at = np.array([inches(c, h) for c, h in zip(column, height, strict=True)])
    graph.curves, side = {}, 0 if graph.down else 1
    for i, above in enumerate(graph.parents):
        ways = [[inches(*stop) for stop in stops[i, parent]] for parent in above]
        last = [way[-1] if way else graph.at[parent] for way, parent in zip(ways, above, strict=True)]
        ranks = np.argsort(np.argsort([point[side] for point in last], kind="stable"), kind="stable")
        for k, parent in enumerate(above):  # arrows come in side by side, in the order in which they arrive
            port = 0.16 * (ranks[k] - (len(above) - 1) / 2) * np.eye(2)[side]
            twice = above.count(parent) > 1
            ends = _ports(graph, parent, -1) + twice * port, _ports(graph, i, 1) + port
            graph.curves[i, k] = _curve(np.vstack([ends[0], *ways[k], ends[1]]), side)
    return graph.size[0]


def _ports(graph, i, way):
    """Where arrows leave a node (way -1) and where they come in (1), a little before it."""
    off = way * ((HIGH if graph.down else graph.half[i]) + 0.06 * (way > 0))
    return graph.at[i] + ([0, off] if graph.down else [-off, 0])


def _curve(points, side):
    """A smooth way from point to point, along the columns at both ends, that swings no further than the points."""
    t, h = points[:, 1 - side], points[:, side]
    steps, rises = np.diff(t), np.diff(h) / np.diff(t)
    slopes = np.zeros(len(t))
    same = rises[:-1] * rises[1:] > 0  # Fritsch and Carlson 1980
    slopes[1:-1][same] = 2 / (1 / rises[:-1][same] + 1 / rises[1:][same])
    u = np.linspace(0, 1, 17)[:, None]
    bend = h[:-1] + (h[1:] - h[:-1]) * u**2 * (3 - 2 * u)
    bend += steps * u * (1 - u) * (slopes[:-1] * (1 - u) - slopes[1:] * u)
    curve = [(t[:-1] + steps * u).T.ravel(), bend.T.ravel()]
    return np.column_stack(curve[:: 1 if side else -1])


def _box(axes, graph, i, face, ink):
    """A node: its name in a rectangle for an input, its operation in a round box."""
    (x, y), half, worked = graph.at[i], graph.half[i], bool(graph.parents[i])
    style = "round,pad=0,rounding_size=0.19" if worked else "square,pad=0"
    look = {"boxstyle": style, "facecolor": face, "edgecolor": INK, "linewidth": 1.8, "zorder": 2}
    box = axes.add_patch(FancyBboxPatch((x - half, y - HIGH), 2 * half, 2 * HIGH, **look))
    look = {"fontsize": 19 if len(graph.symbols[i]) == 1 and worked else 14, "fontweight": "bold", "color": ink}
    return [box, axes.text(x, y, graph.symbols[i], ha="center", va="center_baseline", zorder=3, **look)]


def _overlay(axes, graph, state, working):
    """Add values and gradients to axes, and (working) who works now, what it hands on, who waits; returns artists."""
    artists = []
    if working and state.way:
        artists += _at_work(axes, graph, state)
    for i in state.there:
        artists.append(_label(axes, graph, i, -1, _worth(graph, i), color=dark(FORWARD), **BOLD))
    for i, total in state.totals.items():
        weight = "normal" if state.waits[i] else "bold"  # not complete yet
        words = _slope(graph, i, total)
        look = {"color": dark(BACKWARD), "fontweight": weight, "path_effects": CASED}
        artists.append(_label(axes, graph, i, 1, words, **look))
    if working:
        for i, shares in state.added.items():
            pill = {"boxstyle": "round,pad=0.12", "facecolor": dark(BACKWARD), "edgecolor": "none"}
            artists.append(_label(axes, graph, i, 2, _added(shares), color=CARD, fontweight="bold", bbox=pill))
        for i, waits in state.waits.items():
            if waits:
                x, y = graph.at[i] + (
                    [graph.half[i] - 0.02, HIGH + 0.03] if graph.down else [graph.half[i] + 0.07, HIGH - 0.06]
                )
                look = {"markersize": 17, "color": CARD, "markeredgecolor": dark(BACKWARD), "markeredgewidth": 1.8}
                artists += axes.plot(x, y, "o", zorder=4, **look)
                look = {"ha": "center", "va": "center_baseline", "fontsize": 12, "fontweight": "bold", "zorder": 5}
                artists.append(axes.text(x, y, str(waits), **look))
    return artists


def _at_work(axes, graph, state):
    """The node that works now, filled, and the arrows along which it takes values or hands shares on."""
    forward = state.way == "forward"
    colour, artists = dark(FORWARD if forward else BACKWARD), _box(axes, graph, state.at, dark(FORWARD), CARD)
    artists[0].set_facecolor(colour)
    for k, parent in enumerate(graph.parents[state.at] if forward or state.way == "back" else []):
        if forward or parent in state.added:
            curve, head = graph.curves[state.at, k], ("v>" if forward else "^<")[not graph.down]
            if not forward:  # no head at the other end
                artists += axes.plot(*curve[-1], marker=">v"[graph.down], color=CARD, markersize=12, zorder=1.2)
            artists += axes.plot(*curve.T, color=colour, linewidth=4, zorder=1.5)
            artists += axes.plot(*curve[-1 if forward else 1], marker=head, color=colour, markersize=12, zorder=1.5)
    return artists


def _label(axes, graph, i, line, words, **look):
    """Words beside a node: its value (line -1) before or above it, its gradient (1) after or below it, more (2)."""
    half = graph.half[i]
    move, align = np.array([0.0, 0.1 if line < 0 else -0.225 - LINE * (line - 1)]), "center"
    move[1] += np.sign(-line) * HIGH
    if graph.down:
        move, align = [np.sign(line) * (half + 0.1), -0.0625 - LINE * (line == 2)], "right" if line < 0 else "left"
    return axes.text(*graph.at[i] + move, words, ha=align, fontsize=13, zorder=3, **look)


# --- two units, to be filled in -------------------------------------------------------------------------------------

# a node of unit 1: what it is made of, how, and in words
UNIT = {
    "d1": (("w11", "x1"), lambda w, x: w * x, "w11 · x1"),
    "e1": (("w12", "x2"), lambda w, x: w * x, "w12 · x2"),
    "f1": (("d1", "e1"), lambda d, e: d + e, "d1 + e1"),
    "z1": (("f1", "b1"), lambda f, b: f + b, "f1 + b1"),
    "h1": (("z1",), lambda z: 0.5 * (1 + np.tanh(z / 2)), "σ(z1)"),
    "o1": (("v1", "h1"), lambda v, h: v * h, "v1 · h1"),
    "l1": (("o1", "c1"), lambda o, c: o + c, "o1 + c1"),
}
PLACE = {"w11": (0.7875, 0), "d1": (0.7875, 1), "b1": (0.7875, 2), "v1": (0.7875, 4), "c1": (0.7875, 5)}
PLACE |= {name: (2.375, row) for row, name in enumerate(("w12", "e1", "f1", "z1", "h1", "o1", "l1"))}


def _second(name):
    """What a name or a formula of unit 1 is called in unit 2; both have the same x1 and x2."""
    return re.sub(r"([^\Wx])1", r"\g<1>2", name)


TWO_UNITS = UNIT | {
    _second(name): (tuple(map(_second, made)), how, _second(words)) for name, (made, how, words) in UNIT.items()
}
TWO_UNITS["yhat"] = (("l1", "l2"), lambda one, two: one + two, "l1 + l2")
TWO_UNITS["L"] = (("yhat", "y"), lambda yhat, y: (yhat - y) ** 2, "(ŷ − y)²")
PLACES = PLACE | {_second(name): (WIDTH - x, row) for name, (x, row) in PLACE.items()}
PLACES |= {"yhat": (3.2, 7), "L": (3.2, 8)}


@in_house_style()
def expanded(values, entered):
    """Two units taken apart: on every arrow the slope along it, in every box its value and the slope of L along it.

    values: name -> number for all of them; entered: name -> None or (slope of what it goes into along it, slope of L
    along it) for yhat and l1, c1, o1, v1, h1, z1, b1, f1, d1, e1, w11, w12 and the same of unit 2, as in l2, w21, w22.
    A hole is "?"; what is more than a thousandth off the difference quotient is ringed.
    """
    row, half, high = 0.85, 0.7375, 0.2375  # inches, in whole PIXELs
    fig, axes = new_figure(8 * row + 2 * high + 0.2)
    fig.set_layout_engine("none")
    axes.set(position=(0, 0, 1, 1), xlim=(0, WIDTH), ylim=(-8 * row - high - 0.1, high + 0.1))
    axes.axis("off")
    given = "\n".join(f"{name} = {_short(values[name])}" for name in ("x1", "x2", "y"))
    axes.text(0.0625, -8 * row + 0.05, given, color=dark(FORWARD), va="center", fontweight="bold")
    goes = {operand: name for name, (made, _, _) in TWO_UNITS.items() for operand in made}
    for name, (x, number) in PLACES.items():
        y = -number * row
        rounded = 0.125 if name in TWO_UNITS else 0
        style = f"round,pad=0,rounding_size={rounded}" if rounded else "square,pad=0"
        look = {"boxstyle": style, "facecolor": CARD, "edgecolor": INK, "linewidth": 1.8, "zorder": 2}
        axes.add_patch(FancyBboxPatch((x - half, y - high), 2 * half, 2 * high, **look))
        words = f"{name} = {TWO_UNITS[name][2]}" if name in TWO_UNITS else name
        look = {"va": "baseline", "zorder": 3}
        axes.text(x, y + 0.05, words.replace("yhat", "ŷ"), ha="center", fontsize=13, fontweight="bold", **look)
        axes.text(x - half + 0.0625, y - 0.1625, _short(values[name]), color=dark(FORWARD), fontsize=12, **look)
        local, whole = (None, 1.0) if name == "L" else entered.get(name) or (None, None)
        true = _slopes(values, name, goes.get(name))
        _entry(axes, x + half - 0.0625, y - 0.1625, "", whole, true[1], ha="right", **look)
        if name != "L":
            below, under = PLACES[goes[name]]
            end = below + 0.35 * np.sign(x - below)
            way = _curve(np.array([[x, y - high], [end, -under * row + high + 0.05]]), 0)
            axes.plot(*way.T, color=QUIET, linewidth=1.8, zorder=1)
            axes.plot(*way[-1], marker="v", color=QUIET, markersize=8, zorder=1)
            _entry(axes, *np.round(way[7] / PIXEL - [0, 5]) * PIXEL, "× ", local, true[0], ha="center", **look)
    return fig


def _short(number, digits=3):
    return f"{round(number, 9) + 0.0:.{digits}g}".replace("-", MINUS)


def _entry(axes, x, y, before, number, true, **look):
    """What was entered: right in orange, wrong in a dashed ring, "?" while it is missing."""
    ring = {"boxstyle": "round,pad=0.1", "facecolor": CARD if before else "none", "edgecolor": "none"}
    words, colour = "?", QUIET
    if isinstance(number, int | float | np.number | np.ndarray):
        words, colour = _short(float(number), 4 if before else 3), dark(BACKWARD)
        if not abs(number - true) <= 1e-3 * abs(true) + 1e-9:  # in these words nan is wrong
            colour, ring = dark(WRONG), ring | {"edgecolor": WRONG, "linestyle": DASHES, "linewidth": 1.8}
    axes.text(x, y, before + words, color=colour, fontsize=12, fontweight="bold", bbox=ring, **look)


def _slopes(values, name, into):
    """By differences: the slope along name of the node that it goes into, and that of L."""

    def run(change):
        found = {given: value for given, value in values.items() if given not in TWO_UNITS}
        found |= {name: values[name] + change}
        for made, (operands, how, _) in TWO_UNITS.items():
            if made != name:
                found[made] = how(*(found[operand] for operand in operands))
        return np.array([found[into or "L"], found["L"]])

    return (run(1e-5) - run(-1e-5)) / 2e-5


# --- answers and counts ---------------------------------------------------------------------------------------------


@in_house_style()
def five_answers(rows, true=12.0):
    """What programs answer for the same slope, and how many visits they pay.

    rows: (policy in a few words, the numbers it may answer, its visits on 20 diamonds); true: what differences say
    """
    high = 0.7 * len(rows) + 1.3
    fig, axes = new_figure(high)
    fig.set_layout_engine("none")
    axes.set_position((0.2, 0.65 / high, 0.58, 1 - 1.25 / high))
    beside = {"transform": axes.get_yaxis_transform(), "va": "center"}
    axes.axvline(true, color=INK, linewidth=1.8, zorder=1)
    axes.text(true, -0.8, f"differences: {true:g}", ha="center", va="center")
    axes.text(1.35, -0.85, "visits on\n20 diamonds", ha="right", **beside)
    for height, (policy, answers, visits) in enumerate(rows):
        axes.text(-0.02, height, textwrap.fill(policy, 12), ha="right", fontsize=13, **beside)
        axes.text(1.35, height, f"{visits:,}", ha="right", fontweight="bold", **beside)
        for answer in answers:
            right = np.isclose(answer, true)
            look = {"color": BACKWARD, "markeredgecolor": INK} if right else {"color": CARD, "markeredgecolor": WRONG}
            axes.plot(answer, height, "o", markersize=14, markeredgewidth=3, **look)
            near = {"textcoords": "offset points", "va": "center_baseline", **BOLD}
            axes.annotate(f"{answer:g}", (answer, height), (12, 0), color=dark(BACKWARD if right else WRONG), **near)
    widest = max(max(answers) for _, answers, _ in rows)
    axes.set(xlabel="answer: dd/da (no unit)", xlim=(0, 1.15 * widest), ylim=(len(rows) - 0.4, -0.6), yticks=[])
    axes.spines["left"].set_visible(False)
    return fig


@in_house_style()
def diamonds(n, by_ways, by_edges):
    """Visits against diamonds in a row, on a log axis: every way walked, and every arrow once.  n, both (m,)."""
    fig, axes = new_figure(4.4)
    n, by_ways, by_edges = (np.asarray(counts, dtype=float) for counts in (n, by_ways, by_edges))
    for seconds, name in ((1, "a second"), (86400, "a day"), (YEAR, "a year"), (1000 * YEAR, "1,000 years")):
        axes.plot([n[0], n[-1]], [1e6 * seconds] * 2, color=QUIET, linewidth=0.8, zorder=1)
        axes.text(n[0], 1.5e6 * seconds, name, color=QUIET, fontsize=13)
    marks = {"marker": "o", "markersize": 7, "markevery": [*range(len(n) - 1, -1, -max(1, len(n) // 6))]}
    axes.semilogy(n, by_ways, color=INK, linestyle=DASHES, **marks)
    axes.semilogy(n, by_edges, color=BACKWARD, **marks)
    years = float(f"{by_ways[-1] / 1e6 / YEAR:.3g}")
    near = {"textcoords": "offset points", "va": "center", **BOLD}
    axes.annotate(f"every way:\n{years:,.0f} years\nat a million\na second", (n[-1], by_ways[-1]), (10, -16), **near)
    words = f"every arrow:\n{by_edges[-1]:,.0f} visits"
    axes.annotate(words, (n[-1], by_edges[-1]), (10, 0), color=dark(BACKWARD), **near)
    axes.set(xlabel="diamonds in a row", ylabel="visits", xlim=(0, 1.42 * n[-1]), ylim=(1, 1e20))
    axes.set_xticks(np.linspace(0, n[-1], 7))
    axes.spines["bottom"].set_bounds(0, n[-1])
    return fig


@in_house_style()
def same(by_hand, by_engine, difference):
    """The training loss by a backward pass written by hand, and by an engine: two curves that are one.

    by_hand, by_engine (m,) losses; difference: the largest differences of the gradients, of any shape
    """
    fig, axes = new_figure(4.2)
    axes.plot(np.round(by_hand, 6), color=FORWARD, linewidth=8, alpha=0.45, solid_capstyle="butt")
    axes.plot(np.round(by_engine, 6), color=INK, linestyle=DASHES)
    largest = np.max(difference)
    words = "under 1e-12" if largest < 1e-12 else f"{largest:.1e}"  # rounding noise is not plotted
    look = {"transform": axes.transAxes, "ha": "right", **BOLD}
    axes.text(0.98, 0.86, "by hand (chapter 5)", color=dark(FORWARD), **look)
    axes.text(0.98, 0.76, "by the engine, dashed", **look)
    axes.text(0.98, 0.62, f"largest difference\nof a gradient:\n{words}", va="top", **look)
    axes.set(xlabel="passes over the training pictures", ylabel="cross-entropy", ylim=(0, None))
    return fig


# --- the stepper ----------------------------------------------------------------------------------------------------


def stepper(output, names=None, step=0):
    """Walk through a computation graph one node at a time, forward and back, by buttons or by the arrow keys.

    output: the last node; names: dict of name to node; step: where it stands when it is shown
    """
    graph = _graph(output, names)
    with in_house_style():
        axes = _canvas(graph, busy=True)
    slider = ipywidgets.IntSlider(step, description="step", min=0, max=len(graph.steps) - 1, **WIDE)

    def draw(step):
        state = graph.steps[step]
        return _overlay(axes, graph, state, working=True), state.words

    widget = live(axes.figure, draw, [slider], "back to the start")
    buttons = [_button(slider, *words) for words in BUTTONS]
    row, _, picture = widget.children
    said = "".join(f"<li>{html.escape(state.words)}</li>" for state in graph.steps)
    words = ipywidgets.HTML(f"<details><summary>All steps as text</summary><ul>{said}</ul></details>")
    widget.children = (ipywidgets.HBox(buttons), row, picture, words)
    return widget


def steps(output, names=None):
    """The stepper's steps in words, a list."""
    return [state.words for state in _graph(output, names).steps]


BUTTONS = (
    ("first", "fast-backward", lambda slider: slider.min),
    ("back", "step-backward", lambda slider: slider.value - 1),
    ("step", "step-forward", lambda slider: slider.value + 1),
    ("last", "fast-forward", lambda slider: slider.max),
)


def _button(slider, name, icon, to):
    button = ipywidgets.Button(description=name, icon=icon, layout={"width": "100px"})
    button.on_click(lambda _: setattr(slider, "value", min(max(to(slider), slider.min), slider.max)))
    return button
