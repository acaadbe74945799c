/** Tensors of a state dict in safetensors, by name in the order of the file. */
import { decodeRaw, dtypeBytes, type Dtype } from "../safetensors.ts";
import { readValues, tensorOf, type GivenTensor } from "./given.ts";

const dtypes = Object.keys(dtypeBytes) as Dtype[];

/** The tensors and the metadata. Throws InputError, and trusts nothing in the file. */
export function readStateDict(
  bytes: Uint8Array,
  file: string,
): { readonly tensors: readonly GivenTensor[]; readonly metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata } = decodeRaw(bytes, file, dtypes);
  return {
    metadata,
    tensors: tensors.map(({ name, dtype, shape, bytes: own }) => {
      const strides = shape.map((_, axis) =>
        shape.slice(axis + 1).reduce((product, extent) => product * extent, 1),
      );
      const read = () => readValues({ bytes: own, dtype, offset: 0, shape, strides }, tensorOf(file, name));
      return { name, dtype, shape, read };
    }),
  };
}
