#!/usr/bin/env bash
# Trains the study of DESIGN.md, task by task, in the background of everything else. Started again, it goes on where it was: after a
# stop, after a crash, or on another machine from the committed records.
#
#   STUDY=/tmp/study LIBTORCH=… MUJOCO_DYNAMIC_LINK_DIR=… setsid nohup results/trapezoid/run.sh &
#
# kill -STOP -- -$(cat $STUDY/pgid) pauses it, -CONT goes on, -TERM stops it with checkpoints. Its output is $STUDY/log.
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
export LD_LIBRARY_PATH="${LIBTORCH:+$LIBTORCH/lib:}${MUJOCO_DYNAMIC_LINK_DIR:-}:${LD_LIBRARY_PATH:-}"

# A new machine begins with the finished records of the others.
packed="$repository/results/trapezoid/records.tar.zst"
if [ ! -d "$study/results/trapezoid" ] && [ -f "$packed" ]; then
    mkdir -p "$study/results"
    tar --zstd -xf "$packed" -C "$study/results"
fi

date -u +'%FT%TZ begins'
for part in InvertedDoublePendulum-v5.popsan HalfCheetah-v5.popsan Hopper-v5.popsan HalfCheetah-v5.mdcsan; do
    echo "part $part"
    # 70: a run did not finish; its record says why, and the study goes on.
    "$study/spikebench" run "$repository/suites/trapezoid.yaml" --results "$study/results" --only "$part." --jobs "$jobs" \
        --checkpoint 5 || [ $? -eq 70 ]
done
date -u +'%FT%TZ ends'
