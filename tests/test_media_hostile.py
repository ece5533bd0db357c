"""Images that are damaged, hostile or none at all: each ends in a placeholder, and nothing else breaks."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from feder_widget.media import IdRange, Media
from feder_widget.media import image_decoder as decoding
from feder_widget.media.thumbnail import REASON_LIMIT

GOOD = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)


def encoded(fmt="PNG"):
    stream = io.BytesIO()
    Image.fromarray(GOOD).save(stream, fmt)
    return stream.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width, height):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def reason(entry, size=64):
    """Return why `entry` is not shown, after checking that its neighbour is."""
    media = Media([entry, GOOD], None, IdRange(2, lambda: 1))
    bad, good = media.thumbnails([0, 1], size)
    assert good.data is not None
    assert bad.data is None
    assert bad.url is None
    return bad.reason


def reason_of_file(folder, data, name="cat.png"):
    path = folder / "secret-folder" / name
    path.parent.mkdir()
    path.write_bytes(data)
    told = reason(str(path))
    assert "secret-folder" not in told
    assert name in told
    return told


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_says_so_or_that_it_is_damaged(fmt, share, tmp_path):
    data = encoded(fmt)
    told = reason_of_file(tmp_path, data[: int(len(data) * share)])
    assert "truncated" in told or "damaged" in told


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "BMP"])
def test_the_common_truncations_are_called_truncated(fmt):
    assert reason(encoded(fmt)[:-3000]) == "the encoded image is truncated: it ends before the image does"


@pytest.mark.parametrize("side", [60_000, 10_000, 9_000])
def test_a_decompression_bomb_is_not_decoded(side, tmp_path, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("decoded"))
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side))
    with pytest.raises(decoding.BadImage, match=r"bomb\.png is too large: .*64 megapixels"):
        decoding.shrink_file(path, 64)


def test_a_pil_image_may_not_be_a_bomb_either():
    assert "too large" in reason(Image.open(io.BytesIO(png_header(9_000, 9_000))))


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(decoding.MAX_FILE_BYTES + 1)
    assert reason(path) == "huge.png is too large: 129 MiB, the limit is 128 MiB"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b"<?xml version='1.0'?>\n<!-- x -->\n"])
def test_svg_is_no_bitmap_whatever_it_is_called(prefix, tmp_path):
    assert "SVG is not a bitmap" in reason_of_file(tmp_path, prefix + SVG, "photo.png")
    assert "SVG is not a bitmap" in reason(prefix + SVG)


def test_a_saved_error_page_is_called_by_its_name(tmp_path):
    assert "is HTML or XML" in reason_of_file(tmp_path, b"<!DOCTYPE html><title>404</title>", "a.jpg")


def test_an_empty_file_says_so(tmp_path):
    assert reason_of_file(tmp_path, b"") == "cat.png is empty (0 bytes)"
    assert reason(b"") == "the encoded image is empty (0 bytes)"


def test_a_file_that_is_no_image_says_so(tmp_path):
    assert "no image in a known format" in reason_of_file(tmp_path, b"hello " * 50)


def test_a_missing_file_says_so(tmp_path):
    assert reason(tmp_path / "gone.png") == "gone.png was not found"


def test_a_directory_says_so(tmp_path):
    (tmp_path / "album.png").mkdir()
    assert reason(tmp_path / "album.png") == "album.png is a directory, not a file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.timeout(60)
def test_a_fifo_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert reason(tmp_path / "pipe.png") == "pipe.png is not a regular file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.timeout(60)
def test_a_fifo_put_in_the_place_of_a_checked_file_does_not_block(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "cat.png").write_bytes(encoded())
    checked = (tmp_path / "cat.png").stat()
    monkeypatch.setattr("pathlib.Path.stat", lambda _: checked)
    assert reason(tmp_path / "pipe.png") == "pipe.png is not a regular file"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_is_not_read():
    assert reason("/dev/zero") == "zero is not a regular file"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read here")
def test_a_forbidden_file_says_so(tmp_path):
    (tmp_path / "cat.png").write_bytes(encoded())
    (tmp_path / "cat.png").chmod(0)
    assert "may not be read" in reason(tmp_path / "cat.png")


@pytest.mark.parametrize(
    "path", ["", "a\0b.png", "x" * 5000, "folder/\ud800.png", "~nobody-of-this-name/a.png"]
)
def test_an_impossible_path_is_a_placeholder_that_can_be_sent(path):
    told = reason(path)
    assert told.encode("utf-8")
    assert len(told) <= 200


@pytest.mark.parametrize(
    "garbage",
    [
        7, object(), {"bytes": b""}, [1, 2], "no-such-file", b"\0" * 100, np.zeros((2, 8, 8)),
        np.zeros((0, 4)), np.zeros(5), np.array(["a"]), np.zeros((2, 2), "datetime64[s]"),
        Image.new("L", (0, 5)), range(3),
    ],
)  # fmt: skip
def test_garbage_is_a_placeholder_from_any_holder(garbage):
    assert reason(garbage)
    (from_function,) = Media(lambda _: garbage, None, IdRange(1, lambda: 0)).thumbnails([0], 64)
    assert from_function.reason


class Trap:
    """An object on which everything fails."""

    def __array__(self, *_args, **_options):
        raise RuntimeError("/home/someone/secret")

    def __str__(self):
        raise RuntimeError("/home/someone/secret")


def test_an_entry_that_raises_when_read_is_a_placeholder():
    assert reason(Trap()) == "the image of 0 could not be read (RuntimeError)"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("x"), "KeyError: 'x'"),
        (OSError(2, "gone", "/home/someone/cat.png"), "OSError: gone: cat.png"),
        (ValueError("no\n<b>row</b>\x1b[31m"), "ValueError: no <b>row</b>\N{REPLACEMENT CHARACTER}[31m"),
        (MemoryError(), "MemoryError"),
        (StopIteration(), "StopIteration"),
    ],
)
def test_a_function_that_raises_is_a_placeholder_that_tells_the_error(error, told):
    def images(_):
        raise error

    (thumbnail,) = Media(images, None, IdRange(1, lambda: 0)).thumbnails([0], 64)
    expected = "FileNotFoundError" + told[7:] if isinstance(error, FileNotFoundError) else told
    assert thumbnail.reason == f"the image of 0 could not be read: images raised {expected}"


def test_the_text_of_an_error_is_cut():
    def images(_):
        raise ValueError("long " * 10_000)

    (thumbnail,) = Media(images, None, IdRange(1, lambda: 0)).thumbnails([0], 64)
    assert thumbnail.reason.startswith(
        "the image of 0 could not be read: images raised ValueError: long long"
    )
    assert len(thumbnail.reason) == REASON_LIMIT


def test_the_first_error_of_a_class_is_logged_with_its_traceback(caplog):
    def images(row):
        raise KeyError(row) if row < 5 else ValueError(row)

    Media(images, None, IdRange(9, lambda: 8)).thumbnails([3, 4, 5, 6], 64)
    told = [(record.getMessage(), record.exc_info[0]) for record in caplog.records]
    assert told == [
        ("feder_widget: images raised for row id 3", KeyError),
        ("feder_widget: images raised for row id 5", ValueError),
    ]


def test_a_closed_pil_image_is_a_placeholder():
    image = Image.open(io.BytesIO(encoded()))
    image.close()
    assert "the PIL image cannot be read" in reason(image)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_metadata_does_not_cost_the_picture():
    stream = io.BytesIO()
    Image.fromarray(GOOD).save(stream, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    (thumbnail,) = Media([stream.getvalue()], None, IdRange(1, lambda: 0)).thumbnails([0], 64)
    assert thumbnail.data is not None


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_flipped_bytes_never_raise(fmt):
    rng = np.random.default_rng(5)
    data = np.frombuffer(encoded(fmt), np.uint8)
    damaged = []
    for _ in range(60):
        copy = data.copy()
        places = rng.integers(0, min(len(copy), 600), 4)
        copy[places] = rng.integers(0, 256, 4)
        damaged.append(copy.tobytes())
    thumbnails = Media(damaged, None, IdRange(60, lambda: 59)).thumbnails(range(60), 64)
    assert all((t.data is None) != (t.reason is None) for t in thumbnails)


def test_no_setting_of_pillow_is_changed():
    def settings():
        return Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, ImageFile.MAXBLOCK

    before = settings()
    reason(encoded()[:-3000])
    reason(png_header(60_000, 60_000))
    assert settings() == before
