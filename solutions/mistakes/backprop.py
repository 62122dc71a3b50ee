"""Chapter 5, backpropagation: known wrong answers."""

import numpy as np

from ..neurons import sigmoid
from ..sigmoid_softmax import softmax
from . import mistake, wrong

# --- second_weight ---------------------------------------------------------------------------------------------------

no_bend = wrong(
    "no_bend",
    "second_weight",
    "common",
    -1.0,
    "Where both inputs are 1 the first unit has given 2 already. Work out what the output is there with your weight.",
)

adds_up = wrong(
    "adds_up",
    "second_weight",
    "common",
    2.0,
    "The size is right. The second unit has to take something away.",
)

second_unit_ignored = wrong(
    "second_unit_ignored",
    "second_weight",
    "common",
    0.0,
    "Without the second unit the output goes on rising: at the point where both inputs are 1 it would be 2.",
)

takes_away_too_much = wrong(
    "takes_away_too_much",
    "second_weight",
    "common",
    -3.0,
    "The sign is right. Where both inputs are 1 the output has to come down from 2 to 0, and here it falls below.",
)

# --- hidden_slope ----------------------------------------------------------------------------------------------------

label_as_target = wrong(
    "label_as_target",
    "hidden_slope",
    "S2.M.3b",
    -0.4,
    "This compares the unit with the label. The label is what the output should have said; nobody says it of the unit.",
)

label_as_target_squared = wrong(
    "label_as_target_squared",
    "hidden_slope",
    "S2.M.3b",
    -0.8,
    "This takes the label for the target of the hidden unit. A hidden unit has none: go through the output.",
)

stopped_at_the_output = wrong(
    "stopped_at_the_output",
    "hidden_slope",
    "common",
    -3.0,
    "This is the slope along the output. How fast does the output move when h1 does?",
)

square_not_differentiated = wrong(
    "square_not_differentiated",
    "hidden_slope",
    "common",
    3.0,
    "This is half of it. The loss is a square: what does differentiating it bring in front?",
)

along_the_weight = wrong(
    "along_the_weight",
    "hidden_slope",
    "common",
    -1.8,
    "This is the slope along the weight v1: its partner is h1. Along h1 the partner is another number.",
)

sign_of_the_weight_lost = wrong(
    "sign_of_the_weight_lost",
    "hidden_slope",
    "common",
    -6.0,
    "The size is right. Two numbers are multiplied here, and both are negative.",
)

difference_of_one_step = wrong(
    "difference_of_one_step",
    "hidden_slope",
    "common",
    6.4,
    "This is the rise over a step of 0.1. The loss is curved, so the slope at 0.6 itself is a little different.",
)

difference_of_a_small_step = wrong(
    "difference_of_a_small_step",
    "hidden_slope",
    "common",
    6.004,
    "This is the rise over a small step. It is close, but the slope at 0.6 itself can be worked out without a step.",
)

# --- way_back --------------------------------------------------------------------------------------------------------

_BACK = "D(sum(g * (x @ W)), x)"

rows_for_columns = wrong(
    "rows_for_columns",
    "way_back",
    "S0.4",
    [_BACK, "g[0] * W[:, 0] + g[1] * W[1]", "sum(g * W, axis=1)", "g @ W.T"],
    "Line 2: the second output is made with a column of W, as the first is. A row belongs to an input.",
)

one_output_twice = wrong(
    "one_output_twice",
    "way_back",
    "common",
    [_BACK, "g[0] * W[:, 0] + g[1] * W[:, 0]", "sum(g * W, axis=1)", "g @ W.T"],
    "Line 2: both terms have the first column of W. Each output has a column of its own.",
)

forward_again = wrong(
    "forward_again",
    "way_back",
    "S0.4",
    [_BACK, "g[0] * W[:, 0] + g[1] * W[:, 1]", "sum(g * W, axis=1)", "g @ W"],
    "Line 4: this is the way forward, from d inputs to k outputs. Slopes of k outputs come in here.",
)

# --- dense_backward --------------------------------------------------------------------------------------------------


@mistake("dense_backward", "S0.4")
def not_turned(dZ, X, W):
    """dX was made with W as it stands in the forward pass. The k slopes have to come back to the d inputs."""
    return dZ @ W, X.T @ dZ, dZ.sum(axis=0)


@mistake("dense_backward", "S0.3")
def weights_on_their_side(dZ, X, W):
    """dW lies on its side: it must have W's shape, a row for each input and a column for each output."""
    return dZ @ W.T, dZ.T @ X, dZ.sum(axis=0)


@mistake("dense_backward", "S1.1e")
def bias_with_rows(dZ, X, W):
    """db still has a row for each example. The one bias is added in every row, so its slopes of all rows add up."""
    return dZ @ W.T, X.T @ dZ, dZ


@mistake("dense_backward", "common")
def bias_meant(dZ, X, W):
    """db is the mean over the rows here. The 1/n belongs to the loss and is in dZ already."""
    return dZ @ W.T, X.T @ dZ, dZ.mean(axis=0)


@mistake("dense_backward", "common")
def averaged_again(dZ, X, W):
    """Everything along the parameters was divided by n once more. The loss owns the 1/n, and dZ has it already."""
    return dZ @ W.T, X.T @ dZ / len(X), dZ.mean(axis=0)


@mistake("dense_backward", "S1.1c")
def one_example_only(dZ, X, W):
    """dW is what the first row alone gives. Every row uses the same weights, so all rows add up."""
    return dZ @ W.T, np.outer(X[0], dZ[0]), dZ.sum(axis=0)


@mistake("dense_backward", "S1.2b")
def sums_before_products(dZ, X, W):
    """dW is a product of sums: X and dZ were each summed over the rows first. Each row multiplies with its own slopes
    before anything is added."""
    return dZ @ W.T, np.outer(X.sum(axis=0), dZ.sum(axis=0)), dZ.sum(axis=0)


@mistake("dense_backward", "common")
def upstream_ignored(dZ, X, W):
    """This is right for an upstream of ones alone. What came back in dZ has to be used."""
    ones = np.ones(dZ.shape)
    return ones @ W.T, X.T @ ones, ones.sum(axis=0)


@mistake("dense_backward", "common")
def order_of_results(dZ, X, W):
    """The three are right and come in another order than the first line of the docstring's arrow asks for."""
    return X.T @ dZ, dZ.sum(axis=0), dZ @ W.T


@mistake("dense_backward", "common")
def bias_along_the_outputs(dZ, X, W):
    """db has one number for each example here: it was summed along the outputs. It must have one for each output."""
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=1)


# --- activation_backward ---------------------------------------------------------------------------------------------


def _slope(Z, kind):
    if kind == "relu":
        return np.where(Z > 0, 1.0, 0.0)
    return sigmoid(Z) * (1 - sigmoid(Z)) if kind == "logistic" else np.ones(Z.shape)


@mistake("activation_backward", "S4.T2b")
def relu_slope_of_one(dH, Z, kind):
    """The slope of relu was taken as 1 everywhere. Below 0 the output of relu does not move at all."""
    return dH if kind == "relu" else dH * _slope(Z, kind)


@mistake("activation_backward", "S0.2")
def slope_without_what_came_back(dH, Z, kind):
    """This is the slope of the activation alone. What came back in dH, entry by entry, is missing."""
    return _slope(Z, kind)


@mistake("activation_backward", "common")
def relu_applied_to_the_gradient(dH, Z, kind):
    """For relu the sign of what comes back was asked. What counts is whether the unit was on: the sign of Z."""
    return np.maximum(dH, 0) if kind == "relu" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def values_for_slopes(dH, Z, kind):
    """This multiplies by the values of the activation. On the way back its slopes are wanted."""
    return dH * (np.maximum(Z, 0) if kind == "relu" else sigmoid(Z) if kind == "logistic" else Z)


@mistake("activation_backward", "common")
def sums_in_the_logistic_slope(dH, Z, kind):
    """For the logistic function the slope s(1 - s) was made with the sums. Its s is what the unit says."""
    return dH * Z * (1 - Z) if kind == "logistic" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def half_of_the_logistic_slope(dH, Z, kind):
    """For the logistic function one of the two factors of its slope is missing: this multiplies by the value alone."""
    return dH * sigmoid(Z) if kind == "logistic" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def logistic_everywhere(dH, Z, kind):
    """Every kind was treated as the logistic function. Look at what `kind` says."""
    return dH * _slope(Z, "logistic")


@mistake("activation_backward", "common")
def mask_turned(dH, Z, kind):
    """The mask is turned: it lets through what came back to the units that were off."""
    return dH * (Z < 0) if kind == "relu" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def relu_slope_without_what_came_back(dH, Z, kind):
    """For relu this is the mask alone. What came back in dH, entry by entry, is missing."""
    return _slope(Z, kind) if kind == "relu" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def logistic_slope_without_what_came_back(dH, Z, kind):
    """For the logistic function this is its slope alone. What came back in dH, entry by entry, is missing."""
    return _slope(Z, kind) if kind == "logistic" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def relu_values_for_slopes(dH, Z, kind):
    """For relu this multiplies by what the unit said. On the way back its slope is wanted, which is 0 or 1."""
    return dH * np.maximum(Z, 0) if kind == "relu" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def degree_of_what_came_back(dH, Z, kind):
    """For the logistic function the slope was taken at dH. It is the slope at Z, and dH is multiplied by it."""
    return sigmoid(dH) * (1 - sigmoid(dH)) if kind == "logistic" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def slope_of_the_twin(dH, Z, kind):
    """For the logistic function this is the slope of the hint's twin, tanh. The logistic function has another."""
    return dH * (1 - np.tanh(Z) ** 2) if kind == "logistic" else dH * _slope(Z, kind)


@mistake("activation_backward", "common")
def identity_gives_the_sums(dH, Z, kind):
    """For the identity this gives Z itself. Wanted is what the slopes in dH become on the way back."""
    return Z if kind == "identity" else dH * _slope(Z, kind)


# --- delta_back ------------------------------------------------------------------------------------------------------


@mistake("delta_back", "S4.T1i")
def weights_not_transposed(dZ_next, W_next, Z):
    """The weights were not transposed. At equal widths that conforms, and each unit gets another unit's slopes."""
    return (dZ_next @ W_next) * (Z > 0)


@mistake("delta_back", "S4.T1i")
def slope_of_the_activation_alone(dZ_next, W_next, Z):
    """This is the slope of the activation alone. A line of a hand-in stood for it too; what comes back is missing."""
    return np.where(Z > 0, 1.0, 0.0)


@mistake("delta_back", "S4.T2b")
def all_units_on(dZ_next, W_next, Z):
    """Every unit was taken to be on. A unit that was off did not move the loss, so nothing passes through it."""
    return dZ_next @ W_next.T


@mistake("delta_back", "S1.2e")
def mask_before_the_way_back(dZ_next, W_next, Z):
    """The mask of this layer was put on the next layer's slopes. It belongs to the units of Z: first back, then
    mask."""
    return (dZ_next * (Z > 0)) @ W_next.T


@mistake("delta_back", "S0.2")
def next_layers_delta(dZ_next, W_next, Z):
    """The next layer's slopes were taken as they are. They have to come back through its weights first."""
    return dZ_next * (Z > 0)


@mistake("delta_back", "common")
def weights_masked(dZ_next, W_next, Z):
    """What comes back was multiplied by the values of relu. On the way back the slope counts, which is 0 or 1."""
    return (dZ_next @ W_next.T) * np.maximum(Z, 0)


@mistake("delta_back", "S3.c2")
def summed_on_the_way(dZ_next, W_next, Z):
    """The rows were added before the mask. Each example has its own mask, and its own slopes go with it."""
    return (dZ_next.sum(axis=0) @ W_next.T) * (Z > 0)


# --- several_outputs -------------------------------------------------------------------------------------------------

_SEVERAL = "D(sum((h @ V - y)**2), z)"
_LAST = "(V @ r) * h * (1 - h)"

degrees_on_the_diagonal = wrong(
    "degrees_on_the_diagonal",
    "several_outputs",
    "common",
    [_SEVERAL, "(2 * (h @ V - y)) @ (V.T @ diag(h))", "((2 * (h @ V - y)) @ V.T) * h * (1 - h)", _LAST],
    "Line 2: on the diagonal stand the slopes of the values along z, and these are the values.",
)

slopes_not_on_a_diagonal = wrong(
    "slopes_not_on_a_diagonal",
    "several_outputs",
    "S4.T1ii",
    [_SEVERAL, "(2 * (h @ V - y)) @ (V.T @ outer(h, 1 - h))", "((2 * (h @ V - y)) @ V.T) * h * (1 - h)", _LAST],
    "Line 2: with this table every unit's sum moves every unit's value. A logistic unit moves its own alone.",
)

one_output_alone = wrong(
    "one_output_alone",
    "several_outputs",
    "S2.M.5b",
    [
        _SEVERAL,
        "(2 * (h @ V - y)) @ (V.T @ diag(h * (1 - h)))",
        "((2 * (h @ V - y)) @ V.T) * h * (1 - h)",
        "V[:, 0] * r[0] * h * (1 - h)",
    ],
    "Line 4: the other output is lost. A hidden unit moves every output, and all of these ways add up.",
)

second_weights_not_turned = wrong(
    "second_weights_not_turned",
    "several_outputs",
    "common",
    [
        _SEVERAL,
        "(2 * (h @ V - y)) @ (V.T @ diag(h * (1 - h)))",
        "((2 * (h @ V - y)) @ V) * h * (1 - h)",
        _LAST,
    ],
    "Line 3: V as it stands leads from units to outputs. Here slopes of the outputs come in.",
)

# --- softmax_network -------------------------------------------------------------------------------------------------


def _forward2(X, Y, W1, b1, W2, b2):
    H = sigmoid(X @ W1 + b1)
    return H, (softmax(H @ W2 + b2) - Y) / len(X)


def _four(X, H, dZ1, dZ2):
    return X.T @ dZ1, dZ1.sum(axis=0), H.T @ dZ2, dZ2.sum(axis=0)


@mistake("softmax_network", "S2.M.7a")
def class_index_on_the_hidden_units(X, Y, W1, b1, W2, b2):
    """These are no probabilities: below the fraction the class index went to the hidden units. Each class sums with
    all of its own weights."""
    H = sigmoid(X @ W1 + b1)
    below = np.exp(H[:, :, None] * W2 + b2).sum(axis=1)
    dZ2 = (np.exp(H @ W2 + b2) / below - Y) / len(X)
    return _four(X, H, (dZ2 @ W2.T) * H * (1 - H), dZ2)


@mistake("softmax_network", "S2.M.7b")
def unit_index_on_the_hidden_vector(X, Y, W1, b1, W2, b2):
    """dW2 has one number for each class: an index went onto the whole row of hidden values. Each class has a weight
    for every unit."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dZ1 = (dZ2 @ W2.T) * H * (1 - H)
    return X.T @ dZ1, dZ1.sum(axis=0), np.sum(H * dZ2, axis=0), dZ2.sum(axis=0)


@mistake("softmax_network", "S2.M.5a")
def diagonal_alone(X, Y, W1, b1, W2, b2):
    """Of dW2 only the diagonal is left: unit 1 with class 1, unit 2 with class 2. Every unit meets every class."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dW1, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * H * (1 - H), dZ2)
    return dW1, db1, dW2 * np.eye(*dW2.shape), db2


@mistake("softmax_network", "S2.M.7b")
def diagonal_of_the_softmax(X, Y, W1, b1, W2, b2):
    """Only the diagonal of the softmax Jacobian was used, so each row moves the column of its own class alone."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dZ2 = Y * dZ2
    return _four(X, H, (dZ2 @ W2.T) * H * (1 - H), dZ2)


@mistake("softmax_network", "S2.M.7c")
def the_same_for_every_unit(X, Y, W1, b1, W2, b2):
    """Every hidden unit gets the same slopes here: the sum ran over the units too. Each unit has its own weights to
    the classes."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dZ1 = np.sum((dZ2 @ W2.T) * H * (1 - H), axis=1, keepdims=True) + 0 * H
    return _four(X, H, dZ1, dZ2)


@mistake("softmax_network", "S2.M.5b")
def own_output_only(X, Y, W1, b1, W2, b2):
    """Unit j was given what class j sends back and nothing of the others. The sum over the classes is lost."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    return _four(X, H, dZ2 * np.diag(W2) * H * (1 - H), dZ2)


@mistake("softmax_network", "S2.M.6b")
def unit_index_on_the_inputs(X, Y, W1, b1, W2, b2):
    """Of dW1 only the diagonal is left: the unit's index went onto the inputs. Every input feeds every unit."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dW1, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * H * (1 - H), dZ2)
    return dW1 * np.eye(*dW1.shape), db1, dW2, db2


@mistake("softmax_network", "S2.M.4b")
def vector_for_the_units_own_value(X, Y, W1, b1, W2, b2):
    """In the logistic slope one factor has lost its unit: the whole row of hidden values stands against the inputs."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dZ1 = (dZ2 @ W2.T) * (1 - H)
    return (X * H).T @ dZ1, (dZ1 * H).sum(axis=0), H.T @ dZ2, dZ2.sum(axis=0)


@mistake("softmax_network", "common")
def logistic_slope_forgotten(X, Y, W1, b1, W2, b2):
    """The slope of the hidden units' logistic function is missing on the way back."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    return _four(X, H, dZ2 @ W2.T, dZ2)


@mistake("softmax_network", "common")
def slopes_not_averaged(X, Y, W1, b1, W2, b2):
    """These are the gradients of the sum over the rows. This course's loss owns the 1/n."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    dZ2 = dZ2 * len(X)
    return _four(X, H, (dZ2 @ W2.T) * H * (1 - H), dZ2)


@mistake("softmax_network", "common")
def second_layer_not_turned(X, Y, W1, b1, W2, b2):
    """W2 was not transposed on the way back. At equal widths that conforms, and the numbers are another network's."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    return _four(X, H, (dZ2 @ W2) * H * (1 - H), dZ2)


@mistake("softmax_network", "common")
def softmax_as_if_entry_by_entry(X, Y, W1, b1, W2, b2):
    """At the scores a factor for the softmax was put in once more. What was said minus what was true has it already."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    P = softmax(H @ W2 + b2)
    dZ2 = dZ2 * P * (1 - P)
    return _four(X, H, (dZ2 @ W2.T) * H * (1 - H), dZ2)


@mistake("softmax_network", "common")
def sums_for_degrees(X, Y, W1, b1, W2, b2):
    """The slope of the hidden units was made with their sums. It is said with their values."""
    H, dZ2 = _forward2(X, Y, W1, b1, W2, b2)
    Z1 = X @ W1 + b1
    return _four(X, H, (dZ2 @ W2.T) * Z1 * (1 - Z1), dZ2)


# --- three_layers ----------------------------------------------------------------------------------------------------

weights_mended_alone = wrong(
    "weights_mended_alone",
    "three_layers",
    "S1.1h",
    (4, "dW1 == X.T @ ((dZ3 @ W3.T @ W2.T) * indicator(Z2) * indicator(Z1))"),
    "Each layer's weights are there once now. Where does the mask of Z2 belong, before W2.T or after it?",
)

masks_mended_alone = wrong(
    "masks_mended_alone",
    "three_layers",
    "S1.1i",
    (4, "dW1 == X.T @ ((((dZ3 @ W3.T) * indicator(Z2)) @ W3.T) * indicator(Z1))"),
    "The masks stand where they belong now. Which weights lie between H1 and Z2?",
)

line_before_blamed = wrong(
    "line_before_blamed",
    "three_layers",
    "S1.1f",
    (3, "dW2 == H2.T @ ((dZ3 @ W3.T) * indicator(Z2))"),
    "Line 3 follows as it is. The second layer's inputs are H1.",
)

middle_weights_not_turned = wrong(
    "middle_weights_not_turned",
    "three_layers",
    "common",
    (4, "dW1 == X.T @ ((((dZ3 @ W3.T) * indicator(Z2)) @ W2) * indicator(Z1))"),
    "Masks and order are right. One of the weights stands as on the way forward, and the way back needs it turned.",
)

mask_of_the_second_layer_lost = wrong(
    "mask_of_the_second_layer_lost",
    "three_layers",
    "common",
    (4, "dW1 == X.T @ ((dZ3 @ W3.T @ W2.T) * indicator(Z1))"),
    "The weights are right. Between the two of them the way back meets a bend, and its mask is missing.",
)

# --- mlp_backward ----------------------------------------------------------------------------------------------------


def _walk(X, layers):
    """The inputs H, the sums Z, the slopes of the activations, and the output of the last layer."""
    inputs, sums, slopes = [], [], []
    H = X
    for W, b, kind in layers:
        inputs.append(H)
        sums.append(H @ W + b)
        slopes.append(_slope(sums[-1], kind))
        relu_or_sum = np.maximum(sums[-1], 0) if kind == "relu" else sums[-1]
        H = sigmoid(sums[-1]) if kind == "logistic" else relu_or_sum
    return inputs, sums, slopes, H


def _start(H, Y, head):
    return (softmax(H) - Y) / len(Y) if head == "softmax" else 2 * (H - Y) / len(Y)


def _gradients(X, Y, layers, head, start=_start, slope=None, back=None, weights=None, bias=None):
    """The right gradients, but for the steps that are given."""
    inputs, sums, slopes, H = _walk(X, layers)
    dH, found = start(H, Y, head), []
    for i in reversed(range(len(layers))):
        dZ = dH * (slope(i, slopes, layers) if slope else slopes[i])
        dW = weights(i, inputs + [H], dZ) if weights else inputs[i].T @ dZ
        found = [dW, bias(dZ) if bias else dZ.sum(axis=0), *found]
        dH = back(i, dZ, layers) if back else dZ @ layers[i][0].T
    return found


def _merged(X, Y, layers, head, weights_of):
    """Every mask is multiplied at the very end of its chain, and so on the wrong side of the weights."""
    inputs, _, slopes, H = _walk(X, layers)
    dH, found, mask = _start(H, Y, head), [], 1.0
    for i in reversed(range(len(layers))):
        mask = mask * slopes[i]
        dZ = dH * mask
        found = [inputs[i].T @ dZ, dZ.sum(axis=0), *found]
        dH = dH @ layers[weights_of(i)][0].T
    return found


@mistake("mlp_backward", "S1.1h")
def last_weights_again(X, Y, layers, head):
    """The same weights were used at every step back, those of the last layer. Each step goes back through its own."""
    return _gradients(X, Y, layers, head, back=lambda i, dZ, layers: dZ @ layers[-1][0].T)


@mistake("mlp_backward", "S1.2e")
def masks_at_the_end(X, Y, layers, head):
    """The masks were collected and multiplied in after the weights. Each one acts before the step back through its own
    layer's weights."""
    return _merged(X, Y, layers, head, lambda i: i)


@mistake("mlp_backward", "S1.1i")
def masks_at_the_end_and_last_weights(X, Y, layers, head):
    """Two things: the last layer's weights stand at every step back, and the masks come in after the weights and not
    before."""
    return _merged(X, Y, layers, head, lambda i: -1)


@mistake("mlp_backward", "S1.1g")
def biases_with_rows(X, Y, layers, head):
    """The slopes of the biases still have a row for each example. One bias serves all rows: their slopes add up."""
    return _gradients(X, Y, layers, head, bias=lambda dZ: dZ)


@mistake("mlp_backward", "S1.2d")
def rows_added_at_the_output(X, Y, layers, head):
    """The rows were added at the output, before masks and inputs. Every example walks back on its own; the sum comes
    with each dW and db."""
    return _gradients(X, Y, layers, head, lambda H, Y, head: _start(H, Y, head).sum(axis=0, keepdims=True) + 0 * H)


@mistake("mlp_backward", "S1.2f")
def rows_added_and_masks_at_the_end(X, Y, layers, head):
    """Two things: the masks come in after the weights and not before, and the biases were not added up over the
    rows."""
    found = _merged(X, Y, layers, head, lambda i: i)
    inputs, _, slopes, H = _walk(X, layers)
    mask = 1.0
    for slope in reversed(slopes):
        mask = mask * slope
    dH = _start(H, Y, head)
    for W, _, _ in reversed(layers[1:]):
        dH = dH @ W.T
    return [found[0], dH * mask, *found[2:]]


@mistake("mlp_backward", "S4.T2a0")
def outputs_added(X, Y, layers, head):
    """At the output the slopes were added over the outputs, so every output gets the same. Each has its own
    difference."""
    return _gradients(X, Y, layers, head, lambda H, Y, head: _start(H, Y, head).sum(axis=1, keepdims=True) + 0 * H)


@mistake("mlp_backward", "S4.T2a3")
def layer_above_again(X, Y, layers, head):
    """A layer was given the gradients of the layer after it. Its sums lie one step further back."""
    found = _gradients(X, Y, layers, head)
    return found if len(layers) < 2 else [*found[:-4], *found[-2:], *found[-2:]]


@mistake("mlp_backward", "S4.T2a4")
def bias_above_again(X, Y, layers, head):
    """The weights are right, but a layer was given the bias slopes of the layer after it."""
    found = _gradients(X, Y, layers, head)
    return found if len(layers) < 2 else [*found[:-3], found[-1], *found[-2:]]


@mistake("mlp_backward", "S4.T2a1")
def weights_lying(X, Y, layers, head):
    """The slopes of the weights lie on their side. Where all layers are equally wide the shapes do not show it."""
    return _gradients(X, Y, layers, head, weights=lambda i, H, dZ: dZ.T @ H[i])


@mistake("mlp_backward", "S1.1f")
def own_outputs_for_inputs(X, Y, layers, head):
    """The slopes of the weights were made with the layer's own outputs. A weight is multiplied by its input, the
    outputs of the layer before."""
    return _gradients(X, Y, layers, head, weights=lambda i, H, dZ: H[i + 1].T @ dZ)


@mistake("mlp_backward", "S4.T2b")
def relu_never_off(X, Y, layers, head):
    """The slope of relu was taken as 1 for every unit, also for those that were off."""
    return _gradients(X, Y, layers, head, slope=lambda i, slopes, layers: 1.0 if layers[i][2] == "relu" else slopes[i])


@mistake("mlp_backward", "S0.2")
def output_slopes_everywhere(X, Y, layers, head):
    """The slopes at the output were used at every layer. Each layer needs what came back to its own output."""
    inputs, _, slopes, H = _walk(X, layers)
    dH, found = _start(H, Y, head), []
    for A, slope in zip(inputs, slopes, strict=True):
        found += [A.T @ (dH * slope), (dH * slope).sum(axis=0)]
    return found


@mistake("mlp_backward", "S1.2c")
def last_activation_skipped(X, Y, layers, head):
    """The activation of the last layer was skipped on the way back. The way begins at its output, not at its sums."""
    last = len(layers) - 1
    return _gradients(
        X, Y, layers, head, slope=lambda i, slopes, layers: 1.0 if i == last and head == "squares" else slopes[i]
    )


@mistake("mlp_backward", "common")
def one_over_n_left_out(X, Y, layers, head):
    """These are the gradients of a sum over the rows. This course's loss is a mean."""
    return _gradients(X, Y, layers, head, lambda H, Y, head: _start(H, Y, head) * len(Y))


@mistake("mlp_backward", "common")
def two_left_out(X, Y, layers, head):
    """For the squares everything is half as large as it should be: differentiating a square brings a 2."""
    return _gradients(X, Y, layers, head, lambda H, Y, head: _start(H, Y, head) * (1 if head == "softmax" else 0.5))


@mistake("mlp_backward", "common")
def weights_never_turned(X, Y, layers, head):
    """The weights were not transposed on the way back. At equal widths that conforms, and the numbers are wrong."""
    return _gradients(X, Y, layers, head, back=lambda i, dZ, layers: dZ @ layers[i][0])


@mistake("mlp_backward", "S1.1b")
def labels_alone_divided(X, Y, layers, head):
    """With softmax the 1/n reached the labels alone. The loss is a mean, so everything in it is divided."""
    return _gradients(
        X, Y, layers, head, lambda H, Y, head: softmax(H) - Y / len(Y) if head == "softmax" else _start(H, Y, head)
    )


@mistake("mlp_backward", "common")
def from_the_last_layer_on(X, Y, layers, head):
    """The list begins with the last layer. The gradients are wanted in the order of the layers."""
    found = _gradients(X, Y, layers, head)
    return [part for i in reversed(range(len(layers))) for part in found[2 * i : 2 * i + 2]]


@mistake("mlp_backward", "common")
def head_not_read(X, Y, layers, head):
    """Every head was treated as squares. With softmax the slopes at the output are other ones."""
    return _gradients(X, Y, layers, head, lambda H, Y, head: _start(H, Y, "squares"))


@mistake("mlp_backward", "common")
def no_softmax(X, Y, layers, head):
    """With softmax the scores were compared with the labels. The softmax comes first: probabilities are compared."""
    return _gradients(
        X, Y, layers, head, lambda H, Y, head: (H - Y) / len(Y) if head == "softmax" else _start(H, Y, head)
    )


@mistake("mlp_backward", "common")
def mask_of_the_inputs(X, Y, layers, head):
    """For relu the mask was made of what came into the layer. It asks which of the layer's own units were on."""
    inputs = _walk(X, layers)[0]
    return _gradients(
        X,
        Y,
        layers,
        head,
        slope=lambda i, slopes, layers: inputs[i] > 0 if layers[i][2] == "relu" else slopes[i],
    )


@mistake("mlp_backward", "common")
def logistic_slope_of_the_sums(X, Y, layers, head):
    """For the logistic function the slope was made with the sums. It is said with the values of the units."""
    sums = _walk(X, layers)[1]
    return _gradients(
        X,
        Y,
        layers,
        head,
        slope=lambda i, slopes, layers: sums[i] * (1 - sums[i]) if layers[i][2] == "logistic" else slopes[i],
    )


# --- reconstruction --------------------------------------------------------------------------------------------------

both_masks_after = wrong(
    "both_masks_after",
    "reconstruction",
    "S1.2e",
    (3, "dH == (dOut @ W2.T) * indicator(Z1)"),
    "Another mask after the weights is not it either: dH has not met the hidden units' own activation yet.",
)

no_mask_at_all = wrong(
    "no_mask_at_all",
    "reconstruction",
    "S1.2e",
    (3, "dH == dOut @ W2.T"),
    "Without a mask, outputs that are off send something back. The mask of Z2 is needed; its place is the question.",
)

second_line_blamed = wrong(
    "second_line_blamed",
    "reconstruction",
    "S1.2c",
    (2, "dW2 == (H * indicator(Z2)).T @ dOut"),
    "Line 2 follows as it is. Z2 belongs to the outputs, and so does its mask.",
)

# --- bill_again ------------------------------------------------------------------------------------------------------

forward_only = wrong(
    "forward_only",
    "bill_again",
    "common",
    9472,
    "This is the way forward alone. Count the way back layer by layer: which products does each of the two need?",
)

back_only = wrong(
    "back_only",
    "bill_again",
    "common",
    10752,
    "This is the way back alone. The question is for both, forward and back together.",
)

inputs_slopes_too = wrong(
    "inputs_slopes_too",
    "bill_again",
    "common",
    28416,
    "This has slopes along the pixels in it as well. Nobody changes a picture, so that product can be left out.",
)

weights_slopes_only = wrong(
    "weights_slopes_only",
    "bill_again",
    "common",
    18944,
    "Forward, and the slopes along the weights. What carries the slopes from the second layer back to the first?",
)

# --- clinic ----------------------------------------------------------------------------------------------------------


@mistake("column_backward", "S0.4")
def column_turned_twice(da, h, W):
    """dh was made with da as a row. In columns it stays a column, and W stands as it is: nothing is turned."""
    return W * da.T, h @ da.T, da


@mistake("column_backward", "S0.3")
def weights_the_other_way(da, h, W):
    """dW has the shape of W's transpose. Which of the two columns has to be turned?"""
    return W @ da, da @ h.T, da


wrong_row = wrong(
    "wrong_row",
    "over_the_rows",
    "S1.1d",
    ["D(sum(G * (X @ W)), W)", "outer(X[0], G[0]) + outer(X[1], G[1]) + outer(X[2], G[1])", "X.T @ G"],
    "Line 2: each example's inputs go with that same example's slopes.",
)

sums_first = wrong(
    "sums_first",
    "over_the_rows",
    "S1.2b",
    [
        "D(sum(G * (X @ W)), W)",
        "outer(X[0], G[0]) + outer(X[1], G[1]) + outer(X[2], G[2])",
        "outer(sum(X, axis=0), sum(G, axis=0))",
    ],
    "Line 3: a product of two sums is not the sum of the products. One example's inputs would meet another's slopes.",
)

diagonal_divided = wrong(
    "diagonal_divided",
    "last_activation",
    "S4.T1ii",
    (3, "dZ == dP * P"),
    "One factor less, and still every score moves its own probability alone. All the probabilities of a row move.",
)

own_value_dropped = wrong(
    "own_value_dropped",
    "one_unit",
    "S2.M.4b",
    (3, "dW[:, j] == X.T @ (r * v[j] * (1 - H[:, j]))"),
    "One factor of the logistic slope is gone now. Which unit's value does it need?",
)

sign_left = wrong(
    "sign_left",
    "squared_loss",
    "S4.T2a0",
    (2, "dZ == 2 * (Y - Z) / n"),
    "The shape is right now. What does the minus inside the square do?",
)

penalty_without_the_two = wrong(
    "penalty_without_the_two",
    "with_penalty",
    "common",
    (4, "dW1 == X.T @ (dH * indicator(Z)) + lam * W1"),
    "The penalty stands on its own now. It is a square: what does differentiating it bring in front?",
)

penalty_dropped = wrong(
    "penalty_dropped",
    "with_penalty",
    "S3.c1",
    (4, "dW1 == X.T @ (dH * indicator(Z))"),
    "Now the penalty is gone. It belongs to the gradient; the question is what it is multiplied by.",
)

mean_of_the_masks = wrong(
    "mean_of_the_masks",
    "two_biases",
    "S3.c2",
    (4, "db1 == sum(indicator(Z1), axis=0) * (sum(dZ2, axis=0) @ W2.T)"),
    "Sum or mean of the masks, both come too early: each example's mask goes with its own slopes.",
)

mean_over_the_rows = wrong(
    "mean_over_the_rows",
    "two_biases",
    "common",
    (4, "db1 == mean(dH * indicator(Z1), axis=0)"),
    "The masks go with their own slopes now. The 1/n is in dZ2 already, and here it comes a second time.",
)


def _penalised(X, Y, W1, b1, W2, b2):
    Z1 = X @ W1 + b1
    return Z1, np.maximum(Z1, 0), (softmax(np.maximum(Z1, 0) @ W2 + b2) - Y) / len(X)


@mistake("penalised_network", "S3.c0")
def penalty_averaged(X, Y, W1, b1, W2, b2, lam):
    """The penalty was drawn into the mean. It is added once, however many examples there are."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    return dW1 + 2 * lam * W1 / len(X), db1, dW2 + 2 * lam * W2 / len(X), db2


@mistake("penalised_network", "S3.c0")
def only_the_penalty_not_summed(X, Y, W1, b1, W2, b2, lam):
    """The 1/n is missing from the cross-entropy; the penalty is as it should be."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0) * len(X), dZ2 * len(X))
    return dW1 + 2 * lam * W1, db1, dW2 + 2 * lam * W2, db2


@mistake("penalised_network", "S3.b")
def first_example_of_the_last_layer(X, Y, W1, b1, W2, b2, lam):
    """dW2 is what one example gives. The sum over the examples is missing."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, db1, _, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    return dW1 + 2 * lam * W1, db1, np.outer(H[0], dZ2[0]) + 2 * lam * W2, db2


@mistake("penalised_network", "S3.b")
def hidden_values_not_turned(X, Y, W1, b1, W2, b2, lam):
    """dW2 was made without turning what has to be turned. It conforms only where n, h and k are equal."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, db1, _, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    return dW1 + 2 * lam * W1, db1, dZ2 @ H + 2 * lam * W2, db2


@mistake("penalised_network", "S3.c1")
def penalty_in_the_bracket(X, Y, W1, b1, W2, b2, lam):
    """The penalty on W1 stands inside the bracket and is multiplied by the inputs too. It is a term of its own."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    return X.T @ ((dZ2 @ W2.T) * (Z1 > 0) + 2 * lam * W1), db1, dW2 + 2 * lam * W2, db2


@mistake("penalised_network", "S3.c1")
def examples_added_before_the_mask(X, Y, W1, b1, W2, b2, lam):
    """dW1 was made from slopes that had been added over the examples before mask and inputs."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    _, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    early = (dZ2.mean(axis=0) @ W2.T) * (Z1 > 0)
    return X.T @ early + 2 * lam * W1, db1, dW2 + 2 * lam * W2, db2


@mistake("penalised_network", "S3.c2")
def bias_added_before_the_mask(X, Y, W1, b1, W2, b2, lam):
    """db1 was made from slopes that had been added over the examples before the mask. Each example has its own mask."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, _, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    early = (dZ2.sum(axis=0) @ W2.T) * (Z1 > 0).mean(axis=0)
    return dW1 + 2 * lam * W1, early, dW2 + 2 * lam * W2, db2


@mistake("penalised_network", "common")
def biases_penalised(X, Y, W1, b1, W2, b2, lam):
    """The biases were given a penalty too, and this loss has none on them."""
    Z1, H, dZ2 = _penalised(X, Y, W1, b1, W2, b2)
    dW1, db1, dW2, db2 = _four(X, H, (dZ2 @ W2.T) * (Z1 > 0), dZ2)
    return dW1 + 2 * lam * W1, db1 + 2 * lam * b1, dW2 + 2 * lam * W2, db2 + 2 * lam * b2


step_before_all_slopes = wrong(
    "step_before_all_slopes",
    "one_epoch_step",
    "common",
    "dbecaf",
    "W2 moves before dZ1 is made, so what comes back comes through weights that this batch was not answered with.",
)
