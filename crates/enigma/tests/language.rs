use enigma::prelude::*;

#[enigma::kernel]
fn vector_add(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>) {
    let i = thread_position_in_grid();
    out.store(i, a.load(i) + 2.0 * b.load(i) * 3.0);
}

#[enigma::kernel]
fn tiled<T: Element>(a: Buffer<T>, n: Val<u32>, out: Buffer<T>) {
    let tile = threadgroup::<T>(128);
    let flight = tile.copy(Copy1d::from(a, 64).offset(n * 64));
    let tile = flight.wait();
    barrier();
    let (sum, last) = range(..n).step(2).carry((val(0u32), n), |k, (sum, last)| {
        let next = sum + k;
        (next, last)
    });
    if_(sum.lt(5), || out.store(0, tile.load(last)));
}

#[test]
fn prints() {
    println!("{:?}", vector_add());
    println!("{:?}", tiled::<f16>());
    panic!();
}
