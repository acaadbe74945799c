/** What a trainer should know of a network, in sentences: units that say nothing, and back-signals that vanish or explode. */
import type { BackendChoice } from "../../backends/choose.ts";
import type { Dataset } from "../../data/dataset.ts";
import { alignClasses } from "../../data/classes.ts";
import { matchChannels } from "../../data/matchChannels.ts";
import { hasClasses } from "../../data/answers.ts";
import type { NetworkFields } from "../../models/network.ts";
import type { Loss } from "../../models/scores/loss.ts";
import { lossByAnswers } from "../../training/losses.ts";
import type { BackSignals } from "../../training/history.ts";
import { flowMeter } from "../gradientFlow.ts";
import { deadUnits, ROWS, type DeadKind } from "./deadUnits.ts";

/** One thing that was found. */
export interface Finding {
  /** What it is. */
  readonly kind: DeadKind | "vanishing" | "exploding";
  /** The layer, by its name in `summary`. */
  readonly layer: string;
  /** The channels that it is about, from 0; absent where it is about the layer. */
  readonly channels?: readonly number[];
  /** Of units the part of the layer's channels; of back-signals |v| over that of the last layer with filters. */
  readonly value: number;
  /** The same in a sentence. */
  readonly says: string;
}

/** The options of `diagnose`. */
export interface DiagnoseOptions {
  /** The most rows that are looked at, spread evenly. Default: 512; back-signals are of 16. */
  readonly rows?: number;
  /** What the back-signals are of. Default: that of training, by the answers. */
  readonly loss?: Loss;
  /** What it runs on. Default: "auto". */
  readonly backend?: BackendChoice;
}

/** A back-signal so many times smaller, or larger, than that of the last layer is told. */
export const APART = 1000;

/**
 * Looks a network through on rows with answers: dead, saturated and constant channels on at most 512 of them, and on 16 of them the
 * back-signals |v_l| of the layers with filters: one 1,000 times smaller than that of the last such layer vanishes, one 1,000
 * times larger explodes. Back-signals are not looked at where rows have a class a position or no answers.
 *
 * @throws InputError for rows that the network does not take
 */
export async function diagnose(
  network: NetworkFields,
  data: Dataset,
  { rows = ROWS, loss, backend }: DiagnoseOptions = {},
): Promise<Finding[]> {
  const seen = Math.min(rows, data.rows);
  const units = (await deadUnits(network, data, { rows, backend })).map(
    ({ layer, kind, channels, share }): Finding => ({
      kind,
      layer,
      channels,
      value: share,
      says: `${layer}: ${channels.length} of ${Math.round(channels.length / share)} channels ${WORDS[kind]} on ${seen} rows (${listed(channels)})`,
    }),
  );
  const { model, channelNames, classes, weights, preparation, targets } = network;
  if (data.answers.kind === "none" || data.answers.kind === "positions") return units;
  const { data: matched } = matchChannels(channelNames, data, `the model ${model.name}`);
  const aligned = hasClasses(data.answers.kind)
    ? alignClasses({ name: model.name, classes }, matched)
    : matched;
  const meter = await flowMeter(model, aligned, loss ?? lossByAnswers[aligned.answers.kind], backend);
  return meter === null ? units : [...units, ...flowFindings(meter.measure(weights, preparation, targets))];
}

const WORDS: Readonly<Record<DeadKind, string>> = {
  dead: "are 0 at every position",
  saturated: "are at an end of their range",
  constant: "have one value at every position",
};

/** What back-signals say: of each layer with filters against the last one. */
export function flowFindings(signals: BackSignals): Finding[] {
  const names = Object.keys(signals);
  const head = names[names.length - 1];
  if (head === undefined || !(signals[head] > 0)) return [];
  return names.flatMap((layer): Finding[] => {
    const value = signals[layer] / signals[head];
    const kind = value < 1 / APART ? "vanishing" : value > APART ? "exploding" : null;
    if (kind === null) return [];
    const times = Number((kind === "vanishing" ? 1 / value : value).toPrecision(3));
    return [
      {
        kind,
        layer,
        value,
        says:
          value === 0
            ? `${layer}: no back-signal reaches it`
            : `${layer}: its back-signal is ${times} times ${kind === "vanishing" ? "smaller" : "larger"} than that of ${head} (told from ${APART} on)`,
      },
    ];
  });
}

const listed = (channels: readonly number[]): string =>
  channels.slice(0, 8).join(", ") + (channels.length > 8 ? ", …" : "");
