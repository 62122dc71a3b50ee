"""Chapter 5's figures and its widget: each takes data (where it is a payoff, the learner's functions) and draws."""

import re
from itertools import cycle

import ipywidgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from course.figures import plots
from course.figures.discriminants import SIGNED
from course.figures.house import (
    BACKWARD,
    CARD,
    CLASS,
    DASHES,
    FORWARD,
    INK,
    MARKER,
    QUIET,
    dark,
    in_house_style,
    new_figure,
)
from course.figures.plots import CASED
from course.figures.widgets import WIDE, live, play

REGIONS = LinearSegmentedColormap.from_list("regions", ["#B9D8EA", CARD, "#F8DDA6"])  # the classes' colours, paler
BOLD = {"fontweight": "bold", "path_effects": CASED}
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0, 1, 1, 0])


# --- a bend ----------------------------------------------------------------------------------------------------------


@in_house_style()
def bend(says, hidden, w, c):
    """XOR's plane in two regions, and the same plane after the hidden layer, bent until one straight line will do.

    says(points) (m, 2) -> (m,) degrees; hidden(points) -> (m, 2); w (2,) and c: the line w @ h + c = 0 says one half
    """
    fig, (plane, after) = new_figure(3.7, columns=2)
    _regions(plane, says, (-0.35, 1.35))
    ends = np.linspace(-0.35, 1.35, 69)  # tidy numbers: the corners lie on grid lines
    for at in np.linspace(-0.2, 1.2, 8):
        for points in (np.column_stack([ends, np.full(69, at)]), np.column_stack([np.full(69, at), ends])):
            plane.plot(*points.T, color=QUIET, linewidth=0.8, alpha=0.4)
            after.plot(*hidden(points).T, color=QUIET, linewidth=1.5)
    _points(plane, CORNERS, XOR, 200)
    _points(after, hidden(CORNERS), XOR, 200)
    low, high = np.min(hidden(CORNERS)), np.max(hidden(CORNERS))
    margin = 0.15 * (high - low)
    _regions(after, lambda points: 0.5 * (1 + np.tanh(points @ w + c)), (low - margin, high + margin))
    plane.set(xlabel="x1 (no unit)", ylabel="x2", xticks=[0, 1], yticks=[0, 1], aspect="equal")
    after.set(xlabel="hidden unit 1", ylabel="hidden unit 2", aspect="equal")
    after.set(xticks=range(round(high) + 1), yticks=range(round(high) + 1))
    return fig


def _regions(axes, says, ends, points=101):
    """Add what says(points) -> degrees gives over a square to axes, and the line of one half; returns the artists."""
    ticks = np.linspace(*ends, points)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    degrees = np.reshape(says(plane.reshape(-1, 2)), plane.shape[:2])
    # two digits: training lets the last ones differ from machine to machine
    look = {"cmap": REGIONS, "vmin": 0, "vmax": 1, "origin": "lower", "interpolation": "bilinear", "zorder": 0}
    image = axes.imshow(np.round(degrees, 2), extent=(*ends, *ends), **look)
    line = axes.contour(ticks, ticks, degrees, levels=[0.5], colors=[INK], linewidths=3)
    axes.set(xlim=ends, ylim=ends)
    return [image, line]


def _points(axes, X, y, size):
    artists = []
    for label in (0, 1):
        look = {"s": size, "color": CLASS[label], "marker": MARKER[label], "edgecolor": dark(CLASS[label]), "zorder": 3}
        artists.append(axes.scatter(*X[y == label].T, **look))
    return artists


# --- the network with its shapes -------------------------------------------------------------------------------------


@in_house_style()
def network(boxes, shapes, back=False, upto=None):
    """Layers from top to bottom; at the left every value with its shape, at the right every gradient that came back.

    boxes: names such as "@ W1 + b1", "relu", "loss"; shapes: dict of value to shape, one more than boxes
    back: gradients too, through the last `upto` boxes (all by default)
    """
    names, sizes, passed = list(shapes), list(shapes.values()), len(boxes) if upto is None else upto
    fig, axes = new_figure(0.5 + 1.05 * len(boxes) + 0.2)
    look = {"va": "center", "fontweight": "bold"}
    for i, name in enumerate(names):
        middle = -i + 0.5
        _arrow(axes, (-0.35, middle + 0.24), (-0.35, middle - 0.24), FORWARD)
        axes.text(-0.6, middle, f"{name}  {_shape(sizes[i])}", ha="right", color=dark(FORWARD), **look)
        if back and i >= len(boxes) - passed:
            _arrow(axes, (0.35, middle - 0.24), (0.35, middle + 0.24), BACKWARD)
            words = f"d{name}  {_shape(sizes[i])}" if sizes[i] else "1"  # the slope of the loss along itself
            axes.text(0.6, middle, words, ha="left", color=dark(BACKWARD), **look)
    for i, box in enumerate(boxes):
        axes.add_patch(Rectangle((-0.95, -i - 0.24), 1.9, 0.48, facecolor=CARD, edgecolor=INK, linewidth=2))
        axes.text(0, -i, box, ha="center", **look)
        for j, part in enumerate(re.findall(r"\b[Wb]\d*\b", box)):
            size = (sizes[i][1], sizes[i + 1][1]) if part[0] == "W" else (sizes[i + 1][1],)
            height = -i + 0.13 - 0.26 * j
            axes.text(-1.1, height, f"{part} {_shape(size)}", ha="right", va="center", color=QUIET, fontsize=13)
            if back and i >= len(boxes) - passed:
                words = f"d{part} {_shape(size)}"
                axes.text(1.1, height, words, ha="left", va="center", color=dark(BACKWARD), fontsize=13)
    axes.set(xlim=(-2.6, 2.6), ylim=(-len(boxes) + 0.2, 0.8))
    axes.axis("off")
    return fig


def _shape(size):
    return "a number" if size == () else str(tuple(size))


def _arrow(axes, start, end, colour):
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 3, "mutation_scale": 20, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=look)


# --- two units ---------------------------------------------------------------------------------------------


@in_house_style()
def twins(equal, different):
    """The weights of two hidden units on their way: from equal starts, and from different ones.

    equal, different (steps + 1, 2, 2): W1 after every step, an axis for the inputs, then one for the units
    """
    fig, pair = new_figure(3.9, columns=2)
    for axes, path, name in zip(pair, (equal, different), ("equal starts", "different starts"), strict=True):
        spread = np.max(np.abs(path[-1, :, 0] - path[-1, :, 1]))
        for unit, colour, dashes in ((0, INK, "-"), (1, FORWARD, (0, (3, 3)))):
            axes.plot(*path[:, :, unit].T, color=colour, linestyle=dashes, linewidth=3)
            axes.plot(*path[0, :, unit], "o", color=CARD, markersize=10, markeredgecolor=colour, markeredgewidth=2.5)
            axes.plot(*path[-1, :, unit], "o", color=colour, markersize=11 if unit else 15)
        axes.set_title(f"{name}\nin the end {spread:.1f} apart")
        axes.set(xlabel="weight of x1 (no unit)", ylabel="weight of x2")
        axes.margins(0.15)
    return fig


# --- layer by layer --------------------------------------------------------------------------------------------------


@in_house_style()
def by_layer(series, ylabel):
    """Sizes in every layer on a log axis, one line a network, with its name and its first and last size.

    series: dict of name to (layers,), at most three; dashed: from the end of the first, a quarter for every layer back
    """
    fig, axes = new_figure(4.2)
    for (name, sizes), colour, marker in zip(series.items(), (BACKWARD, dark(BACKWARD), INK), "os^", strict=False):
        sizes = np.asarray(sizes, dtype=float)
        layers = np.arange(1, len(sizes) + 1)
        axes.semilogy(layers, sizes, marker=marker, color=colour, markersize=8)
        words = {"textcoords": "offset points", "color": dark(colour), "va": "center", **BOLD}
        axes.annotate(_short(sizes[0]), (1, sizes[0]), (4, -18), **words)
        axes.annotate(f"{name}: {_short(sizes[-1])}", (layers[-1], sizes[-1]), (10, 0), **words)
    axes.set(xlabel="layer", ylabel=ylabel, xticks=layers, xlim=(0.5, 1.45 * len(layers)))
    axes.margins(y=0.12)
    last = np.asarray(next(iter(series.values())))[-1]
    axes.semilogy(layers, last * 0.25 ** (layers[-1] - layers), color=QUIET, linestyle=DASHES, linewidth=1.5)
    axes.annotate("dashed: a quarter a layer", (layers[-1], last / 4**6), (-60, 0), textcoords="offset points")
    return fig


def _short(size):
    return f"{size:.2g}"


# --- digits ----------------------------------------------------------------------------------------------------------


@in_house_style()
def splits(before, found):
    """Test accuracies of the same splits by two models, joined, and both means.  before, found (m,)."""
    fig, axes = new_figure(3.6)
    rows = ((1, before, QUIET, "templates"), (0, found, FORWARD, "network"))
    axes.plot(100 * np.array([before, found]), [1, 0], color=QUIET, linewidth=1, alpha=0.6, zorder=1)
    for height, accuracies, colour, name in rows:
        percent = 100 * np.asarray(accuracies, dtype=float)
        axes.plot(
            percent, np.full(len(percent), height), "o", color=colour, markersize=12, markeredgecolor=INK, alpha=0.75
        )
        axes.plot([percent.mean()] * 2, [height - 0.22, height + 0.22], color=INK)
        axes.text(91.6, height, f"{name}\nmean {percent.mean():.1f} %", color=dark(colour), va="center", **BOLD)
    axes.set(
        xlabel="test pictures read right (%)", xlim=(91.5, 99.5), ylim=(-0.5, 1.5), yticks=[], xticks=range(94, 100)
    )
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(94, 99.5)
    return fig


@in_house_style()
def batches(pictures, losses):
    """The loss after the same work, for several batch sizes, on a log axis.

    pictures (m,): gone through so far, each as many multiplications; losses: dict of name to (m,)
    """
    fig, axes = new_figure(4.2)
    thousands = np.asarray(pictures) / 1000
    for (name, loss), colour in zip(losses.items(), cycle((INK, FORWARD, QUIET))):
        axes.semilogy(thousands, loss, color=colour, linewidth=3.5 if colour == FORWARD else 2.5)
        words = {"textcoords": "offset points", "color": dark(colour), "va": "center", **BOLD}
        axes.annotate(f"{name}: {loss[-1]:.2g}", (thousands[-1], loss[-1]), (8, 0), **words)
    axes.set(xlabel="pictures gone through (thousands)", ylabel="cross-entropy", xlim=(0, 1.5 * thousands[-1]))
    axes.set_xticks([0, *range(10, int(thousands[-1]) + 1, 10)])
    axes.spines["bottom"].set_bounds(0, thousands[-1])
    return fig


@in_house_style()
def hidden_units(W):
    """The weights of hidden units as pictures, eight a row, each on its own scale.  W (64, m)."""
    rows = -(-W.shape[1] // 8)
    fig, grid = new_figure(0.82 * rows, rows, 8, squeeze=False)
    for axes in grid.ravel():
        axes.axis("off")
    for axes, weights in zip(grid.ravel(), np.round(W.T, 3), strict=False):
        reach = np.max(np.abs(weights))
        axes.imshow(np.reshape(weights, (8, 8)), cmap=SIGNED, vmin=-reach, vmax=reach)
        axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))
    return fig


@in_house_style()
def rebuilt(rows):
    """The same pictures in several versions, one row a version with its name.  rows: dict of name to (n, 64)."""
    ratios = [2.0] + [1] * len(next(iter(rows.values())))
    look = {"squeeze": False, "gridspec_kw": {"width_ratios": ratios}}
    fig, grid = new_figure(0.72 * len(rows), len(rows), len(ratios), **look)
    for line, (name, pictures) in zip(grid, rows.items(), strict=True):
        for axes in line:
            axes.axis("off")
        line[0].text(0, 0.5, name, va="center", fontweight="bold", transform=line[0].transAxes)
        for axes, picture in zip(line[1:], pictures, strict=True):
            axes.imshow(np.reshape(np.round(picture, 2), (8, 8)), cmap="Greys", vmin=0, vmax=1)
            axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))
    return fig


# --- the bill --------------------------------------------------------------------------------------------------------


@in_house_style()
def bill(measured, derived, counted):
    """The bill by differences, by one layer's formula, and of a pass back through a network.

    each (m, 2) of weights, and of a step's work in evaluations
    """
    fig = plots.bill({"by differences": measured, "one layer": derived[::-1], "a network": counted})
    (axes,) = fig.axes
    for word in axes.texts:
        if word.get_text() in ("one layer", "a network"):
            word.set(position=(0, -34), ha="center", fontweight="bold")
    axes.set_ylim(0.2, 1e5)
    return fig


# --- a boundary that moves -------------------------------------------------------------------------------------------


@in_house_style()
def boundary(X, y, says):
    """Points of two classes, the regions that says(points) -> degrees gives, and how many are right."""
    fig, axes = _plane(X)
    _moved(axes, X, y, says)
    return fig


def _plane(X):
    fig, axes = new_figure(4.6)
    reach = 1.08 * np.max(np.abs(X))
    axes.set(xlabel="x1 (no unit)", ylabel="x2", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    return fig, axes


def _moved(axes, X, y, says):
    """Add regions, points and the number right to axes; returns these artists, the number last."""
    ends = axes.get_xlim()
    right = np.sum((np.array(says(X)) > 0.5) == y)
    artists = [*_regions(axes, says, ends, points=61), *_points(axes, X, y, 60)]
    return [*artists, axes.text(0.96 * ends[0], 0.96 * ends[1], f"{right} of {len(y)}", va="top", fontsize=18, **BOLD)]


def boundary_trainer(X, y, start, step, says, rate=1.0, at=1):
    """Train a network ten steps at a time, by hand or by the play button, and see its boundary move.

    start: the weights in any form; step(weights, rate) -> new weights; says(weights, points) -> (m,) degrees
    at: how many tens of steps are trained when the widget is shown; it never starts by itself
    """
    with in_house_style():
        fig, axes = _plane(X)
    tens = ipywidgets.IntSlider(at, description="tens of steps", min=0, max=100, **WIDE)
    look = {"readout_format": ".2f", **WIDE}
    rates = ipywidgets.FloatLogSlider(rate, description="learning rate", min=-2, max=1.5, step=0.25, **look)
    paths = {}  # a run is trained once, as far as someone has looked

    def draw(tens, rate):
        path = paths.setdefault(rate, [start])
        while len(path) <= tens:
            weights = path[-1]
            for _ in range(10):
                weights = step(weights, rate)
            path.append(weights)
        artists = _moved(axes, X, y, lambda points: says(path[tens], points))
        return artists, f"learning rate {rate:.2f}, {10 * tens} steps: {artists[-1].get_text()} points right"

    widget = live(fig, draw, [tens, rates], "Start over")
    widget.children = (play(tens, "train"), *widget.children)
    return widget
