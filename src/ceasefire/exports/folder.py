"""Writes a picture's outputs in one move: all of them or none.

In: a picture, a folder, an audience. Out: files on disk and their SHA-256. They are written beside the folder, searched
for what must not leave, and only then put in its place. Files in the folder that are not ours are kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

from ceasefire.exports.acled import acled_frames
from ceasefire.exports.geojson import geojson_bytes
from ceasefire.exports.hxl import hxl_frame
from ceasefire.exports.scan import leaks
from ceasefire.exports.shape import csv_bytes, parquet_bytes, rounded
from ceasefire.publishing import Release, release
from ceasefire.publishing.gate import PictureLike
from ceasefire.report import page

MANIFEST = "manifest.json"


class PublishingError(Exception):
    """Something protected was found in what was to be published. Nothing was put in place."""

    def __init__(self, found: list[str]) -> None:
        self.found = found
        shown = "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
        super().__init__(
            f"expected outputs without protected names and coordinates; found {shown}; "
            "give the source a distinctive name and identifier, or write with audience 'internal'"
        )


def write(picture: PictureLike, folder: Path, *, audience: str = "public") -> dict[str, str]:
    """Write every output of the picture into ``folder`` and return the SHA-256 of each by its relative path.

    Raises:
        PublishingError: a public output holds a protected name or coordinate; the folder is as it was before.
        ValueError: the audience is neither ``public`` nor ``internal``.
        OSError: the folder cannot be written.
    """
    outputs = _outputs(release(picture, audience))
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, body in outputs.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        _keep_others(folder, fresh)
        found = leaks(fresh, picture) if audience == "public" else []
        if found:
            raise PublishingError(found)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return {name: _sha256(body) for name, body in outputs.items()}


def _outputs(release: Release) -> dict[str, bytes]:
    """Every file by its relative path, the manifest last."""
    files: dict[str, bytes] = {}
    for name, frame in release.tables.items():
        shaped = rounded(frame)
        files[f"tables/{name}.csv"] = csv_bytes(shaped)
        files[f"tables/{name}.parquet"] = parquet_bytes(shaped)
    files["incidents.geojson"] = geojson_bytes(release)
    acled, extra = acled_frames(release)
    files["incidents_acled.csv"] = csv_bytes(acled)
    files["incidents_acled_x.csv"] = csv_bytes(extra)
    hxl, tags = hxl_frame(release)
    files["incidents_hxl.csv"] = csv_bytes(hxl, tags=tags)
    files["report.html"] = page(release).encode("utf-8")
    files = dict(sorted(files.items()))
    files[MANIFEST] = manifest_bytes(release, {name: _sha256(body) for name, body in files.items()})
    return files


def manifest_bytes(release: Release, outputs: dict[str, str]) -> bytes:
    """What was read and written, by SHA-256: canonical JSON without an hour of the run or a path of the machine."""
    body = {
        "as_of": release.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "audience": release.audience,
        "case": release.name,
        "inputs": dict(release.inputs),
        "note": "Attributions in these files are not judicial findings.",
        "outputs": outputs,
        "package": f"ceasefire {release.version}",
        "seed": release.seed,
        "withheld": list(release.withheld),
    }
    if (release.table("evidence")["kind"] == "finding").any():
        body["findings"] = "weighed as evidence, as was asked for"
    return (json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8")


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _ours(folder: Path) -> set[str]:
    """The files that an earlier run put into the folder."""
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        return {MANIFEST, *map(str, listed)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _keep_others(folder: Path, fresh: Path) -> None:
    """Carry over what somebody else laid into the folder; an earlier output of ours is left behind."""
    ours = _ours(folder)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in ours and not (fresh / name).exists():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, fresh / name)


def _put_in_place(fresh: Path, folder: Path) -> None:
    fresh.chmod(0o755)
    if not folder.exists():
        fresh.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / "was")
    try:
        fresh.rename(folder)
    except OSError:
        (old / "was").rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
