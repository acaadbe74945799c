/** Every rule of the gradient against central differences in f64, over random shapes and graphs. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { arity, type Axis, type ConvolveOf, type Fn, type Graph, type NodeId } from "../../src/graph/ops.ts";
import type { Shape, Space } from "../../src/numerics/tensor.ts";
import { printGraph } from "../../src/graph/print.ts";
import { gradientError, valuesFor, withGradients } from "./numeric.ts";

const fns = Object.keys(arity) as Fn[];
/** One sequence of cases: a kink within a step of 1e-6 would otherwise fail about once in 10,000 runs. */
const FIXED = 20260101;
const BOUND = 1e-7;
const rows = fc.integer({ min: 1, max: 3 });
const seeds = fc.integer({ min: 1, max: 1e6 });

describe("the gradient of a map", () => {
  it.each(fns)("%s, over broadcasting operands", (fn) => {
    const low = fn === "log" || fn === "sqrt" || fn === "div" ? 0.4 : -2;
    fc.assert(
      fc.property(fc.array(fc.nat(7), { minLength: 4, maxLength: 4 }), rows, seeds, (kinds, n, seed) => {
        const b = new GraphBuilder();
        const shapes: readonly (readonly [Space, Shape])[] = [
          ["sample", [1, 2, 3]],
          ["sample", [1, 2, 1]],
          ["sample", [1, 1, 3]],
          ["sample", [1, 1, 1]],
          ["weight", [1, 2, 3]],
          ["weight", [1, 2, 1]],
          ["weight", [1, 1, 1]],
          ["weight", [1, 1, 3]],
        ];
        const args = kinds.slice(0, arity[fn]).map((k, i) => b.input(`x${i}`, ...shapes[k]));
        const out = b.map(fn, ...args);
        const graph = b.build({ out });
        expect(gradientError(graph, out, valuesFor(graph, n, seed, low), n)).toBeLessThan(BOUND);
      }),
      { numRuns: 12, seed: FIXED },
    );
  });

  it.each([
    ["relu", 0],
    ["abs", 0],
  ] as const)("%s is %d at 0", (fn, want) => {
    const c = new GraphBuilder();
    const y = c.map(fn, c.input("x", "sample", [1, 1, 1]));
    expect([...evaluate(withGradients(c.build({ y }), y), { x: [0], seed: [1] }, 1)["d x"]]).toEqual([want]);
  });

  it("elu's exponential overflows in neither branch: d elu(1000) = 1", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 1]);
    const below = b.map("sub", b.map("exp", b.map("min", x, b.constant(0))), b.constant(1));
    const y = b.map("selectLt", b.constant(0), x, x, below);
    expect([...evaluate(withGradients(b.build({ y }), y), { x: [1000], seed: [1] }, 1)["d x"]]).toEqual([1]);
  });
});

const maps = fc
  .record({
    groups: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
    taps: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    left: fc.nat(4),
    right: fc.nat(4),
    extra: fc.nat(5),
  })
  .map((s) => {
    const span = s.dilation * (s.taps - 1) + 1;
    const length = Math.max(1, span - s.left - s.right) + s.extra;
    return convolveMap([1, s.channels * s.groups, length], [s.filters * s.groups, s.channels, s.taps], {
      stride: s.stride,
      dilation: s.dilation,
      padding: [s.left, s.right],
      groups: s.groups,
    });
  });

describe.each(["output", "input", "filter"] as const)("the gradient of convolve of %s", (of: ConvolveOf) => {
  const build = (m: ReturnType<typeof convolveMap>): { graph: Graph; out: NodeId } => {
    const b = new GraphBuilder();
    const v = () => b.input("v", "sample", [1, m.filters, m.outLength]);
    const w = () => b.input("w", "weight", [m.filters, m.channels / m.groups, m.taps]);
    const y = () => b.input("y", "sample", [1, m.channels, m.length]);
    const [first, second] = { output: [w, y], input: [v, w], filter: [v, y] }[of];
    const out = b.convolve(of, first(), second(), m);
    return { graph: b.build({ out }), out };
  };

  it("with stride, dilation, padding and groups", () => {
    fc.assert(
      fc.property(maps, rows, seeds, (m, n, seed) => {
        const { graph, out } = build(m);
        expect(gradientError(graph, out, valuesFor(graph, n, seed), n)).toBeLessThan(BOUND);
      }),
      { numRuns: 25, seed: FIXED },
    );
  });

  it("twice: the second derivatives are of the same three forms", () => {
    fc.assert(
      fc.property(maps, rows, seeds, (m, n, seed) => {
        const { graph, out } = build(m);
        const once = withGradients(graph, out);
        for (const [name, id] of Object.entries(once.outputs)) {
          if (name === "output") continue;
          // squared, so that the second derivative does not vanish
          const b = new GraphBuilder({ nodes: once.nodes, outputs: {} });
          const square = b.map("mul", id, id);
          const values = valuesFor(b.build({}), n, seed);
          values.given = values.seed;
          delete values.seed;
          const renamed = b
            .build({})
            .nodes.map((node) =>
              node.op.op === "input" && node.op.name === "seed"
                ? { ...node, op: { op: "input", name: "given" } as const }
                : node,
            );
          expect(gradientError({ nodes: renamed, outputs: {} }, square, values, n)).toBeLessThan(BOUND);
        }
      }),
      { numRuns: 10, seed: FIXED },
    );
  });
});

describe("the gradient of the other ops", () => {
  const axes = fc.constantFrom<readonly Axis[]>(
    ["n"],
    ["c"],
    ["t"],
    ["n", "t"],
    ["n", "c", "t"],
    ["c", "t"],
    ["n", "c"],
  );

  it("sums, over every set of axes", () => {
    fc.assert(
      fc.property(axes, rows, seeds, (over, n, seed) => {
        const b = new GraphBuilder();
        const x = b.input("x", "sample", [1, 2, 3]);
        const y = b.input("y", "sample", [1, 2, 1]);
        const w = b.input("w", "weight", [1, 2, 1]);
        const out = b.sum(b.map("mul", b.map("mul", b.map("tanh", x), w), y), over);
        const graph = b.build({ out });
        expect(gradientError(graph, out, valuesFor(graph, n, seed), n)).toBeLessThan(BOUND);
      }),
      { numRuns: 40, seed: FIXED },
    );
  });

  it("maxima within a row", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<readonly Axis[]>(["c"], ["t"], ["c", "t"]),
        rows,
        seeds,
        (over, n, seed) => {
          const b = new GraphBuilder();
          const x = b.input("x", "sample", [1, 3, 4]);
          const out = b.map("exp", b.max(x, over));
          const graph = b.build({ out });
          expect(gradientError(graph, out, valuesFor(graph, n, seed), n)).toBeLessThan(BOUND);
        },
      ),
      { numRuns: 20, seed: FIXED },
    );
  });

  it("broadcast, reshape, and detach, through which nothing goes back", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 1]);
    const w = b.input("w", "weight", [1, 1, 3]);
    const wide = b.map("mul", b.broadcast(x, { space: "sample", shape: [1, 2, 3] }), b.map("exp", w));
    const flat = b.reshape(wide, [1, 6, 1]);
    const out = b.map("mul", flat, b.reshape(b.map("tanh", wide), [1, 6, 1]));
    const graph = b.build({ out });
    expect(gradientError(graph, out, valuesFor(graph, 3, 5), 3)).toBeLessThan(BOUND);

    const c = new GraphBuilder();
    const y = c.input("y", "sample", [1, 1, 1]);
    const product = c.map("mul", c.detach(y), y);
    const got = evaluate(withGradients(c.build({ product }), product), { y: [3], seed: [1] }, 1);
    expect([...got["d y"]]).toEqual([3]);
  });

  it("is null where nothing depends on the input", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 1, 1]);
    const y = b.input("y", "sample", [1, 1, 1]);
    const out = b.sum(b.map("mul", x, b.detach(y)), ["n"]);
    expect(gradient(b.build({ out }), out, [x, y]).gradients.map((g) => g === null)).toEqual([false, true]);
  });

  it("random graphs of smooth maps, sums and convolutions", () => {
    const smooth: readonly Fn[] = ["neg", "tanh", "sigmoid", "erf", "softplus", "gelu", "add", "sub", "mul"];
    const step = fc.record({ kind: fc.nat(11), a: fc.nat(), b: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 10 }), rows, seeds, (steps, n, seed) => {
        const b = new GraphBuilder();
        const nodes = [
          b.input("x", "sample", [1, 2, 4]),
          b.input("y", "sample", [1, 2, 1]),
          b.input("z", "weight", [1, 2, 1]),
        ];
        const w = b.input("w", "weight", [2, 2, 3]);
        const map = convolveMap([1, 2, 4], [2, 2, 3], { padding: [1, 1] });
        for (const s of steps) {
          const p = nodes[s.a % nodes.length];
          const q = nodes[s.b % nodes.length];
          if (s.kind < smooth.length) {
            const fn = smooth[s.kind];
            nodes.push(arity[fn] === 1 ? b.map(fn, p) : b.map(fn, p, q));
          } else if (s.kind === 9 && b.type(p).shape[2] === 4) nodes.push(b.convolve("output", w, p, map));
          else nodes.push(b.map("tanh", b.sum(p, s.kind === 10 ? ["t"] : ["n", "t"])));
        }
        // tanh of all of them, so that no product grows out of hand
        const out = nodes.slice(3).reduce((sum, x) => b.map("tanh", b.map("add", sum, x)), nodes[0]);
        const graph = b.build({ out });
        expect(gradientError(graph, out, valuesFor(graph, n, seed, -1, 1), n)).toBeLessThan(1e-6);
      }),
      { numRuns: 40, seed: FIXED },
    );
  });
});

describe("sums drop what does not vary along them", () => {
  const sums = (graph: Graph): number =>
    graph.nodes.filter(({ op }) => op.op === "reduce" && op.fn === "sum").length;

  it("sum over t of x w is w times the sum of x", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 2, 5]);
    const w = b.input("w", "weight", [1, 2, 1]);
    const out = b.sum(b.map("mul", x, w), ["t"]);
    expect(printGraph(b.build({ out }))).toMatchInlineSnapshot(`
      "%0 n [2, 5] = input x
      %1 [1, 2, 1] = input w
      %2 n [2, 5] = mul %0 %1
      %3 n [2, 1] = sum over t %0
      %4 n [2, 1] = mul %3 %1
      out = %4"
    `);
  });

  it("batch normalisation's way back takes 2 sums over n and t, those of the gradients of gamma and beta", () => {
    const b = new GraphBuilder();
    const x = b.input("x", "sample", [1, 3, 4]);
    const [gamma, beta] = ["gamma", "beta"].map((name) => b.input(name, "weight", [1, 3, 1]));
    const count = b.map("mul", b.rows(), b.constant(4));
    const mean = b.map("div", b.sum(x, ["n", "t"]), count);
    const still = b.map("sub", x, b.detach(mean));
    const variance = b.map("div", b.sum(b.map("mul", still, still), ["n", "t"]), count);
    const scale = b.map("div", b.constant(1), b.map("sqrt", b.map("add", variance, b.constant(1e-5))));
    const centred = b.map("mul", b.map("sub", x, mean), scale);
    const y = b.map("add", b.map("mul", centred, gamma), beta);
    const forward = b.build({ y });
    const whole = withGradients(forward, y);
    expect(sums(forward)).toBe(2);
    const live = new Set<NodeId>();
    const visit = (id: NodeId): void => {
      if (!live.has(id)) whole.nodes[id].args.forEach(visit);
      live.add(id);
    };
    Object.values(whole.outputs).forEach(visit);
    const used = whole.nodes.filter((_, id) => live.has(id));
    expect(sums({ nodes: used, outputs: {} }) - 2).toBe(2);
    expect(gradientError(forward, y, valuesFor(forward, 3, 4), 3)).toBeLessThan(BOUND);
  });
});
