"""The picture under fingers: taps, a finger that scrolls or moves it, two that zoom it."""

from __future__ import annotations

from playwright.sync_api import CDPSession, Locator, expect

from scripts.lab import LabPage

from .conftest import OpenNotebook
from .test_widget import DIGITS, WIDGET, searched, slider

Finger = tuple[float, float]


class Fingers:
    """Fingers on the page, whose browser takes them for scrolling where it may."""

    def __init__(self, lab: LabPage) -> None:
        self._session: CDPSession = lab.page.context.new_cdp_session(lab.page)
        self._session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
        self._lab = lab

    def move(self, *paths: tuple[Finger, Finger]) -> None:
        """Put fingers down, each at the start of its path, move all to the ends and lift them."""
        self._send("touchStart", [start for start, _ in paths])
        steps = 8
        for step in range(1, steps + 1):
            share = step / steps
            self._send(
                "touchMove",
                [(x + (to_x - x) * share, y + (to_y - y) * share) for (x, y), (to_x, to_y) in paths],
            )
            self._lab.wait_painted()
        self._send("touchEnd", [])
        self._lab.wait_painted()

    def tap(self, x: float, y: float) -> None:
        self._send("touchStart", [(x, y)])
        self._send("touchEnd", [])
        self._lab.wait_painted()

    def _send(self, kind: str, points: list[Finger]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def middle(element: Locator) -> Finger:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_fingers_tap_scroll_zoom_and_drag(open_notebook: OpenNotebook) -> None:
    lab = open_notebook([DIGITS, WIDGET, "\n" * 40], viewport=(1400, 700))
    lab.wait_attribute("data-map", "final")
    view = searched(lab, 42)
    fingers = Fingers(lab)
    canvas = view.locator(".feder-map canvas")
    canvas.scroll_into_view_if_needed()

    # A finger on the whole map scrolls the notebook, and is no tap.
    x, y = middle(canvas)
    before = canvas.bounding_box()
    assert before is not None
    fingers.move(((x, y), (x, y - 120)))
    lab.page.wait_for_function(
        "top => document.querySelector('.feder-map canvas').getBoundingClientRect().top < top - 60",
        arg=before["y"],
    )
    assert lab.kernel_json("w.cluster") is None

    # A tap says what is there, and pins it.
    x, y = middle(canvas)
    fingers.tap(x, y)
    expect(view.locator(".feder-hover")).to_be_visible()
    cluster = view.locator(".feder-hover b").first.inner_text().removeprefix("Cluster ")
    lab.wait_kernel("w.cluster", int(cluster))

    # Two fingers zoom the map; then one moves it, and the notebook stays where it is.
    still = canvas.evaluate("canvas => canvas.toDataURL()")
    top = canvas.evaluate("canvas => canvas.getBoundingClientRect().top")
    fingers.move(((x - 30, y), (x - 120, y)), ((x + 30, y), (x + 120, y)))
    lab.page.wait_for_function(
        "still => document.querySelector('.feder-map canvas').toDataURL() !== still", arg=still
    )
    zoomed = canvas.evaluate("canvas => canvas.toDataURL()")
    fingers.move(((x, y), (x + 10, y - 90)))
    lab.page.wait_for_function(
        "zoomed => document.querySelector('.feder-map canvas').toDataURL() !== zoomed", arg=zoomed
    )
    assert canvas.evaluate("canvas => canvas.getBoundingClientRect().top") == top

    # The slider follows a finger.
    handle = slider(view, "nprobe")
    handle.scroll_into_view_if_needed()
    box = view.locator('[data-name="nprobe"]').bounding_box()
    assert box is not None
    fingers.move(
        ((box["x"] + 40, box["y"] + 12), (box["x"] + box["width"] - 2, box["y"] + 14)),
    )
    lab.wait_attribute("data-nprobe", "40")
