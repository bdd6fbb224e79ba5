"""JAX on one core. `training_step` uses Gymnasium's environment, as a user of JAX would."""
import os
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax_works
import learning
import protocol
from jax_td3 import learner

protocol.serve({**jax_works.works(sys.argv[1:]), **learning.works(learner)})
