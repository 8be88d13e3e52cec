//! Any serde type, told to a [`Sink`] as the JSON it is.

use super::error::Reason;
use serde::Serialize;
use serde::ser::{self, Error as _};

/// Who listens to a JSON value being told: one that writes text as it comes, one that writes it canonically.
pub(crate) trait Sink {
    fn null(&mut self) -> Result<(), Reason>;
    fn boolean(&mut self, value: bool) -> Result<(), Reason>;
    fn small_integer(&mut self, value: i64) -> Result<(), Reason>;
    /// An integer of any size, in decimal.
    fn integer(&mut self, digits: &str) -> Result<(), Reason>;
    fn float(&mut self, value: f64) -> Result<(), Reason>;
    fn string(&mut self, value: &str) -> Result<(), Reason>;
    fn begin_array(&mut self) -> Result<(), Reason>;
    fn end_array(&mut self) -> Result<(), Reason>;
    fn begin_object(&mut self) -> Result<(), Reason>;
    fn name(&mut self, name: &str) -> Result<(), Reason>;
    fn end_object(&mut self) -> Result<(), Reason>;
}

/// Tells `value` to `sink`, as serde's data model maps to JSON: enums externally tagged, unit and `None` as `null`.
pub(crate) fn tell<T: Serialize + ?Sized>(value: &T, sink: &mut impl Sink) -> Result<(), Reason> {
    value.serialize(Teller(sink))
}

struct Teller<'a, S>(&'a mut S);

/// A container that is open. `tagged`: it is the content of an enum variant, whose own object is closed with it.
struct Open<'a, S> {
    sink: &'a mut S,
    tagged: bool,
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), Reason> {
            match i64::try_from(value) {
                Ok(value) => self.0.small_integer(value),
                Err(_) => self.0.integer(&value.to_string()),
            }
        }
    )*};
}

impl<'a, S: Sink> ser::Serializer for Teller<'a, S> {
    type Ok = ();
    type Error = Reason;
    type SerializeSeq = Open<'a, S>;
    type SerializeTuple = Open<'a, S>;
    type SerializeTupleStruct = Open<'a, S>;
    type SerializeTupleVariant = Open<'a, S>;
    type SerializeMap = Open<'a, S>;
    type SerializeStruct = Open<'a, S>;
    type SerializeStructVariant = Open<'a, S>;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128);
    integers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128);

    fn serialize_bool(self, value: bool) -> Result<(), Reason> {
        self.0.boolean(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Reason> {
        self.0.float(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Reason> {
        self.0.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Reason> {
        self.0.string(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Reason> {
        self.0.string(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Reason> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Reason> {
        self.0.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Reason> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Reason> {
        self.0.null()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Reason> {
        self.0.null()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Reason> {
        self.0.string(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Reason> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Reason> {
        self.0.begin_object()?;
        self.0.name(variant)?;
        tell(value, self.0)?;
        self.0.end_object()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a, S>, Reason> {
        self.0.begin_array()?;
        Ok(Open { sink: self.0, tagged: false })
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'a, S>, Reason> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a, S>, Reason> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a, S>, Reason> {
        self.0.begin_object()?;
        self.0.name(variant)?;
        self.0.begin_array()?;
        Ok(Open { sink: self.0, tagged: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a, S>, Reason> {
        self.0.begin_object()?;
        Ok(Open { sink: self.0, tagged: false })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a, S>, Reason> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a, S>, Reason> {
        self.0.begin_object()?;
        self.0.name(variant)?;
        self.0.begin_object()?;
        Ok(Open { sink: self.0, tagged: true })
    }
}

impl<S: Sink> Open<'_, S> {
    fn close_array(self) -> Result<(), Reason> {
        self.sink.end_array()?;
        if self.tagged { self.sink.end_object() } else { Ok(()) }
    }

    fn close_object(self) -> Result<(), Reason> {
        self.sink.end_object()?;
        if self.tagged { self.sink.end_object() } else { Ok(()) }
    }
}

macro_rules! array_like {
    ($($trait:ident, $method:ident);*) => {$(
        impl<S: Sink> ser::$trait for Open<'_, S> {
            type Ok = ();
            type Error = Reason;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Reason> {
                tell(value, self.sink)
            }

            fn end(self) -> Result<(), Reason> {
                self.close_array()
            }
        }
    )*};
}

array_like!(
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field
);

macro_rules! object_like {
    ($($trait:ident),*) => {$(
        impl<S: Sink> ser::$trait for Open<'_, S> {
            type Ok = ();
            type Error = Reason;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Reason> {
                self.sink.name(name)?;
                tell(value, self.sink)
            }

            fn end(self) -> Result<(), Reason> {
                self.close_object()
            }
        }
    )*};
}

object_like!(SerializeStruct, SerializeStructVariant);

impl<S: Sink> ser::SerializeMap for Open<'_, S> {
    type Ok = ();
    type Error = Reason;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Reason> {
        tell(key, &mut Name(self.sink))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Reason> {
        tell(value, self.sink)
    }

    fn end(self) -> Result<(), Reason> {
        self.close_object()
    }
}

/// Takes a map's key: strings, characters, unit variants and integers have a name, nothing else has.
struct Name<'a, S>(&'a mut S);

fn no_name() -> Result<(), Reason> {
    Err(Reason::custom("a map's key must be a string or an integer"))
}

impl<S: Sink> Sink for Name<'_, S> {
    fn string(&mut self, value: &str) -> Result<(), Reason> {
        self.0.name(value)
    }

    fn small_integer(&mut self, value: i64) -> Result<(), Reason> {
        self.0.name(&value.to_string())
    }

    fn integer(&mut self, digits: &str) -> Result<(), Reason> {
        self.0.name(digits)
    }

    fn null(&mut self) -> Result<(), Reason> {
        no_name()
    }

    fn boolean(&mut self, _: bool) -> Result<(), Reason> {
        no_name()
    }

    fn float(&mut self, _: f64) -> Result<(), Reason> {
        no_name()
    }

    fn begin_array(&mut self) -> Result<(), Reason> {
        no_name()
    }

    fn end_array(&mut self) -> Result<(), Reason> {
        no_name()
    }

    fn begin_object(&mut self) -> Result<(), Reason> {
        no_name()
    }

    fn name(&mut self, _: &str) -> Result<(), Reason> {
        no_name()
    }

    fn end_object(&mut self) -> Result<(), Reason> {
        no_name()
    }
}
