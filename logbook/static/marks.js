// Secrecy marks told from ordinary words, as the server tells them (marks.py holds the same tables, and its test runs
// both): what is on a phone without signal is asked about before it waits there.

const STAR = `[★☆✩✪✭✯⭐*※]`;
const GAP = `[ \\t]*`;
const LINK = `[ \\t·•∙・.,:;_/|~=—–-]*`;
const HAN = `[一-龥〇]`;
const NUMBER = `[0-9一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾]+`;
const TERM = `(?:${NUMBER}${GAP}(?:年|个月|月|天|日)(?![前来内以初底间多余])|长期(?!以)|(?:解密|启封|公布)[之以]?前)`;
const CANDIDATE = new RegExp(`([绝机秘])([ \\t·•∙・._/|~=—–-]{0,12})密`, "g");
const UPRIGHT = new RegExp(`(?:^|\\n)${GAP}([绝机秘])${GAP}\\n\\s*密(?:级|件)?${GAP}(?:${STAR}[^\\n]*)?(?=\\n|$)`);
// A mark of whichever word: what is before it, and what is behind it.
const MARKED = [
  [``, `^[级件]?${GAP}[\\])}】〕]?${GAP}${STAR}`],
  [`${STAR}${GAP}$`, `^(?!${HAN})`],
  [`(?:密级|等级|保密级别)${GAP}(?:标识|标志|标注|为|是|定为)?${LINK}[\\[(【〔]?${GAP}$`, ``],
  [``, `^[级件]?${LINK}[\\[(【〔]?${GAP}${TERM}`],
  [`[\\[({【〔〖〈<「『]${GAP}$`, `^[级件]?${GAP}[\\])}】〕〗〉>」』]`],
  [`(?:^|\\n)${GAP}$`, `^[级件]?${GAP}(?:\\n|$)`],
  [`(?:^|\\n)${GAP}$`, `^[ \\t]+(?![和与及或的是])\\S`],
  [`[ \\t]$`, `^[级件]?${GAP}(?:\\n|$)`],
  [`(?:^|[^ \\t、“”"‘’'《》一-龥〇A-Za-z0-9])${GAP}$`, `^[级件]?${GAP}(?:$|[^ \\t、“”"‘’'《》一-龥〇A-Za-z0-9])`],
  [`(?:定为|标为|列为|标有|标注|标着|印有|盖有|注明)[“"‘]?$`, ``],
].map((pair) => pair.map((one) => new RegExp(one)));
const PAPER = new RegExp(`^(?:级|件|文件|公文|文电|电报|字样|[印戳]?章(?!节))`);
const OTHER_BEFORE = new RegExp(`(?:商业|国家|工作|个人|技术|[谢杜拒隔断神])$`);
const MACHINES = new RegExp(`[司时手飞相动电发割主随算印款票船危契良趁乘转枢投玄心待杀有无耕水气风车梯泵器]$`);
const RULES = `(?:规定|办法|制度|条例|须知|常识|知识|教育|培训|工作)`;
const OTHER_BEHIND = new RegExp(`^(?:[切集闭封码钥度植布谋实织约友林性]|[处室科库柜箱](?!理)|档案[柜室库]|计算|交通|使命|飞行|押运|追踪|花园|武器|配方|投票|(?:文件|资料|材料|信息|事项|档案|载体)?的?(?:管理|保管|保护|收发|传递|销毁)*${RULES})`);
const LEVEL_BEFORE = new RegExp(`[绝机秘]密级?${GAP}[、,和与及或/]${GAP}$`);
const LEVEL_BEHIND = new RegExp(`^级?${GAP}[、,和与及或/]${GAP}[绝机秘]密`);
const STARRED = new RegExp(`^[级件]?${GAP}${STAR}`);
const COUNTED = new RegExp(`^(?:文?件|公文|材料|各?[0-9一二两三]+份)`);
const STAR_BEHIND = new RegExp(`^${GAP}${STAR}`);
const STAR_BEFORE = new RegExp(`${STAR}${GAP}$`);
const NAMED = new RegExp(`密级[:：]\\s*$`);
const REACH = 60;
const IN_TITLE = new RegExp(`《[^》\\n]*$`);

const LINE_ENDS = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;
const UNSEEN = /[\p{Cf}\u034f\u17b4\u17b5\ufffc\ufe00-\ufe0f]|(?![\t\n])\p{Cc}/gu;
const LOOKS_BLANK = /[\p{Zs}\u115f\u1160\u3164\uffa0\u2800]/gu;

const plainText = (text) => text.replace(LINE_ENDS, "\n").replace(UNSEEN, "").replace(LOOKS_BLANK, " ").normalize("NFKC").trim();

// What is before and behind; where it is cut off, no line begins or ends.
function cutAround(text, start, end) {
  const before = start <= REACH ? text.slice(0, start) : `…${text.slice(start - REACH, start)}`;
  const behind = text.length <= end + REACH ? text.slice(end) : `${text.slice(end, end + REACH)}…`;
  return [before, behind];
}

// One of the levels that are listed: 绝密、机密、秘密三级.
function isLevel(before, behind) {
  const last = LEVEL_BEFORE.test(before) && !COUNTED.test(behind);
  return last || LEVEL_BEHIND.test(behind);
}

function isMarked(before, behind) {
  if (isLevel(before, behind) && !(STARRED.test(behind) || NAMED.test(before))) return false;
  return MARKED.some(([one, two]) => one.test(before) && two.test(behind));
}

// Whether a sentence speaks of a paper that bears the mark.
function isWordOfItsOwn(first, gap, before, behind) {
  if (OTHER_BEFORE.test(before) || OTHER_BEHIND.test(behind) || (first === "机" && MACHINES.test(before))) return false;
  if (IN_TITLE.test(before) || isLevel(before, behind)) return false;
  return first !== "秘" || gap !== "" || PAPER.test(behind);
}

// The first mark in a text, or null.
export function secrecyMark(text) {
  const plain = plainText(text);
  for (const found of plain.matchAll(CANDIDATE)) {
    const [before, behind] = cutAround(plain, found.index, found.index + found[0].length);
    if (isMarked(before, behind) || isWordOfItsOwn(found[1], found[2], before, behind)) {
      const starred = STAR_BEHIND.test(behind) || STAR_BEFORE.test(before);
      return found[1] === "秘" && starred ? "秘密★" : `${found[1]}密`;
    }
  }
  const upright = UPRIGHT.exec(plain);
  return upright ? `${upright[1]}密` : null;
}
