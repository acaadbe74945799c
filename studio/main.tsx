import { render } from "preact";
import { App } from "./app.tsx";
import { isServed } from "./served.ts";
import "uplot/dist/uPlot.min.css";
import "./style.css";

const root = document.getElementById("studio");
if (root) render(<App />, root);

// from a static host: the page goes on without it (serviceWorker.js)
if (import.meta.env.MODE === "production" && !isServed && "serviceWorker" in navigator)
  navigator.serviceWorker.register("./sw.js").catch(() => undefined);
