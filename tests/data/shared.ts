import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of public data sets that some machines keep beside the repository. */
const SHARED = new URL("../../../shared/data/", import.meta.url);

export const hasShared = existsSync(SHARED);
export const skipNote = "(skipped where ../shared/data is absent)";

/** The bytes of one of its files. */
export function sharedFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, SHARED)));
}

/** Where one of its files or folders is. */
export const sharedPath = (path: string): string => fileURLToPath(new URL(path, SHARED));
