"""Chapter 4, cross-entropy: known wrong answers."""

import numpy as np

from ..neurons import sigmoid
from ..sigmoid_softmax import softmax
from . import mistake, wrong

# --- bce -------------------------------------------------------------------------------------------------------------


@mistake("bce", "S2.G.2c")
def minus_for_the_first_term_only(p, y):
    """The minus reaches one of the two terms only, so the examples with label 0 are paid for being wrong: bracket the
    sum first."""
    return -np.mean(y * np.log(p)) + np.mean((1 - y) * np.log(1 - p))


@mistake("bce", "S2.N.13")
def sum_for_mean(p, y):
    """This is the sum over the examples, as many books have it. The course's loss owns the 1/n."""
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


@mistake("bce", "common")
def minus_forgotten(p, y):
    """The minus is missing. A log of something below 1 is negative, and a loss should be small where the answer is
    good."""
    return np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@mistake("bce", "common")
def zeros_not_charged(p, y):
    """Only the examples with label 1 are charged. What was said for a true 0 must cost something too."""
    return -np.mean(y * np.log(p))


@mistake("bce", "common")
def same_log_twice(p, y):
    """Both terms have the same log. A true 0 was given what p leaves over."""
    return -np.mean(y * np.log(p) + (1 - y) * np.log(p))


@mistake("bce", "common")
def labels_turned(p, y):
    """Here the surer of the truth, the dearer. Which probability was given to what happened, where the label is 1?"""
    return -np.mean((1 - y) * np.log(p) + y * np.log(1 - p))


@mistake("bce", "common")
def log_of_the_label(p, y):
    """The log was taken of the label. The label says which log counts; the log itself is of what the neuron said."""
    return -np.mean(p * np.log(y) + (1 - p) * np.log(1 - y))


@mistake("bce", "common")
def squares_again(p, y):
    """This is the squared loss of chapter 1. It never charges more than 1, however sure the neuron was."""
    return np.mean((p - y) ** 2)


@mistake("bce", "common")
def likelihood_itself(p, y):
    """This is the likelihood, the product. The loss is made of it in three steps: log, minus, mean."""
    return np.prod(np.where(y == 1, p, 1 - p))


@mistake("bce", "common")
def mean_inside_the_log(p, y):
    """The mean was taken first and the log after it. Each example has its own log, and the mean is over those."""
    return -np.log(np.mean(np.where(y == 1, p, 1 - p)))


@mistake("bce", "common")
def another_log(p, y):
    """This log has base 10. The course means the natural one, whose slope is 1 over what it is taken of."""
    return -np.mean(y * np.log10(p) + (1 - y) * np.log10(1 - p))


@mistake("bce", "common")
def one_cost_each(p, y):
    """These are the costs of the single examples. The loss is one number: their mean."""
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


# --- bce_slope -------------------------------------------------------------------------------------------------------

_FIRST = "D(-(y * log(p) + (1 - y) * log(1 - p)), z)"

second_sign_lost = wrong(
    "second_sign_lost",
    "bce_slope",
    "S2.G.2c",
    [_FIRST, "(-y / p + -(1 - y) / (1 - p)) * p * (1 - p)", "-y * (1 - p) + (1 - y) * p", "p - y"],
    "Line 2: the log of 1 - p brings one minus from inside, and the loss has another in front. Count them both.",
)

second_minus_in_front = wrong(
    "second_minus_in_front",
    "bce_slope",
    "S2.G.2c",
    [_FIRST, "(-y / p - (1 - y) / (1 - p)) * p * (1 - p)", "-y * (1 - p) + (1 - y) * p", "p - y"],
    "Line 2: the plus before the hole was given, and it is right: the two minus signs of the second term meet.",
)

second_term_unbracketed = wrong(
    "second_term_unbracketed",
    "bce_slope",
    "common",
    [_FIRST, "(-y / p + 1 - y / (1 - p)) * p * (1 - p)", "-y * (1 - p) + (1 - y) * p", "p - y"],
    "Line 2: without brackets the fraction has y alone on its top. All of the top needs brackets.",
)

second_sign_lost_so_far = wrong(
    "second_sign_lost_so_far",
    "bce_slope",
    "S2.G.2c",
    [_FIRST, "(-y / p + -(1 - y) / (1 - p)) * p * (1 - p)", "-y * (1 - p) + ___", ""],
    second_sign_lost.sentence,
)

second_term_unbracketed_so_far = wrong(
    "second_term_unbracketed_so_far",
    "bce_slope",
    "common",
    [_FIRST, "(-y / p + 1 - y / (1 - p)) * p * (1 - p)", "-y * (1 - p) + ___", ""],
    second_term_unbracketed.sentence,
)

second_term_forgotten = wrong(
    "second_term_forgotten",
    "bce_slope",
    "common",
    [_FIRST, "(-y / p + 0) * p * (1 - p)", "-y * (1 - p) + 0", "p - y"],
    "Line 2: the loss has two terms, and p stands in both of them.",
)

sign_turned_at_the_end = wrong(
    "sign_turned_at_the_end",
    "bce_slope",
    "common",
    [_FIRST, "(-y / p + (1 - y) / (1 - p)) * p * (1 - p)", "-y * (1 - p) + (1 - y) * p", "y - p"],
    "Line 4: the signs are turned. Multiply line 3 out and see which of the two letters keeps its minus.",
)

# --- bce_gradient ----------------------------------------------------------------------------------------------------


def _residual(X, y, w, b):
    return sigmoid(X @ w + b) - y


@mistake("bce_gradient", "S2.N.14b")
def summed_not_averaged(X, y, w, b):
    """This is the gradient of the sum over the examples. The course's loss is a mean, and so is its gradient."""
    r = _residual(X, y, w, b)
    return r @ X, r.sum()


@mistake("bce_gradient", "S2.N.14b")
def signs_turned(X, y, w, b):
    """Both signs are turned: gradient descent would walk uphill. Which is taken away from which, degree and label?"""
    r = _residual(X, y, w, b)
    return -r @ X / len(X), -r.mean()


@mistake("bce_gradient", "S2.N.14a")
def degree_of_the_inputs(X, y, w, b):
    """The logistic function was given the inputs. It wants the neuron's sum, where the weights and the bias come
    in."""
    r = sigmoid(X.sum(axis=1)) - y
    return r @ X / len(X), r.mean()


@mistake("bce_gradient", "S2.N.14c")
def mistakes_only(X, y, w, b):
    """Only the examples on the wrong side of the line pull here. The right ones pull as well, if less."""
    z = X @ w + b
    r = np.where((z > 0) == (y == 1), 0.0, sigmoid(z) - y)
    return r @ X / len(X), r.mean()


@mistake("bce_gradient", "common")
def slope_of_sigmoid_left_in(X, y, w, b):
    """A factor is left over, the slope of the logistic function. In the derivation it cancelled against the slope of
    the logs."""
    p = sigmoid(X @ w + b)
    r = (p - y) * p * (1 - p)
    return r @ X / len(X), r.mean()


@mistake("bce_gradient", "common")
def sum_not_squeezed(X, y, w, b):
    """The label was compared with the sum. It wants the degree: where did the logistic function go?"""
    r = X @ w + b - y
    return r @ X / len(X), r.mean()


@mistake("bce_gradient", "S1.1b")
def only_the_labels_averaged(X, y, w, b):
    """The 1/n was put on one of the two terms. The loss is a mean, so it divides everything."""
    n = len(X)
    r = sigmoid(X @ w + b) - y / n
    return r @ X, r.sum()


@mistake("bce_gradient", "common")
def bias_forgotten_inside(X, y, w, b):
    """The bias is missing from the neuron's sum."""
    r = sigmoid(X @ w) - y
    return r @ X / len(X), r.mean()


@mistake("bce_gradient", "common")
def bias_not_averaged(X, y, w, b):
    """dw is right; db still has the sum over the examples in it, and not their mean."""
    r = _residual(X, y, w, b)
    return r @ X / len(X), r.sum()


@mistake("bce_gradient", "common")
def mean_over_inputs(X, y, w, b):
    """dw was divided by the number of inputs. The mean runs over the examples, which are the rows."""
    r = _residual(X, y, w, b)
    return r @ X / X.shape[1], r.mean()


@mistake("bce_gradient", "S1.1c")
def first_example_alone(X, y, w, b):
    """This is the gradient of the first example alone. All of them are in the loss."""
    r = _residual(X, y, w, b)
    return r[0] * X[0], r[0]


@mistake("bce_gradient", "common")
def results_swapped(X, y, w, b):
    """dw and db are swapped: the gradient along the weights comes first."""
    r = _residual(X, y, w, b)
    return r.mean(), r @ X / len(X)


# --- right_answer ----------------------------------------------------------------------------------------------------

no_error_no_pull = wrong(
    "no_error_no_pull",
    "right_answer",
    "S2.N.14c",
    0.0,
    "It would be 0 if the neuron said exactly 1, and it says 0.88. Being on the right side is not the same.",
)

pull_with_the_sign_turned = wrong(
    "pull_with_the_sign_turned",
    "right_answer",
    "S2.N.14c",
    0.119203,
    "The size is right. Is the degree above the label or below it?",
)

degree_for_pull = wrong(
    "degree_for_pull",
    "right_answer",
    "common",
    0.880797,
    "This is what the neuron says. Compare it with the label.",
)

slope_for_pull = wrong(
    "slope_for_pull",
    "right_answer",
    "common",
    -0.104994,
    "The slope of the logistic function is still in this number as a factor; for this loss it cancels.",
)

too_few_decimals = wrong(
    "too_few_decimals", "right_answer", "common", -0.1192, "Right as far as it goes; six decimals are wanted."
)

three_decimals = wrong("three_decimals", "right_answer", "common", -0.119, too_few_decimals.sentence)

two_decimals = wrong("two_decimals", "right_answer", "common", -0.12, too_few_decimals.sentence)

flat_factor_kept = wrong(
    "flat_factor_kept",
    "right_answer",
    "common",
    -0.01251553,
    "This still has the slope of the logistic function, p(1 - p), as a factor; in the derivation it cancelled.",
)

flat_factor_rounded = wrong("flat_factor_rounded", "right_answer", "common", -0.012516, flat_factor_kept.sentence)

slope_of_the_squares = wrong(
    "slope_of_the_squares",
    "right_answer",
    "common",
    -0.02503107,
    "This is the pull under the squared loss, where the slope of the logistic function stays as a factor.",
)

sum_for_degree = wrong(
    "sum_for_degree",
    "right_answer",
    "common",
    1.0,
    "The label was taken from the sum, 2. It is compared with the degree.",
)

# --- cross_entropy ---------------------------------------------------------------------------------------------------


@mistake("cross_entropy", "S2.N.19a")
def sum_over_rows(P, Y):
    """This is the sum over all rows, as a hand-in had it. The course's loss is the mean over the rows."""
    return -np.sum(Y * np.log(P))


@mistake("cross_entropy", "common")
def mean_over_entries(P, Y):
    """The mean ran over all entries, the zeros too, so it is too small by the number of classes."""
    return -np.mean(Y * np.log(P))


@mistake("cross_entropy", "common")
def sign_forgotten(P, Y):
    """The minus is missing: this is largest where the answer is best."""
    return np.mean(np.sum(Y * np.log(P), axis=1))


@mistake("cross_entropy", "S2.N.19d")
def the_other_classes(P, Y):
    """This charges for the classes that a row is not. Which entry of a one-hot row is 1?"""
    return -np.mean(np.sum((1 - Y) * np.log(P), axis=1))


@mistake("cross_entropy", "common")
def log_of_the_mean(P, Y):
    """The mean was taken first and the log after it. Each row has its own log."""
    return -np.log(np.mean(np.sum(Y * P, axis=1)))


@mistake("cross_entropy", "common")
def every_class_as_a_coin(P, Y):
    """This takes the k classes for k separate coins. One class is true in each row, and only what was given to it
    counts."""
    return -np.mean(np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P), axis=1))


@mistake("cross_entropy", "common")
def one_cost_a_row(P, Y):
    """These are the costs of the rows. The loss is one number: their mean."""
    return -np.sum(Y * np.log(P), axis=1)


@mistake("cross_entropy", "common")
def one_cost_a_class(P, Y):
    """It was divided by the number of classes. The rows are the examples: sum along each row, then take the mean over
    the rows."""
    return -np.mean(np.sum(Y * np.log(P), axis=0))


@mistake("cross_entropy", "common")
def picked_down_the_columns(P, Y):
    """The probabilities were added down the columns before the log. Each row has one probability and one log."""
    return -np.mean(np.log(np.sum(Y * P, axis=0)))


@mistake("cross_entropy", "common")
def largest_probability(P, Y):
    """This charges for the largest probability of each row. What counts is what was given to the true class."""
    return -np.mean(np.log(np.max(P, axis=1)))


@mistake("cross_entropy", "common")
def mean_of_coins(P, Y):
    """This is the binary cross-entropy over all entries. A row has one true class, and only what was given to it
    counts."""
    return -np.mean(Y * np.log(P) + (1 - Y) * np.log(1 - P))


@mistake("cross_entropy", "common")
def squared_rows(P, Y):
    """This is the squared loss once more. It never charges more than 2 for a row."""
    return np.mean(np.sum((P - Y) ** 2, axis=1))


# --- all_ways --------------------------------------------------------------------------------------------------------

_WAYS = "D(-sum(y * log(p)), z)"

own_way_only = wrong(
    "own_way_only",
    "all_ways",
    "S2.N.19c",
    [_WAYS, "(-y / p) @ (diag(p) - diag(p * p))", "-y + sum(y) * p", "p - y"],
    "Line 2: this keeps only the slope of each probability along its own score. The others move as well.",
)

diagonal_of_chapter_3 = wrong(
    "diagonal_of_chapter_3",
    "all_ways",
    "S3.a1",
    [_WAYS, "(-y / p) @ (diag(p * (1 - p)))", "-y + sum(y) * p", "p - y"],
    "Line 2: this is only the diagonal of the table; the six slopes beside it are lost.",
)

diagonal_of_chapter_3_so_far = wrong(
    "diagonal_of_chapter_3_so_far",
    "all_ways",
    "S3.a1",
    [_WAYS, "(-y / p) @ (diag(p * (1 - p)))", "-y + sum(y) * ___", ""],
    diagonal_of_chapter_3.sentence,
)

last_line_turned = wrong(
    "last_line_turned",
    "all_ways",
    "common",
    [_WAYS, "(-y / p) @ (diag(p) - outer(p, p))", "-y + sum(y) * p", "y - p"],
    "Line 4: the signs are turned. In line 3, which of the two letters has the minus?",
)

outer_forgotten = wrong(
    "outer_forgotten",
    "all_ways",
    "common",
    [_WAYS, "(-y / p) @ (diag(p))", "-y + sum(y) * p", "p - y"],
    "Line 2: half of the table of slopes is missing, the half that all classes share.",
)

slopes_with_the_sign_turned = wrong(
    "slopes_with_the_sign_turned",
    "all_ways",
    "common",
    [_WAYS, "(-y / p) @ (outer(p, p) - diag(p))", "-y + sum(y) * p", "p - y"],
    "Line 2: the table has its signs turned. The slope of a probability along its own score is positive.",
)

# --- score_slopes ----------------------------------------------------------------------------------------------------

nothing_divided = wrong(
    "nothing_divided",
    "score_slopes",
    "S1.1b",
    (3, "dZ == P - Y"),
    "This would be the gradient of the sum. The loss is a mean over n rows.",
)

nothing_divided_written_out = wrong(
    "nothing_divided_written_out",
    "score_slopes",
    "S1.1b",
    (3, "dZ == exp(Z) / sum(exp(Z), axis=1, keepdims=True) - Y"),
    nothing_divided.sentence,
)

other_term_divided = wrong(
    "other_term_divided",
    "score_slopes",
    "S1.1b",
    (3, "dZ == P / n - Y"),
    "Now the other term alone is divided. A mean divides every term.",
)

copied_too_soon = wrong(
    "copied_too_soon",
    "score_slopes",
    "common",
    (4, "dZ == (P - Y) / n"),
    "The line you wrote is true, and it mends line 4. An earlier line has the same fault.",
)

# --- softmax_gradient ------------------------------------------------------------------------------------------------


def _dZ(X, Y, W, b):
    return (softmax(X @ W + b) - Y) / len(X)


@mistake("softmax_gradient", "S2.N.19b")
def both_summed_not_averaged(X, Y, W, b):
    """These are the gradients of the sum over the rows. The course's loss owns the 1/n."""
    dZ = softmax(X @ W + b) - Y
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "S1.1b")
def only_the_labels_divided(X, Y, W, b):
    """The 1/n was put on Y alone. The loss is a mean, so it divides both terms."""
    dZ = softmax(X @ W + b) - Y / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "S1.1c")
def one_row_for_all(X, Y, W, b):
    """This is what the first row alone gives. The slopes in the scores have one row for each example, and all are
    needed."""
    dZ = _dZ(X, Y, W, b)
    return np.outer(X[0], dZ[0]), dZ[0]


@mistake("softmax_gradient", "S1.1c")
def rows_left_in_the_bias(X, Y, W, b):
    """dW is right; db still has a row for each example. The bias is added to every row, so its slope is the sum over
    them."""
    dZ = _dZ(X, Y, W, b)
    return X.T @ dZ, dZ


@mistake("softmax_gradient", "S2.N.19d")
def truth_turned(X, Y, W, b):
    """The probabilities were compared with a truth that is 0 for the right class and 1 for the others."""
    dZ = (softmax(X @ W + b) - (1 - Y)) / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "S2.N.19c")
def own_class_only(X, Y, W, b):
    """Each row pulls only at the column of its own class here. A picture of a 3 also pushes the scores of the other
    digits down."""
    P = softmax(X @ W + b)
    dZ = -Y * (1 - P) / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "S2.N.19c")
def summed_over_the_classes(X, Y, W, b):
    """dZ was summed over the classes, and in every row those sum to 0. Each class keeps its own slope."""
    dZ = _dZ(X, Y, W, b).sum(axis=1, keepdims=True) + 0 * Y
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "common")
def uphill(X, Y, W, b):
    """Both signs are turned: gradient descent would walk uphill."""
    dZ = _dZ(X, Y, W, b)
    return -X.T @ dZ, -dZ.sum(axis=0)


@mistake("softmax_gradient", "common")
def transposed(X, Y, W, b):
    """This dW lies on its side: it must have the shape of W, one row an input and one column a class."""
    dZ = _dZ(X, Y, W, b)
    return dZ.T @ X, dZ.sum(axis=0)


@mistake("softmax_gradient", "common")
def scores_not_squeezed(X, Y, W, b):
    """The labels were compared with the scores. They want the probabilities: where did softmax go?"""
    dZ = (X @ W + b - Y) / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "S2.N.17")
def ten_sigmoids(X, Y, W, b):
    """These probabilities come from one logistic function a class and do not sum to 1. The loss is of the softmax."""
    dZ = (sigmoid(X @ W + b) - Y) / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "common")
def bias_left_out_of_the_scores(X, Y, W, b):
    """The biases are missing from the scores."""
    dZ = (softmax(X @ W) - Y) / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "S3.a1")
def diagonal_left_in(X, Y, W, b):
    """A factor is left over, the diagonal of the softmax Jacobian. The whole table has been used up in the
    cancellation."""
    P = softmax(X @ W + b)
    dZ = (P - Y) * P * (1 - P) / len(X)
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "common")
def divided_by_the_entries(X, Y, W, b):
    """Both were divided by the number of entries of Y. The mean runs over the rows."""
    dZ = (softmax(X @ W + b) - Y) / Y.size
    return X.T @ dZ, dZ.sum(axis=0)


@mistake("softmax_gradient", "common")
def bias_averaged_again(X, Y, W, b):
    """dW is right; db was divided by the number of examples twice."""
    dZ = _dZ(X, Y, W, b)
    return X.T @ dZ, dZ.mean(axis=0)


@mistake("softmax_gradient", "common")
def bias_summed_to_a_number(X, Y, W, b):
    """dW is right; db is one number, and there is one bias for each class."""
    dZ = _dZ(X, Y, W, b)
    return X.T @ dZ, dZ.sum()


@mistake("softmax_gradient", "common")
def bias_summed_along_the_rows(X, Y, W, b):
    """dW is right; db was summed along each row, so it has one entry an example. There is one bias for each class."""
    dZ = _dZ(X, Y, W, b)
    return X.T @ dZ, dZ.sum(axis=1)


@mistake("softmax_gradient", "common")
def both_swapped(X, Y, W, b):
    """dW and db are swapped: the gradient along the weights comes first."""
    dZ = _dZ(X, Y, W, b)
    return dZ.sum(axis=0), X.T @ dZ


# --- training_step ---------------------------------------------------------------------------------------------------

after_before_it_is_done = wrong(
    "after_before_it_is_done",
    "training_step",
    "common",
    "fcabed",
    "`after` is measured when only W has moved. The bias belongs to the step too.",
)

step_before_the_slopes = wrong(
    "step_before_the_slopes",
    "training_step",
    "common",
    "faecbd",
    "W moves against dW before anything has made dW.",
)

before_after_the_step = wrong(
    "before_after_the_step",
    "training_step",
    "common",
    "caefbd",
    "`before` is measured when the step has been taken, so nothing seems to be gained.",
)

# --- clinic ----------------------------------------------------------------------------------------------------------

brackets_still_open = wrong(
    "brackets_still_open",
    "their_loss",
    "S2.G.2c",
    (2, "L == mean(y * log(p)) + mean((1 - y) * log(1 - p))"),
    "Now no term has the minus of line 1, and both should.",
)

next_line_blamed = wrong(
    "next_line_blamed",
    "their_loss",
    "S2.G.2c",
    (3, "dp == (-y / p - (1 - y) / (1 - p)) / n"),
    "Line 3 belongs to line 1 and follows from it. Look at the line between them.",
)

degree_left_in = wrong(
    "degree_left_in",
    "their_step",
    "S2.N.19c",
    (2, "dW == -X.T @ (Y * (1 - P)) / n * 2"),
    "The same entries are 0 as before, and dW has none there. What of the columns of the other classes?",
)


@mistake("scores_gradient", "S1.1c")
def one_column(Z, Y):
    """This is one row of slopes for all pictures together. Each picture has scores of its own, so each has its own
    row."""
    return ((softmax(Z) - Y) / len(Z)).sum(axis=0)


@mistake("scores_gradient", "S1.1b")
def labels_divided(Z, Y):
    """The 1/n stands on Y alone. The loss is a mean, so everything in it is divided."""
    return softmax(Z) - Y / len(Z)


@mistake("scores_gradient", "common")
def along_the_probabilities(Z, Y):
    """These are the slopes along P. From each score all the probabilities of its row are reached: add those ways."""
    return -Y / softmax(Z) / len(Z)


@mistake("scores_gradient", "S3.a1")
def minus_one_everywhere(Z, Y):
    """Here 1 is taken off every probability. Only the true class of a row has its 1."""
    return (softmax(Z) - 1) / len(Z)
