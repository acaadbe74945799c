/** `toeplitz doctor`: what this machine can run, whether it computes right, and how fast. */
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Command } from "commander";
import { printableJson } from "../../data/printable.ts";
import { mnist1d } from "../../data/mnist1d.ts";
import { fromArrays } from "../../data/fromArrays.ts";
import { mnist1dCnn } from "../../layers/architectures/index.ts";
import { batchNorm, conv1d, dense, gelu, globalAveragePool, model } from "../../layers/functions.ts";
import type { Backend } from "../../backends/backend.ts";
import { nativeBackend } from "../../backends/x64/native.ts";
import { backends } from "../../backends/choose.ts";
import { fit } from "../../training/fit.ts";
import { optimizers } from "../../training/optimizers.ts";
import { trainer } from "../../training/trainer.ts";
import { VERSION } from "../../models/version.ts";
import { InputError } from "../../data/errors.ts";
import { probeMpi, type MpiReport } from "../../distributed/probe.ts";
import { findLimits } from "../findLimits.ts";
import { milliseconds, plural } from "../format.ts";
import { EXIT, say, type Io } from "../io.ts";
import { limitText } from "../limits.ts";

export interface Diagnosis {
  readonly schema: 1;
  readonly toeplitz: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly denormals: "kept" | "flushed";
  /** What limits a run here, a line each. */
  readonly limits: readonly string[];
  readonly backends: readonly BackendReport[];
  /** The families of MPI, by which several machines train together. */
  readonly mpi: readonly MpiReport[];
  /** Whether every back end that can run here gives the reference's bits. */
  readonly ok: boolean;
}

export interface BackendReport {
  readonly name: string;
  /** Null where it can run, else why it cannot. */
  readonly unavailable: string | null;
  /** Null where it can run on several threads, else why it cannot. */
  readonly oneThread: string | null;
  /** SHA-256 of a small net's weights after three steps. */
  readonly weightsSha256: string | null;
  /** The median step of the MNIST-1D network at batch 100; null where it was not measured. */
  readonly mnist1dStepMs: number | null;
}

/** Adds the verb. */
export function addDoctor(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("doctor")
    .description("what this machine can run, whether it computes right, and how fast")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Exit codes: 0 every back end that runs gives the same bits; 1 they disagree, or denormal numbers are flushed.

Examples:
  toeplitz doctor
  toeplitz doctor --json`,
    )
    .action(async (flags: { json?: true }) => {
      const diagnosis = await diagnose(io.env);
      say(io.stdout, flags.json ? printableJson(diagnosis) : diagnosisText(diagnosis));
      if (!diagnosis.ok) exit(EXIT.fault);
    });
}

/** Looks, computes and measures; about a second, and one more an MPI. */
async function diagnose(env: Io["env"]): Promise<Diagnosis> {
  const processors = cpus();
  const denormals = denormalsKept() ? "kept" : "flushed";
  const reports: BackendReport[] = [];
  const native = await nativeBackend();
  if (typeof native === "string")
    reports.push({
      name: "x64",
      unavailable: native,
      oneThread: native,
      weightsSha256: null,
      mnist1dStepMs: null,
    });
  for (const backend of [...(typeof native === "string" ? [] : [native]), ...backends]) {
    reports.push(
      await reportOf(backend, denormals === "kept" ? null : "denormal numbers are flushed to zero"),
    );
  }
  const hashes = new Set(reports.flatMap((r) => r.weightsSha256 ?? []));
  return {
    schema: 1,
    toeplitz: VERSION,
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    denormals,
    limits: await findLimits(),
    backends: reports,
    mpi: await probeMpi(env),
    ok: hashes.size === 1 && denormals === "kept",
  };
}

async function reportOf(backend: Backend, flushed: string | null): Promise<BackendReport> {
  const { name } = backend;
  const unavailable = backend.unavailable() ?? flushed;
  if (unavailable !== null)
    return { name, unavailable, oneThread: backend.oneThread(), weightsSha256: null, mnist1dStepMs: null };
  try {
    const { sha, threads } = await selfTest(backend);
    const refused = threads === 1 ? "a second one is refused (ulimit -u, a container's pids limit)" : null;
    return {
      name,
      unavailable,
      oneThread: backend.oneThread() ?? refused,
      weightsSha256: sha,
      // the interpreter would take a second a step
      mnist1dStepMs: name === "reference" ? null : await stepMs(backend),
    };
  } catch (error) {
    const limit = limitText(error) ?? (error instanceof InputError ? error.message : null);
    if (limit === null) throw error;
    return {
      name,
      unavailable: limit,
      oneThread: backend.oneThread(),
      weightsSha256: null,
      mnist1dStepMs: null,
    };
  }
}

/** Read back through memory, so that no compiler folds it away. */
function denormalsKept(): boolean {
  const tiny = Float32Array.of(2 ** -130, 0.5);
  return Math.fround(tiny[0] * tiny[1]) > 0;
}

/** Three steps of a net with convolution, batch norm, an activation and a dense layer, on two threads where there are such. */
async function selfTest(backend: Backend): Promise<{ sha: string; threads: number }> {
  const value = (row: number, t: number): number => (((row * 7 + t * 13 + row * t * 5) % 17) - 8) / 8;
  const data = fromArrays({
    name: "self-test",
    series: Array.from({ length: 20 }, (_, row) => Array.from({ length: 16 }, (_unused, t) => value(row, t))),
    labels: Array.from({ length: 20 }, (_, row) => row % 3),
  });
  const net = model({ channels: 1, length: 16 }, (x) => {
    const a = gelu(batchNorm(conv1d(x, { filters: 4, kernelSize: 5, padding: "same" })));
    return dense(globalAveragePool(conv1d(a, { filters: 6, kernelSize: 3, stride: 2 })), { units: 3 });
  });
  const run = await fit(net, data, { steps: 3, batch: 20, backend, threads: 2 });
  return { sha: run.weightsSha256, threads: run.threads };
}

async function stepMs(backend: Backend): Promise<number> {
  const { train } = mnist1d({ samples: 500 });
  const t = await trainer(mnist1dCnn(train), { batch: 100, optimizer: optimizers.adam(), backend });
  const times: number[] = [];
  for (const batch of train.batches(100, { epochs: 100, seed: 0 })) {
    const before = performance.now();
    t.step(batch);
    times.push(performance.now() - before);
  }
  const settled = times.slice(times.length >> 1).sort((a, b) => a - b);
  return settled[settled.length >> 1];
}

function mpiLine({ family, launcher, library, unavailable, sums }: MpiReport): string {
  if (unavailable !== null) return `  ${family.padEnd(10)} cannot run: ${unavailable}`;
  const times = sums.map(({ bytes, ms }) => `${bytes < 2 ** 20 ? "1 KB" : "1 MB"} in ${milliseconds(ms)}`);
  return `  ${family.padEnd(10)} runs, ${launcher}, ${library}; two ranks sum ${times.join(", ")}`;
}

function diagnosisText(d: Diagnosis): string {
  const backendLine = (r: BackendReport): string => {
    if (r.unavailable !== null) return `  ${r.name.padEnd(10)} cannot run: ${r.unavailable}`;
    const speed =
      r.mnist1dStepMs === null ? "" : `, ${milliseconds(r.mnist1dStepMs)} a step of mnist1d-cnn at batch 100`;
    const threads = r.oneThread === null ? "" : `, on one thread: ${r.oneThread}`;
    return `  ${r.name.padEnd(10)} runs, self-test ${(r.weightsSha256 ?? "").slice(0, 12)}${speed}${threads}`;
  };
  const wasm = d.backends.find((b) => b.name === "wasm");
  return [
    `toeplitz   ${d.toeplitz}`,
    `node       ${d.node} (V8 ${d.v8}), ${d.platform}`,
    `processor  ${d.cpu}, ${plural(d.cores, "core")}, ${d.memoryGiB} GiB of memory`,
    `simd       ${wasm && wasm.unavailable === null ? "128-bit WebAssembly SIMD" : `no: ${wasm?.unavailable}`}`,
    `denormals  ${d.denormals}`,
    `limits     ${d.limits.length === 0 ? "none found" : d.limits.join("\n           ")}`,
    "back ends",
    ...d.backends.map(backendLine),
    "MPI",
    ...d.mpi.map(mpiLine),
    d.ok
      ? "all is well: every back end gives the same bits"
      : "not well: the back ends disagree, or denormal numbers are flushed; results here cannot be trusted",
  ].join("\n");
}
