/** A program on this machine, through a WebSocket on loopback: lines of numbers, or binary float32 (little-endian, interleaved). */
import { SampleLines } from "./lines.ts";
import type { Source } from "./source.ts";

export const socket: Source = {
  title: "WebSocket on this machine",
  missing: () => (typeof WebSocket === "undefined" ? "this browser has no WebSockets" : null),
  fields: () => [{ name: "address", text: "Address", initial: "ws://127.0.0.1:8765/" }],
  async start({ channels, chosen, push, ended, say }) {
    if (!/^ws:\/\/(127\.0\.0\.1|localhost):\d{1,5}(\/|$)/.test(chosen.address))
      throw new Error(
        `${chosen.address} is not on this machine; give ws://127.0.0.1:PORT/, which is all that this page may reach`,
      );
    const opened = new WebSocket(chosen.address);
    opened.binaryType = "arraybuffer";
    await new Promise<void>((resolve, reject) => {
      opened.addEventListener("open", () => resolve(), { once: true });
      opened.addEventListener(
        "error",
        () => reject(new Error(`nothing answers at ${chosen.address}; start the program that does`)),
        { once: true },
      );
    });
    let isStopped = false;
    const lines = new SampleLines(channels);
    opened.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") {
        void push(lines.take(data.endsWith("\n") ? data : `${data}\n`));
        if (lines.leftOut > 0) say(`${lines.leftOut} lines were left out: they are not ${channels} numbers`);
        return;
      }
      if (data.byteLength % (4 * channels) !== 0)
        return say(
          `a message of ${data.byteLength} bytes was left out: it is no whole samples of ${channels} float32`,
        );
      void push(new Float32Array(data));
    });
    opened.addEventListener("close", () => {
      if (!isStopped) ended("the program closed the socket");
    });
    return {
      stop: () => {
        isStopped = true;
        opened.close();
      },
      said: `${chosen.address}, as fast as it sends`,
    };
  },
};
