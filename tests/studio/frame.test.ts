/** The studio's frame in a real browser: views by name, and the promise that nothing is sent anywhere. */
import { describe, expect, it } from "vitest";
import { hasChromium, studio, titled } from "./harness.ts";

describe.skipIf(!hasChromium)(titled("the studio's frame"), () => {
  const site = studio();

  it("opens, shows its views by name, and is isolated where the server says so", async () => {
    const page = await site.open();
    expect(await page.title()).toBe("toeplitz studio");
    expect(await page.$$eval("nav a", (all) => all.map((a) => a.textContent))).toEqual([
      "Data",
      "Train",
      "Look inside",
      "Live",
      "Ship",
    ]);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.getByRole("link", { name: "Ship" }).click();
    expect(await page.getAttribute("main", "aria-label")).toBe("Ship");
  });

  it("asks nothing of anywhere else: its policy refuses requests, sockets, pictures, frames and scripts", async () => {
    const page = await site.open();
    site.expectComplaint(/Content Security Policy|asked for .*example\.invalid|ERR_BLOCKED_BY_CSP/);
    const refused = await page.evaluate(async () => {
      const violated: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        violated.push(event.effectiveDirective),
      );
      await fetch("https://example.invalid/").catch(() => undefined);
      try {
        void new WebSocket("wss://example.invalid/");
      } catch {
        // some browsers throw, others say it by the event
      }
      navigator.sendBeacon("https://example.invalid/", "x");
      const add = (tag: string, attributes: Record<string, string>): void => {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        document.body.append(element);
      };
      add("img", { src: "https://example.invalid/a.png" });
      add("iframe", { src: "https://example.invalid/" });
      add("script", { src: "https://example.invalid/a.js" });
      add("link", { rel: "stylesheet", href: "https://example.invalid/a.css" });
      add("object", { data: "https://example.invalid/a.swf" });
      const inline = document.createElement("script");
      inline.textContent = "window.ran = true";
      document.body.append(inline);
      // a policy's refusals are told some time after
      for (let turn = 0; turn < 50 && new Set(violated).size < 6; turn++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      return { violated: [...new Set(violated)].toSorted(), ran: "ran" in window };
    });
    expect(refused).toEqual({
      violated: ["connect-src", "frame-src", "img-src", "object-src", "script-src-elem", "style-src-elem"],
      ran: false,
    });
  });
});
