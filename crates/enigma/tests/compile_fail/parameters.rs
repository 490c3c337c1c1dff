//! A kernel takes buffers and values, and returns nothing.
use enigma::prelude::*;

#[enigma::kernel]
fn takes_numbers(out: Buffer<f32>, factor: f32) {
    out.store(0, factor);
}

#[enigma::kernel]
fn of_doubles(out: Buffer<f64>) {}

#[enigma::kernel]
fn returns(a: Buffer<f32>) -> Val<f32> {
    a.load(0)
}

#[enigma::kernel(fast)]
fn configured(a: Buffer<f32>) {}

fn misnamed() -> Kernel<(Buffer<f32>,)> {
    enigma::build("misnamed", ["a", "b"], |a: Buffer<f32>| a.store(0, 1.0))
}

fn main() {}
