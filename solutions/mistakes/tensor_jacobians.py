"""Chapter 7, tensor Jacobians: known wrong answers."""

import numpy as np

from ..neurons import sigmoid
from . import mistake, wrong

# --- ranks -----------------------------------------------------------------------------------------------------------

rank_of_the_parameter = wrong(
    "rank_of_the_parameter",
    "ranks",
    "S2.G.7",
    [(0, 1, 1), (1, 2, 2), (0, 2, 2), (1, 2, 2)],
    "Row 2 has the axes of b and W themselves, row 4 those of b, W and X. What became of the axes of the output?",
)

rank_of_every_parameter = wrong(
    "rank_of_every_parameter",
    "ranks",
    "S2.G.7",
    [(0, 1, 1), (1, 2, 1), (0, 2, 2), (1, 2, 2)],
    "Rows 2 and 4 have the axes of b, W and the input themselves. What became of the axes of the output?",
)

rank_of_the_parameter_for_one_example = wrong(
    "rank_of_the_parameter_for_one_example",
    "ranks",
    "S2.G.7",
    [(0, 1, 1), (1, 2, 2), (0, 2, 2), (3, 4, 4)],
    "Row 2 has the axes of b and W themselves. What became of the axis of the output?",
)

ranks_of_matrices = wrong(
    "ranks_of_matrices",
    "ranks",
    "common",
    [(1, 1, 1), (1, 2, 1), (1, 8, 8), (1, 2, 3)],
    "This looks like the rank of a matrix, the other thing of that name. Axes are wanted: how many indices there are.",
)

zeros_left_out = wrong(
    "zeros_left_out",
    "ranks",
    "S2.G.7",
    [(0, 1, 1), (1, 2, 2), (0, 2, 2), (2, 3, 3)],
    "Row 2 leaves out the pairs whose slope is 0. A slope of 0 has a place in the array like any other.",
)

batch_forgotten = wrong(
    "batch_forgotten",
    "ranks",
    "S2.G.8",
    [(0, 1, 1), (2, 3, 2), (0, 2, 2), (2, 3, 2)],
    "Row 4 is row 2 again. A batch has one more axis than one example, at the output and at the input.",
)

one_number_too_many = wrong(
    "one_number_too_many",
    "ranks",
    "common",
    [(1, 2, 2), (2, 3, 2), (1, 3, 3), (3, 4, 4)],
    "In rows 1 and 3 the output is a single number. A single number has no axis.",
)

own_axes_doubled = wrong(
    "own_axes_doubled",
    "ranks",
    "common",
    [(0, 2, 2), (2, 4, 2), (0, 4, 4), (2, 4, 4)],
    "This counts the parameter's axes twice. The first of the two shapes in a Jacobian is that of the output.",
)

sizes_for_axes = wrong(
    "sizes_for_axes",
    "ranks",
    "common",
    [(1, 3, 3), (4, 12, 6), (1, 64, 64), (20, 60, 150)],
    "These count entries. Axes are wanted: how many indices pick out one slope.",
)

# --- both_ways -------------------------------------------------------------------------------------------------------

outer_table_at_x = wrong(
    "outer_table_at_x",
    "both_ways",
    "S2.G.13c",
    [9, 39],
    "The second slope has DF at (1.5, 1.5). The second input of F is not x.",
)

outer_slopes_alone = wrong(
    "outer_slopes_alone",
    "both_ways",
    "common",
    [5, 21],
    "This adds the columns of DF up, as if both inputs moved as fast as x. How fast does the second one move?",
)

# --- chain -----------------------------------------------------------------------------------------------------------


@mistake("chain", "S2.G.13c")
def table_taken_at_x(DF, G, DG, x):
    """The outer table was taken at x. The outer function never sees x, only what the inner one makes of it."""
    return DF(x) @ DG(x)


@mistake("chain", "S2.G.13c")
def table_of_a_table(DF, G, DG, x):
    """The outer table was taken at the inner one's slopes. Slopes tell how fast something moves, not where it is."""
    return DF(DG(x)[:, 0]) @ DG(x)


@mistake("chain", "S2.G.9")
def other_order(DF, G, DG, x):
    """The two tables stand in the other order. Where all sizes are equal this fits, and the numbers are others."""
    return DG(x) @ DF(G(x))


@mistake("chain", "common")
def tables_entry_by_entry(DF, G, DG, x):
    """The tables were multiplied entry by entry. Every output hangs on x in several ways, and ways add."""
    return DF(G(x)) * DG(x)


@mistake("chain", "common")
def stopped_at_the_middle(DF, G, DG, x):
    """These are the slopes along what lies in the middle. From there it is one more step to x."""
    return DF(G(x))


@mistake("chain", "common")
def inner_table_on_its_side(DF, G, DG, x):
    """The inner table lies on its side: it has a row for each of its outputs, a column for each of its inputs."""
    return DF(G(x)) @ DG(x).T


# --- two_after_three -------------------------------------------------------------------------------------------------

_ALONG_A = "DF[0] @ DG[:, 0] == "

every_line_follows = wrong(
    "every_line_follows",
    "two_after_three",
    "S2.G.10c",
    (0, "DF[1] @ DG[:, 1] == a + 1"),
    "Your line is right, but one of the five does not hold. Push each input of F alone: which of its outputs move?",
)

sign_of_the_third_way = wrong(
    "sign_of_the_third_way",
    "two_after_three",
    "S2.G.10b",
    (4, _ALONG_A + "3*a*b + 3*(a - 5*b) * b - 3*a*b"),
    "Line 4 it is. But a sign does not mend the way through e: does the first output of F hold e at all?",
)

first_way_left_out = wrong(
    "first_way_left_out",
    "two_after_three",
    "S2.G.10b",
    (4, _ALONG_A + "3*(a - 5*b) * b"),
    "Line 4 it is. Now the way through c is missing: c moves as fast as a does.",
)

product_left_out = wrong(
    "product_left_out",
    "two_after_three",
    "S2.G.10b",
    (4, _ALONG_A + "3*a*b + 3*(a - 5*b)"),
    "Line 4 it is. On the way through d stands a slope of F alone: how fast does d move when a does?",
)

third_line_blamed = wrong(
    "third_line_blamed",
    "two_after_three",
    "S2.G.10b",
    (3, "DF[0, 1] == 3 * a * b"),
    "Line 3 belongs to d, the second input of F. Its partner in the product is c, and line 3 has it, in a and b.",
)

# --- weight_jacobian -------------------------------------------------------------------------------------------------


@mistake("weight_jacobian", "S2.G.12i")
def the_derivative_is_X(X, W):
    """This is X. Its numbers are all you need, but it has no place for which output, or for which weight."""
    return np.array(X)


@mistake("weight_jacobian", "S2.G.7")
def without_the_zeros(X, W):
    """An index is missing: this keeps the slopes that are not 0. The others have places too."""
    return np.einsum("ia,j->ija", X, np.ones(W.shape[1]))


@mistake("weight_jacobian", "common")
def every_column_filled(X, W):
    """Every column of every tile is filled. A weight moves the outputs of its own column only."""
    return np.einsum("ia,jc->ijac", X, np.ones((W.shape[1], W.shape[1])))


@mistake("weight_jacobian", "common")
def parameter_first(X, W):
    """The axes stand in another order: those of the output come first, then those of the parameter."""
    return np.einsum("ia,jc->acij", X, np.eye(W.shape[1]))


@mistake("weight_jacobian", "common")
def inner_axes_swapped(X, W):
    """Every tile lies on its side: it is laid out like W, a row for each input and a column for each output."""
    return np.einsum("ia,jc->ijca", X, np.eye(W.shape[1]))


@mistake("weight_jacobian", "common")
def along_the_input(X, W):
    """These are the slopes along X: they are made of W. What does Y[i, j] gain when a weight is pushed?"""
    return np.einsum("ir,aj->ijra", np.eye(len(X)), W)


@mistake("weight_jacobian", "S2.G.12n")
def example_for_feature(X, W):
    """Only input i of example i was kept, one number for each example. Every input of every example counts."""
    return np.einsum("ia,ia,jc->ijac", X, np.eye(len(X), W.shape[0]), np.eye(W.shape[1]))


@mistake("weight_jacobian", "common")
def summed_over_the_examples(X, W):
    """The examples were added up already. Each row of Y has slopes of its own; adding comes with the loss."""
    return np.einsum("ia,jc->jac", X, np.eye(W.shape[1]))


@mistake("weight_jacobian", "common")
def three_columns_for_all(X, W):
    """The number 3 of the first case is written into it. How many columns W has, W says."""
    return np.einsum("ia,jc->ijac", X, np.eye(3))


@mistake("weight_jacobian", "common")
def three_tiles_for_all(X, W):
    """Only three tiles of each row are filled. How many columns W has, W says."""
    J = np.zeros((len(X), W.shape[1], *W.shape))
    for j in range(3):
        J[:, j, :, j] = X
    return J


@mistake("weight_jacobian", "common")
def middle_axes_swapped(X, W):
    """Two axes stand in each other's place: the output's two come first, then those of the parameter."""
    return np.einsum("ia,jc->iajc", X, np.eye(W.shape[1]))


@mistake("weight_jacobian", "common")
def outer_axes_swapped(X, W):
    """Two axes stand in each other's place: which example comes before which output."""
    return np.einsum("ia,jc->jiac", X, np.eye(W.shape[1]))


@mistake("weight_jacobian", "common")
def a_row_filled(X, W):
    """In every tile a row is filled. The weights that move one output stand in one column of W."""
    J = np.zeros((len(X), W.shape[1], *W.shape))
    for i in range(len(X)):
        for j in range(W.shape[1]):
            J[i, j, j, :] = X[i]
    return J


# --- contract --------------------------------------------------------------------------------------------------------


@mistake("contract", "S1.2b")
def added_over_the_examples_first(G, J):
    """A sum taken too early: G was added up over the examples before it met the tiles. Each tile has its own number."""
    return np.einsum("j,ij...->...", G.sum(axis=0), J)


@mistake("contract", "S1.2b")
def added_over_the_outputs_first(G, J):
    """A sum taken too early: G was added up over the outputs before it met the tiles. Each tile has its own number."""
    return np.einsum("i,ij...->...", G.sum(axis=1), J)


@mistake("contract", "common")
def divided_by_the_examples(G, J):
    """This was divided by the number of examples. The ways add; whatever is to be averaged is in G already."""
    return np.einsum("ij,ij...->...", G, J) / len(G)


@mistake("contract", "common")
def the_other_axes_summed(G, J):
    """What is left has the axes of G. Those are to be summed away, and the parameter's axes stay."""
    return np.einsum("ij,ijac->ij", G, J)


@mistake("contract", "S1.2b")
def sums_before_products(G, J):
    """Both were summed first and multiplied then. Every tile has its own number of G, and the product comes first."""
    return G.sum() * J.sum(axis=(0, 1))


@mistake("contract", "common")
def upstream_ignored(G, J):
    """G is not in it: this is right for a G of ones alone."""
    return J.sum(axis=(0, 1))


@mistake("contract", "common")
def mean_of_the_ways(G, J):
    """This is a mean over the tiles. The ways add; what is to be averaged, the loss has averaged."""
    return np.einsum("ij,ij...->...", G, J) / G.size


@mistake("contract", "common")
def examples_not_summed(G, J):
    """The result still has an axis for the examples: only one of the two indices was summed over."""
    return np.einsum("ij,ij...->i...", G, J)


@mistake("contract", "common")
def outputs_not_summed(G, J):
    """The result still has an axis for the outputs: only one of the two indices was summed over."""
    return np.einsum("ij,ij...->j...", G, J)


@mistake("contract", "common")
def only_multiplied(G, J):
    """Each tile has got its own number of G. They still have to be laid on top of one another."""
    return np.einsum("ij,ij...->ij...", G, J)


@mistake("contract", "common")
def examples_mixed_with_outputs(G, J):
    """Where n and k are equal this fits, but the letters are crossed: G's first axis met the second one of J."""
    return np.einsum("ji,ij...->...", G, J)


@mistake("contract", "S2.G.8")
def for_two_axes_alone(G, J):
    """Right for a parameter with two axes, such as W. J ends in the axes of any parameter, and a bias has one."""
    return np.einsum("ij,ijac->ac", G, J)


@mistake("contract", "common")
def result_on_its_side(G, J):
    """The numbers are right and the result lies on its side: it must have the parameter's axes, in the same order."""
    return np.einsum("ij,ij...->...", G, J).T


# --- one_entry -------------------------------------------------------------------------------------------------------

_TENSOR = "sum(G * D(X @ W, W)[:, :, a, c])"

_OUTER = "sum(G * outer(X[:, a], I[c]))"

all_columns_of_G = wrong(
    "all_columns_of_G",
    "one_entry",
    "common",
    [_TENSOR, _OUTER, "sum(G[c] * X[:, a])", "(X.T @ G)[a, c]"],
    "Line 3: this takes a row of G, the slopes of one example. The 1 in I[c] picks a column.",
)

the_whole_of_G = wrong(
    "the_whole_of_G",
    "one_entry",
    "common",
    [_TENSOR, _OUTER, "sum(G.T * X[:, a])", "(X.T @ G)[a, c]"],
    "Line 3: here all columns of G are left. Which of them is multiplied by something other than 0?",
)

the_table_of_ones = wrong(
    "the_table_of_ones",
    "one_entry",
    "common",
    [_TENSOR, "sum(G * outer(X[:, a], I))", "sum(G[:, c] * X[:, a])", "(X.T @ G)[a, c]"],
    "Line 2: the whole of I has k rows, and only one belongs here. Which output does a weight in column c move?",
)

factors_swapped = wrong(
    "factors_swapped",
    "one_entry",
    "common",
    [_TENSOR, _OUTER, "sum(G[:, c] * X[:, a])", "(G.T @ X)[a, c]"],
    "Line 4: this product lies on its side. Its rows belong to the outputs, and a is an input.",
)

# --- logistic_jacobian -----------------------------------------------------------------------------------------------


@mistake("logistic_jacobian", "S2.G.13d6")
def slope_of_the_sums(X, W):
    """The slope s(1 - s) was made with the sums. Its s is what comes out of the logistic function."""
    Z = X @ W
    return np.einsum("ij,ia,jc->ijac", Z * (1 - Z), X, np.eye(W.shape[1]))


@mistake("logistic_jacobian", "S2.G.12n")
def one_number_for_each_example(X, W):
    """Only input i of example i was kept. Every input of every example has a slope in every tile."""
    H = sigmoid(X @ W)
    return np.einsum("ij,ia,ia,jc->ijac", H * (1 - H), X, np.eye(len(X), W.shape[0]), np.eye(W.shape[1]))


@mistake("logistic_jacobian", "common")
def bend_forgotten(X, W):
    """This is the tensor of the sums. The bend has a slope too, one number for every tile."""
    return np.einsum("ia,jc->ijac", X, np.eye(W.shape[1]))


@mistake("logistic_jacobian", "common")
def values_for_slopes(X, W):
    """Every tile was multiplied by the layer's own value. Wanted is the slope of the bend."""
    return np.einsum("ij,ia,jc->ijac", sigmoid(X @ W), X, np.eye(W.shape[1]))


@mistake("logistic_jacobian", "common")
def all_columns_filled(X, W):
    """Every column of every tile is filled. H[i, j] hangs on the weights of column j only."""
    H = sigmoid(X @ W)
    return np.einsum("ij,ia,jc->ijac", H * (1 - H), X, np.ones((W.shape[1], W.shape[1])))


@mistake("logistic_jacobian", "common")
def zeros_dropped(X, W):
    """An index is missing: this keeps the slopes that are not 0. The others have places too."""
    H = sigmoid(X @ W)
    return np.einsum("ij,ia->ija", H * (1 - H), X)


_ONE_FOR_EACH_EXAMPLE = "The bend has one number for each example here. It has one for every tile, with an i and a j."


def _bent(slope, X, W):
    """The tensor with `slope` (n, k) for the slope of the bend."""
    return np.einsum("ij,ia,jc->ijac", slope, X, np.eye(W.shape[1]))


def _slope(X, W):
    H = sigmoid(X @ W)
    return H * (1 - H)


first_unit_for_all = wrong(
    "first_unit_for_all",
    "logistic_jacobian",
    "S2.G.12n",
    lambda X, W: _bent(np.repeat(_slope(X, W)[:, :1], W.shape[1], axis=1), X, W),
    _ONE_FOR_EACH_EXAMPLE,
)

mean_of_the_units = wrong(
    "mean_of_the_units",
    "logistic_jacobian",
    "S2.G.12n",
    lambda X, W: _bent(np.repeat(_slope(X, W).mean(axis=1, keepdims=True), W.shape[1], axis=1), X, W),
    _ONE_FOR_EACH_EXAMPLE,
)

sum_of_the_units = wrong(
    "sum_of_the_units",
    "logistic_jacobian",
    "S2.G.12n",
    lambda X, W: _bent(np.repeat(_slope(X, W).sum(axis=1, keepdims=True), W.shape[1], axis=1), X, W),
    _ONE_FOR_EACH_EXAMPLE,
)

a_number_for_each_example = wrong(
    "a_number_for_each_example",
    "logistic_jacobian",
    "S2.G.12n",
    lambda X, W: _slope(X, W).sum(axis=1),
    "This has one number for each example. A slope belongs to an entry of H and a weight: four indices.",
)

sums_without_places = wrong(
    "sums_without_places",
    "logistic_jacobian",
    "S2.G.13d6",
    lambda X, W: np.einsum("ij,ia->ia", (X @ W) * (1 - X @ W), X),
    "Two things: s(1 - s) was made with the sums, and the outputs were added up. Which output has to stay an index.",
)

places_without_outputs = wrong(
    "places_without_outputs",
    "logistic_jacobian",
    "S2.G.12n",
    lambda X, W: np.einsum("ij,ia->ia", _slope(X, W), X),
    "The outputs were added up, and a slope for each example and input is left. Which output, and which weight?",
)


@mistake("logistic_jacobian", "common")
def letters_of_the_bend_crossed(X, W):
    """Where n and k are equal this fits, but the bend's letters are crossed: its rows are the examples."""
    return np.einsum("ji,ia,jc->ijac", _slope(X, W), X, np.eye(W.shape[1]))


@mistake("logistic_jacobian", "common")
def bend_along_the_last_axes(X, W):
    """Where all sizes are equal this fits, but the bend lies along the last two axes. Its letters are the first two."""
    return _slope(X, W) * _bent(np.ones((len(X), W.shape[1])), X, W)


@mistake("logistic_jacobian", "common")
def other_factor_alone(X, W):
    """One of the two factors of the logistic slope is missing: the layer's own value."""
    return _bent(1 - sigmoid(X @ W), X, W)


@mistake("logistic_jacobian", "common")
def degree_squared(X, W):
    """The layer's value stands in it twice. In the logistic slope each of the two factors stands once."""
    H = sigmoid(X @ W)
    return _bent(H * H * (1 - H), X, W)


@mistake("logistic_jacobian", "common")
def bend_of_the_degree(X, W):
    """The logistic function was taken twice: the slope was made with the logistic function of the layer's values."""
    H = sigmoid(sigmoid(X @ W))
    return _bent(H * (1 - H), X, W)


@mistake("logistic_jacobian", "common")
def bend_of_the_tensor(X, W):
    """The bend was put on the tensor's own entries. Its slope is made with the values that the layer gives out."""
    J = _bent(np.ones((len(X), W.shape[1])), X, W)
    return J * (1 - J)


@mistake("logistic_jacobian", "common")
def weights_for_inputs(X, W):
    """The numbers in the tiles are weights. A weight that is pushed moves its sum as much as its input is large."""
    return np.einsum("ij,ac,jc->ijac", _slope(X, W), W, np.eye(W.shape[1]))


@mistake("logistic_jacobian", "common")
def width_of_the_first_case(X, W):
    """The number 3 of the first case is written into it. How many columns W has, W says."""
    return np.einsum("ij,ia,jc->ijac", _slope(X, W), X, np.eye(3))


@mistake("logistic_jacobian", "common")
def tiles_on_their_sides(X, W):
    """Every tile lies on its side: it is laid out like W, a row for each input and a column for each output."""
    return _bent(_slope(X, W), X, W).transpose(0, 1, 3, 2)


@mistake("logistic_jacobian", "common")
def weights_before_outputs(X, W):
    """The axes stand in another order: those of the output come first, then those of the parameter."""
    return _bent(_slope(X, W), X, W).transpose(2, 3, 0, 1)


@mistake("logistic_jacobian", "common")
def axes_j_and_a_swapped(X, W):
    """Two axes stand in each other's place: the output's two come first, then those of the parameter."""
    return _bent(_slope(X, W), X, W).transpose(0, 2, 1, 3)


@mistake("logistic_jacobian", "common")
def axes_i_and_j_swapped(X, W):
    """Two axes stand in each other's place: which example comes before which output."""
    return _bent(_slope(X, W), X, W).transpose(1, 0, 2, 3)


# --- logistic_gradient -----------------------------------------------------------------------------------------------


@mistake("logistic_gradient", "S2.G.12i")
def every_number_in_every_column(G, X, W):
    """Every number in G reaches every column of dW here, if only through zeros. A column needs its own of G alone."""
    return np.einsum("ij,ij,ia,jc->ac", G, _slope(X, W), X, np.eye(W.shape[1]))


@mistake("logistic_gradient", "common")
def bend_after_the_product(G, X, W):
    """The bend came after the product, and there the examples are gone. Where all sizes are equal this fits."""
    return (X.T @ G) * _slope(X, W)


@mistake("logistic_gradient", "common")
def inputs_not_turned(G, X, W):
    """X was not transposed: where all sizes are equal this fits, but it adds over the inputs, not over the examples."""
    return X @ (G * _slope(X, W))


@mistake("logistic_gradient", "common")
def slopes_added_up(G, X, W):
    """The bend's slopes were added up over the examples. Each example has a slope of its own, for its own G."""
    return (X.T @ G) * _slope(X, W).sum(axis=0)


@mistake("logistic_gradient", "common")
def slopes_averaged(G, X, W):
    """The bend's slopes were averaged over the examples. Each example has a slope of its own, for its own G."""
    return (X.T @ G) * _slope(X, W).mean(axis=0)


@mistake("logistic_gradient", "S1.2b")
def what_came_back_added_first(G, X, W):
    """A sum taken too early: G was added up over the examples. Each has a G, slopes and inputs of its own."""
    return X.T @ (G.sum(axis=0) * _slope(X, W))


@mistake("logistic_gradient", "S2.G.13d6")
def bend_at_the_sums(G, X, W):
    """The slope s(1 - s) was made with the sums. Its s is what comes out of the logistic function."""
    Z = X @ W
    return X.T @ (G * Z * (1 - Z))


@mistake("logistic_gradient", "common")
def no_bend(G, X, W):
    """This would be right for the layer without its bend. What came back along H is not what comes back along Z."""
    return X.T @ G


@mistake("logistic_gradient", "common")
def slopes_without_what_came_back(G, X, W):
    """G is not in it: this is right for a G of ones alone."""
    H = sigmoid(X @ W)
    return X.T @ (H * (1 - H))


@mistake("logistic_gradient", "common")
def gradient_on_its_side(G, X, W):
    """The numbers are right and the table lies on its side: it must have W's shape."""
    H = sigmoid(X @ W)
    return (G * H * (1 - H)).T @ X


@mistake("logistic_gradient", "common")
def averaged_again(G, X, W):
    """Everything was divided by n once more. Whatever is averaged, the loss has averaged, and G knows it."""
    H = sigmoid(X @ W)
    return X.T @ (G * H * (1 - H)) / len(X)


@mistake("logistic_gradient", "common")
def half_of_the_slope(G, X, W):
    """One of the two factors of the logistic slope is missing: this multiplies by the layer's value alone."""
    return X.T @ (G * sigmoid(X @ W))


@mistake("logistic_gradient", "S2.G.12n")
def diagonal_for_the_sum(G, X, W):
    """The slopes were added up over the examples before they met the inputs. Each example has inputs of its own."""
    H = sigmoid(X @ W)
    return np.outer(X.mean(axis=0), (G * H * (1 - H)).sum(axis=0))


# --- multiplications -------------------------------------------------------------------------------------------------


@mistake("multiplications", "common")
def left_and_right_swapped(widths):
    """Both counts are right, and they stand in the other order than the docstring's."""
    inner = range(1, len(widths) - 1)
    right = sum(widths[0] * widths[i] * widths[i + 1] for i in inner)
    left = sum(widths[-1] * widths[i] * widths[i - 1] for i in inner)
    return left, right


@mistake("multiplications", "common")
def entries_counted(widths):
    """These are the entries of the partial products. Each entry costs as many multiplications as its sum has terms."""
    inner = range(1, len(widths) - 1)
    return sum(widths[0] * widths[i + 1] for i in inner), sum(widths[-1] * widths[i - 1] for i in inner)


@mistake("multiplications", "common")
def first_table_counted_too(widths):
    """This counts one product too many on each side: the first table stands there and is multiplied by nothing yet."""
    every = range(len(widths) - 1)
    return (
        sum(widths[0] * widths[i] * widths[i + 1] for i in every),
        sum(widths[-1] * widths[i] * widths[i + 1] for i in every),
    )


@mistake("multiplications", "common")
def neighbours_only(widths):
    """This multiplies each table with its neighbour. After the first product it is the partial product that goes on."""
    total = sum(widths[i - 1] * widths[i] * widths[i + 1] for i in range(1, len(widths) - 1))
    return total, total


@mistake("multiplications", "common")
def a_vector_is_carried(widths):
    """This carries a single row or column through. The partial product is as wide as the end that you began at."""
    inner = range(1, len(widths) - 1)
    return sum(widths[i] * widths[i + 1] for i in inner), sum(widths[i] * widths[i - 1] for i in inner)


# --- the clinic ------------------------------------------------------------------------------------------------------

inner_slopes_forgotten = wrong(
    "inner_slopes_forgotten",
    "table_at_a_point",
    "S2.G.13a",
    [[16, 16], [3, 16]],
    "The first row is the slope of the square. The inside moves twice as fast as x, and three times as fast as y.",
)

value_for_the_slopes = wrong(
    "value_for_the_slopes",
    "table_at_a_point",
    "common",
    [[16, 24], [3, 16]],
    "The first row is half of it: what comes in front when a square is differentiated?",
)

columns_for_rows = wrong(
    "columns_for_rows",
    "table_at_a_point",
    "S2.G.13b",
    [[32, 3], [48, 16]],
    "The table lies on its side: a row for each output, a column for each input.",
)

taken_at_two_and_one = wrong(
    "taken_at_two_and_one",
    "table_at_a_point",
    "S2.G.13b",
    [[28, 42], [3, 8]],
    "This is the table at (2, 1). The first number of the point is x.",
)

sign_of_the_way_through_e = wrong(
    "sign_of_the_way_through_e",
    "along_b",
    "S2.G.10d",
    (4, "DH[0, 1] == 3*a**2 - 27*a*b"),
    "Line 4 it is. The way through e was taken with the other sign, but the first output of F does not hold e.",
)

inner_slopes_of_the_wrong_input = wrong(
    "inner_slopes_of_the_wrong_input",
    "along_b",
    "common",
    (4, "DH[0, 1] == 6*a*b - 15*b**2"),
    "Line 4 it is. These are the slopes along a; column 1 belongs to b.",
)

slopes_on_the_diagonal = wrong(
    "slopes_on_the_diagonal",
    "one_unit",
    "S2.G.12n",
    (3, "J == diag(s) * X"),
    "Line 3 it is. This keeps the diagonal of X too: every weight of the unit meets every example.",
)

slopes_along_the_wrong_axis = wrong(
    "slopes_along_the_wrong_axis",
    "one_unit",
    "common",
    (3, "J == s * X"),
    "Line 3 it is. Here s is laid along the inputs; it has one number for each example.",
)

line_two_blamed = wrong(
    "line_two_blamed",
    "what_X_is",
    "S2.G.12i",
    (1, "J[i, j, :, j] == X[:, i]"),
    "Line 1 takes the column of a tile that is not 0, and it holds the example. X is not the tensor, but it fills it.",
)

bend_before_the_weights = wrong(
    "bend_before_the_weights",
    "by_tensors",
    "common",
    "chebdafg",
    "The way back meets the weights first: G has one column for each output until it has passed them.",
)

bend_before_their_tensor = wrong(
    "bend_before_their_tensor", "by_tensors", "common", "chebadfg", bend_before_the_weights.sentence
)

bend_before_both_weights = wrong(
    "bend_before_both_weights", "by_tensors", "common", "cheadbfg", bend_before_the_weights.sentence
)

bend_right_after_the_way_forward = wrong(
    "bend_right_after_the_way_forward", "by_tensors", "common", "chadebfg", bend_before_the_weights.sentence
)

late_for_the_second_weights = wrong(
    "late_for_the_second_weights",
    "by_tensors",
    "common",
    "chedfabg",
    "One name stands for everything that came back. What the second layer's weights need is gone once G has moved on.",
)

second_weights_right_after_the_way_back = wrong(
    "second_weights_right_after_the_way_back",
    "by_tensors",
    "common",
    "chedfbag",
    late_for_the_second_weights.sentence,
)

second_weights_after_both_tensors = wrong(
    "second_weights_after_both_tensors", "by_tensors", "common", "chdefbag", late_for_the_second_weights.sentence
)

second_weights_last = wrong(
    "second_weights_last", "by_tensors", "common", "chedfagb", late_for_the_second_weights.sentence
)

second_weights_last_with_their_tensor = wrong(
    "second_weights_last_with_their_tensor", "by_tensors", "common", "chdfageb", late_for_the_second_weights.sentence
)

second_weights_as_they_are_met = wrong(
    "second_weights_as_they_are_met", "by_tensors", "common", "chdfebag", late_for_the_second_weights.sentence
)
