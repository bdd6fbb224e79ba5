//! Rust closures as backward functions of LibTorch's autograd.
#![expect(unsafe_code, reason = "the boundary to LibTorch's C++ autograd")]

use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tch::{Kind, TchError, Tensor};

/// A backward function of [`with_backward`]: from the gradient of the output to the gradient of each input, in their order
/// and shape. `None` stands for zero.
pub type Backward = dyn Fn(&Tensor) -> Result<Vec<Option<Tensor>>, TchError> + Send;

/// Whether autograd would record what is computed from these tensors now: gradients are on, and one of them requires one.
pub fn needs_gradient(inputs: &[&Tensor]) -> bool {
    // SAFETY: the pointers are those of living tensors.
    unsafe { spikebench_needs_gradient(pointers(inputs).as_ptr(), inputs.len()) }
}

fn pointers(tensors: &[&Tensor]) -> Vec<*const c_void> {
    tensors
        .iter()
        .map(|tensor| tensor.as_ptr().cast())
        .collect()
}

/// Makes `output` differentiable with respect to `inputs`.
///
/// `output` must have been computed without gradients ([`tch::no_grad`]). The closure is kept until LibTorch frees the graph:
/// after its backward pass, or with its last output. If no input requires a gradient, the closure is dropped at once and
/// `output` is returned as it is.
///
/// # Errors
/// If LibTorch cannot attach the node. A panic or an error in the closure is an error of the backward pass.
pub fn with_backward(
    output: Tensor,
    inputs: &[&Tensor],
    backward: impl Fn(&Tensor) -> Result<Vec<Option<Tensor>>, TchError> + Send + 'static,
) -> Result<Tensor, TchError> {
    let mut output = output;
    let boxed: Box<Box<Backward>> = Box::new(Box::new(backward));
    let pointers = pointers(inputs);
    // SAFETY: the pointers are those of living tensors. C++ takes over the closure, which it calls and drops through the
    // functions below. The message lives until the next call on this thread.
    unsafe {
        let message = spikebench_attach(
            output.as_mut_ptr().cast(),
            pointers.as_ptr(),
            pointers.len(),
            Closure {
                closure: Box::into_raw(boxed).cast(),
                apply,
                forget_message,
                drop: drop_closure,
            },
        );
        if message.is_null() {
            Ok(output)
        } else {
            let message = CStr::from_ptr(message).to_string_lossy().into_owned();
            Err(TchError::Torch(message))
        }
    }
}

/// The gradients of the sum of `output` with respect to `inputs`, which must be leaves. An undefined tensor stands for zero.
/// The graph is freed.
///
/// # Panics
/// If a backward function fails.
pub fn gradients(output: &Tensor, inputs: &[&Tensor]) -> Vec<Tensor> {
    let mut found = vec![std::ptr::null_mut(); inputs.len()];
    let mut walked = false;
    // SAFETY: the pointers are those of living tensors, there is a place for the gradient of each input, and the message lives
    // until the next call on this thread.
    let failure = unsafe {
        let message = spikebench_walk(
            output.as_ptr().cast(),
            pointers(inputs).as_ptr(),
            inputs.len(),
            found.as_mut_ptr(),
            &mut walked,
        );
        (!message.is_null()).then(|| CStr::from_ptr(message).to_string_lossy().into_owned())
    };
    if let Some(message) = failure {
        panic!("{message}");
    }
    if !walked {
        let sum = (output.numel() > 1).then(|| output.sum(Kind::Float));
        return Tensor::run_backward(&[sum.as_ref().unwrap_or(output)], inputs, false, false);
    }
    let tensor = |pointer: *mut c_void| {
        if pointer.is_null() {
            return Tensor::new();
        }
        // SAFETY: C++ has made the tensor and passes ownership of it.
        unsafe { Tensor::from_ptr(pointer.cast()) }
    };
    found.into_iter().map(tensor).collect()
}

/// The tensor in another shape, by a node that [`gradients`] can walk through.
pub fn reshaped(tensor: &Tensor, shape: &[i64]) -> Tensor {
    if !needs_gradient(&[tensor]) {
        return tensor.reshape(shape);
    }
    let own = tensor.size();
    let back = move |gradient: &Tensor| Ok(vec![Some(gradient.reshape(&own))]);
    match with_backward(tensor.detach().reshape(shape), &[tensor], back) {
        Ok(reshaped) => reshaped,
        Err(error) => panic!("{error}"),
    }
}

#[repr(C)]
struct Closure {
    closure: *mut c_void,
    apply: unsafe extern "C" fn(*mut c_void, *mut c_void, *mut *mut c_void) -> *mut c_char,
    forget_message: unsafe extern "C" fn(*mut c_char),
    drop: unsafe extern "C" fn(*mut c_void),
}

unsafe extern "C" {
    fn spikebench_walk(
        output: *const c_void,
        inputs: *const *const c_void,
        count: usize,
        gradients: *mut *mut c_void,
        walked: *mut bool,
    ) -> *const c_char;
    fn spikebench_needs_gradient(inputs: *const *const c_void, count: usize) -> bool;
    fn spikebench_attach(
        output: *mut c_void,
        inputs: *const *const c_void,
        count: usize,
        closure: Closure,
    ) -> *const c_char;
}

unsafe extern "C" fn apply(
    closure: *mut c_void,
    gradient: *mut c_void,
    gradients: *mut *mut c_void,
) -> *mut c_char {
    // SAFETY: `closure` is the box that `with_backward` gave away and that C++ has not dropped yet.
    let backward = unsafe { &*closure.cast::<Box<Backward>>() };
    // SAFETY: `gradient` is a tensor of the caller, whose handle is copied.
    let gradient = unsafe { Tensor::clone_from_ptr(gradient.cast()) };
    let made = catch_unwind(AssertUnwindSafe(|| backward(&gradient)));
    let message = match made {
        Ok(Ok(made)) => {
            for (index, tensor) in made.into_iter().enumerate() {
                if let Some(tensor) = tensor {
                    // SAFETY: the caller has a place for each input, and takes over the tensor.
                    unsafe { *gradients.add(index) = into_raw(tensor) };
                }
            }
            return std::ptr::null_mut();
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!(
            "panic in a backward function: {}",
            panic_message(panic.as_ref())
        ),
    };
    let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
    message.into_raw()
}

/// Gives away the C++ tensor behind `tensor`.
fn into_raw(tensor: Tensor) -> *mut c_void {
    let mut tensor = std::mem::ManuallyDrop::new(tensor);
    tensor.as_mut_ptr().cast()
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    let formatted = panic.downcast_ref::<String>().map(String::as_str);
    literal.or(formatted).unwrap_or("without a message")
}

unsafe extern "C" fn forget_message(message: *mut c_char) {
    // SAFETY: the message is one that `apply` gave away.
    drop(unsafe { CString::from_raw(message) });
}

unsafe extern "C" fn drop_closure(closure: *mut c_void) {
    // SAFETY: the closure is one that `with_backward` gave away, and C++ drops it once.
    drop(unsafe { Box::from_raw(closure.cast::<Box<Backward>>()) });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tch::{Kind, no_grad};

    use super::*;

    /// Counts how often it is dropped.
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn input() -> Tensor {
        Tensor::from_slice(&[1.0f32, -2.0, 3.0]).set_requires_grad(true)
    }

    /// `x · y` with a backward function of ours.
    fn product(x: &Tensor, y: &Tensor, drops: &Arc<AtomicUsize>) -> Tensor {
        let counted = Counted(drops.clone());
        let (kept_x, kept_y) = (x.shallow_clone(), y.shallow_clone());
        with_backward(no_grad(|| x * y), &[x, y], move |gradient| {
            let _ = &counted;
            Ok(vec![Some(gradient * &kept_y), Some(gradient * &kept_x)])
        })
        .unwrap()
    }

    #[test]
    fn a_closure_is_a_backward_function_within_a_larger_graph() {
        let drops = Arc::default();
        let (x, y) = (input(), Tensor::from_slice(&[0.5f32, 4.0, -1.0]));
        let theirs = (x.exp() * &y * &x).sum(Kind::Float);
        theirs.backward();
        let expected = x.grad().copy();
        let mut x = x;
        x.zero_grad();
        let ours = product(&product(&x.exp(), &y, &drops), &x, &drops).sum(Kind::Float);
        ours.backward();
        assert!(x.grad().allclose(&expected, 1e-6, 1e-6, false));
        assert!(!y.grad().defined());
    }

    #[test]
    fn every_closure_is_dropped_once_however_its_graph_ends() {
        let drops = Arc::new(AtomicUsize::new(0));
        let x = input();
        let run_backward = product(&x, &x, &drops);
        run_backward.sum(Kind::Float).backward();
        assert_eq!(drops.load(Ordering::SeqCst), 1, "freed by backward");
        drop(run_backward);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "not freed twice");
        let never_run = product(&x, &x, &drops);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        drop(never_run);
        assert_eq!(drops.load(Ordering::SeqCst), 2, "freed with the output");
        let constant = input().detach();
        let _no_gradient = product(&constant, &constant, &drops);
        assert_eq!(drops.load(Ordering::SeqCst), 3, "nothing to differentiate");
        let _forbidden = no_grad(|| product(&x, &x, &drops));
        assert_eq!(drops.load(Ordering::SeqCst), 4, "gradients are off");
    }

    #[test]
    fn an_error_or_a_panic_in_a_backward_function_is_an_error_of_backward() {
        let x = input();
        let failing = with_backward(x.detach() * 2.0, &[&x], |_| {
            Err(TchError::Shape("on purpose".into()))
        });
        let error = failing.unwrap().sum(Kind::Float).f_backward().unwrap_err();
        assert!(error.to_string().contains("on purpose"), "{error}");
        let panicking = with_backward(x.detach() * 2.0, &[&x], |_| panic!("with {}", "reason"));
        let error = panicking
            .unwrap()
            .sum(Kind::Float)
            .f_backward()
            .unwrap_err();
        assert!(error.to_string().contains("with reason"), "{error}");
    }

    #[test]
    fn gradients_agree_with_the_engine_whether_or_not_all_nodes_are_ours() {
        let drops = Arc::default();
        for foreign in [false, true] {
            let (x, y) = (input(), input());
            let unused = input();
            let build = || {
                // `x` is used three times, and one product twice.
                let square = product(&x, &reshaped(&x, &[3]), &drops);
                let all = product(&product(&square, &y, &drops), &square, &drops);
                product(&if foreign { all.sin() } else { all }, &x, &drops)
            };
            let inputs = [&y, &x, &unused];
            let ours = gradients(&build(), &inputs);
            let theirs =
                Tensor::run_backward(&[build().sum(Kind::Float)], &inputs[..2], false, false);
            for (one, other) in ours.iter().zip(&theirs) {
                assert!(one.allclose(other, 1e-6, 1e-6, false), "{one} {other}");
            }
            assert!(!ours[2].defined());
        }
        assert_eq!(drops.load(Ordering::SeqCst), 16, "all are freed");
    }

    #[test]
    #[should_panic(expected = "with reason")]
    fn gradients_panic_if_a_backward_function_does() {
        let x = input();
        let output = with_backward(x.detach() * 2.0, &[&x], |_| panic!("with reason")).unwrap();
        let _ = gradients(&output, &[&x]);
    }

    #[test]
    fn a_second_pass_through_a_freed_graph_is_refused() {
        let x = input();
        let sum = product(&x, &x, &Arc::default()).sum(Kind::Float);
        sum.backward();
        assert!(sum.f_backward().is_err());
    }
}
