/**
 * The runtime of an exported .mjs that streams: that of `runtime.ts` and the library's own engines. The last of its modules is the
 * stream's; each stream is an instance of it, with a memory of its own.
 */
import { InputError } from "../data/errors.ts";
import { engineOf, type EngineSheet } from "../models/stream/engines.ts";
import { EngineStream, type Stream } from "../models/stream/engineStream.ts";
import type { Arena } from "../models/stream/frames.ts";
import { modelOf, modulesNow, modulesOf, type ExportedModel, type Source } from "./runtime.ts";
import { goldenStream, type Sheet } from "./sheet.ts";

export { bytesOf } from "./runtime.ts";

/** What `load` gives. */
export interface StreamingModel extends ExportedModel {
  stream(options?: { readonly hop?: number }): Stream;
}

function streamingOf(sheet: Sheet, modules: readonly WebAssembly.Module[]): StreamingModel {
  const { name, channelNames, classes, answers, temperature, networks, stream: part } = sheet;
  if (!part || modules.length !== networks.length + 1)
    throw new InputError(
      `${name} is made of ${networks.length + 1} WebAssembly modules, the stream's last; ${modules.length} came`,
    );
  const instances = modules.slice(0, -1).map((module) => new WebAssembly.Instance(module));
  const model = modelOf(sheet, instances);
  const stream = ({ hop }: { readonly hop?: number } = {}): Stream =>
    new EngineStream(engineOf(withHop(part.engine, name, hop), arenaOf(modules[modules.length - 1])), {
      name,
      channels: model.takes.channels,
      channelNames,
      says: { classes, answers, temperature, scales: networks[0].targets ?? null },
      by: part.engine.by === "positions" ? "positions" : "windows",
      identity: () => part.identity,
    });
  return {
    ...model,
    stream,
    selfTest: () => {
      const rows = model.selfTest();
      const found = goldenStream(stream(), sheet);
      if (found !== part.golden)
        throw new Error(
          `the golden stream of ${name} has outputs with checksum ${found}; it is ${part.golden}: this engine computes otherwise`,
        );
      return rows;
    },
  };
}

/** The engine for another hop, where it is not compiled for one. */
function withHop(engine: EngineSheet, name: string, hop: number | undefined): EngineSheet {
  if (hop === undefined) return engine;
  if (engine.by === "positions")
    throw new InputError(
      `the model ${name} answers each position, and hop is for networks that answer whole series; leave it out`,
    );
  if (!(Number.isSafeInteger(hop) && hop >= 1))
    throw new InputError(`hop is ${hop}; it is a whole number of at least 1`);
  if (engine.by === "windows") return { ...engine, hop };
  if (hop === engine.hop) return engine;
  throw new InputError(
    `hop is ${hop}; this module was exported for ${engine.hop} (export with --stream ${hop}, or with --stream alone for any)`,
  );
}

function arenaOf(module: WebAssembly.Module): Arena {
  const exported = new WebAssembly.Instance(module).exports as unknown as {
    readonly memory: WebAssembly.Memory;
  } & Readonly<Record<string, () => void>>;
  const { buffer } = exported.memory;
  return {
    floats: new Float32Array(buffer),
    bits: new Int32Array(buffer),
    run: (entry) => exported[entry](),
  };
}

/** A model whose modules are compiled meanwhile. */
export const load = async (sheet: Sheet, sources: readonly Source[]): Promise<StreamingModel> =>
  streamingOf(sheet, await modulesOf(sources));

/** A model at once, which a page's main thread may refuse for modules beyond its limit. */
export const loadSync = (
  sheet: Sheet,
  sources: readonly (WebAssembly.Module | BufferSource)[],
): StreamingModel => streamingOf(sheet, modulesNow(sources));
