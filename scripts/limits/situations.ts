/** The situations, and what is wanted of each: a run with the same weights, or one line. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Workplace } from "./workplace.ts";

export interface Situation {
  readonly name: string;
  /** Null, or why it cannot be made here. */
  readonly skipped: string | null;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly code: number;
  readonly says: RegExp;
}

const node = process.execPath;
const [major] = process.versions.node.split(".").map(Number);
const permission = major >= 24 ? "--permission" : "--experimental-permission";
const READ = "--allow-fs-read=*";
const WRITE = "--allow-fs-write=*";
const noCode = fileURLToPath(new URL("noCode.mjs", import.meta.url));

/** Null where a command ends well, else its last words. */
function refusal(program: string, ...words: readonly string[]): string | null {
  try {
    execFileSync(program, words, { stdio: "pipe" });
    return null;
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string };
    return (stderr?.toString().trim() || message).split("\n").at(-1) ?? "";
  }
}

export function situations(place: Workplace): readonly Situation[] {
  const { program, train, table } = place;
  const ours = [node, program];
  const trains = [...ours, ...train];
  const limited = (limit: string, command: readonly string[]): readonly string[] => [
    "bash",
    "-c",
    `ulimit ${limit}; exec "$@"`,
    "bash",
    ...command,
  ];
  const nobody = "setpriv --reuid=65533 --regid=65533 --clear-groups prlimit".split(" ");
  const threads = (most: number, command: readonly string[]): readonly string[] => [
    ...nobody,
    `--nproc=${most}`,
    ...command,
  ];
  const noThreads = refusal(nobody[0], ...nobody.slice(1), "--nproc=64", node, program, "--version");
  const noProc = refusal("unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc");
  const noPages = refusal(node, noCode, "true");
  const noCores = refusal("taskset", "-c", "0", "true");
  const runs = { skipped: null, code: 0 };
  const refused = { skipped: null, code: 2 };
  return [
    {
      ...runs,
      name: "addresses: 2 GB (`ulimit -v`)",
      command: limited("-v 2000000", trains),
      says: /^trains: x64, threads: 2/,
    },
    {
      ...refused,
      name: "addresses: 12 GB, `--backend wasm`",
      command: limited("-v 12000000", [...trains, "--backend", "wasm"]),
      says: /addresses are limited to 11\.4 GiB \(ulimit -v\).*disable-wasm-trap-handler/,
    },
    {
      ...runs,
      name: "addresses: 12 GB, no koffi",
      command: limited("-v 12000000", [node, place.withoutKoffi, ...train]),
      says: /^trains: reference/,
    },
    {
      ...runs,
      name: "no more threads (`ulimit -u`)",
      skipped: noThreads,
      command: threads(11, trains),
      says: /^trains: x64, threads: 1/,
    },
    {
      ...runs,
      name: "no more threads, wasm",
      skipped: noThreads,
      command: threads(11, [...trains, "--backend", "wasm"]),
      says: /^trains: wasm, threads: 1/,
    },
    {
      ...runs,
      name: "`node --jitless`",
      command: [node, "--jitless", program, ...train],
      says: /^trains: x64, threads: 2/,
    },
    {
      ...refused,
      name: "`node --jitless`, `--backend wasm`",
      command: [node, "--jitless", program, ...train, "--backend", "wasm"],
      says: /no WebAssembly; use backend reference/,
    },
    {
      ...runs,
      name: "no pages for code (as SELinux's execmem), `--jitless`",
      skipped: noPages,
      command: [node, noCode, node, "--jitless", program, ...train],
      says: /^trains: reference, threads: 1/,
    },
    {
      ...runs,
      name: `\`node ${permission}\`, files alone`,
      command: [node, permission, READ, WRITE, program, ...train],
      says: /^trains: wasm, threads: 1/,
    },
    {
      ...refused,
      name: `\`node ${permission}\`, no writing`,
      command: [node, permission, READ, program, ...train],
      says: /permission model forbids it.*--allow-fs-write/,
    },
    {
      ...refused,
      name: "TMPDIR is missing, a table as JSON",
      command: [...ours, "inspect", table, "--label", "kind"],
      env: { TMPDIR: "/nonexistent" },
      says: /\/nonexistent: cannot write it: there is no such .*; set TMPDIR/,
    },
    {
      ...refused,
      name: "TMPDIR is read-only, a table as JSON",
      command: [...ours, "inspect", table, "--label", "kind"],
      env: { TMPDIR: "/proc/self" },
      says: /cannot write it: .*; set TMPDIR/,
    },
    {
      ...runs,
      name: "TMPDIR is missing, text",
      command: trains,
      env: { TMPDIR: "/nonexistent" },
      says: /^trains: x64/,
    },
    {
      ...runs,
      name: "no `/proc`",
      skipped: noProc,
      command: ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc; exec "$@"', "sh", ...trains],
      says: /^trains: x64, threads: 2/,
    },
    {
      ...runs,
      name: "koffi is not installed",
      command: [node, place.withoutKoffi, ...train],
      says: /^trains: wasm, threads: 2/,
    },
    {
      ...runs,
      name: "koffi cannot be loaded",
      command: [node, place.damagedKoffi, ...train],
      says: /^trains: wasm, threads: 2/,
    },
    {
      ...runs,
      name: "one core, two threads asked",
      skipped: noCores,
      command: ["taskset", "-c", "0", ...trains],
      says: /^trains: x64, threads: 2/,
    },
    {
      ...runs,
      name: "a heap of 32 MB",
      command: [node, "--max-old-space-size=32", program, ...train],
      says: /^trains: x64/,
    },
    {
      ...runs,
      name: "a stack of 200 kB (`--stack-size`)",
      command: [node, "--stack-size=200", program, ...train],
      says: /^trains: x64/,
    },
    {
      ...runs,
      name: "a stack of 1 MB (`ulimit -s`)",
      command: limited("-s 1024", trains),
      says: /^trains: x64/,
    },
    {
      ...refused,
      name: "open files: 64 (`ulimit -n`)",
      command: limited("-n 64", trains),
      says: /too many files are open: raise the limit/,
    },
    {
      ...refused,
      name: "a file's size: 512 bytes (`ulimit -f`)",
      command: limited("-f 1", trains),
      says: /files may not be so large here/,
    },
  ];
}
