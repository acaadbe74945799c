/** A device on a serial port (an Arduino, say) that prints a line a sample. */
import { SampleLines } from "./lines.ts";
import type { Source } from "./source.ts";

/** What is used of Web Serial. */
interface Port {
  readonly readable: ReadableStream<Uint8Array> | null;
  open(options: { readonly baudRate: number }): Promise<void>;
  close(): Promise<void>;
}
interface WithSerial {
  readonly serial?: { requestPort(): Promise<Port> };
}

export const serial: Source = {
  title: "Serial port",
  missing: () =>
    (navigator as WithSerial).serial
      ? null
      : "this browser has no Web Serial (Chrome and Edge on computers have it)",
  fields: () => [{ name: "baud", text: "Baud", initial: "115200" }],
  async start({ channels, chosen, push, ended, say }) {
    const baudRate = Number(chosen.baud);
    if (!(Number.isSafeInteger(baudRate) && baudRate > 0))
      throw new Error(`${chosen.baud} is no baud rate; give a number such as 115200`);
    const port = await (navigator as WithSerial as Required<WithSerial>).serial.requestPort().catch(() => {
      throw new Error("no port was chosen; begin again and choose one");
    });
    await port.open({ baudRate }).catch(() => {
      throw new Error("the port does not open; close the other program that has it");
    });
    const reader = port.readable?.getReader();
    if (!reader) throw new Error("the port gives nothing to read");
    let isStopped = false;
    const lines = new SampleLines(channels);
    const decoder = new TextDecoder();
    void (async () => {
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          await push(lines.take(decoder.decode(value, { stream: true })));
          if (lines.leftOut > 0)
            say(`${lines.leftOut} lines were left out: they are not ${channels} numbers`);
        }
      } catch {
        // unplugged
      }
      reader.releaseLock();
      await port.close().catch(() => undefined);
      if (!isStopped) ended("the port was closed");
    })();
    return {
      stop: () => {
        isStopped = true;
        void reader.cancel();
      },
      said: `${baudRate} baud, a line a sample: ${channels} numbers`,
    };
  },
};
