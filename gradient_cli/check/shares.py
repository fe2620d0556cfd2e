"""How many must pass: all, a count, or a share."""

import re

from gradient_cli.values import record


@record
class Required:
    """How many of those that are asked must pass: all, a count, or a share."""

    count: int | None = None
    share: int | None = None
    """In thousandths of a percent: 90% is 90,000."""

    def of(self, many: int) -> int:
        """Give the number of so many; a share is rounded up."""
        if self.share is not None:
            return max(1, -(-many * self.share // WHOLE))
        return many if self.count is None else self.count


WHOLE = 100_000
_SHARE = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?\s?%")


def share_of(text: str) -> int | None:
    """Give a share such as "90%" or "99.5%" in thousandths of a percent, or None."""
    found = _SHARE.fullmatch(text)
    if not found:
        return None
    share = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    return share if 0 < share <= WHOLE else None
