// One autograd node whose backward is a closure of Rust. All that Rust needs of LibTorch's C++ autograd.

#include <exception>
#include <string>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

namespace {

struct Backward {
  void *closure;
  // From the gradient of the output to the gradients of the inputs, new tensors or null. An error message, or null.
  char *(*apply)(void *closure, at::Tensor *gradient, at::Tensor **gradients);
  void (*forget_message)(char *message);
  void (*drop)(void *closure);
};

struct Node final : torch::autograd::Node {
  Backward backward;
  size_t inputs;

  Node(Backward backward, size_t inputs) : backward(backward), inputs(inputs) {}

  ~Node() override { release_variables(); }

  void release_variables() override {
    if (backward.closure) backward.drop(backward.closure);
    backward.closure = nullptr;
  }

  std::string name() const override { return "Spikebench"; }

  torch::autograd::variable_list apply(torch::autograd::variable_list &&outputs) override {
    torch::autograd::variable_list gradients(inputs);
    if (!outputs[0].defined()) return gradients;
    TORCH_CHECK(backward.closure, "backward a second time through a graph whose buffers have been freed");
    std::vector<at::Tensor *> made(inputs, nullptr);
    char *message = backward.apply(backward.closure, &outputs[0], made.data());
    for (size_t i = 0; i < inputs; i++) {
      if (!made[i]) continue;
      gradients[i] = std::move(*made[i]);
      delete made[i];
    }
    if (message) {
      std::string copy(message);
      backward.forget_message(message);
      throw std::runtime_error(copy);
    }
    return gradients;
  }
};

}  // namespace

// Would anything that is computed from `inputs` now have a gradient?
extern "C" bool spikebench_differentiates(at::Tensor **inputs, size_t count) {
  if (!at::GradMode::is_enabled()) return false;
  for (size_t i = 0; i < count; i++)
    if (inputs[i]->requires_grad()) return true;
  return false;
}

// Makes `output`, which was computed without gradients, depend on `inputs`. The closure is dropped with the node, or
// at once if nothing is to be differentiated. An error message, or null; then nothing was attached.
extern "C" const char *spikebench_attach(at::Tensor *output, at::Tensor **inputs, size_t count,
                                         Backward backward) {
  static thread_local std::string message;
  try {
    std::shared_ptr<Node> node(new Node(backward, count), torch::autograd::deleteNode);
    torch::autograd::variable_list variables;
    for (size_t i = 0; i < count; i++) variables.push_back(*inputs[i]);
    if (torch::autograd::compute_requires_grad(variables)) {
      node->set_next_edges(torch::autograd::collect_next_edges(variables));
      torch::autograd::set_history(*output, node);
    }
    return nullptr;
  } catch (const std::exception &error) {
    message = error.what();
    return message.c_str();
  }
}
