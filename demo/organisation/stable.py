"""Repeatable choices. Each one is a hash of the seed and of what it is for, so that it is the same on every run and
Python version, and adding one row leaves all other rows as they were."""

import hashlib

SEED = "larkspur-1"


def digits(length, *key):
    """Hexadecimal digits, up to 64 of them, such as a commit or a part of a cloud's identifier."""
    text = "|".join([SEED, *map(str, key)])
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def number(low, high, *key):
    """A whole number from low to high, both included."""
    return low + int(digits(12, *key), 16) % (high - low + 1)


def pick(choices, *key):
    """One of the choices."""
    return choices[number(0, len(choices) - 1, *key)]
