const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
worker.addEventListener("message", ({ data }) => {
  document.body.dataset.outcome = JSON.stringify(data);
});
worker.addEventListener("error", (event) => {
  document.body.dataset.outcome = JSON.stringify({ error: event.message });
});
