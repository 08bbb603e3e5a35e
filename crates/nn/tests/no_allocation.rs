//! A training step on a fixed batch size allocates nothing.
#![allow(unsafe_code, reason = "the allocator is replaced by one that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use ndarray::Array2;
use ndarray_rand::rand::SeedableRng;
use nn::{Adam, Mlp};

thread_local! {
    /// Per thread, so that the test harness's own threads are not counted.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's contract is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_training_step_allocates_nothing() {
    let mut mlp = Mlp::new(&[3, 32, 16, 2], &mut rand_chacha::ChaCha8Rng::seed_from_u64(0));
    let mut adam = Adam::new(&mlp, 1e-3);
    let (mut tape, mut gradient) = (mlp.tape(8), mlp.gradient());
    let x = Array2::from_elem((8, 3), 0.5);
    let grad_output = Array2::ones((8, 2));

    let before = ALLOCATIONS.get();
    mlp.forward_on(&x, &mut tape);
    mlp.backward(&mut tape, &grad_output, &mut gradient);
    adam.step(&mut mlp, &gradient);
    let allocations = ALLOCATIONS.get() - before;

    assert_eq!(allocations, 0);
}
