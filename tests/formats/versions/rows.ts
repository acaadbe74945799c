/** What the files of each version are asked, and how their answers are written down. */
import type { AnyModel } from "../../../src/formats/modelFile.ts";

export interface Expected {
  readonly kind: AnyModel["kind"];
  readonly classes: readonly string[];
  /** The bits of each output of three rows, row after row, as hexadecimal float32. */
  readonly outputs: readonly string[];
}

/** Three rows of two channels and 20 positions: exact quarters from -2 to 1.75. */
const series = Float64Array.from({ length: 3 * 2 * 20 }, (_, i) => (((i * 7 + (i >> 3)) % 16) - 8) / 4);

/** What a model says of the rows, bit for bit. */
export function expectedBits(model: AnyModel): Expected {
  const values = model.outputs({ series, rows: 3 });
  const view = new DataView(new ArrayBuffer(4));
  return {
    kind: model.kind,
    classes: model.kind === "ensemble" ? model.members[0].classes : model.classes,
    outputs: Array.from(values, (x) => {
      view.setFloat32(0, x);
      return view.getUint32(0).toString(16).padStart(8, "0");
    }),
  };
}
