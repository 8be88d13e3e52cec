//! What a field is to the key, by its attributes.

use syn::meta::ParseNestedMeta;
use syn::{Error, Field, LitBool, Result, Token};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is the call's key.
    Key,
    /// It does not count.
    Exclude,
}

pub(crate) fn role(field: &Field) -> Result<Option<Role>> {
    let mut roles = Vec::new();
    for attribute in &field.attrs {
        let path = attribute.path();
        if path.is_ident("idempotency_key") || path.is_ident("idempotency_exclude") {
            attribute.meta.require_path_only()?;
            roles.push(if path.is_ident("idempotency_key") { Role::Key } else { Role::Exclude });
        } else if path.is_ident("idempotency") {
            attribute.parse_nested_meta(|meta| word(&meta).map(|role| roles.push(role)))?;
        } else if path.is_ident("parameter") {
            attribute.parse_nested_meta(|meta| parameter(&meta).map(|role| roles.extend(role)))?;
        }
    }
    if roles.contains(&Role::Key) && roles.contains(&Role::Exclude) {
        let message = "a field is the key or excluded from it, not both";
        return Err(Error::new_spanned(field, message));
    }
    Ok(roles.first().copied())
}

fn word(meta: &ParseNestedMeta<'_>) -> Result<Role> {
    if meta.path.is_ident("key") {
        Ok(Role::Key)
    } else if meta.path.is_ident("exclude") {
        Ok(Role::Exclude)
    } else {
        Err(meta.error("expected `key` or `exclude`"))
    }
}

/// nebula's `#[parameter(…)]` has words of its own, such as `description`, which are not ours to judge.
fn parameter(meta: &ParseNestedMeta<'_>) -> Result<Option<Role>> {
    let role = if meta.path.is_ident("idempotency_key") {
        Role::Key
    } else if meta.path.is_ident("idempotency_exclude") {
        Role::Exclude
    } else {
        if meta.input.peek(Token![=]) {
            meta.value()?.parse::<syn::Expr>()?;
        }
        return Ok(None);
    };
    let on: LitBool = meta.value()?.parse()?;
    Ok(on.value.then_some(role))
}
