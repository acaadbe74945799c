/** Tensors of a file from elsewhere, by name in the file's order: what they say of themselves, and their values once they are asked for. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { dtypeBytes, type Dtype } from "../safetensors.ts";

export interface GivenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** The values as float32, row-major; throws InputError where one is not finite. */
  readonly read: () => Float32Array;
}

type Reader = (view: DataView, at: number) => number;

/** IEEE half precision: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const bfloat = new DataView(new ArrayBuffer(4));
/** The first half of a float32. */
function brain(bits: number): number {
  bfloat.setUint32(0, bits << 16);
  return bfloat.getFloat32(0);
}

/** Types that weights come in. */
const readers: Partial<Readonly<Record<Dtype, Reader>>> = {
  F32: (view, at) => view.getFloat32(at, true),
  F64: (view, at) => view.getFloat64(at, true),
  F16: (view, at) => half(view.getUint16(at, true)),
  BF16: (view, at) => brain(view.getUint16(at, true)),
};

/** How the values of a tensor lie in bytes; strides and offset are in values. */
export interface Lying {
  readonly bytes: Uint8Array;
  readonly dtype: Dtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The values as float32. Throws InputError for a type that no weight has, and for one that is not finite; `of` names the tensor. */
export function readValues({ bytes, dtype, offset, shape, strides }: Lying, of: string): Float32Array {
  const reader = readers[dtype];
  if (!reader)
    throw new InputError(
      `${of} has values of type ${dtype}; weights are F32, F64, F16 or BF16; convert them`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const each = dtypeBytes[dtype];
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  const place = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < values.length; i++) {
    const value = reader(view, at * each);
    values[i] = value;
    if (!Number.isFinite(values[i]))
      throw new InputError(
        `${of} holds ${value} (value ${i}), no finite number of float32; repair or train the model that it is from`,
      );
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++place[axis] < shape[axis]) break;
      at -= place[axis] * strides[axis];
      place[axis] = 0;
    }
  }
  return values;
}

/** A tensor in an error. */
export const tensorOf = (file: string, name: string): string => `${file}: tensor ${quote(name, 80)}`;
