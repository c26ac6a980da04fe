// graphile-worker: jobs are rows of PostgreSQL, deleted when they are done.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

const LAST = 9;

function pool(place, size) {
  const made = new pg.Pool({ host: place.socket, user: "postgres", database: "postgres", max: size });
  const complain = (error) => console.error(error.message);
  made.on("error", complain);
  made.on("connect", (client) => client.on("error", complain));
  return made;
}

// Only what went wrong: a line for each job would be measured, too.
const logger = new Logger(() => (level, message) => {
  if (level === "error" || level === "warning") {
    console.error(message);
  }
});

function taskOf(layer, width) {
  return Array.from({ length: width }, (_, i) => ({
    identifier: "task",
    payload: { layer, width, n: layer * width + i },
  }));
}

export async function openProducer(place) {
  const pgPool = pool(place, 20);
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  await pgPool.query("create table if not exists layers (layer int primary key, left_over int)");
  return {
    add: (n) => utils.addJob("job", { n }),
    addMany: (numbers) =>
      utils.addJobs(numbers.map((n) => ({ identifier: "job", payload: { n } }))),
    startLayers: async (width) => {
      await pgPool.query("delete from layers");
      const rows = Array.from({ length: LAST + 1 }, (_, i) => `(${i}, ${width})`);
      await pgPool.query(`insert into layers values ${rows.join(",")}`);
      await utils.addJobs(taskOf(0, width));
    },
    layeredJobs: (layers, width) => layers * width,
    close: async () => {
      await utils.release();
      await pgPool.end();
    },
  };
}

// The last task of a layer adds the next one: whoever counts down to zero.
async function countDown({ layer, width }, helpers) {
  const { rows } = await helpers.query(
    "update layers set left_over = left_over - 1 where layer = $1 returning left_over",
    [layer],
  );
  if (rows[0].left_over === 0 && layer < LAST) {
    await helpers.addJobs(taskOf(layer + 1, width));
  }
}

export async function openWorker(place, concurrency, onDone) {
  const pgPool = pool(place, concurrency + 2);
  const tuning = place.mode === "tuned"
    ? { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
    : {};
  const runner = await run({
    pgPool,
    logger,
    noHandleSignals: true,
    preset: { worker: { concurrentJobs: concurrency, ...tuning } },
    taskList: { job: () => {}, task: countDown },
  });
  // Told once the row is deleted.
  runner.events.on("job:complete", ({ job }) => onDone(job.payload.n));
  return {
    close: async () => {
      await runner.stop();
      await pgPool.end();
    },
  };
}
