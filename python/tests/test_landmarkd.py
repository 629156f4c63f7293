"""The installed module, against the command that it brings.

LANDMARKD_SAMPLES names the project's folder Samples.
"""

import io
import os
import pathlib
import subprocess
import sys
import time

import pytest

import landmarkd

SAMPLES = pathlib.Path(
    os.environ.get("LANDMARKD_SAMPLES", pathlib.Path(__file__).parents[2] / "Samples"))
CLIP = SAMPLES / "portrait.mp4"


def command(*arguments):
    return subprocess.run(
        [landmarkd.program(), *map(str, arguments)], capture_output=True, timeout=120)


def processes_of(clip: pathlib.Path) -> list[int]:
    """Those that name the clip among their arguments, but for this one."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(clip).encode() in arguments and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def test_the_frame_is_the_command_s_table():
    pandas = pytest.importorskip("pandas")
    written = command("track", CLIP, "-q", "-o", "-", "--duration", "1", "--columns", "all")
    expected = pandas.read_csv(io.BytesIO(written.stdout), dtype={"state": "str", "time_utc": "str"})
    table = landmarkd.track(CLIP, duration=1, columns=["all"])
    assert len(table) == 30
    pandas.testing.assert_frame_equal(table, expected, rtol=1e-12)
    # Nothing was rounded on the way.
    for index, line in enumerate(written.stdout.decode().splitlines()[1:]):
        for name, cell in zip(table.columns, line.split(",")):
            assert name == "state" or not cell or table.at[index, name] == float(cell), name


def test_rows_are_the_command_s_cells():
    written = command("track", CLIP, "-q", "-o", "-", "--every", "30").stdout.decode().splitlines()
    names = written[0].split(",")
    rows = list(landmarkd.stream(CLIP, every=30))
    assert len(rows) == len(written) - 1 == 7
    for row, line in zip(rows, written[1:]):
        assert list(row) == names
        for name, cell in zip(names, line.split(",")):
            assert row[name] == (cell if name == "state" else float(cell) if cell else None), name
    assert isinstance(rows[0]["frame"], int) and isinstance(rows[0]["pose_Tz"], float)


def test_empty_cells():
    pandas = pytest.importorskip("pandas")
    # Nothing is believed, and nothing is found in a face so small.
    [row] = landmarkd.stream(CLIP, min_face=600, duration=0.03, columns="pose")
    assert row["success"] == 0 and row["pose_Tz"] is None
    table = landmarkd.track(CLIP, min_face=600, duration=0.03, columns="pose")
    assert pandas.isna(table.pose_Tz[0]) and table.success[0] == 0


def test_options():
    rows = list(landmarkd.stream(
        CLIP, faces=1, smooth=True, strict=False, model=None, columns=("pose", "times"), face_at=(300, 200),
        duration="100ms"))
    assert len(rows) == 3
    assert "pose_Tx" in rows[0] and "pts" in rows[0] and "x_0" not in rows[0]


@pytest.mark.parametrize("give", [landmarkd.track, landmarkd.stream])
def test_errors_have_the_command_s_words_and_status(give, tmp_path):
    if give is landmarkd.track:
        pytest.importorskip("pandas")
    missing = tmp_path / "none.mp4"
    for path, options, status in (
            (missing, {}, 1), (CLIP, {"fases": 2}, 64), (CLIP, {"faces": 0}, 64)):
        words = [f"--{name}={value}" for name, value in options.items()]
        said = command("track", "-q", "-o", "-", *words, "--", path)
        with pytest.raises(landmarkd.Error) as caught:
            list(give(path, **options))
        assert caught.value.status == said.returncode == status
        assert caught.value.message == said.stderr.decode().strip() == str(caught.value)
        assert caught.value.message


def test_options_that_have_no_meaning_are_refused_at_once():
    for options in ({"output": "x.csv"}, {"o": "x.csv"}, {"out_dir": "x"}, {"quiet": True}):
        with pytest.raises(TypeError, match=next(iter(options))):
            landmarkd.stream(CLIP, **options)
    with pytest.raises(TypeError, match="standard input"):
        landmarkd.stream("-")


def test_a_name_that_looks_like_an_option(tmp_path, monkeypatch):
    (tmp_path / "--help.mp4").symlink_to(CLIP.resolve())
    monkeypatch.chdir(tmp_path)
    assert len(list(landmarkd.stream("--help.mp4", duration=0.1))) == 3


def test_a_truncated_input_gives_its_rows_and_a_warning(tmp_path):
    pytest.importorskip("pandas")
    short = tmp_path / "short.mp4"
    short.write_bytes(CLIP.read_bytes()[:200_000])
    with pytest.warns(landmarkd.Incomplete, match="ended early"):
        table = landmarkd.track(short)
    assert 50 < len(table) < 210
    rows = []
    with pytest.raises(landmarkd.Error, match="ended early") as caught:
        for row in landmarkd.stream(short, strict=True):
            rows.append(row)
    assert caught.value.status == 2 and len(rows) == len(table)


def test_an_early_close_leaves_no_process(tmp_path):
    # A name of its own, to find the process by.
    clip = tmp_path / "endless.mp4"
    clip.symlink_to(CLIP.resolve())
    rows = landmarkd.stream(clip)
    assert next(rows)["frame"] == 1
    assert processes_of(clip)
    rows.close()
    assert not processes_of(clip)
    for row in landmarkd.stream(clip):
        if row["frame"] == 2:
            break
    del row
    until = time.monotonic() + 5
    while processes_of(clip) and time.monotonic() < until:
        time.sleep(0.05)
    assert not processes_of(clip)


def test_a_stream_that_is_never_read_starts_nothing(tmp_path):
    clip = tmp_path / "unread.mp4"
    clip.symlink_to(CLIP.resolve())
    rows = landmarkd.stream(clip)
    assert not processes_of(clip)
    rows.close()


def test_without_pandas_it_says_what_to_install():
    code = (
        "import sys; sys.modules['pandas'] = None; import landmarkd\n"
        f"assert len(list(landmarkd.stream({str(CLIP)!r}, duration=0.1))) == 3\n"
        f"landmarkd.track({str(CLIP)!r})")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "ImportError: landmarkd.track gives a pandas DataFrame" in run.stderr
    assert "pip install pandas" in run.stderr


def test_the_version_is_the_program_s():
    assert command("--version").stdout.decode().split()[0] == landmarkd.__version__
