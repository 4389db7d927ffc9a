"""Download one native file of a knowledge source and check its sha256. Needs a network.

python scripts/fetch_source.py --source go --file obo --output results/sources/go/go-basic.obo
"""

import argparse
import http.client
import shutil
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from tqdm import tqdm

from reasonome import atomic
from reasonome.errors import InputError, run_program
from reasonome.manifest import file_sha256
from reasonome.project import Project, lookup

CHUNK = 1 << 20


def download(url: str, target: Path) -> None:
    """Stream `url` to `target` with progress; InputError says which URL failed and how."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response, open(target, "wb") as out:
            size = int(response.headers.get("Content-Length") or 0) or None
            with tqdm(total=size, unit="B", unit_scale=True, desc=target.name) as bar:
                while chunk := response.read(CHUNK):
                    out.write(chunk)
                    bar.update(len(chunk))
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise InputError(f"could not download {url}: {error}", fix="check the network and the URL") from None
    if size is not None and target.stat().st_size != size:
        raise InputError(f"{url} gave {target.stat().st_size} of {size} bytes", fix="run again")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--source", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    source = lookup(Project(args.config).sources, args.source, "source")
    spec = lookup(source.files, args.file, f"file of source {args.source}")
    if spec.url is None:
        raise InputError(f"{args.source}/{args.file} is shipped as {spec.path}", fix="there is nothing to download")
    with atomic.replacing(args.output) as temporary:
        download(spec.url, temporary)
        sha256 = file_sha256(temporary)
        if spec.sha256 not in ("unpinned", sha256):
            raise InputError(
                f"{spec.url} now has sha256 {sha256}, expected {spec.sha256}",
                file=args.config / "sources.yaml",
                field=f"{args.source}.files.{args.file}.sha256",
                fix="upstream has changed: pin the new sha256 and release if you want them",
            )
        if spec.zipped:
            unzip_only_member(temporary, spec.url)
    print(f"{args.source}/{args.file}: sha256 {sha256}")


def unzip_only_member(archive: Path, url: str) -> None:
    """Replace a zip archive by the one file in it."""
    try:
        with atomic.replacing(archive) as unpacked, zipfile.ZipFile(archive) as handle:
            members = [member for member in handle.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise InputError(f"{url} holds {len(members)} files, expected one")
            with handle.open(members[0]) as inside, open(unpacked, "wb") as out:
                shutil.copyfileobj(inside, out)
    except zipfile.BadZipFile as error:
        raise InputError(f"{url} gave no whole zip archive: {error}", fix="check the URL, then run again") from None


if __name__ == "__main__":
    run_program(main)
