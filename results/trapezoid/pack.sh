#!/usr/bin/env bash
# Packs the finished records of the study for the repository.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
study=${STUDY:-/tmp/study}
cd "$study/results"
# Sorted, and without owners and times, so that the same records give the same bytes.
find trapezoid/suite.yaml trapezoid/runs -type f | LC_ALL=C sort |
    tar --create --no-recursion --files-from=- --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=0644 |
    zstd -19 --quiet --force -o "$here/records.tar.zst"
ls -l "$here/records.tar.zst"
