/**
 * Threads for WebAssembly: Web Workers in browsers, worker_threads in Node, one text for both. A worker waits until the
 * generation counts up, does its share of the task, and waits again; it never comes back to its event loop, so that
 * nothing but the words in shared memory is between a call and its start.
 */
import { addressLimit, ROOMY } from "./addresses.ts";
import { exportName, GENERATION, LOOKS, TASK } from "./module.ts";

/** What a worker is given. */
export interface Share {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where the words that threads meet by lie. */
  readonly control: number;
  readonly thread: number;
  readonly entries: readonly string[];
}

interface Platform {
  readonly process?: Partial<Pick<NodeJS.Process, "getBuiltinModule" | "versions" | "platform">> & {
    /** Where Node runs under its permission model. */
    readonly permission?: { has(scope: string): boolean };
  };
  readonly crossOriginIsolated?: boolean;
  readonly WorkerGlobalScope?: unknown;
  readonly Worker?: typeof Worker;
}
const platform: Platform = globalThis;

/** Null where workers can share memory and wait for each other here, else the reason why not. */
export function noWorkers(where: Platform = platform): string | null {
  if (where.process?.versions?.node) return noWorkersInNode(where);
  if (!where.crossOriginIsolated) return "the page is not cross-origin isolated, so memory cannot be shared";
  if (!where.WorkerGlobalScope) return "a page's main thread must not wait; in a Worker there are threads";
  return where.Worker ? null : "workers cannot start workers here";
}

function noWorkersInNode(where: Platform): string | null {
  if (!where.process?.getBuiltinModule) return "this Node has no process.getBuiltinModule (20.16 has it)";
  if (where.process.permission?.has("worker") === false)
    return "Node's permission model forbids workers (--allow-worker)";
  const limit = addressLimit(where);
  if (limit === null || limit >= ROOMY) return null;
  return `addresses are limited to ${(limit / 2 ** 30).toFixed(1)} GiB (ulimit -v), and V8 ends a process whose workers find too few`;
}

/** The worker's program. */
const text = `
const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
const work = ({ module, memory, control, names }) => {
  const words = new Int32Array(memory.buffer, control);
  const { exports } = new WebAssembly.Instance(module, { arena: { memory } });
  (node ? node.parentPort : globalThis).postMessage("ready");
  for (let seen = 0; ; ) {
    for (let i = 0; i < ${LOOKS} && Atomics.load(words, ${GENERATION / 4}) === seen; i++);
    while (Atomics.load(words, ${GENERATION / 4}) === seen) Atomics.wait(words, ${GENERATION / 4}, seen);
    seen = Atomics.load(words, ${GENERATION / 4});
    exports[names[Atomics.load(words, ${TASK / 4})]]();
  }
};
if (node) work(node.workerData);
else onmessage = ({ data }) => work(data);
`;

/** Starts a worker; resolves, when it waits for work, to what ends it. */
export function startWorker({ module, memory, control, thread, entries }: Share): Promise<() => void> {
  const data = { module, memory, control, names: entries.map((entry) => exportName(entry, thread)) };
  const threads = platform.process?.getBuiltinModule?.("node:worker_threads");
  return new Promise((resolve, reject) => {
    if (threads) {
      const worker = new threads.Worker(text, { eval: true, workerData: data, execArgv: [] });
      worker.once("error", reject);
      worker.once("message", () => {
        // a process does not stay for it
        worker.unref();
        resolve(() => void worker.terminate());
      });
      return;
    }
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.addEventListener("error", () => reject(new Error("a worker did not start")));
    worker.addEventListener("message", () => {
      URL.revokeObjectURL(url);
      resolve(() => worker.terminate());
    });
    worker.postMessage(data, []);
  });
}
