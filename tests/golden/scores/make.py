"""Score files as other programs write them, by their own libraries: numpy 2, tensorboard 2.21.

evaluations.npz: the three arrays that `EvalCallback` of Stable-Baselines3 saves (`common/callbacks.py`: `np.savez(log_path,
timesteps=…, results=…, ep_lengths=…)`), with results of evaluations × episodes.
matrices.npz: the dictionary of runs × tasks that rliable takes, by `np.savez(file, **scores)`.
events: an event file of TensorBoard, with the scalars that CleanRL logs and one other, and one scalar as a tensor.
expected.json: what the numbers come to.

Run: pip install numpy tensorboard; python make.py
"""

import json
import pathlib

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.summary.writer.record_writer import RecordWriter

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(7)

steps = np.array([1000, 2000, 3000])
results = random.normal(100.0, 10.0, (3, 5))
np.savez(HERE / "evaluations.npz", timesteps=steps, results=results, ep_lengths=np.full((3, 5), 200))
np.savez_compressed(
    HERE / "matrices.npz",
    ppo=random.normal(1.0, 0.1, (3, 2)).astype(np.float32),
    sac=random.normal(2.0, 0.1, (3, 2)).astype(np.float32),
)

returns = [(200, 1.5), (400, 2.25), (600, 4.0)]
with open(HERE / "events.out.tfevents.1700000000.host.1.0", "wb") as file:
    writer = RecordWriter(file)

    def write(event):
        writer.write(event.SerializeToString())

    write(Event(wall_time=1.0, file_version="brain.Event:2"))
    for step, value in returns:
        for tag, scalar in [("charts/SPS", 99.0), ("charts/episodic_return", value)]:
            write(Event(wall_time=2.0, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=scalar)])))
        tensor = TensorProto(dtype=1, tensor_content=np.float32(value * 2).tobytes())
        write(Event(wall_time=2.0, step=step, summary=Summary(value=[Summary.Value(tag="twice", tensor=tensor)])))
    writer.flush()

matrices = np.load(HERE / "matrices.npz")
expected = {
    "evaluations": [[int(step), float(row.mean())] for step, row in zip(steps, results)],
    "matrices": {name: [float(mean) for mean in matrices[name].astype(float).mean(axis=0)] for name in matrices.files},
    "events": returns,
}
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
