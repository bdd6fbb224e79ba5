// An autograd node whose backward function is a Rust closure: all that Rust needs of LibTorch's C++ autograd.

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include <ATen/EmptyTensor.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

// A plugin has this file as well, and its nodes stand in one graph with those of its host. They are told by the name of their
// type, for which the type must neither be nameless nor final.
namespace spikebench_bridge {

struct Backward {
  void *closure;
  // Computes the gradients of the inputs, new tensors or null, from that of the output. Returns an error message or null.
  char *(*apply)(void *closure, at::Tensor *gradient, at::Tensor **gradients);
  void (*forget_message)(char *message);
  void (*drop)(void *closure);
};

struct Node : torch::autograd::Node {
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

}  // namespace spikebench_bridge

namespace {

using spikebench_bridge::Backward;
using spikebench_bridge::Node;

// A node of ours, and the gradient of its output as far as it has been accumulated.
struct Stop {
  Node *node;
  at::Tensor gradient;
};

using torch::autograd::AccumulateGrad;

// The gradient of the sum of `output` with respect to itself. (`ones_like` goes through LibTorch's dispatcher twice.)
at::Tensor ones(const at::Tensor &output) {
  if (!output.device().is_cpu() || output.scalar_type() != at::kFloat) return at::ones_like(output);
  auto made = at::detail::empty_cpu(output.sizes(), at::kFloat);
  std::fill_n(made.mutable_data_ptr<float>(), made.numel(), 1.0f);
  return made;
}

void add(at::Tensor &sum, at::Tensor gradient) {
  sum = sum.defined() ? sum + gradient : std::move(gradient);
}

// All nodes that `root` depends on, the latest first. Empty if one of them is neither ours nor a leaf.
std::vector<Stop> route(torch::autograd::Node *root) {
  std::vector<Stop> stops;
  std::vector<torch::autograd::Node *> waiting{root};
  while (!waiting.empty()) {
    auto *next = waiting.back();
    waiting.pop_back();
    if (dynamic_cast<AccumulateGrad *>(next)) continue;
    auto *ours = dynamic_cast<Node *>(next);
    if (!ours) return {};
    auto known = [&](const Stop &stop) { return stop.node == ours; };
    if (std::any_of(stops.begin(), stops.end(), known)) continue;
    stops.push_back({ours, {}});
    for (const auto &edge : ours->next_edges())
      if (edge.function) waiting.push_back(edge.function.get());
  }
  // The nodes that a node depends on were made before it.
  std::sort(stops.begin(), stops.end(), [](const Stop &one, const Stop &other) {
    return one.node->sequence_nr() > other.node->sequence_nr();
  });
  return stops;
}

void walk(std::vector<Stop> &stops, at::Tensor **inputs, size_t count, std::vector<at::Tensor> &gradients) {
  at::AutoGradMode off(false);
  for (Stop &stop : stops) {
    if (!stop.gradient.defined()) continue;
    auto given = stop.node->apply({std::move(stop.gradient)});
    stop.node->release_variables();
    for (size_t i = 0; i < given.size(); i++) {
      auto *next = stop.node->next_edge(i).function.get();
      if (!next || !given[i].defined()) continue;
      if (auto *leaf = dynamic_cast<AccumulateGrad *>(next)) {
        for (size_t k = 0; k < count; k++)
          if (leaf->variable.unsafeGetTensorImpl() == inputs[k]->unsafeGetTensorImpl()) {
            add(gradients[k], given[i]);
            break;
          }
        continue;
      }
      for (Stop &other : stops)
        if (other.node == next) add(other.gradient, given[i]);
    }
  }
}

}  // namespace

// Whether autograd would record what is computed from `inputs` now.
extern "C" bool spikebench_needs_gradient(at::Tensor **inputs, size_t count) {
  if (!at::GradMode::is_enabled()) return false;
  for (size_t i = 0; i < count; i++)
    if (inputs[i]->requires_grad()) return true;
  return false;
}

// Makes `output`, which was computed without gradients, depend on `inputs`. The closure is dropped with the node, or at once
// if no input requires a gradient. Returns null, or an error message if nothing was attached.
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

// The gradients of the sum of `output` with respect to `inputs`, new tensors or null. It handles only graphs of nodes of ours,
// for which LibTorch's engine, being made for more, takes longer than the nodes themselves; `walked` says whether this was
// one. Returns an error message or null.
extern "C" const char *spikebench_walk(at::Tensor *output, at::Tensor **inputs, size_t count, at::Tensor **gradients,
                                       bool *walked) {
  static thread_local std::string message;
  try {
    *walked = false;
    const auto &root = output->grad_fn();
    if (!root) return nullptr;
    auto stops = route(root.get());

    if (stops.empty()) return nullptr;
    *walked = true;
    stops[0].gradient = ones(*output);
    std::vector<at::Tensor> found(count);
    walk(stops, inputs, count, found);
    for (size_t i = 0; i < count; i++)
      if (found[i].defined()) gradients[i] = new at::Tensor(std::move(found[i]));
    return nullptr;
  } catch (const std::exception &error) {
    message = error.what();
    return message.c_str();
  }
}
