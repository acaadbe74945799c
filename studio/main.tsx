import { render } from "preact";
import { App } from "./app.tsx";
import "uplot/dist/uPlot.min.css";
import "./style.css";

const root = document.getElementById("studio");
if (root) render(<App />, root);
