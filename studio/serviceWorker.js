/**
 * Keeps the studio's files, so that a page that was loaded once goes on without its host, and opens again without it. It is written
 * into the build as sw.js, with the list of files (vite.config.ts); pages that `toeplitz studio` serves do without it.
 */
const files = __FILES__;
const mine = `toeplitz ${registration.scope} `;
const kept = `${mine}__HASH__`;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(kept).then((cache) => cache.addAll(files)));
});

addEventListener("activate", (event) => {
  const forget = async () => {
    for (const name of await caches.keys())
      if (name.startsWith(mine) && name !== kept) await caches.delete(name);
    // a page that was opened before it is its page too
    await clients.claim();
  };
  event.waitUntil(forget());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  const answer = async () => {
    // whatever a host says that its answers vary by
    const how = { ignoreSearch: true, ignoreVary: true };
    const found = await (await caches.open(kept)).match(request, how);
    return found ?? fetch(request);
  };
  event.respondWith(answer());
});
