/**
 * Tensors of a `.pt` file (a zip archive, PyTorch 1.6 or newer) as `torch.save` writes it of a state dict, or of a checkpoint
 * that holds one under `state_dict`, `model_state_dict` or `model`.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { isZip, readZip } from "../../readers/zip.ts";
import { inflate } from "../../readers/inflate.ts";
import { dtypeBytes } from "../safetensors.ts";
import { readValues, tensorOf, type GivenTensor } from "./given.ts";
import { unpickle, type StoredTensor, type Value } from "./unpickle.ts";

const SAVE = "torch.save(model.state_dict(), FILE)";
/** Under which name a checkpoint has the weights, in this order. */
const NESTED = ["state_dict", "model_state_dict", "model"] as const;

/** The tensors of a state dict in its order. Throws InputError, and trusts nothing in the file. */
export function readPt(bytes: Uint8Array, file: string): GivenTensor[] {
  requireZip(bytes, file);
  const entries = readZip(bytes, file, inflate, {
    large: `write it again: ${SAVE}`,
    packed: `write it again: ${SAVE}`,
  });
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new InputError(
      `${file}: a zip archive with ${pickles.length} entries data.pkl, not what torch.save writes; give what ${SAVE} wrote`,
    );
  const folder = pickles[0].slice(0, -"data.pkl".length);
  if (entries.has(`${folder}constants.pkl`))
    throw new InputError(
      `${file}: it is TorchScript, a program with its weights; save its weights alone: torch.save(torch.jit.load(${quote(file)}).state_dict(), FILE)`,
    );
  const order = entries.get(`${folder}byteorder`)?.();
  if (order && new TextDecoder().decode(order) !== "little")
    throw new InputError(
      `${file}: it was written on a machine of another byte order; save it on a usual one`,
    );
  const value = unpickle(entries.get(pickles[0])?.() ?? new Uint8Array(0), file);
  const unpacked = new Map<string, Uint8Array>();
  return tensorsIn(value, file).map(([name, tensor]) => {
    const of = tensorOf(file, name);
    const { storage, shape, strides, offset } = tensor;
    const bytesOf = entries.get(`${folder}data/${storage.key}`);
    if (!bytesOf)
      throw new InputError(`${of}: its values, data/${quote(storage.key)}, are not in the archive`);
    requireInside(tensor, of);
    return {
      name,
      shape,
      dtype: storage.dtype,
      read: () => {
        const own = unpacked.get(storage.key) ?? bytesOf();
        unpacked.set(storage.key, own);
        if (own.length !== storage.count * dtypeBytes[storage.dtype])
          throw new InputError(
            `${of}: its storage is said to have ${storage.count} values of ${storage.dtype}, and has ${own.length} bytes; is the file damaged? write it again`,
          );
        return readValues({ bytes: own, dtype: storage.dtype, offset, shape, strides }, of);
      },
    };
  });
}

function requireZip(bytes: Uint8Array, file: string): void {
  if (isZip(bytes)) return;
  const legacy = bytes[0] === 0x80 && bytes[1] <= 5;
  throw new InputError(
    legacy
      ? `${file}: it is of the form before PyTorch 1.6, a pickle without an archive; write it again: torch.save(torch.load(${quote(file)}, weights_only=True), FILE)`
      : `${file}: it is no zip archive, as torch.save writes; give what ${SAVE} wrote`,
  );
}

/** Values lie within their storage, and are no more than it has. */
function requireInside({ storage, offset, shape, strides }: StoredTensor, of: string): void {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const last = shape.reduce((at, extent, axis) => at + (extent - 1) * strides[axis], offset);
  if (count > 0 && (count > storage.count || !(last < storage.count)))
    throw new InputError(
      `${of}: ${shape.join(" x ") || "one"} values from ${offset} on with strides ${strides.join(", ") || "none"} are not within the ${storage.count} of its storage; save it with .contiguous()`,
    );
}

/** The tensors by name: of the dict itself, or of one that it holds under a usual name. */
function tensorsIn(value: Value, file: string): [string, StoredTensor][] {
  let dict = value;
  for (let depth = 0; depth <= NESTED.length; depth++) {
    if (dict.kind !== "dict") break;
    const { entries } = dict;
    const inner = NESTED.flatMap((name) =>
      entries.filter(([key]) => key.kind === "text" && key.text === name).map(([, held]) => held),
    );
    const next = inner.find(({ kind }) => kind === "dict");
    if (next) {
      dict = next;
      continue;
    }
    const all = entries.flatMap(([key, tensor]): [string, StoredTensor][] =>
      key.kind === "text" && tensor.kind === "tensor" ? [[key.text, tensor]] : [],
    );
    if (all.length > 0) {
      const names = new Set(all.map(([name]) => name));
      if (names.size < all.length)
        throw new InputError(`${file}: a name stands for two tensors; save it again`);
      return all;
    }
    break;
  }
  throw new InputError(
    `${file}: it holds no tensors by their names, also not under ${NESTED.join(", ")}; give what ${SAVE} wrote`,
  );
}
