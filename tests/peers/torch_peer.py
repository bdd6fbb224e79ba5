"""PyTorch, operation by operation, on one core."""
import os
import tempfile

import torch

import learning
import protocol
from torch_td3 import Learner


def checkpoint():
    """A replay buffer of a million transitions of HalfCheetah's size, written as a whole and waited for."""
    rows, features, actions = 1_000_000, 17, 6
    buffer = {
        "observation": torch.rand(rows, features),
        "action": torch.rand(rows, actions),
        "reward": torch.rand(rows, 1),
        "next_observation": torch.rand(rows, features),
        "terminated": torch.zeros(rows, 1),
    }
    # On disk, and where git does not look: the bench kills this program with the folder in place.
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../target")
    os.makedirs(target, exist_ok=True)
    folder = tempfile.TemporaryDirectory(dir=target)

    def run(count):
        for _ in range(count):
            path = os.path.join(folder.name, "checkpoint.pt")
            with open(path + ".new", "wb") as file:
                torch.save(buffer, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(path + ".new", path)

    return run


protocol.serve({**learning.works(Learner), "checkpoint": checkpoint})
