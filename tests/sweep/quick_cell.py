"""Stands for `vadline.sweep.cell`, without its imports, which take seconds."""

import json
import os
import random
import sys
import threading
import time
from pathlib import Path


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)


folder = Path(sys.argv[1])
threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
cell = json.loads((folder / "cell.json").read_text())
told = cell["params"]
print("at work", flush=True)
if begun := told.get("begun"):
    (Path(begun) / f"{os.getpid()}").write_text(str(folder))
    while not Path(begun, "go").exists():
        time.sleep(0.05)
if told.get("fails"):
    (folder / "failed.json").write_text(json.dumps({"reason": "this one fails"}))
    sys.exit(1)
assert (folder / "conf/base/parameters.yml").exists()
Path(os.environ["VADLINE_FEATURES"]).mkdir(parents=True, exist_ok=True)
Path(os.environ["VADLINE_FEATURES"], cell["product"]).touch()
drawn = random.Random(f"{told}")
rows = [{"row": row, "image_auroc": drawn.random()} for row in ("patchcore", "padim")]
left = {"tables": {"segad": rows}, "seconds": 0.1}
(folder / "done.json").write_text(json.dumps(left))
