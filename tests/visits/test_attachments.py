"""Files are known by their bytes: what is refused, what a picture loses, where it lies, what it is called."""

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image, PngImagePlugin

from logbook.errors import RuleBroken
from logbook.visits import attachments

pytestmark = pytest.mark.usefixtures("app")
DOCX = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}


def picture(kind="PNG", size=(40, 30), **options):
    file = io.BytesIO()
    Image.new("RGB", size, "#3f6580").save(file, kind, **options)
    return file.getvalue()


def archive(entries, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return file.getvalue()


def header_only(width, height):
    """A PNG that says it is vast and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR" + head, b"IDAT" + zlib.compress(b"0"), b"IEND")
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.fixture
def folder(tmp_path):
    """Where files are kept; the database lies elsewhere."""
    return tmp_path / "files"


def keep(folder, content, name="文件.bin"):
    (file,) = attachments.keep(folder, [(name, io.BytesIO(content))])
    return file


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"MZ\x90 program", "只收pdf"),
        (b"<html>", "只收pdf"),
        (b"", "文件是空的"),
        (b"%PDF-" + b"x" * (11 * 1024 * 1024), "超过10 MB"),
        (b"PK\x03\x04 broken", "已损坏"),
        (archive({"a.txt": b"x", "[Content_Types].xml": b"<Types/>"}), "不是Word、Excel"),
        (archive({"word/document.xml": b"<w/>"}), "已损坏"),
        (archive(DOCX | {"word/vbaProject.bin": b"x"}), "含有宏"),
        (archive(DOCX | {"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled"}), "含有宏"),
        (archive(DOCX | {"word/media/bomb": b"0" * 50_000_000}), "压缩炸弹"),
        (archive(DOCX | {f"word/{n}": b"" for n in range(2001)}), "压缩炸弹"),
        (header_only(10_000, 10_000), "像素过大"),
        (picture()[:60], "打不开"),
        (b"\xff\xd8\xff\xe0 no picture", "打不开"),
    ],
)
def test_what_is_refused_is_named_and_leaves_nothing(folder, content, why):
    with pytest.raises(RuleBroken) as broken:
        keep(folder, content, "码头.pdf")
    assert broken.value.field == "files"
    assert "“码头.pdf”没有保存" in str(broken.value.message)
    assert why in str(broken.value.message)
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_one_bad_file_stores_none(folder):
    with pytest.raises(RuleBroken):
        attachments.keep(folder, [("好.png", io.BytesIO(picture())), ("坏.png", io.BytesIO(b"x"))])
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_nine_files_are_one_too_many(folder):
    with pytest.raises(RuleBroken, match="files"):
        attachments.keep(folder, [(f"{n}.png", io.BytesIO(picture())) for n in range(9)])


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [
        (b"%PDF-1.7 x", "application/pdf", ".pdf"),
        (archive(DOCX), attachments.WORD, ".docx"),
        (archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}), attachments.EXCEL, ".xlsx"),
        (picture("JPEG"), "image/jpeg", ".jpg"),
        (picture(), "image/png", ".png"),
    ],
)
def test_what_is_kept_is_what_its_bytes_say(folder, content, media_type, ending):
    file = keep(folder, content, "照片.exe")
    assert (file.media_type, file.name) == (media_type, f"照片.exe{ending}")
    assert len(attachments.path_of(folder, file.digest).read_bytes()) == file.size


def test_a_picture_loses_where_and_when_it_was_taken(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    file = keep(folder, picture("JPEG", (400, 200), exif=exif, comment=b"SECRET"), "a.jpg")
    stored = attachments.path_of(folder, file.digest).read_bytes()
    assert b"SECRET" not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()
        assert image.size == (200, 400), "and stands upright"


def test_a_png_loses_its_words_and_keeps_what_one_sees_through(folder):
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "SECRET")
    raw = io.BytesIO()
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(raw, "PNG", pnginfo=words)
    stored = attachments.path_of(folder, keep(folder, raw.getvalue(), "a.png").digest).read_bytes()
    assert b"SECRET" not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert image.mode == "RGBA"


def test_a_large_picture_is_made_smaller(folder):
    file = keep(folder, picture("JPEG", (4000, 3000)), "a.jpg")
    with Image.open(attachments.path_of(folder, file.digest)) as image:
        assert max(image.size) == attachments.LONGEST_EDGE


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\用户\\码头.pdf", "码头.pdf"),
        ("会议\u202e记录\x00.pdf", "会议记录.pdf"),
        ("", "附件.pdf"),
        (" . ", "附件.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("长" * 300, "长" * 120 + ".pdf"),
        ("喆堃珺.PDF", "喆堃珺.PDF"),
    ],
)
def test_a_name_is_only_a_name(folder, sent, kept):
    assert keep(folder, b"%PDF-1.7 x", sent).name == kept


def test_the_same_file_twice_lies_there_once(folder):
    one, two = keep(folder, b"%PDF-1.7 x", "一.pdf"), keep(folder, b"%PDF-1.7 x", "二.pdf")
    assert one.digest == two.digest
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("damaged", [b"", b"%PDF-1.7", b"%PDF-1.7 y", b"%PDF-1.7 x and more"])
def test_what_was_damaged_on_the_disk_is_healed_by_the_same_file_coming_again(folder, damaged):
    file = keep(folder, b"%PDF-1.7 x")
    path = attachments.path_of(folder, file.digest)
    whole = path.stat()
    path.write_bytes(damaged)
    assert keep(folder, b"%PDF-1.7 x", "又一次.pdf").digest == file.digest
    assert (path.read_bytes(), [one.name for one in path.parent.iterdir()]) == (b"%PDF-1.7 x", [file.digest])
    healed = path.stat()
    keep(folder, b"%PDF-1.7 x")
    assert (path.stat().st_ino, path.stat().st_mode) == (healed.st_ino, whole.st_mode), "what is whole is left alone"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "文件是空的"), (b"\xd0\xcf\x11\xe0old", "旧格式"), (b"GIF89a", "另存为jpg"),
        (b"RIFFxxxxWEBPVP8", "另存为jpg"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "去掉密码"),
        (b"\0\0\0\x18ftypheic", "兼容性最佳"), (b"PK\x03\x04\0OFD.xml", "OFD"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_helps(folder, content, why):
    with pytest.raises(RuleBroken) as broken:
        keep(folder, content, "甲.docx")
    assert why in str(broken.value.message)


def test_a_pdf_with_bytes_before_its_head_is_one(folder):
    assert keep(folder, b"\xef\xbb\xbf%PDF-1.7 x", "甲.pdf").media_type == "application/pdf"


def test_a_grey_of_16_bits_is_scaled(folder):
    raw = io.BytesIO()
    Image.new("I;16", (4, 4), 257 * 100).save(raw, "PNG")
    file = keep(folder, raw.getvalue(), "a.png")
    with Image.open(attachments.path_of(folder, file.digest)) as image:
        assert image.getpixel((0, 0)) == (100, 100, 100)
