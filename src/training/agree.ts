/** That ranks do the same: what would give other weights, or a rank that waits without an end, is found before the first step. */
import { InputError } from "../data/errors.ts";
import { Sha256 } from "../numerics/sha256.ts";
import type { Plan } from "./plan.ts";
import type { Ranks } from "./ranks.ts";
import type { RunState } from "./state.ts";

/** Throws InputError, on all ranks, unless all of them give the same text. */
export async function requireEqual(ranks: Ranks, text: string, what: string): Promise<void> {
  const all = await ranks.gather(new TextEncoder().encode(text));
  const texts = all.map((bytes) => new TextDecoder().decode(bytes));
  const other = texts.findIndex((given) => given !== texts[0]);
  if (other < 0) return;
  throw new InputError(
    `rank ${other} has other ${what} than rank 0; give all ranks the same files and options, and a folder that all of them see`,
  );
}

/** Throws InputError unless all ranks plan the same rows, model, options and state to go on from. */
export async function requireAgreed({ identity, from }: Plan, ranks: Ranks): Promise<void> {
  const { dataSha256, ...settings } = identity;
  await requireEqual(ranks, dataSha256, "rows");
  await requireEqual(ranks, JSON.stringify(settings), "options");
  await requireEqual(ranks, from ? hashOf(from) : "", "state to go on from");
}

function hashOf({ progress: { steps, epoch, batches }, tensors, best }: RunState): string {
  const hash = new Sha256().update(new TextEncoder().encode([steps, epoch, batches].join()));
  for (const { data } of [...tensors, ...(best ?? [])])
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest();
}
