/**
 * Messages over MPI. Addresses and handles are passed as numbers of 64 bits, which fit both families: where a handle has 32,
 * the others are not looked at; a request has a place of 8 bytes. Everything is called from one thread (MPI_THREAD_FUNNELED).
 */
import type { Koffi } from "../backends/x64/koffi.ts";
import { InputError } from "../data/errors.ts";
import { RankError } from "../training/ranks.ts";
import { families } from "./families.ts";
import type { MpiLibrary } from "./library.ts";
import type { Message, Transport } from "./transport.ts";

export interface Mpi extends Transport {
  /** MPI_Finalize: every rank is to call it, and none may have messages under way. */
  finalize(): void;
  /** MPI_Abort: ends this process and, through the launcher, all others. */
  abort(code: number): void;
  /** MPI_Allreduce of floats by MPI_SUM, in its own order; for the benchmark. */
  allReduce(from: Float32Array, into: Float32Array): void;
}

const THREAD_FUNNELED = 1;
const MOST_TEXT = 8192;
/** Requests a block of memory. */
const BLOCK = 256;

type Call = (...args: readonly number[]) => number;

/** Begins MPI. Throws InputError where this process is not one of as many as the launcher says. */
export function openMpi(mpi: MpiLibrary, launcher: { readonly name: string; readonly size: number }): Mpi {
  const calls = callsOf(mpi);
  const { check, address } = calls;
  const words = new Int32Array(2);
  const at = address(words.buffer);
  const world = mpi.handle("world");
  check(calls.initThread(0, 0, THREAD_FUNNELED, at), "MPI_Init_thread");
  check(calls.setErrhandler(world, mpi.handle("errorsReturn")), "MPI_Comm_set_errhandler");
  check(calls.commRank(world, at), "MPI_Comm_rank");
  check(calls.commSize(world, at + 4), "MPI_Comm_size");
  const [rank, size] = words;
  if (size !== launcher.size)
    throw new InputError(
      `${launcher.name} started ${launcher.size} processes, but ${mpi.path} (${mpi.version}) knows of ${size}: it is not that launcher's library; set TOEPLITZ_MPI to the one that is, or use its own mpirun`,
    );
  const requests = new Requests(calls, families[mpi.family].statusIgnore);
  const [byte, float, sum] = (["byte", "float", "sum"] as const).map((name) => mpi.handle(name));
  const addressOf = (bytes: ArrayBufferView): number => address(bytes.buffer) + bytes.byteOffset;
  return {
    rank,
    size,
    host: calls.text(calls.getProcessorName),
    send: (to, tag, bytes) =>
      requests.begin(bytes, `to rank ${to}`, (request) =>
        calls.isend(addressOf(bytes), bytes.byteLength, byte, to, tag, world, request),
      ),
    receive: (from, tag, into) =>
      requests.begin(into, `from rank ${from}`, (request) =>
        calls.irecv(addressOf(into), into.byteLength, byte, from, tag, world, request),
      ),
    add: (into, values) =>
      check(
        calls.reduceLocal(addressOf(values), addressOf(into), into.length, float, sum),
        "MPI_Reduce_local",
      ),
    finalize: () => void calls.finalize(),
    abort: (code) => {
      endWithin(mpi.koffi, ABORT_SECONDS);
      calls.abort(world, code);
    },
    allReduce: (from, into) =>
      check(
        calls.allreduce(addressOf(from), addressOf(into), from.length, float, sum, world),
        "MPI_Allreduce",
      ),
  };
}

/** MPI_Abort speaks with the launcher, without an end where the way to it is cut: so long is waited for it. */
const ABORT_SECONDS = 3;

/** Has the system end this process after so many seconds, wherever it is then. */
function endWithin(koffi: Koffi, seconds: number): void {
  const libc = koffi.load(process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6");
  libc.func("unsigned int alarm(unsigned int)")(seconds);
}

/** Requests under way: each has a place in memory that does not move, and what it reads or writes stays referenced. */
class Requests {
  readonly #calls: Calls;
  readonly #statusIgnore: number;
  readonly #free: number[] = [];
  readonly #blocks: BigUint64Array[] = [];
  /** What MPI reads and writes, also where nobody waits for it any more. */
  readonly #held = new Map<number, ArrayBufferView>();
  readonly #flag = new Int32Array(1);
  readonly #flagAt: number;

  constructor(calls: Calls, statusIgnore: number) {
    this.#calls = calls;
    this.#statusIgnore = statusIgnore;
    this.#flagAt = calls.address(this.#flag.buffer);
  }

  /** `bytes` is kept until the message is done; `where` is for errors. */
  begin(bytes: ArrayBufferView, where: string, call: (request: number) => number): Message {
    const request = this.#place();
    this.#calls.check(call(request), where);
    this.#held.set(request, bytes);
    let isDone = false;
    return {
      isDone: () => {
        if (isDone) return true;
        this.#calls.check(this.#calls.test(request, this.#flagAt, this.#statusIgnore), where);
        if (this.#flag[0] === 0) return false;
        isDone = true;
        this.#held.delete(request);
        this.#free.push(request);
        return true;
      },
    };
  }

  #place(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const block = new BigUint64Array(BLOCK);
    this.#blocks.push(block);
    const at = this.#calls.address(block.buffer);
    for (let n = 1; n < BLOCK; n++) this.#free.push(at + 8 * n);
    return at;
  }
}

type Calls = ReturnType<typeof callsOf>;

function callsOf({ koffi, library }: MpiLibrary) {
  /** A function of so many arguments, each of which takes one register or place on the stack. */
  const call = (name: string, count: number): Call =>
    library.func(
      `int ${name}(${Array.from({ length: count }, () => "uint64_t").join(", ")})`,
    ) as unknown as Call;
  const address = (buffer: ArrayBufferLike): number => Number(koffi.address(buffer));
  const text = (from: (at: number, length: number) => number): string => {
    const bytes = new Uint8Array(MOST_TEXT);
    const length = new Int32Array(1);
    from(address(bytes.buffer), address(length.buffer));
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, Math.min(length[0], MOST_TEXT))));
  };
  const errorString = call("MPI_Error_string", 3);
  return {
    address,
    text,
    /** Throws RankError where a call failed. */
    check: (code: number, where: string): void => {
      if (code === 0) return;
      const what = text((at, length) => errorString(code, at, length)).replace(/\s+/g, " ");
      throw new RankError(`MPI failed (${where}): ${what.trim()}; end the run and go on with --resume`);
    },
    initThread: call("MPI_Init_thread", 4),
    setErrhandler: call("MPI_Comm_set_errhandler", 2),
    commRank: call("MPI_Comm_rank", 2),
    commSize: call("MPI_Comm_size", 2),
    getProcessorName: call("MPI_Get_processor_name", 2),
    isend: call("MPI_Isend", 7),
    irecv: call("MPI_Irecv", 7),
    test: call("MPI_Test", 3),
    reduceLocal: call("MPI_Reduce_local", 5),
    allreduce: call("MPI_Allreduce", 6),
    finalize: call("MPI_Finalize", 0),
    abort: call("MPI_Abort", 2),
  };
}
