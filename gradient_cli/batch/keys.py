"""
Keys of a million rows in a few megabytes: which are done, and how often each came.

    KeyTable   64 bits of a SHA-256 ─► a number; 12 bytes a slot, no object a key
    Identity   request ─► a key that no other row of the run has
"""

import hashlib
from array import array

SMALLEST = 1 << 10
"""Slots of an empty table; always a power of 2."""


class KeyTable:
    """
    A map from hex keys to numbers above 0, by open addressing.

    Two keys with the same first 64 bits are one: at 1,000,000 keys the odds are 1 to 37 million.
    """

    def __init__(self) -> None:
        self._resize(SMALLEST)

    def __len__(self) -> int:
        return self._count

    def get(self, key: str) -> int:
        """Give the key's number, 0 if it has none."""
        return self._values[self._slot(_prefix(key))]

    def set(self, key: str, number: int) -> None:
        """Give a key its number, 1 to 2**32 - 1."""
        prefix = _prefix(key)
        slot = self._slot(prefix)
        if not self._values[slot]:
            self._count += 1
            self._prefixes[slot] = prefix
        self._values[slot] = number
        if self._count * 3 > self._mask * 2:
            self._grow()

    def _slot(self, prefix: int) -> int:
        """Give the slot where a key is, or where it would be put."""
        slot = prefix & self._mask
        while self._values[slot] and self._prefixes[slot] != prefix:
            slot = (slot + 1) & self._mask
        return slot

    def _resize(self, slots: int) -> None:
        self._mask = slots - 1
        self._count = 0
        self._prefixes = array("Q", bytes(8 * slots))
        self._values = array("I", bytes(4 * slots))

    def _grow(self) -> None:
        prefixes, values, count = self._prefixes, self._values, self._count
        self._resize(2 * len(prefixes))
        for prefix, value in zip(prefixes, values, strict=True):
            if value:
                slot = self._slot(prefix)
                self._prefixes[slot] = prefix
                self._values[slot] = value
        self._count = count


def _prefix(key: str) -> int:
    return int(key[:16], 16)


class Identity:
    """Gives each row of a run a key of its own, the same in every run over the same rows."""

    def __init__(self) -> None:
        self._seen = KeyTable()

    def unique(self, key: str) -> str:
        """Give the key itself, or one made of it and its count where it came before."""
        times = self._seen.get(key) + 1
        self._seen.set(key, times)
        return key if times == 1 else hashlib.sha256(f"{key}#{times}".encode()).hexdigest()
