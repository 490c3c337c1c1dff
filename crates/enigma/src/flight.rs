//! Copies in flight.

use std::marker::PhantomData;

use enigma_ir::{Arg, Fill, MemoryId, Opcode, Span, ValueId};

use crate::element::Element;
use crate::memory::{Buffer, Readable, Tile, Writable};
use crate::operand::{Given, Index, Operand};
use crate::trace::{self, Handle, Trace};
use crate::value::Val;

/// From device memory into a tile.
#[derive(Copy, Clone, Debug)]
pub enum Incoming {}

/// From a tile to device memory.
#[derive(Copy, Clone, Debug)]
pub enum Outgoing {}

/// Which way a copy goes: [`Incoming`] or [`Outgoing`].
pub trait Direction {
    #[doc(hidden)]
    const LINEAR: Opcode;
    #[doc(hidden)]
    const TILED: Opcode;

    /// Puts what belongs to the tile and what belongs to the device in the order destination, source.
    #[doc(hidden)]
    fn order<X>(tile: X, device: X) -> [X; 2];
}

impl Direction for Incoming {
    const LINEAR: Opcode = Opcode::AsyncCopy1dD2t;
    const TILED: Opcode = Opcode::AsyncCopy2dD2t;

    fn order<X>(tile: X, device: X) -> [X; 2] {
        [tile, device]
    }
}

impl Direction for Outgoing {
    const LINEAR: Opcode = Opcode::AsyncCopy1dT2d;
    const TILED: Opcode = Opcode::AsyncCopy2dT2d;

    fn order<X>(tile: X, device: X) -> [X; 2] {
        [device, tile]
    }
}

/// Where the rows of a 2D copy lie on one side, in elements.
#[derive(Copy, Clone, Debug)]
pub struct At<O, P> {
    /// The first element.
    pub offset: O,
    /// From the start of one row to the start of the next.
    pub pitch: P,
}

/// The extent of a 2D copy, in elements.
#[derive(Copy, Clone, Debug)]
pub struct Size<C, R> {
    /// Elements in a row.
    pub cols: C,
    /// Rows.
    pub rows: R,
}

impl<O: Index, P: Index> At<O, P> {
    fn given(self) -> [Given; 2] {
        [self.offset.given(), self.pitch.given()]
    }
}

impl<C: Index, R: Index> Size<C, R> {
    fn given(self) -> [Given; 2] {
        [self.cols.given(), self.rows.given()]
    }
}

/// A copy of consecutive elements between a device buffer and a tile; each side starts at element 0 unless
/// [`offset`](Copy1d::offset) or [`tile_offset`](Copy1d::tile_offset) says otherwise.
#[derive(Debug)]
#[must_use = "this describes a copy: hand it to `tile.copy(...)`"]
pub struct Copy1d<T, D> {
    device: Handle<MemoryId>,
    count: Given,
    offset: Given,
    tile_offset: Given,
    predicate: Given,
    what: PhantomData<fn() -> (T, D)>,
}

/// A copy of a rectangle between a device buffer and a tile, whose rows are packed from its element 0 on unless
/// [`tile_at`](Copy2d::tile_at) says otherwise.
///
/// ```
/// # use enigma::prelude::*;
/// # #[enigma::kernel]
/// # fn example(image: Buffer<f32>, width: Val<u32>, height: Val<u32>, out: Buffer<f32>) {
/// # let tile = threadgroup::<f32>(8 * 8);
/// let (col, row) = (threadgroup_position_in_grid() * 8, y::threadgroup_position_in_grid() * 8);
/// let flight = tile.copy(
///     Copy2d::from(image, At { offset: row * width + col, pitch: width }, Size { cols: 8, rows: 8 })
///         .valid(Size { cols: width - col, rows: height - row })
///         .fill(Fill::Edge),
/// );
/// # let tile = flight.wait();
/// # out.store(thread_position_in_grid(), tile.load(0));
/// # }
/// # example().compile().unwrap();
/// ```
#[derive(Debug)]
#[must_use = "this describes a copy: hand it to `tile.copy(...)`"]
pub struct Copy2d<T, D> {
    device: Handle<MemoryId>,
    at: [Given; 2],
    size: [Given; 2],
    tile_at: [Given; 2],
    valid: [Given; 2],
    beyond: Option<Fill>,
    predicate: Given,
    what: PhantomData<fn() -> (T, D)>,
}

macro_rules! constructors {
    ($( $direction:ident $name:ident $side:ident $doc:literal; )*) => { $(
        impl<T: Element> Copy1d<T, $direction> {
            #[doc = $doc]
            pub fn $name($side: Buffer<T>, count: impl Index) -> Self {
                Copy1d {
                    device: $side.handle,
                    count: count.given(),
                    offset: Given::ZERO,
                    tile_offset: Given::ZERO,
                    predicate: Given::Missing,
                    what: PhantomData,
                }
            }
        }

        impl<T: Element> Copy2d<T, $direction> {
            #[doc = $doc]
            pub fn $name(
                $side: Buffer<T>,
                at: At<impl Index, impl Index>,
                size: Size<impl Index, impl Index>,
            ) -> Self {
                let size = size.given();
                Copy2d {
                    device: $side.handle,
                    at: at.given(),
                    size,
                    tile_at: [Given::ZERO, size[0]],
                    valid: [Given::Missing; 2],
                    beyond: None,
                    predicate: Given::Missing,
                    what: PhantomData,
                }
            }
        }
    )* };
}

constructors! {
    Incoming from source "From device memory into the tile that the copy is handed to.";
    Outgoing to destination "To device memory from the tile that the copy is handed to.";
}

impl<T, D> Copy1d<T, D> {
    /// The first element on the device's side.
    pub fn offset(mut self, offset: impl Index) -> Self {
        self.offset = offset.given();
        self
    }

    /// The first element in the tile.
    pub fn tile_offset(mut self, offset: impl Index) -> Self {
        self.tile_offset = offset.given();
        self
    }

    /// Copies only where the condition holds, which must be the same for the whole simdgroup. The copy is waited
    /// for all the same, at no cost.
    pub fn only_if(mut self, condition: impl Operand<bool>) -> Self {
        self.predicate = condition.given();
        self
    }
}

impl<T, D> Copy2d<T, D> {
    /// Where the rows lie in the tile.
    pub fn tile_at(mut self, at: At<impl Index, impl Index>) -> Self {
        self.tile_at = at.given();
        self
    }

    /// How much of the rectangle exists in device memory. What does not is filled on the way in, and left out on the
    /// way back. More than the rectangle's size counts as its size.
    pub fn valid(mut self, size: Size<impl Index, impl Index>) -> Self {
        self.valid = size.given();
        self
    }

    /// Copies only where the condition holds, which must be the same for the whole simdgroup. The copy is waited
    /// for all the same, at no cost.
    pub fn only_if(mut self, condition: impl Operand<bool>) -> Self {
        self.predicate = condition.given();
        self
    }
}

impl<T> Copy2d<T, Incoming> {
    /// What the tile holds where the source has nothing: zero, unless this says otherwise.
    pub fn fill(mut self, fill: Fill) -> Self {
        self.beyond = Some(fill);
        self
    }
}

/// A [`Copy1d`] or a [`Copy2d`] of elements of type `T`, in direction `D`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no copy of `{T}` elements",
    note = "a copy moves bits and converts nothing: give both sides one element type, and cast after the wait"
)]
pub trait Transfer<T, D> {
    #[doc(hidden)]
    fn issue(self, tile: Handle<MemoryId>, trace: &mut Trace, span: Span) -> ValueId;
}

impl<T, D: Direction> Transfer<T, D> for Copy1d<T, D> {
    fn issue(self, tile: Handle<MemoryId>, trace: &mut Trace, span: Span) -> ValueId {
        let [dst, src] = D::order(tile, self.device).map(|memory| trace.arg(memory, span));
        let [dst_offset, src_offset] = D::order(self.tile_offset, self.offset).map(|offset| trace.given(offset, span));
        let [count, predicate] = [self.count, self.predicate].map(|operand| trace.given(operand, span));
        trace.builder.value(D::LINEAR, &[dst, dst_offset, src, src_offset, count, predicate], span)
    }
}

impl<T, D: Direction> Transfer<T, D> for Copy2d<T, D> {
    fn issue(self, tile: Handle<MemoryId>, trace: &mut Trace, span: Span) -> ValueId {
        let [dst, src] = D::order(tile, self.device).map(|memory| trace.arg(memory, span));
        let [dst_at, src_at] = D::order(self.tile_at, self.at).map(|at| at.map(|operand| trace.given(operand, span)));
        let rest = [self.size[0], self.size[1], self.predicate, self.valid[0], self.valid[1]];
        let mut args = Vec::with_capacity(12);
        args.push(dst);
        args.extend(dst_at);
        args.push(src);
        args.extend(src_at);
        args.extend(rest.map(|operand| trace.given(operand, span)));
        args.extend(self.beyond.map(|fill| Arg::Name(fill_name(fill).to_owned())));
        trace.builder.value(D::TILED, &args, span)
    }
}

fn fill_name(fill: Fill) -> &'static str {
    match fill {
        Fill::Zero => "zero",
        Fill::Edge => "edge",
    }
}

/// A tile that a copy is in flight into, or out of ([`Outgoing`]). Only [`wait`](InFlight::wait) gives the tile back.
///
/// It can be neither read nor written, and the tile that went into it is gone: using it early does not compile.
#[must_use = "a copy in flight must be waited for: `let tile = flight.wait();` gives the tile back"]
#[derive(Debug)]
pub struct InFlight<M, D = Incoming> {
    pub(crate) tile: M,
    pub(crate) event: Event,
    pub(crate) direction: PhantomData<fn() -> D>,
}

impl<T: Element, S> Tile<T, S> {
    /// Issues a copy into or out of this tile, which is away until [`InFlight::wait`] returns it. The copy is one
    /// operation of the simdgroup: all its lanes must reach it together, with the same operands. A copy out of or into
    /// [`Registers`](crate::Registers) is one of each lane.
    #[track_caller]
    pub fn copy<D: Direction>(self, transfer: impl Transfer<T, D>) -> InFlight<Self, D> {
        let event = issue(&self, transfer);
        InFlight { tile: self, event, direction: PhantomData }
    }
}

#[track_caller]
fn issue<T: Element, S, D: Direction>(tile: &Tile<T, S>, transfer: impl Transfer<T, D>) -> Event {
    trace::with(|trace, span| {
        let id = transfer.issue(tile.handle, trace, span);
        Event { handle: trace.handle(id) }
    })
}

impl<M, D> InFlight<M, D> {
    /// Blocks the simdgroup until the copy is done, and gives the tile back. The other simdgroups see what was copied
    /// after a later [`barrier`](crate::barrier).
    #[track_caller]
    pub fn wait(self) -> M {
        self.event.wait();
        self.tile
    }
}

/// What the compiler finds when somebody touches the tile early. The conditions never hold: they make it say why.
#[doc(hidden)]
impl<M, D> InFlight<M, D> {
    #[track_caller]
    pub fn load(&self, index: impl Index) -> Val<<Self as Readable>::Element>
    where
        Self: Readable,
    {
        Readable::load(self, index)
    }

    pub fn store<V>(&self, _: impl Index, _: V)
    where
        Self: Writable,
    {
    }
}

/// What the compiler finds when somebody writes what a copy reads; as for [`InFlight`].
#[doc(hidden)]
impl<T> Source<'_, T> {
    pub fn store<V>(&self, _: impl Index, _: V)
    where
        Self: Writable,
    {
    }
}

impl<T: Element, S> InFlight<Tile<T, S>, Outgoing> {
    /// The tile that is being copied from, which may be read meanwhile, and not written.
    pub fn source(&self) -> Source<'_, T> {
        Source { handle: self.tile.handle, borrow: PhantomData }
    }
}

/// A tile that a copy is in flight out of: it can be read.
#[derive(Debug)]
pub struct Source<'a, T> {
    handle: Handle<MemoryId>,
    borrow: PhantomData<&'a T>,
}

impl<T: Element> Readable for Source<'_, T> {
    type Element = T;

    fn memory(&self) -> Handle<MemoryId> {
        self.handle
    }
}

/// Several copies in flight: an [`InFlight`] tile, or a tuple of them.
pub trait Flights {
    /// The tiles, back from their copies.
    type Landed;

    #[doc(hidden)]
    fn land(self, events: &mut Vec<Event>) -> Self::Landed;
}

impl<M, D> Flights for InFlight<M, D> {
    type Landed = M;

    fn land(self, events: &mut Vec<Event>) -> M {
        events.push(self.event);
        self.tile
    }
}

macro_rules! flights {
    ($( ($($flight:ident)*) )*) => { $(
        impl<$($flight: Flights),*> Flights for ($($flight,)*) {
            type Landed = ($($flight::Landed,)*);

            #[allow(non_snake_case)] // the names of the types serve as the names of the parts
            fn land(self, events: &mut Vec<Event>) -> Self::Landed {
                let ($($flight,)*) = self;
                ($($flight.land(events),)*)
            }
        }
    )* };
}

flights! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

/// Waits for several copies at once, and gives their tiles back: `let (a, b) = wait_all((a_flight, b_flight));`.
#[track_caller]
pub fn wait_all<F: Flights>(flights: F) -> F::Landed {
    let mut events = Vec::new();
    let landed = flights.land(&mut events);
    async_copy_wait(events);
    landed
}

/// A copy in flight, as a value of the kernel: what a loop carries when it copies into parts of one tile whose
/// offsets are known at run time only. Waiting consumes it; a tile whose events are kept by hand is not guarded by
/// the compiler but by the verifier.
#[must_use = "a copy in flight must be waited for: `async_copy_wait([event])`"]
#[derive(Debug)]
pub struct Event {
    pub(crate) handle: Handle<ValueId>,
}

impl Event {
    /// Blocks the simdgroup until this copy is done.
    #[track_caller]
    pub fn wait(self) {
        async_copy_wait([self]);
    }
}

/// Blocks the simdgroup until the copies of these events are done. The other simdgroups see what was copied after a
/// later [`barrier`](crate::barrier).
#[track_caller]
pub fn async_copy_wait(events: impl IntoIterator<Item = Event>) {
    trace::with(|trace, span| {
        let args: Vec<Arg> = events.into_iter().map(|event| trace.arg(event.handle, span)).collect();
        trace.builder.call(Opcode::AsyncCopyWait, &args, span);
    });
}

macro_rules! raw_copies {
    ($( $(#[$doc:meta])* $name:ident $transfer:ident $direction:ident; )*) => { $(
        $(#[$doc])*
        ///
        /// The tile stays usable: that nothing touches it before the wait is for the verifier to see.
        #[track_caller]
        pub fn $name<T: Element, S>(tile: &Tile<T, S>, copy: $transfer<T, $direction>) -> Event {
            issue(tile, copy)
        }
    )* };
}

raw_copies! {
    /// Issues a copy of consecutive elements from device memory into a tile.
    async_copy_1d_d2t Copy1d Incoming;
    /// Issues a copy of consecutive elements from a tile to device memory.
    async_copy_1d_t2d Copy1d Outgoing;
    /// Issues a copy of a rectangle from device memory into a tile.
    async_copy_2d_d2t Copy2d Incoming;
    /// Issues a copy of a rectangle from a tile to device memory.
    async_copy_2d_t2d Copy2d Outgoing;
}

/// Issues a copy of `count` elements from device memory into a tile.
#[deprecated = "use `async_copy_1d_d2t(&tile, Copy1d::from(src, count))`"]
#[track_caller]
pub fn async_copy_to_threadgroup<T: Element>(
    src: Buffer<T>,
    dst: &Tile<T>,
    count: impl Index,
    src_offset: impl Index,
    dst_offset: impl Index,
) -> Event {
    async_copy_1d_d2t(dst, Copy1d::from(src, count).offset(src_offset).tile_offset(dst_offset))
}

/// Does nothing: a copy is under way from its issue on.
#[deprecated = "leave it out: a copy is under way from its issue on"]
pub fn async_copy_commit(_event: &Event) {}
