"""
What is known of earlier runs: which rows have their answer, and where the others' answers go.

    OUT ─┐          claim(row)  is its answer there?           ┌─► OUT: one true line a row
         ├─► scan ─ take(row)   one of the same content, then ─┤
    stale┘          settle()    everything in its place        └─► out.stale.jsonl: the others

A line answers a row if id, key and data are the row's own. An answer whose row is gone or has
changed may still answer another row of the same content: it is given that row's id. What
answers nobody is set aside in `out.stale.jsonl`, from where it comes back when it is wanted.
A failure that is asked again waits there, too, so that OUT never has two lines of a row.

Moving is safe at every instant: first the copy is made, then the original goes. Whoever was
killed in between leaves an answer in both files, known by its key and its instant.
"""

import os
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from gradient_cli.batch.aside import Aside, Times, instant
from gradient_cli.batch.entries import Entry, Row, entries, id_json
from gradient_cli.batch.free_answers import FreeAnswers
from gradient_cli.batch.key_table import KeyTable, fingerprint
from gradient_cli.batch.results import FileResults, Results
from gradient_cli.batch.spending import Spending, Spent, spent_in
from gradient_cli.batch.turns import OrderedTable
from gradient_cli.values import mutable_record

FREE, KEPT, TAKEN, AGAIN, COPY, OUTDATED = range(6)
"""What becomes of a line: nothing yet; stays or comes back; moved to another row; asked again
meanwhile; stands in OUT already; a failure whose row has a later line."""
WAITING = "to be asked again"
ASKED_AGAIN = "asked again"
"""What was paid for such a failure stands in its successor's sum."""
OTHER_SETTINGS = "asked with another prompt or other settings"
OTHER_ROW = "the row has changed or is gone"
DOUBLED = "another answer of the same row counts"


@mutable_record
class Moves:
    """What `settle` has done."""

    aside: Counter[str]
    """Why lines were set aside -> how many; failures that are asked again are not counted."""
    renamed: int = 0
    """Answers that were given to another row of the same content."""
    restored: int = 0
    """Answers that came back."""

    def words(self, stale: str) -> list[str]:
        """Give a line for each kind of move."""
        found = []
        if self.aside:
            reasons = "; ".join(f"{count:,}: {why}" for why, count in self.aside.most_common())
            count = self.aside.total()
            answers = "1 earlier answer" if count == 1 else f"{count:,} earlier answers"
            found.append(f"moved {answers} to {stale} ({reasons})")
        if self.renamed:
            found.append(f"{self.renamed:,} answers were known under another id")
        if self.restored:
            found.append(f"{self.restored:,} answers came back from {stale}")
        return found


class Ledger:
    """Knows one OUT; not for two threads at once."""

    def __init__(self, results: Results, *, run: str = "", by_id: bool = False) -> None:
        """
        Read OUT and what was set aside.

        `run` are the settings of this run; `by_id` prepares for `has_failed`.

        Raises:
            UsageError: a line is no result.

        """
        self._file = results if isinstance(results, FileResults) else None
        self._run = run.encode()
        self.path = self._file.path if self._file else "-"
        self.aside = Aside(self._file.target) if self._file else None
        self.paid = Spending()
        """What was paid for rows that have failed, by their stamp or their id."""
        self._lines = OrderedTable()
        """Stamp -> number of the line that counts, from 1, doubled, plus 1 if it is ok."""
        self._by_id = KeyTable() if by_id else None
        """Id -> number of its line, times four, plus 2 if this run's settings, plus 1 if ok."""
        self._fates = bytearray()
        self._has_waiting = False
        """A run that was killed has left failures that were to be asked again."""
        self._in_out = 0
        """Lines of OUT; the others follow in the numbering."""
        self._free = FreeAnswers()
        self._waiting = KeyTable()
        """Stamps of failures that are asked again."""
        self.times = Times()
        if self._file:
            self._scan()

    @property
    def shown_aside(self) -> str:
        """Give the name of the file for the others, as the user would write it."""
        if self.aside and os.path.islink(self.path):  # noqa: PTH114
            return str(self.aside.path)
        return os.path.join(os.path.dirname(self.path), self.aside.path.name if self.aside else "")  # noqa: PTH118, PTH120  # as the user wrote it

    @property
    def is_file(self) -> bool:
        """Tell whether OUT is a file, and no stream."""
        return self._file is not None

    @property
    def has_lines(self) -> bool:
        """Tell whether there is anything to know."""
        return bool(self._fates)

    def close(self) -> None:
        """Let go of what was learnt."""
        for table in (self._lines, self._by_id, self._waiting, self.paid, self._free):
            if table is not None:
                table.close()

    def _out(self) -> Iterator[tuple[int, Entry]]:
        assert self._file
        return enumerate(entries(self._file.target, self.path))

    def _aside(self) -> Iterator[tuple[int, Entry]]:
        assert self.aside
        return enumerate(self.aside.entries(), self._in_out)

    def _scan(self) -> None:
        known = KeyTable() if self.aside and self.aside.exists() else None
        for number, entry in self._out():
            self._in_out = number + 1
            self._fates.append(FREE)
            if known is not None and (answer := entry.answer):
                known.set(answer, 1)
            self._learn(number, entry)
        for number, entry in self._aside():
            # A copy: whoever moved it was killed before the original went.
            is_copy = known is not None and bool(entry.answer and known.get(entry.answer))
            self._fates.append(COPY if is_copy else FREE)
            if not is_copy:
                if known is not None and entry.answer:
                    known.set(entry.answer, 1)
                self._learn(number, entry)
        if known is not None:
            self._find_outdated()

    def _find_outdated(self) -> None:
        """Find failures that were asked again by a run that was killed before it said so."""
        self._has_waiting = any(entry.why == WAITING for _, entry in self._aside())
        if not self._has_waiting:
            return
        latest = KeyTable()
        for _, entry in chain(self._out(), self._aside()):
            at = instant(entry.at.decode())
            if at > latest.get(entry.stamp):
                latest.set(entry.stamp, at)
        for number, entry in self._aside():
            # A line from before the mark came from another row, and knows nothing of it.
            if entry.why == WAITING and latest.get(entry.stamp) > instant(entry.marked_at):
                self._fates[number] = OUTDATED

    def _learn(self, number: int, entry: Entry) -> None:
        if entry.mark and entry.why == ASKED_AGAIN:
            return  # Its successor has all that it cost.
        before = self._lines.get(entry.stamp)
        if not entry.is_ok:
            spent = spent_in(entry.said())
            self.paid.learn(entry.stamp, spent)
            if self._by_id is not None and not entry.mark:
                self.paid.learn(fingerprint(entry.id), spent)
        if self._by_id is not None and not entry.mark:
            same = entry.run == self._run
            self._by_id.set(fingerprint(entry.id), 4 * (number + 1) + 2 * same + entry.is_ok)
        # An answer before any failure; of two answers the first; of two failures the last, but
        # one that waits aside is older.
        if not before or (not before & 1 and (entry.is_ok or not entry.mark)):
            self._lines.learn(entry.stamp, 2 * (number + 1) + entry.is_ok, is_new=not before)

    # Who is answered ----------------------------------------------------------------------

    def claim(self, row: Row, *, is_asked: bool = True) -> bool:
        """
        Tell whether a row has its answer; its line stays.

        A failure stays, too, but where the row `is_asked` again it makes room.
        """
        if not self._fates:
            return False
        found = self._lines.find(row.stamp())
        if not found:
            return False
        number = (found >> 1) - 1
        if found & 1:
            self._fates[number] = KEPT
        elif is_asked:
            self._fates[number] = AGAIN
        elif number < self._in_out:
            self._fates[number] = KEPT
        return bool(found & 1)

    def has_failed(self, row: Row) -> bool:
        """
        Tell whether a row without an answer was tried in vain, be it with other settings.

        An answer that its id got with other settings stays: only failures are asked again.
        """
        if self._lines.get(row.stamp()):
            return True
        assert self._by_id is not None
        found = self._by_id.get(fingerprint(id_json(row.id)))
        number = (found >> 2) - 1
        if not found or self._fates[number] != FREE:
            return False
        if found & 1:
            # With the same settings it was the row that changed.
            self._fates[number] = FREE if found & 2 else KEPT
            return False
        self._fates[number] = AGAIN
        return True

    def spent_before(self, row: Row) -> Spent:
        """Give what was paid for a row that has failed so far."""
        found = self.paid.of(row.stamp())
        if found or self._by_id is None:
            return found
        return self.paid.of(fingerprint(id_json(row.id)))

    # Answers of the same content ----------------------------------------------------------

    def find_free(self) -> bool:
        """Look for answers that no row has claimed; tell whether there are any."""
        if FREE not in self._fates:
            return False
        # Those of OUT last: they are the first to be taken.
        for number, entry in self._aside():
            if entry.is_ok and self._fates[number] == FREE:
                self._free.offer(number, entry)
        for number, entry in self._out():
            if entry.is_ok and self._fates[number] == FREE:
                self._free.offer(number, entry)
        return len(self._free) > 0

    def take(self, row: Row) -> bool:
        """Give a row the answer that one of the same content had; False if there is none."""
        found = self._free.pop(row.key.encode())
        if found is None:
            return False
        assert self._file
        assert self.aside
        number, offset = found
        path = self._file.target if number < self._in_out else self.aside.path
        self._free.move(path, offset, row)
        self._fates[number] = TAKEN
        if failed := self._lines.get(row.stamp()):
            self._fates[(failed >> 1) - 1] = FREE  # There is no need to ask again.
        return True

    # Everything in its place --------------------------------------------------------------

    def settle(self, *, is_whole: bool = True) -> Moves:
        """
        Leave the lines of claimed rows in OUT, and set the others aside.

        With `is_whole` every row has been claimed; without, only failures make room.

        Raises:
            UsageError: a file cannot be written.

        """
        moves = Moves(Counter(), renamed=self._free.moved)
        if self._file is None or self.aside is None or not self._fates:
            return moves
        if self._fates.count(KEPT) == len(self._fates) == self._in_out:
            return moves  # All is as it should be.
        if OUTDATED in self._fates:
            self._mark_outdated()
        is_changed = self._copy_aside(moves, is_whole=is_whole)
        moves.restored = sum(fate == KEPT for fate in self._fates[self._in_out :])
        if is_changed or moves.renamed or moves.restored:
            self._file.replace(lambda file: self._fill(file, is_whole=is_whole))
        if self._has_waiting or any(fate in _CHANGED for fate in self._fates[self._in_out :]):
            self.aside.rewrite(self._left_aside)
        self._free.close()
        return moves

    def _mark_outdated(self) -> None:
        """Say so before the line that shows it moves; whoever is killed then has said it."""

        def marked(place: int, entry: Entry) -> bytes:
            is_outdated = self._fate(place + self._in_out) == OUTDATED
            return entry.aside(ASKED_AGAIN, self.times.now()) if is_outdated else entry.whole()

        assert self.aside
        self.aside.rewrite(marked)

    def _left_aside(self, place: int, entry: Entry) -> bytes | None:
        """Give a line that stays aside."""
        fate = self._fate(place + self._in_out)
        if fate == AGAIN:
            # Its mark says since when it waits.
            is_marked = entry.why == WAITING
            return entry.whole() if is_marked else entry.aside(WAITING, self.times.now())
        if fate in {KEPT, TAKEN, COPY}:
            return None
        is_new = place + self._in_out >= len(self._fates)
        if entry.why == WAITING and not is_new:
            return entry.aside(OTHER_ROW, self.times.now())
        return entry.whole()

    def _fate(self, number: int) -> int:
        """Give what becomes of a line; those that `settle` itself sets aside are new."""
        return self._fates[number] if number < len(self._fates) else FREE

    def _copy_aside(self, moves: Moves, *, is_whole: bool) -> bool:
        """Copy what leaves OUT for the other file; tell whether anything leaves."""
        is_changed = False
        now = self.times.now()
        assert self.aside
        for number, entry in self._out():
            fate = self._fates[number]
            if fate == AGAIN:
                self.aside.add(entry.aside(WAITING, now))
            elif fate == FREE and is_whole and (entry.is_ok or holds_answer(entry)):
                why = self._why(number, entry)
                moves.aside[why] += 1
                self.aside.add(entry.aside(why, now))
            is_changed = is_changed or not (fate == KEPT or (fate == FREE and not is_whole))
        self.aside.flush()
        if AGAIN in self._fates:
            for number, entry in chain(self._out(), self._aside()):
                if self._fate(number) == AGAIN:
                    self._waiting.set(entry.stamp, 1)
        return is_changed

    def _why(self, number: int, entry: Entry) -> str:
        counts = (self._lines.get(entry.stamp) >> 1) - 1
        if counts != number and self._fates[counts] in {KEPT, AGAIN}:
            return DOUBLED
        return OTHER_SETTINGS if entry.run and entry.run != self._run else OTHER_ROW

    def _fill(self, file: BinaryIO, *, is_whole: bool) -> None:
        stays = {KEPT} if is_whole else {KEPT, FREE}
        for number, entry in self._out():
            if self._fates[number] in stays:
                file.write(entry.raw + b"\n")
        for number, entry in self._aside():
            if self._fate(number) == KEPT:
                file.write(entry.raw + b"\n")
        self._free.copy_to(file)

    def finish(self) -> None:
        """
        Put failures back whose rows were not asked again after all, at the end of the run.

        Raises:
            UsageError: a file cannot be written.

        """
        if self._file is None or self.aside is None or not self._waiting:
            return
        present, last = KeyTable(), KeyTable()
        for _, entry in self._out():
            present.set(fingerprint(entry.id), 1)
        for number, entry in self._aside():
            if self._waiting.get(entry.stamp) and not entry.is_ok:
                last.set(entry.stamp, number + 1)

        def is_back(number: int, entry: Entry) -> bool:
            is_last = last.get(entry.stamp) == number + 1
            return is_last and not present.get(fingerprint(entry.id))

        def left(place: int, entry: Entry) -> bytes | None:
            if entry.is_ok or not last.get(entry.stamp):
                return entry.whole()
            if is_back(place + self._in_out, entry) or not holds_answer(entry):
                return None
            return entry.whole() if entry.why == ASKED_AGAIN else entry.aside(ASKED_AGAIN, now)

        now = self.times.now()
        for number, entry in self._aside():
            if is_back(number, entry):
                self._file.write(entry.raw + b"\n")
        self.aside.rewrite(left)


_CHANGED = frozenset({KEPT, TAKEN, COPY, AGAIN})
"""The fates of lines that are not aside any more, or say something else there."""


def holds_answer(entry: Entry) -> bool:
    """Tell whether a line holds anything that was paid for."""
    said = entry.said()
    return bool(said.get("text") or said.get("tool_calls") or spent_in(said))
