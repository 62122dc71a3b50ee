"""Chapter 3, sigmoid and softmax: known wrong answers."""

import numpy as np

from . import mistake, wrong

# --- from log-odds to the logistic function --------------------------------------------------------------------------

nothing_wrong_with_seven_lines = wrong(
    "nothing_wrong_with_seven_lines",
    "seven_lines",
    "S2.N.7b",
    (0, "1 - P == 1 / (1 + exp(z))"),
    "Your line holds, but one of the seven does not, and read beside yours it says P equals 1 - P.",
)
sign_before_the_fraction = wrong(
    "sign_before_the_fraction",
    "seven_lines",
    "common",
    (6, "P == -1 / (1 + exp(z))"),
    "The sign is in the wrong place: a probability is never below 0. What was divided by what?",
)
one_minus_exp = wrong(
    "one_minus_exp",
    "seven_lines",
    "common",
    (6, "P == 1 / (1 - exp(z))"),
    "At z = 2 this is below 0, and a probability never is. Divide top and bottom by the same thing, term by term.",
)
the_last_line_first = wrong(
    "the_last_line_first",
    "seven_lines",
    "S2.N.7c",
    (7, "P == 1 / (1 + exp(-z))"),
    "The last line is wrong too, and what you wrote is right. But another line goes wrong before it.",
)

# --- the slope of the logistic function ------------------------------------------------------------------------------


def _slope(*lines):
    return ["D(1 / (1 + exp(-z)), z)", *lines]


slope_of_exp_alone = wrong(
    "slope_of_exp_alone",
    "slope_lines",
    "common",
    _slope(
        "-1 / (1 + exp(-z))**2 * D(exp(z), z)",
        "exp(-z) / (1 + exp(-z))**2",
        "s * exp(-z) / (1 + exp(-z))",
        "s * (1 - s)",
    ),
    "In line 2 the inside of the fraction changed its exponent: the minus in front of z is part of it.",
)
square_forgotten = wrong(
    "square_forgotten",
    "slope_lines",
    "common",
    _slope("-1 / (1 + exp(-z))**2 * D(1 + exp(-z), z)", "exp(-z) / (1 + exp(-z))", "s * exp(-z)", "s * (1 - s)"),
    "In line 3 the square is gone: the slope of 1 over something has the something squared below.",
)
slope_plus = wrong(
    "slope_plus",
    "slope_lines",
    "common",
    _slope(
        "-1 / (1 + exp(-z))**2 * D(1 + exp(-z), z)",
        "exp(-z) / (1 + exp(-z))**2",
        "s * exp(-z) / (1 + exp(-z))",
        "s * (1 + s)",
    ),
    "The last line is above 1 for a large z, and there the curve is flat: the other factor has to fall as s grows.",
)

# --- the log of the probability --------------------------------------------------------------------------------------


@mistake("log_sigmoid", "common")
def log_of_the_usual_form(z):
    """Far to the left this is minus infinity: a log was taken of a 0, or of an exp that had become infinite. Take the
    two halves apart on paper first."""
    return np.log(1 / (1 + np.exp(-z)))


@mistake("log_sigmoid", "common")
def log_of_the_other_form(z):
    """This is the log of exp over one plus exp. To the right both are infinite, and to the left the log is taken of
    0."""
    return np.log(np.exp(z) / (1 + np.exp(z)))


@mistake("log_sigmoid", "common")
def only_the_right_half(z):
    """This is right where z is above 0. To the left the log has to go on falling, and yours comes back up."""
    return -np.log(1 + np.exp(-np.abs(z)))


@mistake("log_sigmoid", "common")
def only_the_left_half(z):
    """This is right where z is below 0. To the right the log of a probability stays below 0, and yours grows."""
    return z - np.log(1 + np.exp(-np.abs(z)))


@mistake("log_sigmoid", "common")
def halves_swapped(z):
    """The two halves are swapped: np.where takes its second argument where the condition holds."""
    return np.where(z > 0, z, 0) - np.log(1 + np.exp(-np.abs(z)))


@mistake("log_sigmoid", "common")
def the_probability_itself(z):
    """This is the probability itself, between 0 and 1. Its log is below 0 everywhere."""
    return 0.5 * (1 + np.tanh(z / 2))


@mistake("log_sigmoid", "common")
def log_clipped(z):
    """A small number was put under the log to keep it finite. It is finite, and wrong: far out the log stands still."""
    return np.log(0.5 * (1 + np.tanh(z / 2)) + 1e-12)


@mistake("log_sigmoid", "common")
def log_of_a_tiny_number_more(z):
    """A tiny number was added under the log. What comes out is finite, and far to the left it stands still at the log
    of that number."""
    return np.log(0.5 * (1 + np.tanh(z / 2)) + 1e-300)


@mistake("log_sigmoid", "common")
def sum_clipped(z):
    """The sum was cut off at 700 before the exp. What comes out is finite, and left of -700 it no longer falls."""
    return np.log(1 / (1 + np.exp(-np.clip(z, -700, 700))))


@mistake("log_sigmoid", "S2.N.8")
def derivative_for_the_log(z):
    """This is the slope of the log, and the log itself is wanted."""
    return 0.5 * (1 - np.tanh(z / 2))


# --- three probabilities ---------------------------------------------------------------------------------------------

three_zeros = wrong(
    "three_zeros",
    "three_sums",
    "S2.N.17",
    [0, 0, 0],
    "Three times one half is more than 1. A neuron that says no is below one half: what sum does it have?",
)
three_ones = wrong(
    "three_ones",
    "three_sums",
    "S2.N.17",
    [1, 2, 3],
    "Sums above 0 have probabilities above one half, so these behave as the hand-in thought. Try the other side of 0.",
)
probabilities_not_sums = wrong(
    "probabilities_not_sums",
    "three_sums",
    "common",
    [0.1, 0.2, 0.3],
    "These would do as probabilities. Wanted are the sums that go into the logistic function; those may be negative.",
)

# --- softmax ---------------------------------------------------------------------------------------------------------


@mistake("softmax", "common")
def no_shift(Z):
    """The formula is right on paper. With scores near 1000 the exponentials are infinite, and near -1000 all are 0."""
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


@mistake("softmax", "common")
def mean_taken_off(Z):
    """The mean of each row was taken off. Where the scores lie thousands apart the largest is still thousands above it,
    and its exp is infinite."""
    E = np.exp(Z - Z.mean(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


@mistake("softmax", "common")
def one_maximum_for_all(Z):
    """One largest score was taken for the whole table. A row far below it is left with zeros only: each row has its
    own."""
    E = np.exp(Z - Z.max())
    return E / E.sum(axis=1, keepdims=True)


@mistake("softmax", "common")
def one_sum_for_all(Z):
    """All entries of the table together sum to 1. It is each row that should: a picture has its own probabilities."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum()


@mistake("softmax", "common")
def one_sum_for_all_unshifted(Z):
    """All entries of the table were divided by one sum. Each row is a picture, and each row should sum to 1."""
    E = np.exp(Z)
    return E / E.sum()


@mistake("softmax", "common")
def shifted_after_the_exp(Z):
    """The largest score was taken off after the exp. Differences of scores decide, so it has to come off before."""
    E = np.exp(Z) - Z.max(axis=1, keepdims=True)
    return E / E.sum(axis=1, keepdims=True)


@mistake("softmax", "common")
def shifted_after_the_exp_and_not_divided(Z):
    """The largest score was taken off after the exp, where it belongs before, and nothing is divided yet."""
    return np.exp(Z) - Z.max(axis=1, keepdims=True)


@mistake("softmax", "common")
def divided_by_the_scores(Z):
    """What stands below is the sum of the scores, without exp. Each entry is a part of the sum of the entries above."""
    return np.exp(Z) / Z.sum(axis=1, keepdims=True)


@mistake("softmax", "common")
def along_the_columns(Z):
    """The columns sum to 1 here, so the pictures compete with each other. The classes of one picture stand in a row."""
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


@mistake("softmax", "common")
def not_divided(Z):
    """The largest entry of each row is 1 here, and nothing sums to 1 yet: a division is missing."""
    return np.exp(Z - Z.max(axis=1, keepdims=True))


@mistake("softmax", "S2.N.17")
def k_sigmoids(Z):
    """These are logistic functions, one for each score on its own. The entries of a row have to share one sum."""
    return 0.5 * (1 + np.tanh(Z / 2))


@mistake("softmax", "common")
def scores_divided_by_their_sum(Z):
    """The scores were divided by their sum. Parts of a whole come from the exponentials, which are never negative."""
    return Z / Z.sum(axis=1, keepdims=True)


@mistake("softmax", "common")
def hard_max(Z):
    """This is argmax: everything for the largest score. Softmax leaves the others their share."""
    return np.eye(Z.shape[1])[Z.argmax(axis=1)]


# --- its slopes ------------------------------------------------------------------------------------------------------


@mistake("softmax_jacobian", "S3.a1")
def diagonal_only(s):
    """Only the diagonal is filled, as if each output depended on its own score alone. Pushing one score moves all
    outputs."""
    return np.diag(s * (1 - s))


@mistake("softmax_jacobian", "S3.a1")
def diagonal_as_an_array(s):
    """These are the k slopes on the diagonal, each output along its own score. There are k times k slopes."""
    return s * (1 - s)


@mistake("softmax_jacobian", "common")
def off_diagonal_only(s):
    """The part that stands on the diagonal alone is missing: with it every row would sum to 0."""
    return -np.outer(s, s)


@mistake("softmax_jacobian", "common")
def signs_turned(s):
    """Every sign is turned: a class gains when its own score grows, so the diagonal is above 0."""
    return np.outer(s, s) - np.diag(s)


@mistake("softmax_jacobian", "common")
def added_instead(s):
    """Off the diagonal the slopes are above 0 here, so every class would gain at once. They share one sum."""
    return np.diag(s) + np.outer(s, s)


@mistake("softmax_jacobian", "common")
def ones_on_the_diagonal(s):
    """The slopes of the logs have ones there. Here each row still carries its own probability as a factor."""
    return np.eye(len(s)) - np.outer(s, s)


@mistake("softmax_jacobian", "S2.N.18c")
def slopes_of_the_log(s):
    """These are the slopes of the logs: the factor in front of the brackets is missing."""
    return np.eye(len(s)) - s


@mistake("softmax_jacobian", "common")
def square_on_the_diagonal(s):
    """The squares were taken off on the diagonal and everywhere else as well: on the diagonal they now count twice."""
    return np.diag(s - s * s) - np.outer(s, s)


@mistake("softmax_jacobian", "common")
def squares_for_pairs(s):
    """Each entry was multiplied with itself, and NumPy repeated that row k times. Every pair of entries has its own
    product."""
    return np.diag(s) - s * s


@mistake("softmax_jacobian", "common")
def a_one_in_every_column(s):
    """Off the diagonal the slopes are above 0 here: the 1 in the brackets was put in every place, and it belongs to one
    place in each row."""
    return np.outer(s, 1 - s)


@mistake("softmax_jacobian", "common")
def softmax_once_more(s):
    """These are the slopes where softmax has the values softmax(s). What is handed in are the probabilities already."""
    p = np.exp(s) / np.exp(s).sum()
    return np.diag(p) - np.outer(p, p)


# --- log-softmax -----------------------------------------------------------------------------------------------------


def _log_slope(*lines):
    return ["D(log(exp(z[j]) / sum(exp(z))), z)", *lines]


log_of_a_sum_split = wrong(
    "log_of_a_sum_split",
    "log_slope",
    "common",
    _log_slope("D(z[j] - sum(z), z)", "at_j - exp(z) / sum(exp(z))", "at_j - s"),
    "In line 2 the log of a sum was taken term by term. Only the log of a product comes apart like that.",
)
ones_for_at_j = wrong(
    "ones_for_at_j",
    "log_slope",
    "S3.a1",
    _log_slope("D(z[j] - log(sum(exp(z))), z)", "1 - exp(z) / sum(exp(z))", "1 - s"),
    "In line 3 every score got a slope of 1 from z[j]. That term moves with one score only.",
)
fraction_upside_down = wrong(
    "fraction_upside_down",
    "log_slope",
    "common",
    _log_slope("D(z[j] - log(sum(exp(z))), z)", "at_j - sum(exp(z)) / exp(z)", "at_j - s"),
    "In line 3 the fraction stands upside down: the slope of a log is one over the inside, times the inside's slopes.",
)

LINES_2_AND_3 = "D(z[j] - log(sum(exp(z))), z)", "at_j - exp(z) / sum(exp(z))"
ones_in_line_4 = wrong(
    "ones_in_line_4",
    "log_slope",
    "S3.a1",
    _log_slope(*LINES_2_AND_3, "1 - s"),
    "In line 4 there is a 1 in every place, and in line 3 in one place only.",
)
signs_turned_in_line_4 = wrong(
    "signs_turned_in_line_4",
    "log_slope",
    "common",
    _log_slope(*LINES_2_AND_3, "s - at_j"),
    "Line 4 is line 3 with every sign turned. A class's log rises when its own score does.",
)
index_of_the_other_class = wrong(
    "index_of_the_other_class",
    "log_slope",
    "S2.N.18c",
    _log_slope(*LINES_2_AND_3, "at_j - s[j]"),
    "In line 4 one probability, that of class j, is taken off in every place. Line 3 takes off each score's own.",
)


@mistake("log_softmax", "common")
def log_of_softmax(Z):
    """This takes the log of the probabilities. Far apart scores have a probability of 0, and its log is minus
    infinity."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.log(E / E.sum(axis=1, keepdims=True))


@mistake("log_softmax", "common")
def log_sum_exp_unshifted(Z):
    """On paper this is right. The sum of exponentials is infinite for scores in the thousands: subtract something
    first."""
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))


@mistake("log_softmax", "common")
def shifted_once(Z):
    """The largest score was taken off under the exp, but not off the score in front: both have to move together."""
    return Z - np.log(np.exp(Z - Z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))


@mistake("log_softmax", "common")
def probabilities_for_logs(Z):
    """These are the probabilities; their logs are wanted, and those are at most 0."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


# --- the five lines --------------------------------------------------------------------------------------------------

only_the_diagonal_again = wrong(
    "only_the_diagonal_again",
    "five_lines",
    "S3.a1",
    (3, "D(s, z) == s * (1 - s)"),
    "These are k slopes, and the left side is a table of k times k. What does output 0 do when score 1 is pushed?",
)
nothing_wrong_with_five_lines = wrong(
    "nothing_wrong_with_five_lines",
    "five_lines",
    "S3.a1",
    (0, "D(log(s[y]), z) == at_y - s"),
    "Lines 4 and 5 have the same left side and different right sides, so at least one line is wrong. Find the first.",
)
the_fourth_line = wrong(
    "the_fourth_line",
    "five_lines",
    "S3.a1",
    (4, "D(log(s[y]), z) == at_y - s"),
    "The fourth line is wrong, but not the first: what does each line above it say of the classes other than y?",
)

rows_and_columns_changed = wrong(
    "rows_and_columns_changed",
    "five_lines",
    "common",
    (3, "D(s, z) == s * (eye(4) - s)"),
    "NumPy multiplied column by column here: off the diagonal stand squares of one probability, not products of two.",
)

# --- with weights ----------------------------------------------------------------------------------------------------


@mistake("pair_slope", "S2.N.18b")
def through_the_other_score(s, x, j, i):
    """For two different classes this is 0, as if the weights of class i moved the score of class j. They move their
    own score."""
    return s[j] * ((i == j) - s[i]) * x * (i == j)


@mistake("pair_slope", "S2.N.18c")
def index_swapped(s, x, j, i):
    """In the brackets stands the probability of the other class. For one and the same class that does not show, for two
    it does."""
    return s[j] * ((i == j) - s[j]) * x


@mistake("pair_slope", "common")
def the_other_class_left_out(s, x, j, i):
    """Only the probability of class j occurs here. That is right when j and i are the same class; for two different
    ones the other probability has a part in it too."""
    return s[j] * (1 - s[j]) * x


@mistake("pair_slope", "common")
def same_class_assumed(s, x, j, i):
    """This is right when j and i are the same class. For two different ones there is no 1 in the brackets."""
    return s[j] * (1 - s[i]) * x


@mistake("pair_slope", "common")
def different_classes_assumed(s, x, j, i):
    """This is right when j and i are different classes. For one and the same class something has to be added."""
    return -s[j] * s[i] * x


@mistake("pair_slope", "common")
def inputs_forgotten(s, x, j, i):
    """This is the slope along the score. Along the weights it has one entry for each input."""
    return s[j] * ((i == j) - s[i])


@mistake("pair_slope", "S2.N.18c")
def slope_of_log_for_slope(s, x, j, i):
    """This is the slope of the log of the probability: one factor is missing."""
    return ((i == j) - s[i]) * x


# --- clinic ----------------------------------------------------------------------------------------------------------

two_cases_all_right = wrong(
    "two_cases_all_right",
    "two_cases",
    "S2.N.7a",
    (0, "P1 == 1 - P0"),
    "One of the five compares a probability with itself, and that ratio is 1 whatever the picture is.",
)
ratio_upside_down = wrong(
    "ratio_upside_down",
    "two_cases",
    "S2.N.7a",
    (3, "no == indicator(1 - P0 / P1)"),
    "This ratio is upside down: it is below 1 where class 1 is the likelier one.",
)
table_called_wrong = wrong(
    "table_called_wrong",
    "softmax_lines",
    "S2.N.18a",
    (4, "D(s[j], z) == s[j] * (1 - s)"),
    "That puts a 1 in the brackets for every score. Only one score has it: the slope of s[j] along its own.",
)
exp_before_the_shift = wrong(
    "exp_before_the_shift",
    "in_order",
    "common",
    "bfdaegc",
    "The exponentials were taken while the scores were still near 1000.",
)
