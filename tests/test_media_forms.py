"""Pictures as data sets, cameras and plugins give them."""

import io
import struct
import warnings
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageCms, ImageFile
from stand_ins import EagerTensor, Tensor

from feder_widget.media import IdRange, Media, image_formats
from feder_widget.model.natural_order import natural_key

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def dense(ntotal):
    return IdRange(ntotal, lambda: ntotal - 1)


def media(images, labels=None, n=None):
    return Media(images, labels, dense(len(images) if n is None else n))


def thumbnail(entry, size=64):
    return media([entry]).thumbnails([0], size)[0]


def shown(picture):
    assert picture.reason is None, picture.reason
    return np.asarray(Image.open(io.BytesIO(picture.data)))


def encoded(image, fmt="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, fmt, **options)
    return stream.getvalue()


# Order of files


@pytest.mark.parametrize(
    "names",
    [
        ["0.png", "1.png", "2.png", "9.png", "10.png", "11.png", "100.png"],
        ["a2/x9.png", "a2/x10.png", "a10/x1.png"],
        ["v1.9.png", "v1.10.png"],
        ["001.png", "01.png", "1.png", "2.png"],
        ["7" * 100 + ".png", "1" + "0" * 100 + ".png"],
        ["b/1.png", "b/a.png"],
    ],
)
def test_numbers_in_names_are_ordered_by_their_value(names):
    assert sorted(sorted(names, reverse=True), key=natural_key) == names


def test_names_of_thousands_of_digits_can_be_ordered():
    assert natural_key("9" * 5000) < natural_key("1" + "0" * 5000)


def test_the_rows_of_a_glob_are_in_natural_order(tmp_path):
    for shade in range(12):
        Image.new("L", (4, 4), shade).save(tmp_path / f"{shade}.png")
    made = media(f"{tmp_path}/*.png", n=12)
    assert [shown(t)[0, 0] for t in made.thumbnails(range(12), 64)] == list(range(12))


# Data sets


def test_hugging_face_dicts_are_pictures(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(Image.fromarray(PIXELS)))
    stored = [{"bytes": path.read_bytes(), "path": None}, {"bytes": None, "path": str(path)}]
    for picture in media(stored).thumbnails([0, 1], 64):
        np.testing.assert_array_equal(shown(picture), PIXELS)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {"image": 1, "label": 2},
            'got dict with the keys image, label; wanted "bytes" or "path", or a picture',
        ),
        ({}, 'got dict with the keys none; wanted "bytes" or "path", or a picture'),
        ({"bytes": None, "path": None}, 'got dict with the keys bytes, path; wanted "bytes" or "path"'),
        ((1, 2, 3), "got tuple of 3; wanted a picture, or a picture and its label"),
        ({"bytes": None, "path": "zip://cat.png::data.zip"}, "zip: addresses are not shown"),
        ({"<b>\n" * 99: 1}, "got dict with the keys <b> <b>"),
    ],
)
def test_other_dicts_and_tuples_are_told_by_their_keys_or_length(entry, told):
    assert thumbnail(entry).reason.startswith(told)


class HuggingFaceDataset:
    column_names = ("image", "label")
    features = {}  # noqa: RUF012

    def __len__(self):
        return 2

    def __getitem__(self, place):
        raise AssertionError("an entry was read")


def test_a_whole_hugging_face_data_set_is_told_to_be_a_column():
    with pytest.raises(
        TypeError, match=r"images must be one column, got a HuggingFaceDataset of image, label"
    ):
        media(HuggingFaceDataset())
    with pytest.raises(TypeError, match=r"labels must be one column, got .* pass labels=dataset\[name\]"):
        media(None, HuggingFaceDataset(), 2)


class Cifar:
    """A torchvision data set: its labels can be had without its pictures."""

    classes = ["cat", "<b>dog"]  # noqa: RUF012

    def __init__(self, targets):
        self.targets = targets
        self.reads = 0

    def __len__(self):
        return 3

    def __getitem__(self, place):
        self.reads += 1
        return Image.fromarray(PIXELS), self.targets[place]


@pytest.mark.parametrize("targets", [[1, 0, 7], np.array([1, 0, 7]), Tensor(np.array([1, 0, 7]))])
def test_a_torchvision_data_set_gives_pictures_and_the_names_of_its_classes(targets):
    data = Cifar(targets)
    made = media(data)
    assert made.has_labels
    assert [made.label(row) for row in (0, 1, 2, 3, -1)] == ["<b>dog", "cat", "7", None, None]
    assert data.reads == 0
    np.testing.assert_array_equal(shown(made.thumbnails([0], 64)[0]), PIXELS)


def test_a_subset_of_a_data_set_has_its_rows_and_labels():
    class Subset:
        def __init__(self, dataset, indices):
            self.dataset, self.indices = dataset, indices

        def __len__(self):
            return len(self.indices)

        def __getitem__(self, place):
            return self.dataset[self.indices[place]]

    made = media(Subset(Cifar([1, 0, 0]), [2, 0]))
    assert [made.label(row) for row in (0, 1, 2)] == ["cat", "<b>dog", None]
    np.testing.assert_array_equal(shown(made.thumbnails([1], 64)[0]), PIXELS)


Pair = namedtuple("Pair", "image label")


def test_pairs_of_a_picture_and_its_label_give_both():
    pairs = [
        (Image.fromarray(PIXELS), 3),
        (encoded(Image.fromarray(PIXELS)), "a dog"),
        Pair(PIXELS, Tensor(np.array(7))),
        (PIXELS, None),
        None,
    ]
    made = media(pairs)
    assert [made.label(row) for row in range(5)] == ["3", "a dog", "7", None, None]
    for picture in made.thumbnails(range(4), 64):
        np.testing.assert_array_equal(shown(picture), PIXELS)


def test_labels_that_are_given_go_before_those_beside_the_pictures():
    assert media([(PIXELS, 3)], labels=["given"]).label(0) == "given"
    assert not media([PIXELS]).has_labels


def test_a_data_set_of_pairs_without_a_list_of_labels_gives_its_pictures():
    class Voc:
        def __len__(self):
            return 1

        def __getitem__(self, place):
            return Image.fromarray(PIXELS), {"annotation": "xml"}

    made = media(Voc())
    assert not made.has_labels
    np.testing.assert_array_equal(shown(made.thumbnails([0], 64)[0]), PIXELS)


def torch_data_set(items, **attributes):
    """Return what has the names and methods of a torch data set; it counts what is read of it."""

    class Dataset:
        reads = 0

        def __len__(self):
            return len(items)

        def __getitem__(self, place):
            self.reads += 1
            return items[place]

    Dataset.__module__ = "torch.utils.data.dataset"
    return type("Flowers", (Dataset,), attributes)()


def test_a_torch_data_set_without_a_list_of_labels_gives_them_with_its_pictures():
    image = Image.fromarray(PIXELS)
    data = torch_data_set([(image, label) for label in (1, 0, Tensor(np.array(7)))], classes=["cat", "dog"])
    made = media(data)
    assert (made.has_labels, data.reads) == (True, 1)
    np.testing.assert_array_equal(shown(made.thumbnails([1], 64)[0]), PIXELS)
    assert [made.label(row) for row in (0, 1, 3, -1)] == ["dog", "cat", None, None]
    assert data.reads == 2
    assert made.label(2) == "7"
    assert data.reads == 3


@pytest.mark.parametrize(
    "item", [(Image.fromarray(PIXELS), {"annotation": "xml"}), Image.fromarray(PIXELS), 3]
)
def test_items_that_are_no_pair_of_a_picture_and_a_label_give_no_labels(item):
    assert not media(torch_data_set([item])).has_labels


def test_a_data_set_that_cannot_be_read_has_no_labels_and_says_why_at_its_picture():
    class Broken(type(torch_data_set([1]))):
        def __getitem__(self, place):
            raise OSError("not downloaded")

    made = media(Broken())
    assert not made.has_labels
    assert "OSError" in made.thumbnails([0], 64)[0].reason


def test_a_label_that_cannot_be_read_later_is_told_at_its_row():
    image = Image.fromarray(PIXELS)
    items = {0: (image, 1)}
    data = torch_data_set(items)
    items[2] = (image, 1)
    made = media(data)
    assert (made.label(0), made.label(1)) == ("1", "(label of 1 raised KeyError)")


# Labels as columns


def frames():
    yield pd.DataFrame({"name": ["a", None, "c"]}, index=[5, 6, 7])
    yield Tensor(np.array([0, 1, 2]))


@pytest.mark.parametrize("labels", list(frames()), ids=["pandas", "tensor"])
def test_a_frame_of_one_column_and_a_tensor_are_labels(labels):
    made = media(None, labels, 3)
    assert [made.label(row) for row in (0, 2, 3)] in (["a", "c", None], ["0", "2", None])


def test_columns_and_frames_of_polars_and_pyarrow_are_labels():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    names = ["a", None, "c"]
    for labels in (
        pl.Series(names),
        pl.DataFrame({"name": names}),
        pa.array(names),
        pa.chunked_array([["a"], [None, "c"]]),
        pa.table({"name": names}),
    ):
        made = media(None, labels, 3)
        assert [made.label(row) for row in (0, 1, 2, 3, -1)] == ["a", None, "c", None, None]


def test_a_frame_of_several_columns_is_refused():
    with pytest.raises(
        TypeError, match="labels must be one column, got a DataFrame of 2 columns; pass frame"
    ):
        media(None, pd.DataFrame({"a": [1], "b": [2]}), 1)


# Arrays and tensors


@pytest.mark.parametrize("form", [np.asarray, Tensor, lambda x: Tensor(x, device="cuda", requires_grad=True)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_stack_with_channels_first_is_transposed(form, dtype):
    stack = np.stack([PIXELS, PIXELS // 2]).transpose(0, 3, 1, 2)
    stack = stack if dtype == np.uint8 else (stack / 255).astype(dtype)
    made = media(form(stack))
    np.testing.assert_array_equal(shown(made.thumbnails([0], 64)[0]), PIXELS)
    np.testing.assert_array_equal(shown(made.thumbnails([1], 64)[0]), PIXELS // 2)


@pytest.mark.parametrize("form", [np.asarray, Tensor, EagerTensor, lambda x: Tensor(x, device="mps")])
def test_single_arrays_with_channels_first_or_last_are_shown(form):
    for values in (PIXELS, PIXELS.transpose(2, 0, 1)):
        np.testing.assert_array_equal(shown(thumbnail(form(values))), PIXELS)


def test_a_bfloat16_tensor_is_shown():
    stack = Tensor(np.full((2, 1, 8, 8), 0.5, np.float32), dtype="torch.bfloat16", requires_grad=True)
    assert shown(media(stack).thumbnails([0], 64)[0]).max() == 128


def test_channels_last_goes_first_where_both_can_be_meant():
    assert shown(thumbnail(np.zeros((3, 5, 4), np.uint8))).shape[:2] == (3, 5)


# Colour profiles


def swapped_profile():
    """Return an sRGB profile whose red and green primaries are exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    places = {data[132 + 12 * i : 136 + 12 * i].decode(): 136 + 12 * i for i in range(count)}
    red, green = places["rXYZ"], places["gXYZ"]
    data[red : red + 8], data[green : green + 8] = data[green : green + 8], data[red : red + 8]
    # Called by another name: a profile named sRGB is left alone.
    return (
        bytes(data)
        .replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
        .replace(b"sRGB b", b"swap b")
    )


def red(mode="RGB"):
    return Image.new("RGB", (40, 40), (250, 0, 0)).convert(mode)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_colours_are_converted_to_srgb(fmt):
    plain = shown(thumbnail(encoded(red(), fmt)))[20, 20]
    converted = shown(thumbnail(encoded(red(), fmt, icc_profile=swapped_profile())))[20, 20]
    assert plain[0] > 200 > 80 > plain[1]
    assert converted[1] > 200 > 80 > converted[0]


def test_a_given_pil_image_a_palette_and_a_transparent_picture_are_converted_too():
    given = red()
    given.info["icc_profile"] = swapped_profile()
    palette = encoded(red("P"), icc_profile=swapped_profile())
    clear = red("RGBA")
    clear.putalpha(100)
    for entry, alpha in (
        (given, None),
        (palette, None),
        (encoded(clear, icc_profile=swapped_profile()), 100),
    ):
        pixel = shown(thumbnail(entry))[20, 20]
        assert pixel[1] > 200 > 80 > pixel[0]
        assert alpha is None or pixel[3] == alpha
    assert given.getpixel((0, 0)) == (250, 0, 0)


@pytest.mark.parametrize(
    "profile", [b"\0", b"not a profile" * 99, swapped_profile()[:200], b"\xff" * (5 << 20)]
)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_bad_profile_is_ignored(profile, mode):
    image = red(mode)
    image.info["icc_profile"] = profile
    same = red(mode)
    np.testing.assert_array_equal(shown(thumbnail(image)), shown(thumbnail(same)))


def test_a_profile_of_another_kind_of_picture_is_ignored():
    for mode in ("L", "CMYK"):
        image = red(mode)
        image.info["icc_profile"] = swapped_profile()
        np.testing.assert_array_equal(shown(thumbnail(image)), shown(thumbnail(red(mode))))


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_profile_never_costs_the_picture(seed):
    rng = np.random.default_rng(seed)
    data = np.frombuffer(swapped_profile(), np.uint8).copy()
    data[rng.integers(0, len(data), 8)] = rng.integers(0, 256, 8)
    image = red()
    image.info["icc_profile"] = data.tobytes()
    assert thumbnail(image).data is not None


# Sixteen bits


@pytest.mark.parametrize("least", [0, 40, 900])
@pytest.mark.parametrize("most", [1000, 4095, 65535])
@pytest.mark.parametrize("fmt", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_from_the_least_to_the_greatest_value_in_them(least, most, fmt):
    values = np.linspace(least, most, 64).astype(np.uint16).reshape(8, 8)
    pixels = shown(thumbnail(encoded(Image.fromarray(values), fmt)))
    assert pixels.min() == 0
    assert pixels.max() == 255
    assert abs(int(pixels[4, 0]) - 129) <= 2
    np.testing.assert_array_equal(shown(thumbnail(values)), pixels)


@pytest.mark.parametrize(("value", "pixel"), [(0, 0), (7, 255), (65535, 255)])
def test_sixteen_bits_of_one_value_are_white_or_black(value, pixel):
    values = np.full((8, 8), value, np.uint16)
    assert np.unique(shown(thumbnail(encoded(Image.fromarray(values), "PNG")))).tolist() == [pixel]


def test_a_file_of_sixteen_bits_that_uses_eight_is_scaled_too_and_an_array_of_such_is_not():
    values = np.linspace(40, 200, 64).astype(np.uint16).reshape(8, 8)
    of_file = shown(thumbnail(encoded(Image.fromarray(values), "PNG")))
    assert (of_file.min(), of_file.max()) == (0, 255)
    np.testing.assert_array_equal(shown(thumbnail(values)), values)


def test_sixteen_bits_in_one_array_share_the_least_and_the_greatest_value():
    stack = np.stack([np.full((8, 8), 500), np.full((8, 8), 1500), np.full((8, 8), 2500)]).astype(np.uint16)
    assert [int(shown(one)[0, 0]) for one in media(stack).thumbnails(range(3), 64)] == [0, 128, 255]


# Formats that need a plugin


def box(brand, *compatible):
    brands = b"".join([brand, b"\0\0\0\0", *compatible])
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + b"\0" * 200


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (box(b"heic", b"mif1"), "is HEIC, which this Pillow does not read; pip install pillow-heif"),
        (box(b"mif1", b"heix"), "is HEIC, "),
        (
            b"\xff\x0a" + b"\0" * 90,
            "is JPEG XL, which this Pillow does not read; pip install pillow-jxl-plugin",
        ),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 90, "is JPEG XL, "),
        (box(b"isom", b"mp41"), "is no image in a known format"),
        (box(b"heic")[:9], "is no image in a known format"),
    ],
)
def test_a_format_without_its_plugin_is_named(data, told, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert told in thumbnail(path).reason
    assert told in thumbnail(data).reason


def test_avif_is_named_where_pillow_cannot_read_it(monkeypatch):
    image_formats.decoders()
    monkeypatch.delitem(Image.OPEN, "AVIF", raising=False)
    assert (
        "is AVIF, which this Pillow does not read; pip install 'pillow>=11.3'"
        in thumbnail(box(b"avif")).reason
    )


def test_a_plugin_that_is_registered_later_is_used(monkeypatch):
    class HeifFile(ImageFile.ImageFile):
        format = "HEIF"

        def _open(self):
            self._size, self._mode = (1, 1), "L"
            self.tile = [ImageFile._Tile("raw", (0, 0, 1, 1), 0, ("L", 0, 1))]

    data = box(b"heic")
    assert thumbnail(data).data is None
    monkeypatch.setitem(Image.OPEN, "HEIF", (HeifFile, lambda head: head[4:8] == b"ftyp"))
    assert shown(thumbnail(data)).shape == (1, 1)


# Several frames


def frames_of(fmt, **options):
    pages = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    return encoded(pages[0], fmt, save_all=True, append_images=pages[1:], **options)


@pytest.mark.parametrize(
    ("fmt", "note"),
    [("GIF", "first frame of an animation"), ("WEBP", "first frame of an animation"),
     ("PNG", "first frame of an animation"), ("TIFF", "first page"), ("MPO", None)],
)  # fmt: skip
def test_the_first_of_several_frames_is_shown_and_said(fmt, note):
    picture = thumbnail(frames_of(fmt))
    assert picture.note == note
    assert tuple(shown(picture)[4, 4][:3]) != (0, 0, 255)


def test_a_single_frame_has_no_note():
    assert thumbnail(encoded(Image.fromarray(PIXELS), "GIF")).note is None


# Huge pictures


def jpeg_of(width, height, **options):
    """Return a small JPEG whose header claims another size."""
    data = bytearray(encoded(Image.new("L", (64, 64), 99), "JPEG", **options))
    start = data.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def test_a_jpeg_of_108_megapixels_is_shown_at_a_fraction_of_its_size():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = Image.new("L", (12_000, 9_000), 99)
        picture = thumbnail(encoded(image, "JPEG"), 256)
    assert (picture.width, picture.height) == (256, 192)
    assert abs(int(shown(picture)[9, 9]) - 99) <= 1


@pytest.mark.parametrize(("size", "limit"), [((20_000, 10_000), 160), ((65_000, 65_000), 160)])
def test_a_larger_jpeg_is_refused_in_words(size, limit, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("decoded"))
    told = thumbnail(jpeg_of(*size)).reason
    assert f"is too large: {size[0]:,} by {size[1]:,} pixels, the limit is {limit} megapixels" in told


def test_a_progressive_jpeg_has_the_limit_of_other_formats(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("decoded"))
    assert "the limit is 64 megapixels" in thumbnail(jpeg_of(10_000, 8_000, progressive=True)).reason
