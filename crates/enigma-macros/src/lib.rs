//! The attribute that makes a Rust function a kernel. It is re-exported, and documented, as `enigma::kernel`.

mod names;

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Error, FnArg, ItemFn, Pat, PatType, ReturnType, parse_macro_input};

/// Makes a function a kernel: calling it, without arguments, traces its body and returns an `enigma::Kernel`, to be
/// compiled and launched.
///
/// ```
/// use enigma::prelude::*;
///
/// #[enigma::kernel]
/// fn vector_add(a: Buffer<f32>, b: Buffer<f32>, out: Buffer<f32>) {
///     let i = thread_position_in_grid();
///     out.store(i, a.load(i) + b.load(i));
/// }
///
/// let (a, b, mut out) = ([1.0, 2.0], [10.0, 20.0], [0.0; 2]);
/// vector_add().compile()?.launch(2, 2, (&a, &b, &mut out))?;
/// assert_eq!(out, [11.0, 22.0]);
/// # Ok::<(), Diagnostics>(())
/// ```
///
/// Each parameter is a `Buffer<T>`, bound to a slice at launch, or a `Val<T>`, bound to a number. The function may be
/// generic over types and constants: `gemm::<f16, 32>()`. It returns nothing. The names of its parameters and of the
/// variables bound by `let` and by closures are kept in the Metal source.
#[proc_macro_attribute]
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let function = parse_macro_input!(item as ItemFn);
    let attribute = Tokens::from(attribute);
    let expanded = match attribute.is_empty() {
        true => expand(function),
        false => Err(Error::new_spanned(attribute, "`#[enigma::kernel]` takes no arguments")),
    };
    expanded.unwrap_or_else(Error::into_compile_error).into()
}

fn expand(mut function: ItemFn) -> syn::Result<Tokens> {
    refuse_qualifiers(&function)?;
    let params = function.sig.inputs.iter().map(param).collect::<syn::Result<Vec<_>>>()?;
    names::Keeper.visit_block_mut(&mut function.block);

    let ItemFn { attrs, vis, sig, block } = &function;
    let (ident, generics, clause) = (&sig.ident, &sig.generics, &sig.generics.where_clause);
    let name = ident.to_string();
    let types: Vec<_> = params.iter().map(|param| &param.ty).collect();
    let names = params.iter().map(|param| {
        let name = param_name(&param.pat);
        quote_spanned! { param.pat.span() => ::enigma::__private::ParamName::here(#name) }
    });
    let count = params.len();
    // Spanned as the function's name: this call is the place that the kernel gives as its own.
    let trace = quote_spanned! { ident.span() =>
        ::enigma::build(#name, [#(#names),*] as [::enigma::__private::ParamName; #count], |#(#params),*| #block)
    };
    Ok(quote! {
        #(#attrs)*
        #vis fn #ident #generics () -> ::enigma::Kernel<(#(#types,)*)> #clause {
            #trace
        }
    })
}

fn refuse_qualifiers(function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    let refused: [(Option<Span>, &str); 5] = [
        (sig.asyncness.map(|t| t.span), "a kernel is no `async` function: its copies are asynchronous by themselves"),
        (sig.unsafety.map(|t| t.span), "a kernel is not `unsafe`: it is checked before it runs"),
        (sig.constness.map(|t| t.span), "a kernel cannot be `const`"),
        (sig.abi.as_ref().map(Spanned::span), "a kernel has no ABI"),
        (sig.variadic.as_ref().map(Spanned::span), "a kernel has a fixed number of parameters"),
    ];
    if let Some((span, message)) = refused.into_iter().find_map(|(span, message)| Some((span?, message))) {
        return Err(Error::new(span, message));
    }
    match &sig.output {
        ReturnType::Default => Ok(()),
        ReturnType::Type(_, ty) => {
            Err(Error::new_spanned(ty, "a kernel returns nothing: write results to a buffer, `out.store(i, value)`"))
        }
    }
}

fn param(arg: &FnArg) -> syn::Result<PatType> {
    match arg {
        FnArg::Receiver(receiver) => Err(Error::new_spanned(receiver, "a kernel is no method")),
        FnArg::Typed(param) => match &*param.pat {
            Pat::Ident(_) => Ok(param.clone()),
            pattern => {
                Err(Error::new_spanned(pattern, "a parameter of a kernel has a name, which its launch refers to"))
            }
        },
    }
}

fn param_name(pattern: &Pat) -> String {
    match pattern {
        Pat::Ident(binding) => binding.ident.to_string(),
        _ => String::new(),
    }
}
