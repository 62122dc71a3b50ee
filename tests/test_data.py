"""The digits: what the loader promises, and that the file is the source's."""

import numpy as np
from sklearn.datasets import load_digits

from course.data import FILE, digits


def test_shapes_and_types():
    X, y = digits()
    assert X.shape == (1797, 64) and X.dtype == np.float64
    assert y.shape == (1797,) and y.dtype == int
    assert (X.min(), X.max()) == (0.0, 1.0)
    assert sorted(set(y.tolist())) == list(range(10))


def test_the_file_is_scikit_learns_copy():
    ink, label = load_digits(return_X_y=True)
    X, y = digits()
    assert np.array_equal(X * 16, ink)
    assert np.array_equal(y, label)


def test_nobody_can_spoil_the_digits_for_the_next():
    X, y = digits()
    X[:], y[:] = 0, 0
    again, labels = digits()
    assert again.any() and labels.any()


def test_the_file_is_small_and_whole_sixteenths():
    with np.load(FILE) as file:
        assert {name: file[name].dtype for name in file} == {"ink": np.uint8, "label": np.uint8}
    assert FILE.stat().st_size < 50_000
