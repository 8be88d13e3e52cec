//! What serde calls a field, as a JSON Pointer.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Field, Ident, LitStr, Result, Token};

/// The names that a struct's fields have in JSON.
pub(crate) struct Names {
    case: Option<LitStr>,
}

impl Names {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut case = None;
        serde(attributes, |meta| {
            if meta.path.is_ident("rename_all") {
                return serialized(meta).map(|word| case = word.or(case.take()));
            }
            skip(meta)
        })?;
        Ok(Self { case })
    }

    /// The pointer to a field; `None` of one that JSON does not show.
    pub(crate) fn pointer(&self, name: &Ident, field: &Field) -> Result<Option<String>> {
        let (mut renamed, mut hidden) = (None, false);
        serde(&field.attrs, |meta| {
            if meta.path.is_ident("rename") {
                return serialized(meta)
                    .map(|word| renamed = word.map(|word| word.value()).or(renamed.take()));
            }
            if meta.path.is_ident("flatten") {
                return Err(meta.error("a flattened field has no name in JSON by which it could be excluded"));
            }
            hidden |= meta.path.is_ident("skip") || meta.path.is_ident("skip_serializing");
            skip(meta)
        })?;
        if hidden {
            return Ok(None);
        }
        let plain = name.to_string();
        let plain = plain.strip_prefix("r#").unwrap_or(&plain);
        let name = match (renamed, &self.case) {
            (Some(renamed), _) => renamed,
            (None, Some(case)) => cased(plain, case)?,
            (None, None) => plain.into(),
        };
        Ok(Some(format!("/{}", name.replace('~', "~0").replace('/', "~1"))))
    }
}

fn serde(attributes: &[Attribute], mut each: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| each(&meta))?;
    }
    Ok(())
}

/// `= "name"`, or the one of `(serialize = "name", deserialize = "name")` that is written.
fn serialized(meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    let mut name = None;
    meta.parse_nested_meta(|side| {
        let word = side.value()?.parse()?;
        if side.path.is_ident("serialize") {
            name = Some(word);
        }
        Ok(())
    })?;
    Ok(name)
}

/// Passes over what is serde's business alone.
fn skip(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        meta.parse_nested_meta(|inner| skip(&inner))?;
    }
    Ok(())
}

/// A field's name in the case that serde's `rename_all` asks for.
fn cased(name: &str, case: &LitStr) -> Result<String> {
    let pascal = || name.split('_').map(capital).collect::<String>();
    Ok(match case.value().as_str() {
        "lowercase" | "snake_case" => name.into(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            pascal[..1].to_ascii_lowercase() + &pascal[1..]
        }
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        _ => return Err(Error::new(case.span(), "a case that serde does not know")),
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
