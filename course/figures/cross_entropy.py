"""Chapter 4's figures and its widget: each takes data (where it is a payoff, the learner's functions) and draws."""

import ipywidgets
import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from course.figures.discriminants import SIGNED
from course.figures.house import (
    BACKWARD,
    CARD,
    DASHES,
    FORWARD,
    INK,
    QUIET,
    WRONG,
    dark,
    in_house_style,
    new_figure,
)
from course.figures.plots import CASED
from course.figures.widgets import WIDE, drawn, live


@in_house_style()
def coin(tosses, p):
    """How probable the tosses are under every claim p for heads, one claim marked.  tosses (n,) of 0 and 1."""
    fig, axes = new_figure(4.2)
    claims(axes, tosses)
    claim(axes, tosses, p)
    return fig


def claims(axes, tosses):
    """Add the likelihood over all claims p to axes."""
    p = np.linspace(0, 1, 201)
    axes.plot(p, _likelihood(p, tosses), color=FORWARD, linewidth=3.5)
    axes.set(xlabel="p: the claimed probability of heads", ylabel="likelihood of the ten tosses")
    axes.set(xlim=(0, 1), ylim=(0, 0.0029), yticks=[0, 0.001, 0.002])


def claim(axes, tosses, p):
    """Add one claim to axes; returns its artists."""
    height = _likelihood(p, tosses)
    artists = axes.plot([p, p], [0, height], color=INK, linestyle=DASHES)
    artists += axes.plot([p], [height], "o", color=FORWARD, markersize=13, markeredgecolor=INK)
    words = {"fontsize": 18, "fontweight": "bold", "path_effects": CASED, "va": "top"}
    return [*artists, axes.text(0.03, 0.0028, f"p = {p:.2f}\nlikelihood {height:.6f}", **words)]


def _likelihood(p, tosses):
    heads = np.sum(tosses)
    return p**heads * (1 - p) ** (len(tosses) - heads)


def coin_slider(tosses):
    """Slide the claim p to where the tosses are most probable.  tosses (n,) of 0 and 1."""
    fig, axes = drawn(claims, tosses)
    slider = ipywidgets.FloatSlider(0.5, description="claim p", min=0, max=1, step=0.01, readout_format=".2f", **WIDE)

    def draw(p):
        return claim(axes, tosses, p), f"p = {p:.2f}: the ten tosses have the likelihood {_likelihood(p, tosses):.6f}"

    return live(fig, draw, [slider], "Back to 0.5")


@in_house_style()
def punishments(loss):
    """What a probability p is charged where the label is 1: squared, and by loss(p, y) of two arrays (m,)."""
    fig, axes = new_figure(4.4)
    p = np.array([0.999, *(10 ** (-k / 10) for k in range(1, 41))])  # at 1 a loss of log(1 - p) would warn
    log_loss = np.array([float(loss(np.array([q]), np.array([1.0]))) for q in p])
    axes.semilogx(p, (1 - p) ** 2, color=QUIET, linestyle=DASHES)
    axes.semilogx(p, log_loss, color=FORWARD, linewidth=3.5)
    near = {"textcoords": "offset points", "fontweight": "bold", "path_effects": CASED}
    for k in (40, 20):
        axes.plot(p[k], log_loss[k], "o", color=FORWARD, markersize=11, markeredgecolor=INK)
        axes.plot(p[k], (1 - p[k]) ** 2, "o", color=QUIET, markersize=9)
        axes.annotate(f"{log_loss[k]:.2f}", (p[k], log_loss[k]), (14, 2), color=dark(FORWARD), **near)
        axes.annotate(f"{(1 - p[k]) ** 2:.4f}", (p[k], 1), (6, 8), color=QUIET, **near)
    axes.text(0.0035, 7.0, "minus log p", color=dark(FORWARD), fontweight="bold")
    axes.text(0.0012, 1.45, "squared", color=QUIET, fontweight="bold")
    axes.set(xlabel="what the neuron says for a true 1 (no unit)", ylabel="what the loss charges")
    axes.set(xlim=(0.7e-4, 1.6), ylim=(-0.3, 10), xticks=[1e-4, 1e-2, 1], xticklabels=["0.0001", "0.01", "1"])
    axes.xaxis.set_minor_locator(NullLocator())
    return fig


@in_house_style()
def growing(steps, lengths, losses):
    """Length of the weights after some steps, a log scale, with the loss at each.  steps, lengths, losses (m,)."""
    fig, axes = new_figure(4.0)
    axes.semilogx(steps, lengths, "o-", color=FORWARD, markersize=11, markeredgecolor=INK)
    near = {"textcoords": "offset points", "ha": "right", "fontweight": "bold", "path_effects": CASED}
    for step, length, loss in zip(steps, lengths, losses, strict=True):
        axes.annotate(f"loss {loss:.2g}", (step, length), (-10, 8), **near)
    axes.set(xlabel="steps", ylabel="length of the weights (no unit)", ylim=(0, 1.15 * max(lengths)))
    axes.set(xlim=(min(steps) / 14, 1.5 * max(steps)), xticks=steps, xticklabels=[f"{step:,}" for step in steps])
    axes.xaxis.set_minor_locator(NullLocator())
    return fig


@in_house_style()
def two_ways(z):
    """The graph of L = u v with u = 2 z and v = z * z: values in the nodes, slopes on the arrows.  z a number."""
    fig, axes = new_figure(4.2)
    u, v = 2 * z, z * z
    at = {"z": (0.0, 0.0), "u": (1.0, 0.85), "v": (1.0, -0.85), "L": (2.0, 0.0)}
    values = {"z": f"z = {z:g}", "u": f"u = 2z = {u:g}", "v": f"v = z² = {v:g}", "L": f"L = uv = {u * v:g}"}
    slopes = {("z", "u"): 2.0, ("z", "v"): 2 * z, ("u", "L"): v, ("v", "L"): u}
    arrow = {"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 2.5, "mutation_scale": 20}
    for (start, end), slope in slopes.items():
        (x0, y0), (x1, y1) = at[start], at[end]
        ends = (x0 + 0.24 * (x1 - x0), y0 + 0.24 * (y1 - y0)), (x0 + 0.74 * (x1 - x0), y0 + 0.74 * (y1 - y0))
        axes.annotate("", ends[1], ends[0], arrowprops=arrow)
        left, up = start == "z", "u" in (start, end)
        look = {"color": dark(BACKWARD), "ha": "right" if left else "left", "va": "center", "fontweight": "bold"}
        axes.text(0.36 if left else 1.64, 0.55 if up else -0.55, f"slope {slope:g}", **look)
    box = {"boxstyle": "round,pad=0.5", "facecolor": CARD, "edgecolor": FORWARD, "linewidth": 2.5}
    for node, place in at.items():
        axes.text(*place, values[node], color=dark(FORWARD), fontsize=16, ha="center", va="center", bbox=box)
    axes.set(xlim=(-0.3, 2.4), ylim=(-1.2, 1.2))
    axes.axis("off")
    return fig


@in_house_style()
def splits(random, in_order):
    """Test accuracies of several random splits, their mean, and that of the split in file order.  random (m,)."""
    fig, axes = new_figure(3.2)
    random, in_order = 100 * np.asarray(random, dtype=float), 100 * float(in_order)
    mean = random.mean()
    axes.plot([mean, mean], [-0.2, 0.75], color=INK)
    axes.plot(np.sort(random), _stacked(np.sort(random)), "o", color=FORWARD, markersize=12, markeredgecolor=INK)
    axes.plot([in_order], [0], "D", color=WRONG, markersize=13, markeredgecolor=INK)
    words = {"ha": "center", "fontweight": "bold"}
    axes.text(mean, 0.8, f"{len(random)} random splits\nmean {mean:.1f} %", color=dark(FORWARD), va="bottom", **words)
    axes.text(in_order, 0.45, f"file order\n{in_order:.1f} %", color=dark(WRONG), va="bottom", **words)
    axes.set(xlabel="test pictures read right (%)", xlim=(88, 100), ylim=(-0.3, 1.6), yticks=[])
    axes.spines["left"].set_visible(False)
    return fig


def _stacked(places):
    """Heights at which dots at `places` (m,), sorted, stand on one another instead of overlapping."""
    heights, tops = [], []
    for place in places:
        level = next((i for i, top in enumerate(tops) if place - top > 0.4), len(tops))
        tops[level : level + 1] = [place]
        heights.append(0.22 * level)
    return heights


@in_house_style()
def losses(steps, seen, unseen):
    """The loss over the steps on the training pictures and on the test pictures.  steps, seen, unseen (m,)."""
    fig, axes = new_figure(4.2)
    axes.plot(steps, unseen, color=WRONG, linestyle=DASHES)
    axes.plot(steps, seen, color=FORWARD)
    words = {"fontweight": "bold", "ha": "right", "path_effects": CASED}
    for loss, name, colour in ((unseen, "test pictures", WRONG), (seen, "training pictures", FORWARD)):
        axes.text(steps[-1], loss[-1] + 0.1, f"{name}: {loss[-1]:.2f}", color=dark(colour), **words)
    axes.set(xlabel="step", ylabel="cross-entropy", xlim=(0, 1.02 * steps[-1]), ylim=(0, 2.4))
    return fig


@in_house_style()
def templates(W):
    """The columns of W (64, 10) as pictures: what speaks for a digit, and what against it."""
    fig, grid = new_figure(3.3, 2, 5)
    reach = np.max(np.abs(W))
    for digit, axes in enumerate(grid.ravel()):
        axes.axis("off")
        axes.imshow(np.reshape(W[:, digit], (8, 8)), cmap=SIGNED, vmin=-reach, vmax=reach)
        axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))
        axes.set_title(str(digit), pad=3)
    return fig


@in_house_style()
def mistakes(X, y, P):
    """The eight most confident mistakes, with their charges.  X (n, 64), y (n,) labels, P (n, 10) probabilities."""
    read = np.argmax(P, axis=1)
    wrong = np.flatnonzero(read != y)
    worst = wrong[np.argsort(-P[wrong, read[wrong]], kind="stable")][:8]
    fig, grid = new_figure(4.9, 2, 4)
    for axes in grid.ravel():
        axes.axis("off")
    for axes, i in zip(grid.ravel(), worst, strict=False):
        axes.imshow(np.reshape(X[i], (8, 8)), cmap="Greys", vmin=0, vmax=1)
        axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))
        axes.set_title(f"{y[i]} read as {read[i]}", pad=4, fontweight="bold", fontsize=15)
        words = f"{100 * P[i, read[i]]:.0f} % sure\ncharged {-np.log(P[i, y[i]]):.1f}"
        axes.text(3.5, 8.0, words, ha="center", va="top")
    return fig
