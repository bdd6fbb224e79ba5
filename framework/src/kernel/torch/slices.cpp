// What a tensor is, in one call: LibTorch's C functions take one for each property, and an allocation for the shape.

#include <ATen/core/Tensor.h>

namespace {

struct View {
  // Of a contiguous single-precision tensor on the CPU; else null.
  void *values;
  // Of any tensor that is defined; else null. They live as long as the tensor keeps its shape.
  const int64_t *sizes;
  size_t dimensions;
  size_t count;
  // Whether it is a single-precision tensor on the CPU.
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
