"""PyTorch, operation by operation, on one core."""
import learning
import protocol
from torch_td3 import Learner

protocol.serve(learning.works(Learner))
