"""JAX on one core. `training_step` uses Gymnasium's environment, as a user of JAX would."""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import learning
import protocol
from jax_td3 import Learner

protocol.serve(learning.works(Learner))
