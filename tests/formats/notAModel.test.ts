import { describe, expect, it } from "vitest";
import { architectures, encodeCheckpoint, encodeModel, fit, fromArrays, load } from "../../src/index.ts";

const data = fromArrays({
  series: Array.from({ length: 8 }, (_, n) => [[n % 2, 1, n % 2, 0]]),
  labels: Array.from({ length: 8 }, (_, n) => (n % 2 ? "a" : "b")),
});
const model = architectures.chain(data, { filters: [3] });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (...start: number[]): Uint8Array => Uint8Array.from([...start, ...new Uint8Array(40).fill(7)]);

describe("what is no model file is called what it is", () => {
  const REMEDY = "give the file that save or train wrote (model.safetensors)";
  const PAGE =
    "a server sent a page in the place of the file: see whether its address is right and open to you";
  const TABLE = `of the command line, MODEL comes before DATA; ${REMEDY}`;
  const LAYERS = `layers without weights go to train --model FILE.json; for a trained model ${REMEDY}`;
  const cases: readonly (readonly [string, Uint8Array])[] = [
    [`it is an HTML page, not a model; ${PAGE}`, utf8("<!DOCTYPE html>\n<html><body>404</body></html>")],
    [`it is an HTML page, not a model; ${PAGE}`, utf8("\ufeff\n  <html lang=en>")],
    [`it is an HTML page, not a model; ${PAGE}`, utf8("<!-- moved --><html>")],
    [
      "it is XML, not a model; a server may have sent an error in the place of the file; see its address",
      utf8('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    ],
    [`it is JSON, not a model; ${LAYERS}`, utf8(JSON.stringify(model))],
    [`it is JSON, not a model; ${LAYERS}`, utf8("[1, 2, 3, 4]")],
    [`it is JSON, not a model; ${LAYERS}`, utf8('\n\t{"error": "not found"}')],
    [`it is text, as tables and time series are, not a model; ${TABLE}`, utf8("a,b,c\n1,2,3\n")],
    [`it is text, as tables and time series are, not a model; ${TABLE}`, utf8("time;x\n0,1;2\n")],
    [`it is text, as tables and time series are, not a model; ${TABLE}`, utf8("@problemName x\n@data\n")],
    [`it is text, not a model; ${REMEDY}`, utf8("Not Found: no such object")],
    [
      "it is a pointer of Git LFS, not a model; the file itself is not there yet; git lfs pull fetches it",
      utf8("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n"),
    ],
    [
      `it is a zip archive (so .npz, and models of PyTorch and Keras), not a model; ${REMEDY}`,
      bytes(0x50, 0x4b, 3, 4),
    ],
    [`it is packed with gzip, not a model; ${REMEDY}`, bytes(0x1f, 0x8b, 8, 0)],
    [`it is a NumPy array, not a model; ${REMEDY}`, bytes(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0)],
    [`the file is empty, not a model; ${REMEDY}, or fetch it again`, new Uint8Array(0)],
  ];
  it.each(cases)("%s", async (message, given) => {
    await expect(load(given, { file: "m" })).rejects.toThrow(`m: ${message}`);
  });

  it("a checkpoint", async () => {
    let state: Uint8Array | null = null;
    const save = async (checkpoint: Parameters<typeof encodeCheckpoint>[0]): Promise<void> => {
      state = encodeCheckpoint(checkpoint);
    };
    await fit(model, data, { steps: 1, checkpoint: { everySeconds: 0, save } });
    await expect(load(state ?? new Uint8Array(1), { file: "m" })).rejects.toThrow(
      "m: it is a checkpoint, the state of a run, not a model; go on with it",
    );
  });

  it("what is not bytes", async () => {
    for (const [given, what] of [
      ["model.safetensors", "a string"],
      [undefined, "undefined"],
      [new Response("x"), "Response"],
      [new Blob([]), "Blob"],
    ] as const)
      await expect(load(given as unknown as Uint8Array, { file: "m" })).rejects.toThrow(
        `m: load takes its bytes, a Uint8Array or an ArrayBuffer (await response.arrayBuffer()), not ${what}; `,
      );
  });
});

it("load takes an ArrayBuffer, and a view into one, as it takes a Uint8Array", async () => {
  const { model: trained } = await fit(model, data, { steps: 2 });
  const file = encodeModel(trained);
  const row = [0, 1, 0, 1];
  const expected = trained.predict(row);
  const whole = file.slice().buffer;
  const larger = new Uint8Array(file.length + 16);
  larger.set(file, 8);
  for (const given of [
    file,
    whole,
    await new Response(file.slice()).arrayBuffer(),
    larger.subarray(8, 8 + file.length),
    new DataView(larger.buffer, 8, file.length) as unknown as Uint8Array,
  ]) {
    expect((await load(given)).predict(row)).toEqual(expected);
  }
});
