"""``feder-widget`` in a shell."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from feder_widget.commands import command_line, demo

PATIENCE = 120


def run(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "feder_widget.commands", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


def answer_of(address):
    """Return what a server says that prints its address before it listens."""
    deadline = time.monotonic() + PATIENCE
    while (answer := asked(address)) is None:
        assert time.monotonic() < deadline, f"nothing answers at {address}"
        time.sleep(0.1)
    return answer


def asked(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        raise
    except OSError:
        return None


def test_the_demo_serves_the_quick_start_from_a_folder_of_its_own(tmp_path):
    environment = os.environ | {
        "TMPDIR": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
    }
    process = run("demo", "--no-browser", env=environment)
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        # The address that a person would follow.
        found = None
        for line in process.stdout:
            if found := re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)/lab\S*\?token=(\w+)", line):
                assert "/lab/tree/quickstart.ipynb" in line
                break
        assert found is not None
        (folder,) = tmp_path.glob("feder-widget-*")
        address = f"{found[1]}/api/contents/quickstart.ipynb?token={found[2]}".replace(
            "localhost", "127.0.0.1"
        )
        assert answer_of(address)["type"] == "notebook"
        assert [path.name for path in folder.iterdir() if path.suffix] == ["quickstart.ipynb"]
    finally:
        watchdog.cancel()
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()


def interruptible(server):
    """Run a stand-in of JupyterLab as the demo does, in a process group of its own, until it is ready."""
    script = "import sys; from feder_widget.commands import demo; sys.exit(demo._run(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", script, sys.executable, "-uc", server],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


posix = pytest.mark.skipif(os.name != "posix", reason="sends signals to a process group")


@posix
def test_a_server_that_is_interrupted_has_the_time_that_it_takes_to_end():
    server = """
import signal, time
def end(*_):
    time.sleep(1)
    print("saved")
    raise SystemExit(3)
signal.signal(signal.SIGINT, end)
print("ready")
signal.pause()
"""
    process = interruptible(server)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=PATIENCE)[0] == "saved\n"
    assert process.returncode == 0


@posix
@pytest.mark.parametrize("ignored", ["SIGINT", "SIGINT SIGTERM"])
def test_a_server_that_does_not_end_is_stopped_when_it_is_interrupted_again(ignored):
    server = f"""
import signal
for name in "{ignored}".split():
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print("ready")
while True:
    signal.pause()
"""
    process = interruptible(server)
    interrupts = 0
    while process.poll() is None and interrupts < PATIENCE:
        os.killpg(process.pid, signal.SIGINT)
        interrupts += 1
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
    process.stdout.close()
    assert process.returncode == 0
    assert interrupts >= 1 + len(ignored.split())


@pytest.mark.parametrize("status", [0, 7])
def test_the_status_of_a_server_that_ends_is_passed_on(status):
    assert demo._run([sys.executable, "-c", f"raise SystemExit({status})"]) == status


def test_what_the_demo_lacks_is_named(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sklearn" else find(name))
    assert command_line.main(["demo"]) == 1
    assert "the demo needs scikit-learn: pip install 'feder-widget[demo]'" in capsys.readouterr().err


def test_a_package_without_its_notebook_says_so(monkeypatch, capsys):
    monkeypatch.setattr(demo, "_PLACES", (Path("/nowhere/quickstart.ipynb"),))
    assert command_line.main(["demo"]) == 1
    assert "install the package again" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["show"], ["demo", "--port", "many"]])
def test_arguments_that_are_none_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        command_line.main(arguments)
    assert left.value.code == 2
    assert "usage: feder-widget" in capsys.readouterr().err
