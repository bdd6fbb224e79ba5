#!/usr/bin/env bash
# Trains the study of DESIGN.md, task by task, in the background of everything else. Started again, it goes on where it was: after a
# stop, after a crash, or on another machine from the committed records.
#
#   STUDY=/tmp/study LIBTORCH=… MUJOCO_DYNAMIC_LINK_DIR=… setsid nohup results/trapezoid/run.sh &
#
# pkill -STOP --session $(cat $STUDY/pgid) pauses it and -CONT goes on; kill -TERM -- -$(cat $STUDY/pgid) stops it with checkpoints.
# Its output is $STUDY/log.
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
study=${STUDY:-/tmp/study}
jobs=${JOBS:-2}
commit=$(cat "$repository/results/trapezoid/commit")
mkdir -p "$study"
exec >>"$study/log" 2>&1
exec 9>"$study/lock"
flock --nonblock 9 || { echo "the study already runs here, as process group $(cat "$study/pgid")"; exit 1; }
ps -o pgid= -p $$ | tr -d ' ' >"$study/pgid"

# `nice` alone counts only within a session where the kernel groups processes by session (autogroup), so both are set.
renice -n 19 -p $$ >/dev/null
if [ -w /proc/self/autogroup ]; then echo 19 >/proc/$$/autogroup || true; fi

# The program is that of one commit for the whole study.
if [ ! -x "$study/spikebench" ]; then
    [ -d "$study/source" ] || git -C "$repository" worktree add --detach "$study/source" "$commit"
    (cd "$study/source" && cargo build --release --locked --target-dir "$study/target")
    cp "$study/target/release/spikebench" "$study/spikebench"
fi
# It looks for Gymnasium's model files where it was built, which may be a work tree without them.
export SPIKEBENCH_ASSETS="${SPIKEBENCH_ASSETS:-$repository/.deps/environments/gymnasium/envs/mujoco/assets}"
export LD_LIBRARY_PATH="${LIBTORCH:+$LIBTORCH/lib:}${MUJOCO_DYNAMIC_LINK_DIR:-}:${LD_LIBRARY_PATH:-}"

# A new machine begins with the finished records of the others.
packed="$repository/results/trapezoid/records.tar.zst"
if [ ! -d "$study/results/trapezoid" ] && [ -f "$packed" ]; then
    mkdir -p "$study/results"
    tar --zstd -xf "$packed" -C "$study/results"
fi

# 70: a run did not finish; its record says why, and the study goes on.
train() {
    echo "part $*"
    "$study/spikebench" run "$repository/suites/$1.yaml" --results "$study/results" --only "$2." --jobs "$jobs" --checkpoint 5 ||
        [ $? -eq 70 ]
}

date -u +'%FT%TZ begins'
train trapezoid InvertedDoublePendulum-v5.popsan
train trapezoid-pilot Hopper-v5.popsan
train trapezoid HalfCheetah-v5.popsan
# Hopper waits for the decision of the pilot (DESIGN.md):
# train trapezoid Hopper-v5.popsan
train trapezoid HalfCheetah-v5.mdcsan
date -u +'%FT%TZ ends'
