"""Chapter 7's figures and its widget, drawn in CSS pixels, 640 across, downwards from the top.

A Jacobian with three or four indices is a mosaic: a tile for each entry of the value, in it a cell for each entry that
the value depends on.  What holds copies of forward values is green, what comes back is orange, as everywhere.
"""

import textwrap

import ipywidgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from course.figures.discriminants import SIGNED
from course.figures.house import BACKWARD, CARD, FORWARD, INK, QUIET, WIDTH, dark, in_house_style, new_figure
from course.figures.widgets import WIDE, live

ZERO = "#EDEDE8"
FOUND = LinearSegmentedColormap.from_list("found", ["#C9EADF", "#4DBB99"]).with_extremes(bad=ZERO)
CAME = LinearSegmentedColormap.from_list("came", ["#FADFCD", "#F0A070"]).with_extremes(bad=ZERO)
LINE = 24  # from one line of text to the next
GAP = 28  # between two tiles
SIDE = 360  # of the square that stands for the dense tensor
MIDDLE = {"ha": "center", "va": "center"}
SMALL = {**MIDDLE, "color": QUIET, "fontsize": 13}
CHIP = {**MIDDLE, "color": CARD, "fontweight": "bold", "fontsize": 13, "zorder": 4}
CHIP["bbox"] = {"boxstyle": "round,pad=0.2", "facecolor": INK, "edgecolor": "none"}
VALUE = {"color": dark(FORWARD), "fontweight": "bold"}
GRADIENT = {"color": dark(BACKWARD), "fontweight": "bold"}


# --- the mosaic ------------------------------------------------------------------------------------------------------


@in_house_style()
def mosaic(J, value="Y", by="W", letters="ijac", agree="jc", marks=True):
    """A Jacobian of four indices, or three, as a grid of grids: a tile for each entry of value, a cell for each of by.

    J (n, k, d, k), or (k, d, k) as one row of tiles; letters: one for each index
    agree: the index of value and the one of by that are equal wherever a slope is not 0; marks: frame those cells
    """
    J = np.array(J, dtype=float)
    rows, columns, height, width = (1, *J.shape)[-4:]
    cell = min((555 - GAP * (columns - 1)) / (columns * width), 70), min(420 / (rows * height), 30)
    across, down = _step((height, width), cell)
    fig, axes = _canvas(rows * down + 2 * LINE)
    left = 330 - (columns * across - GAP) / 2
    _mosaic(axes, (left, LINE), J, cell, letters, agree if marks else None, value)
    outer, inner = ", ".join(letters[:-2]), ", ".join(letters[-2:])
    words = f"tile {value}[{outer}], cell {by}[{inner}]: {letters[-2]} down, {letters[-1]} across"
    axes.text(25, rows * down + 0.7 * LINE, words, va="center")
    if marks:
        axes.text(620, rows * down + 0.7 * LINE, " = ".join(agree), **{**CHIP, "ha": "right", "fontsize": 14})
    return fig


def _step(shape, cell):
    """From one tile of such a shape to the next: across, down."""
    return shape[1] * cell[0] + GAP, shape[0] * cell[1] + 2 * LINE + 8


def _mosaic(axes, corner, J, cell, letters, agree, value, factors=None):
    """Add the tiles of J to axes, the cells of the first one from corner on.

    Over each tile stands its entry of value, or, where there are factors (n, k), its factor.
    """
    step, most, single = _step(J.shape[-2:], cell), np.max(np.abs(J)), J.ndim == 3
    for i, j in np.ndindex((1, *J.shape)[-4:-2]):
        indices = (j,) if single else (i, j)
        at = np.add(corner, np.multiply((j, i), step))
        over = at[0] + J.shape[-1] * cell[0] / 2, at[1] - LINE / 2
        if factors is None:
            _entry(axes, over, value, indices, letters.index(agree[0]) if agree else None)
        else:
            axes.text(*over, f"{_number(factors[i, j])} ×", **GRADIENT, **MIDDLE)
        same = [None, None]
        if agree:
            same[letters[-2:].index(agree[1])] = indices[letters.index(agree[0])]
        _tile(axes, at, J[indices], cell, most, same, j == 0)


def _entry(axes, at, value, indices, marked):
    """The name of an entry, the index at place `marked` as a chip; at is the middle of it."""
    indices = list(map(str, indices))
    if marked is None:
        return axes.text(*at, f"{value}[{', '.join(indices)}]", fontsize=13, **VALUE, **MIDDLE)
    before = f"{value}[" + "".join(f"{index}, " for index in indices[:marked])
    after = "".join(f", {index}" for index in indices[marked + 1 :]) + "]"
    middle = at[0] + 5.5 * (len(before) - len(after))
    axes.text(middle - 10, at[1], before, ha="right", va="center", fontsize=13, **VALUE)
    axes.text(middle + 10, at[1], after, ha="left", va="center", fontsize=13, **VALUE)
    return axes.text(middle, at[1], indices[marked], **CHIP)


def _tile(axes, at, J, cell, most, same, rows):
    """Add a tile to axes, a frame around its row or column `same`, and the numbers of both; returns the artists."""
    quiet, framed = J == 0, any(place is not None for place in same)
    if framed:  # a 0 in the frame happens to be 0, the others have to be
        quiet[tuple(slice(None) if place is None else place for place in same)] = False
    artists = [*_cells(axes, at, J, cell, FOUND, most, quiet), *_numbers(axes, at, J.shape, cell, same, rows)]
    return [*artists, _frame(axes, at, J.shape, cell, same)] if framed else artists


# --- one tile --------------------------------------------------------------------------------------------------------


def slice_picker(J, X, at=(0, 1)):
    """Pick an entry of Y and see its slice of the Jacobian beside the row of X that it copies.

    J (n, k, d, k) along W; X (n, d); at: the entry shown first
    """
    J = np.array(J, dtype=float)
    with in_house_style():
        fig, axes, places = _beside(J, X)
    sliders = [
        ipywidgets.IntSlider(start, description=name, min=0, max=size - 1, **WIDE)
        for name, start, size in zip(("i, row of Y", "j, column of Y"), at, J.shape, strict=False)
    ]
    return live(fig, lambda i, j: (_picked(axes, places, J, i, j), _told(J, X, i, j)), sliders, "Back to the start")


@in_house_style()
def one_slice(J, X, i, j):
    """What slice_picker shows for one entry of Y: its place, the row of X, and the slice.  J (n, k, d, k), X (n, d)."""
    J = np.array(J, dtype=float)
    fig, axes, places = _beside(J, X)
    _picked(axes, places, J, i, j)
    return fig


def _beside(J, X):
    """What stays when another entry is picked; returns figure, axes and (cell, places of Y, of X, of the slice)."""
    (n, k, d, _), left, places = J.shape, 35, []
    cell = min(490 / (2 * k + d), 54), 32
    gap = (575 - (2 * k + d) * cell[0]) / 2
    fig, axes = _canvas(max(n, d) * cell[1] + 2.8 * LINE)
    for columns in (k, d, k):
        places.append((left, 1.4 * LINE))
        left += columns * cell[0] + gap
    _over(axes, places[0], (n, k), cell, "Y")
    _over(axes, places[1], (n, d), cell, "X")
    _cells(axes, places[0], np.zeros((n, k)), cell, FOUND, 1, write=False)
    for i, j in np.ndindex(n, k):
        axes.text(*np.add(places[0], np.multiply((j + 0.5, i + 0.5), cell)), f"{i}, {j}", **SMALL)
    _cells(axes, places[1], X, cell, FOUND, np.max(np.abs(X)))
    return fig, axes, (cell, *places)


def _picked(axes, places, J, i, j):
    (n, _, d, k), (cell, of_y, of_x, of_slice) = J.shape, places
    artists = [axes.text(*np.add(of_y, np.multiply((j + 0.5, i + 0.5), cell)), f"{i}, {j}", **{**CHIP, "fontsize": 13})]
    artists += [_frame(axes, of_x, (n, d), cell, (i, None)), *_numbers(axes, of_x, (n, d), cell, (i, None), True)]
    artists.append(_over(axes, of_slice, (d, k), cell, f"slopes of Y[{i}, {j}]"))
    return artists + _tile(axes, of_slice, J[i, j], cell, np.max(np.abs(J)), (None, j), True)


def _told(J, X, i, j):
    (columns,) = np.nonzero(np.any(J[i, j], axis=0))
    found = "; ".join(f"column {c}: " + ", ".join(map(_number, J[i, j][:, c])) for c in columns)
    row = ", ".join(map(_number, X[i]))
    return f"Slopes of Y[{i}, {j}] along W that are not 0: {found or 'none'}. Row {i} of X: {row}."


# --- contraction -----------------------------------------------------------------------------------------------------


@in_house_style()
def contraction(G, J, parts=("ij", "ijac", "ac"), entry=(0, 0)):
    """einsum's string, and under its parts their tables: G, the mosaic with G's numbers over the tiles, and dW.

    G (n, k), dL/dY; J (n, k, d, k), dY/dW; parts: letters of G, of J, of what is kept
    entry: the one of dW that is framed, its terms written out below
    """
    G, J = np.array(G, dtype=float), np.array(J, dtype=float)
    (n, k), (d, width), dW = G.shape, J.shape[2:], np.einsum("{},{}->{}".format(*parts), G, J)
    cell = min((460 - GAP * (k - 1)) / (k * width + k + width), 50), min(300 / (n * d), 30)
    (across, down), top = _step((d, width), cell), 4.2 * LINE
    sizes = k * cell[0], k * across - GAP, width * cell[0]
    lefts = 50, 337 + (sizes[0] - sizes[1] - sizes[2]) / 2, 625 - sizes[2]
    fig, axes = _canvas(top + n * down + 1.5 * LINE)
    for left, values in ((lefts[0], G), (lefts[2], dW)):
        _cells(axes, (left, top), values, cell, CAME, np.max(np.abs(values)))
        _numbers(axes, (left, top), values.shape, cell, (None, None), True)
    _mosaic(axes, (lefts[1], top), J, cell, parts[1], None, "Y", factors=G)
    for left, size, shape, part in zip(lefts, sizes, (G.shape, (d, width), dW.shape), parts, strict=True):
        below = top + shape[0] * cell[1] + 1.3 * LINE + (len(part) > 2) * (n - 1) * down  # the last tile's
        _letter(axes, (left - 1.3 * LINE, top + shape[0] * cell[1] / 2), part[-2], parts[2], 15)
        _letter(axes, (left + shape[1] * cell[0] / 2, below), part[-1], parts[2], 15)
        for place, letter in enumerate(part):
            _letter(axes, (left + size / 2 + 17 * (place - (len(part) - 1) / 2), 0.8 * LINE), letter, parts[2], 22)
    middles = [left + size / 2 for left, size in zip(lefts, sizes, strict=True)]
    _letter(axes, ((middles[0] + middles[1]) / 2, 0.8 * LINE), ",", parts[2], 22)
    _letter(axes, ((middles[1] + middles[2]) / 2, 0.8 * LINE), "->", parts[2], 22)
    for middle, words in zip(middles, ("G came back", "number × tile", "sum: dW"), strict=True):
        axes.text(middle, 1.95 * LINE, words, fontsize=13, **MIDDLE)
    _frame(axes, (lefts[2], top), dW.shape, cell, entry, BACKWARD)
    for i, j in np.ndindex(n, k):
        _frame(axes, (lefts[1] + j * across, top + i * down), (d, width), cell, entry, BACKWARD)
    terms = [f"{_factor(g)} · {_factor(slope)}" for g, slope in zip(G.ravel(), J[:, :, *entry].ravel(), strict=True)]
    words = f"dW[{entry[0]}, {entry[1]}] = {' + '.join(terms)} = {_number(dW[entry])}"
    axes.text(320, top + n * down + LINE / 2, words, fontsize=14 if len(words) < 58 else 12, **MIDDLE)
    return fig


def _letter(axes, at, letter, kept, size):
    """Add a letter of einsum's string to axes, dark if it is kept, orange if it is summed over."""
    colour = INK if letter in kept else dark(BACKWARD) if letter.isalpha() else QUIET
    look = {"fontsize": size, "family": "DejaVu Sans Mono", "fontweight": "bold", "color": colour}
    return axes.text(*at, letter, **look, **MIDDLE)


def _factor(number):
    return f"({_number(number)})" if number < 0 else _number(number)


# --- what it costs ---------------------------------------------------------------------------------------------------


@in_house_style()
def memory(dense, nonzero, parts):
    """Bytes as areas, all on one scale: the dense tensor a square, what of it is not 0 a strip, the parts beside it.

    dense, nonzero: bytes; parts: dict of name to bytes, the largest first
    """
    fig, axes = _canvas(400)
    axes.add_patch(Rectangle((20, 20), SIDE, SIDE, facecolor=ZERO, edgecolor=QUIET))
    axes.add_patch(Rectangle((20, 20), SIDE * nonzero / dense, SIDE, facecolor=FORWARD))
    axes.text(20 + SIDE / 2, 20 + SIDE / 2, f"the tensor\n{_size(dense)}", fontsize=18, fontweight="bold", **MIDDLE)
    axes.text(36, 50, f"not 0: {_size(nonzero)}", va="center", **VALUE)
    axes.text(405, 50, "area is memory", va="center", color=QUIET)
    for row, (name, size) in enumerate(reversed(parts.items())):
        edge, middle = SIDE * np.sqrt(size / dense), 350 - 90 * row
        axes.add_patch(Rectangle((405, middle - edge / 2), edge, edge, facecolor=BACKWARD))
        axes.text(max(445, 420 + edge), middle, f"{textwrap.fill(name, 14)}\n{_size(size)}", va="center", **GRADIENT)
    return fig


def _size(size):
    return f"{size / 2**20:,.4g} MiB" if size >= 2**20 else f"{size / 2**10:,.4g} KiB"


@in_house_style()
def orders(chains, counts):
    """Products of Jacobians as rectangles to scale, and the multiplications that each order takes, on one scale.

    chains: dict of name to widths, the input's first; counts: dict of name to dict of order to multiplications
    """
    most, scale = max(max(each.values()) for each in counts.values()), 110 / max(max(w) for w in chains.values())
    fig, axes = _canvas(250 * len(chains) - 15)
    for block, (name, widths) in enumerate(chains.items()):
        top = 250 * block
        axes.text(15, top + 12, name, va="center", fontweight="bold")
        _factors(axes, top + 82, widths, scale)
        for row, (order, count) in enumerate(counts[name].items()):
            height = top + 166 + 32 * row
            axes.add_patch(Rectangle((150, height), 380 * count / most, 24, facecolor=BACKWARD))
            axes.text(140, height + 12, order, ha="right", va="center")
            axes.text(158 + 380 * count / most, height + 12, f"{count:,}", va="center", **GRADIENT)
    return fig


def _factors(axes, height, widths, scale):
    """Add the factors of a chain to axes, the last function's at the left, their middles at `height`."""
    shapes = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
    left = 385 - (sum(scale * shape[1] for shape in shapes) + 100 * (len(shapes) - 1)) / 2
    for place, shape in enumerate(shapes):
        down, across = np.maximum(np.multiply(scale, shape), 3)
        if place:
            axes.text(left - 50, height, "@", **MIDDLE)
        axes.add_patch(Rectangle((left, height - down / 2), across, down, facecolor=FOUND(0.5), edgecolor=INK))
        axes.text(left + across / 2, height + down / 2 + 13, str(shape), **SMALL)
        left += across + 100


# --- the end of the course -------------------------------------------------------------------------------------------


@in_house_style()
def three_ways(gradients):
    """One gradient found in several ways, the same six hidden units of each as pictures, and how far the ways differ.

    gradients: dict of way to dW1 (64, k); under each way its entry where the first one's is largest, framed if shown
    """
    first = np.array(next(iter(gradients.values())))
    most, at = np.max(np.abs(first)), np.unravel_index(np.argmax(np.abs(first)), first.shape)
    units = np.argsort(-np.linalg.norm(first, axis=0), kind="stable")[:6]
    fig, axes = _canvas(118 * len(gradients))
    for place, unit in enumerate(units):
        axes.text(165 + 78 * place + 37, 0.5 * LINE, f"unit {unit}", **{**SMALL, "fontsize": 12})
    before = None
    for lane, (way, dW) in enumerate(gradients.items()):
        top, dW = 118 * lane + LINE, np.array(dW)
        axes.text(15, top + 14, way, va="center", fontsize=16, **GRADIENT)
        axes.text(15, top + 42, f"dW1[{at[0]}, {at[1]}] =", va="center", fontsize=12, color=QUIET)
        axes.text(15, top + 64, f"{dW[at]:.10f}", va="center", fontsize=13)
        for place, unit in enumerate(units):
            left, picture = 165 + 78 * place, np.round(dW[:, unit].reshape(8, 8) / most, 3)
            look = {"cmap": SIGNED, "vmin": -1, "vmax": 1, "aspect": "auto"}
            axes.imshow(picture, extent=(left, left + 74, top + 77, top + 3), **look)
            axes.add_patch(Rectangle((left, top + 3), 74, 74, fill=False, edgecolor=QUIET, linewidth=0.8))
            if unit == at[1]:
                _frame(axes, (left, top + 3), (8, 8), (74 / 8, 74 / 8), divmod(int(at[0]), 8))
        if lane:
            words = f"largest difference: {_apart(dW, before)}"
            axes.text(395, top - 20, words, fontsize=13, **MIDDLE)
        before = dW
    axes.set(xlim=(0, 100 * WIDTH), ylim=(118 * len(gradients), 0))
    return fig


def _apart(one, other):
    """How far apart two arrays are, in words that are the same on every machine while it is only rounding."""
    difference = np.max(np.abs(one - other))
    return "less than 1e-12" if difference < 1e-12 else f"{difference:.1g}"


# --- drawing in pixels -----------------------------------------------------------------------------------------------


def _canvas(height):
    fig, axes = new_figure(height / 100)
    axes.axis("off")
    axes.set(xlim=(0, 100 * WIDTH), ylim=(height, 0))
    return fig, axes


def _cells(axes, at, values, cell, colours, most, quiet=None, write=True):
    """Add a table of numbers to axes, some quiet (by default the zeros), written out while they fit; returns them."""
    values = np.array(values, dtype=float)
    quiet = values == 0 if quiet is None else quiet
    edges = zip(at, cell, values.shape[::-1], strict=True)
    across, down = (start + size * np.arange(count + 1) for start, size, count in edges)
    look = {"vmin": 0, "vmax": most, "edgecolor": CARD, "linewidth": 1.5, "zorder": 1}
    artists = [axes.pcolormesh(across, down, np.ma.array(np.abs(values), mask=quiet), cmap=colours, **look)]
    words = [_number(value) for value in values.flat]
    size = min(13, 1.1 * (cell[0] - 4) / max(map(len, words)))
    if write and size > 9 and cell[1] >= 20:
        middles = np.stack(np.meshgrid(across[:-1] + cell[0] / 2, down[:-1] + cell[1] / 2), axis=-1).reshape(-1, 2)
        for middle, word, still in zip(middles, words, quiet.flat, strict=True):
            loud = {"color": QUIET} if still else {"fontweight": "bold"}
            artists.append(axes.text(*middle, word, fontsize=size, **loud, **MIDDLE))
    return artists


def _numbers(axes, at, shape, cell, same, rows):
    """Add the numbers of a table's columns below it and of its rows at its left; returns them.

    same: the row and the column (or None) whose number is a chip; rows False: at the left only that chip
    """
    artists = []
    for c in range(shape[1]):
        place = at[0] + (c + 0.5) * cell[0], at[1] + shape[0] * cell[1] + LINE / 2
        artists.append(axes.text(*place, str(c), **(CHIP if c == same[1] else SMALL)))
    for a in range(shape[0]):
        if rows or a == same[0]:
            place = at[0] - LINE / 2, at[1] + (a + 0.5) * cell[1]
            artists.append(axes.text(*place, str(a), **(CHIP if a == same[0] else SMALL)))
    return artists


def _frame(axes, at, shape, cell, same, colour=INK):
    """Add a frame around a row, a column or one cell of a table (None: all of them) to axes; returns it."""
    row, column = (0 if place is None else place for place in same)
    size = cell[0] * (shape[1] if same[1] is None else 1), cell[1] * (shape[0] if same[0] is None else 1)
    look = {"fill": False, "edgecolor": colour, "linewidth": 2.5, "zorder": 3}
    return axes.add_patch(Rectangle(np.add(at, np.multiply((column, row), cell)), *size, **look))


def _over(axes, at, shape, cell, words):
    return axes.text(at[0] + shape[1] * cell[0] / 2, at[1] - 0.7 * LINE, words, **VALUE, **MIDDLE)


def _number(number):
    short = f"{number + 0.0:.0f}" if number == round(number) else f"{number:.2g}"  # + 0.0: no minus zero
    return short.replace("-", "−")
