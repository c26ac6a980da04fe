#!/usr/bin/env python3
"""Workload W7 with NumPy: arrays.py CENSUS SCENARIO prints one JSON object.

A projection of the people of CENSUS (CSV, sorted by key) by the rules that
actors/simulation states, with the same draws, in one thread. Events and
year-end rows of a year are columns in memory; the next year replaces them.
"""

import json
import resource
import sys
import time

import numpy as np

M = 1_000_000
U = np.uint64
LEVEL_SHARES = (40, 30, 20, 8)
HIRE_AGES = np.array([25, 28, 32, 35, 40])
CONTINUOUS, EXPERIENCED, HIRED, HIRED_LEFT = range(4)
NEVER = np.int32(np.iinfo(np.int32).max)


def mix(z):
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


def person_draws(seed, key):
    start = np.array([(seed + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF], dtype=U)
    return mix(mix(start) ^ key)


def draw(person, year, stream):
    return mix(person ^ U(year * 65536 + stream))


def half_up(numerator, divisor):
    return (2 * numerator + divisor) // (2 * divisor)


def day(year, month, number):
    return int((np.datetime64(f"{year}-{month:02}-{number:02}") - np.datetime64(0, "D")).astype(int))


def completed_years(dates, year):
    """Whole years from each date (days since 1970) to 1 January of `year`."""
    when = dates.astype("datetime64[D]")
    years = when.astype("datetime64[Y]")
    at_new_year = when == years.astype("datetime64[D]")
    return year - 1970 - years.astype(np.int64) - np.where(at_new_year, 0, 1)


def headcount(s, n):
    """Method `ceil`."""
    rate, growth, hires_leave = s["termination_ppm"], s["growth_ppm"], s["new_hire_termination_ppm"]
    leave = -(-n * rate // M)
    need = leave * M + n * growth
    if need <= 0:
        return leave + -need // M, 0, 0
    hires = -(-need // (M - hires_leave))
    whole, rest = divmod(hires * hires_leave, M)
    return leave, hires, whole + (rest * 2 > M or (rest * 2 == M and whole % 2 == 1))


def smallest(draws, keys, count):
    """A mask of the `count` smallest (draw, key); keys ascend."""
    chosen = np.zeros(len(draws), dtype=bool)
    if count > 0:
        bound = np.partition(draws, count - 1)[count - 1]
        chosen = draws < bound
        ties = np.flatnonzero(draws == bound)
        chosen[ties[: count - int(chosen.sum())]] = True
    return chosen


def events(kind, where, dates, amount, previous, chance, p):
    """The columns of one kind of event, for the people at `where`."""
    return {
        "key": p["key"][where],
        "type": np.full(len(where), kind, dtype=np.uint8),
        "date": np.broadcast_to(np.asarray(dates, dtype=np.int32), len(where)).copy(),
        "amount": np.broadcast_to(np.asarray(amount, dtype=np.int64), len(where)).copy(),
        "previous": np.broadcast_to(np.asarray(previous, dtype=np.int64), len(where)).copy(),
        "level": p["level"][where],
        "age": p["age"][where],
        "tenure": p["tenure"][where],
        "chance": np.broadcast_to(np.asarray(chance, dtype=np.int32), len(where)).copy(),
    }


def staff_year(s, year, p, leavers):
    first = day(year, 1, 1)
    days = day(year + 1, 1, 1) - first
    person, n = p["draws"], len(p["key"])
    out = []
    p["age"] = completed_years(p["birth"], year).astype(np.uint8)
    p["tenure"] = completed_years(p["hired"], year).astype(np.uint8)
    age_band = np.digitize(p["age"], [25, 35, 45, 55, 65])
    tenure_band = np.digitize(p["tenure"], [2, 5, 10, 20])
    segment = np.digitize(p["age"], [30, 45, 60])
    income = np.digitize(p["pay"], [5_000_000, 10_000_000, 20_000_000])
    gone = smallest(draw(person, year, 1), p["key"], leavers)
    end = np.full(n, NEVER, dtype=np.int32)
    who = np.flatnonzero(gone)
    end[who] = first + (draw(person[who], year, 2) % U(days)).astype(np.int32)
    out.append(events(0, who, end[who], p["pay"][who], 0, s["termination_ppm"], p))

    e = s["enrollment"]
    january, june = day(year, 1, 15), day(year, 6, 15)
    candidate = ~p["enrolled"] & ~p["opted_out"] & (p["age"] >= s["minimum_age"])
    candidate &= (p["hired"] + s["waiting_period_days"] <= january) & (end >= january)
    who = np.flatnonzero(candidate)
    rate = np.array(e["rate_ppm"])[segment[who]] * np.array(e["income_permille"])[income[who]] // 1000
    rate = np.minimum(rate, M)
    hit = (draw(person[who], year, 7) % U(M)).astype(np.int64) < rate
    who, rate = who[hit], rate[hit]
    p["enrolled"][who] = True
    p["deferral"][who] = np.array(e["deferral_ppm"])[segment[who]]
    out.append(events(1, who, january, p["pay"][who], 0, rate, p))

    levels = p["level"].astype(np.int64)
    base = s["promotion"]
    chance = (base["base_pct"] * np.array(base["age_mult_x10"])[age_band]
              * np.array(base["tenure_mult_x10"])[tenure_band]
              * np.maximum(0, 100 - base["level_dampener_pct"] * (levels - 1)))
    chance = np.minimum(500_000, chance)
    february, july = day(year, 2, 1), day(year, 7, 15)
    start_pay = p["pay"].copy()
    able = (levels < 5) & (p["tenure"] >= 1) & (p["age"] < 65) & (end >= february)
    risen = able & ((draw(person, year, 3) % U(M)).astype(np.int64) < chance)
    who = np.flatnonzero(risen)
    raised = half_up(p["pay"][who] * (1150 + (draw(person[who], year, 4) % U(100)).astype(np.int64)), 1000)

    enrolled_now = np.isin(p["key"], out[-1]["key"], assume_unique=True)
    young = np.flatnonzero(enrolled_now & (segment == 0) & (end >= june))
    rate = np.minimum(M, e["opt_out_ppm"] * np.array(e["opt_out_income_permille"])[income[young]] // 1000)
    hit = (draw(person[young], year, 8) % U(M)).astype(np.int64) < rate
    young, rate = young[hit], rate[hit]
    p["enrolled"][young] = False
    p["opted_out"][young] = True
    p["deferral"][young] = 0
    out.append(events(2, young, june, p["pay"][young], p["pay"][young], rate, p))

    p["pay"][who] = raised
    p["level"][who] += 1
    out.append(events(3, who, february, raised, start_pay[who], chance[who], p))
    middle_pay = p["pay"].copy()
    who = np.flatnonzero((p["tenure"] >= 1) & (end >= july))
    factor = M + np.array(s["merit_ppm"])[p["level"][who] - 1] + s["cola_ppm"]
    p["pay"][who] = half_up(p["pay"][who] * factor, M)
    out.append(events(4, who, july, p["pay"][who], middle_pay[who], M, p))

    last = np.minimum(end, first + days - 1)
    part = start_pay * (np.minimum(last, february - 1) - first + 1)
    part += middle_pay * np.maximum(0, np.minimum(last, july - 1) - february + 1)
    part += p["pay"] * np.maximum(0, last - july + 1)
    p["end"], p["prorated"] = end, half_up(part, days)
    p["status"] = np.where(gone, EXPERIENCED, CONTINUOUS).astype(np.uint8)
    return out


def hire_year(s, year, hires, leavers):
    first = day(year, 1, 1)
    days = day(year + 1, 1, 1) - first
    sequence = np.arange(1, hires + 1)
    counts = [hires * share // 100 for share in LEVEL_SHARES]
    counts.append(hires - sum(counts))
    level = np.repeat(np.arange(1, 6), counts)
    low, high = np.array(s["hire_band"]).T
    age = HIRE_AGES[sequence % 5]
    births = {int(a): day(year - int(a), 1, 1) for a in HIRE_AGES}
    h = {
        "key": (U(year) << U(32)) + sequence.astype(U),
        "birth": np.array([births[int(a)] for a in HIRE_AGES], dtype=np.int32)[sequence % 5],
        "hired": (first + sequence % 365).astype(np.int32),
        "pay": half_up((low + high)[level - 1] * 100 * (90 + 2 * (sequence % 10)), 200),
        "level": level.astype(np.uint8),
        "age": age.astype(np.uint8),
        "tenure": np.zeros(hires, dtype=np.uint8),
        "enrolled": np.zeros(hires, dtype=bool),
        "opted_out": np.zeros(hires, dtype=bool),
        "deferral": np.zeros(hires, dtype=np.int32),
    }
    h["draws"] = person_draws(s["random_seed"], h["key"])
    everybody = np.arange(hires)
    out = [events(5, everybody, h["hired"], h["pay"], 0, M, h),
           events(6, everybody, h["hired"], 0, 0, M, h)]
    last_day = first + days - 1
    able = np.flatnonzero(h["hired"] < last_day)
    who = able[smallest(draw(h["draws"][able], year, 5), h["key"][able], leavers)]
    room = (last_day - h["hired"][who]).astype(np.int64)
    low = np.where(room < 30, 1, np.where(room < 90, 30, 90))
    high = np.where(room < 90, room, np.minimum(275, room))
    spread = draw(h["draws"][who], year, 6) % (high - low + 1).astype(U)
    end = np.full(hires, NEVER, dtype=np.int32)
    end[who] = h["hired"][who] + low + spread.astype(np.int64)
    out.append(events(7, who, end[who], h["pay"][who], 0, s["new_hire_termination_ppm"], h))
    worked = np.minimum(end, last_day) - h["hired"] + 1
    h["end"], h["prorated"] = end, half_up(h["pay"] * worked, days)
    h["status"] = np.where(end != NEVER, HIRED_LEFT, HIRED).astype(np.uint8)
    return h, out, counts


ROW = ["key", "birth", "hired", "end", "status", "level", "pay", "prorated", "age", "tenure", "enrolled", "deferral"]
KEPT = ["key", "birth", "hired", "pay", "level", "deferral", "enrolled", "opted_out", "draws"]


def total(year, start, start_pay, counts, out, rows, by_level):
    left = rows["end"] != NEVER
    here = ~left
    size = [len(part["key"]) for part in out]
    return {
        "year": year, "start_headcount": start, "terminations": size[0], "hires": size[5],
        "new_hire_terminations": size[7], "end_headcount": int(here.sum()),
        "hires_by_level": by_level, "hires_compensation_cents": int(out[5]["amount"].sum()),
        "promotions": size[3], "raises": size[4], "enrollments": size[1], "opt_outs": size[2],
        "events": sum(size), "start_payroll_cents": start_pay,
        "end_payroll_cents": int(rows["pay"][here].sum()),
        "prorated_payroll_cents": int(rows["prorated"].sum()),
        "end_enrolled": int(rows["enrolled"][here].sum()),
        "end_by_level": np.bincount(rows["level"][here], minlength=6)[1:].tolist(),
        "terminated_key_sum": int(rows["key"][left].sum(dtype=U)),
    }


def one_year(s, year, p):
    start, start_pay = len(p["key"]), int(p["pay"].sum())
    leave, hires, hires_leave = headcount(s, start)
    out = staff_year(s, year, p, leave)
    h, more, by_level = hire_year(s, year, hires, hires_leave)
    out += more
    rows = {name: np.concatenate([p[name], h[name]]) for name in ROW}
    all_events = {name: np.concatenate([part[name] for part in out]) for name in out[0]}
    here = rows["end"] == NEVER
    result = total(year, start, start_pay, None, out, rows, by_level)
    kept = {name: np.concatenate([p[name], h[name]])[here] for name in KEPT}
    return result, kept, all_events, rows


def read_census(path):
    with open(path, encoding="utf-8") as lines:
        names = next(lines).strip().split(",")
    use = [names.index(name) for name in
           ("key", "birth_date", "hire_date", "level_id", "compensation_cents", "deferral_ppm")]
    text = np.loadtxt(path, delimiter=",", skiprows=1, usecols=use, dtype=str)
    dates = [text[:, at].astype("datetime64[D]").astype(np.int32) for at in (1, 2)]
    deferral = text[:, 5].astype(np.int32)
    return {
        "key": text[:, 0].astype(U), "birth": dates[0], "hired": dates[1],
        "level": text[:, 3].astype(np.uint8), "pay": text[:, 4].astype(np.int64),
        "deferral": deferral, "enrolled": deferral > 0,
        "opted_out": np.zeros(len(text), dtype=bool),
    }


def main():
    census, scenario = sys.argv[1:]
    with open(scenario, encoding="utf-8") as text:
        s = json.load(text)
    p = read_census(census)
    people = len(p["key"])
    years, held = [], None
    np.seterr(over="ignore")
    began = time.monotonic()
    p["draws"] = person_draws(s["random_seed"], p["key"])
    for year in range(s["start_year"], s["end_year"] + 1):
        result, p, *held = one_year(s, year, p)
        years.append(result)
    seconds = time.monotonic() - began
    assert held is not None
    print(json.dumps({
        "peer": "numpy", "people": people, "years": len(years), "seconds": seconds,
        "employee_years_per_s": sum(y["start_headcount"] + y["hires"] for y in years) / seconds,
        "events": sum(y["events"] for y in years),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "totals": years,
    }))


if __name__ == "__main__":
    main()
