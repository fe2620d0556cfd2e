"""
Random histories of ITEMS and OUT: rows come, go and change, runs are killed, and nothing is lost.

    History(seed, folder).play()    raises AssertionError with the story so far

Everything but the network is real: forms, join, ledger, files. A kill is a death at the n-th
call of the system that changes a file; whatever would clean up after it dies, too.
"""

import json
import os
import random
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

from gradient_cli.batch.entries import Row
from gradient_cli.batch.items.form import choose_form
from gradient_cli.batch.items.reading import Items, Shard
from gradient_cli.batch.items.source import Source
from gradient_cli.batch.join import Join, Part
from gradient_cli.batch.ledger import ASKED_AGAIN, Ledger
from gradient_cli.batch.provenance import provenance
from gradient_cli.batch.request_maker import RequestMaker
from gradient_cli.batch.results import FileResults
from gradient_cli.batch.spending import Spent, spent_in
from gradient_cli.wire.json import line
from gradient_cli.wire.request import Request

RUNS = 7
PROMPTS = ("a: {{ x }}", "b: {{ x }}")
TEXTS = "pqrs"
"""Few, so that rows of one content are common."""


class Killed(BaseException):
    """The process is dead."""


@contextmanager
def dying(after: int | None):
    """Die at the n-th call that changes a file; None for never. Dead, nothing works any more."""
    left, opened = [after], []
    open_file = os.open

    def opening(*args, **named):
        opened.append(open_file(*args, **named))
        return opened[-1]

    real = {"write": os.write, "fsync": os.fsync, "replace": Path.replace, "unlink": Path.unlink}

    def guarded(function):
        def call(*args, **named):
            if left[0] is not None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed
            return function(*args, **named)

        return call

    os.open = opening
    os.write, os.fsync = guarded(os.write), guarded(os.fsync)
    Path.replace, Path.unlink = guarded(Path.replace), guarded(Path.unlink)
    try:
        yield
    except Killed:
        # What the system does for the dead: their locks go.
        for fd in opened:
            with suppress(OSError):
                os.close(fd)
        raise
    finally:
        os.open = open_file
        os.write, os.fsync = real["write"], real["fsync"]
        Path.replace, Path.unlink = real["replace"], real["unlink"]


class History:
    """One ITEMS, one OUT for each shard, and what was paid for."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.folder = folder
        self.has_ids = self.chance.random() < 0.7
        self.shards = self.chance.choice((1, 1, 1, 2))
        self.rows: list[dict] = []
        self.prompt = PROMPTS[0]
        self.story: list[str] = []
        self.paid: dict[int, list[str]] = {shard: [] for shard in range(1, self.shards + 1)}
        """Texts of all answers that reached the disk, by shard."""
        self.tokens: Counter[int] = Counter()
        self.asked = 0
        for _ in range(self.chance.randrange(1, 7)):
            self.insert()

    # What happens to ITEMS -----------------------------------------------------------------

    def insert(self) -> None:
        row = {"id": f"r{self.chance.randrange(10_000)}", "x": self.chance.choice(TEXTS)}
        if self.chance.random() < 0.3:
            row["data"] = {"n": self.chance.randrange(3), "text": "ä\u2028"}
        self.rows.insert(self.chance.randrange(len(self.rows) + 1), row)

    def change(self) -> None:
        """Do one thing to the rows."""
        chance = self.chance
        deed = chance.choice(
            ("insert", "remove", "swap", "swap ids", "edit", "rename", "double", "data", "prompt")
        )
        self.story.append(deed)
        if deed == "insert" or not self.rows:
            self.insert()
            return
        one, other = chance.choice(self.rows), chance.choice(self.rows)
        if deed == "remove":
            self.rows.remove(one)
        elif deed == "swap":
            chance.shuffle(self.rows)
        elif deed == "swap ids":
            one["id"], other["id"] = other["id"], one["id"]
        elif deed == "edit":
            one["x"] = chance.choice(TEXTS)
        elif deed == "rename":
            one["id"] = f"n{chance.randrange(10_000)}"
        elif deed == "double":
            self.rows.append({**one, "id": f"d{chance.randrange(10_000)}"})
        elif deed == "data":
            one["data"] = {"n": chance.randrange(3)}
        else:
            self.prompt = PROMPTS[PROMPTS.index(self.prompt) - 1]

    def items(self) -> Items:
        """Write ITEMS as they are now."""
        self.rows = list({row["id"]: row for row in self.rows}.values())
        if self.has_ids:
            path = self.folder / "items.jsonl"
            said = (
                {"id": row["id"], "vars": {"x": row["x"]}, "data": row.get("data")}
                for row in self.rows
            )
            path.write_text("".join(json.dumps(row) + "\n" for row in said))
        else:
            path = self.folder / "items.txt"
            blank = "" if self.chance.random() < 0.5 else "\n"
            path.write_text(blank + "".join(f"{row['x']}\n" for row in self.rows))
        return Items([Source(str(path), choose_form(path.name, b""), str(path), None)])

    # A run ---------------------------------------------------------------------------------

    def play(self) -> None:
        """Live through all of it."""
        for _ in range(RUNS):
            for _ in range(self.chance.randrange(3)):
                self.change()
            for shard in range(1, self.shards + 1):
                self.run(shard)

    def run(self, shard: int) -> None:
        """Run once, maybe to the end, and look at what is left."""
        chance = self.chance
        dies_at = chance.randrange(14) if chance.random() < 0.4 else None
        share = chance.choice((0.0, 0.0, 0.3, 1.0))
        stops_at = chance.randrange(5) if chance.random() < 0.2 else None
        limit = chance.randrange(1, 5) if chance.random() < 0.15 else None
        self.story.append(
            f"run {shard}/{self.shards} dies {dies_at} fails {share} stops {stops_at} limit {limit}"
        )
        out = self.folder / f"out.{shard}.jsonl"
        before = _lines(out) + _lines(_stale(out))
        items = self.items()
        maker = self.maker()
        known = provenance(maker, "", "http://x")
        join = Join(items, maker, "", Part(Shard(shard, self.shards), limit, may_be_none=True))
        asked: list[tuple[Row, bool]] = []
        is_settled = False
        try:
            with dying(dies_at):
                results = FileResults(str(out))
                ledger = Ledger(results, run=known.run)
                join.look(ledger)
                is_settled = True
                self._ask(ledger, results, join, maker, known.run, shard, share, stops_at, asked)
                ledger.finish()
                is_done = True
        except Killed:
            is_done = False
        else:
            results.close()
        self.check(out, shard, before, asked, join, is_settled=is_settled, is_done=is_done,
                   is_whole=stops_at is None)  # fmt: skip

    def maker(self) -> RequestMaker:
        prompt = self.prompt if self.has_ids else self.prompt.replace("{{ x }}", "{{ item }}")
        return RequestMaker(Request(model="m"), prompt)

    def _ask(self, ledger, results, join, maker, run, shard, share, stops_at, asked) -> None:
        for count, item in enumerate(join.todo()):
            if count == stops_at:
                return
            row = join.row(item)
            is_ok = self.chance.random() >= share
            has_answer = is_ok or self.chance.random() < 0.5
            self.asked += 1
            text = f"{maker.request(item).input}#{self.asked}" if has_answer else ""
            tokens = Spent(3, 4, 7) if has_answer else Spent()
            said = {
                "id": row.id, "key": row.key, "ok": is_ok, "at": ledger.times.now(), "run": run,
                **({} if row.data is None else {"data": row.data}),
                "exit_code": 0 if is_ok else 1, "text": text,
                "spent": (ledger.spent_before(row) + tokens).as_document(),
            }  # fmt: skip
            results.write(line(said).encode() + b"\n")
            asked.append((row, is_ok))
            if has_answer:
                self.paid[shard].append(text)
                self.tokens[shard] += 7

    # What must be true ---------------------------------------------------------------------

    def check(self, out, shard, before, asked, join, *, is_settled, is_done, is_whole) -> None:
        told = f"seed {self.seed}: {'; '.join(self.story)}"
        in_out, aside = _lines(out), _lines(_stale(out))
        present = {row.id: row for item in join.items.read() for row in [join.row(item)]}
        inputs = {item.id: join.maker.request(item).input for item in join.items.read()}
        ids = [row["id"] for row in in_out]
        assert len(ids) == len(set(ids)), f"a row has two lines: {told}"
        texts = Counter(row["text"] for row in in_out + aside)
        for text in self.paid[shard]:
            assert texts[text] >= 1, f"lost {text}: {told}"
        if is_settled:
            for row in in_out:
                true = present.get(row["id"])
                assert true is not None, f"{row['id']} is gone: {told}"
                assert (row["key"], row.get("data")) == (true.key, true.data), told
                if row["text"]:
                    assert row["text"].rpartition("#")[0] == inputs[row["id"]], told
        known = {row["text"] for row in before if row["ok"]}
        left = {row["key"] for row in aside if row["ok"] and row["text"] in known}
        twice = [row.id for row, _ in asked if row.key in left]
        assert not twice, f"asked although it was known: {twice}: {told}"
        if not is_done:
            return
        assert all(count == 1 for text, count in texts.items() if text), f"two copies: {told}"
        spent = sum(
            spent_in(row).total_tokens
            for row in in_out + aside
            if row.get("stale", {}).get("why") != ASKED_AGAIN
        )
        assert spent == self.tokens[shard], f"{spent} of {self.tokens[shard]} tokens: {told}"
        names = {path.name for path in self.folder.iterdir()}
        assert not [name for name in names if name.endswith(".tmp")] or self._has_died(), told
        if is_whole and join.part.limit is None:
            mine = [row.id for at, row in enumerate(present.values()) if join.part.shard.has(at)]
            assert set(mine) <= set(ids), f"rows without a line: {told}"
            failed = {row.id for row, is_ok in asked if not is_ok}
            assert all(row["ok"] or row["id"] in failed for row in in_out if row["id"] in mine), (
                told
            )

    def _has_died(self) -> bool:
        return any("dies None" not in line for line in self.story if line.startswith("run"))


def _stale(out: Path) -> Path:
    return out.with_name(f"{out.stem}.stale.jsonl")


def _lines(path: Path) -> list[dict]:
    """Give the whole lines of a file; a torn last one is nothing."""
    if not path.exists():
        return []
    return [json.loads(raw) for raw in path.read_bytes().split(b"\n")[:-1] if raw.strip()]
