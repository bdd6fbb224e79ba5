// What the kernels ask of tensors, without the detours of LibTorch's C interface: it takes one call for each property of a
// tensor, allocates memory for its shape, and finds the function that makes one in a table.

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>

namespace {

struct View {
  // The values of a contiguous single-precision tensor on the CPU; null for any other tensor.
  void *values;
  // The sizes of a tensor that is defined, else null. They live as long as the tensor keeps its shape.
  const int64_t *sizes;
  size_t dimensions;
  size_t count;
  // Whether the tensor is in single precision and on the CPU.
  bool single;
};

}  // namespace

extern "C" View spikebench_view(const at::Tensor *tensor) {
  if (!tensor->defined()) return {};
  bool single = tensor->layout() == at::kStrided && tensor->device().is_cpu() && tensor->scalar_type() == at::kFloat;
  bool plain = single && tensor->is_contiguous();
  auto sizes = tensor->sizes();
  return {plain ? tensor->data_ptr() : nullptr, sizes.data(), sizes.size(), static_cast<size_t>(tensor->numel()), single};
}

// A new single-precision tensor on the CPU, which the caller deletes; null if there is no memory for it.
extern "C" at::Tensor *spikebench_empty(const int64_t *sizes, size_t dimensions) {
  try {
    return new at::Tensor(at::detail::empty_cpu({sizes, dimensions}, at::kFloat));
  } catch (...) {
    return nullptr;
  }
}
