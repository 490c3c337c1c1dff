//! Keeps the user's names: `let x = value;` becomes a block that tells the value its name and yields it.
//!
//! Whether the value takes a name is decided by method resolution in `enigma::__private`, so that every `let` can be
//! rewritten, whatever its type is.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprClosure, Item, Local, Pat, PatSlice, PatTuple, parse_quote};

/// Rewrites the bindings of a kernel's body.
pub(crate) struct Keeper;

impl VisitMut for Keeper {
    fn visit_local_mut(&mut self, local: &mut Local) {
        visit_mut::visit_local_mut(self, local);
        let Some(init) = &mut local.init else { return };
        // A reference to a temporary would not outlive the block.
        let borrows = matches!(*init.expr, Expr::Reference(_));
        if let (Some(names), false) = (names(&local.pat), borrows) {
            let value = &init.expr;
            *init.expr = named(value, &names);
        }
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        visit_mut::visit_expr_closure_mut(self, closure);
        let rebound: Vec<TokenStream> = closure.inputs.iter_mut().filter_map(rebind).collect();
        if !rebound.is_empty() {
            let body = &closure.body;
            closure.body = parse_quote! {{ #(#rebound)* #body }};
        }
    }

    /// An item in the body is a world of its own.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

fn named(value: &Expr, names: &TokenStream) -> Expr {
    parse_quote! {{
        #[allow(unused_imports)]
        use ::enigma::__private::Unnamed as _;
        let value = #value;
        (&::enigma::__private::Probe(&value)).record(#names);
        value
    }}
}

/// `let x = x;` for each binding of a closure's parameter, telling the value its name on the way. What was `mut` is
/// so from there on.
fn rebind(pattern: &mut Pat) -> Option<TokenStream> {
    let names = names(pattern)?;
    match pattern {
        Pat::Ident(binding) => {
            let (ident, mutability) = (binding.ident.clone(), binding.mutability.take());
            let value = named(&parse_quote!(#ident), &names);
            Some(quote! { let #mutability #ident = #value; })
        }
        Pat::Tuple(PatTuple { elems, .. }) | Pat::Slice(PatSlice { elems, .. }) => {
            let rebound: Vec<TokenStream> = elems.iter_mut().filter_map(rebind).collect();
            Some(quote! { #(#rebound)* })
        }
        Pat::Paren(inner) => rebind(&mut inner.pat),
        Pat::Type(typed) => rebind(&mut typed.pat),
        _ => None,
    }
}

/// The names in a pattern, as an expression of type `enigma::__private::Names`; `None` where there are none to keep.
fn names(pattern: &Pat) -> Option<TokenStream> {
    match pattern {
        Pat::Ident(binding) if binding.by_ref.is_none() && binding.subpat.is_none() => {
            let name = binding.ident.to_string();
            let name = name.trim_start_matches("r#");
            Some(quote! { ::enigma::__private::Names::One(#name) })
        }
        Pat::Tuple(PatTuple { elems, .. }) | Pat::Slice(PatSlice { elems, .. }) => {
            let none = || quote! { ::enigma::__private::Names::None };
            let parts = elems.iter().map(|part| names(part).unwrap_or_else(none));
            Some(quote! { ::enigma::__private::Names::Many(&[#(#parts),*]) })
        }
        Pat::Paren(inner) => names(&inner.pat),
        Pat::Type(typed) => names(&typed.pat),
        _ => None,
    }
}
