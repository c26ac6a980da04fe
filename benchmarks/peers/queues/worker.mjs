// The worker process: one queue, ten jobs at once. Tells its parent when as
// many jobs as it asked for are done, or of each.
const place = JSON.parse(process.argv[2]);
const { openWorker } = await import(place.module);

let left = 0;
let tellEach = false;
const now = () => Number(process.hrtime.bigint()) / 1e9;

const worker = await openWorker(place, place.concurrency, (n) => {
  const at = now();
  if (tellEach) {
    process.send({ n, at });
  }
  left -= 1;
  if (left === 0) {
    process.send({ over: at });
  }
});

process.on("message", async (wanted) => {
  if (wanted.expect !== undefined) {
    left = wanted.expect;
    tellEach = wanted.each;
    process.send({ expecting: true });
  } else {
    await worker.close();
    process.disconnect();
  }
});
process.send({ ready: true });
