"""Customers and members: invented people with names as they are written in Korean and in Latin letters."""

from __future__ import annotations

import random
from typing import Any

from systems.airline.data.generation.programme import TIERS

Row = dict[str, Any]
COUNT = 240
FIRST_ID = 1001

SURNAMES = (
    "김 Kim 21|이 Lee 15|박 Park 9|최 Choi 5|정 Jung 5|강 Kang 3|조 Cho 3|윤 Yoon 2|장 Jang 2|임 Lim 2|"
    "한 Han 2|오 Oh 2|서 Seo 2|신 Shin 2|권 Kwon 2|황 Hwang 2|안 Ahn 2|송 Song 2|류 Ryu 1|홍 Hong 1|"
    "전 Jeon 1|고 Ko 1|문 Moon 1|손 Son 1|양 Yang 1|배 Bae 1|백 Baek 1|허 Heo 1|남 Nam 1|노 Noh 1"
)
"""Surname, romanised, weight."""
GIVEN = (
    "민준 Minjun|서준 Seojun|도윤 Doyun|예준 Yejun|시우 Siwoo|하준 Hajun|주원 Juwon|지호 Jiho|"
    "지후 Jihoo|준우 Junwoo|현우 Hyunwoo|건우 Gunwoo|우진 Woojin|선우 Sunwoo|민재 Minjae|성민 Sungmin|"
    "태현 Taehyun|동현 Donghyun|재원 Jaewon|승현 Seunghyun|영호 Youngho|상훈 Sanghoon|진수 Jinsoo|"
    "철수 Chulsoo|서연 Seoyeon|서윤 Seoyun|지우 Jiwoo|서현 Seohyun|하은 Haeun|하윤 Hayun|민서 Minseo|"
    "지유 Jiyu|윤서 Yunseo|채원 Chaewon|수아 Sua|지민 Jimin|지아 Jia|은서 Eunseo|다은 Daeun|예은 Yeeun|"
    "수빈 Subin|소율 Soyul|예린 Yerin|유진 Yujin|혜진 Hyejin|미영 Miyoung|은주 Eunju|영희 Younghee"
)
VISITORS = (
    "엠마 윌슨=Emma Wilson|제임스 밀러=James Miller|올리비아 브라운=Olivia Brown|"
    "루카스 슈미트=Lukas Schmidt|클로에 마르탱=Chloé Martin|노아 존슨=Noah Johnson|"
    "소피아 가르시아=Sofia García|리암 오코너=Liam O'Connor|하루토 사토=Haruto Sato|"
    "유이 다나카=Yui Tanaka|웨이 천=Wei Chen|린 응우옌=Linh Nguyen|그레이스 김=Grace Kim|"
    "대니얼 박=Daniel Park|아난다 위자야=Ananda Wijaya|샬럿 테일러=Charlotte Taylor|"
    "마테오 로시=Matteo Rossi|이사벨 클라크=Isabel Clark|벤저민 리=Benjamin Lee|"
    "미아 안데르손=Mia Andersson"
)
"""Customers who write in English."""
FIXED = {1001: ("김민준", "Kim Minjun", "GOLD")}
"""Customers the guides and tests speak of: names and tier."""


def _names(random_: random.Random) -> list[tuple[str, str, str]]:
    """(Korean, Latin, language), no Korean name twice."""
    surnames = [entry.split() for entry in SURNAMES.split("|")]
    given = [entry.split() for entry in GIVEN.split("|")]
    weights = [int(weight) for _, _, weight in surnames]
    taken = {name for name, _, _ in FIXED.values()}
    names: list[tuple[str, str, str]] = []
    visitors = [tuple(entry.split("=")) for entry in VISITORS.split("|")]
    while len(names) < COUNT - len(FIXED) - len(visitors):
        family, first = random_.choices(surnames, weights)[0], random_.choice(given)
        if (korean := family[0] + first[0]) not in taken:
            taken.add(korean)
            names.append((korean, f"{family[1]} {first[1]}", "en" if random_.random() < 0.04 else "ko"))
    names += [(korean, latin, "en") for korean, latin in visitors]
    random_.shuffle(names)
    return names


def customer_rows(random_: random.Random) -> list[Row]:
    """Rows of the table `customers`; every address is at example.com."""
    names = iter(_names(random_))
    rows: list[Row] = []
    for number in range(FIRST_ID, FIRST_ID + COUNT):
        korean, latin, language = (*FIXED[number][:2], "ko") if number in FIXED else next(names)
        local = "".join(
            c for c in latin.lower().replace(" ", ".") if c.isascii() and (c.isalnum() or c == ".")
        )
        rows.append(
            {
                "customer_id": f"C{number}",
                "name_ko": korean,
                "name_en": latin,
                "email": f"{local}.{number}@example.com",
                "language": language,
            }
        )
    return rows


def member_rows(random_: random.Random, customers: list[Row]) -> list[Row]:
    """Rows of the table `members`; every customer is one. `miles_to_next_tier` is 0 at the highest tier.

    A tier that never ends has no `tier_valid_until`; without miles that expire there is no `expiring_on`.
    """
    rows: list[Row] = []
    fixed = {f"C{number}": tier for number, (_, _, tier) in FIXED.items()}
    names = [tier["tier"] for tier in TIERS]
    for customer in customers:
        drawn = random_.choices(names, (46, 22, 17, 10, 5))[0]
        rank = names.index(fixed.get(customer["customer_id"], drawn))
        floor = TIERS[rank]["qualifying_miles"]
        ceiling = TIERS[rank + 1]["qualifying_miles"] if rank + 1 < len(TIERS) else 1_600_000
        lifetime = random_.randrange(floor, ceiling)
        miles = random_.randrange(0, lifetime // 2 + 1)
        expiring = random_.choice((0, 0, random_.randrange(0, miles // 5 + 1)))
        if customer["customer_id"] in fixed:
            expiring = miles // 10
        row: Row = {
            "customer_id": customer["customer_id"],
            "tier": names[rank],
            "miles": miles,
            "lifetime_miles": lifetime,
            "miles_to_next_tier": ceiling - lifetime if rank + 1 < len(TIERS) else 0,
            "expiring_miles": expiring,
        }
        if rank:
            row["tier_valid_until"] = f"@+{random_.randrange(30, 730)}d"
        if expiring:
            row["expiring_on"] = f"@+{random_.randrange(20, 365)}d"
        rows.append(row)
    return rows
