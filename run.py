#!/usr/bin/env python3
"""唯一的入口：试用、启用、备份、测试都从这里开始。 The one door; `python3 run.py` lists its commands.

Standard library only, one file. An older Python must still parse it, so that the first refusal below can be read:
no syntax here is newer than Python 3.6.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - only an older Python gets to read this
    version = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        f"错误 Error: 需要 Python 3.11 或更高版本，这里是 {version}；请安装后用它运行，例如 python3.11 run.py。 "
        f"Python 3.11 or later is needed, this is {version}; install one and run it, e.g. python3.11 run.py."
    )

import argparse
import contextlib
import datetime as dt
import errno
import fcntl
import hashlib
import importlib.util
import json
import mmap
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).absolute().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
RUNTIME, TEST = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
WHEELHOUSE = ROOT / "wheelhouse"
IN_USE = "in_use"
# Each unit's own words, as the settings offer them; the first is the preset.
WORDS = {
    "group_word": ("党组", "党委", "党工委"),
    "office_word": ("党办", "组织科", "党群工作部", "机关党委办公室"),
    "liaison_word": ("挂点", "联系点", "挂钩", "包联"),
    "ballot_word": ("测评表", "评分表"),
}
LINES = {
    "installing": "正在安装依赖，第一次约一分钟…… Installing what is needed, about a minute the first time …",
    "no_venv": "缺少 Python 的 venv 模块；请以 root 运行 apt-get install python3-venv，再运行一次。 "
    "Python's venv module is missing; as root run apt-get install python3-venv, then run this again.",
    "hashes": "依赖安装失败：下载的包与锁定的摘要不一致；请换一个软件源后再运行一次。 "
    "Installing failed: a package differs from its locked hash; use another package mirror and run this again.",
    "no_network": "连不上软件源，依赖没有装好；请检查网络（或 pip 的代理、镜像），或在能上网的机器上运行 run.py bundle"
    "后把 wheelhouse 文件夹拷来。 The package index does not answer; check the network (or pip's proxy and mirror), "
    "or run run.py bundle on a machine with internet and copy its wheelhouse folder here.",
    "no_package": "依赖安装失败：软件源或 wheelhouse 里没有适合本机 Python 的包；请换软件源或重做 wheelhouse。 "
    "Installing failed: the index or wheelhouse has no package for this Python; use another, or run bundle again.",
    "disk_full": "磁盘已满，没有完成；请清理磁盘后再运行一次。 The disk is full; make room and run this again.",
    "locked": "数据库正被其他程序占用；请稍后再运行一次。 Another program holds the database; run this again later.",
    "no_postgres": "连不上 PostgreSQL；请检查 LOGBOOK_DATABASE_URL 和数据库服务。 "
    "PostgreSQL does not answer; check LOGBOOK_DATABASE_URL and the server.",
    "in_use": "{folder} 正由另一个服务使用；请先停止它。 Another server is using this folder; stop it first.",
    "newer": "数据库是较新版本程序的（{version}），没有改动；请换用新版本的程序。 "
    "The database belongs to a newer version of this program; nothing was changed. Use that version.",
    "bad_url": "LOGBOOK_DATABASE_URL 不对；请写 sqlite:////路径/logbook.db 或 "
    "postgresql+psycopg://用户:密码@主机/库 。 "
    "LOGBOOK_DATABASE_URL is none this program knows; write it as shown.",
    "bad_database": "数据库文件打不开或已损坏；请检查 LOGBOOK_DATABASE_URL、LOGBOOK_INSTANCE 和权限，或从备份恢复。 "
    "The database file cannot be opened or is damaged; check its path and permissions, or restore a backup.",
    "usage": "参数有误（{said}）；运行 python3 run.py {command}--help 看用法。 Wrong argument; see its --help.",
    "not_ready": "数据库还没有启用或升级；请先运行 run.py serve。 The database is not ready; run run.py serve first.",
    "port": "端口应在 1 至 65535 之间；请改 --port。 The port must be between 1 and 65535; change --port.",
    "port_taken": "端口 {port} 已被占用；请停止占用它的程序，或用 --port 换一个。 "
    "Port {port} is taken; stop what uses it or choose another with --port.",
    "no_listening": "不能在 {host} 的端口 {port} 上服务（{why}）；请检查 --host 和 --port（1024 以下需 root）。 "
    "Cannot listen there; check --host and --port (below 1024 needs root).",
    "open": "请打开 http://{host}:{port} ，按 Ctrl-C 停止。 Open that address; Ctrl-C stops.",
    "filling": "正在准备示例单位…… Filling the sample bureau …",
    "needed": "第一次启用要填{what}；请加 {option}。 The first start needs {option}.",
    "code": "一次性登录码：{code}，七天内有效，在登录页设置密码。 One-time code, for 7 days; it sets a password.",
    "sysadmin": "{name}已是系统管理员；还不能登录的，再运行 run.py code。 Now a sysadmin; run.py code lets them in.",
    "no_data": "还没有数据：{path}；请检查 LOGBOOK_INSTANCE。 There is no data yet; check LOGBOOK_INSTANCE.",
    "not_a_file": "{path} 不是普通文件或文件夹，没有写；请换一个。 That is no regular file or folder; choose another.",
    "no_file": "找不到文件 {path}；请检查路径。 There is no such file; check its path.",
    "not_allowed": "没有权限读写 {path}；请换有权限的账号运行。 Not allowed to read or write it; use another account.",
    "missing": "缺少 {name}；请以 root 运行 apt-get install {packages}（其他系统请安装同名软件），再运行一次。 "
    "{name} is missing; as root run apt-get install {packages}, or install it your system's way, and run this again.",
    "backed_up": "已备份并核对：{path}（含密钥，请妥善保管）。 Backed up and verified; it holds the secret key.",
    "damaged": "备份文件已损坏或不完整，没有恢复，现有数据没有改动；请换一份备份。 "
    "The backup is damaged or incomplete; nothing was restored or changed. Take another backup.",
    "other_kind": "备份与现用的数据库种类不同（SQLite、PostgreSQL），没有恢复；请检查 LOGBOOK_DATABASE_URL。 "
    "The backup is of the other kind of database; nothing was restored. Check LOGBOOK_DATABASE_URL.",
    "restored": "已恢复；原来的数据在 {aside}。 Restored; what was there before is kept in that folder.",
    "no_browser": "按要求不运行浏览器测试（--no-browser）。 Browser tests are left out, as asked (--no-browser).",
    "no_office": "按要求不运行用 LibreOffice 的测试（--no-office）。 Its tests are left out, as asked.",
    "apt": "正在安装 {packages}…… Installing with apt-get …",
    "fonts": "公文各字体用的是（前面的先用）；本单位买了的字体，放进 {folder} 即可。 "
    "What papers are set in, the first first; put fonts of your own into that folder.",
    "written": "已写好 {name}。 Written.",
    "bundled": "已下载到 wheelhouse；请把整个文件夹（不含 .venv）拷到同系统、同 Python 版本的机器上，照常运行。 "
    "Copy this whole folder, without .venv, to a machine of the same system and Python, and run as usual.",
}
# What the programs below say, and which line that comes to; the first that fits.
TROUBLES = (
    ("No space left on device|disk is full|Disk quota exceeded", "disk_full"),
    ("database is locked", "locked"),
    ("file is not a database|malformed|unable to open database file|file is encrypted", "bad_database"),
    ("connection to server|connection failed|psycopg.OperationalError", "no_postgres"),
    ("no such table|no such column|UndefinedTable|UndefinedColumn", "not_ready"),
    ("DO NOT MATCH THE HASHES|[Hh]ash mismatch", "hashes"),
    ("NewConnectionError|name resolution|unreachable|[Tt]imed? ?out|ProxyError|refused|error sending", "no_network"),
    ("No matching distribution|Could not find a version|no version of", "no_package"),
)


class Stop(Exception):  # noqa: N818 - it ends the command and says what to do
    """One line for the person at the keyboard, Chinese and English."""

    def __init__(self, line: str, **values: object) -> None:
        super().__init__(LINES[line].format(**values) if line in LINES else line)


def say(line: str, **values: object) -> None:
    print(LINES[line].format(**values), flush=True)


def explain(output: str) -> Stop:
    """Return the one line that a failed program's output comes to."""
    for pattern, line in TROUBLES:
        if re.search(pattern, output):
            return Stop(line)
    lines = [line.strip() for line in output.splitlines() if line.strip(" \t") and "(Background on" not in line] or [
        "?"
    ]
    named = [line for line in lines if line.lower().startswith("error: ")]
    return Stop(re.sub("(?i)^error: ", "", (named or lines)[-1]))


def run(argv: Sequence[object], **options: Any) -> "subprocess.CompletedProcess[str]":
    options = {"cwd": ROOT, "check": False, "text": True, **options}
    return subprocess.run([str(word) for word in argv], **options)  # noqa: PLW1510 - check is among the options


def quietly(argv: Sequence[object], **options: Any) -> str:
    """Run a program and return what it printed; raise Stop with one line when it fails."""
    done = run(argv, capture_output=True, **options)
    if done.returncode:
        raise explain(done.stdout + done.stderr)
    return done.stdout


def become(argv: Sequence[object], env: dict[str, str]) -> NoReturn:
    """Turn this process into another program: signals reach it directly, and its end is ours."""
    os.chdir(ROOT)
    os.execve(str(argv[0]), [str(word) for word in argv], env)  # noqa: S606 - no shell is meant


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- .venv: made once for each lock file


def ready(lock_file: Path) -> None:
    """Make .venv hold what the lock names; its stamp says when there is nothing to do."""
    python, *locks = STAMP.read_text("utf-8").split("\n") if STAMP.exists() else [""]
    if python != os.path.realpath(PYTHON) or digest(lock_file) not in locks:
        say("installing")
        _make_venv(python)
        _install(lock_file)
        # The test lock holds all of the runtime lock.
        held = [digest(one) for one in ((RUNTIME, TEST) if lock_file == TEST else (RUNTIME,))]
        STAMP.write_text("\n".join([os.path.realpath(PYTHON), *held]), "utf-8")


def _make_venv(stamped: str) -> None:
    # A system upgrade leaves a .venv whose Python is another one: its packages are of no use.
    clear = bool(stamped) and stamped != os.path.realpath(PYTHON)
    uv = shutil.which("uv")
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        quietly([sys.executable, "-m", "venv", *(["--clear"] if clear else []), VENV])
    elif uv:
        quietly([uv, "venv", "--quiet", "--clear" if clear else "--allow-existing", "--python", sys.executable, VENV])
    else:
        raise Stop("no_venv")


def _install(lock_file: Path) -> None:
    flags = ["--quiet", "--require-hashes", "--no-deps", "--requirement", lock_file]
    if WHEELHOUSE.is_dir():
        flags += ["--no-index", "--find-links", WHEELHOUSE]
    uv = shutil.which("uv")
    # uv reads no pip settings and may miss the mirror that pip knows: then pip has its turn.
    if uv and not run([uv, "pip", "install", "--python", PYTHON, *flags], capture_output=True).returncode:
        return
    quietly([PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--retries=2", *flags])


# --- an installation: its folder, database and key


@dataclass(frozen=True)
class Home:
    """Where one installation keeps its data."""

    folder: Path
    url: str
    key: Path

    @property
    def database(self) -> "Path | None":
        """The SQLite file; None on PostgreSQL."""
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite:") else None

    @property
    def attachments(self) -> Path:
        return self.folder / "attachments"

    def environment(self) -> dict[str, str]:
        """Return the environment in which the application finds this installation."""
        own = {"INSTANCE": self.folder, "DATABASE_URL": self.url, "SECRET_KEY_FILE": self.key}
        return {**os.environ, **{f"LOGBOOK_{name}": str(value) for name, value in own.items()}}

    def flask(self, *argv: str) -> str:
        """Run one of the application's commands and return what it printed."""
        return quietly([PYTHON, "-m", "flask", "--app", "logbook.app", *argv], env=self.environment()).strip()


def home_here() -> Home:
    """Return the installation that the environment names, by default instance/; what is written stays private."""
    os.umask(0o077)
    folder = Path(os.environ.get("LOGBOOK_INSTANCE") or ROOT / "instance").absolute()
    url = known_url(os.environ.get("LOGBOOK_DATABASE_URL") or f"sqlite:///{folder / 'logbook.db'}", folder)
    return Home(folder, url, Path(os.environ.get("LOGBOOK_SECRET_KEY_FILE") or folder / "secret_key").absolute())


def known_url(url: str, folder: Path) -> str:
    """Return the address as the application takes it: a file's in full, from the installation's folder on."""
    kind, _colon, rest = url.partition("://")
    if kind == "sqlite" and rest.startswith("/") and rest != "/":
        return f"sqlite:///{folder / rest[1:]}"
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if kind in {"postgres", "postgresql", "postgresql+psycopg"} and parts.port != 0 and len(parts.path) > 1:
            return f"postgresql+psycopg://{rest}"
    raise Stop("bad_url")


def hold(home: Home) -> None:
    """Keep this installation to this process, also after exec: one server, and no restore beneath it."""
    home.folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.folder / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Stop("in_use", folder=home.folder) from None
    os.set_inheritable(handle, True)


def migrate(home: Home) -> bool:
    """Bring the database to this program's version, after a backup; return whether it has accounts."""
    current, head, people = home.flask("db-version").split()
    if current != head:
        if current != "-":
            refuse_newer(current)
            write_backup(home, home.folder / "backups" / f"before-{head}-{moment()}.zip")
        home.flask("db-upgrade")
        people = home.flask("db-version").split()[2]
    return people != "nobody"


def refuse_newer(version: str) -> None:
    if not any((ROOT / "migrations" / "versions").glob(f"{version}_*.py")):
        raise Stop("newer", version=version)


def moment() -> str:
    return f"{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"


# --- demo, serve, code


def check_port(host: str, port: int) -> None:
    """Raise Stop when nothing can listen at `host` and `port`."""
    if not 0 < port < 1 << 16:
        raise Stop("port")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise Stop(
            "port_taken" if taken else "no_listening", host=host, port=port, why=str(error.strerror).split(" (")[0]
        ) from None


def listen(home: Home, host: str, port: int) -> NoReturn:
    """Become the server: signals reach it directly."""
    # SQLite has one writer: one process with threads; PostgreSQL takes several processes.
    workers, threads = (1, 4) if home.database else (max(2, min(os.cpu_count() or 2, 8)), 4)
    say("open", host=f"[{host}]" if ":" in host else host, port=port)
    flags = f"--interface wsgi --factory --no-ws --log-level error --workers-kill-timeout 10 --workers {workers}"
    argv = [PYTHON, "-m", "granian", *flags.split(), "--blocking-threads", threads, "--host", host, "--port", port]
    become([*argv, "logbook.app:create_server_app"], home.environment())


def demo(options: argparse.Namespace) -> NoReturn:
    """试用：示例单位，打开即用 · try it: a sample bureau, ready to use"""
    check_port(options.host, options.port)
    ready(RUNTIME)
    os.umask(0o077)
    folder = ROOT / "instance" / "demo"
    home = Home(folder, f"sqlite:///{folder / 'logbook.db'}", folder / "secret_key")
    hold(home)
    card = folder / "demo.json"
    made = json.loads(card.read_text("utf-8")) if card.exists() else {}
    if options.fresh or not made or options.visits not in {None, made["visits"]}:
        _fill(home, card, options.visits)
    migrate(home)
    print(json.loads(card.read_text("utf-8"))["accounts"])
    listen(home, options.host, options.port)


def _fill(home: Home, card: Path, visits: "int | None") -> None:
    """Make the sample bureau anew; its card is written last, so a broken-off one is made again."""
    say("filling")
    card.unlink(missing_ok=True)
    for old in home.folder.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
        elif old.name != IN_USE:
            old.unlink()
    home.flask("db-upgrade")
    accounts = home.flask("sample", "--seed", "1", *(["--visits", str(visits)] if visits else []))
    card.write_text(json.dumps({"visits": visits, "accounts": accounts}, ensure_ascii=False), "utf-8")


def serve(options: argparse.Namespace) -> NoReturn:
    """启用：本单位的服务，升级前自动备份 · serve this installation; backs up before an upgrade"""
    check_port(options.host, options.port)
    ready(RUNTIME)
    home = home_here()
    hold(home)
    if not migrate(home):
        first_account(home, options)
    listen(home, options.host, options.port)


def first_account(home: Home, options: argparse.Namespace) -> None:
    """Name the unit and make the first account, from the options or by asking; print its one-time code."""
    given = {
        "unit_name": options.unit_name or ask("单位全称", "The unit's full name", "--unit-name"),
        **{name: getattr(options, name) or choose(words) for name, words in WORDS.items()},
        "name": options.name or ask("首个账号的姓名", "Name of the first account's person", "--name"),
        "sign_in_name": options.sign_in_name or ask("首个账号的登录名", "Their sign-in name", "--sign-in-name"),
    }
    argv = [word for name, value in given.items() for word in ("--" + name.replace("_", "-"), value)]
    say("code", code=home.flask("first-account", *argv))


def ask(chinese: str, english: str, option: str) -> str:
    """Return what the person types, asking until it is something."""
    if not sys.stdin.isatty():
        raise Stop("needed", what=chinese, option=option)
    return input(f"{chinese} {english}: ").strip() or ask(chinese, english, option)


def choose(words: Sequence[str]) -> str:
    """Return the word chosen by number; Enter, or nobody there to ask, takes the first."""
    if not sys.stdin.isatty():
        return words[0]
    numbers = {str(number): word for number, word in enumerate(words, 1)}
    menu = " ".join(f"{number}.{word}" for number, word in numbers.items())
    answer = input(f"本单位用词 The word used here: {menu} [1] ").strip() or "1"
    return numbers.get(answer) or choose(words)


def code(options: argparse.Namespace) -> None:
    """给某人一个一次性登录码 · a one-time code for somebody who cannot sign in"""
    ready(RUNTIME)
    home = home_here()
    argv = [*(["--reactivate"] if options.reactivate else []), "--sign-in-name", options.sign_in_name or ""]
    say("code", code=home.flask("code", *argv, "--", options.who))


def sysadmin(options: argparse.Namespace) -> None:
    """没有系统管理员可用时，指定一名 · make somebody a sysadmin when nobody is left to do it"""
    ready(RUNTIME)
    home = home_here()
    say("sysadmin", name=home.flask("sysadmin", "--", options.who))


# --- backup and restore
# A backup is a zip: the database, the key, the attachments, manifest.json with each one's SHA-256. The zip's comment
# is the SHA-256 of all bytes before it, so that not one of them can change unseen.

SEAL = 64


def backup(options: argparse.Namespace) -> None:
    """备份数据库、附件、设置和密钥，并核对 · back up database, attachments and settings, verified"""
    home = home_here()
    target = options.file or home.folder / "backups" / f"logbook-{moment()}.zip"
    write_backup(home, target.absolute())


def write_backup(home: Home, target: Path) -> None:
    """Write `target`, read it again, and only then let it take its name."""
    if home.database and not home.database.exists():
        raise Stop("no_data", path=home.database)
    # Taking the name of a device or a folder would destroy it.
    if target.exists() and not target.is_file():
        raise Stop("not_a_file", path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as box:
            _pack(home, _dump(home, Path(box)), part)
            unpack(part, Path(box) / "check")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    say("backed_up", path=target)


def _dump(home: Home, box: Path) -> Path:
    if home.database is None:
        return _dump_postgres(home, box / "database.dump")
    with contextlib.closing(sqlite3.connect(home.database, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(box / "logbook.db"),))
    return box / "logbook.db"


def _dump_postgres(home: Home, file: Path) -> Path:
    postgres_program(home, "pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={file}")
    return file


def postgres_program(home: Home, name: str, *argv: str) -> None:
    """Run one of PostgreSQL's programs on this installation's database; its password stands in no command line."""
    url = urlsplit(home.url)
    parts = {"host": url.hostname, "port": url.port, "user": url.username, "password": url.password}
    given = {**parts, "database": url.path.lstrip("/"), **dict(parse_qsl(url.query))}
    env = {f"PG{name.upper()}": unquote(str(value)) for name, value in given.items() if value}
    if not shutil.which(name):
        raise Stop("missing", name=name, packages="postgresql-client")
    quietly([name, *argv], env={**os.environ, **env})


def _pack(home: Home, dump: Path, part: Path) -> None:
    stored = sorted(path for path in home.attachments.rglob("*") if path.is_file())
    files = {dump.name: dump, "secret_key": home.key}
    files.update({f"attachments/{path.relative_to(home.attachments)}": path for path in stored})
    with part.open("w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
            for name, path in files.items():
                pack.write(path, name)
            digests = {name: digest(path) for name, path in files.items()}
            pack.writestr("manifest.json", json.dumps({"files": digests}))
            pack.comment = b"0" * SEAL
        seal, _zeros = _seals(part)
        file.seek(-SEAL, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())


def _seals(path: Path) -> tuple[bytes, bytes]:
    """Return the hexadecimal SHA-256 of all but the last 64 bytes, and those 64 bytes."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        found = hashlib.sha256()
        for start in range(0, len(whole) - SEAL, 1 << 20):
            found.update(whole[start : min(start + (1 << 20), len(whole) - SEAL)])
        return found.hexdigest().encode(), whole[-SEAL:]


def unpack(file: Path, into: Path) -> Path:
    """Unpack a backup, every byte and its database verified; return the database's file. Raise Stop when damaged."""
    try:
        if len(set(_seals(file))) != 1:
            raise Stop("damaged")
        with zipfile.ZipFile(file) as pack:
            pack.extractall(into)
        digests = json.loads((into / "manifest.json").read_text("utf-8"))["files"]
        whole = "secret_key" in digests and all(digest(into / name) == sum_ for name, sum_ in digests.items())
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, NotImplementedError):
        raise Stop("damaged") from None
    except FileNotFoundError as error:
        raise (Stop("damaged") if file.exists() else error) from None
    if not whole:
        raise Stop("damaged")
    return _sound_database(into)


def _sound_database(box: Path) -> Path:
    dump, file = box / "database.dump", box / "logbook.db"
    if dump.exists():
        quietly(["pg_restore", "--list", dump])
        return dump
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT 1 FROM visit LIMIT 1")
    except (sqlite3.DatabaseError, TypeError):
        sound = False
    if not sound:
        raise Stop("damaged")
    refuse_newer(version)
    return file


def restore(options: argparse.Namespace) -> None:
    """从备份恢复，先全部核对，原来的数据另存 · restore a backup, verified whole first; the old data is kept"""
    home = home_here()
    hold(home)
    with tempfile.TemporaryDirectory(dir=home.folder, prefix=".restore-") as box:
        new = unpack(options.backup.absolute(), Path(box))
        if (new.suffix == ".db") != bool(home.database):
            raise Stop("other_kind")
        aside = Path(tempfile.mkdtemp(dir=home.folder, prefix=f"before-restore-{moment()}-"))
        with _changed_places(home, Path(box), aside):
            if home.database is None:
                _load_postgres(home, new, aside)
    say("restored", aside=aside)


@contextlib.contextmanager
def _changed_places(home: Home, box: Path, aside: Path) -> Iterator[None]:
    """Move the present files aside and the unpacked ones in; on any fault move all back."""
    places = [(box / "secret_key", home.key), (box / "attachments", home.attachments)]
    if home.database:
        # The write-ahead log belongs to the old file: left behind, it would be played into the new one.
        places += [(box / f"logbook.db{end}", Path(f"{home.database}{end}")) for end in ("", "-wal", "-shm")]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in [(place, aside / place.name) for _new, place in places] + places:
            if source.exists():
                shutil.move(source, target)
                done.append((source, target))
        yield
    except BaseException:
        for source, target in reversed(done):
            shutil.move(target, source)
        aside.rmdir()
        raise


def _load_postgres(home: Home, dump: Path, aside: Path) -> None:
    """Replace the tables in one transaction; the present ones are dumped aside first."""
    _dump_postgres(home, aside / "database.dump")
    script, clear = dump.with_name("load.sql"), dump.with_name("clear.sql")
    quietly(["pg_restore", "--no-owner", "--no-acl", f"--file={script}", dump])
    clear.write_text(
        "DO $$ DECLARE t record; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP "
        "EXECUTE format('DROP TABLE public.%I CASCADE', t.tablename); END LOOP; END $$;",
        "utf-8",
    )
    once = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    postgres_program(home, "psql", *once, f"--file={clear}", f"--file={script}")


# --- for developers: test, check, bench, lock, bundle


def clean_environment() -> dict[str, str]:
    """Return the environment without what would lead tests to real data."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOGBOOK_")}


def test(options: argparse.Namespace) -> NoReturn:
    """运行测试，其余参数交给 pytest · run the tests; other arguments go to pytest"""
    ready(TEST)
    argv: list[object] = [PYTHON, "-m", "pytest", "-n", min(os.cpu_count() or 1, 8) + 1]  # one waits for a browser
    env = {**clean_environment(), "LOGBOOK_THOROUGH": "1" if options.thorough else "0"}
    if options.no_browser:
        say("no_browser")
        argv.append("--ignore=tests/browser")
    else:
        env["LOGBOOK_CHROMIUM"] = chromium()
    if options.no_office:
        say("no_office")
        argv += ["-m", "not office"]
    else:
        program(("soffice",), *OFFICE)
    # Only a run of everything, on the preset database, can judge what is covered.
    if not (options.rest or options.no_browser or options.no_office or options.postgres):
        argv += ["--cov=logbook", "--cov-branch", "--cov-fail-under=98"]
    if options.postgres:
        argv = [PYTHON, "tests/postgres.py", program(("initdb",), "postgresql"), *argv]
    become([*argv, *options.rest], env)


OFFICE = ("libreoffice-writer-nogui", "libreoffice-calc-nogui", "fonts-liberation")


def chromium() -> str:
    return program(("chromium", "chromium-browser", "google-chrome"), "chromium", "fonts-noto-cjk")


def program(names: Sequence[str], *packages: str) -> str:
    """Return the path of the first of `names` that is there; root on Debian gets missing `packages` installed."""
    found = _which(names)
    if not found and (os.geteuid() or not shutil.which("apt-get")):
        raise Stop("missing", name=names[0], packages=" ".join(packages))
    if not found:
        say("apt", packages=" ".join(packages))
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quietly(["apt-get", "update", "-q"])
        quietly(["apt-get", "install", "-qy", "--no-install-recommends", *packages], env=env)
    return found or _which(names) or names[0]


def _which(names: Sequence[str]) -> "str | None":
    # Debian keeps PostgreSQL's server programs off the path.
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    path = os.pathsep.join([*map(str, servers), os.environ.get("PATH", os.defpath)])
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)


def check(_options: argparse.Namespace) -> int:
    """静态检查，一项一行 · static checks, a line each"""
    ready(TEST)
    steps: dict[str, list[object]] = {
        "ruff check": [VENV / "bin" / "ruff", "check", "--quiet", "."],
        "ruff format": [VENV / "bin" / "ruff", "format", "--check", "--quiet", "."],
        "mypy": [PYTHON, "-m", "mypy"],
        "lint-imports": [VENV / "bin" / "lint-imports", "--no-logo"],
        "test_house": [PYTHON, "-m", "pytest", "tests/test_house.py"],
        "db-upgrade": [PYTHON, "-m", "flask", "--app", "logbook.app", "db-upgrade"],
        "alembic check": [PYTHON, "-m", "flask", "--app", "logbook.app", "db-check"],
    }
    with tempfile.TemporaryDirectory() as folder:
        env = {**clean_environment(), "LOGBOOK_INSTANCE": folder}
        return max([_step(name, argv, env) for name, argv in steps.items()])


def _step(name: str, argv: Sequence[object], env: dict[str, str]) -> int:
    done = run(argv, env=env, capture_output=True)
    print(f"{'未通过 red' if done.returncode else '通过 green'}: {name}", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return int(done.returncode != 0)


def bench(options: argparse.Namespace) -> NoReturn:
    """测速，参数如 --visits 1000 100000、--browser · measure speed; arguments go to benchmarks/"""
    ready(TEST)
    env = clean_environment()
    if "--browser" in options.rest:
        env["LOGBOOK_CHROMIUM"] = chromium()
    become([PYTHON, "-m", "benchmarks", *options.rest], env)


def fonts(_options: argparse.Namespace) -> NoReturn:
    """公文用的字体，缺的从 Debian 的包里取 · the typefaces of papers; what Debian packages is fetched"""
    ready(RUNTIME)
    folder = home_here().folder / "fonts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.which("apt-get") and shutil.which("dpkg-deb") and not list(folder.glob("Fandol*.otf")):
        _fetch_fandol(folder)
    say("fonts", folder=folder)
    become([PYTHON, "-m", "logbook.documents.fonts", folder], clean_environment())


def _fetch_fandol(folder: Path) -> None:
    """Unpack the four faces; the package itself, a whole typesetting system beside it, is not installed."""
    say("apt", packages="Fandol")
    with tempfile.TemporaryDirectory() as box:
        if os.geteuid() == 0:
            quietly(["apt-get", "update", "-q"])
        quietly(["apt-get", "download", "-q", "texlive-lang-chinese"], cwd=box)
        for package in Path(box).glob("*.deb"):
            quietly(["dpkg-deb", "--extract", package, box])
        for face in Path(box).rglob("Fandol[FHKS]*.otf"):
            shutil.copyfile(face, folder / face.name)


def lock(_options: argparse.Namespace) -> None:
    """重新锁定依赖 · pin the dependencies anew"""
    # Locks hold hashes and no host names: whatever index pip uses may serve them.
    flags = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--upgrade"]
    with tempfile.TemporaryDirectory() as box:
        uv = shutil.which("uv") or Path(box) / "bin" / "uv"
        if isinstance(uv, Path):
            quietly([sys.executable, "-m", "venv", box])
            quietly([uv.with_name("pip"), "install", "--quiet", "uv"])
        for target, more in ((RUNTIME, ["--extra=postgres"]), (TEST, ["--extra=postgres", "--extra=test"])):
            made = Path(box) / target.name
            quietly([uv, "pip", "compile", *flags, *more, "--output-file", made, "pyproject.toml"])
            shutil.copyfile(made, target)
            say("written", name=target.name)


def bundle(_options: argparse.Namespace) -> None:
    """为不能上网的机器准备安装包 · a wheelhouse for a machine without internet"""
    ready(RUNTIME)
    flags = ["--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--dest", WHEELHOUSE]
    quietly([PYTHON, "-m", "pip", "--disable-pip-version-check", "download", *flags, "--requirement", RUNTIME])
    say("bundled")


# --- the table of commands

OPTIONS: dict[str, dict[str, Any]] = {
    "--host": {"default": "127.0.0.1", "help": "服务地址 address to serve at (127.0.0.1)"},
    "--port": {"default": 8000, "type": int, "help": "端口 port (8000)"},
    "--visits": {"type": int, "help": "示例记录的条数 how many visits"},
    "--fresh": {"action": "store_true", "help": "重新生成示例 make the sample anew"},
    "--unit-name": {"help": "第一次启用：单位全称 first start: the unit's full name"},
    "--name": {"help": "第一次启用：首个账号的姓名 first start: the first account's person"},
    "--sign-in-name": {"help": "首个账号的登录名，或补一个登录名 the sign-in name to give"},
    "--reactivate": {"action": "store_true", "help": "恢复已停用的账号 put the account back in use"},
    **{
        "--" + name.replace("_", "-"): {"choices": words, "help": "第一次启用：用词 first start: the word used here"}
        for name, words in WORDS.items()
    },
    "who": {"help": "姓名或登录名 name or sign-in name"},
    "file": {"nargs": "?", "type": Path, "help": "要写的备份文件 the backup to write"},
    "backup": {"type": Path, "help": "备份文件 the backup"},
    "--no-browser": {"action": "store_true", "help": "不运行浏览器测试 leave browser tests out"},
    "--no-office": {"action": "store_true", "help": "不运行用 LibreOffice 的测试 leave out tests using LibreOffice"},
    "--postgres": {"action": "store_true", "help": "在 PostgreSQL 上运行 run on PostgreSQL"},
    "--thorough": {"action": "store_true", "help": "随机测试跑满数量 random suites at their full number"},
}
COMMANDS: dict[Any, str] = {
    demo: "--host --port --visits --fresh",
    serve: "--host --port --unit-name --group-word --office-word --liaison-word --ballot-word --name --sign-in-name",
    code: "who --reactivate --sign-in-name",
    sysadmin: "who",
    backup: "file",
    restore: "backup",
    test: "--no-browser --no-office --postgres --thorough",
    **dict.fromkeys((fonts, check, bench, lock, bundle), ""),
}


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        raise Stop("usage", said=message, command=self.prog.removeprefix("run.py").strip() + " ")


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the command and its options; what test and bench do not know themselves stands in `rest`."""
    parser = Parser(prog="run.py", description="下基层记录本 the logbook of visits to the grassroots")
    commands = parser.add_subparsers(required=True, metavar="命令 command")
    for function, options in COMMANDS.items():
        one = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
        one.set_defaults(function=function)
        for name in options.split():
            one.add_argument(name, **OPTIONS[name])
    own = {"test", "bench", "-h", "--help", *COMMANDS[test].split()}
    passed_on = [word for word in argv if word not in own] if argv[:1] in (["test"], ["bench"]) else []
    parsed = parser.parse_args([word for word in argv if word not in passed_on] or ["--help"])
    parsed.rest = passed_on
    return parsed


def main(argv: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a terminal without Chinese
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        options = parse(argv)
        return options.function(options) or 0
    except KeyboardInterrupt:
        return 130
    except (OSError, sqlite3.Error, Stop) as error:
        print(f"错误 Error: {_line(error)}", file=sys.stderr)
        return 1


def _line(error: Exception) -> Stop:
    if isinstance(error, Stop):
        return error
    if isinstance(error, (IsADirectoryError, NotADirectoryError, FileExistsError)):
        return Stop("not_a_file", path=error.filename)
    if isinstance(error, (PermissionError, FileNotFoundError)):
        return Stop("not_allowed" if isinstance(error, PermissionError) else "no_file", path=error.filename)
    return explain(str(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
