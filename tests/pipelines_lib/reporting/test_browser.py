"""The report in a real browser: it has content, on a wide screen and on a narrow one."""

import shutil
import struct
import subprocess
import zlib

import pytest

from pipelines_lib.reporting.report import SECTIONS, write_report

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
LIMIT_SECONDS = 120

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no program named chromium on this machine"),
]


def browse(folder, *arguments):
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT_SECONDS, check=True)
    return done.stdout.decode()


def test_the_browser_finds_every_section(build, tmp_path):
    path = tmp_path / "report.html"
    write_report(build("rejected"), path)
    dom = browse(tmp_path, "--dump-dom", path.as_uri())
    assert [name for name in SECTIONS if f'<section id="{name}"' not in dom] == []
    assert "Rejected" in dom
    assert dom.count("<polyline") >= 4


@pytest.mark.parametrize("size", [(1280, 1400), (400, 900)])
def test_the_page_is_not_blank(build, tmp_path, size):
    path, picture = tmp_path / "report.html", tmp_path / "report.png"
    write_report(build("promoted"), path)
    width, height = size
    browse(tmp_path, f"--window-size={width},{height}", f"--screenshot={picture}", path.as_uri())
    found_width, found_height, shades = look(picture.read_bytes())
    assert (found_width, found_height) == size
    assert shades > 20


def look(png):
    """Width, height and number of different byte values of a PNG's unpacked lines."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    packed, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            packed += png[place + 8 : place + 8 + length]
        place += 12 + length
    return width, height, len(set(zlib.decompress(packed)))
