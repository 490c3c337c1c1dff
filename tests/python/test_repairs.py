"""A finding's repair, applied to the source: the kernel compiles then."""

import itertools
import linecache
import textwrap

import numpy as np
import pytest

import enigma

NUMBERS = itertools.count()

# Wrong kernels. `# INSERTED` stands on the line that the repair of the first finding goes before, or, where it goes
# last, on the line that it follows.
WRONG = {
    "never waited": """
        enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        enigma.barrier()  # INSERTED
        B[i] = tile[0]
    """,
    "never waited, and nothing follows": """
        tile[i] = 1.0
        ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)  # INSERTED
    """,
    "never waited in a branch": """
        with enigma.if_(n > 3):
            ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
            x = A[i]
            B[i] = x + tile[i]  # INSERTED
    """,
    "never waited in a loop": """
        with enigma.for_range(0, n) as k:
            B[k] = 1.0
            enigma.async_copy_1d_d2t(
                tile, 0,
                A, k * 64, 64,
            )  # INSERTED
        B[i] = 2.0
    """,
    "never waited after the loop": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        for k in enigma.range(n):
            enigma.async_copy_wait(ev)
            ev = enigma.async_copy_1d_d2t(tile, 0, A, k, 32)
        enigma.barrier()  # INSERTED
        B[i] = tile[0]
    """,
    "read before the wait": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        B[i] = (  # INSERTED
            1.0
            + tile[i]
        )
        enigma.async_copy_wait(ev)
    """,
    "read before the wait, which comes after a barrier": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        enigma.barrier()  # INSERTED
        B[i] = tile[i]
        enigma.async_copy_wait(ev)
    """,
    "read before one wait for two": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        other = enigma.async_copy_1d_d2t(tile, 32, A, 0, 32)
        B[i] = tile[0]  # INSERTED
        enigma.async_copy_wait(other, ev)
    """,
    "read in a branch": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        with enigma.if_(n > 3):  # INSERTED
            with enigma.for_range(0, n) as k:
                B[k] = tile[k]
        enigma.async_copy_wait(ev)
    """,
    "read in a branch that waits": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        with enigma.if_(n > 3) as (then, otherwise):  # INSERTED
            with then:
                B[i] = tile[i]
                enigma.async_copy_wait(ev)
            with otherwise:
                enigma.async_copy_wait(ev)
                B[i] = 0.0
    """,
    "read in an unrolled loop": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        for k in enigma.range_constexpr(4):  # INSERTED
            B[k] = tile[k]
        enigma.async_copy_wait(ev)
    """,
    "read under a condition of Python's": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        if tile is None:  # INSERTED
            pass
        else:
            B[i] = tile[0]
        enigma.async_copy_wait(ev)
    """,
    "written before the wait": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        tile[i] = 1.0  # INSERTED
        enigma.async_copy_wait(ev)
        B[i] = tile[i]
    """,
    "source overwritten": """
        tile[i] = 1.0
        ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)
        tile[i] = 2.0  # INSERTED
        enigma.async_copy_wait(ev)
    """,
    "source overwritten in a loop": """
        ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 64)
        for k in enigma.range(4):  # INSERTED
            tile[k] = 2.0
        enigma.async_copy_wait(ev)
    """,
    "a second copy into the tile": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        x = A[i]
        other = enigma.async_copy_1d_d2t(tile, 32, A, 0, 32)  # INSERTED
        enigma.async_copy_wait(ev, other)
        B[i] = x + tile[i]
    """,
    "a second copy in a loop": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        for k in enigma.range(n):
            following = enigma.async_copy_1d_d2t(tile, 0, A, k, 64)  # INSERTED
            enigma.async_copy_wait(ev)
            ev = following
        enigma.async_copy_wait(ev)
    """,
    "read before a carried wait": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        for k in enigma.range(n):
            B[i] = tile[k % 2 * 32]  # INSERTED
            enigma.async_copy_wait(ev)
            ev = enigma.async_copy_1d_d2t(tile, (k + 1) % 2 * 32, A, 0, 32)
        enigma.async_copy_wait(ev)
    """,
    "a carried event that nobody waits for": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        for k in enigma.range(n):
            following = enigma.async_copy_1d_d2t(tile, (k + 1) % 2 * 32, A, 0, 32)
            enigma.barrier()  # INSERTED
            B[i] = tile[k % 2 * 32]
            enigma.barrier()
            ev = following
        enigma.async_copy_wait(ev)
    """,
    "read before the wait for what `carry` holds": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        total = 1.0
        with enigma.for_range(0, n, init=[total, ev]) as (k, carry):
            carry[0] = carry[0] + tile[k % 2 * 32]  # INSERTED
            enigma.async_copy_wait(carry[1])
            enigma.barrier()
            carry[1] = enigma.async_copy_1d_d2t(tile, (k + 1) % 2 * 32, A, 0, 32)
        enigma.async_copy_wait(carry[1])
        B[i] = carry[0]
    """,
    "read after the loop that carries the event": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        with enigma.for_range(0, n, init=[ev]) as (k, carry):
            enigma.async_copy_wait(carry[0])
            carry[0] = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        B[i] = tile[i]  # INSERTED
        enigma.async_copy_wait(carry[0])
    """,
}

# Wrong kernels that a statement in one place cannot mend for certain.
UNREPAIRED = {
    "several statements on a line": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64); B[i] = tile[i]
        enigma.async_copy_wait(ev)
    """,
    "a statement beside its `with`": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        with enigma.if_(n > 3): B[i] = tile[i]
        enigma.async_copy_wait(ev)
    """,
    "issued and read in one statement": """
        kept = [enigma.async_copy_1d_d2t(tile, 0, A, 0, 64), tile[i]]
        enigma.async_copy_wait(kept[0])
    """,
    "another copy under the name": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 32)
        first = ev
        ev = enigma.async_copy_1d_d2t(tile, 32, A, 0, 32)
        B[i] = tile[0]
        enigma.async_copy_wait(first, ev)
    """,
    "issued several times by one line": """
        for k in range(2):
            ev = enigma.async_copy_1d_d2t(tile, k * 32, A, 0, 32)
            B[i] = tile[k * 32]
            enigma.async_copy_wait(ev)
    """,
    "waited for under another name": """
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        events = [ev]
        B[i] = tile[i]
        enigma.async_copy_wait(*events)
    """,
    "read in a function that is called twice": """
        def read():
            return tile[i]
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 64)
        B[i] = read()
        B[i] = read()
        enigma.async_copy_wait(ev)
    """,
}


# Kernels that are wrong when four simdgroups run them.
RUN_WRONG = {
    "a band that another simdgroup copied is read": """
        sg = enigma.simdgroup_index_in_threadgroup()
        t = enigma.thread_index_in_threadgroup()
        ev = enigma.async_copy_1d_d2t(tile, sg * 32, A, sg * 32, 32)
        enigma.async_copy_wait(ev)
        B[t] = tile[127 - t]
    """,
    "the next copy comes while others read": """
        sg = enigma.simdgroup_index_in_threadgroup()
        t = enigma.thread_index_in_threadgroup()
        with enigma.for_range(0, 3) as k:
            ev = enigma.async_copy_1d_d2t(tile, sg * 32, A, sg * 32, 32)
            enigma.async_copy_wait(ev)
            enigma.barrier()
            B[t] = tile[127 - t]
    """,
    "a result is read back out of device memory": """
        sg = enigma.simdgroup_index_in_threadgroup()
        t = enigma.thread_index_in_threadgroup()
        tile[t] = A[t]
        ev = enigma.async_copy_1d_t2d(B, 0, tile, 0, 128, where=sg == 0)
        enigma.async_copy_wait(ev)
        x = B[127 - t]
        enigma.barrier("mem_device")
        B[t] = x
    """,
    "what another simdgroup stored is loaded": """
        t = enigma.thread_index_in_threadgroup()
        tile[t] = A[t]
        B[t] = tile[127 - t]
    """,
    "what another lane stored is loaded": """
        t = enigma.thread_index_in_threadgroup()
        tile[t] = A[t]
        B[t] = tile[t // 32 * 32 + (31 - t % 32)]
    """,
    "the next iteration stores what others still load": """
        t = enigma.thread_index_in_threadgroup()
        for k in enigma.range(3):
            tile[t] = A[t]
            enigma.barrier()
            B[t] = tile[127 - t]
    """,
    "waited for in a branch that no thread takes": """
        t = enigma.thread_index_in_threadgroup()
        sg = enigma.simdgroup_index_in_threadgroup()
        ev = enigma.async_copy_1d_d2t(tile, sg * 32, A, sg * 32, 32)
        with enigma.if_(A[0] > 1.0):
            enigma.async_copy_wait(ev)
            B[t] = tile[t]
    """,
    "one simdgroup copies, all read": """
        t = enigma.thread_index_in_threadgroup()
        sg = enigma.simdgroup_index_in_threadgroup()
        ev = enigma.async_copy_1d_d2t(tile, 0, A, 0, 128, where=sg == 0)
        with enigma.for_range(0, 2) as k:
            B[t + k * 128] = tile[t]
        enigma.async_copy_wait(ev)
    """,
    "a double buffer with too few barriers": """
        t = enigma.thread_index_in_threadgroup()
        sg = enigma.simdgroup_index_in_threadgroup()
        ev = enigma.async_copy_1d_d2t(tile, sg * 16, A, 0, 16)
        for k in enigma.range(4):
            here = k % 2 * 64
            there = (k + 1) % 2 * 64
            enigma.async_copy_wait(ev)
            ev = enigma.async_copy_1d_d2t(tile, there + sg * 16, A, k * 16, 16)
            enigma.barrier()
            B[t] = tile[here + t % 64]
        enigma.async_copy_wait(ev)
    """,
}


def kernel_text(body: str, preamble: str = "import enigma", size: int = 64) -> str:
    """The source of a module with one kernel, and a tile of `size` elements."""
    prefix = "enigma." if preamble == "import enigma" else preamble.split()[-1] + "."
    head = f"""{preamble}


@{prefix}kernel
def example(A: {prefix}f32, B: {prefix}f32, n: {prefix}Scalar({prefix}i32)):
    i = {prefix}thread_position_in_grid
    tile = {prefix}threadgroup_alloc("float", {size})
"""
    return head + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"


def example(text: str) -> enigma.Kernel:
    """The kernel of a module with this text."""
    path = f"<repairs {next(NUMBERS)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    module = {"__name__": "repairs"}
    exec(compile(text, path, "exec"), module)
    return module["example"]


def findings(text: str) -> tuple[enigma.Diagnostic, ...]:
    """What the compiler finds in the kernel."""
    try:
        enigma.compile(example(text))
    except enigma.EnigmaError as error:
        return error.diagnostics
    return ()


def repaired(text: str) -> str:
    """The text after the first repair of each of its findings in turn, until there are none."""
    for _ in range(4):
        wrong = findings(text)
        if not wrong:
            return text
        repairs = [finding.repair for finding in wrong if finding.repair]
        assert repairs, f"nothing mends this:\n{text}\n{[d.rule for d in wrong]}"
        text = repairs[0].apply(text)
    raise AssertionError(f"the repairs do not come to an end:\n{text}")


@pytest.mark.parametrize("name", WRONG)
def test_the_repair_mends_it(name):
    text = kernel_text(WRONG[name])
    repair = findings(text)[0].repair
    assert repair is not None
    (marked,) = [n for n, line in enumerate(text.split("\n"), 1) if "# INSERTED" in line]
    assert repair.before_line in (marked, marked + 1)
    assert repair.statement in repair.apply(text)
    assert "async_copy_wait" in repaired(text)


@pytest.mark.parametrize("name", WRONG)
def test_every_repair_mends_its_own_finding(name):
    text = kernel_text(WRONG[name])
    for finding in findings(text):
        if finding.repair is None:
            continue
        left = findings(finding.repair.apply(text))
        assert finding.message not in [other.message for other in left]
        assert {other.rule for other in left} <= {other.rule for other in findings(text)}


@pytest.mark.parametrize("name", UNREPAIRED)
def test_a_doubtful_repair_is_not_offered(name):
    wrong = findings(kernel_text(UNREPAIRED[name]))
    assert wrong
    assert [finding.repair for finding in wrong] == [None] * len(wrong)


def test_the_wait_is_moved_not_doubled():
    (finding,) = findings(kernel_text(WRONG["read before one wait for two"]))
    after = finding.repair.apply(kernel_text(WRONG["read before one wait for two"]))
    assert after.count("async_copy_wait(ev)") == 1
    assert "async_copy_wait(other)\n" in after
    assert "other, ev" not in after


def test_a_branch_that_is_left_empty_passes():
    body = WRONG["read in a branch that waits"].replace("                B[i] = 0.0\n", "")
    after = repaired(kernel_text(body))
    assert "        with otherwise:\n            pass\n" in after


def test_the_package_is_called_as_the_source_calls_it():
    body = WRONG["read before the wait"].replace("enigma.", "en.")
    (finding,) = findings(kernel_text(body, "import enigma as en"))
    assert finding.repair.statement == "en.async_copy_wait(ev)"

    bare = """from enigma import async_copy_1d_d2t, async_copy_wait, f32, kernel, threadgroup_alloc


@kernel
def example(A: f32, B: f32):
    tile = threadgroup_alloc("float", 64)
    ev = async_copy_1d_d2t(tile, 0, A, 0, 64)
    B[0] = tile[0]
    async_copy_wait(ev)
"""
    (finding,) = findings(bare)
    assert finding.repair.statement == "async_copy_wait(ev)"
    unimported = bare.replace(" async_copy_wait,", "").replace("    async_copy_wait(ev)\n", "")
    assert [finding.repair for finding in findings(unimported)] == [None, None]


def test_the_message_shows_the_changed_lines():
    with pytest.raises(enigma.EnigmaError) as raised:
        enigma.compile(example(kernel_text(WRONG["read before one wait for two"])))
    message = str(raised.value)
    assert "+     enigma.async_copy_wait(ev)\n" in message
    assert "-     enigma.async_copy_wait(other, ev)\n" in message
    assert "+     enigma.async_copy_wait(other)\n" in message


def run_errors(text: str) -> list[enigma.Diagnostic]:
    """The errors that a checked run of four simdgroups finds."""
    a, b = np.arange(4096, dtype=np.float32), np.zeros(4096, np.float32)
    report = enigma.check(example(text), a, b, 5, grid=128, threads=128)
    return [finding for finding in report.findings if finding.severity == "error"]


@pytest.mark.parametrize("name", RUN_WRONG)
def test_repairs_of_what_a_run_finds_come_to_an_end(name):
    text = kernel_text(RUN_WRONG[name], size=128)
    wrong = run_errors(text)
    assert wrong
    for _ in range(3):
        if not wrong:
            break
        assert wrong[0].repair is not None
        text = wrong[0].repair.apply(text)
        wrong = run_errors(text)
    assert not wrong, text
