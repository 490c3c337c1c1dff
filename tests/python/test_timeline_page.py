"""The page of a timeline, opened in Chromium without a screen."""

import html
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import enigma

SIZE = (1280, 720)
DARK = "--blink-settings=preferredColorScheme=0"


@enigma.kernel
def hasty(A: enigma.f32, B: enigma.f32, ahead: enigma.Scalar(enigma.u32)):
    """Copies tile after tile into one half of a tile each, and reads `ahead` elements further than its own half."""
    tile = enigma.threadgroup_alloc("float", 128, name="tile")
    result = enigma.threadgroup_alloc("float", 64, name="result")
    band = enigma.simdgroup_index_in_threadgroup() * 32
    lane = enigma.thread_index_in_simdgroup()
    tile[64 + band + lane] = 0.0
    for step in enigma.range(3):
        landing = enigma.async_copy_1d_d2t(tile, band, A, step * 64 + band, 32)
        result[band + lane] = tile[64 + band + lane - ahead]
        enigma.async_copy_wait(landing)
        enigma.simd_barrier()
        leaving = enigma.async_copy_1d_t2d(B, step * 64 + band, result, band, 32)
        enigma.async_copy_wait(leaving)
        enigma.barrier()


def timeline(ahead):
    """The course of the only threadgroup; with `ahead` = 64 it reads what is in flight."""
    arrays = np.arange(192, dtype=np.float32), np.zeros(192, np.float32)
    return enigma.check(hasty, *arrays, ahead, grid=(64, 1, 1), threads=(64, 1, 1)).timeline


def chromium(page, profile, *options):
    """Opens a page; gives what the browser prints: the document, and the messages of scripts."""
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
        f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}", "--virtual-time-budget=5000",
        *options, page.as_uri(),
    ]  # fmt: skip
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    except FileNotFoundError:
        pytest.fail("no chromium: install Debian's package, apt-get install chromium")


def complaints(run):
    """What scripts wrote to the console, errors that nothing caught among it."""
    return re.findall(r":CONSOLE.*", run.stderr)


def document(page, profile):
    """The document after its script has run, which must not have complained."""
    run = chromium(page, profile, "--dump-dom")
    assert complaints(run) == []
    return run.stdout


def screenshot(page, profile, *options):
    """The page as a PNG image."""
    image = profile / f"{page.stem}.png"
    chromium(page, profile, f"--screenshot={image}", *options)
    return image.read_bytes()


def elements(dom, name):
    """The titles of the things with such a class, in the order of the document."""
    titles = re.findall(rf'<g\b[^>]* class="{name}\b[^>]*><title>([^<]*)</title>', dom)
    return [html.unescape(title) for title in titles]


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """The page of a run with a finding."""
    path = tmp_path_factory.mktemp("timeline") / "hasty.html"
    path.write_text(timeline(64).to_html())
    return path


def test_bars_marks_and_findings_are_there(page, tmp_path):
    dom = document(page, tmp_path)
    copies = elements(dom, "flight")
    assert len(copies) == 2 * 3 * 2
    assert sum("A \u2192 tile" in copy for copy in copies) == 6
    assert all(re.search(r"in flight for \d+ operations?, from \d+ to \d+", copy) for copy in copies)
    assert len(elements(dom, "wait")) == 12
    assert len(elements(dom, "barrier")) == 3
    assert any(title.startswith("read-before-wait") for title in elements(dom, "trouble"))
    assert "accused" in dom
    assert re.search(r'<ul class="findings"><li><a href="#finding-[^"]*">read-before-wait</a>', dom)


def test_the_script_runs(page, tmp_path):
    dom = document(page, tmp_path)
    assert re.search(r'<svg class="plot[^>]*style="width: \d+', dom), "the plot has a width of its own"
    assert len(re.findall(r'class="axis shown"', dom)) == 1


def after(page, tmp_path, action):
    """The document after something was done to the page: statements for its script."""
    acted = tmp_path / "acted.html"
    acted.write_text(page.read_text().replace("</body>", f"<script>{action}</script></body>"))
    return document(acted, tmp_path)


def test_hovering_says_what_a_bar_is_and_marks_its_wait(page, tmp_path):
    hover = 'new PointerEvent("pointermove", { bubbles: true, clientX: 400, clientY: 300 })'
    dom = after(page, tmp_path, f"document.querySelector('[data-copy=\"1\"] rect').dispatchEvent({hover})")
    assert re.search(
        r'<div class="detail" style="[^"]*">copy 1: A \u2192 tile\n32 \u00d7 1 elements, 128 bytes\n', dom
    )
    assert re.search(r'<g class="wait related" data-copies="1">', dom)


def test_zooming_widens_the_plot_and_refines_its_axis(page, tmp_path):
    def plot(dom):
        width = re.search(r'<svg class="plot[^>]*style="width: ([\d.]+)px', dom)
        step = re.search(r'class="axis shown" data-step="(\d+)"', dom)
        return float(width[1]), int(step[1])

    width, step = plot(document(page, tmp_path))
    wide, fine = plot(after(page, tmp_path, "document.querySelector('[data-zoom=\"2\"]').click()"))
    assert wide == pytest.approx(2 * width)
    assert fine < step


def test_what_a_script_complains_of_would_be_seen(tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text("<!doctype html><title>broken</title><script>nowhere()</script>")
    assert "nowhere is not defined" in complaints(chromium(broken, tmp_path, "--dump-dom"))[0]


def test_it_can_be_seen_in_light_and_in_dark(page, tmp_path):
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html><title>blank</title>")
    nothing, light = screenshot(blank, tmp_path), screenshot(page, tmp_path)
    assert len(light) > 4 * len(nothing)
    assert screenshot(page, tmp_path, DARK) != light


def test_a_right_run_has_no_findings(tmp_path):
    page = tmp_path / "right.html"
    page.write_text(timeline(0).to_html())
    dom = document(page, tmp_path)
    assert elements(dom, "flight") and not elements(dom, "trouble")
    assert "nothing wrong" in dom
