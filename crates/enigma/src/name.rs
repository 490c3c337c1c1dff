//! The user's names for values, which emitted Metal keeps.
//!
//! `#[enigma::kernel]` turns `let x = value;` into a block that records the name and yields the value. Method resolution
//! alone decides whether the value takes a name: [`Probe::record`] is an inherent method for those that do, and a trait
//! method that does nothing for all others.

use enigma_ir::{MemoryId, ValueId};

use crate::flight::{Event, InFlight};
use crate::matrix::Matrix;
use crate::memory::{Buffer, Tile};
use crate::trace::{self, Handle};
use crate::value::Val;

/// The names in a pattern.
#[derive(Copy, Clone, Debug)]
pub enum Names<'a> {
    /// A pattern without a name, as `_`.
    None,
    /// A binding.
    One(&'a str),
    /// A tuple or an array.
    Many(&'a [Names<'a>]),
}

/// What takes a name.
pub trait Named {
    /// Gives it that name, unless it has one.
    fn name(&self, names: Names<'_>);
}

/// A value that may take a name.
#[derive(Debug)]
pub struct Probe<'a, T>(pub &'a T);

impl<T: Named> Probe<'_, T> {
    /// Names it.
    pub fn record(&self, names: Names<'_>) {
        self.0.name(names);
    }
}

/// What [`Probe`] does for values that take no name.
pub trait Unnamed {
    /// Does nothing.
    fn record(&self, _: Names<'_>) {}
}

impl<T> Unnamed for &Probe<'_, T> {}

fn name_value(handle: Handle<ValueId>, names: Names<'_>) {
    let Names::One(name) = names else { return };
    trace::if_current(handle, |trace| trace.builder.name_value(handle.id, name));
}

fn name_memory(handle: Handle<MemoryId>, names: Names<'_>) {
    let Names::One(name) = names else { return };
    trace::if_current(handle, |trace| {
        if let Some(at) = trace.unnamed.iter().position(|&id| id == handle.id) {
            trace.unnamed.swap_remove(at);
            trace.builder.name_memory(handle.id, name);
        }
    });
}

macro_rules! named {
    ($( [$($generics:tt)*] $type:ty: $name:ident; )*) => { $(
        impl<$($generics)*> Named for $type {
            fn name(&self, names: Names<'_>) {
                $name(self.handle, names);
            }
        }
    )* };
}

named! {
    [T] Val<T>: name_value;
    [T] Matrix<T>: name_value;
    [] Event: name_value;
    [T] Buffer<T>: name_memory;
    [T, S] Tile<T, S>: name_memory;
}

impl<M, D> Named for InFlight<M, D> {
    fn name(&self, names: Names<'_>) {
        self.event.name(names);
    }
}

impl<T: Named, const N: usize> Named for [T; N] {
    fn name(&self, names: Names<'_>) {
        for (i, part) in self.iter().enumerate() {
            match names {
                Names::One(name) => part.name(Names::One(&format!("{name}_{i}"))),
                Names::Many(names) => part.name(names.get(i).copied().unwrap_or(Names::None)),
                Names::None => {}
            }
        }
    }
}

macro_rules! tuples {
    ($( ($($part:ident)*) )*) => { $(
        impl<$($part: Named),*> Named for ($($part,)*) {
            #[allow(non_snake_case)] // the types' names serve as the parts'
            fn name(&self, names: Names<'_>) {
                let (Names::Many(names), ($($part,)*)) = (names, self) else { return };
                let mut names = names.iter();
                $( $part.name(names.next().copied().unwrap_or(Names::None)); )*
            }
        }
    )* };
}

tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }
