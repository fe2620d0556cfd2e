"""Tables that others write are read right or refused with what helps; others read the results."""

import json
import subprocess

import pytest

from gradient_cli.mock.script import Behaviour
from tests.batch.bench import Batch, serving

pandas = pytest.importorskip("pandas")
duckdb = pytest.importorskip("duckdb")

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore")]
REVIEWS = ['late, and "broken"', None, "line\nbreak ü\u2028x", "=1+1", "007"]
TEXTS = [text or "" for text in REVIEWS]


@pytest.fixture
def frame():
    return pandas.DataFrame({"id": range(1, 6), "review": REVIEWS, "stars": [1.5, 2, None, 4, 5]})


@pytest.fixture
def batch(tmp_path):
    with serving(behaviours=(Behaviour(text="{{ prompt }}", times=0),)) as server:
        yield Batch(tmp_path, server)


def written(frame, folder, kind: str) -> str:
    """Write the frame as a kind of table and give its path."""
    path = str(folder / f"in.{kind.partition(' ')[0]}")
    match kind:
        case "csv pandas":
            frame.to_csv(path, index=False)
        case "csv pandas, with its index":
            frame.to_csv(path)
        case "csv Excel":
            frame.to_csv(path, index=False, sep=";", encoding="utf-8-sig", lineterminator="\r\n")
        case "csv Sheets":
            frame.to_csv(path, index=False, lineterminator="\r\n", quoting=0)
        case "csv all in quotes, as qsv fmt":
            frame.to_csv(path, index=False, quoting=1)
        case "tsv pandas":
            frame.to_csv(path, index=False, sep="\t")
        case "csv DuckDB":
            duckdb.sql("FROM frame").write_csv(path)
        case "jsonl DuckDB":
            duckdb.sql(f"COPY (SELECT id, {{'review': review}} AS vars FROM frame) TO '{path}'")
        case "json pandas, an array":
            rows = [{"id": n, "vars": {"review": text}} for n, text in enumerate(REVIEWS, 1)]
            pandas.DataFrame(rows).to_json(path, orient="records", indent=2)
        case "jsonl OpenAI":
            with open(path, "w") as file:
                for number, text in enumerate(TEXTS, 1):
                    body = {"input": f"of {text}", "model": "m"}
                    row = {"custom_id": str(number), "method": "POST", "url": "/v1/responses"}
                    file.write(json.dumps({**row, "body": body}) + "\n")
    return path


KINDS = (
    "csv pandas", "csv pandas, with its index", "csv Excel", "csv Sheets",
    "csv all in quotes, as qsv fmt", "tsv pandas", "csv DuckDB", "jsonl DuckDB",
    "json pandas, an array", "jsonl OpenAI",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_ten_tables_of_others_are_read_right(kind, frame, batch):
    """Each row is asked as it was meant, and its answer joins to it by id."""
    path = written(frame, batch.folder, kind)
    prompt = [] if "OpenAI" in kind else ["of {{ review }}"]

    status, _, notes = batch.run(*prompt, "-i", path, "-q")

    assert (status, notes) == (0, "")
    assert {str(row["id"]): row["text"] for row in batch.results()} == {
        str(number): f"of {text}" for number, text in enumerate(TEXTS, 1)
    }


@pytest.mark.parametrize("kind", ["csv pandas", "csv DuckDB", "csv Excel"])
def test_the_table_is_read_back(kind, frame, batch):
    """By pandas and by DuckDB, with the answers in their rows."""
    path = written(frame, batch.folder, kind)
    batch.run("of {{ review }}", "-i", path, "-q")
    table = batch.folder / "table.csv"
    table.write_bytes(batch.batch("table", "-i", path, "-o", str(batch.out))[1].encode())
    wanted = [f"of {text}" for text in TEXTS]

    by_pandas = pandas.read_csv(table, sep=";" if "Excel" in kind else ",")
    by_duckdb = duckdb.sql(f"SELECT text, ok FROM read_csv('{table}') ORDER BY id").fetchall()

    assert list(by_pandas["text"]) == wanted
    assert list(by_pandas["ok"]) == [True] * 5
    assert by_duckdb == [(text, True) for text in wanted]


def test_out_joins_to_items_by_id(frame, batch):
    """Without any table of ours: a join in SQL, a merge of frames."""
    path = written(frame, batch.folder, "csv pandas")
    batch.run("of {{ review }}", "-i", path, "-q")
    wanted = [f"of {text}" for text in TEXTS]

    rows = duckdb.sql(
        f"SELECT text FROM read_csv('{path}') JOIN read_json('{batch.out}') USING (id) ORDER BY id"
    ).fetchall()
    merged = frame.merge(pandas.read_json(batch.out, lines=True), on="id")

    assert [text for (text,) in rows] == wanted
    assert list(merged["text"]) == wanted


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("in.parquet", "duckdb -c"),
        ("in.csv.gz", "gunzip -c"),
        ("in16.csv", "iconv -f UTF-16"),
        ("in.jsonl", "jq -c '{id, vars: .}'"),
        ("in.json", "'.[] | {id, vars: .}'"),
        ("columns.json", "orient='records'"),
    ],
)
def test_what_is_not_read_is_refused_with_what_helps(name, hint, frame, batch):
    """Columns at the top of a row may be fields of the request: they are never guessed at."""
    path = str(batch.folder / name)
    match name:
        case "in.parquet":
            duckdb.sql("FROM frame").write_parquet(path)
        case "in.csv.gz":
            frame.to_csv(path, index=False)
        case "in16.csv":
            frame.to_csv(path, index=False, encoding="utf-16")
        case "in.jsonl":
            frame.to_json(path, orient="records", lines=True)
        case "in.json":
            frame.to_json(path, orient="records")
        case "columns.json":
            frame.to_json(path)

    status, _, notes = batch.run("of {{ review }}", "-i", path)

    assert (status, hint in notes) == (2, True)
    assert not batch.server.requests


def test_the_help_for_columns_of_json_works(frame, batch):
    """As it is said, with jq."""
    if subprocess.run(["which", "jq"], capture_output=True, check=False).returncode:
        pytest.skip("needs jq")
    path = batch.folder / "in.jsonl"
    frame.to_json(path, orient="records", lines=True)

    rows = subprocess.run(
        ["jq", "-c", "{id, vars: .}", path], capture_output=True, check=True
    ).stdout
    status, _, _ = batch.run("of {{ review }}", "-i", "-", "--jsonl", stdin=rows)

    assert status == 0
    assert {row["text"] for row in batch.results()} == {f"of {text}" for text in TEXTS}
