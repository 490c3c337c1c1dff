"""How asynchronous copies reach Apple's hardware: what is asked for, what is taken, and why."""

import pytest

import enigma

LOWERINGS = ["asm", "asm-escaped", "cooperative", "air"]
SYSTEMS = {"macos13": "asm", "macos14": "asm", "macos15": "asm", "macos26": "air"}


elsewhere = pytest.mark.skipif(enigma.testing.is_darwin(), reason="a Mac is here")


@enigma.kernel
def staged(A: enigma.f32, B: enigma.f32):
    tile = enigma.threadgroup_alloc("float", 32)
    copy = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
    enigma.async_copy_wait(copy)
    enigma.barrier()
    lane = enigma.thread_index_in_simdgroup()
    B[lane] = tile[lane]


@pytest.mark.parametrize("name", LOWERINGS)
def test_what_is_asked_for_is_taken(name):
    compiled = enigma.compile(staged, async_lowering=name)
    assert compiled.async_lowering == enigma.Lowering(name, "as was asked for")
    assert str(compiled.async_lowering) == f"{name} (as was asked for)"


@elsewhere
@pytest.mark.parametrize(("system", "name"), SYSTEMS.items())
def test_away_from_a_mac_the_system_decides(system, name):
    taken = enigma.compile(staged, target_os=system).async_lowering
    assert taken == enigma.Lowering(name, f"default for {system}: no Mac here")


@elsewhere
def test_without_a_system_it_is_macos_15():
    taken = enigma.compile(staged).async_lowering
    assert taken == enigma.Lowering("asm", "default for macos15: no Mac here")


def test_the_source_under_air_is_that_under_asm_and_says_so():
    lines = {
        name: enigma.compile(staged, async_lowering=name).metal_source.splitlines() for name in LOWERINGS
    }
    added = [line for line in lines["air"] if line not in lines["asm"]]
    assert [line for line in lines["air"] if line in lines["asm"]] == lines["asm"]
    assert len(added) == 1 and ".metallib" in added[0] and added[0].startswith("//")


def test_specialising_keeps_what_was_asked_for():
    @enigma.kernel
    def filled(A: enigma.u32):
        A[enigma.thread_position_in_grid] = enigma.function_constant("uint", 0)

    compiled = enigma.compile(filled, async_lowering="cooperative", constants={0: ("uint", 4)})
    assert compiled.async_lowering.name == "cooperative"
    unbound = enigma.compile(filled, async_lowering="air", vec_width=2)
    assert unbound.specialise({0: ("uint", 5)}).async_lowering.name == "air"


@pytest.mark.parametrize(
    ("options", "message", "help"),
    [
        ({"async_lowering": "dma"}, '`async_lowering` cannot be "dma"', '"auto", "asm", "asm-escaped"'),
        ({"async_lowering": None}, "`async_lowering` cannot be None", '"auto", "asm", "asm-escaped"'),
        (
            {"target_os": "macos12"},
            '`target_os` cannot be "macos12"',
            '"macos13", "macos14", "macos15", "macos26"',
        ),
        ({"target_os": 15}, "`target_os` cannot be the number 15", '"macos13"'),
        ({"gpu_family": 6}, "`gpu_family` cannot be the number 6", "7 (M1)"),
        ({"gpu_family": "M1"}, '`gpu_family` cannot be "M1"', "7 (M1)"),
        ({"linear_copy": "2d"}, '`linear_copy` cannot be "2d"', '"row", "1d"'),
        ({"read_back": 1}, "`read_back` cannot be the number 1", "True or False"),
    ],
)
def test_what_an_option_cannot_be_is_refused(options, message, help):
    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(staged, **options)
    (refusal,) = raised.value.diagnostics
    assert refusal.rule == "invalid-operand"
    assert refusal.message == message
    assert help in refusal.help[0]
    assert refusal.labels[0].file == __file__


@pytest.mark.parametrize("options", [{"gpu_family": 9}, {"linear_copy": "1d"}, {"read_back": False}])
def test_the_options_are_taken(options):
    assert "kernel void staged(" in enigma.compile(staged, **options).metal_source
