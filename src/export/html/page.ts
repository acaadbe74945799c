/** What an exported page does: rows from a file, a text, the microphone or the device's motion, and what the model says of them. */
import type { ExportedModel } from "../runtime.ts";
import { signalOf, windowsOf } from "./rows.ts";

/** Milliseconds between two answers of something live. */
const EVERY = 150;

const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

/** Starts the page for a model. */
export function start(model: ExportedModel): void {
  const { takes, channelNames } = model;
  const size = takes.length;
  let signal: readonly (readonly number[])[] = [];
  let live: (() => void) | null = null;

  const fail = (error: unknown): void => {
    byId("fault").textContent = error instanceof Error ? error.message : String(error);
  };
  const attempt = (work: () => void): void => {
    byId("fault").textContent = "";
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };
  const stop = (): void => {
    live?.();
    live = null;
    byId("stop").hidden = true;
  };
  const show = (row: readonly (readonly number[])[], where: string): void =>
    attempt(() => {
      plot(row, channelNames);
      say(model, row, where);
    });

  const open = (text: string, name: string): void =>
    attempt(() => {
      stop();
      const read = signalOf(text, { channels: takes.channels, length: size, names: channelNames });
      signal = read.channels;
      const { length } = signal[0];
      const windows = windowsOf(length, size, takes.lengths !== "one");
      if (windows.length === 0)
        throw new Error(`${name} has ${length} values a channel; the model takes ${size}`);
      byId("note").textContent = [
        `${name}: ${length} values a channel`,
        ...(read.note === "" ? [] : [read.note]),
        ...(windows.length > 1 ? [`${windows.length} windows of ${size}, one after another`] : []),
      ].join("; ");
      list(model, signal, windows, (from, to) =>
        show(cutOf(signal, from, to), `values ${from} to ${to - 1}`),
      );
    });

  offerFiles(open, fail);
  byId("use").addEventListener("click", () => open((byId("text") as HTMLTextAreaElement).value, "the text"));
  byId("stop").addEventListener("click", stop);

  const startLive = (row: () => readonly (readonly number[])[], end: () => void): void => {
    byId("list").replaceChildren();
    const timer = setInterval(() => {
      const now = row();
      if (now[0].length === size) show(now, "now");
      else byId("note").textContent = `${now[0].length} of ${size} values`;
    }, EVERY);
    live = () => {
      clearInterval(timer);
      end();
    };
    byId("stop").hidden = false;
  };
  offerLive(model, (begin) => {
    stop();
    begin.then(({ row, end }) => startLive(row, end), fail);
  });
  attempt(() => {
    byId("ready").textContent =
      `${model.selfTest()} golden rows were computed: their bits are those of the library.`;
  });
}

/** Files, chosen or dropped anywhere on the page. */
function offerFiles(open: (text: string, name: string) => void, fail: (error: unknown) => void): void {
  const file = byId("file") as HTMLInputElement;
  const take = (given: File | undefined): void => {
    if (given) given.text().then((text) => open(text, given.name), fail);
  };
  file.addEventListener("change", () => take(file.files?.[0]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  });
}

/** The buttons of what this model can listen to. */
function offerLive({ takes }: ExportedModel, listen: (begin: Promise<Live>) => void): void {
  const { channels, length } = takes;
  byId("microphone").hidden = channels !== 1 || length > 32768;
  byId("rate-label").hidden = byId("microphone").hidden;
  byId("motion").hidden = ![1, 3, 6].includes(channels) || typeof DeviceMotionEvent === "undefined";
  byId("microphone").addEventListener("click", () => {
    listen(microphone(length, Number((byId("rate") as HTMLInputElement).value)));
  });
  byId("motion").addEventListener("click", () => listen(motion(channels, length)));
}

const cutOf = (signal: readonly (readonly number[])[], from: number, to: number): number[][] =>
  signal.map((channel) => channel.slice(from, to));

/** What the model says of each window, a button each. */
function list(
  model: ExportedModel,
  signal: readonly (readonly number[])[],
  windows: readonly (readonly [number, number])[],
  choose: (from: number, to: number) => void,
): void {
  const most = 500;
  const buttons = windows.slice(0, most).map(([from, to]) => {
    const button = document.createElement("button");
    let said: string;
    try {
      const prediction = model.predict(cutOf(signal, from, to));
      said =
        model.answers === "values"
          ? (prediction.values ?? []).map(short).join(", ")
          : prediction.label || "no class";
    } catch {
      said = "not taken";
    }
    button.textContent = `${from}: ${said}`;
    button.addEventListener("click", () => choose(from, to));
    return button;
  });
  byId("list").replaceChildren(...(windows.length > 1 ? buttons : []));
  choose(...windows[0]);
}

/** The answer in words, and a bar a class or a number an output. */
function say(model: ExportedModel, row: readonly (readonly number[])[], where: string): void {
  const prediction = model.predict(row);
  const body = byId("answers");
  if (model.answers === "values") {
    byId("answer").textContent = (prediction.values ?? []).map(short).join(", ");
    body.replaceChildren(
      ...(prediction.values ?? []).map((value, k) => line(`output ${k}`, short(value), null)),
    );
  } else {
    byId("answer").textContent = prediction.label || "no class: the outputs are not numbers";
    body.replaceChildren(
      ...model.classes.map((name, k) =>
        line(name, `${(prediction.probabilities[k] * 100).toFixed(1)} %`, prediction.probabilities[k]),
      ),
    );
  }
  byId("where").textContent = where;
}

function line(name: string, said: string, part: number | null): HTMLTableRowElement {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const number = row.appendChild(document.createElement("td"));
  number.textContent = said;
  row.prepend(head);
  if (part !== null) {
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.style.width = `${part * 100}%`;
    row.appendChild(document.createElement("td")).append(bar);
  }
  return row;
}

const short = (x: number): string => String(Number(x.toPrecision(4)));

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [720, 200];

/** A line a channel, each within its own height; gaps where values are missing. */
function plot(row: readonly (readonly number[])[], names: readonly string[] | undefined): void {
  const svg = byId("plot");
  const each = HEIGHT / row.length;
  const lines = row.map((values, c) => {
    const known = values.filter((x) => Number.isFinite(x));
    const low = known.reduce((a, b) => Math.min(a, b), Infinity);
    const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
    const x = (t: number): string => ((t / Math.max(1, values.length - 1)) * WIDTH).toFixed(1);
    const y = (v: number): string =>
      (each * (c + 0.9 - 0.8 * (high > low ? (v - low) / (high - low) : 0.5))).toFixed(1);
    let pen = "M";
    const path = document.createElementNS(SVG, "path");
    path.setAttribute(
      "d",
      values
        .map((v, t) => {
          if (!Number.isFinite(v)) {
            pen = "M";
            return "";
          }
          const point = `${pen}${x(t)} ${y(v)}`;
          pen = "L";
          return point;
        })
        .join(""),
    );
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${names?.[c] ?? `channel ${c}`}: ${short(low)} to ${short(high)}`;
    path.append(title);
    return path;
  });
  svg.replaceChildren(...lines);
  svg.setAttribute("aria-label", lines.map((path) => path.textContent).join("; "));
  byId("range").textContent = lines.map((path) => path.textContent).join("; ");
}

interface Live {
  readonly row: () => readonly (readonly number[])[];
  readonly end: () => void;
}

/** The last values that the microphone gave. */
async function microphone(size: number, sampleRate: number): Promise<Live> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const context = new AudioContext({ sampleRate });
  const analyser = context.createAnalyser();
  analyser.fftSize = Math.max(32, 2 ** Math.ceil(Math.log2(size)));
  context.createMediaStreamSource(stream).connect(analyser);
  const values = new Float32Array(analyser.fftSize);
  return {
    row: () => {
      analyser.getFloatTimeDomainData(values);
      return [Array.from(values.subarray(values.length - size))];
    },
    end: () => {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
    },
  };
}

/** The last values of the device's motion: its length, its three axes, or these and the three of its rotation. */
async function motion(channels: number, size: number): Promise<Live> {
  const asked = DeviceMotionEvent as unknown as { requestPermission?: () => Promise<string> };
  if (asked.requestPermission && (await asked.requestPermission()) !== "granted")
    throw new Error("the device's motion was not allowed");
  const values: number[][] = Array.from({ length: channels }, () => []);
  const note = ({ accelerationIncludingGravity: a, rotationRate: r }: DeviceMotionEvent): void => {
    const axes = [a?.x, a?.y, a?.z, r?.alpha, r?.beta, r?.gamma].map((v) => v ?? 0);
    const taken = channels === 1 ? [Math.hypot(axes[0], axes[1], axes[2])] : axes.slice(0, channels);
    taken.forEach((v, c) => {
      values[c].push(v);
      if (values[c].length > size) values[c].shift();
    });
  };
  addEventListener("devicemotion", note);
  return { row: () => values.map((v) => v.slice()), end: () => removeEventListener("devicemotion", note) };
}
