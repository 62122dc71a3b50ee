"""Make digits.npz from scikit-learn's copy: `python course/data/make_digits.py` (source and licence: __init__.py)."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits


def main():
    ink, label = load_digits(return_X_y=True)
    assert np.array_equal(ink, ink.astype(np.uint8)), "the ink is no longer in whole sixteenths"
    np.savez_compressed(Path(__file__).with_name("digits.npz"), ink=ink.astype(np.uint8), label=label.astype(np.uint8))


if __name__ == "__main__":
    main()
