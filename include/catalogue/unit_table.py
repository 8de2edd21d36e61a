"""The units that Metric Ledger knows: what each is worth and every name it goes by.

One line a unit: `id = definition : other names`, the definition in Pint's syntax. A name in square brackets is a
dimension of its own, so that neither currencies nor 件 and 单 can be mixed by accident. Nothing is derived
from prefixes by itself (`m` is a metre, never milli-): what isn't written here, or made of it by the Chinese
multipliers below, is unknown. Names that mean different things to different people (ton, MT, M, oz, T, K元) are
left out on purpose.
"""

MULTIPLIERS = {
    "千": 10**3, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8,
    "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12,
    "thousand": 10**3, "million": 10**6, "billion": 10**9,
}  # fmt: skip
"""Words that multiply the unit they stand before; the Chinese ones also stand alone, as a plain number."""

UNSCALED = frozenset({"percent", "permille", "bp", "percentage_point", "ppm", "number"})
"""Units that no multiplier may stand before."""

CURRENCIES = [
    "AED",
    "AFN",
    "ALL",
    "AMD",
    "AOA",
    "ARS",
    "AUD",
    "AWG",
    "AZN",
    "BAM",
    "BBD",
    "BDT",
    "BHD",
    "BIF",
    "BMD",
    "BND",
    "BOB",
    "BRL",
    "BSD",
    "BTN",
    "BWP",
    "BYN",
    "BZD",
    "CAD",
    "CDF",
    "CHF",
    "CLP",
    "CNY",
    "COP",
    "CRC",
    "CUP",
    "CVE",
    "CZK",
    "DJF",
    "DKK",
    "DOP",
    "DZD",
    "EGP",
    "ERN",
    "ETB",
    "EUR",
    "FJD",
    "FKP",
    "GBP",
    "GEL",
    "GHS",
    "GIP",
    "GMD",
    "GNF",
    "GTQ",
    "GYD",
    "HKD",
    "HNL",
    "HTG",
    "HUF",
    "IDR",
    "ILS",
    "INR",
    "IQD",
    "IRR",
    "ISK",
    "JMD",
    "JOD",
    "JPY",
    "KES",
    "KGS",
    "KHR",
    "KMF",
    "KPW",
    "KRW",
    "KWD",
    "KYD",
    "KZT",
    "LAK",
    "LBP",
    "LKR",
    "LRD",
    "LSL",
    "LYD",
    "MAD",
    "MDL",
    "MGA",
    "MKD",
    "MMK",
    "MNT",
    "MOP",
    "MRU",
    "MUR",
    "MVR",
    "MWK",
    "MXN",
    "MYR",
    "MZN",
    "NAD",
    "NGN",
    "NIO",
    "NOK",
    "NPR",
    "NZD",
    "OMR",
    "PAB",
    "PEN",
    "PGK",
    "PHP",
    "PKR",
    "PLN",
    "PYG",
    "QAR",
    "RON",
    "RSD",
    "RUB",
    "RWF",
    "SAR",
    "SBD",
    "SCR",
    "SDG",
    "SEK",
    "SGD",
    "SHP",
    "SLE",
    "SOS",
    "SRD",
    "SSP",
    "STN",
    "SVC",
    "SYP",
    "SZL",
    "THB",
    "TJS",
    "TMT",
    "TND",
    "TOP",
    "TRY",
    "TTD",
    "TWD",
    "TZS",
    "UAH",
    "UGX",
    "USD",
    "UYU",
    "UZS",
    "VED",
    "VES",
    "VND",
    "VUV",
    "WST",
    "XAF",
    "XCD",
    "XOF",
    "XPF",
    "YER",
    "ZAR",
    "ZMW",
    "ZWG",
]

CURRENCY_NAMES = {
    "CNY": "元 ¥ RMB rmb cny 人民币 人民币元 元人民币 圆 yuan",
    "USD": "美元 美金 $ US$ usd dollar dollars",
    "EUR": "欧元 € eur euro euros", "GBP": "英镑 £", "JPY": "日元 日圆", "HKD": "港元 港币 HK$", "TWD": "新台币 台币 NT$",
    "MOP": "澳门元 澳门币", "KRW": "韩元 韩圆", "SGD": "新加坡元 新元 S$", "AUD": "澳元 澳大利亚元 A$", "CAD": "加元 加拿大元",
    "CHF": "瑞士法郎", "RUB": "卢布", "THB": "泰铢", "VND": "越南盾", "INR": "印度卢比", "IDR": "印尼盾 印尼卢比",
    "MYR": "林吉特 马来西亚林吉特", "PHP": "菲律宾比索", "NZD": "新西兰元", "BRL": "巴西雷亚尔", "MXN": "墨西哥比索",
    "SEK": "瑞典克朗", "NOK": "挪威克朗", "DKK": "丹麦克朗", "AED": "迪拉姆", "SAR": "沙特里亚尔", "KZT": "坚戈",
}  # fmt: skip

UNITS = """
number = 1 : 1 倍 无量纲
percent = 1/100 : %
permille = 1/1000 : ‰
bp = 1/10000 : bps BP 基点 个基点
percentage_point = 1/100 : 百分点 个百分点 pp
ppm = 1/1000000 : PPM

g = [mass] : 克 公克
mg = 1/1000 * g : 毫克
kg = 1000 * g : 千克 公斤 KG Kg ㎏
t = 1000000 * g : 吨 公吨 tonne tonnes
kt = 1000 * t : 千吨
Mt = 1000000 * t
jin = 500 * g : 斤 市斤
lb = 45359237/100000 * g : 磅 lbs

m = [length] : 米 公尺
mm = 1/1000 * m : 毫米
cm = 1/100 * m : 厘米 公分
km = 1000 * m : 千米 公里 KM Km
inch = 254/10000 * m : 英寸
ft = 3048/10000 * m : 英尺
mile = 1609344/1000 * m : 英里
nmi = 1852 * m : 海里

m2 = m ** 2 : 平方米 平米 平方 ㎡ sqm
cm2 = cm ** 2 : 平方厘米
km2 = km ** 2 : 平方公里 平方千米
ha = 10000 * m2 : 公顷 hm2
mu = 2000/3 * m2 : 亩 市亩

m3 = m ** 3 : 立方米 立方 cbm CBM
cm3 = cm ** 3 : 立方厘米
L = 1/1000 * m3 : l 升 公升 litre litres
mL = 1/1000 * L : ml 毫升
kL = m3 : 千升
bbl = 158987294928/1000000000 * L : 原油桶
normal_m3 = [normal_volume] : Nm3 标方 标准立方米 标立方

s = [time] : 秒 秒钟 sec
min = 60 * s : 分钟 mins minute minutes
h = 3600 * s : 小时 时 hr hrs hour hours 台时 工时 机时 人工时
day = 24 * h : 天 日 days d
week = 7 * day : 周 星期 weeks
month = [calendar_month] : 月 个月 months
year = 12 * month : 年 years
workday = [workday] : 工作日

J = [energy] : 焦 焦耳
kJ = 1000 * J : 千焦
MJ = 1000000 * J : 兆焦
GJ = 1000000000 * J : 吉焦 百万千焦
kWh = 3600000 * J : 千瓦时 千瓦小时 度 kwh KWH Kwh KWh
Wh = 1/1000 * kWh : 瓦时
MWh = 1000 * kWh : 兆瓦时 MWH
GWh = 1000000 * kWh : 吉瓦时 GWH
TWh = 1000000000 * kWh : 太瓦时
W = J / s : 瓦 瓦特
kW = 1000 * W : 千瓦 KW Kw
MW = 1000000 * W : 兆瓦
GW = 1000000000 * W : 吉瓦
kgce = [coal_equivalent] : 千克标准煤 千克标煤 公斤标准煤
tce = 1000 * kgce : 吨标准煤 吨标煤
Pa = [pressure] : 帕 帕斯卡
kPa = 1000 * Pa : 千帕
MPa = 1000000 * Pa : 兆帕
bar = 100000 * Pa : 巴
degC = [temperature] : °C 摄氏度 度C

person = [person] : 人 名 位 persons people 员工
person_time = [person_time] : 人次
FTE = [fte] : 全职人力
person_km = person * km : 人公里 人千米
person_day = person * day : 人天 人日 工日
person_hour = person * h : 人时 人小时
person_month = person * month : 人月
person_year = person * year : 人年
t_km = t * km : 吨公里 吨千米 tkm
vehicle_km = vehicle * km : 车公里
piece = [piece] : 件 pcs pc PCS pieces
item = [item] : 个
machine = [machine] : 台
suite = [suite] : 套 sets
vehicle = [vehicle] : 辆 vehicles
order = [order] : 单 订单 orders
box = [box] : 箱 boxes carton cartons
pack = [pack] : 包
case = [case] : 盒
bottle = [bottle] : 瓶
barrel = [barrel] : 桶
bag = [bag] : 袋
roll = [roll] : 卷
sheet = [sheet] : 张
slice = [slice] : 片
block = [block] : 块
stick = [stick] : 支
rod = [rod] : 根
strip = [strip] : 条
pair = [pair] : 双 对 pairs
animal = [animal] : 只 头
plant = [plant] : 株
portion = [portion] : 份
batch = [batch] : 批 批次 batches
occurrence = [occurrence] : 次
event = [event] : 起
deal = [deal] : 笔
household = [household] : 户
firm = [firm] : 家
shop = [shop] : 门店 店
room = [room] : 间
bed = [bed] : 床 张床
building = [building] : 座 栋
ship = [ship] : 艘
aircraft = [aircraft] : 架
trip = [trip] : 车次
voyage = [voyage] : 航次
flight = [flight] : 架次
shift = [shift] : 班次 班
ticket = [ticket] : 票
matter = [matter] : 项
performance = [performance] : 场
volume = [volume_of_book] : 册 本
page = [page] : 页
line_item = [line_item] : 行
record = [record] : 条记录
share = [share] : 股
parcel = [parcel] : 件包裹 包裹
TEU = [container] : teu 标箱 标准箱
score = [score] : 分 points
index_point = [index_point] : 点 指数点
"""


def unit_lines() -> list[tuple[str, str, list[str]]]:
    """Return every unit as (id, definition, names), currencies first; names include the id."""
    lines = [
        (code, f"[currency_{code}]", [code, *CURRENCY_NAMES.get(code, "").split()]) for code in CURRENCIES
    ]
    for line in filter(None, map(str.strip, UNITS.splitlines())):
        head, _, names = line.partition(" : ")
        unit, _, definition = head.partition(" = ")
        lines.append((unit, definition, [unit, *names.split()]))
    return lines


COUNTED = frozenset(
    unit
    for unit, definition, _ in unit_lines()
    if definition.startswith("[")
    and not definition.startswith("[currency_")
    and unit
    not in {
        "number",
        "g",
        "m",
        "s",
        "month",
        "workday",
        "J",
        "Pa",
        "kgce",
        "normal_m3",
        "degC",
        "score",
        "index_point",
    }
)
"""Units that count things. A derived metric may leave them out: 元/单 is often just called 元."""

OWN_MEANING = COUNTED | {"score", "index_point"}
"""Units that a company may give a meaning of its own (`箱: 12 * 件`): no physical or money value depends on them."""
