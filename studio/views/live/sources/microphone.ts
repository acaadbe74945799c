/** The microphone, through an audio worklet; the browser brings it to the rate that is asked for. */
import workletUrl from "./microphoneWorklet.ts?worker&url";
import type { Source } from "./source.ts";

/** Samples a second where the model does not say it. */
const RATE = 16_000;

export const microphone: Source = {
  title: "Microphone",
  missing: () => {
    if (!globalThis.isSecureContext)
      return "the page is not on https or localhost, so no microphone is given to it";
    if (!navigator.mediaDevices?.getUserMedia) return "this browser has no getUserMedia";
    return typeof AudioWorkletNode === "undefined" ? "this browser has no audio worklets" : null;
  },
  fields: ({ rate }) => [{ name: "rate", text: "Samples a second", initial: String(rate ?? RATE) }],
  async start({ channels, chosen, push, ended }) {
    if (channels !== 1)
      throw new Error(`a microphone is one channel and the model takes ${channels}; choose another source`);
    const sampleRate = Number(chosen.rate);
    if (!(sampleRate >= 3000 && sampleRate <= 192_000))
      throw new Error(`a microphone gives 3000 to 192000 samples a second; ${chosen.rate} is none of them`);
    // no processing for a listener's sake: the model takes what the microphone takes
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const media = await navigator.mediaDevices.getUserMedia({ audio }).catch((error: unknown) => {
      const name = error instanceof DOMException ? error.name : "";
      throw new Error(
        name === "NotAllowedError"
          ? "the microphone was not allowed; allow it to this page and begin again"
          : "there is no microphone; plug one in, or choose another source",
      );
    });
    const context = new AudioContext({ sampleRate });
    const stop = (): void => {
      for (const track of media.getTracks()) track.stop();
      void context.close();
    };
    try {
      await context.audioWorklet.addModule(workletUrl);
      const from = context.createMediaStreamSource(media);
      const frames = new AudioWorkletNode(context, "frames", {
        numberOfOutputs: 0,
        channelCount: 1,
        channelCountMode: "explicit",
      });
      frames.port.addEventListener("message", ({ data }: MessageEvent<Float32Array>) => void push(data));
      frames.port.start();
      from.connect(frames);
      for (const track of media.getTracks())
        track.addEventListener("ended", () => ended("the microphone was taken away"));
    } catch {
      stop();
      throw new Error(`this browser cannot record at ${sampleRate} samples a second; try another rate`);
    }
    return {
      stop,
      said: `${media.getAudioTracks()[0]?.label || "microphone"}, one channel from -1 to 1`,
      rate: sampleRate,
    };
  },
};
