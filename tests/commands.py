"""Runs ``kedro`` commands as a person does, without seven seconds of imports for each of them.

A server that has imported the libraries, and done nothing else, forks for every command. Where
forks are unsafe, each command is a process of its own.
"""

import importlib
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

FORKS = sys.platform == "linux"
IMPORTED = (
    "kedro.framework.cli.project",
    "kedro_datasets.pandas",
    "kedro_mlflow.framework.hooks.mlflow_hook",
    "vadline.run.reporting",
)


class Kedro:
    """Runs ``python -m kedro`` in a folder and keeps what it prints."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.server: subprocess.Popen | None = None

    def __call__(self, cwd: Path, *arguments: str) -> subprocess.CompletedProcess:
        """Run ``kedro <arguments>`` in a folder."""
        command = [sys.executable, "-m", "kedro", *arguments]
        if not FORKS:
            return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        if self.server is None:
            self.server = subprocess.Popen(
                [sys.executable, "-P", __file__],
                cwd=Path(__file__).parents[1],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        out, err = self.scratch / "stdout", self.scratch / "stderr"
        request = {"cwd": str(cwd), "arguments": arguments, "environment": dict(os.environ)}
        request |= {"out": str(out), "err": str(err)}
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()
        code = json.loads(self.server.stdout.readline())
        return subprocess.CompletedProcess(command, code, out.read_text(), err.read_text())

    def close(self) -> None:
        """Let the server end."""
        if self.server is not None:
            self.server.communicate()


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Kedro says where its logging comes from
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            return _become(request)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def _become(request: dict) -> None:
    """Go on as the command, with its surroundings, arguments and output, and end as it does."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ |= request["environment"]
    places = ((0, os.devnull), (1, request["out"]), (2, request["err"]))
    for stream, place in places:
        os.dup2(os.open(place, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), stream)
    sys.argv = ["kedro", *request["arguments"]]
    runpy.run_module("kedro", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
