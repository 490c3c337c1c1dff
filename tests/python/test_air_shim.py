"""The stand-in for AIR's functions: hand-written texts run, and wrong ones are refused by name."""

import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "air_shim"), str(TESTS / "metal_shim")]

from air_host import compile_air  # noqa: E402
from air_text import AirError  # noqa: E402

POSITION = '!"air.{0}", !"air.arg_type_name", !"uint"'
EVENT = "%struct._simdgroup_event_t"
BARRIER = "void @air.wg.barrier(i32, i32)"
COPY_IN = (
    f"{EVENT}* @air.simdgroup_async_copy_1d.p3i8.p1i8(i64, i64, i8 addrspace(3)*, i8 addrspace(1)*, i64)"
)
WAIT = f"void @air.wait_simdgroup_events(i32, {EVENT}**)"


def module(body, *, buffers=("float",), positions=("thread_position_in_grid",), declared=(), before=""):
    """A text whose kernel has buffers `%b0`, `%b1`, ... and positions by their names."""
    parameters = [f"{ty} addrspace(1)* %b{n}" for n, ty in enumerate(buffers)]
    parameters += [f"i32 %{position}" for position in positions]
    nodes = [
        f'!"air.buffer", !"air.location_index", i32 {n}, i32 1, !"air.read_write"'
        for n in range(len(buffers))
    ]
    nodes += [POSITION.format(position) for position in positions]
    arguments = ", ".join(f"!{n + 3}" for n in range(len(nodes)))
    head = f"define void @tested({', '.join(parameters)}) {{\nentry:"
    metadata = [
        "!air.kernel = !{!0}",
        f"!0 = !{{void ({', '.join(p.rpartition(' ')[0] for p in parameters)})* @tested, !1, !2}}",
        "!1 = !{}",
        f"!2 = !{{{arguments}}}",
        *(f"!{n + 3} = !{{i32 {n}, {node}}}" for n, node in enumerate(nodes)),
    ]
    declarations = [f"declare {declaration}" for declaration in declared]
    return "\n".join([before, head, body, "  ret void\n}", *declarations, *metadata, ""])


def each(ty, expression, declared, before=""):
    """A text that replaces each element `%x` of its buffer by `%y`."""
    return module(
        f"""  %i = zext i32 %thread_position_in_grid to i64
  %p = getelementptr inbounds {ty}, {ty} addrspace(1)* %b0, i64 %i
  %x = load {ty}, {ty} addrspace(1)* %p
  {expression}
  store {ty} %y, {ty} addrspace(1)* %p""",
        buffers=[ty],
        declared=declared,
        before=before,
    )


def test_functions_of_numbers():
    text = each("float", "%y = call float @air.sqrt.f32(float %x)", ["float @air.sqrt.f32(float)"])
    data = np.arange(100, dtype=np.float32)
    compile_air(text).run([data], grid=(100,), threads=(32,))
    np.testing.assert_array_equal(data, np.sqrt(np.arange(100, dtype=np.float32)))


def test_half_rounds_after_every_operation():
    text = each("half", "%s = fmul half %x, %x\n  %y = fsub half %s, %x", [])
    x = np.random.default_rng(1).uniform(-30, 30, 200).astype(np.float16)
    data = x.copy()
    compile_air(text).run([data], grid=(200,), threads=(32,))
    np.testing.assert_array_equal(data, x * x - x)


def test_lanes_that_diverge_meet_in_the_order_of_the_text():
    text = module(
        """  %odd = and i32 %thread_position_in_grid, 1
  %is = icmp eq i32 %odd, 1
  br i1 %is, label %then, label %join
then:
  %a = call i32 @air.simd_sum.u.i32(i32 %thread_position_in_grid)
  br label %join
join:
  %v = phi i32 [ 0, %entry ], [ %a, %then ]
  %w = call i32 @air.simd_max.u.i32(i32 %v)
  %p = getelementptr inbounds i32, i32 addrspace(1)* %b0, i32 %thread_position_in_grid
  store i32 %w, i32 addrspace(1)* %p""",
        buffers=["i32"],
        declared=["i32 @air.simd_sum.u.i32(i32)", "i32 @air.simd_max.u.i32(i32)"],
    )
    data = np.zeros(32, np.uint32)
    compile_air(text).run([data], grid=(32,), threads=(32,))
    np.testing.assert_array_equal(data, sum(range(1, 32, 2)))


def copied(between):
    """A text that copies 32 floats to threadgroup memory, does something, and stores what is there."""
    return module(
        f"""  %events = alloca [1 x {EVENT}*], align 8
  %tile = bitcast [32 x float] addrspace(3)* @tile to i8 addrspace(3)*
  %source = bitcast float addrspace(1)* %b0 to i8 addrspace(1)*
  %e = call {COPY_IN.split("(")[0]}(i64 4, i64 4, i8 addrspace(3)* %tile, i8 addrspace(1)* %source, i64 32)
  %first = getelementptr [1 x {EVENT}*], [1 x {EVENT}*]* %events, i64 0, i64 0
  store {EVENT}* %e, {EVENT}** %first
  %i = zext i32 %thread_position_in_grid to i64
  %p = getelementptr [32 x float], [32 x float] addrspace(3)* @tile, i64 0, i64 %i
  %q = getelementptr float, float addrspace(1)* %b1, i64 %i
  {between}""",
        buffers=["float", "float"],
        declared=[COPY_IN, WAIT, BARRIER],
        before=f"{EVENT} = type opaque\n@tile = internal addrspace(3) global [32 x float] undef, align 4",
    )


AWAIT = f"call void @air.wait_simdgroup_events(i32 1, {EVENT}** %first)"
MEET = "call void @air.wg.barrier(i32 2, i32 1)"
READ = "%v = load float, float addrspace(3)* %p\n  store float %v, float addrspace(1)* %q"


@pytest.mark.parametrize("early", [False, True])
def test_a_copy_is_carried_out_by_its_wait(early):
    steps = [READ, MEET, AWAIT, MEET] if early else [AWAIT, MEET, READ]
    source, target = np.arange(32, dtype=np.float32), np.zeros(32, np.float32)
    compile_air(copied("\n  ".join(steps))).run([source, target], grid=(32,), threads=(32,))
    poison = np.frombuffer(b"\xa5" * 128, np.float32)
    np.testing.assert_array_equal(target, poison if early else source)


NEVER = f"""%never = call i1 @never()
  br i1 %never, label %yes, label %no
yes:
  {AWAIT}
  br label %no
no:"""


@pytest.mark.parametrize(
    ("steps", "message"),
    [([MEET, READ, NEVER], "still in flight"), ([AWAIT, AWAIT, MEET, READ], "not in flight")],
)
def test_misuse_of_copies_is_found(steps, message):
    text = copied("\n  ".join(steps)) + "define internal i1 @never() noinline {\n  ret i1 false\n}\n"
    arrays = [np.zeros(32, np.float32), np.zeros(32, np.float32)]
    with pytest.raises(RuntimeError, match=message):
        compile_air(text).run(arrays, grid=(32,), threads=(32,))


CONSTANT = """
@chosen = internal addrspace(2) global i32 undef, align 4
@SET = internal addrspace(2) externally_initialized constant i32 undef, section "air.fc_initializer", align 4
@llvm.global_ctors = appending global [1 x TYPE] [TYPE { i32 65535, void ()* @start, i8* null }]
define internal void @start() section "air.static_init" {
  %v = load i32, i32 addrspace(2)* @SET, align 4
  store i32 %v, i32 addrspace(2)* @chosen, align 4
  ret void
}
!air.function_constants = !{!9}
!9 = !{i32 addrspace(2)* @SET, !"uint", !"chosen", i32 5}
""".replace("SET", "_Z6chosen.MTL_FC_INIT_5_j").replace("TYPE", "{ i32, void ()*, i8* }")


def test_function_constants():
    text = each("i32", "%c = load i32, i32 addrspace(2)* @chosen\n  %y = add i32 %x, %c", [], CONSTANT)
    kernel = compile_air(text)
    for value in (7, 1000):
        data = np.arange(4, dtype=np.uint32)
        kernel.run([data], grid=(4,), constants={5: np.uint32(value)})
        np.testing.assert_array_equal(data, np.arange(4) + value)


WRONG = {
    "a function that AIR does not have": (
        each("float", "%y = call float @air.smoothstep.f32(float %x)", ["float @air.smoothstep.f32(float)"]),
        "tested: AIR has no function `air.smoothstep.f32`",
    ),
    "a function of another type": (
        each("float", "%y = call float @air.sqrt.f32(float %x, float %x)", ["float @air.sqrt.f32(float, float)"]),
        r"`air.sqrt.f32` is `float \(float\)`, not `float \(float, float\)`",
    ),
    "a function that nothing calls": (
        each("float", "%y = fadd float %x, %x", ["float @air.sqrt.f32(float)"]),
        "`air.sqrt.f32` is declared and never called",
    ),
    "a value of another type": (
        each("float", "%y = fadd float %x, %i", []),
        "tested: llvm-as-14: .*'%i' defined with type 'i64' but expected 'float'",
    ),
    "a value before it is computed": (
        each("float", "%y = fadd float %z, %x\n  %z = fadd float %x, %x", []),
        "Instruction does not dominate all uses",
    ),
    "what a GPU's compiler refuses": (
        each("float", "%w = sitofp i64 %i to float\n  %y = fadd float %x, %w", []),
        "calls of air.convert: `%w = sitofp i64 %i to float`",
    ),
    "a step through bytes after another": (
        each(
            "i8",
            "%q = getelementptr inbounds i8, i8 addrspace(1)* %p, i64 1\n  %y = load i8, i8 addrspace(1)* %q",
            [],
        ),
        "two steps through bytes are to be one: `%q = getelementptr",
    ),
    "two tiles beside copies": (
        copied(f"{AWAIT}\n  {MEET}\n  {READ}").replace(
            "@tile =", "@other = internal addrspace(3) global [2 x float] undef, align 4\n@tile ="
        ),
        "more than one threadgroup array",
    ),
    "a position that there is not": (
        each("float", "%y = fadd float %x, %x", []).replace("air.thread_position", "air.lane_position"),
        "no position `air.lane_position_in_grid`",
    ),
    "no kernel": (each("float", "%y = fadd float %x, %x", []).replace("air.kernel", "air.vertex"), "lists 0 kernels"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_text_is_refused(wrong):
    text, message = WRONG[wrong]
    with pytest.raises(AirError, match=message):
        compile_air(text)
