/** The motion of a phone or tablet: acceleration with gravity (3 channels), and turning (6). */
import type { Source } from "./source.ts";

interface Asks {
  readonly requestPermission?: () => Promise<string>;
}

export const motion: Source = {
  title: "Motion of this device",
  missing: () => {
    if (typeof DeviceMotionEvent === "undefined") return "this browser has no motion sensors";
    return globalThis.isSecureContext
      ? null
      : "the page is not on https or localhost, so no sensor is given to it";
  },
  fields: () => [],
  async start({ channels, push, say }) {
    if (channels !== 3 && channels !== 6)
      throw new Error(
        `motion is 3 channels (acceleration, m/s²) or 6 (and turning, degrees a second); the model takes ${channels}; choose another source`,
      );
    const asks: Asks = DeviceMotionEvent as unknown as Asks;
    if (asks.requestPermission && (await asks.requestPermission()) !== "granted")
      throw new Error("motion was not allowed; allow it to this page and begin again");
    let count = 0;
    const hear = ({ accelerationIncludingGravity: a, rotationRate: r }: DeviceMotionEvent): void => {
      if (a?.x === null || a?.x === undefined) return;
      count++;
      const all = [a.x, a.y ?? 0, a.z ?? 0, r?.beta ?? 0, r?.gamma ?? 0, r?.alpha ?? 0];
      void push(Float32Array.from(all.slice(0, channels)));
    };
    addEventListener("devicemotion", hear);
    const patience = setTimeout(() => {
      if (count === 0) say("no motion comes in: this device seems to have no such sensor");
    }, 2000);
    return {
      stop: () => {
        clearTimeout(patience);
        removeEventListener("devicemotion", hear);
      },
      said: "as often as this device says it; x, y, z in m/s²" + (channels === 6 ? ", then turning" : ""),
    };
  },
};
