/**
 * The preparation in C: the steps of models/lines.ts and models/preparation.ts in the same order and in double, one line (a channel of
 * the row) after another, without a copy of it: a value is computed where it is asked for. The tests hold it against the library, bit for bit.
 */
import type { Place } from "../../models/lines.ts";
import { rawChannels, type Preparation } from "../../models/preparation.ts";
import type { Signal } from "../../layers/layer.ts";
import type { Placement } from "../../vector/program.ts";
import { unitsOf } from "../sheet.ts";
import { double } from "./literals.ts";
import { rowStart } from "./memory.ts";

/** What stands before `length` values among `whole`. */
const before = (length: string, whole: string, at: Place = "end"): string =>
  ({ end: "0", start: `${whole} - ${length}`, centre: `(${whole} - ${length}) / 2` })[at];

/** `static void prepare(float *m, const SAMPLE *row, size_t length)`, and what it stands on. */
export function prepareText(
  p: Preparation,
  input: Signal,
  place: Placement,
  start: number,
  sample: string,
): string {
  const own = rawChannels(p, input.channels);
  const { fill, detrend, resample } = p;
  const plain = !fill && !detrend && resample === undefined;
  const moments = p.kind === "sample" || p.pad === "mean";
  const parts = [
    `/* One channel of the row, ${plain ? "cut" : "shaped"}: value t, and whether it was measured. */
typedef struct {
  const ${sample} *raw;
  size_t length;${detrend ? "\n  double mean, middle, slope;\n  int is_line;" : ""}
} line;`,
    ...(fill ? [fillText(fill, sample)] : [RAW]),
    ...(detrend ? [DETREND] : []),
    ...(resample === undefined ? [] : [resampleText(resample, detrend ? "detrended" : "filled")]),
  ];
  const last = resample !== undefined ? "resampled" : detrend ? "detrended" : "filled";
  const shaped = resample === undefined ? "l->length" : String(input.length);
  parts.push(`static double value(const line *l, size_t t, int *known) { return ${last}(l, t, known); }`);
  if (moments) parts.push(momentsText(shaped));
  const scales =
    p.kind === "channel" || p.kind === "minmax"
      ? `static const double shift_scale[${own}][2] = {${Array.from({ length: own }, (_, c) => `{${unitsOf(p, c).map(double).join(", ")}}`).join(", ")}};`
      : "";
  const units =
    p.kind === "sample"
      ? "moments(&l, 0.0, 1.0, &shift, &scale);"
      : p.kind === "none"
        ? ""
        : "shift = shift_scale[c][0];\n    scale = shift_scale[c][1];";
  const masks =
    own < input.channels
      ? `\n    for (t = 0; t < ${input.length}; t++) x[${own * place.layout.pitch} + t] = 0.0f;
    for (t = 0; t < own; t++) {
      (void)value(&l, t, &known);
      x[${own * place.layout.pitch} + from + t] = known ? 1.0f : 0.0f;
    }`
      : "";
  parts.push(`${scales}
APART static void prepare(float *m, const ${sample} *row, size_t length) {
  const size_t whole = ${input.length};
  size_t c, t;
  for (t = 0; t < ${place.layout.pitch * input.channels}; t++) m[${start} + t] = 0.0f;
  for (c = 0; c < ${own}; c++) {
    float *x = m + ${start + rowStart(place, 0)} + c * ${place.layout.pitch};
    line l;
    size_t own, from;
    double shift = 0.0, scale = 1.0;
    int known, missing = 0;
    l.raw = row + c * length;
    l.length = length;
${p.length === undefined ? "" : `    if (length > whole) {\n      l.raw += ${before("whole", "length", p.at)};\n      l.length = whole;\n    }\n`}    own = ${resample === undefined ? "l.length" : "whole"};
    from = ${before("own", "whole", p.at)};${fill ? "\n    for (t = 0; t < l.length; t++) missing |= l.raw[t] != l.raw[t];" : ""}${detrend ? "\n    fit_line(&l);" : ""}
    ${units}
    for (t = 0; t < own; t++) {
      const double y = value(&l, t, &known);
      x[from + t] = missing && y != y ? 0.0f : (float)((y - shift) / scale);
    }${padText(p)}${masks}
    (void)missing;
    (void)whole;
  }
}`);
  return parts.join("\n\n");
}

function padText({ length, pad }: Preparation): string {
  if (length === undefined || pad === "zero" || pad === undefined) return "";
  const first = pad === "edge" ? "x[from]" : "mean";
  const last = pad === "edge" ? "x[from + own - 1]" : "mean";
  const mean =
    pad === "mean"
      ? "double average, deviation;\n      float mean;\n      moments(&l, shift, scale, &average, &deviation);\n      mean = (float)average;\n      "
      : "";
  return `
    if (own < whole) {
      ${mean}for (t = 0; t < from; t++) x[t] = ${first};
      for (t = from + own; t < whole; t++) x[t] = ${last};
    }`;
}

const RAW = `static double filled(const line *l, size_t t, int *known) {
  *known = 1;
  return (double)l->raw[t];
}`;

/** What stands for a missing value: found from its neighbours when it is asked for. */
function fillText(fill: "linear" | "forward" | "zero", sample: string): string {
  const step =
    fill === "linear" ? "right < l->length ? (last - first) / (double)(right - left) : 0.0" : "0.0";
  const between =
    fill === "zero"
      ? "return x;"
      : `left = t;
  while (left > 0 && l->raw[left - 1] != l->raw[left - 1]) left--;
  right = t;
  while (right < l->length && l->raw[right] != l->raw[right]) right++;
  if (left == 0) return right < l->length ? (double)l->raw[right] : x;
  left--;
  first = (double)l->raw[left];
  last = right < l->length ? (double)l->raw[right] : 0.0;
  (void)last;
  return first + (double)(t - left) * (${step});`;
  return `static double filled(const line *l, size_t t, int *known) {
  const double x = (double)l->raw[t];${fill === "zero" ? "" : "\n  size_t left, right;\n  double first, last;"}
  *known = x == x;
  if (*known) return x;
  ${between}
}`.replaceAll("SAMPLE", sample);
}

const DETREND = `static void fit_line(line *l) {
  double count = 0.0, sum = 0.0, times = 0.0, largest = 0.0, product = 0.0, square = 0.0;
  size_t t;
  int known;
  for (t = 0; t < l->length; t++) {
    const double x = filled(l, t, &known), size = x < 0.0 ? -x : x;
    if (!known) continue;
    count += 1.0;
    sum += x;
    times += (double)t;
    if (size > largest) largest = size;
  }
  l->mean = sum / count;
  l->middle = times / count;
  for (t = 0; t < l->length; t++) {
    const double x = filled(l, t, &known);
    if (!known) continue;
    product += ((double)t - l->middle) * (x - l->mean);
    square += ((double)t - l->middle) * ((double)t - l->middle);
  }
  l->slope = square > 0.0 ? product / square : 0.0;
  l->is_line = 1;
  for (t = 0; t < l->length; t++) {
    const double x = filled(l, t, &known) - (l->mean + ((double)t - l->middle) * l->slope);
    if ((x < 0.0 ? -x : x) > 1e-12 * largest) l->is_line = 0;
  }
}

/* Less the least-squares line; what is a line itself is 0 throughout. */
static double detrended(const line *l, size_t t, int *known) {
  const double x = filled(l, t, known) - (l->mean + ((double)t - l->middle) * l->slope);
  return l->is_line && x == x ? 0.0 : x;
}`;

const resampleText = (
  length: number,
  from: string,
): string => `/* At even places from the first to the last value. */
static double resampled(const line *l, size_t t, int *known) {
  const uint64_t last = (uint64_t)l->length - 1u, place = (uint64_t)t * last;
  const size_t left = (size_t)(place / ${length - 1}u);
  const uint64_t part = place % ${length - 1}u;
  double x, y;
  int other;
  if (l->length == ${length}u) return ${from}(l, t, known);
  x = ${from}(l, left, known);
  if (part == 0) return x;
  y = ${from}(l, left + 1, &other);
  *known &= other;
  return x + (double)part / ${double(length - 1)} * (y - x);
}`;

const momentsText = (
  shaped: string,
): string => `/* Mean and deviation of the measured values (x - shift) / scale. */
static void moments(const line *l, double shift, double scale, double *mean, double *deviation) {
  const size_t length = ${shaped};
  double count = 0.0, sum = 0.0, squares = 0.0, own;
  size_t t;
  int known;
  for (t = 0; t < length; t++) {
    const double x = (value(l, t, &known) - shift) / scale;
    if (!known) continue;
    count += 1.0;
    sum += x;
  }
  *mean = count > 0.0 ? sum / count : 0.0;
  for (t = 0; t < length; t++) {
    const double x = (value(l, t, &known) - shift) / scale;
    if (!known) continue;
    squares += (x - *mean) * (x - *mean);
  }
  own = sqrt(squares / count);
  *deviation = own > 1e-12 * (*mean < 0.0 ? -*mean : *mean) ? own : 1.0;
}`;
