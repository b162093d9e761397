//! JSON by the browser's own parser, and answers read from its values.
//!
//! A deserializer of its own because a general one doubles the page: this one
//! knows only what an answer of a GraphQL server is made of, reads fields in
//! the order of their type and says what is wrong in a few words. Must not know what is read.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use js_sys::{Array, Reflect};
use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer,
    SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use wasm_bindgen::JsValue;

pub(crate) fn parse(text: &str) -> Option<JsValue> {
    js_sys::JSON::parse(text).ok()
}

/// A member of an object; `None` where there is none, or null.
#[inline(never)]
pub(crate) fn member(value: &JsValue, name: &str) -> Option<JsValue> {
    let found = Reflect::get(value, &JsValue::from_str(name)).ok()?;
    (!found.is_null() && !found.is_undefined()).then_some(found)
}

pub(crate) fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, Misfit> {
    T::deserialize(Reader(value))
}

pub(crate) fn write<T: Serialize>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok()
}

/// What did not fit, in a word or two.
#[derive(Debug)]
pub(crate) struct Misfit(pub(crate) &'static str);

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl std::error::Error for Misfit {}

/// Every kind of error is overridden, so that none is put into words.
impl Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("a value")
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self("a type")
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self("a value")
    }

    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self("a length")
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self("an unknown word")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self("an unknown field")
    }

    fn missing_field(name: &'static str) -> Self {
        Self(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self(name)
    }
}

/// An object read member by member, where types for all of an answer would
/// weigh more than the page that shows it. What does not fit is remembered by
/// its name, so that the answer is refused as a whole when it is read.
#[derive(Clone)]
pub(crate) struct Facts {
    value: JsValue,
    misfit: Rc<Cell<Option<&'static str>>>,
}

impl Facts {
    pub(crate) fn read<T>(value: JsValue, read: impl FnOnce(&Self) -> T) -> Result<T, Misfit> {
        let misfit = Rc::new(Cell::new(None));
        let facts = Self {
            value,
            misfit: Rc::clone(&misfit),
        };
        let known = read(&facts);
        misfit.get().map_or(Ok(known), |name| Err(Misfit(name)))
    }

    /// Remembers that a member is not what it should be.
    #[inline(never)]
    pub(crate) fn miss(&self, name: &'static str) {
        self.misfit.set(Some(name));
    }

    #[inline(never)]
    pub(crate) fn text(&self, name: &'static str) -> String {
        self.text_if(name).unwrap_or_else(|| {
            self.miss(name);
            String::new()
        })
    }

    #[inline(never)]
    pub(crate) fn text_if(&self, name: &'static str) -> Option<String> {
        member(&self.value, name)?.as_string()
    }

    #[inline(never)]
    pub(crate) fn number(&self, name: &'static str) -> i64 {
        self.number_if(name).unwrap_or_else(|| {
            self.miss(name);
            0
        })
    }

    #[inline(never)]
    pub(crate) fn number_if(&self, name: &'static str) -> Option<i64> {
        Some(member(&self.value, name)?.as_f64()? as i64)
    }

    #[inline(never)]
    pub(crate) fn is(&self, name: &'static str) -> bool {
        self.is_if(name).unwrap_or_else(|| {
            self.miss(name);
            false
        })
    }

    #[inline(never)]
    pub(crate) fn is_if(&self, name: &'static str) -> Option<bool> {
        member(&self.value, name)?.as_bool()
    }

    #[inline(never)]
    pub(crate) fn of(&self, name: &'static str) -> Self {
        self.of_if(name).unwrap_or_else(|| {
            self.miss(name);
            self.clone()
        })
    }

    #[inline(never)]
    pub(crate) fn of_if(&self, name: &'static str) -> Option<Self> {
        Some(Self {
            value: member(&self.value, name)?,
            misfit: Rc::clone(&self.misfit),
        })
    }

    /// Empty where it was not asked for.
    #[inline(never)]
    pub(crate) fn list_if(&self, name: &'static str) -> Vec<Self> {
        match self.of_if(name) {
            Some(_) => self.list(name),
            None => Vec::new(),
        }
    }

    #[inline(never)]
    pub(crate) fn texts(&self, name: &'static str) -> Vec<String> {
        let texts = self.list(name).into_iter().map(|one| {
            one.value.as_string().unwrap_or_else(|| {
                self.miss(name);
                String::new()
            })
        });
        texts.collect()
    }

    #[inline(never)]
    pub(crate) fn list(&self, name: &'static str) -> Vec<Self> {
        let list = self.of(name).value;
        if !Array::is_array(&list) {
            self.miss(name);
            return Vec::new();
        }
        let item = |value| Self {
            value,
            misfit: Rc::clone(&self.misfit),
        };
        Array::from(&list).iter().map(item).collect()
    }
}

struct Reader(JsValue);

/// Kept out of line: they are used for every field of every type.
impl Reader {
    #[inline(never)]
    fn text(&self) -> Result<String, Misfit> {
        self.0.as_string().ok_or(Misfit("a text"))
    }

    #[inline(never)]
    fn number(&self) -> Result<i64, Misfit> {
        let number = self.0.as_f64().ok_or(Misfit("a number"))?;
        Ok(number as i64)
    }

    #[inline(never)]
    fn items(&self) -> Result<Items, Misfit> {
        if !Array::is_array(&self.0) {
            return Err(Misfit("a list"));
        }
        Ok(Items {
            list: Array::from(&self.0),
            next: 0,
        })
    }
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Misfit;

    /// For all that is not written below: an answer has no such values.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_bool(self.0.as_bool().ok_or(Misfit("a boolean"))?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() || self.0.is_undefined() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if !self.0.is_object() {
            return Err(Misfit("an object"));
        }
        visitor.visit_seq(Members {
            object: self.0,
            fields,
            next: 0,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_enum(Word(self.text()?))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        tuple tuple_struct map identifier ignored_any
    }
}

struct Items {
    list: Array,
    next: u32,
}

impl Items {
    #[inline(never)]
    fn advance(&mut self) -> Option<Reader> {
        let there = self.next < self.list.length();
        self.next += 1;
        there.then(|| Reader(self.list.get(self.next - 1)))
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        match self.advance() {
            Some(item) => seed.deserialize(item).map(Some),
            None => Ok(None),
        }
    }
}

/// The fields a type wants, in its order: read by place, a type needs neither
/// to tell names apart nor to remember which it has seen.
struct Members {
    object: JsValue,
    fields: &'static [&'static str],
    next: usize,
}

impl Members {
    #[inline(never)]
    fn advance(&mut self) -> Option<Reader> {
        let name = self.fields.get(self.next)?;
        self.next += 1;
        Some(Reader(member(&self.object, name).unwrap_or(JsValue::NULL)))
    }
}

impl<'de> SeqAccess<'de> for Members {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        match self.advance() {
            Some(value) => seed.deserialize(value).map(Some),
            None => Ok(None),
        }
    }
}

/// A variant without anything in it.
struct Word(String);

impl<'de> EnumAccess<'de> for Word {
    type Error = Misfit;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Misfit> {
        let word: StrDeserializer<'_, Misfit> = self.0.as_str().into_deserializer();
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Misfit> {
        Err(Misfit("a word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Misfit> {
        Err(Misfit("a word"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Misfit> {
        Err(Misfit("a word"))
    }
}
