//! A value kept between renderings that causes none.
//!
//! Equal when it is the same one, so that callbacks may depend on it.

use std::cell::RefCell;
use std::rc::Rc;

use yew::{Callback, hook, use_mut_ref};

pub(crate) struct Kept<T>(Rc<RefCell<T>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Kept<T> {
    pub(crate) fn replace(&self, value: T) -> T {
        self.0.replace(value)
    }

    pub(crate) fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.borrow())
    }
}

/// A callback with what it needs. Made anew at each rendering: that weighs
/// less than remembering it, and what matters compares its other properties.
pub(crate) fn bound<I: 'static, D: 'static>(
    needs: D,
    act: impl Fn(I, &D) + 'static,
) -> Callback<I> {
    Callback::from(move |given: I| act(given, &needs))
}

#[hook]
pub(crate) fn use_kept<T: 'static>(first: impl FnOnce() -> T) -> Kept<T> {
    Kept(use_mut_ref(first))
}
