"""Two workers of HyperQueue, each of which runs a worker of ours: `workers_of_hyperqueue.py PROGRAM SUITE`, in the folder for the results."""

import sys

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

program, suite = sys.argv[1:]
with LocalCluster() as cluster:
    job = Job()
    for _ in range(2):
        cluster.start_worker(WorkerConfig(cores=1))
        job.program([program, "work", suite, "--jobs", "1"])
    client = cluster.client()
    if not client.wait_for_jobs([client.submit(job)]):
        sys.exit("a task failed")
