"""The one line that a command ends with when it cannot go on, Chinese and English; run.py adds those of its own."""

import re

LINES = {
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
    "not_ready": "数据库还没有启用或升级；请先运行 run.py serve。 The database is not ready; run run.py serve first.",
    "clock": "LOGBOOK_CLOCK 只供测试拨动时钟，正式使用不能设置；请去掉这个环境变量，再运行一次。 "
    "LOGBOOK_CLOCK moves the clock for tests only; unset it and run this again.",
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
    "ended": "恢复后所有人要重新登录；没有用过的一次性登录码已失效，请重新发放。 "
    "Everybody signs in anew; one-time codes that were not used have ended: issue new ones.",
    "voided": "备份时没有结束的民主测评（{n}个）作废，没有计票，请重新测评。 "
    "Ballots that were open in the backup ({n}) are void and not counted; hold them again.",
    "mounted": "{path} 是单独挂载的，在这里换不了，现有数据没有改动；请改为挂载它所在的文件夹，再运行一次。 "
    "It is mounted by itself and cannot be replaced here; nothing was changed. Mount the folder it lies in instead.",
    "database_alone": "注意：只单独挂载了数据库文件 {path}，它的日志（-wal）留在挂载之外，换容器时最近保存的会丢失；"
    "请停下，改为挂载它所在的文件夹。 Only the database's file is mounted, and its log lies outside: what was saved "
    "last goes with the container. Stop, and mount the folder.",
    "backing_up": "正在备份，请等它结束后再恢复。 A backup is being made; restore when it has ended.",
    "being_restored": "正在从备份恢复，请等它结束后再运行一次。 "
    "A restore is at work; run this again when it has ended.",
    "ballot_open": "民主测评正在进行，没有备份：备份会留下投票的过程。请先在“民主测评”页结束测评。 "
    "A ballot is open: no backup, for a copy would tell of its course. Close it first.",
    "ballot_upgrade": "民主测评正在进行，没有升级；请先用原来版本的程序启动，在“民主测评”页结束测评，"
    "再换用新版本启动。 "
    "A ballot is open, so nothing was upgraded: start the former version, end the ballot there, then start this one.",
    "no_room": "磁盘空间不够，没有恢复，现有数据没有改动：{path} 还要腾出约{n}MB，原来的数据才有地方另存；"
    "请清理后再运行一次。 "
    "There is no room for a copy of what is there now; nothing was restored or changed. Make room and run this again.",
    "lost": "附件有{n}个缺失或损坏，备份里没有完好的：下基层记录{records}；请从较早的备份里找回。 "
    "{n} attachments are missing or damaged, and so they are in this backup; look for them in an older one.",
    "key_closed": "密钥文件 {path} 原来别的账号也能读，已改为只有本账号可读。 "
    "Other accounts could read the key's file; now only this one can.",
    "no_schema": "数据库里没有 LOGBOOK_DATABASE_URL 指定的 schema；请先建好，或改地址里的 search_path。 "
    "The database has no schema of that name; create it, or mend the search_path in the address.",
    "which_schema": "这份备份里有几个单位的 schema，没有与本安装同名的，没有恢复；请检查 LOGBOOK_DATABASE_URL。 "
    "The backup holds the schemas of several units, none of this one's name; nothing was restored.",
    "others_connected": "还有服务连着这个数据库（可能在另一台机器上），没有恢复；请先停止它们。 "
    "Servers are still connected to this database, perhaps on another machine; stop them first.",
    "read_only": "磁盘或文件夹是只读的，没有写；请检查 LOGBOOK_INSTANCE 和挂载。 "
    "The disk or folder is read-only; check LOGBOOK_INSTANCE and how it is mounted.",
    "read_only_database": "数据库不可写：文件或所在文件夹属于别的账号，或磁盘只读；请换有权限的账号运行。 "
    "The database cannot be written: it belongs to another account, or the disk is read-only.",
    "clock_behind": "本机时间是 {now}，最近一条记录却是 {newest} 登记的，没有启动；请校正时间，"
    "时间没错的加 --clock-is-right。 "
    "The clock is behind the newest record; set it, or add --clock-is-right.",
    "clock_ahead": "注意：本机时间是 {now}，最近一条记录是 {newest} 登记的；本机时间不对的，请停下校正。 "
    "The clock is far ahead of the newest record; if it is wrong, stop and set it.",
}
# What the programs below say, and which line that comes to; the first that fits.
TROUBLES = (
    ("No space left on device|disk is full|Disk quota exceeded", "disk_full"),
    ("logbook: others are connected", "others_connected"),
    ("logbook: no such schema|no schema has been selected", "no_schema"),
    ("database is locked|canceling statement due to lock timeout", "locked"),
    ("Read-only file system", "read_only"),
    ("attempt to write a readonly database", "read_only_database"),
    ("Permission denied: '(?P<path>.+?)'", "not_allowed"),
    ("Device or resource busy: .*'(?P<path>[^']+)'", "mounted"),
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
        found = re.search(pattern, output)
        if found:
            return Stop(line, **found.groupdict())
    lines = [line.strip() for line in output.splitlines() if line.strip(" \t") and "(Background on" not in line] or [
        "?"
    ]
    named = [line for line in lines if line.lower().startswith("error: ")]
    return Stop(re.sub("(?i)^error: ", "", (named or lines)[-1]))


def line_of(error: BaseException) -> str:
    """Return the line for whatever ended a command."""
    if isinstance(error, (Stop, SystemExit)):  # the application's own refusal says "Error: …" by itself
        return re.sub("^Error: ", "", str(error))
    if isinstance(error, (IsADirectoryError, NotADirectoryError, FileExistsError)):
        return str(Stop("not_a_file", path=error.filename))
    if isinstance(error, (PermissionError, FileNotFoundError)):
        return str(Stop("not_allowed" if isinstance(error, PermissionError) else "no_file", path=error.filename))
    return str(explain(str(error)))
