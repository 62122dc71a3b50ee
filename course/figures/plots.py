"""The figures of the course: each takes data (and, where it is a payoff, the learner's functions) and returns a Figure.

Nothing here is shown: hand the Figure to `course.figures.show` or `payoff`.  A sentence that says the point of a figure
belongs into the notebook, not into the figure.
"""

from itertools import cycle

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

from course.figures.house import (
    BACKWARD,
    CARD,
    CLASS,
    DASHES,
    FORWARD,
    INK,
    MARKER,
    QUIET,
    SHADES,
    WRONG,
    dark,
    in_house_style,
    new_figure,
)

CASED = [Stroke(linewidth=5, foreground=CARD), Normal()]  # a line that stays visible on dark and on light
LOSS = LinearSegmentedColormap.from_list("loss", [CARD, "#7FCEB9", "#00553E"])

# --- chapter 1 -------------------------------------------------------------------------------------------------------


@in_house_style()
def digit_grid(X, y):
    """Pictures with their labels, eight a row.  X (n, 64) ink in [0, 1], y (n,) labels."""
    rows = -(-len(X) // 8)
    fig, grid = new_figure(1.1 * rows, rows, 8, squeeze=False)
    for axes in grid.ravel():
        axes.axis("off")
    for axes, picture, label in zip(grid.ravel(), X, y, strict=False):
        _picture(axes, picture)
        axes.set_title(str(label), pad=3)
    return fig


def _picture(axes, picture):
    axes.imshow(np.reshape(picture, (8, 8)), cmap="Greys", vmin=0, vmax=1)
    axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))


@in_house_style()
def ink_regions(zero, one):
    """A 0 and a 1 large, middle and sides outlined, the mean ink of each written under it.  zero, one (64,)."""
    fig, pair = new_figure(4.2, columns=2)
    words = {"fontsize": 16, "fontweight": "bold", "color": dark(FORWARD), "ha": "center", "va": "center"}
    for axes, picture in zip(pair, (zero, one), strict=True):
        axes.axis("off")
        _picture(axes, picture)
        axes.set(xlim=(-0.6, 7.6), ylim=(9.0, -2.0))
        for column, dashes in ((1, DASHES), (5, DASHES), (3, "-")):
            box = Rectangle((column - 0.5, 1.5), 2, 4, fill=False, edgecolor=FORWARD, linewidth=3, linestyle=dashes)
            axes.add_patch(box).set_path_effects(CASED)
        axes.plot([3.5, 3.5], [1.5, -0.8], color=FORWARD, path_effects=CASED)
        axes.plot([1.5, 1.5, 5.5, 5.5], [5.5, 7.7, 7.7, 5.5], color=FORWARD, linestyle=DASHES, path_effects=CASED)
        ink = np.reshape(picture, (8, 8))[2:6]
        axes.text(3.5, -1.35, f"middle {ink[:, 3:5].mean():.2f}", **words)
        axes.text(3.5, 8.45, f"sides {ink[:, [1, 2, 5, 6]].mean():.2f}", **words)
    return fig


@in_house_style()
def ink_scatter(features, y):
    """Zeros and ones over their two features.  features (n, 2): middle ink, side ink; y (n,) of 0 and 1."""
    fig, axes = new_figure(4.6)
    two_classes(axes, features, y)
    return fig


def two_classes(axes, features, y):
    """Add zeros and ones over their two features to axes, each class labelled."""
    for label, name, at in ((0, "zeros", (0.1, 0.3)), (1, "ones", (0.84, 0.55))):
        look = {"s": 42, "linewidth": 0.7, "edgecolor": dark(CLASS[label]), "alpha": 0.75, "zorder": 2}
        axes.scatter(*features[y == label].T, color=CLASS[label], marker=MARKER[label], **look)
        axes.text(*at, name, fontsize=18, fontweight="bold", color=dark(CLASS[label]), ha="center")
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 0.75))
    axes.set(xlabel="x1: mean ink in the middle (no unit)", ylabel="x2: mean ink at the sides")


@in_house_style()
def neuron_line(features, y, w, b):
    """The line w[0] x1 + w[1] x2 + b = 0 among zeros and ones, its "1" side shaded, mistakes ringed, the number right.

    features (n, 2), y (n,) of 0 and 1, w (2,), b a number.
    """
    fig, axes = new_figure(4.6)
    two_classes(axes, features, y)
    neuron(axes, features, y, w, b)
    return fig


def neuron(axes, features, y, w, b):
    """Add a neuron's line, its "1" side, the rings and the number right to axes; returns these artists."""
    wrong = (features @ w + b > 0) != y
    score = f"{np.sum(~wrong)} of {len(y)} right"
    rings = axes.scatter(*features[wrong].T, s=120, facecolor="none", edgecolor=WRONG, linewidth=2, zorder=3)
    words = {"fontweight": "bold", "path_effects": CASED, "zorder": 4}
    artists = [rings, axes.text(1.02, 0.7, score, fontsize=18, ha="right", **words)]
    length = np.hypot(*w)
    if length > 0:
        centre, normal = np.array([0.5, 0.36]), np.asarray(w) / length
        far = (centre @ w + b) / length  # of the centre from the line
        foot, along = centre - far * normal, np.array([-normal[1], normal[0]])
        reach = 2 + abs(far)
        ends = np.array([foot - reach * along, foot + reach * along])
        side = np.concatenate([ends, ends[::-1] + 2 * reach * normal])
        artists += axes.fill(*side.T, color=CLASS[1], alpha=0.15, linewidth=0, zorder=0)
        artists += axes.plot(*ends.T, color=INK, linewidth=3, zorder=3)
    return artists


@in_house_style()
def step_and_logistic(logistic):
    """A decision and a degree: the step, and `logistic` (a function of an array), over the same sum."""
    fig, axes = new_figure(3.9)
    z = np.linspace(-6, 6, 241)
    axes.plot([-6.6, 0, 0], [0.5, 0.5, -0.05], color=QUIET, linewidth=1)
    axes.plot([-6, 0, 0, 6], [0, 0, 1, 1], color=QUIET, linestyle=DASHES)
    axes.plot(z, logistic(z), color=FORWARD, linewidth=3.5)
    axes.plot(0, 0.5, "o", color=FORWARD, markersize=10, markeredgecolor=INK)
    axes.text(1.9, 0.72, "logistic: a degree", color=dark(FORWARD), fontweight="bold")
    axes.text(-0.3, 1.0, "step: a decision", ha="right", va="center", color=QUIET, fontweight="bold")
    axes.set(xlabel="the weighted sum z (no unit)", ylabel="what the neuron says", yticks=[0, 0.5, 1])
    axes.set(xlim=(-6.6, 6.6), ylim=(-0.05, 1.08))
    return fig


@in_house_style()
def difference_error(slope, f, x, true):
    """The V: error of forward and central differences of f at x against h, both arms named, the best h marked.

    slope(f, x, h) is the central difference; true is f's slope at x.  Choose an f made of + - * / alone: its rounding
    errors, and so the figure's digest, are then the same on every machine.
    """
    h = np.array([float(f"1e-{power}") for power in range(1, 14)])  # read, not computed: the same on every machine
    forward = np.array([abs((f(x + step) - f(x)) / step - true) for step in h])
    central = np.array([abs(slope(f, x, step) - true) for step in h])
    best = np.argmin(central)
    fig, axes = new_figure(4.6)
    axes.loglog(h, forward, ".:", color=QUIET, markersize=11)
    axes.loglog(h, central, ".-", color=BACKWARD, markersize=11)
    axes.loglog(h[best], central[best], "o", markersize=14, markerfacecolor="none", markeredgecolor=INK)
    near = {"textcoords": "offset points", "fontweight": "bold"}
    axes.annotate(f"best: h = {h[best]:.0e}", (h[best], central[best]), (0, -24), ha="center", **near)
    axes.annotate("forward", (h[3], forward[3]), (-10, 4), color=QUIET, ha="right", **near)
    axes.annotate("central", (h[2], central[2]), (8, -12), color=dark(BACKWARD), **near)
    axes.text(0.03, 1.0, "h too small:\nfew digits left", transform=axes.transAxes, va="top")
    axes.text(1.0, 1.0, "h too large:\nthe curve bends", transform=axes.transAxes, va="top", ha="right")
    axes.set_ylim(central[best] / 50, 100 * max(forward[0], forward[-1]))
    axes.set(xlabel="h (no unit)", ylabel="error of the slope")
    return fig


@in_house_style()
def loss_curves(losses, ylabel="mean squared loss"):
    """Loss against step, one line a run, the name at the line's end.  losses: dict of name to (steps,)."""
    fig, axes = new_figure(4.2)
    ends = apart([loss[-1] for loss in losses.values()], 0.08 * max(np.max(loss) for loss in losses.values()))
    for (name, loss), end, shade in zip(losses.items(), ends, cycle(SHADES)):
        axes.plot(loss, color=shade)
        axes.text(1.02 * (len(loss) - 1), end, name, color=shade, fontweight="bold", va="center")
    axes.set(xlabel="step", ylabel=ylabel, ylim=(0, None))
    return fig


def apart(heights, gap):
    """The heights, moved up where they are nearer than gap to one below, so that labels do not overlap."""
    moved, floor = np.array(heights, dtype=float), -np.inf
    for i in np.argsort(moved):
        moved[i] = max(moved[i], floor)
        floor = moved[i] + gap
    return moved


@in_house_style()
def loss_map(loss, path, between=((-8, 20), (-14, 6))):
    """The loss over (w1, w2) as a map, and the path of gradient descent on it.

    loss(w) of w (2,) gives a number; path (steps, 2); between: the ends of w1, and of w2.
    """
    fig, axes = new_figure(4.6)
    landscape(axes, loss, between)
    descent(axes, loss, path)
    return fig


def landscape(axes, loss, between):
    """Add the loss over (w1, w2) to axes: the darker, the higher."""
    w1, w2 = (np.linspace(*ends, 41) for ends in between)
    heights = np.array([[loss(np.array([a, b])) for a in w1] for b in w2])
    axes.imshow(heights, extent=(*between[0], *between[1]), origin="lower", cmap=LOSS, interpolation="bicubic")
    axes.contour(w1, w2, heights, levels=10, colors=FORWARD, linewidths=0.8, alpha=0.6)
    axes.set(xlabel="w1 (no unit)", ylabel="w2", xlim=between[0], ylim=between[1])


def descent(axes, loss, path):
    """Add a path of gradient descent (steps, 2) to axes, the loss at both ends; returns these artists."""
    artists = axes.plot(*np.transpose(path), ".-", color=BACKWARD, markersize=10, path_effects=CASED)
    up = 1 if path[-1][1] > path[0][1] else -1  # the labels stand off the two ends, where the path is not
    for name, at, away in (("start", path[0], -up), (f"step {len(path) - 1}", path[-1], up)):
        right = at[0] > np.mean(axes.get_xlim())
        look = {"ha": "right" if right else "left", "va": "center", "fontweight": "bold", "path_effects": CASED}
        words = f"{name}: loss {loss(at):.3f}"
        artists.append(axes.annotate(words, at, (0, 18 * away), textcoords="offset points", **look))
    return artists


@in_house_style()
def bill(series, promise=3):
    """What one step costs: evaluations against number of weights, log-log, and the promise.

    series: dict of name to (k, 2) of weights and evaluations.  Later chapters add theirs.
    """
    fig, axes = new_figure(4.4)
    for (name, points), colour, marker in zip(series.items(), cycle((INK, BACKWARD, FORWARD)), cycle("os^")):
        weights, evaluations = np.transpose(points)
        axes.loglog(weights, evaluations, marker=marker, color=colour, markersize=9)
        axes.annotate(name, (weights[-1], evaluations[-1]), (-14, 0), textcoords="offset points", ha="right")
        for weight, evaluation in points:
            near = {"textcoords": "offset points", "ha": "left", "va": "top"}
            axes.annotate(f"{evaluation:,}", (weight, evaluation), (8, -2), color=dark(colour), **near)
    axes.axhline(promise, color=BACKWARD, linestyle=DASHES)
    axes.text(1e5, promise * 1.15, f"the promise: at most {promise}", color=dark(BACKWARD), ha="right")
    axes.set(xlabel="number of weights", ylabel="evaluations a step", xlim=(1, 1.2e5), ylim=(1, 1e5))
    return fig


@in_house_style()
def xor_points():
    """The four points of XOR and what each should be."""
    fig, axes = new_figure(4.2)
    for label, points in ((0, [(0, 0), (1, 1)]), (1, [(0, 1), (1, 0)])):
        look = {"s": 320, "color": CLASS[label], "marker": MARKER[label], "edgecolor": dark(CLASS[label])}
        axes.scatter(*np.transpose(points), **look)
        for point in points:
            near = {"textcoords": "offset points", "fontsize": 20, "fontweight": "bold", "va": "center"}
            axes.annotate(str(label), point, (16, 0), color=dark(CLASS[label]), **near)
    axes.set(xlabel="x1", ylabel="x2", xticks=[0, 1], yticks=[0, 1], xlim=(-0.4, 1.5), ylim=(-0.3, 1.3), aspect="equal")
    return fig


@in_house_style()
def secant_and_tangent(f, x, h, true):
    """A function of one number, the secant of its central difference through x - h and x + h, and the tangent at x.

    f takes arrays; true is the slope of f at x.
    """
    fig, axes = new_figure(4.4)
    near, wide = np.array([x - h, x, x + h]), np.linspace(x - 3 * h, x + 1.6 * h, 200)
    secant = (f(x + h) - f(x - h)) / (2 * h)
    axes.plot(wide, f(wide), color=FORWARD, linewidth=3.5)
    reach = x + 1.5 * h * np.array([-1, 1])
    axes.plot(reach, f(x - h) + secant * (reach - x + h), color=INK, linestyle=DASHES)
    axes.plot(reach, f(x) + true * (reach - x), color=BACKWARD)
    axes.plot(near, f(near), "o", color=FORWARD, markersize=10, markeredgecolor=INK)
    axes.set(xticks=near, xticklabels=["x − h", "x", "x + h"], ylabel="f(x)")
    end = reach[1]
    words = {"va": "center", "fontweight": "bold"}
    axes.text(end, f(x - h) + secant * (end - x + h), f"  secant: slope {secant:.3f}", **words)
    axes.text(end, f(x) + true * (end - x), f"  tangent: slope {true:.3f}", color=dark(BACKWARD), **words)
    return fig
