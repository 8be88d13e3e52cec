//! `#[derive(IdempotencyKey)]`.

use crate::fields::{Role, role};
use crate::json_name::Names;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DataStruct, DeriveInput, Error, Fields, FieldsNamed, Result};

pub(crate) fn derive(item: &DeriveInput) -> Result<TokenStream> {
    let fields = named(item)?;
    let names = Names::of(&item.attrs)?;
    let (mut key, mut excluded) = (None, Vec::new());
    for field in &fields.named {
        // Named, as the fields are.
        let Some(name) = &field.ident else { continue };
        match role(field)? {
            None => {}
            Some(Role::Exclude) => excluded.extend(names.pointer(name, field)?),
            Some(Role::Key) if key.is_some() => {
                return Err(Error::new(field.span(), "a call has one key, and another field is it already"));
            }
            Some(Role::Key) => {
                key = Some(quote_spanned! { field.ty.span() =>
                    ::once_again::action::KeyPart::key_part(&self.#name)
                });
            }
        }
    }
    let key = key.unwrap_or_else(|| quote! { ::core::option::Option::None });
    let name = &item.ident;
    let mut generics = item.generics.clone();
    if !generics.params.is_empty() {
        let (_, own, _) = item.generics.split_for_impl();
        let holds = syn::parse_quote! { #name #own: ::once_again::action::Serialize + Send + Sync };
        generics.make_where_clause().predicates.push(holds);
    }
    let (parameters, own, bounds) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters ::once_again::action::IdempotencyInput for #name #own #bounds {
            fn idempotency_key(&self) -> ::core::option::Option<::std::string::String> {
                #key
            }

            fn excluded() -> &'static [&'static str] {
                &[#(#excluded),*]
            }
        }
    })
}

fn named(item: &DeriveInput) -> Result<&FieldsNamed> {
    match &item.data {
        Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) => Ok(fields),
        _ => Err(Error::new(
            item.ident.span(),
            "`IdempotencyKey` is for structs with named fields; implement `IdempotencyInput` by hand for anything else",
        )),
    }
}
