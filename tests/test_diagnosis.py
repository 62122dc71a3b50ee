"""Judging the diagnosis: each cause is named from its numbers, none by chance, and every branch is needed."""

import os

import numpy as np
import pytest
from test_oracles import survivor

from autograder.check import diagnosis, oracles

SEEDS = int(os.environ.get("JUDGE_SEEDS", 60))
FACTS = {}


def fact(function):
    FACTS[function.__name__] = function
    return function


N, D, K = 5, 3, 4
SIZES = dict(n=N, d=D)  # k = 4 would be 2 * 2 as well
RNG = np.random.default_rng(7)
X, Y, W, B = RNG.normal(size=(N, D)), RNG.normal(size=(N, K)), RNG.normal(size=(D, K)), RNG.normal(size=K)
LAM = 0.15


def dense_loss(W, b, act=np.tanh):
    """One term an example: mean squared error, and the example's part of the penalty."""
    return np.sum((act(X @ W + b) - Y) ** 2, axis=1) / N + LAM * np.sum(W**2) / N


TRUE = oracles.gradients(dense_loss, dict(W=W, b=B))
DW, DB = TRUE["W"].value, TRUE["b"].value
S, S2 = RNG.normal(size=(4, 4)), RNG.normal(size=(4, 4))  # equal widths
MASKED = DW * np.array([[1], [0], [1]])
JACOBIAN = RNG.normal(size=(3, 2, 3, 2))
DEAD = np.array([0.0, 1.3, -0.4, 0.0, 2.2])


def said(o, got, true, slope=True, **context):
    sentences = o.diagnose(got, true, slope=slope, sizes=SIZES, **context)
    assert isinstance(sentences, tuple)
    assert len(sentences) <= 3
    for sentence in sentences:
        assert sentence[0].isupper(), sentence
        assert sentence.endswith("."), sentence
        assert not any(c in sentence for c in "!{}"), sentence
        assert ": ." not in sentence and "  " not in sentence and ":;" not in sentence, sentence
        assert len(sentence) < 300, sentence
    return sentences


def one(o, got, true, *texts, **context):
    """The diagnosis is one sentence, which holds each of `texts`."""
    sentences = said(o, got, true, **context)
    assert len(sentences) == 1, sentences
    for text in texts:
        assert text in sentences[0], sentences[0]
    return sentences[0]


# --- each cause ------------------------------------------------------------------------------------------------------


@fact
def constant_factors(o):
    w = TRUE["W"]
    one(o, -DW, w, "the true one, with the sign reversed: a difference is taken the other way round")
    one(o, DW / N, w, "0.2 times the true one, and 0.2 = 1/n: your layer averages over the examples")
    one(o, DW * N, w, "5 times the true one, and 5 = n: the examples are summed")
    one(o, DW * 2, w, "Every entry is 2 times the true one: something is counted twice")
    one(o, DW / 2, w, "0.5 times the true one, and 0.5 = 1/2: look at what is left when a square")
    one(o, DW * 2 / N, w, "0.4 times the true one, and 0.4 = 2/n: something is divided or averaged")
    one(o, DW * N / 2, w, "2.5 = n/2: a division is missing")
    one(o, DW * D, w, "3 = d: a division is missing")
    one(o, DW / D, w, "0.3333 = 1/d: something is divided or averaged")
    one(o, DW * 2 * D, w, "6 = 2*d")
    one(o, DW / (N * D), w, "0.06667 = 1/(n*d)")
    one(o, DW * N * D, w, "15 = n*d")
    one(o, DW * D / N, w, "0.6 = d/n")
    one(o, DW * N / D, w, "1.667 = n/d")
    one(o, DW / (2 * D), w, "0.1667 = 1/(2*d)")
    one(o, -DW / N, w, "-0.2 times the true one, and 0.2 = 1/n: your layer", "; a difference is taken the other way")
    assert "counted twice" in one(o, DB * 2, TRUE["b"])
    one(o, 1.005 * DW, w, "1.005 times the true one: look for a constant factor")
    text = one(o, 0.37 * DW, w, "0.37 times the true one: look for a constant factor")
    assert "=" not in text
    both = o.diagnose(DW / 2, w, sizes=dict(n=7, k=2))
    assert "0.5 = 1/2 = 1/k:" in both[0]
    assert len(o.diagnose(DW / 2, w, sizes=dict(n=4, d=2, k=2, m=2))[0].split(" = ")) == 4
    assert o.diagnose(2 * DW, w) == o.diagnose(2 * DW, w, sizes=dict(n=1, d=0))
    assert "sign reversed: a diff" in o.diagnose(-DW, w, sizes=dict(k=2))[0]  # 1 is 2/k as well
    assert "1/n" in o.diagnose(DW / N * (1 + 1e-8 * S[:D]), DW, sizes=SIZES)[0]
    top = np.abs(DW).max()
    assert said(o, DW / N + 1e-5 * top * S[:D], oracles.Estimate(DW, 1e-6 + 0 * DW)) == ()
    assert "1/n" in o.diagnose((DW / N + 1e-7 * top * S[:D]).astype(np.float32), DW, sizes=SIZES)[0]
    assert "1/n" in o.diagnose(DW / N * (1 + 3e-7 * S[:D]), DW, sizes=SIZES)[0]
    assert said(o, DW / N + 1e-7 * top * S[:D], DW) == ()
    assert "1/n" not in o.diagnose(DW * 0.2001, w, sizes=SIZES)[0]
    assert "1/n" in o.diagnose(DW.astype(np.float32) / np.float32(N), w, sizes=SIZES)[0]


@fact
def plain_values_get_no_hints_of_calculus(o):
    for factor, name in (1 / 2, "1/2"), (N, "n"), (1 / N, "1/n"):
        plain, steep = (one(o, factor * DW, DW, f"= {name}: ", slope=s) for s in (False, True))
        assert plain != steep
        assert not any(word in plain for word in ("differentiated", "loss", "layer", "gradient"))
    assert said(o, 2 * DW, DW, slope=False) == said(o, 2 * DW, DW)
    assert o.diagnose(DW / 2, DW) == said(o, DW / 2, DW, slope=False)


@fact
def one_number_supports_little(o):
    one(o, 1.5, 3.0, "Yours is 0.5 times the true one, and 0.5 = 1/2: one number alone does not say why")
    one(o, -3, 3.0, "the sign reversed: one number alone does not say why")
    one(o, np.array([[0.6]]), np.array([[3.0]]), "0.2 = 1/n: one number alone")
    one(o, np.array([0.0, 5.0, 0.0]), np.array([0.0, 1.0, 0.0]), "5 = n: one number alone")
    one(o, np.array([0.2, -0.6]), np.array([1.0, -3.0]), "0.2 = 1/n: your layer")  # two do
    one(o, 0.6, 3.0, "does not say why; it may have been divided by n once more than the mean does.")
    for text in (one(o, 15.0, 3.0, "5 = n: one"), one(o, 0.6, 3.0, "0.2 = 1/n: one", slope=False)):
        assert "does not say why." in text
    opposite = np.array([0.3, -0.3 * (1 + 1e-8)])  # as the biases of two softmax classes: one number, said twice
    for pair in (opposite, np.array([*opposite, *(7 * opposite)])):
        assert said(o, 0.1571 * pair, pair) == ()
    one(o, 5 * opposite, opposite, "5 = n: the examples are summed")
    few = np.array([1.0, -2.0, 1e-6, 4e-5])  # the small ones are rounding, for all that is known
    assert "constant factor" not in str(said(o, 0.37 * few, few))
    assert said(o, 0.37 * np.array([1.0, -3]), np.array([1.0, -3])) == ()  # without a name, two are too few
    one(o, 0.37 * np.array([1.0, -3, 2]), np.array([1.0, -3, 2]), "0.37 times the true one: look for a constant")
    assert said(o, 1.7, 3.0) == said(o, 3.1, 3.0) == ()
    assert said(o, 6.0, 3.0, others=dict(W2=2.0), suspects={"the sum of two": -6.0}) == said(o, 6.0, 3.0)
    assert said(o, 6.0, 3.5, others=dict(W2=2.0)) == ()
    one(o, 6.0, 3.5, "Yours is the sum of two.", others=dict(W2=3.0), suspects={"the sum of two": 6.0})


@fact
def sums_over_the_wrong_axis(o):
    for axis in (0, 1):
        total, mean = DW.sum(axis, keepdims=True), DW.mean(axis, keepdims=True)
        for word, array in (("summed", total), ("averaged", mean)):
            said_of = f"Yours is the true one {word} over axis {axis}: that index should stay free."
            assert one(o, np.broadcast_to(array, DW.shape), TRUE["W"]) == said_of
            assert one(o, array.squeeze(), TRUE["W"]) == said_of
    one(o, DB.sum(), TRUE["b"], "summed over axis 0: one number, where a slope for each entry is wanted.")
    one(o, DB.mean(), DB, "averaged over axis 0: one number, where one for each entry is wanted.", slope=False)
    for shape in ((K, D), (K,), (D, K)):  # of equal numbers, a transpose and a mean are the same
        assert "averaged" not in str(said(o, np.full(shape, 0.5), np.full((D, K), 0.5)))
        level = np.full((D, K), 0.5) + 1e-9 * S[:D]  # an estimate
        assert "averaged" not in str(said(o, np.full(shape, 0.5), level))
        assert "averaged" not in str(said(o, np.full(shape, 2.5), np.full((D, K), 0.5)))
    one(o, JACOBIAN.sum(1), JACOBIAN, "summed over axis 1")
    one(o, np.full(K, DB.mean()), TRUE["b"], "averaged over axis 0")


@fact
def sums_over_the_batch(o):
    bare = DB  # without the terms: shapes and numbers alone
    one(o, TRUE["b"].terms, bare, "Summed over axis 0, yours is the true one")
    one(o, TRUE["b"].terms.T, bare, "Summed over axis 1, yours is the true one")
    one(o, N * TRUE["b"].terms, bare, "Averaged over axis 0, yours is the true one")
    one(o, TRUE["W"].terms, TRUE["W"], "Summed over axis 0")
    one(o, TRUE["b"].terms.sum(axis=1), TRUE["b"], "each example's gradient summed over axis 1, not over the examples")
    for i in range(N):
        one(o, TRUE["W"].terms[i], TRUE["W"], f"the gradient of example {i} alone: a sum is missing")
        one(o, DW - TRUE["W"].terms[i], TRUE["W"], f"the gradient without example {i}: look at where a loop")
        one(o, N * TRUE["b"].terms[i], TRUE["b"], f"5 times the gradient of example {i} alone, and 5 = n")
    assert said(o, TRUE["b"].terms[0] * 1.01, TRUE["b"]) == ()
    many = oracles.Estimate(DB, 0 * DB, RNG.normal(size=(40, K)))
    assert said(o, many.terms[3], many) == ()
    assert said(o, RNG.normal(size=K), TRUE["W"], at=W) == ()


@fact
def turned_arrays(o):
    one(o, DW.T, TRUE["W"], "Yours is the transpose of the true one: a factor is transposed")
    one(o, S.T, S, "Yours is the transpose of the true one")
    one(o, S.T / N, S, "0.2 times the transpose of the true one, and 0.2 = 1/n")
    one(o, S.T, S2, "the transpose of the gradient of W2", others=dict(W2=S))
    J = JACOBIAN
    one(o, J.transpose(2, 1, 0, 3), J, "Yours is the true one with its axes in the order (2, 1, 0, 3): two indices")
    one(o, J.transpose(1, 0, 3, 2), J, "in the order (1, 0, 3, 2)")
    assert "transpose" not in str(said(o, 2 * (S + S.T), S + S.T))
    one(o, S + S.T, S2, "Yours is what it is.", suspects={"what it is": S + S.T})
    one(o, DW[:, 0], DW[:, :1], "the right numbers in another order")
    one(o, 1e-12 * S.T, 1e-12 * S, "Yours is the transpose of the true one")
    one(o, DW.reshape(K, D), TRUE["W"], "the right numbers in another order")
    one(o, DW[::-1], TRUE["W"], "the right numbers in another order")
    one(o, DB[[1, 0, 2, 3]], TRUE["b"], "the right numbers in another order")
    assert said(o, DB[[1, 0, 2, 3]] * [1, 1, 1, 1.001], TRUE["b"]) == ()
    assert said(o, DB + [0.1, -0.1, 0.2, -0.2], TRUE["b"]) == ()


@fact
def other_gradients_and_suspects(o):
    one(o, S, S2, "Yours is the gradient of W2: two results are swapped, or the chain", others=dict(W2=S))
    one(o, S, S2, "the gradient of W2", others=dict(W1=S2 + 1, W2=oracles.Estimate(S, 0 * S)))
    one(o, -S, S2, "the gradient of W2, with the sign reversed", others=dict(W2=S))
    one(o, 5 * S, S2, "5 times the gradient of W2, and 5 = n", others=dict(W2=S))
    assert said(o, 0.77 * S, S2, others=dict(W2=S)) == ()
    assert one(o, 5 * S, S2, suspects={"what it is": S}) == "Every entry is 5 times what it is, and 5 = n."
    one(o, S, S2, "Yours is what an upstream of ones would give.", suspects={"what an upstream of ones would give": S})
    two = said(o, S, S2, others=dict(W2=S), suspects={"what no activation would give": oracles.Estimate(S, 0 * S)})
    assert [text.split(":")[0] for text in two] == [
        "Yours is what no activation would give.",
        "Yours is the gradient of W2",
    ]
    both = said(o, S / 2, S, suspects={"what the loss with a half would give": S / 2})
    assert "loss with a half" in both[0] and "1/2" in both[1]
    assert len(said(o, S, S2, suspects={f"suspect {i}": S for i in range(5)})) == 3
    # of several the ones that assume least
    assert len(said(o, S, S2, others=dict(W2=-S, W3=S))) == 1
    one(o, S, S2, "Yours is the gradient of W2:", others=dict(W2=S), suspects={"what it is": S - 0.3})
    one(o, 0.37 * S, S, "2 times what it is", suspects={"what it is": 0.185 * S})


@fact
def an_activation_that_is_not_differentiated(o):
    """How a chapter says what it suspects: a stand-in with another slope, differentiated by the same oracle."""
    Z = X @ W + B
    slopes = {"1": np.ones_like(Z), "at the wrong place": 1 - np.tanh(np.tanh(Z)) ** 2, "of the value": 1 - Z**2}
    suspects = {}
    for name, slope in slopes.items():
        act = oracles.with_slope(np.tanh, Z, slope)
        loss = lambda W, b, act=act: dense_loss(W, b, act)  # noqa: E731
        suspects[f"what a slope {name} would give"] = oracles.gradients(loss, dict(W=W, b=B))["W"]
    for name, slope in slopes.items():
        got = X.T @ (2 * (np.tanh(Z) - Y) / N * slope) + 2 * LAM * W
        assert one(o, got, TRUE["W"], suspects=suspects) == f"Yours is what a slope {name} would give."


@fact
def terms_that_are_missing_or_added(o):
    w = TRUE["W"]
    one(
        o,
        DW - 2 * LAM * W,
        w,
        "Yours is the true one, with -0.3 times the parameter itself added: look at the penalty",
        at=W,
    )
    one(o, DW - LAM * W, w, "with -0.15 times the parameter itself added: look at the penalty", at=W)
    one(o, DW + 2 * LAM * W, w, "with +0.3 times the parameter itself", at=W)
    mixed = [N * (DW - LAM * W), N * (DW - 2 * LAM * W) + 2 * LAM * W, -DW + 4 * LAM * W, 2 * DW - 2 * LAM * W]
    mixed += [w.terms[2] - 2 * LAM * W / N, w.terms[2] + (2 - 2 / N) * LAM * W]
    texts = [
        "5 = n, with -0.75 times",
        "5 = n, with -1.2 times",
        "the sign reversed, with +0.6 times",
        "2 times the true",
    ]
    texts += ["example 2 alone, with -0.06 times", "example 2 alone, with +0.24 times"]
    for got, text in zip(mixed, texts, strict=True):  # where the rest is wrong, the penalty may be right
        assert "penalty" not in one(o, got, w, text, "times the parameter itself added", at=W)
    for rate in (-0.1, -1, -1 / N, 0.37):  # with a name or without
        step = f"Yours is the parameter itself with {rate:+.4g} times the gradient added: a step was taken"
        one(o, W + rate * DW, w, step, at=W)
    one(o, 1e-8 * DW + 1e-8 * 0.5 * W, 1e-8 * DW, "with +0.5 times the parameter", "look at the penalty", at=1e-8 * W)
    assert "step" not in one(o, DW + W, w, "Yours is the true one, with +1 times the parameter itself", at=W)
    turned = one(o, S2[::-1] - S.T / N, S, "-0.2 times the transpose", "with +1 times the parameter", at=S2[::-1])
    assert "a step was taken" not in turned  # not along the gradient
    assert "step" not in str(said(o, DW + 1, w) + said(o, 2 * DW + 1, w, at=W))
    bare = oracles.gradients(
        lambda W: np.sum((np.diag([0, 1]) @ X[:2] @ W) ** 2, axis=1) + LAM * np.sum(W**2) / 2, dict(W=W)
    )["W"]
    assert said(o, 2 * LAM * W, bare, at=W) == ()  # example 0 has its share of the penalty, and nothing else
    assert said(o, DW - 2 * LAM * W, w) == ()
    assert "penalty" not in one(o, DW + 0.3, w, "Yours is the true one, with +0.3 in every entry added.", at=W)
    assert said(o, 1.234 * DW - 2 * LAM * W, w, at=W) == ()
    one(o, DW[0, :3] - W[0, :3], DW[0, :3], "with -1 times the parameter itself", at=W[0, :3])
    assert said(o, DW[0, :2] - W[0, :2], DW[0, :2], at=W[0, :2]) == ()  # two numbers fit anything
    assert said(o, 2 * DW + 5e-6, DW) == ()  # too little to be a term
    assert said(o, 4 * S, S2, at=S, suspects={"what it is": S}) == ()  # 2 + 2, 1 + 3, ...: no one can tell
    one(o, 1e-6 * DW - 1e-6 * W, oracles.Estimate(1e-6 * DW, 0 * DW), "with -1e-06 times the parameter", at=W)


@fact
def the_right_numbers_in_some_places(o):
    one(o, np.diag(np.diag(S)), S, "Yours is filled, and right, only on the diagonal: the true one is not 0 elsewhere")
    one(o, np.diag(S), S, "Yours is the diagonal of the true one: what stands off the diagonal is lost")
    same = np.eye(3)[:, None, :, None]
    one(o, JACOBIAN * same, JACOBIAN, "only where the indices of axes 0 and 2 agree")
    one(o, DW * [[1], [1], [0]], TRUE["W"], "What is not 0 in yours is right: a mask, a branch or a loop leaves out")
    one(o, np.where(np.eye(4), 0, S), S, "What is not 0 in yours is right")
    one(o, np.where(np.arange(16).reshape(4, 4) % 5 == 0, S, 0) * [1, 1, 1, 0], S, "What is not 0 in yours is right")
    one(o, np.where(np.arange(16).reshape(4, 4) % 5 == 1, 0, S), S, "What is not 0 in yours is right")
    wide = DW[:2, :3] * np.eye(3)[:2]
    one(o, wide, DW[:2, :3], "What is not 0 in yours is right")
    one(o, DW, MASKED, "Yours is wrong only where the true one is 0: a mask or an indicator is missing")
    one(o, DEAD + np.array([0.3, 0, 0, -0.2, 0]), DEAD, "wrong only where the true one is 0")
    one(o, np.where(np.arange(12).reshape(3, 4) == 6, 9.9, DW), TRUE["W"], "Only entry [1, 2] is wrong")
    one(o, DB * [1, 1, 0, 1], TRUE["b"], "Only entry [2] is wrong")
    one(o, DW * [1, 1, 1.3, 1], TRUE["W"], "Only column 2 is wrong, the rest is right")
    one(o, DW * [[1.0], [-1], [1]], TRUE["W"], "Only row 1 is wrong, the rest is right")
    assert said(o, np.array([[1.0], [5.0], [9.0]]), np.array([[1.0], [2.0], [3.0]])) == ()  # it has one column only
    off = JACOBIAN.copy()
    off[:, :, 1] *= 1.5
    one(o, off, JACOBIAN, "Only index 1 of axis 2 is wrong, the rest is right")
    kinks = np.array([True, False, False, True, False])
    one(o, DEAD + 0.5 * kinks, DEAD, "Yours differs only where the slope jumps", kinks=kinks)
    assert said(o, DEAD + [0.5, 0.1, 0, 0.5, 0.2], DEAD, kinks=kinks) == ()
    assert said(o, DW * np.where(np.eye(3, 4), 1, 1.7), TRUE["W"]) == ()
    assert said(o, np.array([1e5, 9.0, 8.0, 7.0]), np.array([1.0, 1e5, 2.0, 3.0])) == ()
    assert said(o, np.array([5e5, 9.0, 8.0, 7.0]), np.array([1e5, 1.0, 2.0, 3.0])) == ()


@fact
def structure_that_the_true_one_lacks(o):
    row = RNG.normal(size=K)
    one(o, np.broadcast_to(row, (D, K)), TRUE["W"], "Along axis 0 all entries of yours are equal")
    one(o, np.broadcast_to(row[:D, None], (D, K)), TRUE["W"], "Along axis 1 all entries of yours are equal")
    one(o, np.ones(K), TRUE["b"], "Along axis 0 all entries of yours are equal")
    path = np.broadcast_to(row, (D, K))
    one(o, path, TRUE["W"], "an index is summed away, or used twice, or one array is stored in every place.")
    assert "stored" not in str(said(o, path.T.copy(), TRUE["W"].value.T)) + str(said(o, np.ones(K), TRUE["b"]))
    product = np.outer(X.sum(axis=0), Y.sum(axis=0))
    each = "Each row of yours is a multiple of each other row: something is summed before it is multiplied, or only one"
    one(o, product, TRUE["W"], each, "an activation's slope, is lost.")
    assert "activation" not in one(o, product, TRUE["W"], each, slope=False)
    assert said(o, product[:, :2], DW[:, :2]) == said(o, product[:2], DW[:2]) == ()  # two of them often are
    assert said(o, product, np.outer(X[0], Y[0])) == ()
    assert said(o, product + 1e-3 * S[:D], TRUE["W"]) == ()
    assert said(o, product[:1], DW[:1]) == ()
    assert said(o, S * [[1e8], [1], [1], [1]], S2) == ()
    one(o, product[:3, :3], S[:3, :3], "Each row of yours is a multiple")


@fact
def scales_do_not_matter(o):
    cases = [
        DW / N,
        DW * 0.37,
        DW.T,
        DW - 2 * LAM * W,
        DW.sum(0),
        TRUE["W"].terms[1],
        TRUE["W"].terms,
        DW * [1, 1, 2, 1],
    ]
    cases += [DW[::-1], np.outer(DW.sum(1), DW.sum(0)), np.broadcast_to(DW[0], DW.shape), DW.astype(np.float32)]
    cases += [DW * (np.arange(12).reshape(3, 4) % 5 != 0), DW.ravel(), DW + S[:D], DW * (1 + 1e-5 * S[:D])]
    cases += [DW[:2, :2] / N, MASKED, np.stack([DW / 2, DW / 2])]
    for scale in (1e-9, 1e9):
        true = oracles.Estimate(scale * DW, scale * TRUE["W"].error, scale * TRUE["W"].terms)
        for got in cases:
            small, usual = said(o, scale * got, true, at=scale * W), said(o, got, TRUE["W"], at=W)
            assert small == usual


@fact
def few_digits(o):
    w = TRUE["W"]
    one(o, DW.astype(np.float32), w, "Yours has the seven digits of float32 and no more")
    one(o, DW.astype(np.float32).astype(float), w, "Yours has the seven digits of float32")
    exact = np.round(DW, 6)
    one(o, exact * (1 + 3e-5), w, "Every entry is right to about 4 digits and no further")
    assert "quotient" not in one(o, exact * (1 + 3e-5), w, "something small that is added.", slope=False)
    one(o, DW + 1e-6 * np.abs(DW).max() * S[:D] / 4, w, "digits and no further")
    for small in ([1e12, 0.9, -0.5], [6.0, 5e-13], [1.0, 1e-8]):  # nothing is said of entries that are far too small
        assert said(o, np.array([small[0], *[0.0] * (len(small) - 1)]), np.array(small)) == ()
    sure = oracles.Estimate(np.array([1.0, 1e-9]), np.array([1e-12, 1e-9]))
    one(o, np.array([1.0001, 2e-9]), sure, "right to about 4 digits")
    one(o, np.array([1.0001, 1e-16]), np.array([1.0, 0.0]), "right to about")
    one(o, MASKED * (1 + 3e-5) + 1e-17, MASKED, "right to about 4 digits")
    assert said(o, DW + 4e-4 * S[:D], w) == ()
    assert said(o, np.array([1e6, 0.02, 3e5]), np.array([1e6, 0.01, 3e5])) == ()
    assert said(o, np.array([1.0, 2.0]), np.array([1.0, 2.0])) == ()
    one(o, 1.0004 * 3, 3.0, "right to about 3 digits")
    assert "digits" not in str(said(o, DW * np.where(S[:D] > 0, 1.002, 1), w))
    assert said(o, DW, oracles.Estimate(DW, 0 * DW)) == ()


@fact
def nothing_to_compare(o):
    one(o, DW * np.where(S[:D] > 1, np.nan, 1), TRUE["W"], "Yours holds nan or inf: look for a division by 0")
    one(o, DW * np.inf, TRUE["W"], "Yours holds nan or inf")
    one(o, 0 * DW, TRUE["W"], "Yours is 0 everywhere: look for an array that nothing is written into")
    assert o.diagnose(0, 3.0) == ()
    assert "float32" not in "".join(o.diagnose(0.5, 0.500025))
    one(o, np.zeros((2, 2)), TRUE["W"], "Yours is 0 everywhere")
    for got, true in [
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.zeros((0, 3)), oracles.Estimate(np.zeros((0, 3)), np.zeros((0, 3)))),
        (np.zeros((0, 3)), DW),
        (DW, np.zeros((0, 3))),
        (DW, 0 * DW),
        (DW * 1j, DW),
        (DW.astype(str), DW),
        (-DW, oracles.Estimate(DW, 1e-3 * np.abs(DW))),  # an estimate too coarse to say anything by
        (S, DW),
        (1.0, DW),
        (DW.ravel()[:5] * 1.1, DB),
    ]:
        assert said(o, got, true) == ()
    one(o, np.array([2, 4, 7]) * 3, np.array([2, 4, 7]), "3 = d")  # whole numbers are numbers too
    one(o, np.array([True, False, True]), np.array([1.0, 5.0, 1.0]), "Only entry [1] is wrong")
    coarse = oracles.Estimate(DW, 1e-5 * np.abs(DW).max() + 0 * DW)
    assert "1/n" in o.diagnose((DW + 2e-5 * np.abs(DW).max()) / N, coarse, sizes=SIZES)[0]


# --- nothing by chance -----------------------------------------------------------------------------------------------


def wrong_at_random(rng, true):
    """A wrong answer that follows no pattern."""
    return [
        lambda: rng.normal(size=true.shape),
        lambda: true * rng.uniform(0.5, 2, true.shape),
        lambda: true + 0.1 * np.abs(true) * rng.normal(size=true.shape),
        lambda: true * rng.choice([-1.7, 1.9, 3.1, 0.3], true.shape) * (1 + 1e-3 * rng.normal(size=true.shape)),
        lambda: (
            10.0 ** rng.uniform(-5, 5, (true.shape or (1,))[:1] + (1,) * (true.ndim - 1)) * rng.normal(size=true.shape)
        ),
        lambda: np.tanh(true) + rng.uniform(-1, 1, true.shape),
        lambda: np.round(rng.normal(size=true.shape) * 100, 1) + 0.05,
        lambda: rng.uniform(size=true.shape).astype(np.float32),
        lambda: 10.0 ** rng.uniform(-6, 6, true.shape),
    ][rng.integers(9)]().reshape(true.shape)


def nothing_is_said_by_chance(o, seeds):
    for seed in seeds:
        rng = np.random.default_rng(seed)
        shape = [(), (1,), (2,), (3,), (2, 2), (2, 3), (3, 3), (4, 2, 3), (2, 2, 2, 2), (5, 4)][seed % 10]
        terms = rng.normal(size=(4, *shape)) * 10.0 ** (rng.uniform(-2, 2, shape) * (seed % 3 == 0))
        true = oracles.Estimate(terms.sum(axis=0), np.full(shape, 1e-9 * np.abs(terms).max()), terms)
        others = dict(W2=rng.normal(size=shape), b=rng.normal(size=shape[-1:]), W3=rng.normal(size=shape[::-1]))
        suspects = {f"suspect {i}": rng.normal(size=shape) for i in range(4)}
        got = wrong_at_random(rng, true.value)
        sizes = dict(n=4, d=3, k=2, h=5, lam=0.1)
        found = o.diagnose(got, true, at=rng.normal(size=shape), sizes=sizes, others=others, suspects=suspects)
        near = np.allclose(got, true.value, rtol=2e-3)  # which happens by chance to a single number, and may be said
        assert found == () or near and "digits" in found[0], (seed, found)
        other_shape = rng.normal(size=(*shape, 4))
        assert o.diagnose(other_shape, true, sizes=sizes, others=others, suspects=suspects) == (), seed


@fact
def a_sample_of_wrong_answers_is_met_with_silence(o):
    nothing_is_said_by_chance(o, range(20))


def test_nothing_is_said_by_chance():
    nothing_is_said_by_chance(diagnosis, range(1000, 1000 + 2 * SEEDS))


def test_whole_numbers_meet_with_true_sentences_only():
    """Small whole numbers coincide often; what is said of them must hold even so."""
    for seed in range(1000, 1000 + 2 * SEEDS):
        rng = np.random.default_rng(seed)
        true, got = rng.integers(-3, 4, (2, 3, 2)) * 1.0
        for sentence in diagnosis.diagnose(got, true, sizes=dict(n=4, d=3, k=2)):
            if "times the true one" in sentence and "averaged" not in sentence and "summed" not in sentence:
                assert np.allclose(got, float(sentence.split()[3]) * true)
            elif "the true one, with the sign reversed" in sentence:
                assert np.allclose(np.abs(got), np.abs(true))
            elif sentence.startswith("Only entry"):
                assert np.sum(got != true) == 1
            elif "What is not 0 in yours" in sentence:
                assert np.all((got == true) | (got == 0))
            elif "only where the true one is 0" in sentence:
                assert np.all((got == true) | (true == 0))


# --- the facts hold, and no fault gets past them ---------------------------------------------------------------------

FAULTS = [
    # what is looked at first
    ("or error > 1e-4 * top", ""),
    ('not in "biuf"', 'not in "f"'),
    ('not in "biuf"', 'not in "biufcU"'),
    ("or not top or", "or"),
    ("if not np.isfinite(got).all():", "if False:"),
    ("if not got.any():", "if False:"),
    ("4 * error / top)", "0)"),
    ("4 * error / top)", "400 * error / top)"),
    ("1e-5 if got.dtype in", "SAME if got.dtype in"),
    ("max(same / 10, ", "max(same * 10, "),
    ("max(same / 10, ", "max(0, "),
    ("return same * np.abs(size) + floor", "return floor"),
    ("+ floor * np.abs(size).max()", ""),
    ("np.maximum(np.abs(value), rounding)", "top"),
    ("same + floor)", "same)"),
    ("SAME = 1e-6", "SAME = 1e-2"),
    ("SAME = 1e-6", "SAME = 1e-13"),
    ("if off <= 1e-3 or", "if False or"),
    ("if off <= 1e-3 or", "if off <= 1e-2 or"),
    ("if off <= 1e-3 or", "if off <= 1e-5 or"),
    (" or (np.abs(got - value) <= near(value)).all():", ":"),
    (")[:3]\n\n\n# --- yours is something", ")\n\n\n# --- yours is something"),
    # factors and their names
    ("if size not in (0, 1)", ""),
    ('f"1/{s}", 1 / v', 'f"1/{s}", v'),
    ('"2": 2, **', "**"),
    ('(f"{s}*{t}", v * w)', '(f"{s}*{t}", v + w)'),
    ('(f"1/({s}*{t})", 1 / (v * w))', '(f"1/({s}*{t})", 1 / v * w)'),
    ('(f"{s}/{t}", v / w)', '(f"{s}/{t}", w / v)'),
    ('(f"{t}/{s}", w / v)', '(f"{t}/{s}", v * w)'),
    ("abs(abs(c) - v) <= tol * v]", "abs(c - v) <= tol * v]"),
    ("abs(abs(c) - v) <= tol * v]", "abs(abs(c) - v) <= 1e-3 * v]"),
    ("<= tol else 3]", "<= tol else 9]"),
    ("<= tol else 3]", "<= tol else 1]"),
    ("[: 1 if abs(abs(c) - 1) <= tol else 3]", "[:3]"),
    # what yours may be
    ('(at, "{:+.4g} times the parameter itself"), ', ""),
    ('(np.ones(got.shape), "{:+.4g} in every entry")', '(np.ones(got.shape), "{:+.4g} times the parameter itself")'),
    (', (np.ones(got.shape), "{:+.4g} in every entry")', ""),
    ("np.count_nonzero(large) < 2", "np.count_nonzero(large) < 1"),
    ("np.count_nonzero(large) < 2", "np.count_nonzero(large) < 5"),
    ("large = sizes > 1e-3 * sizes.max(initial=0)", "large = sizes > -1"),
    ("apart = large & (", "apart = ("),
    ("> 1e-5 * sizes.max(initial=0)", "> 0"),
    ("not e and np.count_nonzero(apart) > 2", "not e"),
    ("not e and np.count_nonzero(apart) > 2", "not e and np.count_nonzero(apart) > 3"),
    ('equal = names == ["1"] and c > 0', 'equal = names == ["1"]'),
    ("unnamed = true and c and not e", "unnamed = c and not e"),
    ("unnamed = true and c and not e", "unnamed = true and c"),
    ("if not (names or unnamed)", "if not names"),
    ("if true and e and extra is at and abs(e - 1) <= 1e-4 and not equal:", "if False:"),
    ("true and e and extra is at and abs", "e and extra is at and abs"),
    ("true and e and extra is at and abs", "true and e and abs"),
    ("and abs(e - 1) <= 1e-4 and not equal:", "and not equal:"),
    ("1e-4 and not equal:", "1e-4:"),
    ("or (alone and not (equal or (true and names)))", ""),
    ("or (alone and not (equal or (true and names)))", "or alone"),
    ("or (alone and not (equal or (true and names)))", "or (alone and not equal)"),
    ("or (alone and not (equal or (true and names)))", "or (alone and not (true and names))"),
    ('", with the sign reversed" if', '"" if'),
    ('if name not in ("1", "2")', ""),
    ("abs(c):.4g} = {", "c:.4g} = {"),
    ('f", with {more.format(e)} added" if e', '"" if e'),
    ("hints = [hint] if not true else", "hints = [hint] if hint else"),
    ("if true and alone:", "if False:"),
    ('int(slope and "1/n" in names)', "0"),
    ('int(slope and "1/n" in names)', 'int("1/n" in names)'),
    ('int(slope and "1/n" in names)', "int(slope)"),
    ("if equal and true and extra is at:", "if equal and true:"),
    ("if equal and true and extra is at:", "if true and extra is at:"),
    ("if equal and true and extra is at:", "if equal and extra is at:"),
    ("if equal and true and extra is at:", "if False:"),
    ("where = WHERE if slope else WHERE | PLAIN", "where = WHERE"),
    ("where = WHERE if slope else WHERE | PLAIN", "where = WHERE | PLAIN"),
    ("if at is None or not _fit(c[1], at, None, near)[0]", "if True"),
    ("'a slope' if slope else", "'a slope' if True else"),
    ("if got.ndim else free", "if True else free"),
    ("if length > 1 and varied else ()", "if length > 1 else ()"),
    ("SAME * np.abs(value).max()  #", "0  #"),
    ('", or a difference quotient" * slope', '", or a difference quotient"'),
    ("and got.shape[axis] > 1:", ":"),
    ("if axis == 0 and got.ndim > 1 else", "if got.ndim > 1 else"),
    ("if axis == 0 and got.ndim > 1 else", "if axis == 0 else"),
    ("if axis == 0 and got.ndim > 1 else", "if False else"),
    ("min(got.shape) > 2 and", ""),
    ("such as an activation's slope, is lost\" * slope", "such as an activation's slope, is lost\""),
    ("max(4 * error, 1e-15 * top)", "4 * error"),
    ("max(4 * error, 1e-15 * top)", "1e-15 * top"),
    ("max(4 * error, 1e-15 * top)", "floor * top"),
    ("(not equal) + (not true) + bool(e)", "(not equal) + bool(e)"),
    ("(not equal) + (not true) + bool(e)", "(not true) + bool(e)"),
    ("bool(e) if names else 9", "0 if names else 9"),
    ("bool(e) if names else 9", "bool(e)"),
    ("if assumed == min(ranked)[0]]", "]"),
    ("places = [where[name] for name in names if name in where]", "places = []"),
    ('if not places and names != ["1"]:', "if not places:"),
    ('"more" if abs(c) > 1 else "less"', '"less" if abs(c) > 1 else "more"'),
    ('[WHERE["-"]] * int(c < 0)', "[]"),
    ('[WHERE["-"]] * int(c < 0)', '[WHERE["-"]]'),
    ("for phrase, a in suspects.items()]", "for phrase, a in ()]"),
    ('[("the true one", value, "")]', "[]"),
    ("for name, a in others.items()]", "for name, a in ()]"),
    ("if terms is not None and len(terms) <= 32:", "if False:"),
    ("if terms is not None and len(terms) <= 32:", "if terms is not None:"),
    ('alone", term,', 'alone", value - term,'),
    ('example {i}", value - term,', 'example {i}", value + term,'),
    ("for axis in range(1, terms.ndim):", "for axis in range(0, terms.ndim):"),
    ("for axis in range(1, terms.ndim):", "for axis in ():"),
    ('(("summed", np.sum), ("averaged", np.mean))', '(("summed", np.sum),)'),
    ('(("summed", np.sum), ("averaged", np.mean))', '(("averaged", np.mean),)'),
    ('("summed", np.sum)', '("summed", np.prod)'),
    ("length > 1 and varied", "varied"),
    ("for a in (kept, take(value, axis)):", "for a in (kept,):"),
    ("for a in (kept, take(value, axis)):", "for a in (take(value, axis),):"),
    ("if value.ndim == 2 and value.shape[0] == value.shape[1]:", "if False:"),
    ('getattr(array, "value", array)', "array"),
    ("if array.ndim <= 4 else [range(array.ndim)]", "if False else [range(array.ndim)]"),
    ("if array.ndim <= 4 else [range(array.ndim)]", "if array.ndim <= 2 else [range(array.ndim)]"),
    ("and np.ptp(turned - array) <= SAME * np.ptp(array)", "and False"),
    ("and np.ptp(turned - array) <= SAME * np.ptp(array)", "and np.allclose(turned, array)"),
    ("if moved and array.ndim == 2:", "if False:"),
    ("got.size < 3)", "got.size < 2)"),
    ("got.size < 3)", "got.size < 99)"),
    ("np.shape(extra) != got.shape or", ""),
    ("if rank == len(columns) and close and both", "if rank == len(columns) and both"),
    ("if rank == len(columns) and close and both", "if rank == len(columns) and close"),
    ("if rank == len(columns) and close and both", "if close and both"),
    ("(*found / size, 0)", "(*found, 0)"),
    # digits and places
    ("if not 0 < off <= 1e-3:", "if False:"),
    ("if not 0 < off <= 1e-3:", "if off > 1e-3:"),
    ("if not 0 < off <= 1e-3:", "if off == 0:"),
    ("if off <= 1e-6 and (got == got.astype(np.float32)).all():", "if False:"),
    ("if off <= 1e-6 and (got == got.astype(np.float32)).all():", "if True:"),
    ("-np.log10(off)", "np.log10(off)"),
    ("if kinks is not None and (right | kinks).all():", "if kinks is not None:"),
    ("if kinks is not None and (right | kinks).all():", "if kinks is not None and right.all():"),
    ("if not (right & (np.abs(value) > zero)).any():", "if False:"),
    ("if len(wrong) == 1:", "if False:"),
    ("if not got[~right].any():", "if False:"),
    ("square = np.argwhere(got), got.shape[a] == got.shape[b]", "square = np.argwhere(got), True"),
    ("(filled[:, a] == filled[:, b]).all()", "True"),
    ("(wrong[:, a] != wrong[:, b]).all()", "True"),
    ("if (np.abs(value[~right]) <= zero).all():", "if False:"),
    ("if np.ptp(wrong[:, axis]) == 0 and", "if False and"),
    ("if np.ptp(wrong[:, axis]) == 0 and", "if"),
    ('("row", "column")[axis]', '("column", "row")[axis]'),
    # structure
    ("for axis in range(got.ndim):\n        for word, array", "for axis in ():\n        for word, array"),
    ('("Averaged", got.mean(axis))', '("Averaged", got.sum(axis))'),
    ("array.shape == value.shape and (np.abs(array - value) <= near(value)).all()", "array.shape == value.shape"),
    ("if np.ptp(got, axis).max() <= near(got).min() and", "if"),
    ("and np.ptp(value, axis).max() > 1e-2 * top:", ":"),
    ("if np.ptp(got, axis).max() <= near(got).min() and", "if False and"),
    ("and np.ptp(solid, axis=0).all():", ":"),
    ("if two <= near(one) and second", "if second"),
    ("and second > 1e-3 * top:", ":"),
    ("if two <= near(one) and second", "if False and second"),
    ("np.abs(yours - ours) <=", "np.abs(got.sum() - value.sum()) <="),
    ("if got.size == value.size and np.ptp(value)", "if False and np.ptp(value)"),
]


@pytest.mark.parametrize("name", FACTS)
def test_fact(name):
    FACTS[name](diagnosis)


@pytest.mark.parametrize(("right", "wrong"), FAULTS)
def test_a_fault_is_found(right, wrong):
    assert survivor(diagnosis, right, wrong, FACTS) is None
