/** From a row to an answer in C: the checks, the run, and what outputs say, as models/predictions.ts has it. */
import type { Placement } from "../../vector/program.ts";
import { takesOf } from "../../models/takes.ts";
import { inverseOf } from "../../models/temperature.ts";
import type { Sheet } from "../sheet.ts";
import { double, stringLiteral } from "./literals.ts";
import { rowStart } from "./memory.ts";
import type { Names } from "./names.ts";
import { HEADER_END, headerStart } from "./text.ts";

/** Where the run's memory has outputs, and masks of the row's own positions. */
interface InMemory {
  readonly output: { readonly start: number; readonly place: Placement };
  readonly masks: readonly { readonly length: number; readonly start: number }[];
}

const sizesOf = (sheet: Sheet): { classes: number; outputs: number; positions: number } => {
  const [, channels, length] = sheet.networks[0].ports.tensors.output.type.shape;
  return { classes: sheet.classes.length, outputs: channels * length, positions: sheet.positions };
};

export function headerText(sheet: Sheet, { name, macro, sample }: Names, floats: number): string {
  const takes = takesOf(sheet.preparation, sheet.input);
  const { classes, outputs, positions } = sizesOf(sheet);
  const length =
    takes.lengths === "one"
      ? `${takes.length} values a channel`
      : `one value a channel or more; rows are ${takes.lengths} to ${takes.length}`;
  const missing = takes.missing === "filled" ? "NaN where one is missing" : "finite numbers";
  const channels = sheet.channelNames
    ? `\n   Channels: ${sheet.channelNames.map((n) => stringLiteral(n).replaceAll("*/", "*\\057")).join(", ")}. */`
    : " */";
  const said: Record<Sheet["answers"], string> = {
    values: "",
    classes: `  /* By class. */
  double probabilities[${macro}_CLASSES];
  /* The likeliest class, an index of ${name}_classes; -1 where outputs are not numbers. */
  int label;
`,
    multiLabel: `  /* By class; those of 1/2 or more are said. */
  double probabilities[${macro}_CLASSES];
  /* The likeliest class; -1 where outputs are not numbers. */
  int label;
`,
    positions: `  /* By class, the mean over positions; ${name}_probabilities gives those of one. */
  double probabilities[${macro}_CLASSES];
  /* The likeliest class of that mean, and of each position; -1 where outputs are not numbers. */
  int label;
  int labels[${macro}_POSITIONS];
`,
  };
  return `${headerStart({ name, macro, sample }, "row")}
#define ${macro}_CHANNELS ${takes.channels}
#define ${macro}_LENGTH ${takes.length}
#define ${macro}_OUTPUTS ${outputs}
${classes > 0 ? `#define ${macro}_CLASSES ${classes}\n` : ""}${positions > 1 ? `#define ${macro}_POSITIONS ${positions}\n` : ""}
/* What a run needs, ${floats * 4} bytes, wherever the caller has them; nothing is kept in it between runs. */
typedef struct {
  float memory[${floats}];
} ${name}_work;

typedef struct {
  /* The last layer's${sheet.networks[0].targets ? ", in the targets' own units" : ""}${positions > 1 ? ", [class][position]" : ""}. */
  float outputs[${macro}_OUTPUTS];
${said[sheet.answers]}} ${name}_answer;

typedef enum { ${macro}_OK, ${macro}_WRONG_LENGTH, ${macro}_NOT_FINITE } ${name}_status;

${classes > 0 ? `extern const char *const ${name}_classes[${macro}_CLASSES];\n\n` : ""}/* One row in raw units, ${takes.channels} channel${takes.channels > 1 ? "s" : ""} one after another: ${length}, ${missing}.${channels}
${name}_status ${name}_predict(${name}_work *work, const ${sample} *row, size_t length, ${name}_answer *answer);
${positions > 1 && classes > 0 ? `\n/* The probabilities of a position, by class. */\nvoid ${name}_probabilities(const ${name}_answer *answer, int position, double *probabilities);\n` : ""}${HEADER_END}`;
}

export function answerText(sheet: Sheet, { name, macro, sample }: Names, inMemory: InMemory): string {
  const takes = takesOf(sheet.preparation, sheet.input);
  const { classes } = sizesOf(sheet);
  const infinite = takes.missing === "filled" ? "x == x && x - x != 0" : "x - x != 0";
  const masks = inMemory.masks.map(
    ({ length, start }) => `  for (t = 0; t < ${length}; t++)
    work->memory[${start} + t] =
        t * ${sheet.input.length}u / ${length}u < to && ((t + 1) * ${sheet.input.length}u + ${length - 1}u) / ${length}u > from ? 1.0f : 0.0f;
`,
  );
  return `${classes > 0 ? classText(sheet, name, macro) : ""}${name}_status ${name}_predict(${name}_work *work, const ${sample} *row, size_t length, ${name}_answer *answer) {
  size_t t;
  if (${takes.lengths === "one" ? `length != ${takes.length}` : "length == 0"}) return ${macro}_WRONG_LENGTH;
  for (t = 0; t < ${takes.channels} * length; t++) {
    const ${sample} x = row[t];
    if (${infinite}) return ${macro}_NOT_FINITE;
  }
  prepare(work->memory, row, length);
${masks.length > 0 ? `  {\n${extentText(sheet)}${masks.join("").replaceAll(/^/gm, "  ").trimEnd()}\n  }\n` : ""}  run(work->memory);
${outputsText(sheet, inMemory)}${classes > 0 ? sayText(sheet, macro) : ""}  return ${macro}_OK;
}
`;
}

/** Where the values of the row stand in what is prepared. */
function extentText({ preparation: { length, at = "end" }, input }: Sheet): string {
  if (length === undefined) return `    const size_t from = 0, to = ${input.length};\n`;
  const whole = `${input.length}u`;
  const first = { end: "0", start: `${whole} - own`, centre: `(${whole} - own) / 2` }[at];
  return `    const size_t own = length < ${whole} ? length : ${whole}, from = ${first}, to = from + own;\n`;
}

function outputsText(sheet: Sheet, { output: { start, place } }: InMemory): string {
  const [, channels, length] = place.type.shape;
  const { targets } = sheet.networks[0];
  const read = `work->memory[${start + rowStart(place, 0)} + t / ${length} * ${place.layout.pitch} + t % ${length}]`;
  const scales = targets
    ? `  {
    static const double units[${channels * length}][2] = {${targets.mean.map((m, i) => `{${double(m)}, ${double(targets.deviation[i])}}`).join(", ")}};
    for (t = 0; t < ${channels * length}; t++) answer->outputs[t] = (float)(units[t][0] + units[t][1] * (double)answer->outputs[t]);
  }
`
    : "";
  return `  for (t = 0; t < ${channels * length}; t++) answer->outputs[t] = ${read};\n${scales}`;
}

/** e^x, softmax and the class of the largest, in double, as numerics/f64.ts and models/scores have them. */
export function classText(
  {
    classes,
    answers,
    positions,
    temperature,
  }: Pick<Sheet, "classes" | "answers" | "positions" | "temperature">,
  name: string,
  macro: string,
): string {
  const names = classes.map((label) => `  ${stringLiteral(label)},`).join("\n");
  // exact, since both are floats
  const z = `(double)outputs[k * step]${temperature === undefined ? "" : ` * ${double(inverseOf(temperature))}`}`;
  const said =
    answers === "multiLabel"
      ? `static double logistic(double x) { return x >= 0.0 ? 1.0 / (1.0 + exponential(-x)) : exponential(x) / (1.0 + exponential(x)); }
`
      : `/* Of outputs \`step\` apart${temperature === undefined ? "" : ", at the temperature"}; the class of the first largest, -1 where one is no number. */
static int softmax(const float *outputs, size_t step, double *probabilities) {
  double most, sum;
  int best = 0, k;
  for (k = 1; k < ${macro}_CLASSES; k++)
    if (outputs[k * step] > outputs[best * step]) best = k;
  k = best;
  most = ${z};
  for (k = 0; k < ${macro}_CLASSES; k++) probabilities[k] = exponential(${z} - most);
  sum = probabilities[0];
  for (k = 1; k < ${macro}_CLASSES; k++) sum += probabilities[k];
  for (k = 0; k < ${macro}_CLASSES; k++) probabilities[k] /= sum;
  return probabilities[best] == probabilities[best] ? best : -1;
}
`;
  const each =
    positions > 1
      ? `
void ${name}_probabilities(const ${name}_answer *answer, int position, double *probabilities) {
  softmax(answer->outputs + position, ${macro}_POSITIONS, probabilities);
}
`
      : "";
  // of one class a row the softmax says it
  const classOf =
    answers === "classes"
      ? ""
      : `
/* The first of the largest; -1 where one is no number. */
static int class_of(const double *values) {
  int best = 0, k;
  for (k = 0; k < ${macro}_CLASSES; k++) {
    if (values[k] != values[k]) return -1;
    if (values[k] > values[best]) best = k;
  }
  return values[best] - values[best] == 0.0 ? best : -1;
}
`;
  return `const char *const ${name}_classes[${macro}_CLASSES] = {
${names}
};

${EXPONENTIAL}
${said}${each}${classOf}
`;
}

function sayText({ answers, positions }: Sheet, macro: string): string {
  const label = "  answer->label = class_of(answer->probabilities);\n";
  if (answers === "multiLabel")
    return `  for (t = 0; t < ${macro}_CLASSES; t++) answer->probabilities[t] = logistic((double)answer->outputs[t]);\n${label}`;
  if (positions === 1) return "  answer->label = softmax(answer->outputs, 1, answer->probabilities);\n";
  return `  for (t = 0; t < ${macro}_CLASSES; t++) answer->probabilities[t] = 0.0;
  for (t = 0; t < ${macro}_POSITIONS; t++) {
    double here[${macro}_CLASSES];
    int k;
    answer->labels[t] = softmax(answer->outputs + t, ${macro}_POSITIONS, here);
    for (k = 0; k < ${macro}_CLASSES; k++) answer->probabilities[k] += here[k];
  }
  for (t = 0; t < ${macro}_CLASSES; t++) answer->probabilities[t] /= ${double(positions)};
${label}`;
}

/** 1/n! from 2 to 14, the tail of e^x - 1. */
const TAIL = (() => {
  const inverse: number[] = [];
  for (let n = 1, factorial = 1; n <= 14; n++) {
    factorial *= n;
    if (n > 1) inverse.push(1 / factorial);
  }
  return inverse;
})();

const EXPONENTIAL = `static double power_of_two(int k) {
  union { double d; uint64_t u; } both;
  both.u = (uint64_t)(k + 1023) << 52;
  return both.d;
}

/* e^x within an ulp, by the same operations everywhere. */
static double exponential(double x) {
  static const double tail[${TAIL.length}] = {${TAIL.map(double).join(", ")}};
  double scaled, high, low, r, sum = 0.0;
  int k, half, i;
  if (!(x <= 709.782712893384)) return x > 0.0 ? x * DBL_MAX : x;
  if (x < -745.1332191019412) return 0.0;
  scaled = x * ${double(Math.LOG2E)} + 0.5;
  k = (int)scaled;
  if ((double)k > scaled) k--;
  high = x - (double)k * 0.6931471803691238;
  low = (double)k * 1.9082149292705877e-10;
  r = high - low;
  for (i = ${TAIL.length - 1}; i >= 0; i--) sum = sum * r + tail[i];
  sum = 1.0 + (r + (r * r * sum + (high - r - low)));
  half = k >= 0 ? k / 2 : -((1 - k) / 2);
  return sum * power_of_two(half) * power_of_two(k - half);
}
`;
