/** Runs on the audio thread: hands each block of the first channel on. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

/** Samples of a message: some blocks of 128. */
const FRAME = 1024;

class Frames extends AudioWorkletProcessor {
  #frame = new Float32Array(FRAME);
  #filled = 0;

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    const block = input[0];
    if (!block) return true;
    for (const x of block) {
      this.#frame[this.#filled++] = x;
      if (this.#filled < FRAME) continue;
      this.port.postMessage(this.#frame, [this.#frame.buffer]);
      this.#frame = new Float32Array(FRAME);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("frames", Frames);
