/** The text of a stream in C: its header, and what a push does before and after the run. */
import type { AnswerKind } from "../../data/answers.ts";
import type { Preparation } from "../../models/preparation.ts";
import type { TargetScales } from "../../models/targets.ts";
import { filling } from "../../models/stream/chunks.ts";
import type { EngineSheet } from "../../models/stream/engines.ts";
import { settledAfter } from "../../models/stream/flow.ts";
import type { Scales } from "../../vector/arena.ts";
import type { Placement } from "../../vector/program.ts";
import { double, stringLiteral } from "./literals.ts";
import { rowStart, type Memory } from "./memory.ts";
import type { Names } from "./names.ts";
import { prepareText } from "./prepare.ts";
import { HEADER_END, headerStart } from "./text.ts";

type ByChunks = Exclude<EngineSheet, { by: "windows" }>;
type Windows = Extract<EngineSheet, { by: "windows" }>;

/** What is said of a stream in C. */
export interface Streamed {
  readonly name: string;
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly classes: readonly string[];
  readonly answers: AnswerKind;
  readonly preparation: Preparation;
  readonly targets?: TargetScales;
  readonly outputs: number;
  readonly every: number;
  readonly latency: number;
  readonly receptiveField: number;
  /** The most answers of a sample. */
  readonly most: number;
}

export function streamHeader(
  s: Streamed,
  { name, macro, sample }: Names,
  engine: EngineSheet,
  floats: number,
): string {
  const channels = s.channelNames
    ? `: ${s.channelNames.map((n) => stringLiteral(n).replaceAll("*/", "*\\057")).join(", ")}`
    : "";
  const about =
    engine.by === "positions"
      ? `answer n, from 0, is about sample n ${macro}_STREAM_EVERY`
      : `the first is about samples 0 to ${s.receptiveField - 1}, the next ones about as many, ${macro}_STREAM_EVERY later`;
  const memory =
    engine.by !== "windows"
      ? "  int step;\n  long waiting, seen;\n"
      : `  /* The window so far, a channel after another. */
  ${sample} row[${macro}_CHANNELS * ${macro}_STREAM_FIELD];
  long have;\n`;
  return `${headerStart({ name, macro, sample }, "sample")}
#define ${macro}_CHANNELS ${s.channels}
#define ${macro}_OUTPUTS ${s.outputs}
${s.classes.length > 0 ? `#define ${macro}_CLASSES ${s.classes.length}\n` : ""}/* The most answers that a sample gives. */
#define ${macro}_STREAM_ANSWERS ${s.most}
/* Samples from answer to answer, by how many an answer is late at most, and how many it depends on. */
#define ${macro}_STREAM_EVERY ${s.every}
#define ${macro}_STREAM_LATENCY ${s.latency}
#define ${macro}_STREAM_FIELD ${s.receptiveField}

/* Everything that a stream remembers, wherever the caller has it; ${name}_stream_init before the first push. */
typedef struct {
  float memory[${floats}];
${memory}} ${name}_stream;

typedef enum { ${macro}_NOT_FINITE = -1 } ${name}_stream_status;

/* Forgets all samples. */
void ${name}_stream_init(${name}_stream *stream);

/* Takes a sample in raw units, a number a channel${channels}, and gives the number of its answers,
   whose outputs stand in \`outputs\`, ${macro}_STREAM_ANSWERS times ${macro}_OUTPUTS at most${s.targets ? ", in the targets' own units" : ""}; ${macro}_NOT_FINITE where a value is not finite, and nothing is taken then.
   ${about[0].toUpperCase()}${about.slice(1)}. */
int ${name}_stream_push(${name}_stream *stream, const ${sample} *sample, float *outputs);
${
  s.classes.length > 0
    ? `
extern const char *const ${name}_classes[${macro}_CLASSES];

/* What the outputs of an answer say: the likeliest class, an index of ${name}_classes, or -1 where they are not numbers. */
int ${name}_stream_say(const float *outputs, double *probabilities);
`
    : ""
}${HEADER_END}`;
}

/** What an answer's outputs say. */
export function outputText({ classes, answers }: Streamed, { name, macro }: Names): string {
  if (classes.length === 0) return "";
  const how =
    answers === "multiLabel"
      ? `  int k;\n  for (k = 0; k < ${macro}_CLASSES; k++) probabilities[k] = logistic((double)outputs[k]);\n  return class_of(probabilities);\n`
      : "  return softmax(outputs, 1, probabilities);\n";
  return `int ${name}_stream_say(const float *outputs, double *probabilities) {\n${how}}\n`;
}

const hex = (value: number): string => {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  return bits === 0 ? "0.0f" : `to_float(0x${bits.toString(16)}u)`;
};

/** Lines that set `count` positions of each channel from its first on. */
const setText = (place: Placement, start: number, count: number, value: string): string =>
  `  for (c = 0; c < ${place.type.shape[1]}; c++)
    for (t = 0; t < ${count}; t++) m[${start + rowStart(place, 0)} + c * ${place.layout.pitch} + t] = ${value};
`;

const initText = (
  { name }: Names,
  memory: Memory,
  masks: readonly Placement[],
  histories: readonly (readonly [Placement, count: number, value: number])[],
  fields: Readonly<Record<string, number>>,
): string => `void ${name}_stream_init(${name}_stream *stream) {
  float *m = stream->memory;
  size_t c, t;
  for (t = 0; t < ${memory.floats.m}; t++) m[t] = 0.0f;
${masks.map((place) => setText(place, memory.start(place), place.type.shape[2], "1.0f")).join("")}${histories
  .map(([place, count, value]) => setText(place, memory.start(place), count, hex(value)))
  .join("")}${Object.entries(fields)
  .map(([field, value]) => `  stream->${field} = ${value};\n`)
  .join("")}  (void)c;
}
`;

/** A sample with a value that is not finite is not taken. */
const finiteText = (macro: string): string => `  for (c = 0; c < ${macro}_CHANNELS; c++)
    if (sample[c] - sample[c] != 0) return ${macro}_NOT_FINITE;
`;

/** Chunks: samples into the input; where it is full a run at the present step, and what is new out. */
export function chunkText(s: Streamed, engine: ByChunks, memory: Memory, names: Names): string {
  const { name, macro, sample } = names;
  const { plan, histories, masks, sizes } = engine.chunks;
  const [{ input, exists, entries, blocks }] = sizes;
  const at = (place: Placement): number => memory.start(place) + rowStart(place, 0);
  const settled = settledAfter(plan) + plan.block;
  const kept = plan.histories.map(({ positions }) => positions);
  const moves = histories.map((place, h) => {
    const by = entries.length * blocks * (plan.block / plan.flows[plan.histories[h].signal].stride);
    const to = `m[${at(place)} + c * ${place.layout.pitch} + t`;
    return `  for (c = 0; c < ${place.type.shape[1]}; c++)
    for (t = 0; t < ${kept[h]}; t++) ${to}] = ${to} + ${by}];
`;
  });
  const present = exists.map(({ signal, frames }) => {
    const { stride, lag } = plan.flows[signal];
    const first = `(seen - ${stride * lag}l) / ${stride}`;
    return `  for (t = 0; t < ${frames.type.shape[2]}; t++) m[${at(frames)} + t] = ${first} + (long)t >= 0 ? 1.0f : 0.0f;
`;
  });
  const filled = histories.map(
    (place, h) => [place, kept[h], filling[plan.histories[h].beyond ?? 0]] as const,
  );
  const parts = [
    initText(names, memory, masks, filled, {
      step: 0,
      waiting: engine.by === "overlap" ? engine.lead : 0,
      seen: 0,
    }),
    ...(moves.length > 0
      ? [
          `/* What is still wanted of the histories, back to their beginnings. */
APART static void move_back(float *m) {
  size_t c, t;
${moves.join("")}}
`,
        ]
      : []),
    ...(present.length > 0
      ? [
          `/* Which of the next chunk's positions exist: none before the beginning does. */
APART static void say_what_exists(float *m, long seen) {
  size_t t;
${present.join("")}}
`,
        ]
      : []),
    `int ${name}_stream_push(${name}_stream *stream, const ${sample} *sample, float *outputs) {
${scalesText(engine.scales)}${engine.by === "overlap" ? unitsText(s) : ""}  float *m = stream->memory;
  size_t c, t;
${finiteText(macro)}  for (c = 0; c < ${s.channels}; c++) m[${at(input)} + (size_t)stream->waiting + c * ${input.layout.pitch}] = ${engine.scales ? "(float)(((double)sample[c] - scales[c][0]) / scales[c][1])" : "(float)sample[c]"};
${engine.by === "overlap" ? `  if (stream->seen < ${engine.length}l) stream->seen++;\n` : ""}  if (++stream->waiting < ${input.type.shape[2]}) return 0;
  stream->waiting = 0;
  if (stream->step == ${entries.length}) {
${moves.length > 0 ? "    move_back(m);\n" : ""}    stream->step = 0;
  }
${present.length > 0 ? `  if (stream->seen < ${settled}l) say_what_exists(m, stream->seen);\n` : ""}  run(m, stream->step);
  stream->step++;
${engine.by === "overlap" ? `  if (stream->seen < ${engine.length}l) return 0;\n${rowText(s, sizes[0].output, memory)}  return 1;` : positionsText(s, engine, memory)}
}
`,
  ];
  return parts.join("\n");
}

/** The new positions that exist, one after another. */
function positionsText(s: Streamed, { chunks: { plan, sizes } }: ByChunks, memory: Memory): string {
  const [{ output }] = sizes;
  const { stride, lag } = plan.flows[plan.flows.length - 1];
  const at = memory.start(output) + rowStart(output, 0);
  return `  {
    const long first = (stream->seen - ${stride * lag}l) / ${stride};
    int found = 0;
    if (stream->seen < ${settledAfter(plan) + plan.block}l) stream->seen += ${plan.block};
    for (t = 0; t < ${s.most}; t++) {
      if (first + (long)t < 0) continue;
      for (c = 0; c < ${s.outputs}; c++) outputs[found * ${s.outputs} + (int)c] = m[${at} + c * ${output.layout.pitch} + t];
      found++;
    }
    return found;
  }`;
}

const scalesText = (scales: Scales | null): string =>
  scales === null
    ? ""
    : `  static const double scales[${scales.shift.length}][2] = {${scales.shift.map((shift, c) => `{${double(shift)}, ${double(scales.scale[c])}}`).join(", ")}};
`;

/** What targets were standardised by. */
const unitsText = ({ targets, outputs }: Streamed): string =>
  targets
    ? `  static const double units[${outputs}][2] = {${targets.mean.map((m, i) => `{${double(m)}, ${double(targets.deviation[i])}}`).join(", ")}};
`
    : "";

/** All outputs of a window, `[channel][position]`. */
function rowText({ targets, outputs }: Streamed, output: Placement, memory: Memory): string {
  const positions = output.type.shape[2];
  const at = memory.start(output) + rowStart(output, 0);
  const read = `m[${at} + t / ${positions} * ${output.layout.pitch} + t % ${positions}]`;
  const told = targets ? `(float)(units[t][0] + units[t][1] * (double)${read})` : read;
  return `  for (t = 0; t < ${outputs}; t++) outputs[t] = ${told};
`;
}

/** Windows: samples into the row, and where it is full a run of it. */
export function windowText(s: Streamed, engine: Windows, memory: Memory, names: Names): string {
  const { name, macro, sample } = names;
  const { whole, input, hop, preparation } = engine;
  const { length } = input;
  return `${prepareText(preparation, input, whole.input, memory.start(whole.input), sample)}

${initText(names, memory, whole.masks, [], { have: 0 })}
int ${name}_stream_push(${name}_stream *stream, const ${sample} *sample, float *outputs) {
${unitsText(s)}  float *m = stream->memory;
  size_t c, t;
${finiteText(macro)}  /* below 0: samples between two windows, which are in none */
  if (stream->have >= 0)
    for (c = 0; c < ${s.channels}; c++) stream->row[c * ${length} + (size_t)stream->have] = sample[c];
  if (++stream->have < ${length}) return 0;
  prepare(m, stream->row, ${length});
  run(m);
${rowText(s, whole.output, memory)}  stream->have = ${length - hop};
${
  hop < length
    ? `  for (c = 0; c < ${s.channels}; c++)
    for (t = 0; t < ${length - hop}; t++) stream->row[c * ${length} + t] = stream->row[c * ${length} + t + ${hop}];
`
    : ""
}  return 1;
}
`;
}
