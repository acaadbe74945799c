/** The steps of an int8 program as C: a function for each kind of step, and calls of them. Its meaning is reference.ts. */
import type { CodeKind } from "../c/code.ts";
import { hexFloat } from "../c/literals.ts";
import { comment, lines } from "../c/text.ts";
import { inverseOf, type Grid, type Ratio } from "./arithmetic.ts";
import type { Layout } from "./memory.ts";
import type { Linear, Plan, Step, Value, Windows } from "./steps.ts";

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
  const writer = new Writer(plan, layout);
  plan.steps.forEach((step, i) => writer.step(step, i, islands[i]));
  return writer.end();
}

class Writer {
  readonly #plan: Plan;
  readonly #layout: Layout;
  readonly #constants: string[][] = [];
  readonly #calls: (readonly string[])[] = [];
  readonly #used = new Set<FunctionName>();
  #flash = 0;

  constructor(plan: Plan, layout: Layout) {
    this.#plan = plan;
    this.#layout = layout;
  }

  step(step: Step, i: number, island: IslandText | null): void {
    const [from, to] = [this.#plan.values[step.from], this.#plan.values[step.to]];
    const [a, grid] = [gridOf(from), gridOf(to)];
    const places = to.channels * to.length;
    const [x, y] = [this.#q(step.from), this.#q(step.to)];
    this.#calls.push([`  /* ${comment(step.name)} */`]);
    switch (step.kind) {
      case "quantise":
        return this.#quantise(this.#m(step.from), from.length, y, to);
      case "dequantise":
        return this.#dequantise(x, from, this.#m(step.to), to.length);
      case "linear":
        return this.#linear(step, i);
      case "sum": {
        const [m, n] = step.multipliers;
        const b = this.#plan.values[step.other];
        const second = [this.#q(step.other), gridOf(b).zero, n];
        return this.#call("sum", x, a.zero, m, ...second, step.shift, grid.zero, y, places);
      }
      case "product": {
        const b = this.#plan.values[step.other];
        const operands = [x, ...strides(from), a.zero, this.#q(step.other), ...strides(b), gridOf(b).zero];
        return this.#call("product", ...operands, ...ratioOf(step), grid.zero, y, to.channels, to.length);
      }
      case "rescale": {
        const at = `${y} + ${step.channel * to.length}`;
        return this.#call("rescale", x, a.zero, ...ratioOf(step), grid.zero, at, from.channels * from.length);
      }
      case "max":
        return this.#call("maxima", x, from.length, ...windowsOf(step.windows), y, to.channels, to.length);
      case "mean": {
        const scales = [a.zero, ...ratioOf(step), grid.zero];
        const windows = windowsOf(step.windows);
        return this.#call("means", x, from.length, ...windows, ...scales, y, to.channels, to.length);
      }
      case "table":
        this.#array("int8_t", `table_${i}`, 1, Array.from(step.table, String));
        return this.#call("look_up", `table_${i}`, x, y, places);
      case "move":
        return void this.#calls.push([moveText(step, x, from, y, to)]);
      case "float":
        if (!island) throw new Error("fault: a float step without its text");
        return this.#island(step, island);
    }
  }

  end(): StepTexts {
    return {
      constants: this.#constants.flat(),
      flash: this.#flash,
      calls: this.#calls.flat(),
      used: [...this.#used],
    };
  }

  #linear({ from: x, to: y, linear }: Step & { kind: "linear" }, i: number): void {
    const [from, to] = [this.#plan.values[x], this.#plan.values[y]];
    const { filters, biases, scales } = linear;
    this.#array("int8_t", `filters_${i}`, 1, Array.from(filters, String));
    this.#array("int32_t", `biases_${i}`, 4, Array.from(biases, String));
    const shape = [...shapeOf(linear, from, to), gridOf(from).zero];
    const fields = [...shape, `filters_${i}`, `biases_${i}`].join(", ");
    this.#constants.push([`static const linear linear_${i} = {${fields}};`]);
    this.#flash += 4 * shape.length + 2 * POINTER_BYTES;
    if (scales instanceof Float32Array) {
      this.#array("float", `scales_${i}`, 4, Array.from(scales, hexFloat));
      return this.#call("linear_floats", `&linear_${i}`, `scales_${i}`, this.#q(x), this.#m(y));
    }
    const [multipliers, shifts] = [`multipliers_${i}`, `shifts_${i}`];
    this.#array("int32_t", multipliers, 4, scales.map((r) => String(r.multiplier))); // prettier-ignore
    this.#array("uint8_t", shifts, 1, scales.map((r) => String(r.shift))); // prettier-ignore
    this.#call("linear_places", `&linear_${i}`, multipliers, shifts, gridOf(to).zero, this.#q(x), this.#q(y));
  }

  #island({ from: x, to: y }: Step, { clear, input, output, calls }: IslandText): void {
    const [from, to] = [this.#plan.values[x], this.#plan.values[y]];
    const [first, last] = [`m + ${input.start}`, `m + ${output.start}`];
    this.#call("clear", `m + ${clear.start}`, clear.floats);
    if (from.grid) this.#dequantise(this.#q(x), from, first, input.pitch);
    else this.#call("copy", this.#m(x), from.length, first, input.pitch, from.channels, from.length);
    this.#calls.push(calls);
    if (to.grid) this.#quantise(last, output.pitch, this.#q(y), to);
    else this.#call("copy", last, output.pitch, this.#m(y), to.length, to.channels, to.length);
  }

  #quantise(x: string, pitch: number, y: string, to: Value): void {
    const grid = gridOf(to);
    this.#call("quantise", x, pitch, y, to.channels, to.length, hexFloat(inverseOf(grid)), grid.zero);
  }

  #dequantise(x: string, from: Value, y: string, pitch: number): void {
    const { scale, zero } = gridOf(from);
    this.#call("dequantise", x, y, pitch, from.channels, from.length, hexFloat(scale), zero);
  }

  #array(type: string, name: string, bytes: number, numbers: readonly string[]): void {
    this.#constants.push([`static const ${type} ${name}[${numbers.length}] = {`, ...lines(numbers), "};"]);
    this.#flash += numbers.length * bytes;
  }

  #call(name: FunctionName, ...words: readonly (string | number)[]): void {
    this.#used.add(name);
    this.#calls.push([`  ${name}(${words.join(", ")});`]);
  }

  #start(value: number): number {
    return this.#layout.values[this.#plan.values[value].memory].start;
  }

  readonly #q = (value: number): string => `q + ${this.#start(value)}`;
  readonly #m = (value: number): string => `m + ${this.#start(value) / 4}`;
}

/** Of the processors that C is exported for. */
const POINTER_BYTES = 4;

const ratioOf = ({ ratio }: { readonly ratio: Ratio }): [number, number] => [ratio.multiplier, ratio.shift];

const windowsOf = ({ size, stride, dilation, left }: Windows): number[] => [size, stride, dilation, left];

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
        *y++ = ${move.text.endsWith("-1") ? `p < 0 ? ${gridOf(to).zero} : ${base}` : base};
      }
  }`;
}

/** On each of which others stand. */
const SHARED = `#define TOGETHER 32

typedef struct {
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

/** Of one position after another: the smallest code. */
const SMALL = `/* A filter at \`count\` positions from t on. */
static void filter(const linear *l, const int8_t *x, int32_t f, int32_t t, int32_t count, int32_t *sums) {
  for (int32_t i = 0; i < count; i++) sums[i] = dot(l, x, f, t + i);
}
`;

/** Of neighbours together, which compilers join to vectors. */
const FAST = `/* A filter at \`count\` positions from t on, tap after tap. */
static void filter(const linear *l, const int8_t *x, int32_t f, int32_t t, int32_t count, int32_t *sums) {
  const int8_t *w = l->weights + (size_t)f * (size_t)(l->part * l->taps);
  const int32_t zero = l->zero, stride = l->stride;
  if (count < 4) {
    for (int32_t i = 0; i < count; i++) sums[i] = dot(l, x, f, t + i);
    return;
  }
  for (int32_t i = 0; i < count; i++) sums[i] = l->biases[f];
  for (int32_t c = 0; c < l->part; c++) {
    const int8_t *row = x + (f / l->share * l->part + c) * l->length;
    for (int32_t j = 0; j < l->taps; j++) {
      const int32_t at = t * stride + j * l->dilation - l->left, value = *w++;
      if (stride == 1 && count == TOGETHER && at >= 0 && at + TOGETHER <= l->length) {
        const int8_t *from = row + at;
        for (int32_t i = 0; i < TOGETHER; i++) sums[i] += value * (from[i] - zero);
      } else if (stride == 1) {
        const int32_t end = l->length - at < count ? l->length - at : count;
        for (int32_t i = at < 0 ? -at : 0; i < end; i++) sums[i] += value * (row[at + i] - zero);
      } else {
        for (int32_t i = 0, p = at; i < count; i++, p += stride)
          if (p >= 0 && p < l->length) sums[i] += value * (row[p] - zero);
      }
    }
  }
}
`;

/** By name. */
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
  int32_t sums[TOGETHER];
  for (int32_t f = 0; f < l->filters; f++)
    for (int32_t t = 0; t < l->positions; t += TOGETHER) {
      const int32_t left = l->positions - t, count = left < TOGETHER ? left : TOGETHER;
      filter(l, x, f, t, count, sums);
      for (int32_t i = 0; i < count; i++) *y++ = on_grid((int64_t)sums[i] * multipliers[f], shifts[f], zero);
    }
}
`,
  linear_floats: `APART static void linear_floats(const linear *l, const float *scales, const int8_t *x, float *y) {
  int32_t sums[TOGETHER];
  for (int32_t f = 0; f < l->filters; f++)
    for (int32_t t = 0; t < l->positions; t += TOGETHER) {
      const int32_t left = l->positions - t, count = left < TOGETHER ? left : TOGETHER;
      filter(l, x, f, t, count, sums);
      for (int32_t i = 0; i < count; i++) *y++ = (float)sums[i] * scales[f];
    }
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
export function functionsText(used: readonly FunctionName[], code: CodeKind): string {
  const own = Object.entries(FUNCTIONS).flatMap(([name, text]) =>
    used.includes(name as FunctionName) ? [text] : [],
  );
  const all = own.join("\n");
  return [
    ...(all.includes("on_grid(") || all.includes("filter(") ? [SHARED] : []),
    ...(all.includes("filter(") ? [DOT, { fast: FAST, small: SMALL }[code]] : []),
    all,
  ].join("\n");
}
