/**
 * A network's stream as C99: a block of samples in, the answers out, everything it remembers in a struct of the caller's. A network
 * that answers each position computes each once, over histories that slide; one that answers whole series computes the window
 * that ends every so many samples. The bits are those of the library's stream.
 */
import type { AnyModel } from "../../formats/modelFile.ts";
import { tellingOf } from "../../models/predictions.ts";
import { takesOf } from "../../models/takes.ts";
import type { EngineSheet } from "../../models/stream/engines.ts";
import { blockByBlock } from "../../models/stream/programs.ts";
import { streamPart, type StreamAsked } from "../stream.ts";
import type { CFiles } from "./c.ts";
import { classText } from "./answer.ts";
import { codeOf, comment, networkFor, scheduleOf, type CodeKind } from "./code.ts";
import { namesOf } from "./names.ts";
import { outputText, positionText, streamHeader, windowText, type Streamed } from "./streamText.ts";
import { streamTestText } from "./streamTest.ts";

/** Steps before histories are moved back: room in each of them, and a copy of each in so many blocks. */
const STEPS = 16;

type COf = Exclude<EngineSheet, { by: "overlap" }>;

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
    chunks: blockByBlock(STEPS),
    apart: true,
  });
  const engine = part.sheet.engine as COf;
  const { input, output } = engine.by === "positions" ? engine.chunks.sizes[0] : engine.whole;
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
    block: engine.by === "positions" ? engine.chunks.plan.block : 1,
    most: engine.by === "positions" ? output.type.shape[2] : 1,
  };
  const names = namesOf(name);
  const { masks, histories, exists } =
    engine.by === "positions"
      ? { ...engine.chunks, exists: engine.chunks.sizes[0].exists.map(({ frames }) => frames) }
      : { ...engine.whole, histories: [], exists: [] };
  const entries = engine.by === "positions" ? engine.chunks.sizes[0].entries : ["predict"];
  const c = await codeOf(name, part, entries, [input, output, ...masks, ...histories, ...exists]);
  const say =
    streamed.classes.length === 0
      ? ""
      : classText({ classes: streamed.classes, answers, positions: 1 }, names.name, names.macro);
  const below = [
    say,
    engine.by === "positions"
      ? positionText(streamed, engine, c.memory, names)
      : windowText(streamed, engine, c.memory, names),
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
