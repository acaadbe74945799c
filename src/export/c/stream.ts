/**
 * A network's stream as C99: a sample in, its answers out, everything it remembers in a struct of the caller's. Chunks run over
 * histories that slide, of a network that answers each position and of windows that overlap; other windows are computed whole.
 * The bits are those of the library's stream.
 */
import type { AnyModel } from "../../formats/modelFile.ts";
import { tellingOf } from "../../models/predictions.ts";
import { takesOf } from "../../models/takes.ts";
import type { EngineSheet } from "../../models/stream/engines.ts";
import { blockByBlock } from "../../models/stream/programs.ts";
import type { Placement } from "../../vector/program.ts";
import { streamPart, type StreamAsked } from "../stream.ts";
import { classText } from "./answer.ts";
import { codeOf, networkFor, scheduleOf, type CFiles, type CodeKind } from "./code.ts";
import { namesOf } from "./names.ts";
import { chunkText, outputText, streamHeader, windowText, type Streamed } from "./streamText.ts";
import { streamTestText } from "./streamTest.ts";
import { comment } from "./text.ts";

/** The most steps before histories are moved back: room in each of them, and a copy of each in so many chunks. */
const STEPS = 16;

/**
 * A network's stream as C whose files are called `name`.c and the like; there is no `predict` beside it.
 *
 * @throws InputError for what does not stream, an ensemble and MiniRocket, and for weights that are not finite
 */
export async function encodeStreamC(
  model: AnyModel,
  name: string,
  asked: StreamAsked,
  code: CodeKind = "fast",
): Promise<CFiles> {
  const network = networkFor(model, name);
  const part = await streamPart(network, `${name}.c`, asked, {
    schedule: scheduleOf(code),
    lanes: "samples",
    chunks: blockByBlock,
    steps: STEPS,
  });
  const { engine } = part.sheet;
  const { input, output, masks, histories, exists, entries } = placesOf(engine);
  const stream = await network.stream({ ...asked, numerics: "strict" });
  const { classes, channelNames, answers } = tellingOf(network);
  const { preparation, targets } = network;
  const streamed: Streamed = {
    name: network.model.name,
    channels: takesOf(preparation, network.model.input).channels,
    ...(channelNames && { channelNames }),
    classes: answers === "values" ? [] : classes,
    answers,
    preparation,
    ...(targets && { targets }),
    outputs: stream.outputs,
    every: stream.every,
    latency: stream.latency,
    receptiveField: stream.receptiveField,
    most: engine.by === "positions" ? output.type.shape[2] : 1,
  };
  const names = namesOf(name);
  const c = await codeOf(name, part, entries, [input, output, ...masks, ...histories, ...exists]);
  const say =
    streamed.classes.length === 0
      ? ""
      : classText(
          {
            classes: streamed.classes,
            answers: answers === "multiLabel" ? answers : "classes",
            positions: 1,
            ...(network.temperature !== undefined && { temperature: network.temperature }),
          },
          names.name,
          names.macro,
        );
  const below = [
    say,
    engine.by === "windows"
      ? windowText(streamed, engine, c.memory, names)
      : chunkText(streamed, engine, c.memory, names),
    outputText(streamed, names),
  ].join("\n");
  const floats = c.memory.floats.m;
  return {
    source: c.text(`The stream of the network ${comment(streamed.name)}`, below).join("\n"),
    header: streamHeader(streamed, names, engine, floats),
    test: streamTestText(streamed, names, `${name}.h`, part.sheet.golden),
    flash: c.flash,
    ram: floats * 4 + (engine.by === "windows" ? 8 * streamed.channels * engine.input.length : 0),
    products: c.products,
  };
}

/** Where a stream's program takes, keeps and gives, and what it runs. */
function placesOf(engine: EngineSheet): {
  readonly [what in "input" | "output"]: Placement;
} & { readonly [what in "masks" | "histories" | "exists"]: readonly Placement[] } & {
  readonly entries: readonly string[];
} {
  if (engine.by === "windows") {
    const { input, output, masks } = engine.whole;
    return { input, output, masks, histories: [], exists: [], entries: ["predict"] };
  }
  const { sizes, masks, histories } = engine.chunks;
  const [{ input, output, exists, entries }] = sizes;
  return { input, output, masks, histories, exists: exists.map(({ frames }) => frames), entries };
}
