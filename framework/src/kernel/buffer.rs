//! Buffers that are reused, because every update needs the same few.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// A cache line, so that no register spans two of them.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

thread_local! {
    /// The buffers that are not in use.
    static POOL: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers that begin at a cache line. At first they hold whatever the last user left there.
#[derive(Debug)]
pub struct Buffer {
    lines: Vec<Line>,
    length: usize,
}

impl Buffer {
    /// A buffer of this many numbers.
    pub fn of(length: usize) -> Self {
        let needed = length.div_ceil(16);
        let mut lines = POOL.with_borrow_mut(|pool| {
            // Among buffers of the same size the one that was used last, which may still be in the cache.
            let fitting = pool.iter().enumerate().rev();
            let best = fitting
                .filter(|(_, lines)| lines.len() >= needed)
                .min_by_key(|(_, lines)| lines.len());
            let best = best.map(|(index, _)| index);
            // If all are too small, a new one: a small buffer that had to grow would be lost to small requests.
            best.map(|index| pool.remove(index)).unwrap_or_default()
        });
        if lines.len() < needed {
            lines.resize(needed, Line([0.0; 16]));
        }
        Self { lines, length }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        // At the end of a thread the pool may be gone already.
        let _ = POOL.try_with(|pool| pool.borrow_mut().push(lines));
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: a line consists of 16 numbers without padding, and there are enough lines.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above; the lines belong to this buffer alone.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_reused_by_the_request_that_fits_best() {
        let address = |buffer: &Buffer| buffer.as_ptr() as usize;
        let (small, large) = (Buffer::of(100), Buffer::of(1000));
        let (at_small, at_large) = (address(&small), address(&large));
        assert_eq!(at_small % 64, 0);
        drop((small, large));
        let again = Buffer::of(90);
        assert_eq!((again.len(), address(&again)), (90, at_small));
        let next = Buffer::of(90);
        assert_eq!(address(&next), at_large);
        assert_ne!(address(&Buffer::of(90)), at_large);
    }
}
