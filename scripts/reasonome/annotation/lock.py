"""One process at a time in a folder of results."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reasonome.core.errors import InputError

NAME = ".reasonome-annotate.lock"
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # of file systems without locks: everybody may write


@contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made if need be, for this process alone.

    The kernel lets go of it when the process ends, however it does; the file alone means nothing. InputError where
    another process holds it, with its number and machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    handle = _locked(path)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: whoever opened it before sees that it is gone
        os.close(handle)


def _locked(path: Path) -> int:
    """The open file, locked; opened again where its holder removed it in between."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 1000, 0).decode() or "another process"
            os.close(handle)
            what = f"{holder} writes results to this folder now"
            raise InputError(what, file=path.parent, fix="wait until it ends, or give another folder") from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        if os.fstat(handle).st_nlink:
            return handle
        os.close(handle)
