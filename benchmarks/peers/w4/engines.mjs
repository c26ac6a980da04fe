// Workload W4 by Polars or DuckDB; prints one JSON object.
//   node engines.mjs (polars | duckdb) SOURCE TARGET
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import process from "node:process";

const require = createRequire(import.meta.url);
const threads = "2";
const criteria = Array.from({ length: 20 }, (_, j) => ({
  name: `c${String(j + 1).padStart(2, "0")}`,
  weight: (j + 1) / 210,
  isInverted: j % 3 === 2,
  category: Math.floor(j / 5),
}));
const categories = ["cat1", "cat2", "cat3", "cat4"];

async function runPolars(source, target) {
  process.env.POLARS_MAX_THREADS = threads;
  const { default: pl } = await import("nodejs-polars");
  const started = performance.now();
  const table = pl.readCSV(source);
  const read = performance.now();
  const weighted = ({ name, weight, isInverted }) => {
    const column = pl.col(name);
    const unit = column.minus(column.min()).div(column.max().minus(column.min()));
    return (isInverted ? pl.lit(1.0).minus(unit) : unit).mul(pl.lit(weight));
  };
  const sums = categories.map((name, k) =>
    criteria
      .filter(({ category }) => category === k)
      .map(weighted)
      .reduce((sum, term) => sum.plus(term))
      .alias(name),
  );
  const scores = table
    .select(pl.col("id"), ...sums)
    .withColumns(
      categories.map((name) => pl.col(name)).reduce((sum, term) => sum.plus(term)).alias("total"),
    )
    .withColumns(pl.col("total").rank("ordinal", true).alias("rank"));
  const scored = performance.now();
  scores.writeCSV(target, { floatPrecision: 6 });
  const written = performance.now();
  const ids = scores.getColumn("id").toArray();
  const ranks = scores.getColumn("rank").toArray();
  return {
    version: require("nodejs-polars/package.json").version,
    times: [started, read, scored, written],
    n: scores.height,
    sum_total: scores.getColumn("total").sum(),
    best: Number(ids[ranks.findIndex((rank) => Number(rank) === 1)]),
    rank_check: ids.reduce((sum, id, i) => sum + Number(ranks[i]) * (Number(id) % 97), 0),
  };
}

async function runDuckdb(source, target) {
  const { DuckDBInstance, version } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads });
  const connection = await instance.connect();
  const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
  const started = performance.now();
  await connection.run(`CREATE TABLE items AS SELECT * FROM read_csv(${quoted(source)})`);
  const read = performance.now();
  const bounds = criteria.flatMap(({ name }) => [
    `min(${name}) AS ${name}_min`,
    `max(${name}) AS ${name}_max`,
  ]);
  const weighted = ({ name, weight, isInverted }) => {
    const unit = `(${name} - ${name}_min) / (${name}_max - ${name}_min)`;
    return `${weight}::DOUBLE * ${isInverted ? `(1 - ${unit})` : unit}`;
  };
  const sums = categories.map(
    (name, k) =>
      `${criteria.filter(({ category }) => category === k).map(weighted).join(" + ")} AS ${name}`,
  );
  await connection.run(`CREATE TABLE scores AS
    WITH bounds AS (SELECT ${bounds.join(", ")} FROM items),
      sums AS (SELECT id, ${sums.join(", ")} FROM items, bounds),
      totals AS (SELECT *, ${categories.join(" + ")} AS total FROM sums)
    SELECT *, row_number() OVER (ORDER BY total DESC, id) AS rank FROM totals`);
  const scored = performance.now();
  const decimals = [...categories, "total"].map((name) => `${name}::DECIMAL(9, 6) AS ${name}`);
  await connection.run(
    `COPY (SELECT id, ${decimals.join(", ")}, rank FROM scores ORDER BY id)
     TO ${quoted(target)} (HEADER, DELIMITER ',')`,
  );
  const written = performance.now();
  const reader = await connection.runAndReadAll(`SELECT count(*)::INTEGER, sum(total),
    min(id) FILTER (rank = 1)::INTEGER, sum(rank * (id % 97))::DOUBLE FROM scores`);
  const [n, sumTotal, best, rankCheck] = reader.getRows()[0];
  return {
    version: version().replace(/^v/, ""),
    times: [started, read, scored, written],
    n,
    sum_total: sumTotal,
    best,
    rank_check: rankCheck,
  };
}

const [peer, source, target] = process.argv.slice(2);
const run = { polars: runPolars, duckdb: runDuckdb }[peer];
if (run === undefined || target === undefined) {
  console.error("usage: engines.mjs (polars | duckdb) SOURCE TARGET");
  process.exit(2);
}
const { version, times, ...figures } = await run(source, target);
const [started, read, scored, written] = times.map((milliseconds) => milliseconds / 1000);
console.log(
  JSON.stringify({
    peer: `${peer} ${version}`,
    n: figures.n,
    score_s: scored - read,
    csv_s: written - started,
    read_s: read - started,
    write_s: written - scored,
    sum_total: figures.sum_total,
    best: figures.best,
    rank_check: figures.rank_check,
    peak_rss_mib: process.resourceUsage().maxRSS / 1024,
  }),
);
