"""Chapter 6's figures and its stepper: what stands on them is what the engine found."""

import base64
import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from course_under_test import judge_figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from course.figures import computation_graphs as figures
from course.figures import house
from solutions.computation_graphs import Node, expanded

MINUS = "\N{MINUS SIGN}"


# --- graphs ---------------------------------------------------------------------------------------------------------


def small(at=1.5):
    """b = a * a, c = 3 b, d = b + c: the last node, and all by name."""
    a = Node(at)
    b = a * a
    c = b * 3
    d = b + c
    return d, {"a": a, "b": b, "c": c, "d": d}


def network(d=3, h=4):
    """Two pictures of d pixels, h hidden units, two classes."""
    rng = np.random.default_rng(0)
    names = {"X": Node(rng.normal(size=(2, d)), needs=False)}
    names |= {"W1": Node(rng.normal(size=(d, h))), "b1": Node(rng.normal(size=h))}
    names |= {"W2": Node(rng.normal(size=(h, 2))), "b2": Node(np.zeros(2)), "T": Node(-np.eye(2) / 2, needs=False)}
    names["H"] = (names["X"] @ names["W1"] + names["b1"]).relu()
    names["L"] = ((names["H"] @ names["W2"] + names["b2"]).log_softmax() * names["T"]).sum()
    return names["L"], names


def diamonds(n=3):
    """n times x -> x / 2 + x."""
    x = first = Node(1.25)
    for _ in range(n):
        x = x * 0.5 + x
    return x, {"x": first}


def neuron():
    """(logistic(w x + b) - y)^2 of single numbers, from left to right."""
    names = {"w": Node(0.75), "x": Node(-1.5, needs=False), "b": Node(0.25)}
    r = (names["w"] * names["x"] + names["b"]).logistic() - 1.0
    return r * r, names


GRAPHS = {"small": small, "network": network, "diamonds": diamonds, "neuron": neuron}


def drawn(fig):
    return [word.get_text() for word in fig.axes[0].texts if word.get_text()]


def number(value):
    return f"{value:.4g}".replace("-", MINUS)


# --- every figure ---------------------------------------------------------------------------------------------------

# S2.G.4 with the slopes of the chapter's exercise
LEAVES = {"x1": 2.0, "x2": -3.0, "y": 2.5, "w11": 0.5, "w12": 1.0, "b1": 2.0, "v1": 3.0, "c1": 0.0}
LEAVES |= {"w21": -0.5, "w22": 0.25, "b2": 1.75 + np.log(3), "v2": -2.0, "c2": 0.5}


def values(leaves=LEAVES):
    found = dict(leaves)
    for name, (operands, how, _) in figures.TWO_UNITS.items():
        found[name] = how(*(found[operand] for operand in operands))
    return found


def right(leaves=LEAVES):
    """What a learner should enter, from the engine."""
    nodes = {name: Node(value, needs=name not in ("x1", "x2", "y")) for name, value in leaves.items()}
    for unit in "12":
        nodes["d" + unit] = nodes[f"w{unit}1"] * nodes["x1"]
        nodes["e" + unit] = nodes[f"w{unit}2"] * nodes["x2"]
        nodes["f" + unit] = nodes["d" + unit] + nodes["e" + unit]
        nodes["z" + unit] = nodes["f" + unit] + nodes["b" + unit]
        nodes["h" + unit] = nodes["z" + unit].logistic()
        nodes["o" + unit] = nodes["v" + unit] * nodes["h" + unit]
        nodes["l" + unit] = nodes["o" + unit] + nodes["c" + unit]
    nodes["yhat"] = nodes["l1"] + nodes["l2"]
    off = nodes["yhat"] - nodes["y"]
    nodes["L"] = off * off
    nodes["L"].backward()
    goes = {operand: name for name, (operands, _, _) in figures.TWO_UNITS.items() for operand in operands}
    return {
        name: (float(nodes[name].grad / nodes[goes[name]].grad), float(nodes[name].grad))
        for name in figures.PLACES
        if name != "L"
    }


ROWS = [("overwrite", (9, 3), 81), ("pass on the running total", (15, 21), 2097151), ("wait for everyone", (12,), 81)]
LOSS = np.array([2.3, 0.9, 0.4, 0.2])
N = np.arange(10.0, 61, 10)

# name: (data, the figure of such data)
PLOTS = {
    "draw": (np.array([1.5]), lambda v: figures.draw(*small(v[0]))),
    "expanded": (np.array([0.5]), lambda v: figures.expanded(values(LEAVES | {"w11": v[0]}), right())),
    "five_answers": (np.array([15.0]), lambda v: figures.five_answers([*ROWS, ("another", tuple(v), 81)])),
    "diamonds": (3 * 2**N, lambda v: figures.diamonds(N, v, 3 * N)),
    "same": (LOSS, lambda v: figures.same(LOSS, v, [1e-16, 3e-15])),
}


def test_every_figure_is_tried_here():
    public = {name for name, value in vars(figures).items() if getattr(value, "__module__", "") == figures.__name__}
    assert {name for name in public if not name.startswith("_")} - {"stepper", "steps"} == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    data, draw = PLOTS[name]
    judge_figure(data, draw)
    assert house.digest(draw(data * (1 + 1e-13))) == house.digest(draw(data))  # the last digits differ by machine


def inside_and_apart(fig):
    """No word is cut off, no two words overlap (who works is drawn over itself)."""
    width, height = fig.canvas.get_width_height()
    boxes = [(word.get_text(), word.get_window_extent()) for axes in fig.axes for word in axes.texts if word.get_text()]
    for word, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, word
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert (one == other and first.x0 == second.x0) or not first.overlaps(second), (one, other)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_step_is_small_its_own_and_nothing_overlaps(name):
    output, names = GRAPHS[name]()
    count = len(figures.steps(output, names))
    digests = set()
    for step in [*range(count), None]:
        fig = figures.draw(output, names, step=step)
        digests.add(house.digest(fig))
        assert len(house.png(fig)) < 60_000
        inside_and_apart(fig)
    assert len(digests) == count + 1


def test_no_word_is_cut_off_or_hidden():
    policies = ["overwrite", "too early", "the total, each time", "pass on only your share", "wait for everyone"]
    rows = [(policy, (12, 21), 3_145_725) for policy in policies]
    for fig in (
        figures.expanded(values(), right()),
        figures.expanded(values(), dict.fromkeys(right(), (-0.12345, -0.12345))),
        figures.five_answers(rows),
        figures.diamonds(np.arange(1, 61), 3 * 2.0 ** np.arange(1, 61) - 3, 3 * np.arange(1, 61)),
        figures.same(LOSS, LOSS, [1e-16]),
    ):
        fig.set_dpi(house.DPI)
        fig.canvas.draw()
        inside_and_apart(fig)


# --- the drawing ----------------------------------------------------------------------------------------------------


def test_values_and_gradients_are_the_engines():
    output, names = small()
    words = drawn(figures.draw(output, names))
    output.backward()
    assert {"1.5", "b = 2.25", "c = 6.75", "d = 9"} < set(words)
    assert {f"d{name} = {number(float(node.grad))}" for name, node in names.items()} < set(words)
    assert "da = 12" in words and words.count("3") == 1  # a constant stands in its box


def test_arrays_show_shapes_and_data_has_no_gradient():
    output, names = network()
    words = drawn(figures.draw(output, names))
    output.backward()
    for name in ("W1", "b1", "W2", "b2", "H"):
        assert f"d{name} {names[name].grad.shape}" in words
    assert not [word for word in words if word.startswith(("dX", "dT"))]
    assert f"L = {number(float(output.value))}" in words and "dL = 1" in words
    assert {"@", "+", "relu", "log softmax", "×", "Σ"} < set(words)


def test_what_is_made_of_data_alone_is_not_asked_on_the_way_back():
    x, w = Node(2.0, needs=False), Node(5.0)
    twice = x * 2.0
    y = twice * w
    assert [line.partition(",")[2] for line in figures.steps(y, {"x": x, "w": w, "y": y, "twice": twice})][3:] == [
        " the turn: the slope of y along itself is 1. Shares to come: 1 for each node that needs a slope.",
        " back: y has all its shares and hands 4 to w. dw = 4, complete.",
    ]


def test_values_alone():
    output, names = small()
    before = [node.grad for node in names.values()]
    words = drawn(figures.draw(output, names, gradients=False))
    assert "d = 9" in words and not [word for word in words if re.match("d. =", word)]
    assert before == [node.grad for node in names.values()] == [None] * 4  # looking changes nothing


def test_drawing_needs_no_more_than_the_agreed_attributes():
    x = SimpleNamespace(value=2.0, op="", parents=(), back=None)
    y = SimpleNamespace(value=8.0, op="cube", parents=(x,), back=lambda G: (G * 12.0,))
    assert set(drawn(figures.draw(y, {"x": x, "y": y}))) == {"x", "2", "cube", "y = 8", "dx = 12", "dy = 1"}
    assert set(drawn(figures.draw(y, {"x": x}))) == {"x", "2", "cube", "n1 = 8", "dx = 12", "dn1 = 1"}


def test_two_arrows_of_a_square_are_apart():
    output, names = small()
    graph = figures._graph(output, names)
    figures._canvas(graph, busy=False)
    one, other = (graph.curves[graph.names.index("b"), k] for k in (0, 1))
    assert np.abs(one - other)[:, 1].min() > 0.1


@pytest.mark.parametrize("name", GRAPHS)
def test_everyone_stands_after_its_parents_and_no_arrows_cross(name):
    graph = figures._graph(*GRAPHS[name]())
    figures._canvas(graph, busy=False)
    along = -graph.at[:, 1] if graph.down else graph.at[:, 0]
    for i, above in enumerate(graph.parents):
        assert all(along[parent] < along[i] - 0.5 for parent in above)
    ways = list(graph.curves.values())
    for one, other in itertools.combinations(ways, 2):
        meeting = np.linalg.norm(one[:, None] - other, axis=-1) < 0.02
        meeting &= np.linalg.norm(one[:, None] - one[0], axis=-1) > 0.3  # they may leave one node together
        assert not meeting.any()


def test_crossings_are_taken_out():
    # K(2, 2) cannot be drawn without one; a ladder whose rungs come in the wrong order can
    assert crossings([(), (), (0, 1), (0, 1)]) == 1
    assert crossings([(), (), (), (2,), (1,), (0,), (3,), (5,), (4,), (6, 7, 8)]) == 0


def crossings(parents):
    height, _ = figures._layout(parents, [(0.5, 0.5)] * len(parents))
    column = figures._columns(parents)
    links = [(column[p], height[p], height[i]) for i, above in enumerate(parents) for p in above]
    return sum(a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0 for a, b in itertools.combinations(links, 2))


def test_neighbours_keep_their_distance_and_heavy_ones_their_place():
    found = figures._apart([0.0, 0.0, 5.0], np.array([0.0, 1.0, 2.0]), [1.0, 0.01, 1.0])
    np.testing.assert_allclose(found, [0, 1, 5], atol=0.02)
    np.testing.assert_allclose(figures._apart([3.0, 0.0], np.array([0.0, 1.0]), [1.0, 1.0]), [1, 2])


def test_a_curve_goes_through_its_points_and_swings_no_further():
    points = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 2.5], [3.0, 1.0]])
    curve = figures._curve(points, side=1)
    for point in points:
        assert np.linalg.norm(curve - point, axis=1).min() < 1e-12
    assert curve[:, 1].min() >= 0 and curve[:, 1].max() <= 2.5
    np.testing.assert_array_equal(figures._curve(points[:, ::-1], side=0), curve[:, ::-1])


def test_a_graph_too_large_to_read_is_refused_in_words_and_without_recursion():
    chain = Node(1.0)
    for _ in range(20_000):
        chain = chain + 1.0
    with pytest.raises(ValueError, match=r"^This graph has 40,001 nodes; drawn, more than 60 cannot be told apart\.$"):
        figures.draw(chain)


def test_a_share_of_the_wrong_shape_is_named():
    b, X = Node(np.zeros(3)), Node(np.ones((2, 3)), needs=False)
    Z = Node(X.value + b.value, "add", [(X, lambda G: G), (b, lambda G: G)])
    Z.back = lambda G: (None, G)  # nobody undoes the broadcasting
    with pytest.raises(ValueError, match=r"^n1 hands b a share of shape \(2, 3\); b has the shape \(3,\)\.$"):
        figures.draw(Z.sum(), {"b": b, "X": X})


# --- the stepper ----------------------------------------------------------------------------------------------------


def picture(html):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]*)"', html)[1])


def told(widget):
    """The sentence below the picture, which is the picture's alt text too."""
    alt, words = (
        re.search(r'alt="([^"]*)"', widget.children[2].value)[1],
        re.search("<p role=.status.>(.*)</p>", widget.children[2].value)[1],
    )
    assert alt == words
    return words


def test_the_steps_of_the_small_graph():
    assert figures.steps(*small()) == [
        "Step 0 of 7. The inputs have their values: a = 1.5.",
        "Step 1 of 7, forward: b = a × a = 2.25.",
        "Step 2 of 7, forward: c = b × 3 = 6.75.",
        "Step 3 of 7, forward: d = b + c = 9.",
        "Step 4 of 7, the turn: the slope of d along itself is 1. Shares to come: 2 for a, 2 for b, "
        "1 for each of the others.",
        "Step 5 of 7, back: d has all its shares and hands 1 to b, 1 to c. db = 1 so far, 1 to come; dc = 1, complete.",
        "Step 6 of 7, back: c has all its shares and hands 3 to b. db = 4, complete.",
        "Step 7 of 7, back: b has all its shares and hands 6 and 6 to a. da = 12, complete.",
    ]


def test_the_stepper_shows_every_step_by_button_and_by_slider():
    output, names = small()
    widget = figures.stepper(output, names)
    (first, back, step, last), (field, slider) = (box.children for box in widget.children[:2])
    assert [button.description for button in (first, back, step, last)] == ["first", "back", "step", "last"]
    assert (field.description, slider.min, slider.max, slider.value) == ("step", 0, 7, 0)
    seen = [widget.children[2].value]
    for words in figures.steps(output, names)[1:]:
        step.click()
        assert told(widget) == words
        seen.append(widget.children[2].value)
    assert len(set(map(picture, seen))) == 8 and max(len(picture(value)) for value in seen) < 60_000
    step.click()
    assert slider.value == 7 and widget.children[2].value == seen[7]
    for value in seen[6::-1]:
        back.click()
        assert widget.children[2].value == value  # nothing is left behind
    back.click()
    assert slider.value == 0
    last.click()
    assert slider.value == 7 and widget.children[2].value == seen[7]
    first.click()
    slider.value = 5  # what the arrow keys do
    assert widget.children[2].value == seen[5]


def test_the_steps_are_there_as_a_list_that_never_changes():
    output, names = network()
    widget = figures.stepper(output, names, step=3)
    listed = widget.children[3].value
    assert re.findall("<li>(.*?)</li>", listed) == figures.steps(output, names)
    assert told(widget).startswith("Step 3 of ")
    widget.children[1].children[1].value = 9
    assert widget.children[3].value == listed


def test_a_move_draws_only_what_moves(monkeypatch):
    made = []
    monkeypatch.setattr(figures, "new_figure", lambda height: made.append(house.new_figure(height)) or made[0])
    slider = figures.stepper(*network()).children[1].children[1]
    artists = len(made[0][1].get_children())
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: pytest.fail("the whole figure is drawn again"))
    monkeypatch.setattr(figures, "_layout", lambda *args: pytest.fail("everything is placed again"))
    for value in range(slider.max + 1):
        slider.value = value
    assert len(made[0][1].get_children()) == artists


def test_back_is_asked_once_for_each_node_and_nothing_is_asked_by_a_move():
    asked = []

    class Counted(Node):
        def back(self, G):
            asked.append(self)
            return super().back(G)

    a = Counted(1.5)
    b = Counted(a.value**2, "square", [(a, lambda G: 2 * a.value * G)])
    d = Counted(b.value + b.value, "add", [(b, lambda G: G), (b, lambda G: G)])
    widget = figures.stepper(d)
    for value in range(6):
        widget.children[1].children[1].value = value
    assert asked == [d, b]


@pytest.mark.parametrize("name", GRAPHS)
def test_totals_end_as_the_engines_gradients_and_nobody_works_before_all_shares_are_in(name):
    output, names = GRAPHS[name]()
    graph = figures._graph(output, names)
    output.backward()
    last = graph.steps[-1]
    for i, node in enumerate(graph.nodes):
        assert (i in last.totals) == node.needs
        if node.needs:
            np.testing.assert_allclose(last.totals[i], node.grad, rtol=1e-12, atol=1e-15)
    going_back = [i for i, state in enumerate(graph.steps) if state.way in ("turn", "back")]
    for i in going_back[1:]:
        before, state = graph.steps[i - 1], graph.steps[i]
        assert before.waits[state.at] == 0
        for parent, shares in state.added.items():
            assert before.waits[parent] - state.waits[parent] == len(shares)
            np.testing.assert_allclose(state.totals[parent], before.totals.get(parent, 0) + sum(shares), rtol=1e-12)
    assert not any(last.waits.values())
    ahead = [state.at for state in graph.steps if state.way == "forward"]
    assert [graph.steps[i].at for i in going_back[1:]] == [i for i in reversed(ahead) if graph.nodes[i].needs]


def test_circles_count_the_shares_to_come():
    output, names = small()
    fig = figures.draw(output, names, step=4)
    assert sorted(word for word in drawn(fig) if word in ("1", "2")) == ["1", "2", "2"]  # c; a and b
    assert figures.KEY in drawn(fig)
    fig = figures.draw(output, names, step=5)
    assert [word for word in drawn(fig) if word.startswith("+ ")] == ["+ 1", "+ 1"]
    weights = {word.get_text(): word.get_weight() for word in fig.axes[0].texts}
    assert (weights["db = 1"], weights["dc = 1"]) == ("normal", "bold")
    assert "+ 6 + 6" in drawn(figures.draw(output, names, step=7))
    assert not [word for word in drawn(figures.draw(output, names)) if word.startswith("+ ")]


@pytest.mark.parametrize("step, works, way, sources", [(2, "c", house.FORWARD, "b3"), (6, "c", house.BACKWARD, "b")])
def test_who_works_is_filled_and_its_arrows_say_which_way(step, works, way, sources):
    output, names = small()
    graph = figures._graph(output, names)
    figures._canvas(graph, busy=True)
    at = {name: graph.at[i] for i, name in enumerate(graph.names)}
    axes = figures.draw(output, names, step=step).axes[0]
    (box,) = [box for box in axes.patches if to_hex(box.get_facecolor()).upper() == house.dark(way)]
    x0, y0, x1, y1 = box.get_path().get_extents(box.get_patch_transform()).extents
    np.testing.assert_allclose([(x0 + x1) / 2, (y0 + y1) / 2], at[works])
    wide = [line.get_xydata() for line in axes.lines if line.get_linewidth() == 4 and len(line.get_xydata()) > 1]
    assert sorted(min(at, key=lambda name: np.linalg.norm(at[name] - curve[0])) for curve in wide) == sorted(sources)
    heads = [line for line in axes.lines if line.get_color() == house.dark(way) and line.get_marker() in ("<", ">")]
    assert [line.get_marker() for line in heads] == ([">"] if way == house.FORWARD else ["<"]) * len(sources)
    ends = [works] * len(sources) if way == house.FORWARD else list(sources)
    for line, end in zip(heads, ends, strict=True):
        assert np.linalg.norm(line.get_xydata()[0] - at[end]) < 0.5


def test_a_wrong_engine_is_shown_as_wrong_as_it_is():
    a = Node(1.5)
    b = Node(a.value**2, "square", [(a, lambda G: G * a.value)])  # forgets the 2
    d = b + b * 3
    assert "da = 6" in drawn(figures.draw(d, {"a": a}))


# --- two units ------------------------------------------------------------------------------------------------------


def ringed(fig):
    """The words in a ring, and whether they have the colour of a wrong thing."""
    rings = [word for word in fig.axes[0].texts if word.get_bbox_patch() and word.get_bbox_patch().get_edgecolor()[3]]
    assert all(word.get_color() == house.dark(house.WRONG) for word in rings)
    assert all(to_hex(word.get_bbox_patch().get_edgecolor()).upper() == house.WRONG for word in rings)
    return sorted(word.get_text() for word in rings)


def orange(fig):
    return [word.get_text() for word in fig.axes[0].texts if word.get_color() == house.dark(house.BACKWARD)]


def test_holes_are_holes():
    fig = figures.expanded(values(), dict.fromkeys(right()))
    words = drawn(fig)
    assert (words.count("?"), words.count("× ?")) == (25, 25)
    assert orange(fig) == ["1"] and ringed(fig) == []  # the slope of L along itself


def test_right_numbers_are_shown_as_right():
    fig = figures.expanded(values(), right())
    assert "?" not in "".join(drawn(fig)) and ringed(fig) == []
    assert len(orange(fig)) == 51
    assert {"× 2", "−12", "× 0.25", "× 0.1875", "8"} < set(orange(fig))


def test_the_references_answer_is_right_at_the_chapters_numbers():
    assert right().keys() == expanded.keys()
    for name, pair in right().items():
        np.testing.assert_allclose(expanded[name], pair)
    assert ringed(figures.expanded(values(), expanded)) == []


@pytest.mark.parametrize("slope", [0, 1])
@pytest.mark.parametrize("lie", [-1.0, 1.002, 0.0, np.nan])
def test_a_wrong_number_is_never_shown_as_right(slope, lie):
    truth, lied = right(), {}
    for name, pair in truth.items():
        lied[name] = (pair[0] * lie, pair[1]) if slope == 0 else (pair[0], pair[1] * lie)
    fig = figures.expanded(values(), lied)
    assert len(ringed(fig)) == 25 and len(orange(fig)) == 26
    fig = figures.expanded(values(), truth | {"z2": lied["z2"]})
    assert len(ringed(fig)) == 1 and len(orange(fig)) == 50


def test_the_bias_that_ends_in_a_weight_is_ringed():
    entered = right()
    entered["b1"] = entered["w12"]  # as if b were multiplied by x
    assert ringed(figures.expanded(values(), entered)) == ["9", f"× {MINUS}3"]


def test_half_an_answer_is_half_a_hole():
    fig = figures.expanded(values(), {"yhat": (None, -4.0)})
    assert drawn(fig).count("× ?") == 25 and drawn(fig).count("?") == 24 and orange(fig) == [f"{MINUS}4", "1"]


# --- answers and counts ---------------------------------------------------------------------------------------------


def test_wrong_answers_have_their_own_look_and_place():
    axes = figures.five_answers(ROWS).axes[0]
    marks = {float(line.get_xdata()[0]): line.get_markeredgecolor() for line in axes.lines if line.get_marker() == "o"}
    assert marks == {9: house.WRONG, 3: house.WRONG, 15: house.WRONG, 21: house.WRONG, 12: house.INK}
    words = [word.get_text() for word in axes.texts]
    assert {"differences: 12", "2,097,151", "81", "overwrite", "pass on the\nrunning\ntotal"} < set(words)


def test_diamonds_say_110000_years():
    fig = figures.diamonds(N, 3 * (2**N - 1), 3 * N)
    words = "\n".join(word.get_text() for word in fig.axes[0].texts)
    assert "110,000 years\nat a million\na second" in words and "180 visits" in words
    assert fig.axes[0].get_yscale() == "log"


def test_same_says_how_near_and_plots_no_noise():
    curves = figures.same(LOSS, LOSS, [1e-16, 9e-13])
    assert "largest difference\nof a gradient:\nunder 1e-12" in drawn(curves)
    assert house.digest(figures.same(LOSS, LOSS, [3e-15])) == house.digest(curves)
    assert "largest difference\nof a gradient:\n2.0e-12" in drawn(figures.same(LOSS, LOSS, [1e-16, 2e-12]))
