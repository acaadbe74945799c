/** The look of a report: light and dark by the reader's preference, one column on a phone. */
import { schemes } from "./colours.ts";

export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--card:${schemes.light.card};--ink:#1f2328;--soft:#59636e;--rule:#d1d9e0;
--s0:#0969da;--s1:#d4680b;--s2:#1a7f5a;--s3:#8250df;--s4:#bf3989;--s5:#7d6a00;--right:${schemes.light.right};--wrong:${schemes.light.wrong}}
@media (prefers-color-scheme:dark){:root{--paper:#0d1117;--card:${schemes.dark.card};--ink:#e6edf3;--soft:#9198a1;--rule:#3d444d;
--s0:#4493f8;--s1:#f0883e;--s2:#3fb68b;--s3:#ab7df8;--s4:#f778ba;--s5:#d4b72c;--right:${schemes.dark.right};--wrong:${schemes.dark.wrong}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:32px 20px 64px;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:30px;line-height:1.2;margin:0;overflow-wrap:anywhere}h2{font-size:20px;margin:44px 0 12px}
p{margin:6px 0;max-width:75ch}.soft,figcaption{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 0;padding:0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 16px}
.tile dt{color:var(--soft);font-size:14px}.tile dd{margin:0;font-size:26px;font-weight:600;line-height:1.25}
.tile dd+dd{font-size:14px;font-weight:400;color:var(--soft)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:16px;align-items:start}
.charts.three{grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr))}
.smalls{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(46%,160px),1fr));gap:12px}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px;min-width:0}
figcaption{font-size:14px;margin-bottom:6px;overflow-wrap:anywhere}.small{padding:8px 10px}.small figcaption{margin:4px 0 0;font-size:13px;line-height:1.35}
.small b{color:var(--ink)}
svg{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}svg.wide{min-width:760px}
svg text{fill:var(--soft)}svg text.light-black{fill:#000}svg text.light-white{fill:#fff}
@media (prefers-color-scheme:dark){svg text.dark-black{fill:#000}svg text.dark-white{fill:#fff}}svg .axis{fill:var(--ink)}
.grid{stroke:var(--rule);stroke-width:.8}.frame{fill:none;stroke:var(--rule)}
.lines path{fill:none;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}.small .lines path{stroke-width:1.3}
line.mark,path.mark{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 3;fill:none}.dot{fill:var(--s0);fill-opacity:.55}
rect.right{fill:var(--right)}rect.wrong{fill:var(--wrong)}
${[0, 1, 2, 3, 4, 5].map((k) => `.s${k}{stroke:var(--s${k})}circle.s${k}{fill:var(--s${k})}i.s${k}{background:var(--s${k})}`).join("")}
.keys{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--soft);margin-top:4px}
.key i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:5px;vertical-align:middle}
.key i.mark{height:0;border-top:2px dashed var(--soft)}.key i.right{background:var(--right);height:10px}.key i.wrong{background:var(--wrong);height:10px}
.scroll{overflow-x:auto}.long{display:grid;gap:16px}.long figure>.scroll:has(table){max-height:520px;overflow-y:auto}.long thead th{position:sticky;top:0;background:var(--card)}table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
th:first-child{text-align:left;font-weight:500;min-width:88px;max-width:260px;overflow-wrap:break-word;white-space:normal}thead th{color:var(--soft);font-weight:500}
table.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}
table.facts th{min-width:130px;vertical-align:top}
pre{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
details{margin-top:12px}summary{cursor:pointer;color:var(--soft);font-size:14px}summary:focus-visible,.scroll:focus-visible,button:focus-visible{outline:2px solid var(--s0);outline-offset:2px}
button{font:13px system-ui,sans-serif;color:var(--ink);background:var(--paper);border:1px solid var(--rule);border-radius:6px;padding:3px 10px;margin-bottom:8px;cursor:pointer}
@media print{details>*{display:block}button{display:none}}
`;
