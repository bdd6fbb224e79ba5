"""Packs the finished records of the study into records.tar.zst, with the weights of one seed of each combination.

    pip install blake3==1.0.11
    python pack.py /tmp/study/results

A record is known by the hashes in its MANIFEST. One without weights gets a MANIFEST without them, so that `spikebench verify`
finds it whole, and `report` and `run` take it as they took the other. The same records give the same bytes.
"""
import io
import pathlib
import re
import subprocess
import sys
import tarfile

from blake3 import blake3

WEIGHTS, MARK = "actor.safetensors", "end  "
SUITES = ["trapezoid", "trapezoid-pilot"]


def checked(text):
    """The lines of a MANIFEST, if its mark is right."""
    body, mark = text.rsplit(MARK, 1)
    if blake3(body.encode()).hexdigest() != mark.strip():
        raise SystemExit("a MANIFEST was changed; `spikebench verify` names it")
    return body.splitlines(keepends=True)


def files_of(record, with_weights):
    lines = checked((record / "MANIFEST").read_text())
    kept = [line for line in lines if with_weights or not line.rstrip().endswith(WEIGHTS)]
    for line in kept:
        name = line.split("  ", 1)[1].rstrip("\n")
        yield name, (record / name).read_bytes()
    body = "".join(kept)
    yield "MANIFEST", f"{body}{MARK}{blake3(body.encode()).hexdigest()}\n".encode()


def contents(results):
    for suite in SUITES:
        folder = results / suite
        if not (folder / "runs").is_dir():
            continue
        yield f"{suite}/suite.yaml", (folder / "suite.yaml").read_bytes()
        have_weights = set()
        # By combination and seed, so that the lowest seed of each is the one with weights.
        key = lambda record: (re.sub(r"\.s\d+-\w+$", "", record.name), record.name)
        records = sorted((one for one in (folder / "runs").iterdir() if one.is_dir()), key=key)
        for record in records:
            made = combination(record)
            for name, data in files_of(record, with_weights=made not in have_weights):
                yield f"{suite}/runs/{record.name}/{name}", data
            have_weights.add(made)


def combination(record):
    """What is common to the seeds of a combination: its labels, as the same surrogate with other parameters has the same name."""
    text = (record / "record.json").read_text()
    return re.search(r'"labels": \{[^}]*\}', text)[0]


def main():
    target = pathlib.Path(__file__).parent / "records.tar.zst"
    packed, count = io.BytesIO(), 0
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in contents(pathlib.Path(sys.argv[1])):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
            count += name.endswith("/MANIFEST")
    subprocess.run(["zstd", "-19", "--quiet", "--force", "-o", target], input=packed.getvalue(), check=True)
    print(f"{count} records, {target.stat().st_size} bytes in {target}")


if __name__ == "__main__":
    main()
