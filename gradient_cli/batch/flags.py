"""
What the user said to `batch run`, and whether it goes together.

Each of its groups is read once, here or in `ask/`, and made into values; a plan holds those.
"""

from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import ExpectOptions, NetworkOptions, ProofOptions, ToolOptions
from gradient_cli.batch.item_options import DecideOptions, ItemOptions, RunOptions
from gradient_cli.batch.items.choice import Choice, refuse_out
from gradient_cli.batch.items.reading import Shard
from gradient_cli.batch.join import Part
from gradient_cli.errors import UsageError
from gradient_cli.values import record


@record
class Flags:
    """All that the user said."""

    prompt: str | None
    items: ItemOptions
    request: RequestOptions
    output: RunOptions
    expectations: ExpectOptions
    network: NetworkOptions
    decide: DecideOptions = DecideOptions()
    tools: ToolOptions = ToolOptions()

    def choice(self) -> Choice:
        """
        Give which items are asked about.

        Raises:
            UsageError: flags that exclude each other, or that want the same stream.

        """
        options, output = self.items, self.output
        forms = [name for name in ("lines", "csv", "tsv", "jsonl") if getattr(options, name)]
        if len(forms) > 1:
            raise UsageError(f"--{forms[0]} and --{forms[1]} exclude each other")
        if options.each_file is not None and options.items is not None:
            raise UsageError("--items and --each-file exclude each other")
        choice = Choice(options.items, options.each_file, forms[0] if forms else None)
        if output.json and output.output == "-" and not output.dry_run:
            raise UsageError("--json and results on stdout exclude each other", hint="-o OUT.jsonl")
        if self.request.body == "-":
            raise UsageError("--body - and ITEMS both want stdin", hint="give --body a file")
        if self.network.key_file == "-" and choice.takes_stdin:
            raise UsageError(
                "--key-file - and ITEMS both want stdin", hint="give one of them a file"
            )
        if "-" in (options.file or []):
            raise UsageError("-f - and ITEMS both want stdin", hint="give -f a file")
        return choice

    def check_out(self) -> None:
        """
        Refuse an OUT that is read by the run.

        Raises:
            UsageError: it would be written over, or read as something else.

        """
        options, out = self.items, self.output.output
        read: list[tuple[str | None, str]] = [(path, "ITEMS") for path in options.items or []]
        read += [(path, "a file of -f") for path in options.file or []]
        read += [(options.prompt_file, "the prompt file"), (self.request.body, "--body")]
        read += [(self.expectations.schema, "the schema")]
        read += [(self.decide.one_of_file, "--one-of-file")]
        given = [options.instructions or "", *(v.partition("=")[2] for v in options.var or [])]
        read += [(text[1:], "an @FILE") for text in given if text.startswith("@")]
        for path, what in read:
            if path is not None:
                refuse_out(path, out, what)

    def part(self) -> Part:
        """
        Give which of the rows are this run's.

        Raises:
            UsageError: no shard.

        """
        options = self.items
        shard = Shard.parse(options.shard)
        return Part(shard, options.limit, self.output.retry_failed, options.allow_no_items)

    def proof(self) -> ProofOptions:
        """Give what proves the run, as all commands have it."""
        output = self.output
        return ProofOptions(
            dry_run=output.dry_run,
            record=output.record,
            replay=output.replay,
            strict_replay=output.strict_replay,
        )
