/** A file of PyTorch is no program: its pickle constructs nothing, and its tensors lie within their storages. */
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { importTorch } from "../../src/formats/pytorch/importWeights.ts";
import { encodeTorch } from "../../src/formats/pytorch/stateDict.ts";
import { unpickle } from "../../src/formats/pytorch/unpickle.ts";
import { InputError } from "../../src/index.ts";
import { checkModel } from "../../src/layers/model.ts";
import { readZip } from "../../src/readers/zip.ts";
import { made } from "./made.ts";

describe("a pickle constructs nothing", () => {
  const bytes = (...parts: (string | number)[]): Uint8Array =>
    Uint8Array.from(
      parts.flatMap((part) => (typeof part === "number" ? [part] : [...new TextEncoder().encode(part)])),
    );
  const refused = (pickled: Uint8Array): string => {
    try {
      unpickle(pickled, "f");
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    return "taken";
  };

  it.each<[string, Uint8Array, string]>([
    [
      "a call of the system",
      bytes(0x80, 2, "cposix\nsystem\n", "X", 4, 0, 0, 0, "true", 0x85, "R."),
      'f: its pickle would call "posix.system"',
    ],
    [
      "the same by a stack",
      bytes(0x80, 4, 0x8c, 5, "posix", 0x8c, 6, "system", 0x93, "."),
      'f: its pickle would call "posix.system"',
    ],
    [
      "a class to construct",
      bytes(0x80, 2, "c__builtin__\nobject\n", ")", 0x81, "."),
      'f: its pickle would call "__builtin__.object"',
    ],
    [
      "a prototype's name",
      bytes(0x80, 2, "c\nconstructor\n", "."),
      'f: its pickle would call ".constructor"',
    ],
    [
      "an opcode of protocol 0",
      bytes("I1\n."),
      "f: its pickle has the opcode 0x49, which no state dict has (byte 0)",
    ],
    ["no end", bytes(0x80, 2, "}"), "f: its pickle ends too early"],
    [
      "text longer than the file",
      bytes(0x80, 2, "X", 255, 255, 255, 255, "a."),
      "f: its pickle ends too early",
    ],
    ["nothing to give", bytes(0x80, 2, "."), "f: its pickle is damaged"],
    ["a mark too few", bytes(0x80, 2, "t."), "f: its pickle is damaged"],
    ["a memo that is not there", bytes(0x80, 2, "h", 3, "."), "f: its pickle is damaged"],
    [
      "a call with other arguments",
      bytes(0x80, 2, "ctorch._utils\n_rebuild_tensor_v2\n", ")R."),
      "f: its pickle gives torch._utils._rebuild_tensor_v2 other arguments than torch.save does",
    ],
    [
      "a storage of something else",
      bytes(0x80, 2, "X", 1, 0, 0, 0, "a", 0x85, "Q."),
      "f: its pickle refers to something that is no storage of numbers",
    ],
  ])("%s is refused", (_, pickled, message) => {
    expect(refused(pickled)).toContain(message);
  });

  it("a list in itself is read, and has no end", () => {
    const list = unpickle(bytes(0x80, 2, "]q", 0, "h", 0, "a."), "f");
    expect(list.kind === "list" && list.items[0]).toBe(list);
  });
});

describe("tensors lie within their storage", () => {
  const model = checkModel({
    format: "toeplitz-model",
    version: 1,
    input: { channels: 1, length: 5 },
    layers: [{ kind: "dense", from: [0], options: { units: 1, bias: false } }],
  });
  const entries = readZip(encodeTorch(made(model)), "f");
  const entry = (name: string): Uint8Array => entries.get(`archive/${name}`)?.() ?? new Uint8Array(0);

  /** The file with other numbers in its pickle: the storage's values, then offset, shape and strides of the one tensor, 5, 0, 1, 5, 5, 1. */
  function changed(numbers: readonly number[], extra: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
    const pickle = Uint8Array.from(entry("data.pkl"));
    const view = new DataView(pickle.buffer);
    let at = 0;
    for (const value of numbers) {
      at = pickle.indexOf(0x4a, at) + 1;
      view.setInt32(at, value, true);
      at += 4;
    }
    return zipSync({ "archive/data.pkl": pickle, "archive/data/0": entry("data/0"), ...extra }, { level: 9 });
  }
  const read = (bytes: Uint8Array) => importTorch(bytes, "pt", { target: { model }, file: "f" });

  it("as it was it is read, deflated too", () => {
    expect(read(changed([5, 0, 1, 5, 5, 1])).fields.weights).toEqual(made(model).weights);
  });

  it.each([
    ["from beyond", [5, 1, 1, 5, 5, 1]],
    ["with wide strides", [5, 0, 1, 5, 5, 2]],
    ["of more values than there are", [5, 0, 5, 5, 0, 0]],
    ["far away", [5, 2 ** 31 - 1, 1, 5, 5, 1]],
  ])("%s is refused", (_, numbers) => {
    expect(() => read(changed(numbers))).toThrow(
      /^f: tensor "dense_1.weight": .* are not within the 5 of its storage; save it with .contiguous\(\)$/,
    );
  });

  it.each<[string, Uint8Array, string]>([
    [
      "a storage of another size",
      changed([6, 0, 1, 5, 5, 1]),
      'f: tensor "dense_1.weight": its storage is said to have 6 values of F32, and has 20 bytes; is the file damaged? write it again',
    ],
    [
      "a negative size",
      changed([5, 0, -1, 5, 5, 1]),
      "f: its pickle gives torch._utils._rebuild_tensor_v2 other arguments than torch.save does",
    ],
    [
      "another byte order",
      changed([5], { "archive/byteorder": new TextEncoder().encode("big") }),
      "f: it was written on a machine of another byte order; save it on a usual one",
    ],
    [
      "two pickles",
      changed([5], { "other/data.pkl": new Uint8Array(1) }),
      "f: a zip archive with 2 entries data.pkl, not what torch.save writes",
    ],
    [
      "no values",
      zipSync({ "archive/data.pkl": entry("data.pkl") }),
      'f: tensor "dense_1.weight": its values, data/"0", are not in the archive',
    ],
    [
      "what unpacks to far more than it is",
      changed([5], { "archive/data/1": new Uint8Array(2 ** 24) }),
      "more than 64 times its own; write it again: torch.save(model.state_dict(), FILE)",
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });
});
