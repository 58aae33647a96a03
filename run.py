#!/usr/bin/env python3
"""唯一的入口：试用、启用、备份、测试都从这里开始。 The one door; `python3 run.py` lists its commands.

Standard library only, like door/, which holds what takes more than a screenful. An older Python must still parse this
file, so that the first refusal below can be read: no syntax here is newer than Python 3.6.
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
import ctypes
import datetime as dt
import errno
import importlib.util
import json
import math
import os
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from door.backup import backup, write_backup
from door.dumps import open_ballots_now
from door.home import CLOCK, IN_USE, Home, hold, home_here, moment, refuse_newer
from door.lines import LINES, Stop, line_of, say
from door.programs import PYTHON, ROOT, VENV, become, digest, quietly, run
from door.restore import restore
from logbook import instance

STAMP = VENV / "installed"
RUNTIME, TEST = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
WHEELHOUSE = ROOT / "wheelhouse"
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
FILES = 8192  # open at once
# Each unit's own words, as the settings offer them; the first is the preset.
WORDS = {
    "group_word": ("党组", "党委", "党工委"),
    "office_word": ("党办", "组织科", "党群工作部", "机关党委办公室"),
    "liaison_word": ("挂点", "联系点", "挂钩", "包联"),
    "ballot_word": ("测评表", "评分表"),
}
LINES |= {
    "installing": "正在安装依赖，第一次约一分钟…… Installing what is needed, about a minute the first time …",
    "not_installed": "依赖没有装好，本账号又不能写 {folder}；请由能写的账号（如 root）运行 python3 run.py install。 "
    "What is needed is not installed and this account cannot write there: run python3 run.py install as one that can.",
    "installed": "已装好；可由别的账号运行。 Installed; another account may run it.",
    "no_venv": "缺少 Python 的 venv 模块；请以 root 运行 apt-get install python3-venv，再运行一次。 "
    "Python's venv module is missing; as root run apt-get install python3-venv, then run this again.",
    "usage": "参数有误（{said}）；运行 python3 run.py {command}--help 看用法。 Wrong argument; see its --help.",
    "port": "端口应在 1 至 65535 之间；请改 --port。 The port must be between 1 and 65535; change --port.",
    "plain": "{host} 上的连接没有加密（HTTP），只宜试用；正式使用请按 README 在前面架 HTTPS 反向代理。 "
    "Connections to {host} are not encrypted; for real use put an HTTPS proxy before it, as README says.",
    "port_taken": "端口 {port} 已被占用；请停止占用它的程序，或用 --port 换一个。 "
    "Port {port} is taken; stop what uses it or choose another with --port.",
    "no_listening": "不能在 {host} 的端口 {port} 上服务（{why}）；请检查 --host 和 --port（1024 以下需 root）。 "
    "Cannot listen there; check --host and --port (below 1024 needs root).",
    "open": "请打开 http://{host}:{port} ，按 Ctrl-C 停止。 Open that address; Ctrl-C stops.",
    "filling": "正在准备示例单位…… Filling the sample bureau …",
    "accounts": "可以登录的人（登录名、密码、姓名、角色；密码是这次示例随机生成的，重做示例用 --fresh）： "
    "Who can sign in: sign-in name, password, person, roles; the passwords were drawn for this demonstration:",
    "seeded": "可以登录的人（这个示例是旧版做的，密码处处相同；请用 --fresh 重做）： "
    "Who can sign in; older versions gave every demonstration these same passwords: use --fresh.",
    "needed": "第一次启用要填{what}；请加 {option}。 The first start needs {option}.",
    "code": "一次性登录码：{code}，七天内有效，在登录页设置密码。 One-time code, for 7 days; it sets a password.",
    "sysadmin": "{name}已是系统管理员；还不能登录的，再运行 run.py code。 Now a sysadmin; run.py code lets them in.",
    "no_browser": "按要求不运行浏览器测试（--no-browser）。 Browser tests are left out, as asked (--no-browser).",
    "no_office": "按要求不运行用 LibreOffice 的测试（--no-office）。 Its tests are left out, as asked.",
    "apt": "正在安装 {packages}…… Installing with apt-get …",
    "fonts": "公文各字体用的是（前面的先用）；本单位买了的字体，放进 {folder} 即可。 "
    "What papers are set in, the first first; put fonts of your own into that folder.",
    "written": "已写好 {name}。 Written.",
    "bundled": "已下载到 wheelhouse；请把整个文件夹（不含 .venv）拷到同系统、同 Python 版本的机器上，照常运行。 "
    "Copy this whole folder, without .venv, to a machine of the same system and Python, and run as usual.",
}


# --- .venv: made once for each lock file


def ready(lock_file: Path) -> None:
    """Make .venv hold what the lock names; its stamp says when there is nothing to do."""
    python, *locks = STAMP.read_text("utf-8").split("\n") if STAMP.exists() else [""]
    if python != os.path.realpath(PYTHON) or digest(lock_file) not in locks:
        if not os.access(VENV if VENV.exists() else ROOT, os.W_OK):
            raise Stop("not_installed", folder=ROOT)
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
    if not uv and not _has_venv() and apt("python3-venv"):
        importlib.invalidate_caches()
    if _has_venv():
        quietly([sys.executable, "-m", "venv", *(["--clear"] if clear else []), VENV])
    elif uv:
        quietly([uv, "venv", "--quiet", "--clear" if clear else "--allow-existing", "--python", sys.executable, VENV])
    else:
        raise Stop("no_venv")


def _has_venv() -> bool:
    return all(importlib.util.find_spec(name) for name in ("ensurepip", "venv"))


def _install(lock_file: Path) -> None:
    flags = ["--quiet", "--require-hashes", "--no-deps", "--requirement", lock_file]
    if WHEELHOUSE.is_dir():
        flags += ["--no-index", "--find-links", WHEELHOUSE]
    uv = shutil.which("uv")
    # uv reads no pip settings and may miss the mirror that pip knows: then pip has its turn.
    if uv and not run([uv, "pip", "install", "--python", PYTHON, *flags], capture_output=True).returncode:
        return
    quietly([PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--retries=2", *flags])


def migrate(home: Home, *, take_over: bool = False) -> "tuple[bool, str]":
    """Bring the database to this program's version, after a backup.

    Return whether it has accounts, and when its newest record was made. `take_over` makes this folder and key its own.
    """
    if take_over and not instance.is_sound(home.key):
        instance.make_key(home.key)
    opening = ["db-open", *(["--take-over"] if take_over else [])]
    current, head, people, newest = home.flask(*opening).split()
    if current != head:
        if current != "-":
            refuse_newer(current)
            if open_ballots_now(home):  # here its page cannot be opened: the database is the former version's
                raise Stop("ballot_upgrade")
            write_backup(home, home.folder / "backups" / f"before-{head}-{moment()}.zip")
        home.flask("db-upgrade")
        _current, _head, people, newest = home.flask(*opening).split()
    return people != "nobody", newest


OLDEST_CLOCK = "2026-01-01T00:00:00+00:00"  # the program itself is younger


def judge_clock(newest: str, *, is_right: bool) -> None:
    """Raise Stop where the clock is behind what is stored: numbers and dates of that day would stand for ever."""
    now, last = dt.datetime.now(dt.UTC), dt.datetime.fromisoformat(OLDEST_CLOCK if newest == "-" else newest)
    shown = {"now": f"{now.astimezone():%Y-%m-%d %H:%M}", "newest": f"{last.astimezone():%Y-%m-%d %H:%M}"}
    if now < last - dt.timedelta(days=1) and not is_right:
        raise Stop("clock_behind", **shown)
    if newest != "-" and now > last + dt.timedelta(days=400):
        say("clock_ahead", **shown)


# --- demo, serve, code


def hold_port(host: str, port: int) -> None:
    """Keep `port` to this process, also after exec. Raise Stop when nothing can listen there, or another logbook does.

    The server binds with SO_REUSEPORT: without this, two installations would both listen, and deal requests between
    them. A name in the kernel's abstract namespace lives as long as its process, and is one for all users and folders.
    """
    if not 0 < port < 1 << 16:
        raise Stop("port")
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0logbook-port-{port}")
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        name.close()
        taken = error.errno == errno.EADDRINUSE
        raise Stop(
            "port_taken" if taken else "no_listening", host=host, port=port, why=str(error.strerror).split(" (")[0]
        ) from None
    os.set_inheritable(name.detach(), True)


def server_command(python: "Path | str", host: str, port: int, workers: int) -> "list[str]":
    """Return the command that serves the application; tests and benchmarks serve with it, too."""
    # A worker's death is not the server's. Bodies are read, and threads kept apart, in logbook/serving.py.
    flags = (
        "--interface rsgi --http 1 --no-ws --factory --log-level error --backpressure 1024 "
        "--respawn-failed-workers --respawn-interval 1 --workers-kill-timeout 10"
    )
    place = ["--workers", str(workers), "--host", host, "--port", str(port)]
    return [str(python), "-m", "granian", *flags.split(), *place, "logbook.serving:create_served"]


def listen(home: Home, host: str, port: int) -> NoReturn:
    """Become the server: signals reach it directly."""
    # SQLite has one writer: one process with threads; PostgreSQL takes several processes.
    workers = 1 if home.database else max(2, min(os.cpu_count() or 2, 6))
    say("open", host=f"[{host}]" if ":" in host else host, port=port)
    private = host in {"localhost", "::1"} or host.startswith("127.")
    if not private and os.environ.get("LOGBOOK_PROXIES", "0") == "0":
        say("plain", host=host)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard < 0 else min(FILES, hard)  # a thousand may be slow, and each of them is an open file
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    # A heap of its own for every thread would keep what each once needed most.
    become(server_command(PYTHON, host, port, workers), {"MALLOC_ARENA_MAX": "2", **home.environment()})


def demo(options: argparse.Namespace) -> NoReturn:
    """试用：示例单位，打开即用 · try it: a sample bureau, ready to use"""
    hold_port(options.host, options.port)
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
    made = json.loads(card.read_text("utf-8"))
    say("accounts" if made.get("drawn") else "seeded")
    print(made["accounts"])
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
    made = {"visits": visits, "accounts": accounts, "drawn": True}
    instance.write_whole(card, json.dumps(made, ensure_ascii=False))


def serve(options: argparse.Namespace) -> NoReturn:
    """启用：本单位的服务，升级前自动备份 · serve this installation; backs up before an upgrade"""
    hold_port(options.host, options.port)
    ready(RUNTIME)
    home = home_here()
    hold(home)
    has_accounts, newest = migrate(home, take_over=options.take_over)
    judge_clock(newest, is_right=options.clock_is_right)
    if not has_accounts:
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


# --- for developers: test, check, bench, lock, bundle


def clean_environment() -> dict[str, str]:
    """Return the environment without what would lead tests to real data; a clock that was moved stays so."""
    return {name: value for name, value in os.environ.items() if name == CLOCK or not name.startswith("LOGBOOK_")}


def clock_at(text: str) -> str:
    """Return the LOGBOOK_CLOCK with which this moment in Shanghai has just come: 2028-02-29T23:50."""
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    return f"{math.ceil((moment - dt.datetime.now(dt.timezone.utc)).total_seconds()):+d}"  # noqa: UP017 - as old as 3.6


def test(options: argparse.Namespace) -> NoReturn:
    """运行测试，其余参数交给 pytest · run the tests; other arguments go to pytest"""
    ready(TEST)
    argv: list[object] = [PYTHON, "-m", "pytest", "-n", min(os.cpu_count() or 1, 8) + 1]  # one waits for a browser
    env = {**clean_environment(), "LOGBOOK_THOROUGH": "1" if options.thorough else "0"}
    env.update({CLOCK: options.at} if options.at else {})
    needs = [CHROMIUM, DRIVER] * (not options.no_browser) + [OFFICE] * (not options.no_office)
    programs = provide(*needs, *[POSTGRES] * options.postgres)
    if options.no_browser:
        say("no_browser")
        argv.append("--ignore=tests/browser")
    else:
        env["LOGBOOK_CHROMIUM"] = programs[0]
    if options.no_office:
        say("no_office")
        argv += ["-m", "not office"]
    # Only a run of everything, on the preset database, can judge what is covered.
    if not (options.rest or options.no_browser or options.no_office or options.postgres):
        argv += ["--cov=logbook", "--cov-branch", "--cov-fail-under=98"]
    if options.postgres:
        argv = [PYTHON, "tests/postgres.py", programs[-1], *argv]
    become([*argv, *options.rest], env)


# What must be there, by any of its names, and Debian's packages that hold it.
CHROMIUM = (("chromium", "chromium-browser", "google-chrome"), ("chromium", "fonts-noto-cjk"))
DRIVER = (("libatomic.so.1",), ("libatomic1",))  # of Playwright: the Node it brings needs it
OFFICE = (("soffice",), ("libreoffice-writer-nogui", "libreoffice-calc-nogui", "fonts-liberation"))
POSTGRES = (("initdb",), ("postgresql",))
Need = tuple[tuple[str, ...], tuple[str, ...]]


def provide(*needs: Need) -> list[str]:
    """Return where the first name of each is; root on Debian gets what is missing installed, all at once."""
    missing = [(names, packages) for names, packages in needs if not _which(names)]
    packages = [package for _names, some in missing for package in some]
    if missing and not apt(*packages):
        raise Stop("missing", name="、".join(names[0] for names, _some in missing), packages=" ".join(packages))
    return [_which(names) or names[0] for names, _packages in needs]


def apt(*packages: str) -> bool:
    """Install packages of Debian's; False where that is not ours to do."""
    if os.geteuid() or not shutil.which("apt-get"):
        return False
    say("apt", packages=" ".join(packages))
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quietly(["apt-get", "update", "-q"])
    quietly(["apt-get", "install", "-qy", "--no-install-recommends", *packages], env=env)
    return True


def _which(names: Sequence[str]) -> "str | None":
    if ".so" in names[0]:
        with contextlib.suppress(OSError):
            ctypes.CDLL(names[0])
            return names[0]
        return None
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
        env["LOGBOOK_CHROMIUM"] = provide(CHROMIUM, DRIVER)[0]
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
            shutil.copyfile(face, folder / f".{face.name}").rename(folder / face.name)  # none that is there is half


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


def install(_options: argparse.Namespace) -> None:
    """只安装依赖：服务账号不必能写程序 · install only: who serves need not be able to write the program"""
    os.umask(0o022)
    ready(RUNTIME)
    quietly([PYTHON, "-m", "compileall", "-q", "logbook", "door"])
    say("installed")


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
    "--take-over": {"action": "store_true", "help": "密钥或附件文件夹确已换新 the key or folder is new for good"},
    "--clock-is-right": {"action": "store_true", "help": "本机时间没有错 this machine's clock is right"},
    "who": {"help": "姓名或登录名 name or sign-in name"},
    "file": {"nargs": "?", "type": Path, "help": "要写的备份文件 the backup to write"},
    "backup": {"type": Path, "help": "备份文件 the backup"},
    "--no-browser": {"action": "store_true", "help": "不运行浏览器测试 leave browser tests out"},
    "--no-office": {"action": "store_true", "help": "不运行用 LibreOffice 的测试 leave out tests using LibreOffice"},
    "--postgres": {"action": "store_true", "help": "在 PostgreSQL 上运行 run on PostgreSQL"},
    "--at": {"type": clock_at, "help": "在这一刻开始，如 --at=2028-02-29T23:50（北京时间） begin at this moment"},
    "--thorough": {"action": "store_true", "help": "随机测试跑满数量 random suites at their full number"},
}
COMMANDS: dict[Any, str] = {
    demo: "--host --port --visits --fresh",
    serve: "--host --port --unit-name --group-word --office-word --liaison-word --ballot-word --name --sign-in-name "
    "--take-over --clock-is-right",
    code: "who --reactivate --sign-in-name",
    sysadmin: "who",
    backup: "file",
    restore: "backup",
    test: "--no-browser --no-office --postgres --thorough --at",
    **dict.fromkeys((install, fonts, check, bench, lock, bundle), ""),
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
    passing = argv[:1] in (["test"], ["bench"])
    passed_on = [word for word in argv if passing and word.partition("=")[0] not in own]
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
    except (OSError, sqlite3.Error, ValueError, struct.error, instance.Refused, Stop) as error:
        print(f"错误 Error: {line_of(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
