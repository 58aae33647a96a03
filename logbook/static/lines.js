// Problems and undertakings in running text, as visits/lines.py reads them: the page hands over its expressions.

export class Grammar {
  constructor(sources) {
    this.sticky = {};
    this.search = {};
    this.whole = {};
    for (const [name, source] of Object.entries(sources)) {
      this.sticky[name] = new RegExp(source, "y");
      this.search[name] = new RegExp(source, "g");
      this.whole[name] = new RegExp(`^(?:${source})$`);
    }
  }

  is(rule, char) {
    return this.at(rule, char, 0) !== null;
  }

  at(rule, text, index) {
    this.sticky[rule].lastIndex = index;
    return this.sticky[rule].exec(text);
  }

  find(rule, text, index) {
    this.search[rule].lastIndex = index;
    return this.search[rule].exec(text);
  }

  // Which words begin something here: after a sentence's end or a blank, after a comma, or none.
  ruleAt(text, at) {
    let before = at;
    while (before && this.is("blank", text[before - 1])) before -= 1;
    let last = before ? text[before - 1] : "\n";
    if (this.is("closing", last) && before > 1 && this.is("end", text[before - 2])) last = text[before - 2];
    if (this.is("end", last)) return "begins";
    if (this.is("comma", last)) return "within";
    return before < at && !this.is("leads", last) ? "begins" : "";
  }

  marks(text) {
    const marks = [];
    for (let at = 0; at < text.length;) {
      const rule = this.ruleAt(text, at);
      const found = rule ? this.at(rule, text, at) : null;
      if (found) marks.push({ kind: found[1] === undefined ? "undertaking" : "problem", start: at, body: at + found[0].length });
      at += Math.max(found?.[0].length ?? 1, 1);
    }
    return marks;
  }

  bare(text) {
    let [begin, end] = [0, text.length];
    while (begin < end && this.is("edge", text[begin])) begin += 1;
    while (end > begin && this.is("edge", text[end - 1])) end -= 1;
    return text.slice(begin, end);
  }

  past(text, from, skips) {
    let at = from;
    while (at < text.length && skips(text[at])) at += 1;
    return at;
  }

  // Of each numbered one: where it starts, its words begin and end, and the next begins.
  listed(text, mark) {
    const found = [];
    let at = this.past(text, mark.body, (char) => char === "\n" || this.is("blank", char));
    for (let number = this.at("number", text, at); number?.[0]; number = this.at("number", text, at)) {
      const begin = at + number[0].length;
      const stops = ["stop", "next"].map((rule) => this.find(rule, text, begin)).filter(Boolean).sort((a, b) => a.index - b.index);
      const [last, after] = stops.length ? [stops[0].index, stops[0].index + stops[0][0].length] : [text.length, text.length];
      found.push([at, begin, last, after]);
      at = this.past(text, after, (char) => char === "\n" || this.is("blank", char) || this.is("edge", char));
    }
    return found;
  }

  under(whole, mark, end) {
    const text = whole.slice(0, end); // nothing of the next marker
    let listed = this.listed(text, mark);
    if (!listed.length) {
      const stop = this.find("stop", text, mark.body);
      listed = [[mark.body, mark.body, stop ? stop.index : end, stop ? stop.index + 1 : end]];
    }
    const several = listed.length > 1; // the heading goes with the last of them
    return listed.flatMap(([start, begin, last, after]) => {
      const said = this.bare(text.slice(begin, last));
      if (!said || this.whole.none.test(said)) return [];
      return [{ kind: mark.kind, text: said, start: several ? start : mark.start, end: text.slice(last, after) === "\n" ? last : after }];
    });
  }
}

// The problems and undertakings that a text tells of, in its order: [{ kind, text, start, end }].
export function ledgerLines(text, grammar) {
  const marks = grammar.marks(text);
  return marks.flatMap((mark, i) => grammar.under(text, mark, marks[i + 1]?.start ?? text.length));
}

// The text without one of its lines; a line that is empty by it goes.
export function without(text, { start, end }) {
  const [before, after] = [text.slice(0, start), text.slice(end)];
  const alone = (!before || before.endsWith("\n")) && (!after || after.startsWith("\n"));
  return (before + (alone ? after.slice(1) : after)).trim();
}
