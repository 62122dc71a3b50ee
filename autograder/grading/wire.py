"""Values as bytes and back: None, bool, int, float, complex, str, arrays, and tuples, lists and dicts of them.

What cannot be written is refused with a TypeError, what is not well formed with a ValueError; nothing is unpickled.
The bytes are a length, a JSON text in which arrays are places, then the arrays' raw bytes one after another.
"""

import json
import struct

import numpy as np

from autograder.check.calling import plain

MOST_BYTES = 64 * 1024 * 1024
MOST_TEXT = 4 * 1024 * 1024  # of these the text: a byte of it may become forty of Python's objects
DEEPEST = 20


def pack(value):
    """The bytes of a plain value."""
    blobs = []
    text = json.dumps(_tree(plain(value), blobs, 0), separators=(",", ":")).encode()
    packed = b"".join([struct.pack(">Q", len(text)), text, *blobs])
    if len(packed) > MOST_BYTES:
        raise TypeError(f"a value of {len(packed):,} bytes is more than the {MOST_BYTES:,} that may cross")
    return packed


def _tree(value, blobs, depth):
    if depth > DEEPEST:
        raise TypeError(f"a value nested more than {DEEPEST} deep cannot cross")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        blobs.append(np.ascontiguousarray(value).tobytes())
        return {"a": [value.dtype.str, list(value.shape), isinstance(value, np.generic)]}
    if isinstance(value, int):
        return {"i": str(value)} if abs(value) < 2**4096 else _refuse(value)
    if isinstance(value, float):
        return {"f": value.hex()}
    if isinstance(value, complex):
        return {"c": [value.real.hex(), value.imag.hex()]}
    if isinstance(value, tuple | list):
        return {"t" if isinstance(value, tuple) else "l": [_tree(v, blobs, depth + 1) for v in value]}
    if isinstance(value, dict):
        return {"d": [[_tree(k, blobs, depth + 1), _tree(v, blobs, depth + 1)] for k, v in value.items()]}
    return _refuse(value)


def _refuse(value):
    raise TypeError(f"a {type(value).__name__} cannot cross")


def unpack(packed):
    """The value that `pack` wrote; ValueError for anything else."""
    if len(packed) > MOST_BYTES:
        raise ValueError("too many bytes")
    try:
        (size,) = struct.unpack_from(">Q", packed)
        if size > MOST_TEXT:
            raise ValueError("too much text")
        rest = memoryview(packed)[8 + size :]
        value, used = _value(json.loads(bytes(packed[8 : 8 + size])), rest, 0, 0)
    except (
        struct.error,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        ArithmeticError,
        RecursionError,
    ) as problem:
        raise ValueError(f"not a packed value: {problem}") from None
    if used != len(rest):
        raise ValueError("not a packed value: bytes left over")
    return value


def _value(tree, raw, at, depth):
    """The value of one tree node and the place in `raw` behind its arrays."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if tree is None or isinstance(tree, bool | str):
        return tree, at
    ((kind, body),) = tree.items()
    if kind == "a":
        dtype, shape, scalar = np.dtype(body[0]), tuple(int(n) for n in body[1]), body[2]
        if dtype.kind not in "biufc" or any(n < 0 for n in shape):
            raise ValueError(f"an array of {dtype} and shape {shape}")
        count = 1
        for n in shape:
            count *= n
        if count * dtype.itemsize > len(raw) - at:
            raise ValueError("an array longer than its bytes")
        array = np.frombuffer(raw, dtype, count, at).reshape(shape).copy()
        return (array[()] if scalar else array), at + count * dtype.itemsize
    if kind == "i":
        return int(body), at
    if kind == "f":
        return float.fromhex(body), at
    if kind == "c":
        return complex(*map(float.fromhex, body)), at
    if kind in "tl":
        values = []
        for part in body:
            value, at = _value(part, raw, at, depth + 1)
            values.append(value)
        return (tuple(values) if kind == "t" else values), at
    if kind == "d":
        pairs = {}
        for key, part in body:
            key, at = _value(key, raw, at, depth + 1)
            pairs[key], at = _value(part, raw, at, depth + 1)
        return pairs, at
    raise ValueError(f"an unknown kind {kind!r}")
