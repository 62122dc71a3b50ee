"""What later chapters are given is what the earlier chapters taught, in other words."""

import importlib
import inspect

import numpy as np
import pytest
from course_under_test import CHAPTERS, COURSE

KNOWN = sorted(p.stem for p in (COURSE / "known").glob("*.py") if p.stem != "__init__")


PROGRAM = [
    *[("matmul", "A", np.arange(12.0).reshape(4, 3) / 9, "W"), ("add", "Z", "A", "b"), ("relu", "R", "Z")],
    *[("logistic", "S", "Z"), ("sub", "D", "R", "S"), ("mul", "T", "D", "k"), ("exp", "E", "T"), ("sum", "N", "E", 1)],
    *[
        ("log", "l", "N"),
        ("log_softmax", "P", "T"),
        ("mul", "Q", "P", "l"),
        ("cross_entropy", "L", "Q", np.eye(3)[[0, 2, 1, 1]]),
    ],
]


def cases(rng):
    """Exercise -> arguments that both the reference and the known function take."""
    X, w, b, M = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(), rng.normal(size=(3, 3)) / 3
    return {
        "neurons": {
            "sigmoid": (X,),
            "neuron_output": (X, w, b),
            "add_ones": (X,),
            "numerical_gradient": (lambda w: np.sum(np.tanh(M @ w)), w, 1e-5),
            "descend": (lambda w: M @ w, w, 0.1, 4),
        },
        "discriminants": {
            "signed_distance": (X, w, b),
            "ovr_predict": (X, M, w),
            "zero_one_loss": (X, np.array([0, 1, 1, 0, 1]), w, b),
        },
        "sigmoid_softmax": {
            "log_sigmoid": (X,),
            "softmax": (X,),
            "log_softmax": (X,),
            "softmax_jacobian": (np.array([0.2, 0.3, 0.1, 0.4]),),
        },
        "cross_entropy": {
            "bce": (np.array([0.2, 0.9, 0.4]), np.array([1.0, 0.0, 1.0])),
            "cross_entropy": (rng.dirichlet(np.ones(3), size=5), np.eye(3)[[0, 2, 1, 1, 2]]),
            "scores_gradient": (X, np.eye(3)[[0, 2, 1, 1, 2]]),
        },
        "backprop": {
            "dense_backward": (X, rng.normal(size=(5, 4)), rng.normal(size=(4, 3))),
            "activation_backward": (X, rng.normal(size=(5, 3)), "logistic"),
            "mlp_backward": (
                X,
                np.eye(2)[[0, 1, 1, 0, 1]],
                [(M, w, "relu"), (M, w, "logistic"), (M[:, :2], w[:2], "identity")],
                "softmax",
            ),
        },
        "computation_graphs": {"grad": (PROGRAM, {"W": M, "b": w, "k": b})},
    }


@pytest.mark.parametrize("slug", KNOWN)
def test_known_functions_agree_with_the_references_and_are_not_their_text(slug):
    known, solutions = (importlib.import_module(f"{room}.{slug}") for room in ("course.known", "solutions"))
    functions = {n: f for n, f in vars(known).items() if inspect.isfunction(f)}
    arguments = cases(np.random.default_rng(0))[slug]
    assert functions.keys() == arguments.keys()
    for name, function in functions.items():
        ours, theirs = (f(*arguments[name]) for f in (function, getattr(solutions, name)))
        if isinstance(theirs, dict):
            ours, theirs = ([value[key] for key in theirs] for value in (ours, theirs))
        pairs = zip(ours, theirs, strict=True) if isinstance(theirs, tuple | list) else [(ours, theirs)]
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol=1e-8)
        body = lambda f: inspect.getsource(f).rpartition('"""')[2].split()  # noqa: E731
        assert body(function) != body(getattr(solutions, name))


def test_no_notebook_is_given_its_own_chapter_or_a_later_one():
    slugs = [path.stem for path in CHAPTERS.values()]
    for path in CHAPTERS.values():
        text = path.read_text("utf-8")
        for later in slugs[slugs.index(path.stem) :]:
            assert f"course.known.{later}" not in text and f"from course.known import {later}" not in text
