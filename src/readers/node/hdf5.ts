/** HDF5 files of numbers, as Keras saves weights: an optional package, loaded when such a file is read. */
import { InputError } from "../../data/errors.ts";
import { optionalPackage } from "./optional.ts";

export interface Hdf5 {
  /** An attribute of the file itself that is text; null where there is none. */
  readonly text: (name: string) => string | null;
  /** Arrays of numbers by their path, such as `layers/conv1d/vars/0`. */
  readonly arrays: ReadonlyMap<string, Hdf5Array>;
}

export interface Hdf5Array {
  readonly shape: readonly number[];
  /** Throws InputError where they cannot be read, or are others than the shape says. */
  readonly read: () => Float64Array;
}

/** What is used of jsfive. */
interface Group {
  readonly keys: readonly string[];
  readonly attrs: Readonly<Record<string, unknown>>;
  get(name: string): unknown;
}
interface Dataset {
  readonly shape: unknown;
  readonly dtype: unknown;
  readonly value: unknown;
}
interface Jsfive {
  readonly File: new (bytes: ArrayBuffer, name: string) => Group;
  readonly Group: new () => Group;
}

/** Groups within one another, and entries of all, at most: far more than any network of ours has. */
const MOST_DEEP = 16;
const MOST_ENTRIES = 20_000;
/** Values of an array for each byte of the file: packed ones may be more than their bytes. */
const MOST_VALUES = 16;

/** The arrays of a file. Throws InputError for one that cannot be read. */
export function readHdf5(bytes: Uint8Array, file: string): Hdf5 {
  const { File, Group } = optionalPackage("jsfive", "files of Keras (HDF5) are", file) as Jsfive;
  const said = <T>(read: () => T): T => {
    // the package tells the console what it finds in a file, word for word
    const { log, warn } = console;
    console.log = console.warn = () => undefined;
    try {
      return read();
    } catch (error) {
      if (error instanceof InputError) throw error;
      // the package throws whatever its steps over damaged bytes come to
      throw new InputError(`${file}: it is no HDF5 file that can be read, or damaged; save the model again`);
    } finally {
      console.log = log;
      console.warn = warn;
    }
  };
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}; save the model again`);
  };
  const own = Uint8Array.from(bytes).buffer;
  return said(() => {
    const root = new File(own, file);
    const arrays = new Map<string, Hdf5Array>();
    const open: { readonly group: Group; readonly path: string; readonly depth: number }[] = [
      { group: root, path: "", depth: 0 },
    ];
    let seen = 0;
    for (let next = open.pop(); next; next = open.pop()) {
      const { group, path, depth } = next;
      if (depth > MOST_DEEP) refuse(`its groups are nested more than ${MOST_DEEP} deep`);
      for (const key of group.keys) {
        if (++seen > MOST_ENTRIES) refuse(`it has more than ${MOST_ENTRIES} entries`);
        const entry = group.get(key);
        const name = path === "" ? key : `${path}/${key}`;
        if (entry instanceof Group) open.push({ group: entry, path: name, depth: depth + 1 });
        else arrays.set(name, arrayOf(entry as Dataset, name));
      }
    }
    return {
      arrays,
      text: (name) => {
        const value = said(() => root.attrs[name]);
        return typeof value === "string" ? value.replace(/\0+$/, "") : null;
      },
    };
  });

  function arrayOf(dataset: Dataset, name: string): Hdf5Array {
    const { shape } = dataset;
    const sizes = Array.isArray(shape) ? shape.map(Number) : [];
    const count = sizes.reduce((product, size) => product * size, 1);
    if (
      !sizes.every((size) => Number.isSafeInteger(size) && size >= 0) ||
      !(count <= MOST_VALUES * bytes.length)
    )
      return refuse(`its array ${JSON.stringify(name)} is larger than the file can hold`);
    return {
      shape: sizes,
      read: () =>
        said(() => {
          const value = dataset.value as ArrayLike<unknown>;
          if (value.length !== count)
            refuse(`its array ${JSON.stringify(name)} has other values than its shape says`);
          return Float64Array.from({ length: count }, (_, i) => Number(value[i]));
        }),
    };
  }
}
