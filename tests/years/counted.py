"""The figures of some days counted once more, in plain SQL written from the rules, not from the code."""

import calendar
import datetime as dt
from collections import Counter

from logbook.db import db
from logbook.problems.models import Category, Side
from logbook.visits.models import Content, Kind

RECORDS = """
WITH counted AS (
  SELECT v.*, coalesce(joint_of_id, id) AS trip, CAST(visited_on AS text) AS on_day FROM visit v
  WHERE withdrawn_at IS NULL AND declined_at IS NULL AND (joint_of_id IS NULL OR confirmed_at IS NOT NULL)
  AND visited_on >= :first AND visited_on <= :last
), place AS (
  SELECT id, trip, branch_id AS went_to, branch_id AS place_id, on_day FROM counted WHERE branch_id IS NOT NULL
  UNION ALL
  SELECT c.id, trip, c.branch_id, p.general_branch_id, on_day FROM counted c JOIN placement p
  ON p.branch_id = c.branch_id AND NOT p.void AND p.from_on <= c.visited_on
  AND (p.to_on IS NULL OR p.to_on >= c.visited_on)
)
"""
ITEMS = """
WITH item AS (
  SELECT i.*, coalesce(
    (SELECT s.state FROM progress s WHERE s.{kind}_id = i.id AND s.at < :until ORDER BY s.id DESC LIMIT 1),
    CASE WHEN EXISTS (SELECT 1 FROM progress s WHERE s.{kind}_id = i.id) OR i.closed_on > :last THEN {born}
    ELSE i.state END
  ) AS stood FROM {kind} i
  WHERE NOT i.dropped AND i.raised_on <= :last AND (i.closed_on IS NULL OR i.closed_on >= :first)
)
"""
PROBLEMS = ITEMS.format(kind="problem", born="CASE WHEN i.handling = 'on_site' THEN 'done' ELSE 'open' END")
UNDERTAKINGS = ITEMS.format(kind="undertaking", born="'underway'")
MONTH = "substr(on_day, 1, 7)"
AROUND = """
  SELECT i.id, i.branch_id AS place_id, i.stood FROM item i WHERE i.branch_id IS NOT NULL
  UNION ALL
  SELECT i.id, p.general_branch_id, i.stood FROM item i JOIN placement p ON p.branch_id = i.branch_id AND NOT p.void
  AND p.from_on <= i.raised_on AND (p.to_on IS NULL OR p.to_on >= i.raised_on)
"""
STATES = {"done": "办结", "partly": "部分解决", "underway": "在办", "open": "未办", "long_term": "长期推进"}
KEPT = {"done": "办成", "underway": "办理中", "explained": "已说明"}


def figures(first, last, today):
    """{label: figure}; what is not there is none."""
    evening = f"{last.isoformat()} 16:00:00+00"  # when the last day ends in Shanghai
    days = {"first": first, "last": last, "until": evening, "seen": min(last, today)}
    return Counter(dict([*_records(days), *_before(first, min(last, today)), *_problems(days), *_undertakings(days)]))


def _rows(with_, query, days):
    for name, value in days.items():
        query, with_ = (text.replace(f":{name}", f"'{value}'") for text in (query, with_))
    return db.session.connection().exec_driver_sql(with_ + query).all()


def _one(*asked):
    return _rows(*asked)[0]


def _records(days):
    n, half_days = _one(RECORDS, "SELECT count(*), coalesce(sum(half_days), 0) FROM counted", days)
    yield from (("人次", n), ("天", half_days / 2))
    trips = "(SELECT trip, coalesce(branch_id, 0) AS b, min(on_day) AS on_day FROM counted GROUP BY 1, 2) t"
    yield "次", _one(RECORDS, f"SELECT count(*) FROM {trips}", days)[0]
    for source, unit in (("counted", "人次"), (trips, "次")):
        for month, n in _rows(RECORDS, f"SELECT {MONTH}, count(*) FROM {source} GROUP BY 1", days):
            yield f"{month}：{unit}", n
    for word, table, column, label in (
        (Kind, "visit_kind", "kind", "方式"), (Content, "visit_content", "content", "内容"),
        (Category, "voice", "category", "呼声"),
    ):  # fmt: skip
        query = f"SELECT {column}, count(*) FROM {table} t JOIN counted c ON c.id = t.visit_id GROUP BY 1"
        for value, n in _rows(RECORDS, query, days):
            yield f"{label}：{word(value).chinese}", n
    yield "呼声", _one(RECORDS, "SELECT count(*) FROM voice t JOIN counted c ON c.id = t.visit_id", days)[0]
    query = "SELECT p.name, count(*), coalesce(sum(half_days), 0) FROM counted c JOIN person p ON p.id = member_id"
    for name, n, half_days in _rows(RECORDS, f"{query} GROUP BY 1", days):
        yield from ((f"{name}：人次", n), (f"{name}：天", half_days / 2))
    yield from _places(days)


def _places(days):
    query = "SELECT b.name, count(*), max(on_day) FROM place JOIN branch b ON b.id = place_id GROUP BY 1"
    for name, n, last_on in _rows(RECORDS, query, days):
        yield from ((f"{name}：人次", n), (f"{name}：最近", dt.date.fromisoformat(last_on)))
    once = "(SELECT trip, went_to, place_id, min(on_day) AS on_day FROM place GROUP BY 1, 2, 3) t"
    query = f"SELECT b.name, {MONTH}, count(*) FROM {once} JOIN branch b ON b.id = place_id GROUP BY 1, 2"
    by_month = _rows(RECORDS, query, days)
    yield from ((f"{name}：{month}", n) for name, month, n in by_month)
    totals = Counter()
    for name, _month, n in by_month:
        totals[f"{name}：次"] += n
    yield from totals.items()
    points = "SELECT DISTINCT branch_id FROM liaison WHERE NOT void AND from_on <= :last AND to_on >= :first"
    yield "挂点支部", _one("", f"SELECT count(*) FROM ({points}) p", days)[0]
    reached = f"SELECT count(DISTINCT place_id) FROM place WHERE place_id IN ({points})"
    yield "到过", _one(RECORDS, reached, days)[0]


def _before(first, last):
    """The same days of the year before; a month that is over is set beside a whole one."""
    month_over = (last + dt.timedelta(days=1)).day == 1
    end = last.replace(day=1 if month_over else last.day, year=last.year - 1)
    if month_over:
        end = end.replace(day=calendar.monthrange(end.year, end.month)[1])
    days = {"first": first.replace(year=first.year - 1), "last": end}
    yield "上年人次", _one(RECORDS, "SELECT count(*) FROM counted", days)[0]


def _problems(days):
    yield "问题", _one(PROBLEMS, "SELECT count(*) FROM item", days)[0]
    late = "stood IN ('open', 'underway', 'partly') AND due_on < :seen"
    for label, which in (
        ("结转", "raised_on < :first"), ("超期", late), ("认可", "stood = 'done' AND answer = 'solved'"),
    ):  # fmt: skip
        yield label, _one(PROBLEMS, f"SELECT count(*) FROM item WHERE {which}", days)[0]
    for state, n in _rows(PROBLEMS, "SELECT stood, count(*) FROM item GROUP BY 1", days):
        yield STATES[state], n
    closed = "count(*), sum(CASE WHEN stood = 'done' THEN 1 ELSE 0 END)"
    for side, n in _rows(PROBLEMS, "SELECT side, count(*) FROM item GROUP BY 1", days):
        yield f"责任方：{Side(side).chinese}", n
    for value, n, done in _rows(PROBLEMS, f"SELECT category, {closed} FROM item GROUP BY 1", days):
        yield from ((f"类别：{Category(value).chinese}", n), (f"类别办结：{Category(value).chinese}", done))
    at = f"SELECT b.name, {closed} FROM ({AROUND}) a JOIN branch b ON b.id = place_id GROUP BY 1"
    of = f"SELECT p.name, {closed} FROM item JOIN person p ON p.id = raised_by_id GROUP BY 1"
    for query in (at, of):
        for name, n, done in _rows(PROBLEMS, query, days):
            yield from ((f"{name}：问题", n), (f"{name}：办结", done))


def _undertakings(days):
    yield "领办", _one(UNDERTAKINGS, "SELECT count(*) FROM item", days)[0]
    for state, n in _rows(UNDERTAKINGS, "SELECT stood, count(*) FROM item GROUP BY 1", days):
        yield KEPT[state], n
