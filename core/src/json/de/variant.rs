//! Enums: a variant by its name, or an object with that name alone.

use super::{Name, Reader};
use crate::json::JsonError;
use serde::Deserializer as _;
use serde::de::{self, DeserializeSeed, Error as _, Visitor};

/// A variant: its name alone, or `tagged`, the only name of an object, with its content.
pub(super) struct Variant<'a, 'de> {
    pub(super) reader: &'a mut Reader<'de>,
    pub(super) tagged: bool,
}

impl Variant<'_, '_> {
    fn content(&self) -> Result<(), JsonError> {
        if self.tagged {
            Ok(())
        } else {
            Err(JsonError::custom("found a bare variant, expected one with content"))
        }
    }
}

impl<'de> de::EnumAccess<'de> for Variant<'_, 'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        let variant = seed.deserialize(Name { reader: &mut *self.reader })?;
        if self.tagged {
            self.reader.scanner.expect(b':')?;
        }
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        if self.tagged { self.reader.null(&"null: the variant has no content") } else { Ok(()) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        self.content()?;
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.content()?;
        self.reader.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.content()?;
        self.reader.deserialize_map(visitor)
    }
}
