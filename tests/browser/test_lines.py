"""The page reads dictated text as the server does: one table, and random texts."""

import base64
import json
import random
from pathlib import Path

import logbook
from logbook.visits.lines import GRAMMAR, ledger_lines
from tests.visits.test_lines import CASES, dictated

SCRIPT = Path(logbook.__file__).parent / "static" / "lines.js"
READ = """async ([script, sources, texts]) => {
  const { Grammar, ledgerLines } = await import(script);
  const grammar = new Grammar(JSON.parse(sources));
  return texts.map((text) => ledgerLines(text, grammar).map((one) => [one.kind, one.text, one.start, one.end]));
}"""


def test_the_page_finds_what_the_server_finds(browser):
    luck = random.Random(14)  # noqa: S311 - not for secrets
    letters = "问题存在的主要反映我来由办协调是一二1.、，：。；\n 　没有无"
    random_texts = ["".join(luck.choices(letters, k=luck.randint(1, 60))) for _n in range(2000)]
    texts = [text for text, _found in CASES] + [dictated(luck)[0] for _n in range(300)] + random_texts
    script = f"data:text/javascript;base64,{base64.b64encode(SCRIPT.read_bytes()).decode()}"
    page = browser.new_page()
    found = page.evaluate(READ, [script, json.dumps(GRAMMAR), texts])
    page.close()
    mine = [[[one.kind, one.text, one.start, one.end] for one in ledger_lines(text)] for text in texts]
    assert [(text, theirs) for text, theirs, ours in zip(texts, found, mine, strict=True) if theirs != ours] == []
