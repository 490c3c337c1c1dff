//! What a wrong kernel is told: the place in the user's file, underlined, and the remedy.

use std::cell::Cell;

use enigma::prelude::*;

/// The message of a kernel that is refused.
fn refusal<P>(kernel: Kernel<P>) -> String {
    kernel.compile().expect_err("this kernel is wrong").to_string()
}

#[enigma::kernel]
fn read_before_wait(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let flight = async_copy_1d_d2t(&tile, Copy1d::from(a, 64));
    let early = tile.load(0);
    flight.wait();
    out.store(0, early);
}

#[enigma::kernel]
fn never_waited(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let _flight = tile.copy(Copy1d::from(a, 64));
    out.store(0, 1.0);
}

#[enigma::kernel]
fn event_escapes(a: Buffer<f32>, n: Val<u32>) {
    let tile = threadgroup::<f32>(64);
    let escaping = Cell::new(None);
    if_(n.gt(3), || {
        let flight = async_copy_1d_d2t(&tile, Copy1d::from(a, 64));
        escaping.set(Some(flight));
    });
    async_copy_wait(escaping.take());
}

#[enigma::kernel]
fn too_much(a: Buffer<f32>, out: Buffer<f32>) {
    let tile = threadgroup::<f32>(64);
    let tile = tile.copy(Copy1d::from(a, 65)).wait();
    out.store(0, tile.load(0));
}

#[enigma::kernel]
fn exchanged(a: Buffer<f32>, out: Buffer<f32>) {
    let (front, back) = (threadgroup::<f32>(32), threadgroup::<f32>(32));
    let (front, back) = range(0..4).carry((front, back), |_, (front, back)| (back, front));
    let front = front.copy(Copy1d::from(a, 32)).wait();
    out.store(0, front.load(0));
    back.store(0, 1.0);
}

#[enigma::kernel]
fn out_of_range(out: Buffer<i32>, x: Val<f16>) {
    out.store(0, (x * 1e6).cast::<i32>());
}

#[test]
fn messages() {
    insta::assert_snapshot!("read_before_wait", refusal(read_before_wait()));
    insta::assert_snapshot!("never_waited", refusal(never_waited()));
    insta::assert_snapshot!("event_escapes", refusal(event_escapes()));
    insta::assert_snapshot!("too_much", refusal(too_much()));
    insta::assert_snapshot!("exchanged", refusal(exchanged()));
    insta::assert_snapshot!("out_of_range", refusal(out_of_range()));
}

#[test]
fn values_of_another_kernel_are_refused() {
    let kept: Cell<Option<(Val<f32>, Buffer<f32>)>> = Cell::new(None);
    enigma::build("first", ["a"], |a: Buffer<f32>| kept.set(Some((a.load(0), a))));
    let (value, buffer) = kept.get().unwrap();
    let second = enigma::build("second", ["out"], |out: Buffer<f32>| {
        out.store(0, value + 1.0);
        buffer.store(1, 2.0);
    });
    insta::assert_snapshot!(refusal(second));
}

#[enigma::kernel]
fn copy_all(a: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_position_in_grid();
    out.store(i, a.load(i));
}

#[test]
fn launches_that_cannot_be() {
    let kernel = copy_all().compile().unwrap();
    let (a, mut out) = ([1.0; 4], [0.0; 4]);
    let read_only = kernel.launch(4, 4, (&a, &out)).unwrap_err();
    insta::assert_snapshot!("read_only", read_only);
    let too_wide = kernel.launch(4, 2048, (&a, &mut out)).unwrap_err();
    insta::assert_snapshot!("too_wide", too_wide);
    let endless = kernel.launch(usize::MAX, 32, (&a, &mut out)).unwrap_err();
    insta::assert_snapshot!("endless", endless);
    assert_eq!(out, [0.0; 4], "a refused launch runs nothing");
}
