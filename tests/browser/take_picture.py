"""Take README's picture of a report: the figure that it opens with, and in the file the scores that the picture shows.

PYTHONPATH=scripts python tests/browser/take_picture.py results/experiments/demo docs/report.png
"""

import base64
import io
import json
import sys
from pathlib import Path

from chromium import chromium, seconds_to_interactive
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from reasonome.report import tables
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task

SHOWN = "scores"  # the key of the text in the picture


def take(folder: Path, picture: Path) -> None:
    """Write the picture of the report in `folder`, with `scores` in it."""
    with chromium(1400, 1400) as driver:
        seconds_to_interactive(driver, folder / "report.html")
        box = driver.execute_script(
            "const shown = document.querySelector('#glance figure').getBoundingClientRect();"
            "return [shown.left, shown.top + scrollY, shown.right, shown.bottom + scrollY];"
        )
        left, top, right, bottom = box
        clip = {"x": left - 8, "y": top - 8, "width": right - left + 16, "height": bottom - top + 16, "scale": 1}
        options = {"clip": clip, "captureBeyondViewport": True}
        data = driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    text = PngInfo()
    text.add_text(SHOWN, json.dumps(scores(folder)))
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB").quantize(64)
    image.save(picture, optimize=True, pnginfo=text)


def scores(folder: Path) -> dict[str, list[float]]:
    """Of a finished experiment: arm → mean and bounds of its primary metric, to three digits."""
    plan = read_plan(folder / "plan.json", find_task)
    table = tables.read_metrics(folder, plan.metric_set)
    means = table.query("kind == 'model' and subset == 'mean' and stratum == '' and metric == @plan.metric_set.primary")
    return {row.arm: [round(value, 3) for value in (row.value, row.low, row.high)] for row in means.itertuples()}


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
