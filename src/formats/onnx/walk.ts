/** The nodes of a graph that its output follows from, functions of the file put in their place, one after another. */
import { InputError } from "../../data/errors.ts";
import { ModelError } from "../../layers/model.ts";
import { folded } from "./fold.ts";
import { lineOf, OnnxNode, shown, type Any, type NodeContext } from "./node.ts";
import { arithmetics } from "./opsArithmetic.ts";
import { convolutions, type Op } from "./opsConvolution.ts";
import { pointwise } from "./opsPointwise.ts";
import { shapes } from "./opsShape.ts";
import type { Parsed } from "./schema.ts";
import { constantOf, Unreadable } from "./tensors.ts";

type Node = Parsed<"Node">;

/** Every operator that becomes layers. */
const operators: Readonly<Record<string, Op>> = { ...convolutions, ...arithmetics, ...shapes, ...pointwise };

/** Nodes after functions are put in their place, and how deep functions call each other. */
const MOST_NODES = 20_000;
const MOST_DEPTH = 16;

/** The operators of the standard go by both names. */
const isStandard = (domain: string | undefined): boolean => [undefined, "", "ai.onnx"].includes(domain);

/** A node in an error: its operator, and its name or its first output. */
export const nodeText = ({ op = "", name, outputs, domain }: Node): string =>
  `node ${shown(name || outputs[0] || "")} (${shown(isStandard(domain) ? op : `${domain}.${op}`).slice(1, -1)})`;

/** The nodes of a graph without calls of the file's own functions. */
export function inlined(
  nodes: readonly Node[],
  functions: readonly Parsed<"Function">[],
  file: string,
): readonly Node[] {
  const key = (domain: string | undefined, name: string | undefined): string =>
    `${domain ?? ""}\0${name ?? ""}`;
  const known = new Map(functions.map((f) => [key(f.domain, f.name), f]));
  if (known.size === 0) return nodes;
  const result: Node[] = [];
  let calls = 0;
  const put = (list: readonly Node[], depth: number): void => {
    for (const node of list) {
      const called = known.get(key(node.domain, node.op));
      if (result.length > MOST_NODES || calls > MOST_NODES)
        throw new InputError(
          `${file}: its functions come to more than ${MOST_NODES} nodes; export it without functions`,
        );
      if (!called) {
        result.push(node);
        continue;
      }
      if (depth >= MOST_DEPTH)
        throw new InputError(
          `${file}: ${nodeText(node)}: functions call each other more than ${MOST_DEPTH} deep`,
        );
      put(body(called, node, `${++calls}`), depth + 1);
    }
  };
  put(nodes, 0);
  return result;
}

/** The nodes of a function for one call: its inputs and outputs are the call's, its attributes the call's or their defaults. */
function body(called: Parsed<"Function">, call: Node, prefix: string): readonly Node[] {
  const names = new Map<string, string>([
    ...called.inputs.map((name, i): [string, string] => [name, call.inputs[i] ?? ""]),
    ...called.outputs.map((name, i): [string, string] => [name, call.outputs[i] ?? ""]),
    ["", ""],
  ]);
  // what is within a function has names of its own, by number: no name of a file begins so, nor makes it long
  const named = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const own = `\0${prefix}.${names.size}`;
    names.set(name, own);
    return own;
  };
  const given = new Map([...called.defaults, ...call.attributes].map((a) => [a.name, a]));
  return called.nodes.map((node) => ({
    ...node,
    name: `${(call.name || called.name || "").slice(0, 60)}/${(node.name || node.op || "").slice(0, 60)}`,
    inputs: node.inputs.map(named),
    outputs: node.outputs.map((name) => (name === "" ? "" : named(name))),
    attributes: node.attributes.flatMap((attribute) => {
      if (!attribute.refersTo) return [attribute];
      const value = given.get(attribute.refersTo);
      return value ? [{ ...value, name: attribute.name }] : [];
    }),
  }));
}

/** The nodes that an output follows from, in their order. */
function needed(nodes: readonly Node[], output: string): readonly Node[] {
  const makers = new Map<string, number>();
  nodes.forEach((node, i) => node.outputs.forEach((name) => makers.set(name, i)));
  makers.delete(""); // which stands for what is left out
  const found = new Set<number>();
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = makers.get(name);
    if (maker === undefined || found.has(maker)) continue;
    found.add(maker);
    for (const input of nodes[maker].inputs) open.push(input);
  }
  return nodes.filter((_, i) => found.has(i));
}

/** The value of an output; throws InputError with the first node that cannot be. */
export function walk(
  nodes: readonly Node[],
  {
    inputs,
    tensors,
    output,
  }: { inputs: ReadonlyMap<string, Any>; tensors: readonly Parsed<"Tensor">[]; output: string },
  context: NodeContext,
  file: string,
): Any {
  const values = new Map<string, Any>(inputs);
  const stored = new Map(tensors.map((tensor) => [tensor.name ?? "", tensor]));
  const valueOf = (name: string): Any => {
    const known = values.get(name);
    if (known) return known;
    const tensor = stored.get(name);
    if (!tensor) throw new Unreadable(`reads ${shown(name)}, which no node before it gives`);
    const value = constantOf(tensor, context.external);
    values.set(name, value);
    return value;
  };
  const all = needed(nodes, output);
  if (all.length > MOST_NODES)
    throw new InputError(`${file}: its output follows from ${all.length} nodes; the most are ${MOST_NODES}`);
  for (const node of all) {
    try {
      const inputsOf = node.inputs.map((name) => (name === "" ? null : valueOf(name)));
      const made = evaluated(new OnnxNode(context, node, inputsOf), node);
      node.outputs.forEach((name, i) => {
        if (made[i]) values.set(name, made[i]);
      });
    } catch (error) {
      if (!(error instanceof Unreadable) && !(error instanceof ModelError)) throw error;
      const what = lineOf(error).replace(/^layer \d+ \(\w+\): /, "");
      throw new InputError(`${file}: ${nodeText(node)}: ${what}`);
    }
  }
  try {
    return valueOf(output);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new InputError(`${file}: no node gives its output ${shown(output)}`);
  }
}

function evaluated(node: OnnxNode, { domain }: Node): readonly Any[] {
  if (!isStandard(domain))
    throw new Unreadable("is of no standard operator; export the network with standard operators alone");
  const constant = folded(node);
  if (constant) return [constant];
  if (!Object.hasOwn(operators, node.op))
    throw new Unreadable("no layer computes it; docs/formats.md has the operators that are read");
  return operators[node.op](node);
}
