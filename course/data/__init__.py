"""The handwritten digits: 1,797 pictures of 8 x 8.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
doi 10.24432/C50P49, licence CC BY 4.0; its test set, as scikit-learn bundles it (`make_digits.py` made the file).
"""

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("digits.npz")


def digits():
    """The pictures and what they show.

    X (1797, 64) float64, ink from 0 (none) to 1, a picture's rows one after the other; y (1797,) int, 0 to 9
    """
    with np.load(FILE) as file:
        return file["ink"] / 16.0, file["label"].astype(int)
