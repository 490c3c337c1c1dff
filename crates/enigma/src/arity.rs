//! Kernels of every number of parameters: what a tuple of parameters is to a kernel, to its body and to its launch.

use std::panic::Location;

use enigma_runtime::Argument;

use crate::kernel::{Body, Param, ParamName, Params};
use crate::launch::{Arguments, Bind};
use crate::trace;

/// For each number of parameters: their types, their names here, and the types of their arguments.
macro_rules! arities {
    ($( $count:literal $(($param:ident $name:ident $argument:ident))*; )*) => { $(
        impl<$($param: Param),*> Params<$count> for ($($param,)*) {
            #[allow(unused_variables, clippy::unused_unit)] // a kernel without parameters has no use for `place`, and gives `()`
            fn declare(names: [ParamName; $count], place: &'static Location<'static>) -> Self {
                let [$($name),*] = names;
                ($({
                    let place = $name.place.unwrap_or(place);
                    trace::at(place, |trace, span| <$param as Param>::declare(trace, $name.name, span))
                },)*)
            }
        }

        impl<Function: FnOnce($($param),*), $($param),*> Body<($($param,)*)> for Function {
            fn run(self, ($($name,)*): ($($param,)*)) {
                self($($name),*);
            }
        }

        impl<'a, $($param,)* $($argument: Bind<'a, $param>),*> Arguments<'a, ($($param,)*)> for ($($argument,)*) {
            fn bind(self) -> Vec<Argument<'a>> {
                let ($($name,)*) = self;
                vec![$($name.bind()),*]
            }
        }
    )* };
}

arities! {
    0;
    1 (A a AA);
    2 (A a AA) (B b BB);
    3 (A a AA) (B b BB) (C c CC);
    4 (A a AA) (B b BB) (C c CC) (D d DD);
    5 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE);
    6 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF);
    7 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG);
    8 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH);
    9 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II);
    10 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ);
    11 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ) (K k KK);
    12 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ) (K k KK) (L l LL);
    13 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ) (K k KK) (L l LL) (M m MM);
    14 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ) (K k KK) (L l LL) (M m MM) (N n NN);
    15 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ) (K k KK) (L l LL) (M m MM) (N n NN) (O o OO);
    16 (A a AA) (B b BB) (C c CC) (D d DD) (E e EE) (F f FF) (G g GG) (H h HH) (I i II) (J j JJ) (K k KK) (L l LL) (M m MM) (N n NN) (O o OO) (P p PP);
}
