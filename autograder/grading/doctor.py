"""`autograder doctor`: which protections this machine has, and whether they hold, by trying."""

import os
from pathlib import Path

from . import grade, sandbox
from .children import PROTOCOL, Child, Died, Limits, Template

LAYERS = {
    "Landlock": "only the files a learner may read can be opened",
    "seccomp": "no process, thread, socket, signal or trace can be started",
    "namespaces": "no network and no other process exists, and files are written to memory only",
}
PROBES = {  # what a hand-in must not do -> a cell that does it
    "read a file outside": "open('/etc/passwd').read()",
    "list the folders outside": "import os\nos.listdir('/')",
    "read the answers": "import sys\nsys.path.append({path})\nimport solutions",
    "look into a process": "open('/proc/self/environ').read()",
    "write outside its folder": "open('/tmp/autograder-doctor', 'w').close()",
    "start a process": "import os\nos.posix_spawn('/bin/true', ['true'], {{}})",
    "fork": "import os\nos.fork() or os._exit(0)",
    "start a thread": "import threading\nthreading.Thread(target=print).start()",
    "open a socket": "import socket\nsocket.socket()",
    "signal its parent": "import os\nos.kill(os.getppid(), 0)",
    "take more memory than it is given": "len(bytearray(2 * {memory}))",
    "use the oracles of the checks": "from autograder.check import oracles\noracles.gradients",
}


def doctor(course):
    """Say which protections of the sandbox hold on this machine, by trying each.

    course  nbgrader's course root, whose configuration is looked at too
    Returns 0 where everything holds, 1 where something is missing but hand-ins can be graded.  Raises Refusal where
    they cannot.
    """
    lacking = sandbox.missing()
    for layer, means in LAYERS.items():
        print(f"{'missing' if layer in lacking else 'ok':8} {layer}: {lacking.get(layer) or means}")
    level, limits = sandbox.wanted(), Limits()
    print(f"A hand-in at the level {level!r} tries to:")
    through = [
        probe for probe, how in probes(level, limits, str(Path(course).resolve().parent)).items() if _say(probe, how)
    ]
    config = grade.Folders(course).config
    trusted = getattr(config.Autograde.get("exporter_class"), "__name__", "") == "Trusted"
    print(f"{'ok' if trusted else 'missing':8} nbgrader's own autograde judges in the sandbox too (nbgrader_config.py)")
    secret = Path(course, ".autograder", "secret")
    safe = not secret.exists() or not secret.stat().st_mode & 0o077
    print(f"{'ok' if safe else 'missing':8} the secret {secret} is nobody else's to read, or not made yet")
    if through:
        print(f"{len(through)} got through: do not grade here, and please report it (SECURITY.md).")
    return int(bool(lacking or through) or not trusted or not safe)


def probes(level, limits, path):
    """What became of each probe: the name of the error that stopped it, "" where nothing did.

    path  the folder that holds `solutions`
    """
    template, found = Template((), (), level, limits), {}
    try:
        for probe, cell in PROBES.items():
            child = Child(template, limits)
            try:
                outputs = child.run(cell.format(memory=limits.memory, path=repr(path)), "probe")
                found[probe] = next((o["ename"] for o in outputs if o["output_type"] == "error"), "")
                child.end(PROTOCOL)
            except Died as died:
                found[probe] = died.how
    finally:
        template.close()
        if os.path.exists("/tmp/autograder-doctor"):
            os.unlink("/tmp/autograder-doctor")
    return found


def _say(probe, how):
    print(f"{'ok' if how else 'MISSING':8} {probe}: {f'refused ({how})' if how else 'nothing stops it'}")
    return not how
