//! When V8 is asked to look for garbage: Buffers of batches are garbage at the rate of the input, and memory is to stay flat at a small size.
//!
//! A sink of ours gives its bytes back, so this is for the sinks of others. Of its own accord V8 lets 64 MiB come together outside of its heap, and then
//! goes through all of it. A look at what is young takes a twentieth of that time, and finds all of ours: they are dead soon or live long.

use crate::error::failure;
use napi::bindgen_prelude::ArrayBuffer;
use napi::{Env, sys};
use std::cell::RefCell;
use std::ptr;

/// Bytes that may be out before V8 is asked to look at what is young.
const YOUNG_BYTES: i64 = 6 << 20;

/// Looks at what is young after which V8 is asked to look at all, too: what lived a little longer would come together until V8 looks of its own accord.
const YOUNG_LOOKS: u32 = 32;

/// Bytes that may be out before V8 is asked to look at all.
const ALL_BYTES: i64 = 16 << 20;

/// The same where V8 looks at what is young, which finds most: to look at all takes cores from the checks, and the event loop waits for it.
const ALL_BESIDE_YOUNG_BYTES: i64 = 20 << 20;

/// Bytes after which it is asked again, as it does not always listen; twice as many each further time, as they may be in use.
const AGAIN_BYTES: i64 = 4 << 20;

/// What V8 lets come together outside of its heap before it looks at all of its own accord.
const V8_ALL_BYTES: i64 = 64 << 20;

/// What V8 (up to version 12, of Node 22; later ones do not look) lets come together in young ArrayBuffers before it looks at these, when it is to give memory for one more.
const V8_YOUNG_BYTES: i64 = 32 << 20;

/// Bytes of a weight: with so many more that are out and young, V8 looks at these.
const WEIGHT_BYTES: usize = (V8_YOUNG_BYTES - YOUNG_BYTES) as usize;

/// What is reserved for it, of which nothing is ever in memory: beyond 32 MiB an allocator takes zeros from the system rather than writing them.
const WEIGHT_RESERVED_BYTES: usize = 33 << 20;

/// Looks at all, one after the other, that found a weight still there, before V8 gets no more of them: it is one that does not look at what is young.
const LEFT_MAX: u32 = 3;

thread_local! {
    static OUT: RefCell<Out> = const { RefCell::new(Out::new()) };
}

/// What is out on one thread of JavaScript.
struct Out {
    bytes: i64,
    young_due: i64,
    all_due: i64,
    /// How much was out when V8 was last asked to look at all; `None` when it has found some since.
    asked_at: Option<i64>,
    again: i64,
    weight: Weight,
    left: u32,
    young_looks: u32,
}

/// Memory that nobody ever touches, so that it is no more than a number to V8 and to the system.
enum Weight {
    None,
    Here(Vec<u8>),
    /// True once V8 was asked to look at all, which would find it as well.
    Lent(bool),
}

/// What V8 is to be asked.
#[derive(Default)]
struct Asked {
    weight: Option<Vec<u8>>,
    young: bool,
    all: bool,
}

impl Out {
    const fn new() -> Out {
        Out {
            bytes: 0,
            young_due: YOUNG_BYTES,
            all_due: ALL_BESIDE_YOUNG_BYTES,
            asked_at: None,
            again: AGAIN_BYTES,
            weight: Weight::None,
            left: 0,
            young_looks: 0,
        }
    }

    /// `makes_objects`: JavaScript makes objects at the rate of the input, so V8 looks at what is young anyway, and more often would cost the more, as it
    /// copies what lives.
    fn asks(&mut self, makes_objects: bool) -> Asked {
        let mut asked = Asked::default();
        let looks_at_young = !makes_objects && self.left < LEFT_MAX;
        let all_bytes = if looks_at_young { ALL_BESIDE_YOUNG_BYTES } else { ALL_BYTES };
        self.young_due = self.young_due.min(self.bytes + YOUNG_BYTES);
        if self.asked_at.is_some_and(|at| self.bytes < at - all_bytes / 2) {
            (self.asked_at, self.again) = (None, AGAIN_BYTES);
            self.all_due = self.bytes + all_bytes;
        } else if self.asked_at.is_none() {
            self.all_due = self.all_due.min(self.bytes + all_bytes);
        }
        let is_lent = matches!(self.weight, Weight::Lent(_));
        if self.bytes >= self.all_due {
            self.asked_at = Some(self.bytes);
            (self.all_due, self.again) = (self.bytes + self.again, self.again * 2);
            if is_lent {
                self.weight = Weight::Lent(true);
            }
            asked.all = true;
        } else if self.bytes >= self.young_due && looks_at_young && !is_lent {
            self.young_due = self.bytes + YOUNG_BYTES;
            self.young_looks = (self.young_looks + 1) % YOUNG_LOOKS;
            asked.all = self.young_looks == 0;
            asked.weight = Some(match std::mem::replace(&mut self.weight, Weight::Lent(false)) {
                Weight::Here(weight) => weight,
                _ => vec![0; WEIGHT_RESERVED_BYTES],
            });
        }
        asked.young = is_lent || asked.weight.is_some();
        asked
    }

    /// V8 is done with `weight`.
    fn found(&mut self, weight: Vec<u8>) {
        self.left = if matches!(self.weight, Weight::Lent(true)) { self.left + 1 } else { 0 };
        self.weight = Weight::Here(weight);
    }

    /// V8 was given a weight. Where it is here again at once, V8 has its memory for itself and made a copy of it, which is not to happen again.
    fn lent(&mut self) {
        if matches!(self.weight, Weight::Here(_)) {
            (self.weight, self.left) = (Weight::None, LEFT_MAX);
        }
    }
}

/// So many bytes are JavaScript's from now on.
pub(crate) fn lend(bytes: usize) {
    with(|out| out.bytes += bytes as i64);
}

/// JavaScript has no more of them.
pub(crate) fn take_back(bytes: usize) {
    with(|out| out.bytes -= bytes as i64);
}

/// No call of Node stands within `act`, which could run what comes here again.
fn with<T: Default>(act: impl FnOnce(&mut Out) -> T) -> T {
    // A thread that ends has nothing left to count.
    OUT.try_with(|out| act(&mut out.borrow_mut())).unwrap_or_default()
}

/// Has V8 look for garbage, where there may be so much of it, for a stream of which JavaScript makes objects or not.
pub(crate) fn collect_soon(env: &Env, makes_objects: bool) -> napi::Result<()> {
    let Asked { weight, young, all } = with(|out| out.asks(makes_objects));
    if all {
        // It begins to mark when what it knows outside of its heap grows past its limit, for which a moment is enough. To ask it again while it
        // marks would have it do so for 5 ms on this thread, instead of beside it.
        env.adjust_external_memory(V8_ALL_BYTES)?;
        env.adjust_external_memory(-V8_ALL_BYTES)?;
    }
    if let Some(weight) = weight {
        weigh(env, weight)?;
        with(Out::lent);
    }
    if young {
        let (mut data, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: both places outlive the call.
        succeeded(unsafe { sys::napi_create_arraybuffer(env.raw(), 1, &mut data, &mut value) })?;
    }
    Ok(())
}

/// Makes an ArrayBuffer of `weight` that is garbage at once, so that V8 counts more among the young than there is.
fn weigh(env: &Env, mut weight: Vec<u8>) -> napi::Result<()> {
    let mut scope = ptr::null_mut();
    // SAFETY: the place outlives the call.
    succeeded(unsafe { sys::napi_open_handle_scope(env.raw(), &mut scope) })?;
    let data = weight.as_mut_ptr();
    let found = |_, weight| with(|out| out.found(weight));
    // SAFETY: what `data` points to does not move with `weight`, and nobody can reach the ArrayBuffer.
    let made = unsafe { ArrayBuffer::from_external(env, data, WEIGHT_BYTES, weight, found) }.map(drop);
    // SAFETY: it was opened here, and what was made in it is not used any more.
    succeeded(unsafe { sys::napi_close_handle_scope(env.raw(), scope) })?;
    made
}

fn succeeded(status: sys::napi_status) -> napi::Result<()> {
    if status == sys::Status::napi_ok { Ok(()) } else { Err(failure("native/panic", "V8 gave no memory.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The batches of a stream whose Buffers are garbage at once: what is out at most. V8 finds them when it looks, at what is young or only at all.
    fn run(looks_at_young: bool, is_held: bool) -> (i64, u32) {
        let (mut out, mut most, mut all) = (Out::new(), 0, 0);
        for _ in 0..1000 {
            let asked = out.asks(false);
            let lent = asked.weight.or(if asked.young { Some(vec![0]) } else { None });
            let young = lent.is_some() && looks_at_young && out.bytes >= YOUNG_BYTES;
            if young || asked.all {
                if let Some(weight) = lent {
                    out.found(weight);
                }
                if !is_held {
                    out.bytes = 0;
                }
            }
            all += u32::from(asked.all);
            out.bytes += 512 << 10;
            most = most.max(out.bytes);
        }
        (most, all)
    }

    #[test]
    fn v8_is_asked_for_what_is_young_and_for_all_only_where_that_does_not_do() {
        let (most, all) = run(true, false);
        assert!(most <= YOUNG_BYTES + (1 << 20) && all <= 1000 / 16 / YOUNG_LOOKS + 1, "{most} {all}");
        let (most, all) = run(false, false);
        assert!(most <= ALL_BESIDE_YOUNG_BYTES + (1 << 20) && all > 10, "{most} {all}");
    }

    #[test]
    fn what_is_in_use_is_not_asked_for_over_and_over() {
        assert!(run(true, true).1 <= 12 && run(false, true).1 <= 12);
    }

    #[test]
    fn v8_gets_no_weights_where_it_leaves_them_or_copies_them() {
        let mut out = Out::new();
        for _ in 0..LEFT_MAX {
            out.bytes = YOUNG_BYTES;
            assert!(out.asks(false).weight.is_some());
            out.bytes = ALL_BESIDE_YOUNG_BYTES;
            assert!(out.asks(false).all);
            out.found(vec![0]);
            out.bytes = 0;
            out.asks(false);
        }
        out.bytes = YOUNG_BYTES;
        assert!(out.asks(false).weight.is_none());
        let mut out = Out { bytes: YOUNG_BYTES, ..Out::new() };
        assert!(!out.asks(true).young);
        let weight = out.asks(false).weight.expect("a weight");
        out.found(weight);
        out.lent();
        out.bytes = 2 * YOUNG_BYTES;
        assert!(!out.asks(false).young);
    }
}
