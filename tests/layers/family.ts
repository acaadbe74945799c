/** Every layer of the family with its options: one list for gradients, for bits and for the coverage of kinds. */
import * as L from "../../src/layers/functions.ts";
import type { Build, Size } from "./shared.ts";

export interface Case {
  readonly name: string;
  readonly build: Build;
  readonly size: Size;
}

const standard: Size = { channels: 4, length: 9 };
const of = (name: string, build: Build, size: Size = standard): Case => ({ name, build, size });
const conv = (name: string, options: Parameters<typeof L.conv1d>[1], size?: Size): Case =>
  of(`conv1d ${name}`, (x) => L.conv1d(x, options), size);
const transposed = (name: string, options: Parameters<typeof L.convTranspose1d>[1], size?: Size): Case =>
  of(`convTranspose1d ${name}`, (x) => L.convTranspose1d(x, options), size);

const modes = ["reflect", "replicate", "circular"] as const;
const k3 = { filters: 3, kernelSize: 3 } as const;

export const convolutions: readonly Case[] = [
  ...modes.map((paddingMode) => conv(paddingMode, { ...k3, padding: [3, 1], paddingMode })),
  ...modes.map((paddingMode) =>
    conv(`${paddingMode}, same, even, dilated`, {
      filters: 2,
      kernelSize: 4,
      dilation: 2,
      padding: "same",
      paddingMode,
    }),
  ),
  conv("circular, strided", { ...k3, padding: 2, stride: 2, paddingMode: "circular" }),
  conv("causal, dilated by more than the length", { ...k3, padding: "causal", dilation: 16 }),
  conv("replicate, causal", { ...k3, padding: "causal", paddingMode: "replicate" }),
  conv("stride and dilation above 1", { ...k3, stride: 3, dilation: 2, padding: 2 }),
  conv("stride above the kernel", { filters: 2, kernelSize: 2, stride: 5 }),
  conv("kernel = length", { filters: 2, kernelSize: 9 }),
  conv("kernel = length, padded, strided", { filters: 2, kernelSize: 9, padding: 4, stride: 3 }),
  conv("of length 1", { ...k3, padding: 1 }, { channels: 2, length: 1 }),
  conv("of length 1, replicate", { ...k3, padding: 1, paddingMode: "replicate" }, { channels: 2, length: 1 }),
  conv("groups = channels", { ...k3, filters: 8, groups: 4, padding: "same" }),
  conv("groups of 2, strided, dilated", { ...k3, filters: 6, groups: 2, stride: 2, dilation: 3, padding: 1 }),
  conv("weightNorm", { ...k3, weightNorm: true }),
  conv("weightNorm, groups = channels", { ...k3, filters: 4, groups: 4, weightNorm: true, bias: false }),
  conv("weightNorm, kernelSize 1", { filters: 3, kernelSize: 1, weightNorm: true }),
  conv(
    "weightNorm, 40 taps a filter",
    { filters: 3, kernelSize: 5, weightNorm: true },
    { channels: 8, length: 7 },
  ),
  conv("weightNorm of one tap", { filters: 2, kernelSize: 1, weightNorm: true }, { channels: 1, length: 4 }),
  of("separableConv1d", (x) =>
    L.separableConv1d(x, { filters: 3, kernelSize: 3, padding: "same", multiplier: 2 }),
  ),
  of("depthwiseConv1d, strided", (x) => L.depthwiseConv1d(x, { kernelSize: 4, stride: 2 })),
  of("fixedConv1d", (x) => L.fixedConv1d(x, { taps: [-1, 0.5, 0, 2], padding: "same" })),
  of("fixedConv1d valid", (x) => L.fixedConv1d(x, { taps: [1, -1] })),
  of("logMel", (x) => L.logMel(x, { rate: 100, size: 12, hop: 3, bands: 2, low: 0 }), {
    channels: 1,
    length: 20,
  }),
  transposed("", k3),
  transposed("strided, padded", { ...k3, stride: 2, padding: 1 }),
  transposed("with outputPadding", { ...k3, stride: 3, padding: 1, outputPadding: 2 }),
  transposed("dilated, groups", { ...k3, filters: 6, dilation: 2, groups: 2, stride: 2 }),
  transposed("groups = channels, no bias", { filters: 4, kernelSize: 2, groups: 4, bias: false }),
  transposed("stride above the kernel", { filters: 2, kernelSize: 2, stride: 5 }),
  transposed("of length 1", { ...k3, stride: 2 }, { channels: 2, length: 1 }),
  transposed("padding above the kernel", { filters: 2, kernelSize: 2, padding: 3 }),
];

export const norms: readonly Case[] = [
  of("layerNorm", (x) => L.layerNorm(x)),
  of("layerNorm over the row", (x) => L.layerNorm(x, { over: "row" })),
  of("layerNorm without affine", (x) => L.layerNorm(x, { affine: false })),
  of("layerNorm of 20 channels", (x) => L.layerNorm(x), { channels: 20, length: 3 }),
  of("instanceNorm", (x) => L.instanceNorm(x)),
  of("instanceNorm affine", (x) => L.instanceNorm(x, { affine: true })),
  of("groupNorm of 2", (x) => L.groupNorm(x, { groups: 2 })),
  of("groupNorm of 1", (x) => L.groupNorm(x, { groups: 1 })),
  of("groupNorm of each channel", (x) => L.groupNorm(x, { groups: 4, affine: false })),
  of("groupNorm of 12 in 3, one position", (x) => L.groupNorm(x, { groups: 3 }), { channels: 12, length: 1 }),
];

export const moves: readonly Case[] = [
  of("maxPool", (x) => L.maxPool(x, { size: 2 })),
  of("maxPool overlapping, padded", (x) => L.maxPool(x, { size: 3, stride: 1, padding: 1 })),
  of("maxPool dilated, padded", (x) => L.maxPool(x, { size: 3, stride: 2, padding: 2, dilation: 2 })),
  of("maxPool of the whole", (x) => L.maxPool(x, { size: 9 })),
  of("maxPool of 7 by runs, strided", (x) => L.maxPool(x, { size: 7, stride: 2 }), {
    channels: 2,
    length: 20,
  }),
  of("adaptiveMaxPool by runs", (x) => L.adaptiveMaxPool(x, { length: 4 }), { channels: 2, length: 33 }),
  of("maxPool of 6, padded", (x) => L.maxPool(x, { size: 6, stride: 2, padding: 3 })),
  of("maxPool stride above the size", (x) => L.maxPool(x, { size: 2, stride: 4 })),
  of("maxPool of length 1", (x) => L.maxPool(x, { size: 3, stride: 1, padding: "same" }), {
    channels: 2,
    length: 1,
  }),
  of("averagePool", (x) => L.averagePool(x, { size: 3 })),
  of("averagePool padded", (x) => L.averagePool(x, { size: 4, stride: 2, padding: 2 })),
  of("averagePool padded, not counted", (x) =>
    L.averagePool(x, { size: 4, stride: 2, padding: 2, countPadding: false }),
  ),
  of("globalMaxPool", (x) => L.globalMaxPool(x)),
  of("globalMaxPool of length 1", (x) => L.globalMaxPool(L.tanh(x)), { channels: 2, length: 1 }),
  of("adaptiveAveragePool", (x) => L.adaptiveAveragePool(x, { length: 4 })),
  of("adaptiveAveragePool to more", (x) => L.adaptiveAveragePool(x, { length: 12 })),
  of("adaptiveMaxPool", (x) => L.adaptiveMaxPool(x, { length: 4 })),
  of("upsample nearest", (x) => L.upsample(x, { scale: 3 })),
  of("upsample linear", (x) => L.upsample(x, { scale: 2, mode: "linear" })),
  of("upsample linear by 3", (x) => L.upsample(x, { scale: 3, mode: "linear" })),
  of("upsample linear of length 1", (x) => L.upsample(x, { scale: 2, mode: "linear" }), {
    channels: 2,
    length: 1,
  }),
  of("pad", (x) => L.pad(x, { left: 2, right: 1 })),
  of("pad reflect", (x) => L.pad(x, { left: 8, right: 3, mode: "reflect" })),
  of("crop", (x) => L.crop(x, { left: 2, right: 3 })),
  of("the last position", (x) => L.crop(x, { left: 8 })),
  of("slice", (x) => L.slice(x, { first: 1, count: 2 })),
  of("concat", (x) => L.concat(L.tanh(x), x, L.slice(x, { first: 3, count: 1 }))),
  of("concat of convolutions, then one", (x) =>
    L.conv1d(L.concat(L.conv1d(x, { ...k3, padding: 1 }), L.conv1d(x, { ...k3, filters: 2, padding: 1 })), {
      ...k3,
      padding: 2,
    }),
  ),
  of("multiply", (x) => L.multiply(L.tanh(x), x)),
  of("multiply by a gate a channel", (x) => L.multiply(x, L.sigmoid(L.globalAveragePool(x)))),
  of("multiply by a gate a position", (x) => L.multiply(L.slice(x, { count: 1 }), x)),
  of("glu", (x) => L.glu(x)),
  of("squeezeExcite", (x) => L.squeezeExcite(x, { reduction: 2 })),
];

export const activations: readonly Case[] = (
  [
    ["relu6", L.relu6],
    ["hardtanh", (x) => L.hardtanh(x, { least: -0.5, most: 1.25 })],
    ["hardsigmoid", L.hardsigmoid],
    ["hardswish", L.hardswish],
    ["mish", L.mish],
    ["selu", L.selu],
    ["celu", (x) => L.celu(x, { alpha: 0.5 })],
    ["prelu", (x) => L.prelu(x)],
    ["prelu a channel", (x) => L.prelu(x, { slopes: "channels" })],
    ["softsign", L.softsign],
    ["logSigmoid", L.logSigmoid],
    ["tanhshrink", L.tanhshrink],
    ["softshrink", (x) => L.softshrink(x)],
    ["hardshrink", (x) => L.hardshrink(x, { lambda: 1 })],
    ["threshold", (x) => L.threshold(x, { threshold: 0.5, value: -2 })],
    ["gelu by tanh", (x) => L.gelu(x, { approximate: "tanh" })],
    ["softmax", L.softmax],
    ["logSoftmax", L.logSoftmax],
    ["identity", (x) => L.identity(L.tanh(x))],
  ] satisfies readonly (readonly [string, Build])[]
).map(([name, build]) => of(name, build));

export const drops: readonly Case[] = [
  of("dropout", (x) => L.dropout(x, { rate: 0.3 })),
  of("channelDropout", (x) => L.channelDropout(L.tanh(x), { rate: 0.5 })),
  of("two dropouts", (x) => L.dropout(L.conv1d(L.dropout(x), k3), { rate: 0.2 })),
];

export const family: readonly Case[] = [...convolutions, ...norms, ...moves, ...activations, ...drops];
