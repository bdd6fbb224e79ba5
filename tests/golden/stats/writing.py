"""How the golden files of this folder are written: one case a line, the versions that made them at the top."""

import json
import pathlib
import platform


def write(script, versions, golden):
    head = {"made_by": "tests/golden/stats/" + pathlib.Path(script).name}
    head["versions"] = {"python": platform.python_version(), **{module.__name__: module.__version__ for module in versions}}
    lines = []
    for key, value in {**head, **golden}.items():
        if isinstance(value, list):
            cases = ",\n".join("  " + json.dumps(case, allow_nan=False) for case in value)
            lines.append(f"{json.dumps(key)}: [\n{cases}\n ]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    text = "{\n " + ",\n ".join(lines) + "\n}\n"
    pathlib.Path(script).with_suffix(".json").write_text(text)
