"""The places of files, looked at before a run and written at its end."""

import errno
import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gradient_cli.errors import UsageError, WriteFailed
from gradient_cli.terminal import ways
from gradient_cli.terminal.files import open_target, refuse_read_files, write_file
from gradient_cli.terminal.places import place_of

IS_ROOT = os.geteuid() == 0
NOBODY = 54321


def in_child(code, *arguments, as_nobody=False, **options):
    """Run a piece of Python with our package, as somebody without rights if need be."""
    who = []
    if as_nobody:
        if not IS_ROOT or not shutil.which("setpriv"):
            pytest.skip("needs root and setpriv, to be somebody else")
        # Who may read everything, this Python too, and write nothing of others.
        rights = "-all,+dac_read_search"
        who = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        who += [f"--{kind}={rights}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    return subprocess.run(
        [*who, sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        **options,
    )


WRITE = (
    "import sys; from gradient_cli.terminal.files import write_file; write_file(sys.argv[1], 'NEW')"
)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "way", ["/dev/fd/1", "/dev/stdout", "/proc/self/fd/1", "link", "../dev/fd/1"]
)
def test_an_open_descriptor_is_written_through(tmp_path, way):
    """What stands in the log before and after it stays: the file behind it is never replaced."""
    if not Path("/dev/fd/1").exists() or (way.startswith("/proc") and not Path("/proc").is_dir()):
        pytest.skip("this system has no such name")
    log = tmp_path / "log"
    log.write_text("EARLIER\n")
    (tmp_path / "link").symlink_to("/dev/stdout")
    path = {"link": tmp_path / "link", "../dev/fd/1": "/usr/../dev/fd/1"}.get(way, way)

    with log.open("a") as file:
        done = subprocess.run([sys.executable, "-c", WRITE, path], stdout=file, check=False)
        file.write("LATER\n")

    assert (done.returncode, log.read_text()) == (0, "EARLIER\nNEWLATER\n")


@pytest.mark.real
def test_a_descriptor_that_is_closed_or_read_only_or_our_own_is_refused(tmp_path):
    """Only what the process was started with is meant; its own pipes and sockets are not."""
    code = (
        "import os, sys; from gradient_cli.terminal.files import open_target\n"
        "from gradient_cli.errors import UsageError\n"
        "ours, _ = os.pipe()\n"
        "for number in (0, 77, ours):\n"
        "    try: open_target(f'/dev/fd/{number}'); print('taken', number)\n"
        "    except UsageError as error: print(error.message.partition('descriptor ')[2])\n"
    )

    with Path(os.devnull).open() as null:
        done = in_child(code, stdin=null)

    assert "taken" not in done.stdout, done.stderr
    assert [line.split(" ", 1)[1] for line in done.stdout.splitlines()] == [
        "is open for reading only",
        "is not open",
        "is not open",
    ]


def test_a_name_of_255_bytes_can_be_written(tmp_path):
    """The neighbour's name does not grow with it."""
    path = tmp_path / ("x" * 255)

    write_file(str(path), "NEW")
    write_file(str(path), "NEWER")

    assert path.read_text() == "NEWER"
    assert len(os.listdir(tmp_path)) == 1


@pytest.mark.real
def test_a_writable_file_in_a_closed_folder_is_written_over(tmp_path):
    """As a user without rights, who owns the file alone."""
    folder = tmp_path / "closed"
    folder.mkdir()
    file = folder / "out"
    file.write_text("a longer old text")
    os.chmod(file, 0o666)

    done = in_child(WRITE, file, as_nobody=True)

    assert (done.returncode, file.read_text()) == (0, "NEW"), done.stderr


@pytest.mark.sampled
@pytest.mark.parametrize("how", ["mount", "read-only folder"])
def test_a_mounted_file_is_written_in_place(tmp_path, how):
    """`docker -v file:/out.txt`: it cannot be renamed over."""
    if not IS_ROOT or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("needs mount namespaces")
    (tmp_path / "host").write_text("OLD, and longer than the new text")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "out").write_text("")
    closes = "mount -o remount,ro,bind d &&" if how != "mount" else ""
    script = f'mount --bind d d && mount --bind host d/out && {closes} exec "$0" -c "$1" d/out'

    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, sys.executable, WRITE],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, (tmp_path / "host").read_text()) == (0, "NEW"), done.stderr


@pytest.mark.parametrize("what", ["link", "folder", "pipe"])
def test_nothing_goes_through_what_a_stranger_left_in_a_shared_folder(tmp_path, what):
    """They would choose where our words go, and which of our files they replace."""
    if not IS_ROOT:
        pytest.skip("needs root, to leave something of somebody else's")
    shared, home = tmp_path / "shared", tmp_path / "home"
    shared.mkdir()
    home.mkdir()
    shared.chmod(0o1777)
    victim = home / "victim"
    victim.write_text("PRECIOUS")
    path = shared / "out"
    if what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(victim if what == "link" else home)
    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    with pytest.raises(UsageError, match="somebody else's"):
        open_target(str(path if what != "folder" else path / "victim"))

    assert victim.read_text() == "PRECIOUS"


def test_a_link_of_our_own_stays_one(tmp_path):
    """Also in a shared folder, and also one that leads over another."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "a").symlink_to("b")
    (shared / "b").symlink_to("../real")

    write_file(str(shared / "a"), "NEW")

    assert (tmp_path / "real").read_text() == "NEW"
    assert (shared / "a").is_symlink()


def test_a_neighbour_is_private_until_it_takes_the_place(tmp_path, monkeypatch):
    """And gets the old file's mode then, or what the umask leaves."""
    seen = []

    def look(fd, data):
        seen.extend(stat.S_IMODE(one.stat().st_mode) for one in tmp_path.glob(".gradient-*"))
        os.write(fd, data)

    monkeypatch.setattr(ways, "write_whole", look)
    (tmp_path / "old").write_text("OLD")
    (tmp_path / "old").chmod(0o640)
    mask = os.umask(0o027)

    write_file(str(tmp_path / "old"), "NEW")
    write_file(str(tmp_path / "new"), "NEW")

    os.umask(mask)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new")]
    assert (seen, modes) == ([0o600, 0o600], [0o640, 0o640])


def test_a_run_that_is_killed_leaves_nothing_beside_the_file(tmp_path):
    """The place is held without a name."""
    target = open_target(str(tmp_path / "out"))

    assert os.listdir(tmp_path) == []

    target.close()


class Faults:
    """Stands before the system's calls of `ways`, one of which fails."""

    def __init__(self, at, error, *, for_ever):
        self.left, self.error, self.for_ever = at, error, for_ever
        self.has_failed = False

    def __call__(self, real):
        def call(*arguments):
            self.left -= 1
            if self.left == 0 or (self.left < 0 and self.for_ever):
                self.has_failed = True
                raise OSError(self.error, os.strerror(self.error))
            return real(*arguments)

        return call


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("is_in_place", [False, True])
def test_an_old_file_is_never_lost(tmp_path, monkeypatch, seed, is_in_place):
    """Any one call of the system fails while it is replaced: it is the old one or the new one."""
    dice = random.Random(seed)
    old, new = (bytes(dice.choices(b"ab\n", k=dice.randrange(90_000))) for _ in range(2))
    path = tmp_path / "out"
    path.write_bytes(old)
    if is_in_place:
        monkeypatch.setattr(ways, "_is_mount", lambda target: True)
    faults = Faults(
        dice.randrange(1, 10),
        dice.choice([errno.ENOSPC, errno.EIO, errno.EDQUOT]),
        for_ever=False,
    )
    target = open_target(str(path))
    names = ("write", "fsync", "ftruncate", "posix_fallocate", "replace", "fchmod", "lseek")
    for name in names:
        if hasattr(os, name):
            monkeypatch.setattr(ways.os, name, faults(getattr(os, name)))

    try:
        target.write(new)
        is_written = True
    except WriteFailed:
        is_written = False
    monkeypatch.undo()

    assert path.read_bytes() == (new if is_written else old)
    assert is_written or faults.has_failed
    assert os.listdir(tmp_path) == ["out"]


def test_what_cannot_be_put_back_is_kept_elsewhere(tmp_path, monkeypatch):
    """A file half written over, on a disk that is gone from then on: the error names the copy."""
    path = tmp_path / "out"
    path.write_bytes(b"OLD" * 1000)
    monkeypatch.setattr(ways, "_is_mount", lambda target: True)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    target = open_target(str(path))
    real = ways.write_whole
    inode = path.stat().st_ino

    def half(fd, data):
        if os.fstat(fd).st_ino != inode:
            return real(fd, data)
        os.write(fd, data[:100])
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(ways, "write_whole", half)
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)

    with pytest.raises(WriteFailed, match="was half written; what it held is in") as fault:
        target.write(b"NEW" * 1000)

    assert Path(fault.value.message.split('"')[3]).read_bytes() == b"OLD" * 1000


def test_a_file_that_the_run_reads_is_not_written(tmp_path, monkeypatch):
    """By whatever name: another spelling, a link."""
    monkeypatch.chdir(tmp_path)
    Path("suite.toml").write_text("x")
    Path("link").symlink_to("suite.toml")

    for name in ("suite.toml", "./suite.toml", "link", str(tmp_path / "suite.toml")):
        with pytest.raises(UsageError, match="is a file that this run reads"):
            refuse_read_files("--junit", name, [None, "other", "suite.toml"])
    refuse_read_files("--junit", "new.xml", ["suite.toml", "new.xml"])


def test_what_a_path_means_is_what_the_system_means(tmp_path, monkeypatch):
    """Our own way through links, against the one of Python."""
    monkeypatch.chdir(tmp_path)
    Path("d/e").mkdir(parents=True)
    Path("d/l").symlink_to("../d/e")
    Path("d/e/up").symlink_to("../..")
    Path("abs").symlink_to(tmp_path / "d")
    Path("dangling").symlink_to("d/nothing/there")

    for path in (
        "d/l/x",
        "abs/l/../y",
        "d/l/up/d/l/new",
        "dangling",
        "./d//e/./z",
        "..",
        "/",
        "abs",
    ):
        assert place_of(path).path == Path(path).resolve(), path


@pytest.mark.skipif(sys.platform != "linux", reason="only there mounts are listed so")
def test_a_mount_is_told_from_what_lies_below_it(tmp_path):
    """What something is mounted on can be written and never replaced."""
    assert ways._is_mount(Path("/proc"))
    assert not ways._is_mount(Path("/proc/self/mountinfo"))
    assert not ways._is_mount(tmp_path / "a file")


@pytest.mark.parametrize("name", ["abc", "-1", "²", "12345678901234567890"])
def test_what_is_no_number_of_a_descriptor_is_a_name(name):
    """It is looked for as any other file, and is not there."""
    place = place_of(f"/dev/fd/{name}")

    assert place.path.name == name


def test_a_link_whose_words_look_like_a_descriptor_is_a_link(tmp_path):
    """Only the links of /proc lead elsewhere than they say."""
    (tmp_path / "fd").mkdir()
    (tmp_path / "fd" / "link").symlink_to("elsewhere")

    assert place_of(str(tmp_path / "fd" / "link")).path == tmp_path / "fd" / "elsewhere"


@pytest.mark.skipif(sys.platform != "linux", reason="only there mounts are listed so")
@pytest.mark.parametrize("name", ["plain", "two words", "a\\b", "tab\there", "line\nend"])
def test_a_mount_with_blanks_in_its_name_is_one(monkeypatch, name):
    """The system's table writes them as numbers."""
    written = name.encode()
    for sign in b"\\", b" ", b"\t", b"\n":
        written = written.replace(sign, b"\\%03o" % ord(sign))
    table = b"36 35 98:0 / /mnt/" + written + b" rw - ext3 /dev/root rw\n"
    monkeypatch.setattr(ways.Path, "read_bytes", lambda path: table)

    assert ways._is_mount(Path("/mnt") / name)
    assert not ways._is_mount(Path("/mnt"))
