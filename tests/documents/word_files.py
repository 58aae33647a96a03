"""Word files with known content, made at random: what is put in, and how Word would show it."""

import io
import random
import zipfile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SPACES = (
    f'{W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/chartex" xmlns:v="urn:schemas-microsoft-com:vml"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NUMBERING = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:suff w:val="nothing"/>
<w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2.%3"/></w:lvl>
</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""
STYLES = f"""<w:styles {W}><w:style w:type="character" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Child"><w:basedOn w:val="Gone"/></w:style></w:styles>"""


def packed(body, main="word/document.xml", more=None, space=SPACES):
    """A Word file of that body; `more` parts by their names."""
    folder, name = main.rsplit("/", 1)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Type="{OFFICE}/officeDocument" Target="{main}"/></Relationships>',
        f"{folder}/_rels/{name}.rels": "<Relationships>"
        f'<Relationship Type="{OFFICE}/numbering" Target="numbering.xml"/>'
        f'<Relationship Type="{OFFICE}/styles" Target="/word/styles.xml"/></Relationships>',
        "word/numbering.xml": NUMBERING,
        "word/styles.xml": STYLES,
        main: f"<w:document {space}><w:body>{body}</w:body></w:document>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in (parts | (more or {})).items():
            archive.writestr(part, text)
    return stream.getvalue()


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(inside, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr>{inside}</w:p>"


def box(text, choice="wps", fallback=None):
    inside = f"<w:txbxContent>{paragraph(run(text))}</w:txbxContent>"
    other = inside if fallback is None else f"<w:txbxContent>{paragraph(run(fallback))}</w:txbxContent>"
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="{choice}"><w:drawing><wps:txbx>{inside}</wps:txbx></w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{other}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


def field(code, result):
    kinds = [f'<w:r><w:fldChar w:fldCharType="{one}"/></w:r>' for one in ("begin", "separate", "end")]
    return f"{kinds[0]}<w:r><w:instrText>{code}</w:instrText></w:r>{kinds[1]}{run(result)}{kinds[2]}"


def cell(inside, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def table(*rows):
    return "<w:tbl>" + "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows) + "</w:tbl>"


def generated(seed):
    """A file, and the lines that Word shows of it."""
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    kinds = list(PIECES)
    bodies, lines = [], []
    numbers = [0, 0]
    for n in range(chance.randint(5, 20)):
        body, shown = PIECES[chance.choice(kinds)](f"甲{seed}乙{n}", numbers)
        bodies.append(body)
        lines += shown
    return packed("".join(bodies)), lines


def _tracked(word, _numbers):
    inside = f"<w:del>{run('删')}</w:del><w:ins>{run(word)}</w:ins><w:moveFrom>{run('移')}</w:moveFrom>"
    return paragraph(inside + f"<w:moveTo>{run('来')}</w:moveTo>"), [word + "来"]


def _numbered(word, numbers):
    numbers[:] = [numbers[0] + 1, 0]
    chinese = (
        "一二三四五六七八九十"[numbers[0] - 1] if numbers[0] <= 10 else "十" + "一二三四五六七八九十"[numbers[0] - 11]
    )
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    return paragraph(run(word), number), [f"{chinese}、{word}"]


def _joined(word, _numbers):
    return paragraph(run(word), "<w:rPr><w:del/></w:rPr>") + paragraph(run("接着")), [word + "接着"]


def _nested(word, _numbers):
    inner = table([cell(paragraph(run("里" + word)))])
    outer = table(
        [cell(paragraph(run("外" + word)) + inner + paragraph(run("后"))), cell(paragraph(run("删")), "<w:cellDel/>")],
        [cell(paragraph(run("x")), "<w:vMerge/>")],
    )
    return outer, ["外" + word, "里" + word, "后"]


def _guided(word, _numbers):
    guide = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('请单击此处')}</w:sdtContent></w:sdt>"
    filled = f"<w:sdt><w:sdtPr/><w:sdtContent>{run(word)}</w:sdtContent></w:sdt>"
    return paragraph(guide + filled), [word]


PIECES = {
    "plain": lambda word, _n: (paragraph(run(word) + "<w:r><w:tab/><w:noBreakHyphen/></w:r>"), [word + "\t-"]),
    "box": lambda word, _n: (paragraph(run("段") + box(word)), ["段", word]),
    "tracked": _tracked, "numbered": _numbered, "joined": _joined, "nested": _nested, "guided": _guided,
    "hidden": lambda word, _n: (
        paragraph(run(word) + run("藏", "<w:vanish/>") + run("藏", '<w:rStyle w:val="Child"/>')), [word]),
    "field": lambda word, _n: (paragraph(field("PAGE", word)), [word]),
    "block": lambda word, _n: (
        f"<w:sdt><w:sdtContent>{paragraph(run(word))}</w:sdtContent></w:sdt>", [word]),
}  # fmt: skip
