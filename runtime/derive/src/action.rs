//! `#[idempotent(id = "…")]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Item, ItemFn, ItemImpl, LitStr, Result, ReturnType, Token, Type};

/// The scope of an action's keys.
pub(crate) struct Id(LitStr);

const LONGEST: usize = 255;

impl Parse for Id {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(input.error("an action needs a name: `#[idempotent(id = \"send.email\")]`"));
        }
        let word: syn::Ident = input.parse()?;
        if word != "id" {
            return Err(Error::new(word.span(), "expected `id = \"…\"`"));
        }
        input.parse::<Token![=]>()?;
        let id: LitStr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        let length = id.value().chars().count();
        if length == 0 || length > LONGEST {
            return Err(Error::new(id.span(), format!("an id has 1 to {LONGEST} characters")));
        }
        Ok(Self(id))
    }
}

pub(crate) fn expand(Id(id): &Id, item: Item) -> Result<TokenStream> {
    match item {
        Item::Struct(item) => {
            let (parameters, own, bounds) = item.generics.split_for_impl();
            let name = &item.ident;
            Ok(quote! {
                #item

                impl #parameters #name #own #bounds {
                    /// The scope of the keys of this action's calls.
                    pub const ID: &'static str = #id;
                }
            })
        }
        Item::Impl(item) => named(id, item),
        Item::Fn(item) => function(id, &item),
        other => Err(Error::new_spanned(
            other,
            "`#[idempotent]` is for an async function, a struct, or an `impl IdempotentAction`",
        )),
    }
}

fn named(id: &LitStr, mut item: ItemImpl) -> Result<TokenStream> {
    if item.trait_.is_none() {
        return Err(Error::new_spanned(&item.self_ty, "expected `impl IdempotentAction for` this type"));
    }
    item.items.push(syn::parse_quote! {
        fn id(&self) -> &'static str {
            #id
        }
    });
    Ok(quote! { #item })
}

/// A unit struct of the function's name, whose `execute` is the function.
fn function(id: &LitStr, item: &ItemFn) -> Result<TokenStream> {
    let ItemFn { attrs, vis, sig, block, .. } = item;
    if sig.asyncness.is_none() {
        return Err(Error::new_spanned(sig.fn_token, "an idempotent function is `async`"));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&sig.generics, "an idempotent function is of no generic types"));
    }
    let ReturnType::Type(_, returned) = &sig.output else {
        return Err(Error::new_spanned(&sig.ident, "an idempotent function returns a `Result`"));
    };
    let inputs: Vec<&FnArg> = sig.inputs.iter().collect();
    let (input, argument) = match inputs[..] {
        [] => (quote! { () }, quote! {}),
        [FnArg::Typed(argument)] => match &*argument.ty {
            Type::Reference(reference) => {
                let of = &reference.elem;
                (quote! { #of }, quote! { input })
            }
            owned => (quote! { #owned }, quote! { ::core::clone::Clone::clone(input) }),
        },
        _ => {
            let message = "an idempotent function takes one argument, which says what a call is about";
            return Err(Error::new_spanned(&sig.inputs, message));
        }
    };
    let (name, parameters) = (&sig.ident, &sig.inputs);
    // Errors about what it returns stand where that is written.
    let of_result = |what: &str| {
        let what = syn::Ident::new(what, returned.span());
        quote_spanned! { returned.span() => <#returned as ::once_again::action::Returned>::#what }
    };
    let (output, error, result) = (of_result("Output"), of_result("Error"), of_result("result"));
    Ok(quote! {
        #(#attrs)*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug)]
        #vis struct #name;

        impl ::once_again::action::IdempotentAction for #name {
            type Input = #input;
            type Output = #output;
            type Error = #error;

            fn id(&self) -> &'static str {
                #id
            }

            async fn execute(
                &self,
                input: &Self::Input,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                async fn #name(#parameters) -> #returned #block
                let _ = input;
                #result(#name(#argument).await)
            }
        }
    })
}
