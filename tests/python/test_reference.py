"""The reference page: it has every operation and every name, and shows what its examples give."""

import inspect
import re

import pytest

import enigma
from enigma import _core
from reference_examples import EXAMPLES
from reference_page import ALSO, REFERENCE, SECTIONS, entry, page, spelling

ROWS = [row for row in _core.operation_table() if row.group != "Structure"]

# Every name that a kernel of the published API may use, but for tiles, quantisation and layouts.
PUBLISHED = re.findall(r"[\w.]+", """
    thread_position_in_grid_xyz thread_position_in_threadgroup
    threadgroup_position_in_grid threads_per_threadgroup threads_per_grid threadgroups_per_grid grid_size
    thread_index_in_threadgroup thread_index_in_simdgroup simdgroup_index_in_threadgroup threads_per_simdgroup
    simdgroups_per_threadgroup arch.thread_idx arch.block_idx arch.block_dim threadgroup_alloc register_tensor
    load_if store_if barrier simd_barrier async_copy_1d_d2t async_copy_1d_t2d async_copy_2d_d2t
    async_copy_2d_t2d async_copy_wait async_copy_to_threadgroup async_copy_commit for_range range
    range_constexpr if_ while_ Carry where metal_cast as_type cmp_eq cmp_ne cmp_lt cmp_le cmp_gt cmp_ge cmp_ult
    cmp_ule cmp_ugt cmp_uge sqrt rsqrt abs ceil floor round trunc sign saturate fract exp exp2 log log2 log10
    sin cos tan asin acos atan sinh cosh tanh isnan isinf isfinite signbit isnormal fmin fmax pow fmod atan2
    step copysign clamp fma mix smoothstep imin imax iclamp abs_diff abs_diff_unary add_sat sub_sat mul_hi
    rotate mad_sat popcount clz ctz reverse_bits extract_bits insert_bits make_vec make_float2 make_float3
    make_float4 vec_extract dot length distance cross normalize reflect refract faceforward
    pack_float_to_snorm4x8 pack_float_to_unorm4x8 pack_float_to_snorm2x16 pack_float_to_unorm2x16
    pack_float_to_srgb_unorm4x8 pack_float_to_unorm10a2 unpack_snorm4x8_to_float unpack_unorm4x8_to_float
    unpack_snorm2x16_to_float unpack_unorm2x16_to_float unpack_srgb_unorm4x8_to_float unpack_unorm10a2_to_float
    simd_sum simd_product simd_min simd_max simd_and simd_or simd_xor simd_prefix_exclusive_sum
    simd_prefix_inclusive_sum simd_prefix_exclusive_product simd_prefix_inclusive_product simd_shuffle
    simd_shuffle_up simd_shuffle_down simd_shuffle_xor simd_broadcast quad_sum quad_product quad_min quad_max
    quad_and quad_or quad_xor quad_prefix_exclusive_sum quad_prefix_inclusive_sum quad_shuffle quad_shuffle_up
    quad_shuffle_down quad_shuffle_xor quad_broadcast atomic_load atomic_store atomic_exchange atomic_fetch_add
    atomic_fetch_sub atomic_fetch_min atomic_fetch_max atomic_fetch_and atomic_fetch_or atomic_fetch_xor
    atomic_compare_exchange_weak simdgroup_matrix_load simdgroup_matrix_store simdgroup_multiply_accumulate
    make_filled_simdgroup_matrix mat_make matmul transpose determinant function_constant debug_print
""")  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_name_is_there(name):
    found = enigma
    for part in name.split("."):
        found = getattr(found, part)
    assert inspect.getdoc(found)


def test_the_position_is_an_attribute_inside_a_kernel():
    with pytest.raises(enigma.EnigmaError, match="outside a kernel"):
        enigma.thread_position_in_grid  # noqa: B018


def test_every_operation_has_an_example_and_a_section():
    assert [row.name for row in ROWS if row.name not in EXAMPLES] == []
    assert EXAMPLES.keys() == {row.name for row in ROWS}
    assert {row.group for row in ROWS} == SECTIONS.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_page_shows_what_the_example_gives(row):
    assert entry(row) in REFERENCE.read_text(), "`make pages` writes it"


def test_the_page_is_current():
    assert page() == REFERENCE.read_text(), "`make pages` writes it"


def test_every_function_is_spelled_on_the_page():
    spelled = " ".join([*map(spelling, ROWS), *ALSO.values()])
    for name, *_ in _core.operations():
        assert re.search(rf"\b{name}\b", spelled), name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_examples_use_what_they_are_examples_of(row):
    words = re.findall(r"\w+|[^\w\s]+", EXAMPLES[row.name].body)
    written = {"load": "A", "store": "B", "abs": "abs", "neg": "-", "not": "~"}
    operator = spelling(row).split()[1] if row.group == "Arithmetic" and " " in spelling(row) else None
    assert written.get(row.name, operator or row.name) in words
