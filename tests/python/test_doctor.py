"""What `enigma doctor` says, away from a Mac."""

import json

import pytest

import enigma
from enigma.cli import main

pytestmark = pytest.mark.skipif(enigma.testing.is_darwin(), reason="a Mac is here")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ENIGMA_CACHE_DIR", str(tmp_path / "verdicts"))
    return tmp_path / "verdicts"


def test_it_says_plainly_what_there_is(capsys, cache):
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "no Metal device (no Mac here): launches go to the CPU" in text
    assert "asm (default for macos15: no Mac here)" in text
    assert str(cache) in text
    assert "xcrun" in text


def test_json_says_the_same(capsys, cache):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    assert found["machine"] is None
    assert found["no_metal"] == "no Mac here"
    assert found["toolchain"] is None
    assert found["kept_in"] == str(cache)
    assert found["verdicts"] == []
    assert {auto["linear_copy"]: auto["lowering"] for auto in found["auto"]} == {"row": "asm", "1d": "asm"}


def test_away_from_a_mac_nothing_is_tried_and_nothing_kept(capsys, cache):
    assert main(["doctor", "--fresh"]) == 0
    assert not cache.exists()


def test_what_it_cannot_be_asked_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--slow"])
    assert ended.value.code == 2
    assert "--slow" in capsys.readouterr().err


def test_what_auto_takes_is_what_the_doctor_says(capsys):
    @enigma.kernel
    def nothing(A: enigma.f32):
        A[enigma.thread_position_in_grid] = 0.0

    main(["doctor", "--json"])
    said = json.loads(capsys.readouterr().out)["auto"][0]
    taken = enigma.compile(nothing).async_lowering
    assert (taken.name, taken.reason) == (said["lowering"], said["reason"])
