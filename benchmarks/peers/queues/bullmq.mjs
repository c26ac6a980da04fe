// BullMQ: jobs are hashes in Redis, moved between lists by scripts.
import { FlowProducer, Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

const LAST = 9;

function connect(place) {
  return new Redis({ path: place.socket, maxRetriesPerRequest: null });
}

// A layer is the children of a gate, whose job is to add the next layer.
function layer(number, width) {
  const children = Array.from({ length: width }, (_, i) => ({
    name: "task",
    queueName: "bench",
    data: { n: i },
  }));
  return { name: "gate", queueName: "bench", data: { layer: number, width }, children };
}

export async function openProducer(place) {
  const connection = connect(place);
  const queue = new Queue("bench", { connection });
  const flow = new FlowProducer({ connection });
  await queue.waitUntilReady();
  return {
    add: (n) => queue.add("job", { n }),
    addMany: (numbers) => queue.addBulk(numbers.map((n) => ({ name: "job", data: { n } }))),
    startLayers: (width) => flow.add(layer(0, width)),
    // Gates are jobs as well.
    layeredJobs: (layers, width) => layers * (width + 1),
    close: async () => {
      await flow.close();
      await queue.close();
      await connection.quit();
    },
  };
}

export async function openWorker(place, concurrency, onDone) {
  const connection = connect(place);
  const flow = new FlowProducer({ connection });
  const handle = async (job) => {
    if (job.name === "gate" && job.data.layer < LAST) {
      await flow.add(layer(job.data.layer + 1, job.data.width));
    }
  };
  const worker = new Worker("bench", handle, { connection, concurrency });
  // Told after the script that moves the job to the completed ones.
  worker.on("completed", (job) => onDone(job.data.n));
  await worker.waitUntilReady();
  return {
    close: async () => {
      await worker.close();
      await flow.close();
      await connection.quit();
    },
  };
}
