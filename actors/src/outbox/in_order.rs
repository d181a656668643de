//! What waits to be written in order, the first of it in place.

use std::collections::VecDeque;

/// Items in their order. Mostly there is one at a time, since a writer comes at once; it needs no memory of its own, where
/// a list would be made and thrown away for each message to each socket.
pub(super) struct InOrder<T> {
    /// Nothing only where nothing waits.
    first: Option<T>,
    rest: VecDeque<T>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self { first: None, rest: VecDeque::new() }
    }
}

impl<T> InOrder<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn first_mut(&mut self) -> Option<&mut T> {
        self.first.as_mut()
    }

    pub(super) fn push_back(&mut self, item: T) {
        match self.first {
            None => self.first = Some(item),
            Some(_) => self.rest.push_back(item),
        }
    }

    /// Drops the first; an empty list keeps no memory.
    pub(super) fn drop_first(&mut self) {
        self.first = self.rest.pop_front();
        if self.rest.is_empty() && self.rest.capacity() > 0 {
            self.rest = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_in_its_order() {
        let (mut list, mut out, mut next) = (InOrder::default(), Vec::new(), 0);
        for put_in in [1, 1, 3, 0, 2, 5, 0, 0] {
            for _ in 0..put_in {
                list.push_back(next);
                next += 1;
            }
            for _ in 0..2 {
                out.extend(list.first_mut().copied());
                list.drop_first();
            }
        }
        assert_eq!(out.len(), 12);
        assert!(out.is_sorted() && list.is_empty());
    }

    #[test]
    fn nothing_is_kept_for_what_has_gone() {
        let mut list = InOrder::default();
        (0..100).for_each(|n| list.push_back(n));
        (0..100).for_each(|_| list.drop_first());
        assert_eq!((list.is_empty(), list.rest.capacity()), (true, 0));
    }
}
