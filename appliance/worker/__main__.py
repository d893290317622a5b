"""python -m appliance.worker intake: reads mails from stdin, answers on stdout, ends with its parent.

A role's code is loaded by name, so that a process holds no more than its own role needs.
"""

import ctypes
import importlib
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from appliance.model.mail import Mail
from appliance.worker.wire import Failure, pack

ROLES = {"intake": ("appliance.mail.parse", "appliance.mail.limits")}
READY = b"R"
_PR_SET_PDEATHSIG = 1
_LENGTH = struct.Struct("!Q")
_HEAD = struct.Struct("!I")


def main(role: str, seconds: float, memory: int) -> None:
    """Serve until stdin ends: one answer for each mail, in order, each mail with its own CPU time."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parsing, limiting = (importlib.import_module(name) for name in ROLES[role])
    _limit(memory)
    requests, answers = os.fdopen(0, "rb", 1 << 20), os.fdopen(1, "wb", 1 << 20)
    answers.write(READY)
    answers.flush()
    while len(length := requests.read(_LENGTH.size)) == _LENGTH.size:
        raw = requests.read(_LENGTH.unpack(length)[0])
        _allow_cpu(seconds)
        _send(answers, _answer(parsing.parse, limiting.TooStrange, raw))


def _answer(parse: Callable[[bytes], Mail], too_strange: type[Exception], raw: bytes) -> Mail | Failure:
    try:
        return parse(raw)
    except too_strange as error:
        return Failure(str(error))
    except MemoryError:
        return Failure("it needs too much memory")
    except Exception as error:  # a bug of ours must not cost the mails after this one
        return Failure(f"{type(error).__name__}: {error}")


def _send(answers: BinaryIO, result: Mail | Failure) -> None:
    head, segments = pack(result)
    answers.write(_HEAD.pack(len(head)))
    answers.write(head)
    answers.writelines(segments)
    answers.flush()


def _limit(memory: int) -> None:
    """No core, no files, and so many bytes of address space over what the start took."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _allow_cpu(seconds: float) -> None:
    """The kernel ends us when one mail takes more than its CPU time, even when nobody looks after us."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
