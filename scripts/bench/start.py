"""
How long `gradient` takes to start, against Python itself, curl and its peers.

    .venv/bin/python scripts/bench/start.py [--rounds 20] [--peers] [--json FILE]

Everything runs in turn, so that what disturbs one run disturbs its neighbours; ratios are
medians of ratios turn by turn. `--peers` installs httpie and llm into a folder that is
deleted afterwards. Prints a Markdown table; status 1 if a bound is broken.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from runs import PROGRAM, Cost, environment, interleaved, measure, middle, ratio, server

FLOOR = "python -c pass"
HI = "gradient respond hi"
DECIDE = "gradient decide"
HTTPIE = "http POST (httpie)"
CURL_TLS = "curl, TLS, {} ms round trip"
HI_TLS = "gradient respond hi, TLS, {} ms round trip"
ROUND_TRIPS_MS = {50: 1.15, 10: 3.0}
"""The links, and how many times curl's first byte ours may take: what is not hidden by the
handshakes of a far server is seen before a near one."""
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Bound:
    """A promise: one run costs at most so many times another."""

    run: str
    reference: str
    at_most: float
    field: str = "wall_ms"


BOUNDS = [
    Bound("gradient --version", FLOOR, 1.3),
    Bound("gradient --help", FLOOR, 7),
    # Python 3.15 imports lazily by itself.
    Bound(HI, FLOOR, 8 if sys.version_info >= (3, 15) else 10),
    Bound(DECIDE, HI, 1.15),
    Bound(HI, HTTPIE, 0.65),
    *(
        Bound(HI_TLS.format(ms), CURL_TLS.format(ms), most, "first_byte_ms")
        for ms, most in ROUND_TRIPS_MS.items()
    ),
]


@dataclass
class Bench:
    """What is to be run, and where it may write."""

    folder: Path
    runs: dict[str, Callable[[], Cost]] = field(default_factory=dict)

    def add(self, name: str, *argv: str | Path, **environ: str) -> None:
        """Add one run."""
        program = shutil.which(str(argv[0])) or str(argv[0])
        surroundings = environment(self.folder, **environ)
        self.runs[name] = partial(measure, [program, *argv[1:]], surroundings)

    def add_own(self, port: int) -> None:
        """Add Python itself, ours, and curl."""
        url = f"http://127.0.0.1:{port}"
        ask = ("respond", "-m", "any", "hi")
        self.add(FLOOR, sys.executable, "-c", "pass")
        self.add("gradient --version", PROGRAM, "--version")
        self.add("gradient --help", PROGRAM, "--help")
        self.add("gradient respond --help", PROGRAM, "respond", "--help")
        self.add(HI, PROGRAM, *ask, url=url)
        self.add("gradient respond hi --json", PROGRAM, *ask, "--json", url=url)
        state = self.folder / "state.txt"
        state.write_text("hi")
        self.add(DECIDE, PROGRAM, "decide", "-m", "any", "-f", state, "Is it?", url=url)
        self.add("curl", *curl(f"{url}/v1/responses"))

    def add_tls(self, port: int, certificate: Path, round_trip_ms: int) -> None:
        """Add the same over TLS and a slow link."""
        url = f"https://127.0.0.1:{port}"
        self.add(
            CURL_TLS.format(round_trip_ms), *curl(f"{url}/v1/responses"), "--cacert", certificate
        )
        # A flag would forbid the early connection, which trusts what the system trusts.
        ask = ("respond", "-m", "any", "hi")
        name = HI_TLS.format(round_trip_ms)
        self.add(name, PROGRAM, *ask, url=url, SSL_CERT_FILE=str(certificate))

    def add_peers(self, port: int) -> None:
        """Add other programs that do the same, freshly installed."""
        peers = self.folder / "peers"
        subprocess.run([sys.executable, "-m", "venv", peers], check=True)
        pip = [peers / "bin" / "python", "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "httpie==3.2.4", "llm==0.36"], check=True)
        url = f"http://127.0.0.1:{port}/v1"
        self.add(
            HTTPIE,
            *(peers / "bin" / "http", "--ignore-stdin", "--body", "POST", f"{url}/responses"),
            *("Authorization: Bearer sk-bench", "model=any", "input=hi", "stream:=true"),
        )
        home = self.folder / "llm"
        home.mkdir()
        (home / "extra-openai-models.yaml").write_text(
            f"- model_id: any\n  model_name: any\n  api_base: {url}\n"
        )
        program = peers / "bin" / "llm"
        self.add("llm", program, "-n", "-m", "any", "--key", "k", "hi", LLM_USER_PATH=str(home))

    def add_completion(self) -> None:
        """Add one press of TAB in bash: 100 of them in one shell, less the shell's own start."""
        script = ROOT / "completions" / "gradient.bash"
        if not script.exists():
            return
        press = (
            f"source '{script}'; f=$(complete -p gradient | sed 's/.*-F \\([^ ]*\\).*/\\1/');"
            "COMP_WORDS=(gradient respond --m); COMP_CWORD=2; COMP_LINE='gradient respond --m';"
            "COMP_POINT=${#COMP_LINE};"
            'for ((n=0; n<%d; n++)); do $f gradient --m respond; done; [[ -n "${COMPREPLY[*]}" ]]'
        )
        self.add("bash, 1 TAB", "bash", "-c", press % 1)
        self.add("bash, 101 TABs", "bash", "-c", press % 101)


def curl(url: str) -> list[str]:
    """Give the same request by curl."""
    body = json.dumps({"model": "any", "input": "hi", "stream": True})
    headers = ["-H", "Content-Type: application/json", "-H", "Authorization: Bearer sk-bench"]
    return ["curl", "-sN", *headers, "-d", body, url]


def certificate_for_loopback(folder: Path) -> tuple[str, str]:
    """Make a certificate for 127.0.0.1 with the openssl program; give its file and its key's."""
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-nodes", "-days", "2", "-keyout", key, "-out", certificate]
    subprocess.run([*make, *name, *files], check=True, capture_output=True)
    return certificate, key


def table(costs: dict[str, list[Cost]]) -> str:
    """Give the Markdown table."""
    lines = [
        "| | wall ms | x python | first byte ms | cpu ms | peak MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    # A child begins as our copy: what needs less memory than we do cannot be seen.
    lowest = min(middle(runs, "peak_mb") for runs in costs.values()) + 1
    for name, runs in costs.items():
        wall, first, cpu, peak = (
            middle(runs, one) for one in ("wall_ms", "first_byte_ms", "cpu_ms", "peak_mb")
        )
        times = ratio(runs, costs[FLOOR])
        memory = f"{peak:.1f}" if peak > lowest else f"< {lowest:.0f}"
        lines.append(
            f"| `{name}` | {wall:.1f} | {times:.1f} | {first:.1f} | {cpu:.1f} | {memory} |"
        )
    return "\n".join(lines)


def judged(costs: dict[str, list[Cost]]) -> list[dict[str, object]]:
    """Hold the bounds against what was measured; those whose runs are not there are left out."""
    found = []
    for bound in BOUNDS:
        if bound.run in costs and bound.reference in costs:
            times = ratio(costs[bound.run], costs[bound.reference], bound.field)
            words = f"{bound.run} / {bound.reference}, {bound.field}"
            found.append({"bound": words, "is": round(times, 2), "at_most": bound.at_most})
    return found


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--peers", action="store_true", help="install and measure httpie and llm")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder)
        tls = certificate_for_loopback(folder)
        with ExitStack() as servers:
            port = servers.enter_context(server())
            bench.add_own(port)
            for ms in ROUND_TRIPS_MS:
                slow = servers.enter_context(server("--tls", *tls, "--rtt", str(ms)))
                bench.add_tls(slow, Path(tls[0]), ms)
            bench.add_completion()
            if options.peers:
                bench.add_peers(port)
            costs = interleaved(bench.runs, options.rounds)
    print(table(costs))
    if "import re" in PROGRAM.read_text():
        print("\nThe console script imports re, which costs 5 ms: an old pip wrote it so.")
    presses = [costs.get(name) for name in ("bash, 1 TAB", "bash, 101 TABs")]
    if all(presses):
        each = (middle(presses[1], "wall_ms") - middle(presses[0], "wall_ms")) / 100
        print(f"\nOne TAB: {each:.2f} ms")
    bounds = judged(costs)
    print()
    for bound in bounds:
        verdict = "holds" if bound["is"] <= bound["at_most"] else "BROKEN"
        print(f"- {bound['bound']}: {bound['is']} (at most {bound['at_most']}) {verdict}")
    if options.json:
        medians = {
            name: {key: round(middle(runs, key), 3) for key in Cost.__dataclass_fields__}
            for name, runs in costs.items()
        }
        options.json.write_text(json.dumps({"medians": medians, "bounds": bounds}, indent=2) + "\n")
    return int(any(bound["is"] > bound["at_most"] for bound in bounds))


if __name__ == "__main__":
    sys.exit(main())
