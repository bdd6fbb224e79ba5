"""SpikingJelly 2 on one core: PyTorch's update with SpikingJelly's actor."""
from functools import partial

import learning
import protocol
from spikingjelly_popsan import PopSan
from torch_td3 import Learner

protocol.serve(learning.works(partial(Learner, actor=PopSan), analog=False))
