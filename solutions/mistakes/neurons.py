"""Chapter 1, neurons: known wrong answers."""

import numpy as np

from . import mistake, wrong


@mistake("mean_ink", "common")
def total_instead_of_mean(picture):
    """This is the total ink of the picture. A mean is smaller: no pixel holds more than 1, so no mean can either."""
    return picture.sum()


@mistake("mean_ink", "common")
def mean_of_one_row(picture):
    """This looks at the first row only. The picture has eight."""
    return picture[0].mean()


@mistake("mean_ink", "common")
def one_mean_a_column(picture):
    """This gives a mean for every column. One picture, one number: which axis did you name?"""
    return picture.mean(axis=0)


@mistake("neuron_output", "common")
def bias_forgotten(X, w, b):
    """The bias is missing: with all inputs at 0 this neuron says 0, whatever b is."""
    return X @ w


@mistake("neuron_output", "S2.N.5")
def bias_scaled_by_the_inputs(X, w, b):
    """The bias was multiplied by the inputs. It is added once to each sum, unscaled."""
    return X @ (w + b)


@mistake("neuron_output", "common")
def bias_added_for_each_input(X, w, b):
    """The bias went into every product, so it was added d times instead of once."""
    return (X * w + b).sum(axis=1)


@mistake("neuron_output", "common")
def products_not_summed(X, w, b):
    """These are the products, one for each input. A neuron gives one number for each row: its products are still to
    be summed."""
    return X * w + b


@mistake("neuron_output", "common")
def summed_over_the_rows(X, w, b):
    """The sum ran over the pictures, so they were mixed with each other. Each row keeps its own sum."""
    return (X * w).sum(axis=0) + b


@mistake("neuron_output", "common")
def weights_in_front(X, w, b):
    """The weights stand on the wrong side: this sums down the columns, over the pictures. Each row has its own sum."""
    return w @ X + b


@mistake("neuron_output", "common")
def averaged_inputs(X, w, b):
    """The products were averaged. A neuron sums them: nothing is divided by the number of inputs."""
    return (X * w).mean(axis=1) + b


@mistake("sigmoid", "S2.N.7b")
def sign_lost_in_the_exponent(z):
    """The sign in the exponent is lost: this neuron is the surer of a 1 the smaller its sum is."""
    return 1 / (1 + np.exp(z))


@mistake("sigmoid", "common")
def plus_one_outside(z):
    """The brackets are in another place: 1 was divided by the exponential first, and only then was 1 added."""
    return 1 / 1 + np.exp(-z)


@mistake("sigmoid", "common")
def one_half_for_all(z):
    """This says one half whatever the sum is: z does not come into it."""
    return 0.5 + 0 * np.asarray(z)


@mistake("sigmoid", "common")
def another_base(z):
    """The steepness is off: this is a power of ten, and the logistic function is made of powers of e."""
    return 1 / (1 + 10.0 ** (-np.asarray(z)))


@mistake("sigmoid", "common")
def decision_turned(z):
    """This decides, and the wrong way round: 1 below 0. A degree is something between."""
    return np.where(np.asarray(z) > 0, 0.0, 1.0)


@mistake("sigmoid", "common")
def odds_not_degree(z):
    """This is the exponential alone. It grows without end, and a degree stays below 1."""
    return np.exp(z)


@mistake("sigmoid", "S2.N.6b")
def step_for_logistic(z):
    """This is the step function: all or nothing. At 0.0001 a degree is a little over one half."""
    return np.where(np.asarray(z) > 0, 1.0, 0.0)


@mistake("sigmoid", "common")
def tanh_for_logistic(z):
    """This runs from -1 to 1. A degree runs from 0 to 1, with one half at 0."""
    return np.tanh(z)


@mistake("central_difference", "common")
def one_sided(f, x, h):
    """This takes a step to one side only. At an h this large its error can be seen; a step to either side cancels
    most of it."""
    return (f(x + h) - f(x)) / h


@mistake("central_difference", "common")
def divided_by_h(f, x, h):
    """The two places are further apart than what you divide by."""
    return (f(x + h) - f(x - h)) / h


@mistake("central_difference", "common")
def brackets_lost(f, x, h):
    """Python works from left to right: it divided by 2 and then multiplied by h. Put what you divide by in
    brackets."""
    return (f(x + h) - f(x - h)) / 2 * h


@mistake("central_difference", "common")
def swapped_sides(f, x, h):
    """The sign is turned: the value to the left comes off the value to the right."""
    return (f(x - h) - f(x + h)) / (2 * h)


@mistake("central_difference", "edunn")
def lopsided(f, x, h):
    """The two places do not lie evenly around x, or are not as far apart as you divide by."""
    return (f(x + h) - f(x - 2 * h)) / (2 * h)


@mistake("central_difference", "common")
def only_the_second_value_divided(f, x, h):
    """Only the value to the left was divided: the difference of the two wants brackets around it."""
    return f(x + h) - f(x - h) / (2 * h)


@mistake("central_difference", "common")
def one_sided_left(f, x, h):
    """This takes a step to the left only. At an h this large the error shows; a step to either side cancels it."""
    return (f(x) - f(x - h)) / h


@mistake("central_difference", "common")
def difference_not_quotient(f, x, h):
    """This is how much f changes, not how much it changes for each unit of x: something is still to be divided."""
    return f(x + h) - f(x - h)


@mistake("by_hand", "common")
def inner_derivative_missing(w, x, y):
    """The chain rule has one factor more: what is inside the square depends on w too, and its slope is missing."""
    return np.mean(2 * (w * x - y))


@mistake("by_hand", "common")
def two_missing(w, x, y):
    """This is half of the slope: the derivative of a square brings a factor."""
    return np.mean((w * x - y) * x)


@mistake("by_hand", "common")
def sum_for_mean(w, x, y):
    """This is the slope of the sum. The loss is a mean, so its slope is one too."""
    return np.sum(2 * (w * x - y) * x)


@mistake("by_hand", "common")
def residual_turned(w, x, y):
    """The sign is turned: with this slope, gradient descent walks uphill."""
    return np.mean(2 * (y - w * x) * x)


@mistake("by_hand", "common")
def mean_taken_too_early(w, x, y):
    """The mean of a product is not the product of two means: multiply for each example first, then take the mean."""
    return 2 * np.mean(w * x - y) * np.mean(x)


@mistake("by_hand", "common")
def not_averaged(w, x, y):
    """These are the slopes of the single examples, one each. The loss is one number, so its slope in w is one
    number."""
    return 2 * (w * x - y) * x


@mistake("by_hand", "common")
def square_kept(w, x, y):
    """The square is still there: the power comes down by one when it is differentiated."""
    return np.mean(2 * (w * x - y) ** 2 * x)


@mistake("numerical_gradient", "common")
def all_at_once(f, w, h):
    """All entries were moved together, so every entry holds the sum of all slopes. Move one and hold the others."""
    return np.full(len(w), (f(w + h) - f(w - h)) / (2 * h))


@mistake("numerical_gradient", "common")
def steps_left_in_place(f, w, h):
    """The step of one entry was still there when the next was moved: start each entry from a fresh step of zeros."""
    dw, step = np.zeros(len(w)), np.zeros(len(w))
    for j in range(len(w)):
        step[j] = h
        dw[j] = (f(w + step) - f(w - step)) / (2 * h)
    return dw


@mistake("numerical_gradient", "common")
def last_entry_left_out(f, w, h):
    """The last entry is 0: the loop ends one too early."""
    dw = np.zeros(len(w))
    for j in range(len(w) - 1):
        step = np.zeros(len(w))
        step[j] = h
        dw[j] = (f(w + step) - f(w - step)) / (2 * h)
    return dw


@mistake("numerical_gradient", "common")
def returned_in_the_loop(f, w, h):
    """Only the first entry was computed: the `return` stands inside the loop."""
    dw = np.zeros(len(w))
    for j in range(len(w)):
        step = np.zeros(len(w))
        step[j] = h
        dw[j] = (f(w + step) - f(w - step)) / (2 * h)
        return dw


@mistake("numerical_gradient", "common")
def halved_away(f, w, h):
    """Every slope is twice too large: the two places are two steps apart."""
    return 2 * _slopes(f, w, h)


@mistake("numerical_gradient", "common")
def forward_slopes(f, w, h):
    """Each slope comes from a step to one side only; the check's h is large enough to show the error."""
    steps = h * np.eye(len(w))
    return np.array([(f(w + s) - f(w)) / h for s in steps])


def _slopes(f, w, h):
    steps = h * np.eye(len(w))
    return np.array([(f(w + s) - f(w - s)) / (2 * h) for s in steps])


@mistake("descend", "S2.N.9")
def uphill(gradient, w, rate, steps):
    """This walks uphill: every weight moves to where the loss grows."""
    path = [w]
    for _ in range(steps):
        w = w + rate * gradient(w)
        path.append(w)
    return np.array(path)


@mistake("descend", "common")
def gradient_of_the_start(gradient, w, rate, steps):
    """Every step uses the gradient of the starting place. The ground changes as you walk: ask again at each place."""
    dw = gradient(w)
    return np.array([w - rate * t * dw for t in range(steps + 1)])


@mistake("descend", "common")
def start_left_out(gradient, w, rate, steps):
    """The start is missing from the path: after 3 steps there are 4 places to report."""
    path = []
    for _ in range(steps):
        w = w - rate * gradient(w)
        path.append(w)
    return np.array(path)


@mistake("descend", "common")
def only_the_end(gradient, w, rate, steps):
    """This is the last place only, and the whole path is asked for."""
    for _ in range(steps):
        w = w - rate * gradient(w)
    return w


@mistake("descend", "common")
def rate_forgotten(gradient, w, rate, steps):
    """The rate is not used: each step is as long as the gradient itself."""
    path = [w]
    for _ in range(steps):
        w = w - gradient(w)
        path.append(w)
    return np.array(path)


@mistake("descend", "common")
def steps_from_the_start(gradient, w, rate, steps):
    """Each new place was worked out from the start instead of from the place before it."""
    path = [w]
    for _ in range(steps):
        path.append(w - rate * gradient(path[-1]))
    return np.array(path)


one_evaluation_each = wrong(
    "one_evaluation_each",
    "bill",
    "common",
    9610,
    "That is how many weights and biases there are. Each is asked on both sides.",
)

biases_forgotten = wrong(
    "biases_forgotten",
    "bill",
    "common",
    18944,
    "The weights are all there, the biases are not: each neuron has one, and each is a knob too.",
)

without_the_middle = wrong(
    "without_the_middle",
    "bill",
    "common",
    1300,
    "This goes from the pixels to the ten at once. The 128 neurons between have weights of their own.",
)

rate_that_lands_at_once = wrong(
    "rate_that_lands_at_once",
    "rate_limit",
    "S2.N.11",
    1 / 6,
    "With this rate the very first step lands on the lowest point. A somewhat larger one still arrives, "
    "jumping from side to side.",
)

half_way_off = wrong(
    "half_way_off",
    "rate_limit",
    "S2.N.11",
    2 / 3,
    "With this rate each step lands further away than the one before. Write the step as w times a factor, and "
    "ask when that factor's size is below 1.",
)

slope_of_w_squared = wrong(
    "slope_of_w_squared",
    "rate_limit",
    "S2.N.11",
    1.0,
    "That would be the limit of a flatter bowl, w squared. How steep is this one at w = 1?",
)

last_change_for_what_is_left = wrong(
    "last_change_for_what_is_left",
    "stopping",
    "S2.N.10",
    (5, "left == 4*rate*(1 - rate)*w**2"),
    "This is the last change in the loss once more. A tiny rate makes it tiny wherever you stand; how far is "
    "still to go does not depend on the rate.",
)

nothing_wrong_with_stopping = wrong(
    "nothing_wrong_with_stopping",
    "stopping",
    "S2.N.10",
    (0, "J_new == w_new**2"),
    "Four lines follow, but one of the five is not so: try a very small rate in each and see which one cannot hold.",
)


@mistake("collapse", "common")
def biases_added(W1, b1, W2, b2):
    """The first bias skipped the second layer. It is part of what the second layer receives, so it is weighted
    too."""
    W = W1 @ W2
    return W, np.resize(b1, b2.shape) + b2


@mistake("collapse", "common")
def first_bias_lost(W1, b1, W2, b2):
    """The first bias is gone: with inputs of 0 the two layers give something else than this."""
    return W1 @ W2, b2


@mistake("collapse", "common")
def second_bias_lost(W1, b1, W2, b2):
    """The second bias is gone: with inputs of 0 the two layers give something else than this."""
    return W1 @ W2, b1 @ W2


@mistake("collapse", "common")
def both_biases_weighted(W1, b1, W2, b2):
    """The second bias was sent through a layer as well. It is added at the very end, after all the weights."""
    return W1 @ W2, (b1 + np.resize(b2, b1.shape)) @ W2


@mistake("collapse", "common")
def swapped_results(W1, b1, W2, b2):
    """These are the two results in the other order: the weights come first, then the bias."""
    return b1 @ W2 + b2, W1 @ W2


@mistake("collapse", "S2.M.1")
def layers_added(W1, b1, W2, b2):
    """The weights of the layers were added, but the second layer acts on what the first gives: one after the other
    is a product."""
    d, k = len(W1), W2.shape[1]
    return np.resize(W1, (d, k)) + np.resize(W2, (d, k)), b1 @ W2 + b2


@mistake("add_ones", "S2.N.5")
def ones_behind(X):
    """The ones stand behind. Here the bias is the first weight, so its ones are the first column."""
    return np.column_stack([X, np.ones(len(X))])


@mistake("add_ones", "common")
def ones_added_to_the_entries(X):
    """Every entry grew by 1. A column is to be put in front; the others stay as they are."""
    return X + 1


@mistake("add_ones", "common")
def row_of_ones(X):
    """This is a row of ones on top, a picture more. The bias needs a column, a number more for each picture."""
    return np.vstack([np.ones(X.shape[1]), X])


@mistake("add_ones", "common")
def zeros_in_front(X):
    """A column of zeros would switch the bias off: a weight times 0 adds nothing."""
    return np.column_stack([np.zeros(len(X)), X])


@mistake("step", "S2.N.6a")
def one_at_zero(z):
    """At 0 itself the hand-in's rule says 0: its 1 stands only where the sum is above 0."""
    return np.where(z >= 0, 1, 0)


@mistake("step", "common")
def answers_swapped(z):
    """The two answers are swapped: a sum above 0 is called 1, and here it is called 0."""
    return np.where(np.asarray(z) > 0, 0, 1)


@mistake("step", "common")
def sign_for_step(z):
    """This gives -1 below 0. The step function knows two answers, 0 and 1."""
    return np.sign(z)


@mistake("step", "S2.N.6b")
def logistic_for_step(z):
    """This is a degree between 0 and 1. The step function decides: 0 or 1 and nothing between."""
    return 0.5 * (1 + np.tanh(np.asarray(z) / 2))


first_answer_called_wrong = wrong(
    "first_answer_called_wrong",
    "first_answer",
    "S2.N.1",
    (2, "z == theta[1] * x[1] + theta[2] * x[2]"),
    "The bias is not multiplied by an input, and it is not left out either: the first of the three is a 1.",
)

biases_not_counted = wrong(
    "biases_not_counted",
    "fewer_units",
    "S2.M.2",
    640,
    "These are the weights alone. Every unit has one number more.",
)

one_bias_for_all = wrong(
    "one_bias_for_all",
    "fewer_units",
    "S2.M.2",
    641,
    "One bias for the whole layer is too few: each of the ten units has its own.",
)
