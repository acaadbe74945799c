/** Runs that `toeplitz studio` serves beside the page: listed now and then while somebody looks, logs read on from where they were. */
import { signal, type Signal } from "@preact/signals";
import type { Epoch, RunEntry, RunList, RunLog } from "toeplitz";
import { ask } from "../../engine/client.ts";
import { isServed } from "../../served.ts";
import { chosenModel, models } from "../../session.ts";

export interface ServedRun {
  readonly kind: "served";
  readonly id: string;
  readonly name: string;
  readonly brief: string;
  readonly entry: Signal<RunEntry>;
  readonly epochs: Signal<readonly Epoch[]>;
  readonly isShown: Signal<boolean>;
  /** Where its log is read on from. */
  next: number;
}

export const served = signal<readonly ServedRun[]>([]);
/** The folder that is served; null where no server is there. */
export const servedFolder = signal<string | null>(null);

const POLL_MS = 2000;
/** Epochs of a log that are kept. */
const MOST_EPOCHS = 20_000;

async function getJson<T>(path: string): Promise<T | null> {
  try {
    const response = await fetch(path);
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return response.ok && isJson ? ((await response.json()) as T) : null;
  } catch {
    return null; // the server has ended
  }
}

/** Looks until the function that it returns is called. */
export function watchServed(): () => void {
  let over = !isServed;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (): Promise<void> => {
    const list = await getJson<RunList>("api/runs");
    if (over || (list === null && servedFolder.value === null)) return;
    if (list) {
      takeList(list);
      for (const run of served.value) if (!over) await readOn(run);
    }
    if (!over) timer = setTimeout(() => void look(), POLL_MS);
  };
  if (!over) void look();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

function takeList({ folder, runs }: RunList): void {
  servedFolder.value = folder;
  const known = new Map(served.value.map((run) => [run.name, run]));
  const now = runs.map((entry): ServedRun => {
    const before = known.get(entry.name);
    if (!before)
      return {
        kind: "served",
        id: `served-${entry.name}`,
        name: entry.name,
        brief: entry.name,
        entry: signal(entry),
        epochs: signal<readonly Epoch[]>(entry.last ? [entry.last] : []),
        isShown: signal(entry.state === "running"),
        next: 0,
      };
    before.entry.value = entry;
    return before;
  });
  if (now.length !== served.value.length || now.some((run, i) => run !== served.value[i])) served.value = now;
}

/** Reads what a shown run's log has got since. */
async function readOn(run: ServedRun): Promise<void> {
  if (!run.isShown.value) return;
  for (let more = true; more;) {
    const log = await getJson<RunLog>(`api/runs/${encodeURIComponent(run.name)}/log?from=${run.next}`);
    if (!log) return;
    const before = run.next > 0 && log.from === run.next ? run.epochs.value : [];
    if (log.lines.length > 0 || log.from !== run.next)
      run.epochs.value = [...before, ...log.lines].slice(-MOST_EPOCHS);
    run.next = log.next;
    ({ more } = log);
  }
}

/** Opens the model that a run has left. */
export async function openServed(run: ServedRun): Promise<void> {
  const response = await fetch(`api/runs/${encodeURIComponent(run.name)}/model`);
  if (!response.ok) throw new Error(`${run.name} has no model to open yet`);
  const file = new File([await response.blob()], `${run.name.replaceAll("/", "-")}.safetensors`);
  const model = await ask("openModel", { file });
  models.value = [...models.value, model];
  chosenModel.value = model;
}
