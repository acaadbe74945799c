/**
 * Which tensor of a state dict is which of a model. By names where they are ours; by a list of names where one is given; else
 * module by module: by their order, where what they hold is what the model's layers hold in theirs, or by their shapes alone,
 * where that leaves no choice. What it took is told, and every tensor is accounted for: one too many, too few or of another
 * shape is refused with the remedy.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import type { GivenTensor } from "./given.ts";
import { COUNT, type Counterpart, type TorchModule } from "./names.ts";

/** What a list of names says: theirs (a tensor or a module) to ours (alike), or null for one that is not wanted. */
export type NameMap = ReadonlyMap<string, string | null>;

export interface Matched {
  /** By our name. */
  readonly tensors: ReadonlyMap<string, GivenTensor>;
  /** What a person should know, a line each. */
  readonly notes: readonly string[];
}

/** Tensors of one module of the file. */
interface Given {
  readonly name: string;
  /** What it holds, as its signature. */
  readonly held: string;
  readonly tensors: ReadonlyMap<string, GivenTensor>;
}

/** Tensors of a file. */
const MOST_TENSORS = 10_000;

const REMEDY = "give the names by --names MAP.json, theirs to ours";

/** Names of PyTorch's two forms of weight normalisation, as the older one has them. */
const LEAVES: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)parametrizations\.weight\.original0$/, "$1weight_g"],
  [/(^|\.)parametrizations\.weight\.original1$/, "$1weight_v"],
];
const plainName = (name: string): string =>
  LEAVES.reduce((text, [pattern, plain]) => text.replace(pattern, plain), name);
const leafOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
const moduleOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf(".")));

/** A shape without axes of 1 at its end: a filter of one tap is a matrix. */
function bare(shape: readonly number[]): readonly number[] {
  let length = shape.length;
  while (length > 0 && shape[length - 1] === 1) length--;
  return shape.slice(0, length);
}
const fits = (a: readonly number[], b: readonly number[]): boolean => bare(a).join() === bare(b).join();

/** A name from outside, as it is where it is a plain one. */
const plainly = (name: string): string => (/^[\w.]{1,80}$/.test(name) ? name : quote(name));
/** A module by its name; tensors that are in none have none. */
const placeOf = (name: string): string => (name === "" ? "outside of modules" : plainly(name));
/** What a module holds, for an error. */
const shown = (signed: string): string => (signed.length > 120 ? `${signed.slice(0, 120)}…` : signed);

/** What a module holds, to tell it from others: `bias 8, weight 8x3x5`. */
const signature = (tensors: Iterable<readonly [string, readonly number[]]>): string =>
  [...tensors]
    .map(([leaf, shape]) => `${plainly(leaf)} ${bare(shape).join("x") || "1"}`)
    .toSorted()
    .join(", ");
const wanted = ({ tensors }: TorchModule): string =>
  signature(tensors.map(({ leaf, shape }) => [leaf, shape] as const));

/**
 * The tensors of a model's modules among those of a file. `ordered` says that their order there is that in which the modules were
 * made, and not that of an alphabet. Throws InputError.
 */
export function matchTensors(
  modules: readonly TorchModule[],
  given: readonly GivenTensor[],
  { file, ordered, names }: { readonly file: string; readonly ordered: boolean; readonly names?: NameMap },
): Matched {
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  if (given.length > MOST_TENSORS)
    refuse(`it has ${given.length} tensors; the most is ${MOST_TENSORS}; give the weights of one model`);
  const weights = given.filter(({ name }) => leafOf(name) !== COUNT);
  const counts = given.length - weights.length;
  const notes = counts > 0 ? [`${counts} of ${COUNT} passed over: nothing is computed from them`] : [];
  if (names) return { tensors: byMap(modules, weights, names, refuse), notes };
  const short = withoutPrefix(weights);
  const own = byName(modules, short, refuse);
  if (own) return { tensors: own, notes };
  const grouped = group(short);
  const paired = pair(modules, grouped, ordered, refuse);
  const list = paired.pairs.map(([module, { name }]) => `${placeOf(name)} is ${module.name}`);
  return {
    tensors: new Map(paired.pairs.flatMap(([module, { tensors }]) => taken(module, tensors))),
    notes: [...notes, `matched by ${paired.by}: ${list.join(", ")}`],
  };
}

const taken = (module: TorchModule, tensors: Given["tensors"]): [string, GivenTensor][] =>
  module.tensors.flatMap(({ leaf, own }): [string, GivenTensor][] => {
    const tensor = tensors.get(leaf);
    return tensor ? [[own, tensor]] : [];
  });

/** Without what stands before all names: `module.` of DataParallel, `_orig_mod.` of compile, a model within a model. */
function withoutPrefix(given: readonly GivenTensor[]): GivenTensor[] {
  let names = given.map(({ name }) => plainName(name));
  for (;;) {
    const [first] = names;
    const dot = first?.indexOf(".") ?? -1;
    const prefix = first?.slice(0, dot + 1);
    // a name has to keep its module
    const all = dot > 0 && names.every((name) => name.startsWith(prefix) && name.indexOf(".", dot + 1) > 0);
    if (!all) return given.map((tensor, i) => ({ ...tensor, name: names[i] }));
    names = names.map((name) => name.slice(dot + 1));
  }
}

/** By names that are ours, where all of ours are there. */
function byName(
  modules: readonly TorchModule[],
  given: readonly GivenTensor[],
  refuse: (what: string) => never,
): Map<string, GivenTensor> | null {
  const there = new Map(given.map((tensor) => [tensor.name, tensor]));
  const named = modules.flatMap(({ name, tensors }) =>
    tensors.map((tensor) => ({ ...tensor, full: `${name}.${tensor.leaf}` })),
  );
  if (!named.every(({ full }) => there.has(full))) return null;
  const unused = given.filter(({ name }) => !named.some(({ full }) => full === name));
  if (unused.length > 0)
    refuse(`${listed(unused)} ${isAre(unused)} of no layer of the model; leave out what it has not`);
  return new Map(
    named.map(({ own, full, shape }) => [
      own,
      fitting(there.get(full) as GivenTensor, { shape, full }, refuse),
    ]),
  );
}

function fitting(
  tensor: GivenTensor,
  { shape, full }: { readonly shape: readonly number[]; readonly full: string },
  refuse: (what: string) => never,
): GivenTensor {
  if (fits(tensor.shape, shape)) return tensor;
  return refuse(
    `${quote(tensor.name, 80)} is [${tensor.shape.join(", ")}], but ${full} of the model is [${shape.join(", ")}]; give the model that it is of`,
  );
}

/** By a list of names: each is that of a tensor or of a module, and what it does not name has to be ours. */
function byMap(
  modules: readonly TorchModule[],
  given: readonly GivenTensor[],
  names: NameMap,
  refuse: (what: string) => never,
): Map<string, GivenTensor> {
  const targets = new Map<string, Counterpart>(
    modules.flatMap(({ name, tensors }) =>
      tensors.map((tensor): [string, Counterpart] => [`${name}.${tensor.leaf}`, tensor]),
    ),
  );
  const used = new Set<string>();
  const result = new Map<string, GivenTensor>();
  const unused: GivenTensor[] = [];
  for (const tensor of given) {
    const { name } = tensor;
    const plain = plainName(name);
    const key = [name, plain, moduleOf(plain)].find((word) => names.has(word));
    if (key !== undefined) used.add(key);
    const to = key === undefined ? plain : names.get(key);
    if (to === null) continue;
    const full = key === moduleOf(plain) && key !== plain ? `${to}.${leafOf(plain)}` : String(to);
    const target = targets.get(full);
    if (!target && key !== undefined)
      refuse(
        `--names has ${quote(key, 80)} as ${quote(full, 80)}, but the model has no such tensor; it has ${[...targets.keys()].slice(0, 6).join(", ")}${targets.size > 6 ? ", ..." : ""}`,
      );
    if (!target) unused.push(tensor);
    else if (result.has(target.own))
      refuse(`${quote(name, 80)} is the second tensor for ${full}; each has one`);
    else result.set(target.own, fitting(tensor, { shape: target.shape, full }, refuse));
  }
  const idle = [...names.keys()].find((name) => !used.has(name));
  if (idle !== undefined) refuse(`--names has ${quote(idle, 80)}, which is not in the file; correct it`);
  if (unused.length > 0)
    refuse(
      `${listed(unused)} ${isAre(unused)} of no layer of the model; add ${isAre(unused) === "is" ? "it" : "them"} to --names, or null for what is not wanted`,
    );
  const missing = [...targets].filter(([, { own }]) => !result.has(own)).map(([full]) => full);
  if (missing.length > 0)
    refuse(
      `there is nothing for ${some(missing)}; add what stands for ${missing.length > 1 ? "them" : "it"} to --names`,
    );
  return result;
}

function group(given: readonly GivenTensor[]): Given[] {
  const found = new Map<string, Map<string, GivenTensor>>();
  for (const tensor of given) {
    const name = moduleOf(tensor.name);
    const tensors = found.get(name) ?? new Map<string, GivenTensor>();
    found.set(name, tensors.set(leafOf(tensor.name), tensor));
  }
  return [...found].map(([name, tensors]) => ({
    name,
    tensors,
    held: signature([...tensors].map(([leaf, { shape }]) => [leaf, shape] as const)),
  }));
}

interface Paired {
  readonly pairs: readonly (readonly [TorchModule, Given])[];
  /** By what. */
  readonly by: string;
}

function pair(
  modules: readonly TorchModule[],
  given: readonly Given[],
  ordered: boolean,
  refuse: (what: string) => never,
): Paired {
  const wants = modules.map(wanted);
  const natural = given.toSorted((a, b) => byNumbers(a.name, b.name));
  const inOrder = (list: readonly Given[]): boolean =>
    list.length === wants.length && list.every((module, i) => module.held === wants[i]);
  const zip = (list: readonly Given[]): Paired["pairs"] =>
    list.map((module, i) => [modules[i], module] as const);
  if (ordered && inOrder(given)) return { pairs: zip(given), by: "their order" };
  if (inOrder(natural)) return { pairs: zip(natural), by: "the order of their names" };
  requireEqual(modules, ordered ? given : natural, refuse);
  // the same modules in another order: equal ones are told apart by the numbers in their names, or not at all
  const places = new Map<string, Given[]>();
  for (const module of natural) places.set(module.held, [...(places.get(module.held) ?? []), module]);
  for (const alike of places.values()) {
    const stems = new Set(alike.map(({ name }) => name.replace(/\d+/g, "#")));
    if (stems.size > 1)
      refuse(
        `${some(alike.map(({ name }) => quote(name, 80)))} hold the same shapes (${shown(alike[0].held)}) and stand in another order than the model's layers, so it cannot be said which is which; ${REMEDY}`,
      );
  }
  const pairs = modules.map((module, i) => [module, places.get(wants[i])?.shift() as Given] as const);
  return { pairs, by: "their shapes, equal ones by the numbers in their names" };
}

/** Refuses modules that are not those of the model, by the first ones that differ. */
function requireEqual(
  modules: readonly TorchModule[],
  given: readonly Given[],
  refuse: (what: string) => never,
): void {
  const left = [...given];
  const missing = modules.filter((module) => {
    const at = left.findIndex((other) => other.held === wanted(module));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  if (missing.length === 0 && left.length === 0) return;
  const said = [
    ...(missing.length > 0
      ? [
          `the model has ${some(missing.map((m) => `${m.name} (${shown(wanted(m))})`))} and the file nothing for ${missing.length > 1 ? "them" : "it"}`,
        ]
      : []),
    ...(left.length > 0
      ? [
          `the file has ${some(left.map((m) => `${placeOf(m.name)} (${shown(m.held)})`))} and the model nothing for ${left.length > 1 ? "them" : "it"}`,
        ]
      : []),
  ];
  refuse(`${said.join("; ")}; give the model that it is of, or ${REMEDY}`);
}

/** Names with their numbers as numbers: `layers.2` before `layers.10`. */
function byNumbers(a: string, b: string): number {
  const [x, y] = [a, b].map((name) => name.split(/(\d+)/));
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] === y[i]) continue;
    const numbers = i % 2 === 1 && Number(x[i]) !== Number(y[i]);
    return numbers ? Number(x[i]) - Number(y[i]) : x[i] < y[i] ? -1 : 1;
  }
  return x.length - y.length;
}

/** Names that a line has room for. */
const MOST_LISTED = 4;
const some = (names: readonly string[]): string =>
  names.length > MOST_LISTED
    ? `${names.slice(0, MOST_LISTED).join(", ")} and ${names.length - MOST_LISTED} more`
    : names.join(", ");
const listed = (tensors: readonly GivenTensor[]): string =>
  some(tensors.map(({ name, shape }) => `${quote(name, 80)} [${shape.join(", ")}]`));
const isAre = (list: readonly unknown[]): string => (list.length > 1 ? "are" : "is");
