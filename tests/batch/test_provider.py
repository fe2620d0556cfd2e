"""The provider's batch engine: every step may fail, nothing is paid for twice."""

import hashlib
import json
import re
from collections.abc import Iterator

import pytest

from gradient_cli.ask.client import Client
from gradient_cli.batch import provider
from gradient_cli.batch.entries import Row
from gradient_cli.batch.jobs import (
    JobFile,
    job_path,
    load_job,
    read_job,
    read_jobs,
    read_result_urls,
)
from gradient_cli.batch.provider import Engine, Result, read_result, write_upload
from gradient_cli.batch.replies import outcome_of
from gradient_cli.errors import (
    BrokenReply,
    GradientError,
    RequestRejected,
    ServiceError,
    UsageError,
)
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.http import HttpTransport, Network
from gradient_cli.transport.limiter import Limiter
from gradient_cli.transport.retry import Schedule
from gradient_cli.transport.storage import Storage
from gradient_cli.wire.request import Request
from tests.batch.fake_engine import KEY, LOST, FakeEngine, answer, expired
from tests.fakes import FakePatience

SETTING = Setting("http://engine")


BOTH = pytest.mark.parametrize("fake", ["oas", "godo"], indirect=True)
"""The two shapes of the engine's objects."""


@pytest.fixture
def fake(request) -> Iterator[FakeEngine]:
    with FakeEngine(getattr(request, "param", "oas")) as server:
        yield server


@pytest.fixture
def patience() -> FakePatience:
    return FakePatience()


@pytest.fixture
def engine(fake: FakeEngine, patience: FakePatience) -> Iterator[Engine]:
    network = Network(base_url=fake.url, secret=KEY)
    client = Client(
        HttpTransport(network, {}),
        setting=Setting(fake.url),
        schedule=Schedule(random=lambda: 0.5),
        limiter=Limiter(),
        patience=patience,
    )
    yield Engine(client, Storage({}), patience.sleep, patience.tell)
    client.close()


def upload_of(tmp_path, *prompts: str):
    rows = (
        (Row(f"id-{n}", f"{n:064x}"), Request(model="m", input=p)) for n, p in enumerate(prompts)
    )
    return write_upload(rows, tmp_path / "upload.jsonl")


def submit(engine: Engine, upload, memory: list | None = None):
    notes = memory if memory is not None else []
    return engine.submit(upload, "out.jsonl", lambda *known: notes.append(known), lambda: None)


def run(engine: Engine, upload) -> dict[int, str]:
    """Go the whole way; gives position -> text."""
    job = engine.wait(submit(engine, upload).id, lambda job: None)
    return {r.position: outcome_of(r, SETTING).response.text for r in engine.results(job.id)}


@BOTH
def test_rows_come_back_by_their_ids_in_any_order(engine, fake, tmp_path):
    """Upload, job, polling, results: the whole way, in both shapes of the engine's objects."""
    upload = upload_of(tmp_path, "say one\u2028", "say two", "say three")

    answers = run(engine, upload)

    assert answers == {0: "one\u2028", 1: "two", 2: "three"}
    lines = [json.loads(line) for line in fake.files["file-1"].splitlines()]
    assert lines[1] == {
        "custom_id": "row-2",
        "method": "POST",
        "url": "/v1/responses",
        "body": {"model": "m", "input": "say two"},
    }


def test_the_storage_never_sees_the_key(engine, fake, tmp_path):
    """Its host is another company's."""
    run(engine, upload_of(tmp_path, "hi"))

    assert set(fake.keys_seen_by_storage) == {""}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("step", "fate"),
    [
        ("file", 503),
        ("file", LOST),
        ("put", 503),
        ("put", 403),
        ("put", LOST),
        ("create", 500),
        ("create", LOST),
        ("create", 409),
        ("job", 502),
        ("job", LOST),
        ("results", 500),
        ("results", LOST),
    ],
)
def test_each_step_may_fail_once(engine, fake, tmp_path, step, fate):
    """A failure that passes is not seen in the results, and makes no second job."""
    fake.fails[step] = [fate]

    answers = run(engine, upload_of(tmp_path, "say one", "say two"))

    assert sorted(answers) == [0, 1]
    assert len(fake.jobs) == 1
    assert fake.steps.count(step) >= 2


@pytest.mark.sampled
@BOTH
def test_a_job_whose_reply_is_lost_for_good_is_found_in_the_list(engine, fake, tmp_path):
    """All tries to create it were in vain, and yet it is there: on the second page."""
    submit(engine, upload_of(tmp_path, "another job"))
    fake.fails["create"] = [LOST, 500, 500, 500]

    job = submit(engine, upload_of(tmp_path, "this job"))

    assert job.id == "batch_2"
    assert fake.steps.count("list") >= 1


def test_the_same_content_is_not_paid_for_twice(engine, fake, tmp_path):
    """A second submit, by somebody who remembers nothing, gets the first one's job."""

    jobs = {submit(engine, upload_of(tmp_path, "hi")).id for _ in range(3)}

    assert jobs == {"batch_1"}
    assert len(fake.jobs) == 1


def test_what_failed_may_be_submitted_again(engine, fake, tmp_path):
    """A job that failed is no answer to the wish for another."""
    fake.ends_as = "failed"
    engine.wait(submit(engine, upload_of(tmp_path, "hi")).id, lambda job: None)
    memory: list = []

    job = submit(engine, upload_of(tmp_path, "hi"), memory)

    first, second = memory[0][0], memory[-1][0]
    assert job.id == "batch_2"
    assert second == f"{first}-2"


def test_the_request_id_is_remembered_before_the_job_is_made(engine, fake, tmp_path):
    """Whoever is killed in between can still ask for it."""
    fake.fails["create"] = [400]
    memory: list = []

    with pytest.raises(RequestRejected):
        submit(engine, upload_of(tmp_path, "hi"), memory)

    assert len(memory) == 1
    assert memory[0][1] is None


def test_a_job_that_is_made_is_remembered_with_its_id(engine, fake, tmp_path):
    """Whoever comes back tomorrow asks for it by that."""
    memory: list = []

    job = submit(engine, upload_of(tmp_path, "hi"), memory)

    assert [job_id for _, job_id in memory] == [None, job.id]
    assert memory[0][0] == memory[1][0] != ""


def test_an_upload_is_not_tried_for_ever(engine, fake, tmp_path):
    """Four addresses that all expire are an error."""
    fake.fails["put"] = [403] * 10

    with pytest.raises(RequestRejected):
        submit(engine, upload_of(tmp_path, "hi"))

    assert fake.steps.count("put") == provider.UPLOADS


@pytest.mark.real
def test_the_pauses_between_looks_grow(engine, fake, patience, tmp_path):
    """A job may take a day: nobody needs to ask every five seconds."""
    fake.polls = 40

    engine.wait(submit(engine, upload_of(tmp_path, "hi")).id, lambda job: None)

    assert patience.slept[:3] == [5, 7.5, 11.25]
    assert patience.slept[-1] == 300


@BOTH
def test_results_that_are_not_ready_are_none(engine, tmp_path):
    """412 is no failure: it means later."""

    assert engine.results(submit(engine, upload_of(tmp_path, "hi")).id) is None


@BOTH
def test_a_job_can_be_cancelled_and_one_that_is_over_stays_over(engine, tmp_path):
    """A second cancel is no error: what was wanted is so."""
    job = submit(engine, upload_of(tmp_path, "hi"))

    assert engine.cancel(job.id).status == "cancelled"
    assert engine.cancel(job.id).status == "cancelled"


@BOTH
def test_a_row_that_the_engine_did_not_answer_is_a_failure(engine, fake, tmp_path):
    """It comes in the file of errors, or among the others."""
    fake.answer = lambda line: expired(line) if line["custom_id"] == "row-2" else answer(line)
    job = engine.wait(submit(engine, upload_of(tmp_path, "a one", "b two")).id, lambda job: None)

    outcomes = {r.position: outcome_of(r, SETTING) for r in engine.results(job.id)}

    assert outcomes[0].error is None
    assert isinstance(outcomes[1].error, ServiceError)
    assert "could not be executed in time" in outcomes[1].error.message


@pytest.mark.parametrize(
    ("status", "body", "exit_status"),
    [
        (200, {"status": "completed", "output": []}, 0),
        (200, {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, 8),
        (400, {"error": {"message": "no such field"}}, 4),
        (401, {"error": {"message": "no"}}, 3),
        (429, {"error": {"message": "slow down"}}, 6),
        (500, {"error": {"message": "oops"}}, 5),
    ],
)
def test_a_result_is_judged_like_a_reply(engine, status, body, exit_status):
    """The same statuses as by `batch run`, and no retries: the engine had its own."""
    result = Result(0, http_status=status, body=json.dumps(body).encode(), request_id="rq-9")

    outcome = outcome_of(result, SETTING)

    assert outcome.status == exit_status
    assert outcome.request_id == "rq-9"


@pytest.mark.parametrize(
    "name",
    ['"their-7"', '"row-0"', '"row--1"', '"row-1_0"', '"row- 1"', '"row-\u0663"', f'"row-{"9" * 5000}"',
     "7", "null", "[]", '"row-1"'],
)  # fmt: skip
def test_a_line_of_results_names_a_row_or_nobody(name):
    """Python's int() would take much more for a number."""
    found = read_result(b'{"custom_id":%s,"response":{"body":{}}}' % name.encode())

    assert (found is not None) == (name == '"row-1"')


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"7", b"null", b"\xff", b"[" * 9000, b'{"custom_id":"row-1"', b"9" * 5000],
)
def test_a_line_of_results_that_is_none_is_nobodys(line):
    """It is counted, and those behind it are read."""
    assert read_result(line) is None


@pytest.mark.parametrize("status", [10**400, "200", True, -1, 0.5, [], {}])
def test_a_row_without_a_status_that_is_one_has_failed(status):
    """What nobody can read is no success."""
    line = json.dumps({"custom_id": "row-1", "response": {"status_code": status, "body": {}}})

    assert outcome_of(read_result(line.encode()), SETTING).status == 5


def test_limits_are_known_before_anything_is_uploaded(tmp_path, monkeypatch):
    """50,000 rows and 200 MB: one more is exit 2, with what to do."""
    monkeypatch.setattr(provider, "MAX_ROWS", 2)
    upload_of(tmp_path, "a", "b")

    with pytest.raises(UsageError, match="at most 2 rows") as caught:
        upload_of(tmp_path, "a", "b", "c")

    assert "--shard" in caught.value.hint
    monkeypatch.setattr(provider, "MAX_BYTES", 10)
    with pytest.raises(UsageError, match="MB of rows"):
        upload_of(tmp_path, "a")


def test_a_job_file_survives_and_is_checked(tmp_path):
    """What submit knew, fetch knows; a broken one is an error, not a guess."""
    out = str(tmp_path / "out.jsonl")
    rows = [Row(1, "a" * 64), Row("zwei\u2028", "b" * 64, {"n": [1]})]
    JobFile(job_path(out), "gradient-1", "http://x", rows, "batch_1", {"one_of": "a,b"}).save()

    loaded = load_job(out)

    assert (loaded.rows, loaded.job_id) == (rows, "batch_1")
    assert loaded.expectations == {"one_of": "a,b"}
    job_path(out).write_text("[]")
    with pytest.raises(UsageError, match="does not hold a job"):
        load_job(out)
    loaded.forget()
    assert load_job(out) is None


GOOD_JOB = {
    "gradient": 1,
    "request_id": "gradient-1",
    "endpoint": "http://x",
    "job_id": None,
    "expectations": {},
    "rows": [[1, "a" * 64], ["b", "b" * 64, {"n": 1}]],
    "terms": [{"one_of": "a,b"}],
    "row_terms": [0, 0],
}


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("gradient", [2, "1"], "it is no object with `gradient` = 1"),
        ("request_id", [None, 7], "`request_id` is missing or of the wrong kind"),
        ("endpoint", [None], "`endpoint` is missing"),
        ("job_id", [7], "`job_id` is missing or of the wrong kind"),
        ("expectations", [None, []], "`expectations` is missing"),
        ("rows", [None, {}], "`rows` is missing"),
        (
            "rows",
            [[[1, "a" * 64], row] for row in ({}, [1], [1, "a" * 64, 0, 0], [True, "a" * 64],
                                              [1.5, "a" * 64], [1, "A" * 64], [1, "a" * 65], [1, 7])],
            "row 2 is no pair of an id and a key",
        ),
        ("terms", [{}, [7]], "`terms` is no list of objects"),
        ("row_terms", [{}, [0], [0, 0, 0], [0, 1], [0, -1], [0, True]], "`row_terms` does not name"),
    ],
)  # fmt: skip
def test_a_job_file_that_somebody_has_spoiled_is_refused(tmp_path, name, values, words):
    """It says which field, and nobody's answers are given to another row."""
    out = str(tmp_path / "out.jsonl")
    job_path(out).write_text(json.dumps(GOOD_JOB))
    assert load_job(out).rows == [Row(1, "a" * 64), Row("b", "b" * 64, {"n": 1})]

    for value in values:
        job_path(out).write_text(json.dumps({**GOOD_JOB, name: value}))
        with pytest.raises(UsageError, match=re.escape(words)):
            load_job(out)


def test_a_job_file_without_terms_is_one(tmp_path):
    """Where no row says what it expects, none are noted; a `run` that is no text says nothing."""
    out = str(tmp_path / "out.jsonl")
    plain = {name: said for name, said in GOOD_JOB.items() if "terms" not in name}
    job_path(out).write_text(json.dumps({**plain, "run": 7, "fetched": 1}))

    job = load_job(out)

    assert (job.terms, job.row_terms, job.run, job.is_fetched) == ([], [], "", False)


def test_a_job_file_says_whether_its_results_were_fetched(tmp_path):
    """Then `submit` may go on with what it never answered."""
    out = str(tmp_path / "out.jsonl")
    note = JobFile(job_path(out), "r", "e", [Row(1, "a" * 64)])
    for is_fetched in (False, True):
        note.is_fetched = is_fetched
        note.save()
        assert load_job(out).is_fetched is is_fetched
        assert ("fetched" in json.loads(job_path(out).read_text())) is is_fetched


def test_a_request_id_of_a_result_is_a_text_or_none():
    """What is shown of it goes into a line."""
    body = {"custom_id": "row-1", "response": {"body": {}, "request_id": "rq"}}
    ids = []
    for value in ("rq", "", 7, None):
        body["response"]["request_id"] = value
        ids.append(read_result(json.dumps(body).encode()).request_id)

    assert ids == ["rq", None, None, None]


def test_why_a_row_has_no_answer_is_told():
    """By its message and code, by a text alone, or not at all."""
    found = [
        read_result(json.dumps({"custom_id": "row-2", "response": None, "error": error}).encode())
        for error in (
            {"message": "late", "code": "expired"},
            {"message": "", "code": 0},
            "odd",
            None,
        )
    ]

    assert [(one.position, one.message, one.code) for one in found] == [
        (1, "late", "expired"), (1, "the batch engine gave no answer", None), (1, "odd", None),
        (1, "the batch engine gave no answer", None),
    ]  # fmt: skip


def test_a_job_file_that_cannot_be_read_is_told(tmp_path):
    """It is not taken for none: the job would be paid for again."""
    out = str(tmp_path / "out.jsonl")
    job_path(out).mkdir()

    with pytest.raises(UsageError, match=r'cannot read ".*out\.jsonl\.job": is a directory'):
        load_job(out)


def test_an_upload_that_cannot_be_written_is_told(tmp_path):
    """Before anything is sent."""
    with pytest.raises(UsageError, match=r'cannot write ".*gone.*": no such file'):
        upload_of(tmp_path / "gone", "hi")


def test_the_size_of_an_upload_is_that_of_its_file(tmp_path):
    """It is what the limit is about, and what is told."""
    upload = upload_of(tmp_path, "a", "b\u00e4")

    assert upload.size_bytes == upload.path.stat().st_size
    assert upload.digest == hashlib.sha256(upload.path.read_bytes()).hexdigest()


def test_a_job_that_was_never_made_is_forgotten(engine, fake, tmp_path):
    """It is on no page of the list; what is remembered would be looked for for ever."""
    for text in ("one", "two"):
        submit(engine, upload_of(tmp_path, text))
    fake.fails["create"] = [500] * 9
    forgotten: list = []

    with pytest.raises(ServiceError):
        engine.submit(
            upload_of(tmp_path, "three"),
            "o.jsonl",
            lambda *known: None,
            lambda: forgotten.append(1),
        )

    assert forgotten == [1]
    assert fake.steps.count("list") == 2


def test_the_list_is_not_searched_for_ever(engine, fake, tmp_path, monkeypatch):
    """Whoever has thousands of jobs waits for an answer, too."""
    monkeypatch.setattr(provider, "MOST_PAGES", 2)
    for text in ("one", "two", "three"):
        submit(engine, upload_of(tmp_path, text))

    assert engine.find("no such job") is None
    assert fake.steps.count("list") == 2


def test_content_that_fails_always_is_not_submitted_for_ever(engine, fake, tmp_path, monkeypatch):
    """Each try is a job of its own."""
    monkeypatch.setattr(provider, "MOST_REPEATS", 2)
    upload = upload_of(tmp_path, "hi")
    fake.ends_as = "failed"
    for _ in range(2):
        engine.wait(submit(engine, upload).id, lambda job: None)

    with pytest.raises(ServiceError, match="this content has failed 2 times"):
        submit(engine, upload)

    assert len(fake.jobs) == 2


def test_a_job_that_answered_nothing_of_this_is_used_up(engine, fake, tmp_path):
    """It is over and good, but not what is wanted now."""
    upload = upload_of(tmp_path, "hi")
    first = engine.wait(submit(engine, upload).id, lambda job: None)

    second = engine.submit(upload, "o.jsonl", lambda *known: None, lambda: None, first.id)

    assert (first.id, second.id) == ("batch_1", "batch_2")


@pytest.mark.parametrize("status", [403, 409])
def test_a_cancel_that_the_engine_refuses_is_an_error(engine, fake, tmp_path, status):
    """Unless the job is over: this one goes on, and costs."""
    job = submit(engine, upload_of(tmp_path, "hi"))
    fake.fails["cancel"] = [status] * 9

    with pytest.raises(GradientError) as caught:
        engine.cancel(job.id)

    assert caught.value.http_status == status


def test_results_that_the_engine_refuses_are_an_error(engine, fake, tmp_path):
    """They are not taken for results that are not ready: somebody would wait for ever."""
    job = submit(engine, upload_of(tmp_path, "hi"))
    fake.fails["results"] = [403]

    with pytest.raises(GradientError) as caught:
        engine.results(job.id)

    assert caught.value.http_status == 403


@pytest.mark.parametrize(
    "made",
    [None, [], {"file_id": "f"}, {"upload_url": "http://x"}, {"file_id": 7, "upload_url": "u"}],
)
def test_an_upload_without_a_place_is_refused(engine, fake, tmp_path, made):
    """And not tried again: such a server says the same each time."""
    fake.make_file = lambda request: (201, made)

    with pytest.raises(BrokenReply, match="named no place for the upload"):
        submit(engine, upload_of(tmp_path, "hi"))

    assert fake.steps == ["file"]


def test_an_upload_that_is_tried_again_says_so_and_waits(engine, fake, patience, tmp_path):
    """Twice as long each time."""
    fake.fails["put"] = [403, 503, 403]

    submit(engine, upload_of(tmp_path, "hi"))

    assert [line.rpartition("(")[2] for line in patience.told] == ["1/3)", "2/3)", "3/3)"]
    assert patience.slept == [1, 2, 4]


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"batch_id": 3, "status": "ok"}])
def test_what_is_no_job_is_an_error(payload):
    """No guess is made of something else."""
    with pytest.raises(BrokenReply):
        read_job(payload)


def test_errors_of_a_job_are_read_in_every_form():
    """Texts, objects, and a list of objects within an object."""
    base = {"batch_id": "b", "status": "FAILED"}
    forms = (["no\nmodel"], [{"message": "no model"}], {"data": [{"message": "no model"}]})

    jobs = [read_job({**base, "errors": errors}) for errors in forms]

    assert {job.errors for job in jobs} == {("no model",)}
    assert jobs[0].words() == "job b is failed (no model)"


def test_a_job_is_told_on_one_line():
    """How far it is, what failed, and why; a count that is none is not told."""
    base = {"id": "b", "status": "In_Progress"}
    words = [
        read_job({**base, **more}).words()
        for more in (
            {},
            {"request_counts": {"total": 2000, "completed": 1500, "failed": 0}},
            {"request_counts": {"total": 2000, "completed": None, "failed": 1200}},
            {"request_counts": {"total": True, "completed": 1}},
            {"request_counts": [1], "errors": ["no", "else"]},
            {"errors": [{"message": ""}, {"message": 7}, None, "x" * 999]},
        )
    ]

    assert words == [
        "job b is in_progress",
        "job b is in_progress: 1,500 of 2,000 answered",
        "job b is in_progress: 0 of 2,000 answered, 1,200 failed",
        "job b is in_progress",
        "job b is in_progress (no)",
        f"job b is in_progress ({'x' * 300})",
    ]


def test_a_jobs_counts_are_numbers_or_unknown():
    """`true` is no count; nor is a text."""
    counts = {"total": 3, "completed": True, "failed": "1"}

    job = read_job({"batch_id": "b", "id": "other", "status": "failed", "request_counts": counts})

    assert (job.id, job.total, job.completed, job.failed) == ("b", 3, None, None)
    assert (job.is_over, job.is_good, job.request_id) == (True, False, None)


def test_a_page_says_whether_there_is_another():
    """Only `true` does; a cursor that is none ends the list."""
    job = {"id": "b", "status": "ok"}
    pages = [
        {"data": [job], "has_more": True, "last_id": "b"},
        {"data": [job], "has_more": "yes", "last_id": "b"},
        {"data": [job], "has_more": True, "last_id": ""},
        {"edges": [{"node": job}, 7], "page_info": {"hasNextPage": True, "endCursor": "c"}},
        {"edges": [{"node": job}], "page_info": None},
        {"edges": [], "page_info": {"hasNextPage": False, "endCursor": "c"}},
        None,
    ]

    found = [([job.id for job in jobs], cursor) for jobs, cursor in map(read_jobs, pages)]

    assert found == [
        (["b"], "b"), (["b"], None), (["b"], None), (["b"], "c"), (["b"], None), ([], None),
        ([], None),
    ]  # fmt: skip


def test_each_row_has_the_terms_of_its_request():
    """One kind for all, one each, or none that anybody kept."""
    rows = [Row(1, "a" * 64), Row(2, "a" * 64)]
    kinds = [{"one_of": "a,b"}, {"one_of": "c,d"}]

    def terms(kinds: list, places: list) -> list:
        note = JobFile(job_path("o"), "r", "e", rows, terms=kinds, row_terms=places)
        return [note.terms_of(position) for position in (0, 1)]

    assert terms(kinds, [1, 0]) == [kinds[1], kinds[0]]
    assert terms(kinds, []) == [kinds[0], kinds[0]]
    assert terms([], []) == [None, None]


def test_pages_and_addresses_of_odd_shapes():
    """Nothing there is no job, no page and no address."""
    assert read_jobs({"data": None}) == ([], None)
    assert read_result_urls({"result_available": False, "output_url": "https://x"}) is None
    assert read_result_urls({"output_url": "https://x"}) == ["https://x"]
    assert read_result_urls({"download": {"presigned_url": "https://y"}}) == ["https://y"]
    assert read_result_urls({"error_file_url": "https://e"}) == ["https://e"]
    assert read_result_urls({"output_file_url": "o", "error_file_url": "e"}) == ["o", "e"]
    for nothing in (None, [], {}, {"output_file_url": 7}, {"output_file_url": ""}, {"download": 7}):
        assert read_result_urls(nothing) is None
