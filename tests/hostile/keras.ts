/** Files of Keras, changed: configurations as data, HDF5 by its bytes, most of them where its structure lies. */
import { readFileSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { importKeras } from "../../src/formats/keras/importKeras.ts";
import { readHdf5 } from "../../src/readers/node/hdf5.ts";
import { mutated, NUMBERS, type Random } from "./random.ts";

const names = ["sequential", "functional"] as const;
const kept = (ending: string) =>
  names.map((name): Uint8Array =>
    readFileSync(new URL(`../formats/keras/${name}.${ending}`, import.meta.url)),
  );
const h5 = kept("h5");
const archives = kept("keras").map((bytes) => unzipSync(bytes));

/** Bytes changed, and 32-bit numbers at which code goes wrong, of which an address within the file is one. */
function damaged(r: Random, bytes: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  const view = new DataView(out.buffer);
  for (let edits = 1 + r.int(5); edits > 0; edits--) {
    const at = r.int(r.chance(0.5) ? Math.min(3000, out.length - 8) : out.length - 8);
    switch (r.int(4)) {
      case 0:
        out[at] = r.int(256);
        break;
      case 1:
        out[at] ^= 1 << r.int(8);
        break;
      case 2:
        view.setInt32(at & ~7, r.chance(0.6) ? r.int(out.length) & ~7 : r.pick(NUMBERS) | 0, true);
        break;
      default: {
        const from = r.int(out.length - 64);
        out.copyWithin(at, from, from + r.pick([8, 24, 40]));
      }
    }
  }
  return r.chance(0.03) ? out.slice(0, r.int(out.length)) : out;
}

const options = (r: Random) => ({
  hdf5: readHdf5,
  file: "f.keras",
  ...(r.chance(0.2) && { length: r.pick([1, 13, 200]) }),
  ...(r.chance(0.2) && { classes: ["a", "b", "c"] }),
});

export const tryH5 = (r: Random): unknown => importKeras(damaged(r, r.pick(h5)), "h5", options(r));

export function tryKeras(r: Random): void {
  const entries = r.pick(archives);
  const config = JSON.parse(new TextDecoder().decode(entries["config.json"])) as unknown;
  const changed = {
    ...entries,
    "config.json": new TextEncoder().encode(JSON.stringify(r.chance(0.95) ? mutated(r, config) : config)),
    ...(r.chance(0.1) && { "model.weights.h5": damaged(r, entries["model.weights.h5"]) }),
  };
  importKeras(zipSync(changed, { level: 0 }), "keras", options(r));
}
