// The producer process: measures W1 and W2 as `troupe bench` does.
//   node bench.mjs PLACE     {module, mode, socket, server, jobs, seconds, runs}
import { fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";

const place = { concurrency: 10, ...JSON.parse(process.argv[2]) };
const { openProducer } = await import(place.module);
const now = () => Number(process.hrtime.bigint()) / 1e9;
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1e3));

function ticks() {
  const values = fs.readFileSync("/proc/stat", "utf8").split("\n")[0].split(/\s+/).slice(1, 9);
  const total = values.reduce((sum, value) => sum + Number(value), 0);
  return { total, busy: total - Number(values[3]) - Number(values[4]) };
}

function familyOf(root) {
  const parents = new Map();
  for (const id of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = fs.readFileSync(`/proc/${id}/stat`, "utf8");
      parents.set(Number(id), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const isOf = (id) => id === root || (parents.has(id) && isOf(parents.get(id)));
  return [...parents.keys()].filter(isOf);
}

// Resident memory of producer, worker and server, shared pages counted once.
function pssMib(roots) {
  let kib = 0;
  for (const id of new Set(roots.flatMap(familyOf))) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))[1]);
    } catch {
      // It ended meanwhile.
    }
  }
  return kib / 1024;
}

function cpuSeconds(roots) {
  let seconds = 0;
  for (const id of new Set(roots.flatMap(familyOf))) {
    try {
      const stat = fs.readFileSync(`/proc/${id}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      seconds += fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0) / 100;
    } catch {
      // It ended meanwhile.
    }
  }
  return seconds;
}

async function startWorker() {
  const child = fork(new URL("./worker.mjs", import.meta.url), [JSON.stringify(place)]);
  await once(child, "message");
  let finish;
  const doneAt = new Map();
  child.on("message", (said) => {
    if (said.over !== undefined) {
      finish(said.over);
    } else if (said.at !== undefined) {
      doneAt.set(said.n, said.at);
    }
  });
  return {
    pid: child.pid,
    doneAt,
    expect: async (count, each = false) => {
      const told = once(child, "message");
      child.send({ expect: count, each });
      await told;
      return { over: new Promise((done) => (finish = done)) };
    },
    stop: async () => {
      const ended = once(child, "exit");
      child.send({ stop: true });
      await ended;
    },
  };
}

async function submitEach(producer, jobs, outstanding) {
  let sent = 0;
  const lane = async () => {
    while (sent < jobs) {
      sent += 1;
      await producer.add(sent - 1);
    }
  };
  await Promise.all(Array.from({ length: outstanding }, lane));
}

async function submitInBulk(producer, jobs) {
  for (let sent = 0; sent < jobs; sent += 1_000) {
    const count = Math.min(1_000, jobs - sent);
    await producer.addMany(Array.from({ length: count }, (_, i) => sent + i));
  }
}

async function throughput(name, producer, worker, submit) {
  const { over } = await worker.expect(place.jobs);
  const begin = now();
  await submit();
  const enqueued = now();
  const pss = pssMib([process.pid, place.server]);
  const end = await over;
  return {
    [`jobs_per_s_${name}`]: place.jobs / (end - begin),
    [`enqueue_per_s_${name}`]: place.jobs / (enqueued - begin),
    [`peak_pss_mib_${name}`]: Math.max(pss, pssMib([process.pid, place.server])),
  };
}

// Open loop: job i is due at begin + i x 5 ms, whatever became of the others.
async function latency(producer, worker) {
  const perSecond = 200;
  const jobs = place.seconds * perSecond;
  worker.doneAt.clear();
  const { over } = await worker.expect(jobs, true);
  const begin = now() + 0.1;
  const calls = [];
  for (let i = 0; i < jobs; i += 1) {
    const due = begin + i / perSecond;
    if (due > now()) {
      await sleep(due - now());
    }
    calls.push(producer.add(i));
  }
  await Promise.all(calls);
  await over;
  await sleep(0.1);
  const waits = [...worker.doneAt].map(([i, at]) => (at - begin - i / perSecond) * 1e3);
  waits.sort((a, b) => a - b);
  const share = (part) => waits[Math.floor(part * (waits.length - 1))];
  return { latency_p50_ms: share(0.5), latency_p99_ms: share(0.99) };
}

async function layers(producer, worker) {
  const width = 100;
  let figures = {};
  // The first one is the warm-up.
  for (let i = 0; i < 2; i += 1) {
    const { over } = await worker.expect(producer.layeredJobs(10, width));
    const begin = now();
    await producer.startLayers(width);
    figures = { total_ms: ((await over) - begin) * 1e3 };
  }
  return figures;
}

async function measureOnce() {
  const producer = await openProducer(place);
  const worker = await startWorker();
  const own = () => cpuSeconds([process.pid, place.server]);
  const before = { ...ticks(), own: own() };
  const { over } = await worker.expect(500);
  await submitEach(producer, 500, 100);
  await over;
  const figures = {
    ...(await throughput("single", producer, worker, () => submitEach(producer, place.jobs, 100))),
    ...(await throughput("bulk", producer, worker, () => submitInBulk(producer, place.jobs))),
    ...(await latency(producer, worker)),
    ...(await layers(producer, worker)),
  };
  const after = { ...ticks(), own: own() };
  await worker.stop();
  await producer.close();
  const busy = after.busy - before.busy - (after.own - before.own) * 100;
  figures.other_cpu = Math.min(1, Math.max(0, busy / (after.total - before.total)));
  return figures;
}

const each = [];
for (let i = 0; i < place.runs; i += 1) {
  each.push(await measureOnce());
}
const median = {};
for (const key of Object.keys(each[0])) {
  const values = each.map((one) => one[key]).sort((a, b) => a - b);
  median[key] = Number(values[Math.floor(values.length / 2)].toPrecision(4));
}
const settings = { jobs: place.jobs, outstanding: 100, concurrency: place.concurrency };
console.log(
  JSON.stringify({ peer: place.peer, mode: place.mode, workload: "w1 w2", settings, runs: place.runs, median, each }),
);
