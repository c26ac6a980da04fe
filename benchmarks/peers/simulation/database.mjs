// Workload W7 with DuckDB, in memory, two threads; prints one JSON object.
//   node database.mjs CENSUS SCENARIO
// The rules of actors/simulation as SQL over columns. Draws are DuckDB's own
// hash(), which it computes much faster than SplitMix64 in SQL: other people
// leave, the headcounts are the same.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { DuckDBInstance, version } from "@duckdb/node-api";

const [census, scenarioFile] = process.argv.slice(2);
if (scenarioFile === undefined) {
  console.error("usage: database.mjs CENSUS SCENARIO");
  process.exit(2);
}
const scenario = JSON.parse(readFileSync(scenarioFile, "utf8"));
const whole = 1_000_000;
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
const run = (sql) => connection.run(sql);
const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowObjects();
const one = async (sql) => (await rows(sql))[0];

// A list of values by position, from 0.
const pick = (values, position) => `([${values.join(", ")}])[${position} + 1]`;
const bands = (value, limits) =>
  `(CASE ${limits.map((limit, band) => `WHEN ${value} < ${limit} THEN ${band}`).join(" ")} ELSE ${limits.length} END)`;
const halfUp = (numerator, divisor) => `((2 * (${numerator}) + ${divisor}) // (2 * ${divisor}))`;
const draw = (year, stream) =>
  `hash(key, ${BigInt(scenario.random_seed) * 65536n * 4096n + BigInt(year * 65536 + stream)}::BIGINT)`;
const happens = (year, stream, rate) => `${draw(year, stream)} % ${whole} < ${rate}`;
const completed = (date, year) =>
  `(${year} - year(${date}) - (CASE WHEN month(${date}) = 1 AND day(${date}) = 1 THEN 0 ELSE 1 END))`;

// Method `ceil`.
function headcount(people) {
  const n = BigInt(people);
  const m = BigInt(whole);
  const [growth, leave, hiresLeave] = ["growth_ppm", "termination_ppm", "new_hire_termination_ppm"].map(
    (name) => BigInt(scenario[name]),
  );
  const up = (a, b) => (a + b - 1n) / b;
  const terminations = up(n * leave, m);
  const need = terminations * m + n * growth;
  if (need <= 0n) {
    return { terminations: Number(terminations + -need / m), hires: 0, hiresLeaving: 0 };
  }
  const hires = up(need, m - hiresLeave);
  const [quotient, rest] = [(hires * hiresLeave) / m, (hires * hiresLeave) % m];
  const isUp = 2n * rest > m || (2n * rest === m && quotient % 2n === 1n);
  return {
    terminations: Number(terminations),
    hires: Number(hires),
    hiresLeaving: Number(quotient + (isUp ? 1n : 0n)),
  };
}

// The condition that holds for the `count` smallest (draw, key) of a table.
async function smallest(table, drawn, count) {
  if (count === 0) return "false";
  const bound = await one(
    `SELECT ${drawn} AS d, key AS k FROM ${table} ORDER BY d, k LIMIT 1 OFFSET ${count - 1}`,
  );
  return `(${drawn} < ${bound.d}::UBIGINT OR (${drawn} = ${bound.d}::UBIGINT AND key <= ${bound.k}::UBIGINT))`;
}

function staffSql(year, gone) {
  const { enrollment: plan, promotion } = scenario;
  const date = (day) => `DATE '${year}-${day}'`;
  const days = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1 ? 366 : 365;
  const income = (rate, permille) =>
    `least(${whole}, ${rate} * ${pick(permille, "income")} // 1000)`;
  const chance = `least(500000, ${promotion.base_pct} * ${pick(promotion.age_mult_x10, "age_band")}
    * ${pick(promotion.tenure_mult_x10, "tenure_band")}
    * greatest(0, 100 - ${promotion.level_dampener_pct} * (level - 1)))`;
  const raise = pick(scenario.merit_ppm.map((merit) => whole + merit + scenario.cola_ppm), "new_level - 1");
  const isWorking = (day) => `(ended IS NULL OR ended >= ${date(day)})`;
  const lastDay = `coalesce(ended, ${date("12-31")})`;
  return `CREATE OR REPLACE TABLE staff AS
    WITH aged AS (SELECT *, ${completed("birth", year)}::INT AS age,
        ${completed("hired", year)}::INT AS tenure,
        CASE WHEN ${gone} THEN ${date("01-01")} + (${draw(year, 2)} % ${days})::INT END AS ended
      FROM people),
    banded AS (SELECT *, ${bands("age", [25, 35, 45, 55, 65])} AS age_band,
        ${bands("tenure", [2, 5, 10, 20])} AS tenure_band, ${bands("age", [30, 45, 60])} AS segment,
        ${bands("pay", [5_000_000, 10_000_000, 20_000_000])} AS income FROM aged),
    chances AS (SELECT *, ${income(pick(plan.rate_ppm, "segment"), plan.income_permille)} AS enroll_chance,
        ${income(plan.opt_out_ppm, plan.opt_out_income_permille)} AS leave_chance,
        ${chance} AS rise_chance FROM banded),
    joined AS (SELECT *, NOT enrolled AND NOT opted_out AND age >= ${scenario.minimum_age}
        AND hired + ${scenario.waiting_period_days} <= ${date("01-15")} AND ${isWorking("01-15")}
        AND ${happens(year, 7, "enroll_chance")} AS joins,
        level < 5 AND tenure >= 1 AND age < 65 AND ${isWorking("02-01")}
        AND ${happens(year, 3, "rise_chance")} AS rises FROM chances),
    risen AS (SELECT *, joins AND segment = 0 AND ${isWorking("06-15")}
        AND ${happens(year, 8, "leave_chance")} AS opts_out,
        CASE WHEN rises THEN ${halfUp(`pay * (1150 + (${draw(year, 4)} % 100)::BIGINT)`, 1000)} ELSE pay END AS middle_pay,
        level + rises::INT AS new_level,
        tenure >= 1 AND ${isWorking("07-15")} AS is_raised FROM joined),
    raised AS (SELECT *, CASE WHEN is_raised THEN ${halfUp(`middle_pay * ${raise}`, whole)} ELSE middle_pay END AS end_pay
      FROM risen)
    SELECT *, ${halfUp(
      `pay * (least(${lastDay}, ${date("01-31")}) - ${date("01-01")} + 1)
       + middle_pay * greatest(0, least(${lastDay}, ${date("07-14")}) - ${date("02-01")} + 1)
       + end_pay * greatest(0, ${lastDay} - ${date("07-15")} + 1)`,
      days,
    )} AS prorated,
      (enrolled OR joins) AND NOT opts_out AS now_enrolled,
      CASE WHEN opts_out THEN 0 WHEN joins THEN ${pick(plan.deferral_ppm, "segment")} ELSE deferral END AS now_deferral
    FROM raised`;
}

function hireSql(year, hires) {
  const shares = [40, 30, 20, 8].map((share) => Math.floor((hires * share) / 100));
  const limits = shares.map((_, at) => shares.slice(0, at + 1).reduce((sum, n) => sum + n, 0) + 1);
  const bandSums = scenario.hire_band.map(([low, high]) => low + high);
  return `CREATE OR REPLACE TABLE hires AS
    WITH sequence AS (SELECT s, (${BigInt(year) << 32n} + s)::UBIGINT AS key, ${bands("s", limits)} + 1 AS level,
        ${pick([25, 28, 32, 35, 40], "s % 5")} AS age FROM range(1, ${hires + 1}) AS r(s))
    SELECT key, make_date(${year} - age, 1, 1) AS birth, DATE '${year}-01-01' + (s % 365)::INT AS hired,
      ${halfUp(`${pick(bandSums, "level - 1")} * 100 * (90 + 2 * (s % 10))`, 200)} AS pay, level::INT AS level, age::INT AS age
    FROM sequence`;
}

function hiresEndedSql(year, leaves) {
  const last = `DATE '${year}-12-31'`;
  const days = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1 ? 366 : 365;
  return `CREATE OR REPLACE TABLE hired AS
    WITH roomy AS (SELECT *, ${last} - hired AS room FROM hires),
    spread AS (SELECT *, CASE WHEN room < 30 THEN 1 WHEN room < 90 THEN 30 ELSE 90 END AS low,
        CASE WHEN room < 90 THEN room ELSE least(275, room) END AS high FROM roomy),
    ended AS (SELECT *, CASE WHEN room > 0 AND ${leaves}
        THEN hired + (low + ${draw(year, 6)} % (high - low + 1))::INT END AS ended FROM spread)
    SELECT *, ${halfUp(`pay * (coalesce(ended, ${last}) - hired + 1)`, days)} AS prorated FROM ended`;
}

function eventsSql(year) {
  const event = (type, date, amount, previous, level, chance, where, table = "staff") =>
    `SELECT key, ${type}::UTINYINT AS type, ${date} AS date, ${amount} AS amount, ${previous} AS previous,
       ${level}::UTINYINT AS level, age::UTINYINT AS age, ${table === "staff" ? "tenure" : "0"}::UTINYINT AS tenure,
       (${chance})::INT AS chance FROM ${table} WHERE ${where}`;
  const on = (day) => `DATE '${year}-${day}'`;
  return `CREATE OR REPLACE TABLE events AS ${[
    event(0, "ended", "pay", 0, "level", scenario.termination_ppm, "ended IS NOT NULL"),
    event(1, on("01-15"), "pay", 0, "level", "enroll_chance", "joins"),
    event(2, on("06-15"), "pay", "pay", "level", "leave_chance", "opts_out"),
    event(3, on("02-01"), "middle_pay", "pay", "new_level", "rise_chance", "rises"),
    event(4, on("07-15"), "end_pay", "middle_pay", "new_level", whole, "is_raised"),
    event(5, "hired", "pay", 0, "level", whole, "true", "hired"),
    event(6, "hired", 0, 0, "level", whole, "true", "hired"),
    event(7, "ended", "pay", 0, "level", scenario.new_hire_termination_ppm, "ended IS NOT NULL", "hired"),
  ].join(" UNION ALL ")}`;
}

const rowsSql = `CREATE OR REPLACE TABLE rows AS
  SELECT key, birth, hired, ended, CASE WHEN ended IS NULL THEN 0 ELSE 1 END::UTINYINT AS status, new_level AS level,
    end_pay AS pay, prorated, age, tenure, now_enrolled AS enrolled, opted_out OR opts_out AS opted_out,
    now_deferral AS deferral FROM staff
  UNION ALL SELECT key, birth, hired, ended, CASE WHEN ended IS NULL THEN 2 ELSE 3 END, level, pay, prorated, age, 0,
    false, false, 0 FROM hired`;
const peopleSql = `CREATE OR REPLACE TABLE people AS
  SELECT key, birth, hired, pay, level, deferral, enrolled, opted_out FROM rows WHERE ended IS NULL`;

async function project(year) {
  const { n, payroll } = await one("SELECT count(*) AS n, sum(pay)::BIGINT AS payroll FROM people");
  const counts = headcount(n);
  await run(staffSql(year, await smallest("people", draw(year, 1), counts.terminations)));
  await run(hireSql(year, counts.hires));
  const able = `hires WHERE hired < DATE '${year}-12-31'`;
  await run(hiresEndedSql(year, await smallest(able, draw(year, 5), counts.hiresLeaving)));
  await run(eventsSql(year));
  await run(rowsSql);
  await run(peopleSql);
  const { events } = await one("SELECT count(*) AS events FROM events");
  const end = await one("SELECT count(*) AS n FROM people");
  return {
    year,
    start_headcount: Number(n),
    terminations: counts.terminations,
    hires: counts.hires,
    new_hire_terminations: counts.hiresLeaving,
    end_headcount: Number(end.n),
    start_payroll_cents: Number(payroll),
    events: Number(events),
  };
}

await run(`CREATE TABLE people AS SELECT key::UBIGINT AS key, birth_date AS birth, hire_date AS hired,
  compensation_cents::BIGINT AS pay, level_id::INT AS level, deferral_ppm::INT AS deferral, deferral_ppm > 0 AS enrolled,
  false AS opted_out FROM read_csv(${quoted(census)})`);
const people = Number((await one("SELECT count(*) AS n FROM people")).n);
const totals = [];
const began = performance.now();
for (let year = scenario.start_year; year <= scenario.end_year; ++year) {
  totals.push(await project(year));
}
const seconds = (performance.now() - began) / 1000;
const sum = (value) => totals.reduce((all, total) => all + value(total), 0);
console.log(
  JSON.stringify({
    peer: `duckdb ${version()}`,
    people,
    years: totals.length,
    seconds,
    employee_years_per_s: sum((total) => total.start_headcount + total.hires) / seconds,
    events: sum((total) => total.events),
    peak_rss_mib: process.resourceUsage().maxRSS / 1024,
    totals,
  }),
);
