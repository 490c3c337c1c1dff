//! Atomic operations under the checker: with each other they never conflict, with anything else they do unless it is ordered.

use enigma::prelude::*;

/// What is found of a kernel of one buffer of `words` words: `64` threads in threadgroups of `threads`.
macro_rules! found {
    ($words:expr, $threads:expr, $body:expr) => {{
        let kernel = enigma::build("kernel", ["data"], $body).compile().unwrap();
        let report = kernel.check(64, $threads, (&vec![0u32; $words],)).unwrap();
        let errors = report.findings().iter().filter(|f| f.diagnostic.severity() == enigma::Severity::Error);
        errors.map(|finding| finding.diagnostic.rule).collect::<Vec<Rule>>()
    }};
}

fn first() -> Val<bool> {
    thread_index_in_threadgroup().eq(0)
}

#[test]
fn atomics_alone_never_conflict() {
    for threads in [64, 32, 8] {
        let rules = found!(4, threads, |data: Buffer<u32>| {
            let tile = threadgroup::<u32>(1);
            if_(first(), || tile.atomic_store(0, 0));
            barrier();
            let ticket = tile.atomic_fetch_add(0, 1);
            data.atomic_fetch_max(ticket % 4, ticket);
            data.atomic_compare_exchange_weak(0, 5, 6);
            if_(data.atomic_load(1).gt(3), || data.atomic_store(1, 9));
        });
        assert_eq!(rules, []);
    }
}

#[test]
fn an_atomic_and_a_plain_access_that_nothing_orders_are_a_race() {
    let plain_read = |data: Buffer<u32>| {
        data.atomic_fetch_add(0, 1);
        data.store(thread_position_in_grid() + 1, data.load(0));
    };
    assert_eq!(found!(65, 64, plain_read), [Rule::DataRace]);
    let plain_write = |data: Buffer<u32>| {
        if_(first(), || data.store(0, 1));
        data.atomic_load(0);
    };
    assert_eq!(found!(65, 64, plain_write), [Rule::DataRace]);
    let both_read = |data: Buffer<u32>| {
        let i = thread_position_in_grid();
        data.store(i + 1, data.atomic_load(0) + data.load(0));
    };
    assert_eq!(found!(65, 64, both_read), []);
}

#[test]
fn a_barrier_orders_atomics_and_plain_accesses() {
    let rules = found!(64, 64, |data: Buffer<u32>| {
        let tile = threadgroup::<u32>(2);
        if_(first(), || tile.store(0, 0));
        barrier();
        tile.atomic_fetch_add(0, 1);
        barrier();
        data.store(thread_position_in_grid(), tile.load(0));
    });
    assert_eq!(rules, []);
    let a_simd_barrier_is_not_enough = found!(64, 64, |data: Buffer<u32>| {
        let tile = threadgroup::<u32>(2);
        if_(first(), || tile.store(0, 0));
        barrier();
        tile.atomic_fetch_add(0, 1);
        simd_barrier();
        data.store(thread_position_in_grid(), tile.load(0));
    });
    assert_eq!(a_simd_barrier_is_not_enough, [Rule::DataRace]);
}

#[test]
fn atomic_writes_initialise_and_atomic_reads_want_it() {
    let kernel = |stores: bool| {
        found!(64, 32, move |data: Buffer<u32>| {
            let tile = threadgroup::<u32>(1);
            if stores {
                tile.atomic_exchange(0, 3);
                barrier();
            }
            data.store(thread_position_in_grid(), tile.atomic_load(0));
        })
    };
    assert_eq!(kernel(true), []);
    assert_eq!(kernel(false), [Rule::UninitializedRead]);
}

#[test]
fn copies_in_flight_are_nobodys_to_update() {
    let early = found!(64, 64, |data: Buffer<u32>| {
        let tile = threadgroup::<u32>(32);
        let one = simdgroup_index_in_threadgroup().eq(0);
        // How much is copied is not known before, or the kernel would be refused when it is traced.
        let ev = async_copy_1d_d2t(&tile, Copy1d::from(data, 32 - data.load(0)).only_if(one));
        if_(one, || {
            tile.atomic_fetch_add(thread_index_in_simdgroup(), 1);
        });
        async_copy_wait([ev]);
        barrier();
        data.atomic_fetch_add(63, tile.load(0));
    });
    assert!(early.contains(&Rule::WriteBeforeWait), "{early:?}");
    let unsettled = found!(64, 64, |data: Buffer<u32>| {
        let tile = threadgroup::<u32>(32);
        let one = simdgroup_index_in_threadgroup().eq(0);
        tile.atomic_store(thread_position_in_grid() % 32, 1);
        let ev = async_copy_1d_d2t(&tile, Copy1d::from(data, 32).only_if(one));
        async_copy_wait([ev]);
        barrier();
        data.atomic_fetch_add(63, tile.load(0));
    });
    assert_eq!(unsettled, [Rule::MissingBarrier]);
}

/// One simdgroup raises a flag when its tile is done, the other spins until it sees it.
fn handed_over(orders: [MemoryOrder; 2]) -> Vec<Rule> {
    let [release, acquire] = orders;
    found!(64, 64, move |data: Buffer<u32>| {
        let tile = threadgroup::<u32>(32);
        let flag = threadgroup::<u32>(1);
        let lane = thread_index_in_simdgroup();
        if_(first(), || flag.atomic_store(0, 0));
        barrier();
        if_(simdgroup_index_in_threadgroup().eq(0), || {
            tile.store(lane, lane);
            simd_barrier();
            if_(lane.eq(0), || flag.atomic_store_with(0, 1, release));
        });
        if_(simdgroup_index_in_threadgroup().eq(1), || {
            while_(|| flag.atomic_load_with(0, acquire).eq(0), || {});
            data.store(lane, tile.load(31 - lane));
        });
    })
}

#[test]
fn what_is_released_and_acquired_is_ordered() {
    assert_eq!(handed_over([MemoryOrder::Release, MemoryOrder::Acquire]), []);
    assert_eq!(handed_over([MemoryOrder::Relaxed, MemoryOrder::Acquire]), [Rule::DataRace]);
    assert_eq!(handed_over([MemoryOrder::Release, MemoryOrder::Relaxed]), [Rule::DataRace]);
}

/// The last threadgroup to take a ticket sums up what all have written.
fn summed_by_the_last(order: MemoryOrder) -> Vec<Rule> {
    found!(64, 8, move |data: Buffer<u32>| {
        let group = threadgroup_position_in_grid();
        if_(first(), || {
            data.store(group + 1, group);
            let ticket = data.atomic_fetch_add_with(0, 1, order);
            if_(ticket.eq(7), || {
                let sum = registers::<u32>(1, 0);
                for_range(0..8u32, |i| sum.store(0, sum.load(0) + data.load(i + 1)));
                data.store(20, sum.load(0));
            });
        });
    })
}

#[test]
fn threadgroups_are_ordered_by_what_they_acquire() {
    assert_eq!(summed_by_the_last(MemoryOrder::AcqRel), []);
    assert_eq!(summed_by_the_last(MemoryOrder::Relaxed), [Rule::DataRace]);
}

#[test]
fn threadgroups_conflict_where_one_is_not_atomic() {
    let rules = found!(64, 8, |data: Buffer<u32>| {
        let group = threadgroup_position_in_grid();
        if_(group.eq(0).eq(first()), || {
            data.atomic_fetch_add(0, 1);
        });
        if_(group.eq(3), || if_(first(), || data.store(0, 1)));
    });
    assert!(rules.contains(&Rule::DataRace), "{rules:?}");
}

#[test]
fn a_wait_for_a_later_threadgroup_is_found_whatever_runs_beside() {
    let rules = found!(64, 32, |data: Buffer<u32>| {
        let group = threadgroup_position_in_grid();
        if_(group.eq(0), || while_(|| data.atomic_load(0).eq(0), || {}));
        if_(group.eq(1), || data.atomic_store(0, 1));
    });
    assert_eq!(rules, [Rule::NoProgress]);
}

#[test]
fn a_masked_off_lane_is_not_looked_at() {
    let rules = found!(64, 64, |data: Buffer<u32>| {
        let i = thread_position_in_grid();
        data.store_if(0, i, i.eq(5));
        data.load_if(i + 1000, i.gt(100), 0);
    });
    assert_eq!(rules, []);
}

#[test]
fn what_a_kernel_prints_is_in_the_report_once() {
    let kernel = enigma::build("kernel", ["data"], |data: Buffer<u32>| {
        let i = thread_position_in_grid();
        debug_print!(if i.lt(3) => "{}: {:04x}", i, data.load(i));
    });
    let data: Vec<u32> = (0..64).map(|i| i * 100).collect();
    let report = kernel.compile().unwrap().check_in(Order::All, 64, 8, (&data,)).unwrap();
    assert_eq!(report.printed(), ["0: 0000", "1: 0064", "2: 00c8"]);
}
