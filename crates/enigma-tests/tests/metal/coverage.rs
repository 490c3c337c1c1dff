//! No row of the operation table is forgotten.

use enigma_ir::table::{Group, OpInfo, TABLE};

use crate::{atomics, elementwise, geometry, lanes};

/// The file that executes a row.
fn executed(row: &OpInfo) -> Option<&'static str> {
    match row.group {
        _ if elementwise::is_elementwise(row) => Some("elementwise"),
        _ if lanes::is_of_lanes(row) => Some("lanes"),
        _ if atomics::is_atomic(row) => Some("atomics"),
        _ if geometry::is_geometric(row) => Some("geometry"),
        Group::Position => Some("control"),
        _ => match row.name {
            "constant" | "metal_cast" => Some("casts"),
            "as_type" | "extract_bits" | "insert_bits" => Some("bits"),
            "make_vec" | "vec_extract" => Some("components"),
            "load" | "store" => Some("components"),
            "load_if" | "store_if" | "vec_load" | "vec_store" => Some("memory"),
            "function_constant" | "debug_print" => Some("constants"),
            "if" | "for" | "while" | "register_fill" => Some("control"),
            "barrier" | "simd_barrier" => Some("collectives"),
            "simdgroup_matrix_load" | "simdgroup_matrix_store" => Some("collectives"),
            "simdgroup_multiply_accumulate" | "make_filled_simdgroup_matrix" => Some("collectives"),
            "async_copy_1d_d2t" | "async_copy_1d_t2d" | "async_copy_2d_d2t" | "async_copy_2d_t2d" => Some("copies"),
            "async_copy_wait" => Some("copies"),
            _ => None,
        },
    }
}

#[test]
fn every_row_is_executed() {
    let forgotten: Vec<&str> = TABLE.iter().filter(|row| executed(row).is_none()).map(|row| row.name).collect();
    assert!(forgotten.is_empty(), "the Metal tests do not execute {forgotten:?}");
}
