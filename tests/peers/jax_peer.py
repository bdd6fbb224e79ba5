"""JAX on one core. The environment is not ours to speed up: `training_step` uses Gymnasium's."""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import learning
import protocol
from jax_td3 import Learner

protocol.serve(learning.works(Learner))
