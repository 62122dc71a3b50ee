"""Chapter 2, discriminants: known wrong answers."""

import numpy as np

from . import mistake, wrong


def _normalised(w, b, length):
    return w / length, -b / length


# --- side ------------------------------------------------------------------------------------------------------------


@mistake("side", "S2.N.2")
def line_given_to_a_side(X, w, b):
    """A point on the line itself was given to a side. There the sum is 0, and so is the answer."""
    return np.where(X @ w + b >= 0, 1, -1)


@mistake("side", "S2.N.2")
def line_given_to_the_other_side(X, w, b):
    """A point on the line itself was counted as below it. There the sum is 0, and so is the answer."""
    return np.where(X @ w + b > 0, 1, -1)


@mistake("side", "S2.N.2")
def step_for_side(X, w, b):
    """This is chapter 1's step: it tells above from not above. Three answers are wanted, and below the line is -1."""
    return np.where(X @ w + b > 0, 1, 0)


@mistake("side", "common")
def sides_swapped(X, w, b):
    """The two sides are swapped: where the sum is above 0 the answer is 1."""
    return -np.sign(X @ w + b)


@mistake("side", "common")
def side_without_bias(X, w, b):
    """The bias is missing, so every line goes through the origin."""
    return np.sign(X @ w)


@mistake("side", "common")
def sum_for_side(X, w, b):
    """These are the sums themselves. Only on which side of 0 each one lies is asked."""
    return X @ w + b


@mistake("side", "common")
def products_not_added(X, w, b):
    """These are the sides of the single products, entry by entry. A row has one sum, with all its products in it."""
    return np.sign(X * w + b)


# --- the normal and the offset ---------------------------------------------------------------------------------------


@mistake("normal_and_offset", "S2.N.4a")
def bias_in_the_length(w, b):
    """The bias went into the length. The arrow is made of the weights alone, and your normal does not have length 1."""
    return _normalised(w, b, np.sqrt(b**2 + np.sum(w**2)))


@mistake("normal_and_offset", "S2.N.4b")
def bias_in_the_length_of_the_offset(w, b):
    """The normal is right. For the offset another length was taken, one with the bias in it: how fast does the sum grow
    along the arrow?"""
    return w / np.linalg.norm(w), -b / np.sqrt(b**2 + np.sum(w**2))


@mistake("normal_and_offset", "S2.N.4a")
def squares_forgotten(w, b):
    """The entries were added before the root, not their squares: for (3, 4) that gives the root of 7 instead of 5."""
    return _normalised(w, b, np.sqrt(np.sum(w)))


@mistake("normal_and_offset", "S2.N.4a")
def squares_forgotten_and_bias_in(w, b):
    """Two things went into the root that do not belong there: the bias, and the entries as they are, without their
    squares."""
    return _normalised(w, b, np.sqrt(b + np.sum(w)))


@mistake("normal_and_offset", "common")
def root_forgotten(w, b):
    """This divides by the square of the length: a root is missing."""
    return _normalised(w, b, np.sum(w**2))


@mistake("normal_and_offset", "common")
def way_round_the_corner(w, b):
    """The sizes of the entries were added: that is the way round the corner, and a length is the straight way."""
    return _normalised(w, b, np.sum(np.abs(w)))


@mistake("normal_and_offset", "common")
def arrow_not_shortened(w, b):
    """The offset is right. The arrow still has the length of the weights, and length 1 is asked for."""
    return w, -b / np.linalg.norm(w)


@mistake("normal_and_offset", "S2.N.3")
def offset_not_divided(w, b):
    """The normal is right. The offset is as if each step of length 1 changed the sum by 1."""
    return w / np.linalg.norm(w), -b


@mistake("normal_and_offset", "S2.N.3")
def offset_turned(w, b):
    """The offset has the wrong sign: with a bias above 0 the origin already has a sum above 0, so the line lies
    behind it."""
    return w / np.linalg.norm(w), b / np.linalg.norm(w)


@mistake("normal_and_offset", "common")
def offset_without_direction(w, b):
    """The offset has lost its sign. How far is right; whether ahead of the origin or behind it is asked too."""
    return w / np.linalg.norm(w), abs(b) / np.linalg.norm(w)


@mistake("normal_and_offset", "common")
def two_weights_only(w, b):
    """Right for two weights. This neuron has more, and all of them belong in the length."""
    return _normalised(w, b, np.hypot(w[0], w[1]))


@mistake("normal_and_offset", "common")
def normal_of_two_entries(w, b):
    """Right for two weights. This neuron has more: the normal has an entry for each of them."""
    return _normalised(w[:2], b, np.hypot(w[0], w[1]))


@mistake("normal_and_offset", "common")
def offset_before_normal(w, b):
    """The two are swapped: the normal comes first, then the offset."""
    normal, offset = _normalised(w, b, np.linalg.norm(w))
    return offset, normal


@mistake("normal_and_offset", "common")
def weights_and_bias_swapped(w, b):
    """Weights and bias are swapped: what is called b here holds the weights, or the other way round."""
    return _normalised(b, w, np.linalg.norm(b))


# --- signed distance -------------------------------------------------------------------------------------------------


@mistake("signed_distance", "S2.N.4b")
def distance_with_the_bias_in_the_length(X, w, b):
    """The bias went into the length. It moves the line; it does not change how fast the sum grows along the arrow."""
    return (X @ w + b) / np.sqrt(b**2 + np.sum(w**2))


@mistake("signed_distance", "S2.N.15a")
def sum_for_distance(X, w, b):
    """These are the sums. Ten times the weights and the bias give ten times as much, and no picture has moved."""
    return X @ w + b


@mistake("signed_distance", "common")
def only_the_products_divided(X, w, b):
    """The bias was added after the division, at its full size. It is part of the sum, so it is divided too."""
    return X @ w / np.linalg.norm(w) + b


@mistake("signed_distance", "common")
def only_the_bias_divided(X, w, b):
    """Only the bias was divided: Python divides before it adds. The whole sum wants brackets."""
    return X @ w + b / np.linalg.norm(w)


@mistake("signed_distance", "common")
def distance_without_side(X, w, b):
    """The sign is lost: below 0 says that a picture lies on the other side."""
    return np.abs(X @ w + b) / np.linalg.norm(w)


@mistake("signed_distance", "common")
def distance_turned(X, w, b):
    """The sign is turned: a picture where the sum is above 0 has a distance above 0."""
    return -(X @ w + b) / np.linalg.norm(w)


@mistake("signed_distance", "common")
def distance_over_the_square(X, w, b):
    """This divides by the square of the length: a root is missing."""
    return (X @ w + b) / np.sum(w**2)


@mistake("signed_distance", "common")
def distance_from_the_origins_line(X, w, b):
    """The bias is missing: these are distances from another line, the one of the same arrow through the origin."""
    return X @ w / np.linalg.norm(w)


@mistake("signed_distance", "common")
def divided_round_the_corner(X, w, b):
    """The sizes of the weights were added: that is the way round the corner, and a length is the straight way."""
    return (X @ w + b) / np.sum(np.abs(w))


@mistake("signed_distance", "common")
def length_of_the_rows(X, w, b):
    """Each sum was divided by the length of its picture, not by the length of the weights."""
    return (X @ w + b) / np.linalg.norm(X, axis=1)


# --- one line for each class -----------------------------------------------------------------------------------------


@mistake("ovr_predict", "S2.N.15a")
def farthest_from_its_line(X, W, b):
    """The largest distance won, not the largest sum. Here a neuron with long weights speaks louder, and that counts."""
    return np.argmax((X @ W + b) / np.linalg.norm(W, axis=0), axis=1)


@mistake("ovr_predict", "common")
def best_row_for_each_class(X, W, b):
    """This goes down the columns: for each class the best row. Each row wants its best class, so name the other
    axis."""
    return np.argmax(X @ W + b, axis=0)


@mistake("ovr_predict", "common")
def largest_sum_itself(X, W, b):
    """This is how large the largest sum is. Whose it is was asked."""
    return np.max(X @ W + b, axis=1)


@mistake("ovr_predict", "common")
def biases_forgotten(X, W, b):
    """The biases are missing: every neuron has its own, and it decides with it."""
    return np.argmax(X @ W, axis=1)


@mistake("ovr_predict", "common")
def quietest_class(X, W, b):
    """The smallest sum won."""
    return np.argmin(X @ W + b, axis=1)


@mistake("ovr_predict", "common")
def first_that_claims(X, W, b):
    """The first neuron with a sum above 0 won. Another may claim the row louder, and where nobody claims it somebody
    is still nearest to."""
    return np.argmax(X @ W + b > 0, axis=1)


@mistake("ovr_predict", "common")
def loudest_yes_or_no(X, W, b):
    """A large sum below 0 won. That neuron says no, loudly: its sign counts."""
    return np.argmax(np.abs(X @ W + b), axis=1)


@mistake("ovr_predict", "common")
def counted_from_one(X, W, b):
    """The classes are counted from 1 here, and Python and this course count from 0."""
    return np.argmax(X @ W + b, axis=1) + 1


@mistake("ovr_predict", "common")
def one_answer_for_all(X, W, b):
    """This is one place in the whole table of sums. Every row wants its own answer: an axis is missing."""
    return np.argmax(X @ W + b)


# --- templates -------------------------------------------------------------------------------------------------------


@mistake("best_template", "S2.N.16")
def long_templates_win(X, T):
    """The largest sum won whatever the templates' lengths, so a template with more ink wins too often. Bring each to
    length 1 first."""
    return np.argmax(X @ T, axis=1)


@mistake("best_template", "common")
def templates_over_their_squares(X, T):
    """The templates were divided by the square of their length, so that long ones are now too short: a root is
    missing."""
    return np.argmax(X @ T / np.sum(T**2, axis=0), axis=1)


@mistake("best_template", "common")
def templates_of_equal_ink(X, T):
    """The templates were brought to the same total ink. Their length is meant: squares, sum, root."""
    return np.argmax(X @ T / np.sum(T, axis=0), axis=1)


@mistake("best_template", "common")
def worst_template(X, T):
    """The smallest sum won, so this is the template that fits worst."""
    return np.argmin(X @ T / np.linalg.norm(T, axis=0), axis=1)


@mistake("best_template", "common")
def best_row_for_each_template(X, T):
    """This goes down the columns: for each template the row that it fits best. Each row wants its template."""
    return np.argmax(X @ T / np.linalg.norm(T, axis=0), axis=0)


@mistake("best_template", "common")
def lengths_along_the_wrong_axis(X, T):
    """The lengths were taken along the rows of T, one for each pixel. A template is a column."""
    return np.argmax(X @ (T / np.linalg.norm(T, axis=1)[:, None]), axis=1)


@mistake("best_template", "common")
def best_fit_itself(X, T):
    """This is how well the best template fits. Which one it is was asked."""
    return np.max(X @ T / np.linalg.norm(T, axis=0), axis=1)


@mistake("best_template", "common")
def largest_sum_of_templates(X, T):
    """This is how large the largest sum is, with the templates at their own lengths. Which template wins at length 1
    was asked."""
    return np.max(X @ T, axis=1)


# --- counting mistakes -----------------------------------------------------------------------------------------------


@mistake("zero_one_loss", "common")
def share_right(X, y, w, b):
    """This is the share that is right. A loss says how wrong."""
    return np.mean((X @ w + b > 0) == y)


@mistake("zero_one_loss", "common")
def number_wrong(X, y, w, b):
    """This is how many are wrong. The share is asked for: the loss owns the 1/n."""
    return np.sum((X @ w + b > 0) != y)


@mistake("zero_one_loss", "common")
def line_says_one(X, y, w, b):
    """A row whose sum is exactly 0 was taken for a 1. This neuron says 1 only above 0."""
    return np.mean((X @ w + b >= 0) != y)


@mistake("zero_one_loss", "common")
def line_of_no_bias(X, y, w, b):
    """The bias is missing, so the mistakes of another neuron were counted."""
    return np.mean((X @ w > 0) != y)


@mistake("zero_one_loss", "common")
def degrees_not_decisions(X, y, w, b):
    """This is chapter 1's loss, made of degrees. Here each row is right or wrong, and nothing between."""
    return np.mean((0.5 * (1 + np.tanh((X @ w + b) / 2)) - y) ** 2)


@mistake("zero_one_loss", "common")
def sides_for_labels(X, y, w, b):
    """The sides -1, 0 and 1 were compared with labels that are 0 and 1, so that a right 0 is never found right."""
    return np.mean(np.sign(X @ w + b) != y)


@mistake("zero_one_loss", "common")
def difference_of_the_shares(X, y, w, b):
    """A 1 taken for a 0 and a 0 taken for a 1 cancel each other here. Each of them is a mistake."""
    return np.abs(np.mean((X @ w + b > 0) - 1.0 * y))


@mistake("zero_one_loss", "common")
def each_row_for_itself(X, y, w, b):
    """This says for each row whether it is wrong. A loss is one number for all of them."""
    return (X @ w + b > 0) != y


@mistake("zero_one_loss", "common")
def percent_wrong(X, y, w, b):
    """This is in percent. A share lies between 0 and 1."""
    return 100 * np.mean((X @ w + b > 0) != y)


@mistake("zero_one_loss", "common")
def sums_for_labels(X, y, w, b):
    """The sums themselves were compared with the labels, and hardly a sum is exactly 0 or 1. First the neuron has to
    say 0 or 1."""
    return np.mean((X @ w + b) != y)


# --- slips, orders, numbers ------------------------------------------------------------------------------------------

length_of_the_arrow_called_right = wrong(
    "length_of_the_arrow_called_right",
    "their_normal",
    "S2.N.4a",
    (5, "n1**2 + n2**2 == w1**2 + w2**2"),
    "Line 5 is what length 1 means, so it follows. Ask what has length `length`, and which numbers that is made of.",
)

all_of_the_normal_right = wrong(
    "all_of_the_normal_right",
    "their_normal",
    "S2.N.4a",
    (0, "n1 == w1 / sqrt(b**2 + w1**2 + w2**2)"),
    "Try it with w = (3, 4) and a large bias: does the arrow from 2.3 still have the length that you know?",
)

squares_lost_in_the_mend = wrong(
    "squares_lost_in_the_mend",
    "their_normal",
    "S2.N.4a",
    (2, "length == sqrt(w1 + w2)"),
    "The line is found. In your root stand the entries themselves; Pythagoras adds something else.",
)

bias_taken_off = wrong(
    "bias_taken_off",
    "their_normal",
    "S2.N.4a",
    (2, "length == sqrt(w1**2 + w2**2) - b"),
    "The line is found. The bias is still in your length: which numbers is the arrow made of?",
)

everyone_with_itself = wrong(
    "everyone_with_itself",
    "how_many",
    "S2.N.15b",
    (0, "pairs == every / 2 + itself / 2"),
    "Count for three classes by hand: how many pairs of different classes are there, and what does line 4 say?",
)

only_the_last_line = wrong(
    "only_the_last_line",
    "how_many",
    "S2.N.15b",
    (4, "pairs == k * (k - 1) / 2"),
    "Your line is true. But line 4 says the same as the line that it comes from: go back until that is no longer so.",
)

both_orders_counted = wrong(
    "both_orders_counted",
    "how_many",
    "S2.N.15b",
    (3, "pairs == every - itself"),
    "The line is found. Yours counts 0 against 1 and 1 against 0 as two pairs, and one line does for both.",
)

itself_left_in = wrong(
    "itself_left_in",
    "how_many",
    "S2.N.15b",
    (3, "pairs == every / 2"),
    "The line is found. In yours a class against itself still counts as half a pair.",
)

sum_before_the_division = wrong(
    "sum_before_the_division",
    "nearest",
    "S2.N.15a",
    "bdcea",
    "The sum was taken with the weights at full length, so t is a sum and not yet a distance.",
)

bias_divided_too_late = wrong(
    "bias_divided_too_late",
    "nearest",
    "common",
    "dcbea",
    "When t is worked out the weights are already divided and the bias is not: two neurons are mixed.",
)

weights_divided_too_late = wrong(
    "weights_divided_too_late",
    "nearest",
    "common",
    "debca",
    "When t is worked out the bias is already divided and the weights are not: two neurons are mixed.",
)

length_of_the_shortened = wrong(
    "length_of_the_shortened",
    "nearest",
    "common",
    "cdeba",
    "The first line divides by a length that nobody has measured yet.",
)

foot_before_the_way = wrong(
    "foot_before_the_way",
    "nearest",
    "common",
    "dceab",
    "The nearest point is asked for before the distance is known: a needs what b makes.",
)

normal_called_wrong = wrong(
    "normal_called_wrong",
    "their_bias",
    "S2.N.3",
    (4, "w @ (t * u) == b"),
    "Walk t from the origin along the arrow: the sum begins at b, changes by t times length, and ends at 0.",
)

offset_is_the_bias = wrong(
    "offset_is_the_bias",
    "their_bias",
    "S2.N.3",
    (0, "t == -b"),
    "That every line follows is right. Your line holds only where the weights have length 1.",
)

at_zero = wrong(
    "at_zero",
    "jump",
    "S2.N.12",
    0.0,
    "At w = 0 the neuron says 0 for every x, and a little to either side as well. Where does it change its mind about "
    "one of the three?",
)

in_the_middle_of_a_step = wrong(
    "in_the_middle_of_a_step",
    "jump",
    "S2.N.12",
    0.75,
    "This is the middle of a stair: a little to either side, the same rows are wrong. Look for an edge.",
)
