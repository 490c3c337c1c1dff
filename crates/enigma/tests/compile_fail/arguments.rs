//! A launch takes arguments of the parameters' types.
use enigma::prelude::*;

#[enigma::kernel]
fn scale(x: Buffer<f32>, factor: Val<f32>) {
    x.store(0, x.load(0) * factor);
}

fn main() -> Result<(), Diagnostics> {
    let mut x = [1.0f32];
    let mut doubles = [1.0f64];
    scale().compile()?.launch(1, 1, (&mut doubles, 2.0))?;
    scale().compile()?.launch(1, 1, (&mut x, 2u32))?;
    scale().compile()?.launch(1, 1, (&mut x,))?;
    Ok(())
}
