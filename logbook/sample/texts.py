"""Sentences a scenic-area bureau could have written; put together at random, never about anyone real."""

from dataclasses import dataclass
from random import Random

from logbook.problems.models import Category
from logbook.visits.models import Kind


@dataclass(frozen=True, slots=True)
class Theme:
    """What is talked of where: ends of "了解……", wishes of the grassroots, shortcomings of the branch itself."""

    topics: tuple[str, ...]
    voices: tuple[tuple[str, Category], ...]
    shortcomings: tuple[str, ...]


OFFICE = Theme(
    ("年度重点任务推进", "支部换届后的分工", "公文流转和会议安排", "党员积分管理", "青年干部培养", "发展党员工作"),
    (
        ("希望多组织外出学习", Category.PARTY),
        ("值班餐补标准偏低", Category.STAFF),
        ("职工子女暑期托管有困难", Category.STAFF),
        ("办公楼停车位紧张", Category.SERVICE),
        ("同一份材料几个部门都要，填报重复", Category.TEAM),
    ),
    ("学习记录补得不及时", "主题党日形式比较单一", "党费收缴台账有两个月没有公示"),
)
FOREST = Theme(
    ("护林防火值守", "防火物资储备", "林区巡护排班", "新入职护林员情况", "古树名木保护", "党员责任区落实"),
    (
        ("巡护对讲机老化", Category.SAFETY),
        ("护林点夜间取暖不足", Category.STAFF),
        ("防火道需要清理", Category.SAFETY),
        ("入口步道夜间照明不足", Category.FACILITIES),
        ("林区有人私自采挖", Category.ECOLOGY),
    ),
    ("新入职职工不清楚支部活动安排", "支部与班组的沟通不够", "学习安排临时变动多"),
)
LAKE = Theme(
    ("码头候船秩序", "环湖巡护安排", "游船检修进度", "节假日客流应对", "湿地围栏维护", "窗口服务和投诉处理"),
    (
        ("希望码头候船区加遮阳棚", Category.FACILITIES),
        ("旺季停车场出入口拥堵", Category.SERVICE),
        ("湿地围栏需要维修", Category.ECOLOGY),
        ("售票系统高峰时段卡顿", Category.SERVICE),
        ("宿舍热水不稳定", Category.STAFF),
    ),
    ("党员活动室修缮进度偏慢", "旺季组织生活时间得不到保证", "交接班记录不够规范"),
)
SCIENCE = Theme(
    ("科普讲解队伍建设", "研学课程开发", "展陈设备维护", "志愿讲解服务", "青年讲解员成长"),
    (
        ("讲解员轮岗培训少", Category.TEAM),
        ("展厅多媒体设备老化", Category.FACILITIES),
        ("研学旺季人手不足", Category.TEAM),
    ),
    ("主题党日与讲解业务结合不紧", "青年党员带教没有固定下来"),
)
HEALTH = Theme(
    ("值班医护排班", "药品储备和急救演练", "景区医疗点运行", "职工健康档案", "与县医院的转诊衔接"),
    (
        ("医疗点药品种类少", Category.SERVICE),
        ("急救设备需要更新", Category.SAFETY),
        ("医护人员职称晋升慢", Category.TEAM),
    ),
    ("夜班党员参加组织生活不便", "支委会记录过于简单"),
)
RETIRED = Theme(
    ("老党员生活和健康情况", "活动室开放", "送学上门", "关心下一代工作", "老同志对局里发展的意见"),
    (
        ("活动室没有电梯，上楼不便", Category.FACILITIES),
        ("希望每季度通报一次局里情况", Category.PARTY),
        ("体检项目希望增加", Category.STAFF),
    ),
    ("行动不便的党员联系不够经常", "活动安排通知得晚"),
)
# by the order of the sample's branches
THEMES = (OFFICE, OFFICE, OFFICE, FOREST, FOREST, FOREST, LAKE, LAKE, LAKE, SCIENCE, HEALTH, RETIRED)
OPENINGS = {
    Kind.RESEARCH: ("走访一线班组，", "到工作现场实地察看，", "随班组走了一遍，"),
    Kind.FORUM: ("与党员职工座谈，", "同支委和职工座谈，"),
    Kind.TALK: ("与支部书记和几位党员个别交谈，", "与新入职职工谈心，"),
    Kind.LECTURE: ("讲专题党课后听取意见，", "结合业务讲党课，"),
    Kind.ORGANIZATION_LIFE: ("参加支部主题党日，", "以普通党员身份参加党小组会，"),
    Kind.ON_SITE_OFFICE: ("带有关科室到现场办公，",),
    Kind.CARE: ("看望值班职工，", "慰问困难党员，"),
    Kind.INSPECTION: ("查看活动室和台账，", "检查值班值守，"),
    Kind.SIT_IN: ("列席支委会，", "列席支部党员大会，"),
    Kind.OTHER: ("听取支部近期工作汇报，",),
}
ENDINGS = (
    "，总体平稳，无问题。",
    "，工作有序推进。",
    "，干劲较足。",
    "，班子配合较好。",
    "，有几件事需要帮助协调。",
    "，职工反映比较实在。",
    "，下一步按计划推进。",
    "，总体良好，个别环节还要抓紧。",
)
MORE = (
    "党员认领责任岗{n}个，主题党日与业务工作结合。",
    "近期组织集中学习{n}次，交流发言{n}人次。",
    "新配设备{n}套，已发到班组。",
    "活动室书柜、投影已经配齐。",
    "值班表、交接本记录规范。",
    "组织应急演练1次，{n}人参加。",
    "志愿服务{n}场，群众评价较好。",
    "对照上次提出的意见，已整改{n}项。",
    "支委会按月召开，记录完整。",
    "青年党员带头承担了重点任务。",
)
THINKING = (
    "职工对岗位调整有顾虑，已当面解释。",
    "青年职工关心职称和成长通道。",
    "临时工对续签比较关注。",
    "总体稳定，对绩效办法有疑问。",
)
GUIDANCE = (
    "责任区和党员先锋岗合起来抓，避免两套台账。",
    "主题党日要和重点任务结合，少开会、多到现场。",
    "问题清单每月过一遍，能办的马上办。",
    "注意关心夜班职工，值班安排要公开。",
    "发展党员向一线倾斜。",
)
SOLVED = (
    "同意先从机关调剂，本周到位。",
    "当场协调施工单位三天内修好。",
    "从机动经费里先解决一部分。",
    "当场答复了政策依据，职工表示理解。",
)
GOOD = (
    "主题党日与业务工作结合，党员认领责任岗12个。",
    "支部书记每周到班组一次，情况熟。",
    "组织生活记录完整，党员参加率高。",
)
WEAK = ("学习安排临时变动多，计划性不够。", "对新党员的带教不够。", "整改事项有拖延，需要提醒。")
UNDERTAKINGS = (
    "餐补标准一个月内答复",
    "协调有关科室看现场",
    "帮助联系外出学习点",
    "向局里反映设备更新",
    "督促活动室修缮完工",
)
RESULTS = (
    "已落实到位，支部反映较好。",
    "已办理完毕，支部已验收。",
    "经协调已列入年度计划并完成。",
    "已答复，职工表示理解。",
)
EXPLAINED = ("因政策调整暂不能办理，已向支部说明。", "今年没有经费安排，已向支部说明，明年再报。")
STEPS = ("已报规划建设科，正在做方案。", "已联系施工单位，等待排期。", "经费已报审。")
UNITS = ("规划建设科", "办公室", "人事科", "安全管理科", "经营服务科")
PEOPLE_MET = ("支委和党员职工", "一线班组职工", "新入职职工", "值班职工", "窗口人员")


def findings(random: Random, kind: Kind, theme: Theme) -> str:
    """One to several sentences, mostly short: some 20 to 600 characters."""
    text = f"{random.choice(OPENINGS[kind])}了解{random.choice(theme.topics)}{random.choice(ENDINGS)}"
    length = random.choices((0, 1, 3, 6, 14), (45, 30, 15, 8, 2))[0]
    extra = [random.choice(MORE).format(n=random.randint(2, 15)) for _ in range(length)]
    return text + "".join(dict.fromkeys(extra))


REPORT = (
    "{year}年，{branch}以政治建设为统领，落实“三会一课”，组织主题党日十二次。\n一、主要做法。把党建和业务一起谋划、一起考核，"
    "党员认领责任岗，服务职工和游客。\n二、存在不足。理论学习结合实际不够，抓作风建设抓得不够紧。\n三、下一步打算。"
    "对照不足逐项整改，把支部建得更扎实。"
)
WANTING = ("主题党日的形式还不够丰富。", "党员教育的针对性还不够强。", "抓支部委员履职抓得还不够紧。")
MENDED = "已按整改措施办完，支部会上作了通报"
