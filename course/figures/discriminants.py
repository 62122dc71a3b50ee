"""The figures and the widget of chapter 2: lines, their arrows, distances, templates, and a staircase."""

import ipywidgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, TwoSlopeNorm
from matplotlib.patches import Rectangle

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
from course.figures.plots import CASED, LOSS, neuron, two_classes
from course.figures.widgets import WIDE, live

THIRD, THIRD_MARKER = "#595959", "s"  # a third class: dark grey squares
SIGNED = LinearSegmentedColormap.from_list("signed", [CLASS[0], CARD, CLASS[1]])
BOLD = {"fontweight": "bold", "path_effects": CASED}


@in_house_style()
def sums(w, b, between=((-3, 5), (-3, 3))):
    """The neuron's sum written at every whole point of the plane, its line, and its weights as an arrow from the line.

    w (2,) and b a number; between: the first and last x1, and x2
    """
    fig, axes = new_figure(4.8)
    x1, x2 = (np.arange(first, last + 1) for first, last in between)
    points = np.array([(p, q) for p in x1 for q in x2])
    for point, z in zip(points, points @ w + b, strict=True):
        colour = INK if z == 0 else dark(CLASS[int(z > 0)])
        look = {"fontsize": 18, "fontweight": "bold"} if z == 0 else {"fontsize": 13}
        word = f"{z:.0f}".replace("-", "\N{MINUS SIGN}")
        axes.text(*point, word, color=colour, ha="center", va="center", path_effects=CASED, zorder=3, **look)
    zeros = points[points @ w + b == 0]
    along = np.array([-w[1], w[0]])
    axes.plot(*(zeros[0] + np.outer([-9, 9], along)).T, color=INK, linewidth=3, alpha=0.35, zorder=1)
    _arrow(axes, zeros[len(zeros) // 2], w)
    axes.set(xlabel="x1 (no unit)", ylabel="x2", aspect="equal", xticks=x1, yticks=x2)
    axes.set(xlim=np.add(between[0], (-0.5, 0.5)), ylim=np.add(between[1], (-0.5, 0.5)))
    return fig


def _arrow(axes, start, step):
    look = {"arrowstyle": "-|>", "color": FORWARD, "linewidth": 4, "mutation_scale": 22, "shrinkA": 0, "shrinkB": 0}
    return axes.annotate("", np.add(start, step), start, arrowprops=look, zorder=2)


@in_house_style()
def far_and_near(pictures, features, y, w, b, distance):
    """Seven pictures from the farthest 0 to the farthest 1, the worst mistakes among them, and their ways to the line.

    pictures (n, 64), features (n, 2), y (n,) of 0 and 1, w (2,), b a number, distance (n,) signed, from the line
    """
    fig, grid = new_figure(5.9, rows=2, columns=7, gridspec_kw={"height_ratios": [4.4, 1]})
    for axes in grid[0]:
        axes.remove()
    top = fig.add_subplot(grid[0, 0].get_gridspec()[0, :])
    two_classes(top, features, y)
    line = neuron(top, features, y, w, b)
    line[1].remove()  # the score
    distance = np.round(distance, 9)  # pictures with equal features are told apart by their place alone
    ticks = np.linspace(distance.min(), distance.max(), 7)
    chosen = [int(np.argmin(np.abs(distance - tick))) for tick in ticks]
    mistakes = np.where((distance > 0) != y, distance, 0)
    chosen[2:4] = int(np.argmin(mistakes)), int(np.argmax(mistakes))
    normal = np.asarray(w) / np.hypot(*w)
    for number, (axes, i) in enumerate(zip(grid[1], chosen, strict=True), 1):
        ends = np.array([features[i], features[i] - distance[i] * normal])
        top.plot(*ends.T, color=FORWARD, path_effects=CASED, zorder=3)
        top.plot(*ends[1], "o", color=FORWARD, markersize=7, markeredgecolor=INK, zorder=4)
        top.plot(*ends[0], marker=MARKER[y[i]], color=CLASS[y[i]], markersize=11, markeredgecolor=INK, zorder=4)
        near = {"textcoords": "offset points", "ha": "center", "va": "center", "fontsize": 16, "zorder": 5}
        top.annotate(str(number), ends[0], (0, 16), **near, **BOLD)
        _picture(axes, pictures[i], cmap="Greys", vmin=0, vmax=1)
        axes.set_title(f"{number}", fontweight="bold", pad=3)
        axes.text(3.5, 9.0, f"{distance[i]:+.2f}".replace("-", "\N{MINUS SIGN}"), ha="center", va="center")
        axes.set_ylim(10.0, -0.6)
    top.set(xlim=(-0.03, 1.03), ylim=(-0.03, 0.78), aspect="equal")
    return fig


def _picture(axes, picture, **look):
    axes.axis("off")
    axes.imshow(np.reshape(picture, (8, 8)), **look)
    axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))


@in_house_style()
def arrow_and_offset(features, y, angle, offset):
    """A line by its arrow's angle in degrees and its offset, the way along the arrow from the origin to the line.

    features (n, 2), y (n,) of 0 and 1
    """
    fig, axes = new_figure(5.0)
    _with_origin(axes, features, y)
    _turned(axes, features, y, angle, offset)
    return fig


def _with_origin(axes, features, y):
    two_classes(axes, features, y)
    axes.plot([0, 0, -0.3], [0.9, -0.3, -0.3], color=CARD, linewidth=0)  # nothing is cut off on the way
    axes.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.texts[0].set_position((-0.1, 0.33))  # off the line that the sliders start with
    axes.set(xlim=(-0.2, 1.05), ylim=(-0.22, 0.78), aspect="equal")


def _turned(axes, features, y, angle, offset):
    """Add the line of an angle and an offset, its arrow and the way to it from the origin; returns these artists."""
    normal = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    artists = neuron(axes, features, y, normal, -offset)
    centre = np.array([0.45, 0.3])
    foot = centre - (centre @ normal - offset) * normal
    artists += axes.plot(*np.array([[0, 0], offset * normal]).T, color=BACKWARD, linestyle=DASHES, zorder=3)
    artists += axes.plot(0, 0, "o", color=BACKWARD, markersize=8, zorder=3)
    artists.append(_arrow(axes, foot, 0.16 * normal))
    return artists


def arrow_sliders(features, y):
    """Turn a line's arrow and slide its offset, two knobs instead of three, and read how many pictures are right.

    features (n, 2): middle ink, side ink; y (n,) of 0 and 1
    """
    with in_house_style():
        fig, axes = new_figure(5.0)
        _with_origin(axes, features, y)
    sliders = [
        ipywidgets.IntSlider(45, description="angle (degrees)", min=-180, max=180, **WIDE),
        ipywidgets.FloatSlider(0.35, description="offset", min=-0.6, max=0.9, step=0.01, readout_format=".2f", **WIDE),
    ]

    def draw(angle, offset):
        normal = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        right = np.sum((features @ normal - offset > 0) == y)
        words = f"angle {angle} degrees, offset {offset:.2f}: {right} of {len(y)} right ({100 * right / len(y):.1f} %)"
        return _turned(axes, features, y, angle, offset), words

    return live(fig, draw, sliders, "Back to the start")


@in_house_style()
def three_lines(features, y, W, b, predict, names):
    """Three neurons' lines, what `predict` says in every place, and hatched the places where no sum is above 0.

    features (n, 2), y (n,) of 0, 1, 2, W (2, 3), b (3,); predict(X, W, b) gives (n,) of 0, 1, 2; names of the classes
    """
    fig, axes = new_figure(4.8)
    x1, x2 = np.linspace(-0.03, 1.03, 212), np.linspace(-0.03, 0.81, 168)  # between round numbers: no ties
    plane = np.stack(np.meshgrid(x1, x2), axis=-1)
    said = np.reshape(predict(plane.reshape(-1, 2), W, b), plane.shape[:2])
    highest = np.max(plane @ W + b, axis=-1)
    colours, extent = (*CLASS, THIRD), (x1[0], x1[-1], x2[0], x2[-1])
    look = {"cmap": ListedColormap(colours), "vmin": 0, "vmax": 2, "alpha": 0.2, "interpolation": "nearest"}
    axes.imshow(said, extent=extent, origin="lower", zorder=0, **look)
    axes.contourf(x1, x2, highest, [-1e9, 0], colors="none", hatches=["//"], zorder=1)
    if (highest <= 0).any():
        axes.text(*plane[highest <= 0].mean(axis=0), "nobody", ha="center", va="center", zorder=3, **BOLD)
    for j, (colour, marker) in enumerate(zip(colours, (*MARKER, THIRD_MARKER), strict=True)):
        axes.contour(x1, x2, plane @ W[:, j] + b[j], levels=[0], colors=[dark(colour)], linewidths=3)
        dots = {"s": 26, "linewidth": 0.6, "edgecolor": dark(colour), "alpha": 0.7, "zorder": 2}
        axes.scatter(*features[y == j].T, color=colour, marker=marker, **dots)
        centre = features[y == j].mean(axis=0)
        axes.text(*centre, names[j], fontsize=26, color=dark(colour), ha="center", va="center", zorder=3, **BOLD)
    axes.set(xlabel="x1: mean ink in the middle (no unit)", ylabel="x2: mean ink at the sides", aspect="equal")
    return fig


@in_house_style()
def template(w, b, zero, one):
    """A neuron's 64 weights as a picture, and what each pixel of a 0 and of a 1 adds to the sum.

    w (64,), b a number, zero and one (64,) ink
    """
    fig, row = new_figure(2.9, columns=3)
    largest = np.max(np.abs(w))
    norm = TwoSlopeNorm(0, -largest, largest)
    panels = [
        ("the weights", w),
        *(("the weights \N{MULTIPLICATION SIGN} a " + n, w * x) for n, x in (("0", zero), ("1", one))),
    ]
    for axes, (title, picture) in zip(row, panels, strict=True):
        _picture(axes, picture, cmap=SIGNED, norm=norm)
        axes.set_title(title)
        axes.set_ylim(8.9, -0.6)
    for axes, x in zip(row[1:], (zero, one), strict=True):
        word = f"sum {x @ w + b:+.1f}".replace("-", "\N{MINUS SIGN}")
        axes.text(3.5, 8.2, word, ha="center", va="center", fontweight="bold")
    row[0].text(3.5, 8.2, f"bias {b:+.1f}".replace("-", "\N{MINUS SIGN}"), ha="center", va="center")
    return fig


@in_house_style()
def templates(T, said, scaled, true):
    """A template for each class, and how often it wins: by its sum, at length 1, and how often it should.

    T (64, k); said, scaled and true (k,) whole numbers
    """
    fig, grid = new_figure(4.2, rows=2, columns=T.shape[1] // 2)
    for j, axes in enumerate(grid.ravel()):
        _picture(axes, T[:, j], cmap="Greys", vmin=0, vmax=1)
        axes.set_ylim(11.5, -0.6)
        axes.text(3.5, 8.8, f"{said[j]} \N{RIGHTWARDS ARROW} {scaled[j]}", ha="center", va="center", fontweight="bold")
        axes.text(3.5, 10.6, f"of {true[j]}", ha="center", va="center", color=QUIET)
    return fig


@in_house_style()
def two_losses(count, squares, between=((-8, 20), (-14, 6)), near=((4, 5), (-6.5, -5.5))):
    """Two losses over (w1, w2) as maps side by side; below, the little square `near` of each, many times larger.

    The start of a descent is the middle of `near`; each map has its own scale.

    count(w) and squares(w) of w (2,) give a number; between and near: the ends of w1, and of w2
    """
    fig, grid = new_figure(6.4, rows=2, columns=2)
    for row, ends, points in zip(grid, (between, near), (57, 97), strict=True):  # no picture lies on one of these lines
        w1, w2 = (np.linspace(*e, points) for e in ends)
        for axes, loss in zip(row, (count, squares), strict=True):
            heights = np.array([[loss(np.array([p, q])) for p in w1] for q in w2])
            axes.imshow(heights, extent=(*ends[0], *ends[1]), origin="lower", cmap=LOSS, aspect="auto")
            axes.plot(*np.mean(near, axis=1), "o", color=BACKWARD, markersize=5 if ends is between else 10)
            axes.set(xlim=ends[0], ylim=ends[1])
    for axes, name in zip(grid[0], ("counting: share wrong", "squares: mean"), strict=True):
        axes.set_title(name)
        corner, size = np.transpose(near)[0], np.ptp(near, axis=1)
        axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=INK, linewidth=2))
    for axes in grid[1]:
        axes.set_xlabel("w1 (no unit)")
    for axes in grid[:, 0]:
        axes.set_ylabel("w2")
    return fig
