"""
Which rows are to be asked: every item is looked at before the first request is paid for.

    items ─► can it be asked? is its id its own? ─► Ledger: has it its answer? ─► todo
"""

from collections.abc import Iterator
from dataclasses import field

from gradient_cli.batch.entries import Row, id_json
from gradient_cli.batch.items.item import BadRows, Item
from gradient_cli.batch.items.reading import Items, Shard
from gradient_cli.batch.key_table import KeyTable, fingerprint
from gradient_cli.batch.ledger import Ledger, Moves
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.errors import UsageError
from gradient_cli.values import mutable_record, record
from gradient_cli.wire.json import dumps

ELSEWHERE, ANSWERED, TODO, BEYOND = range(4)
"""What a row is: another run's, answered, to be asked; behind the limit, and without a line."""


@record
class Part:
    """The rows that a run takes."""

    shard: Shard = field(default_factory=Shard)
    limit: int | None = None
    retries_only: bool = False
    """Only rows that have failed before."""
    may_be_none: bool = False
    """No rows at all are no mistake."""


@mutable_record
class Join:
    """The items of a run, and what is known of each."""

    items: Items
    maker: RequestMaker
    expected: str
    """What is expected of an answer, as a text: a part of what a row's answer is known by."""
    part: Part
    states: bytearray = field(default_factory=bytearray)
    mine: int = 0
    """Rows of this run."""
    answered: int = 0
    _ids: "Ids" = field(default_factory=lambda: Ids())
    _is_prompt_used: bool = False

    def look(self, ledger: Ledger) -> Moves:
        """
        Look at every item, and leave in OUT what is true.

        Raises:
            UsageError: items are not usable; nothing is changed then.

        """
        bad = BadRows()
        for item, is_mine in self._parted(bad, is_watched=ledger.has_lines):
            state = self._state(item, ledger, bad, is_mine=is_mine)
            self.states.append(state)
            self.mine += is_mine
            self.answered += state == ANSWERED
        bad.check()
        self._check_asked()
        is_open = TODO in self.states or BEYOND in self.states
        if not self.part.retries_only and is_open and ledger.find_free():
            self._take(ledger)
        self._ids.close()
        return ledger.settle()

    def check(self) -> None:
        """
        Look at every item of this run, where nothing is known of earlier ones.

        Raises:
            UsageError: items are not usable.

        """
        bad = BadRows()
        for item, is_mine in self._parted(bad, is_watched=False):
            self.states.append(TODO if is_mine else ELSEWHERE)
            self.mine += is_mine
            if is_mine:
                self._check(item, bad)
        bad.check()
        self._check_asked()

    def _parted(self, bad: BadRows, *, is_watched: bool) -> Iterator[tuple[Item, bool]]:
        """
        Give each item, and whether it is this run's.

        Behind the limit only those are of interest whose answers may stand in OUT, and nothing
        is wrong with them that is this run's business.
        """
        taken = 0

        def note(error: UsageError) -> None:
            if not is_beyond():
                bad.add(error)

        def is_beyond() -> bool:
            return self.part.limit is not None and taken >= self.part.limit

        is_shared = self.items.may_share_ids
        for position, item in enumerate(self.items.read(note)):
            if is_beyond() and not is_watched:
                return
            is_mine = not is_beyond() and self.part.shard.has(position)
            if is_shared and not is_beyond():
                self._check_id(item, position, bad)
            taken += is_mine
            yield item, is_mine

    def _check_id(self, item: Item, position: int, bad: BadRows) -> None:
        if before := self._ids.before(item.id, position):
            bad.add(
                UsageError(
                    f"{item.where}: the id {dumps(item.id)} is that of item {before:,}, too",
                    hint="an id names one row; rows without one are numbered",
                )
            )

    def _check(self, item: Item, bad: BadRows) -> bool:
        self._is_prompt_used = self._is_prompt_used or self.maker.uses_prompt(item)
        try:
            self.maker.check(item)
        except UsageError as error:
            bad.add(error)
            return False
        return True

    def _state(self, item: Item, ledger: Ledger, bad: BadRows, *, is_mine: bool) -> int:
        if is_mine and not self._check(item, bad):
            return ELSEWHERE
        if not ledger.has_lines:
            return TODO if is_mine and not self.part.retries_only else ELSEWHERE
        try:
            row = self.row(item)
        except UsageError as error:
            if is_mine:
                bad.add(error)
            return ELSEWHERE  # Or another run will say what is wrong with it.
        if self.part.retries_only:
            return self._state_of_retry(row, ledger, is_mine=is_mine)
        is_answered = ledger.claim(row, is_asked=is_mine)
        if is_mine:
            return ANSWERED if is_answered else TODO
        return ELSEWHERE if is_answered or self.part.shard.count > 1 else BEYOND

    def _state_of_retry(self, row: Row, ledger: Ledger, *, is_mine: bool) -> int:
        if ledger.claim(row, is_asked=is_mine):
            return ANSWERED if is_mine else ELSEWHERE
        if is_mine and ledger.has_failed(row):
            return TODO
        return ELSEWHERE

    def _check_asked(self) -> None:
        """
        Refuse a run that asks nothing, or not what it was given.

        Raises:
            UsageError: there are no items, or no row has a place for PROMPT.

        """
        if not self.states and not self.part.may_be_none:
            raise UsageError(
                f"there are no items in {', '.join(self.items.names())}",
                hint="--allow-no-items if that is as it should be",
            )
        if self.mine and self.maker.prompt is not None and not self._is_prompt_used:
            raise UsageError(
                'PROMPT is not used: each row brings its own "prompt" or "input"',
                hint="leave PROMPT out, or put the rows' text into `vars`: "
                "jq -c '{id, vars: {text: .prompt}}'",
            )

    def _take(self, ledger: Ledger) -> None:
        """Give rows the answers that others of the same content had."""
        for position, item in enumerate(self.items.read(_ignore)):
            if position >= len(self.states):
                return
            state = self.states[position]
            if state in {TODO, BEYOND} and ledger.take(self.row(item)):
                self.states[position] = ANSWERED if state == TODO else ELSEWHERE
                self.answered += state == TODO

    def row(self, item: Item) -> Row:
        """
        Give what the result of an item is known by.

        Raises:
            UsageError: its request cannot be made.

        """
        key = self.maker.key(item)
        if self.expected:
            key = _with_expected(key, self.expected)
        return Row(item.id, key, item.data)

    @property
    def todo_count(self) -> int:
        """Give the number of rows that are to be asked."""
        return self.states.count(TODO)

    def todo(self) -> Iterator[Item]:
        """Give the items that are to be asked."""
        last = self.states.rfind(TODO)
        if last < 0:
            return
        # What is wrong with a row was told; behind a limit, or in another shard, it is not ours.
        for position, item in enumerate(self.items.read(_ignore)):
            if self.states[position] == TODO:
                yield item
            if position == last:
                return


class Ids:
    """The ids of all rows; of a table that counts its rows only how far it has come."""

    def __init__(self) -> None:
        self._others = KeyTable()
        self._begun: tuple[type, int, int] | None = None
        """Text or number, the first one, and where it stood."""
        self._next = 0

    def before(self, identity: str | int, position: int) -> int:
        """Take in the id of a row; give the place, from 1, of another that has it, or 0."""
        number = _counted(identity)
        if number is not None:
            if self._begun is None:
                self._begun, self._next = (type(identity), number, position), number
            kind, first, begun = self._begun
            if type(identity) is kind:
                if number == self._next:
                    self._next += 1
                    return self._others.get(fingerprint(id_json(identity))) if self._others else 0
                if first <= number < self._next:
                    return begun + 1 + number - first
        name = fingerprint(id_json(identity))
        before = self._others.get(name)
        if not before:
            self._others.set(name, position + 1)
        return before

    def close(self) -> None:
        """Let go."""
        self._others.close()


def _counted(identity: str | int) -> int | None:
    """Give the number that an id is, as a counter would write it."""
    if isinstance(identity, int):
        return identity
    if not identity.isdecimal() or not identity.isascii() or len(identity) > 18:
        return None
    return int(identity) if identity[0] != "0" or identity == "0" else None


def _ignore(error: UsageError) -> None:
    """Pass over a bad row: it was told of, or is another run's."""


def _with_expected(key: str, expected: str) -> str:
    """Give a key that is another one where something else is expected."""
    import hashlib

    return hashlib.sha256(f"{expected}\n{key}".encode()).hexdigest()
