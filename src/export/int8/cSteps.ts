/** The steps of an int8 program as C: a function for each kind of step, and calls of them. Its meaning is reference.ts. */
import { hexFloat } from "../c/literals.ts";
import { comment, lines } from "../c/text.ts";
import { inverseOf, type Grid } from "./arithmetic.ts";
import type { Layout } from "./memory.ts";
import type { Linear, Plan, Step, Value } from "./steps.ts";

export interface StepTexts {
  /** Constants and functions. */
  readonly constants: readonly string[];
  /** Bytes of constants. */
  readonly flash: number;
  /** What `run` does, a step a line or more. */
  readonly calls: readonly string[];
  /** The functions of FUNCTIONS that are called. */
  readonly used: readonly FunctionName[];
}

/** What a float layer does is written elsewhere: from floats at one place of `m` to floats at another. */
export interface IslandText {
  readonly calls: readonly string[];
  readonly clear: { readonly start: number; readonly floats: number };
  /** Where rows of positions begin, and from one to the next. */
  readonly input: { readonly start: number; readonly pitch: number };
  readonly output: { readonly start: number; readonly pitch: number };
}

export function stepTexts(plan: Plan, layout: Layout, islands: readonly (IslandText | null)[]): StepTexts {
  const constants: string[] = [];
  const calls: string[] = [];
  const used = new Set<FunctionName>();
  let flash = 0;
  const array = (type: string, name: string, bytes: number, numbers: readonly string[]): void => {
    constants.push(`static const ${type} ${name}[${numbers.length}] = {`, ...lines(numbers), "};");
    flash += numbers.length * bytes;
  };
  const call = (name: FunctionName, ...words: readonly (string | number)[]): void => {
    used.add(name);
    calls.push(`  ${name}(${words.join(", ")});`);
  };
  const startOf = (value: number): number => layout.values[plan.values[value].memory].start;
  const q = (value: number): string => `q + ${startOf(value)}`;
  const m = (value: number): string => `m + ${startOf(value) / 4}`;
  plan.steps.forEach((step, i) => {
    const [from, to] = [plan.values[step.from], plan.values[step.to]];
    const [a, grid] = [gridOf(from), gridOf(to)];
    const places = to.channels * to.length;
    calls.push(`  /* ${comment(step.name)} */`);
    switch (step.kind) {
      case "quantise":
        return call("quantise", m(step.from), from.length, q(step.to), from.channels, from.length, hexFloat(inverseOf(grid)), grid.zero); // prettier-ignore
      case "dequantise":
        return call("dequantise", q(step.from), m(step.to), to.length, to.channels, to.length, hexFloat(a.scale), a.zero); // prettier-ignore
      case "linear": {
        const { linear } = step;
        array("int8_t", `filters_${i}`, 1, Array.from(linear.filters, String));
        array("int32_t", `biases_${i}`, 4, Array.from(linear.biases, String));
        const shape = shapeOf(linear, from, to);
        constants.push(
          `static const linear linear_${i} = {${[...shape, a.zero, `filters_${i}`, `biases_${i}`].join(", ")}};`,
        );
        flash += 4 * (shape.length + 1) + 8;
        if (linear.scales instanceof Float32Array) {
          array("float", `scales_${i}`, 4, Array.from(linear.scales, hexFloat));
          return call("linear_floats", `&linear_${i}`, `scales_${i}`, q(step.from), m(step.to));
        }
        array("int32_t", `multipliers_${i}`, 4, linear.scales.map(({ multiplier }) => String(multiplier))); // prettier-ignore
        array("uint8_t", `shifts_${i}`, 1, linear.scales.map(({ shift }) => String(shift))); // prettier-ignore
        return call("linear_places", `&linear_${i}`, `multipliers_${i}`, `shifts_${i}`, grid.zero, q(step.from), q(step.to)); // prettier-ignore
      }
      case "sum":
        return call("sum", q(step.from), a.zero, step.multipliers[0], q(step.other), gridOf(plan.values[step.other]).zero, step.multipliers[1], step.shift, grid.zero, q(step.to), places); // prettier-ignore
      case "product": {
        const b = plan.values[step.other];
        const { multiplier, shift } = step.ratio;
        return call("product", q(step.from), ...strides(from), a.zero, q(step.other), ...strides(b), gridOf(b).zero, multiplier, shift, grid.zero, q(step.to), to.channels, to.length); // prettier-ignore
      }
      case "rescale":
        return call("rescale", q(step.from), a.zero, step.ratio.multiplier, step.ratio.shift, grid.zero, `${q(step.to)} + ${step.channel * to.length}`, from.channels * from.length); // prettier-ignore
      case "max":
      case "mean": {
        const { size, stride, dilation, left } = step.windows;
        const windows = [q(step.from), from.length, size, stride, dilation, left];
        const result = [q(step.to), to.channels, to.length];
        return step.kind === "max"
          ? call("maxima", ...windows, ...result)
          : call("means", ...windows, a.zero, step.ratio.multiplier, step.ratio.shift, grid.zero, ...result);
      }
      case "table":
        array("int8_t", `table_${i}`, 1, Array.from(step.table, String));
        return call("look_up", `table_${i}`, q(step.from), q(step.to), places);
      case "move":
        return void calls.push(moveText(step, q(step.from), from, q(step.to), to));
      case "float": {
        const island = islands[i];
        if (!island) throw new Error("fault: a float step without its text");
        const { clear, input, output } = island;
        call("clear", `m + ${clear.start}`, clear.floats);
        if (from.grid) call("dequantise", q(step.from), `m + ${input.start}`, input.pitch, from.channels, from.length, hexFloat(a.scale), a.zero); // prettier-ignore
        else call("copy", m(step.from), from.length, `m + ${input.start}`, input.pitch, from.channels, from.length); // prettier-ignore
        calls.push(...island.calls);
        if (to.grid) call("quantise", `m + ${output.start}`, output.pitch, q(step.to), to.channels, to.length, hexFloat(inverseOf(grid)), grid.zero); // prettier-ignore
        else call("copy", `m + ${output.start}`, output.pitch, m(step.to), to.length, to.channels, to.length); // prettier-ignore
      }
    }
  });
  return { constants, flash, calls, used: [...used] };
}

const gridOf = ({ grid }: Value): Grid => grid ?? { scale: 1, zero: 0 };

/** From channel to channel and from position to position; one stands for all. */
const strides = ({ channels, length }: Value): [number, number] => [
  channels === 1 ? 0 : length,
  length === 1 ? 0 : 1,
];

const shapeOf = ({ windows, groups, biases }: Linear, from: Value, to: Value): number[] => [
  from.length,
  biases.length,
  to.length,
  windows.size,
  windows.stride,
  windows.dilation,
  windows.left,
  from.channels / groups,
  biases.length / groups,
];

function moveText({ move }: Step & { kind: "move" }, x: string, from: Value, y: string, to: Value): string {
  const base = `x[(c + ${move.channel}) * ${from.length} + p]`;
  return `  {
    const int8_t *x = ${x};
    int8_t *y = ${y};
    for (int32_t c = 0; c < ${to.channels}; c++)
      for (int32_t t = 0; t < ${to.length}; t++) {
        const int32_t p = ${move.text};
        *y++ = ${/-1$/.test(move.text) ? `p < 0 ? ${gridOf(to).zero} : ${base}` : base};
      }
  }`;
}

/** On each of which others stand. */
const SHARED = `typedef struct {
  int32_t length, filters, positions, taps, stride, dilation, left, part, share, zero;
  const int8_t *weights;
  const int32_t *biases;
} linear;

/* x / 2^shift, rounded half away from 0, on a grid: without the shift of a negative number, which C leaves open. */
static inline int8_t on_grid(int64_t x, int shift, int32_t zero) {
  const uint64_t half = (uint64_t)1 << (shift - 1);
  const int64_t size = (int64_t)(((uint64_t)(x < 0 ? -x : x) + half) >> shift);
  const int64_t y = (x < 0 ? -size : size) + zero;
  return (int8_t)(y < -128 ? -128 : y > 127 ? 127 : y);
}
`;

const DOT = `/* A filter at a position. */
static inline int32_t dot(const linear *l, const int8_t *x, int32_t f, int32_t t) {
  const int32_t at = t * l->stride - l->left;
  const int32_t first = at < 0 ? (l->dilation - 1 - at) / l->dilation : 0;
  int32_t end = at < l->length ? (l->length - 1 - at) / l->dilation + 1 : 0;
  int32_t sum = l->biases[f];
  const int8_t *w = l->weights + (size_t)f * (size_t)(l->part * l->taps);
  if (end > l->taps) end = l->taps;
  for (int32_t c = 0; c < l->part; c++, w += l->taps) {
    const int32_t row = (f / l->share * l->part + c) * l->length + at;
    for (int32_t j = first; j < end; j++) sum += (int32_t)w[j] * (x[row + j * l->dilation] - l->zero);
  }
  return sum;
}
`;

/** By name; what stands on DOT says so by calling it. */
const FUNCTIONS = {
  quantise: `/* To a grid, rounded half to even. */
APART static void quantise(const float *x, int32_t pitch, int8_t *y, int32_t channels, int32_t length, float inverse, int32_t zero) {
  for (int32_t c = 0; c < channels; c++)
    for (int32_t t = 0; t < length; t++) {
      float v = x[c * pitch + t] * inverse;
      int32_t place;
      if (!(v >= -512.0f)) v = -512.0f;
      if (v > 512.0f) v = 512.0f;
      v = v + 12582912.0f;
      v = v - 12582912.0f;
      place = (int32_t)v + zero;
      *y++ = (int8_t)(place < -128 ? -128 : place > 127 ? 127 : place);
    }
}
`,
  dequantise: `APART static void dequantise(const int8_t *x, float *y, int32_t pitch, int32_t channels, int32_t length, float scale, int32_t zero) {
  for (int32_t c = 0; c < channels; c++)
    for (int32_t t = 0; t < length; t++) y[c * pitch + t] = (float)(*x++ - zero) * scale;
}
`,
  clear: `APART static void clear(float *y, int32_t count) {
  while (count-- > 0) *y++ = 0.0f;
}
`,
  copy: `APART static void copy(const float *x, int32_t pitch, float *y, int32_t to, int32_t channels, int32_t length) {
  for (int32_t c = 0; c < channels; c++)
    for (int32_t t = 0; t < length; t++) y[c * to + t] = x[c * pitch + t];
}
`,
  linear_places: `APART static void linear_places(const linear *l, const int32_t *multipliers, const uint8_t *shifts, int32_t zero, const int8_t *x, int8_t *y) {
  for (int32_t f = 0; f < l->filters; f++)
    for (int32_t t = 0; t < l->positions; t++)
      *y++ = on_grid((int64_t)dot(l, x, f, t) * multipliers[f], shifts[f], zero);
}
`,
  linear_floats: `APART static void linear_floats(const linear *l, const float *scales, const int8_t *x, float *y) {
  for (int32_t f = 0; f < l->filters; f++)
    for (int32_t t = 0; t < l->positions; t++) *y++ = (float)dot(l, x, f, t) * scales[f];
}
`,
  sum: `APART static void sum(const int8_t *a, int32_t zero_a, int32_t by_a, const int8_t *b, int32_t zero_b, int32_t by_b, int shift, int32_t zero, int8_t *y, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    y[i] = on_grid((int64_t)(a[i] - zero_a) * by_a + (int64_t)(b[i] - zero_b) * by_b, shift, zero);
}
`,
  product: `APART static void product(const int8_t *a, int32_t row_a, int32_t step_a, int32_t zero_a, const int8_t *b, int32_t row_b, int32_t step_b, int32_t zero_b, int32_t by, int shift, int32_t zero, int8_t *y, int32_t channels, int32_t length) {
  for (int32_t c = 0; c < channels; c++)
    for (int32_t t = 0; t < length; t++)
      *y++ = on_grid((int64_t)((int32_t)(a[c * row_a + t * step_a] - zero_a) * (b[c * row_b + t * step_b] - zero_b)) * by, shift, zero);
}
`,
  rescale: `APART static void rescale(const int8_t *x, int32_t from, int32_t by, int shift, int32_t zero, int8_t *y, int32_t count) {
  for (int32_t i = 0; i < count; i++) y[i] = on_grid((int64_t)(x[i] - from) * by, shift, zero);
}
`,
  maxima: `APART static void maxima(const int8_t *x, int32_t length, int32_t size, int32_t stride, int32_t dilation, int32_t left, int8_t *y, int32_t channels, int32_t positions) {
  for (int32_t c = 0; c < channels; c++, x += length)
    for (int32_t t = 0; t < positions; t++) {
      int8_t most = -128;
      for (int32_t j = 0; j < size; j++) {
        const int32_t p = t * stride - left + j * dilation;
        if (p >= 0 && p < length && x[p] > most) most = x[p];
      }
      *y++ = most;
    }
}
`,
  means: `APART static void means(const int8_t *x, int32_t length, int32_t size, int32_t stride, int32_t dilation, int32_t left, int32_t from, int32_t by, int shift, int32_t zero, int8_t *y, int32_t channels, int32_t positions) {
  for (int32_t c = 0; c < channels; c++, x += length)
    for (int32_t t = 0; t < positions; t++) {
      int32_t total = 0;
      for (int32_t j = 0; j < size; j++) {
        const int32_t p = t * stride - left + j * dilation;
        if (p >= 0 && p < length) total += x[p] - from;
      }
      *y++ = on_grid((int64_t)total * by, shift, zero);
    }
}
`,
  look_up: `APART static void look_up(const int8_t *table, const int8_t *x, int8_t *y, int32_t count) {
  for (int32_t i = 0; i < count; i++) y[i] = table[x[i] + 128];
}
`,
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

/** The functions that are called, and what they stand on. */
export function functionsText(used: readonly FunctionName[]): string {
  const own = Object.entries(FUNCTIONS).flatMap(([name, text]) =>
    used.includes(name as FunctionName) ? [text] : [],
  );
  const all = own.join("\n");
  return [
    ...(all.includes("on_grid(") || all.includes("dot(") ? [SHARED] : []),
    ...(all.includes("dot(") ? [DOT] : []),
    all,
  ].join("\n");
}
