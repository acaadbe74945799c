/** Links of the pages lead somewhere, files that the architecture names are there, and every page is on the site. */
import { statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as core from "../../src/index.ts";
import * as node from "../../src/node.ts";
import * as operators from "../../src/operators/index.ts";
import { topics } from "../../site/topics.ts";
import { root } from "../house/house.ts";
import { rooms } from "../house/rooms.ts";
import { anchorsOf, pageFiles, proseOf, relativeLinks, textOf } from "./markdown.ts";

const pages = pageFiles();
const forContributors = ["CONTRIBUTING.md", "docs/architecture.md", "docs/measurements.md"];
const isFile = (path: string): boolean => statSync(root + path, { throwIfNoEntry: false })?.isFile() === true;
const isFolder = (path: string): boolean =>
  statSync(root + path, { throwIfNoEntry: false })?.isDirectory() === true;

describe("links", () => {
  it.each(pages)("of %s lead to files and headings that there are", (page) => {
    const dead = relativeLinks(page, textOf(page)).filter(
      ({ path, anchor }) => !isFile(path) || (anchor !== "" && !anchorsOf(textOf(path)).includes(anchor)),
    );
    expect(dead).toEqual([]);
  });
});

describe("code that pages name", () => {
  /** `graph/ops.ts` stands for `src/graph/ops.ts`, as the arrows do. */
  const there = (name: string, is: (path: string) => boolean): boolean => is(name) || is(`src/${name}`);

  it.each(pages)("is there: %s", (page) => {
    const names = [...proseOf(textOf(page)).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.ts)`/g)].map(
      ([, name]) => name,
    );
    expect(names.filter((name) => !there(name, isFile))).toEqual([]);
  });

  it.each(pages.filter((page) => !forContributors.includes(page)))(
    "is exported where it is called: %s",
    (page) => {
      const { losses, optimizers, schedules, layers, architectures, metrics } = core;
      const exported = [core, node, operators, losses, optimizers, schedules, layers, architectures, metrics];
      const known = new Set(exported.flatMap((names) => Object.keys(names)));
      const ofStreams = ["push", "process", "finish", "reset", "state", "describe"];
      const methods = ["predict", "stream", "snapshot", "restore", ...ofStreams];
      const mathematics = ["ceil"];
      const called = [...proseOf(textOf(page)).matchAll(/`([a-z]\w+)\(/g)].map(([, name]) => name);
      expect(called.filter((name) => ![...known, ...methods, ...mathematics].includes(name))).toEqual([]);
    },
  );

  it.each(["docs/architecture.md", "docs/measurements.md"])(
    "is a link in %s, or a folder that is there",
    (page) => {
      const prose = proseOf(textOf(page));
      const bare = [...prose.matchAll(/(?<!\[)`([\w./-]+\.(?:ts|json|md))`/g)].map(([, name]) => name);
      expect(bare.filter((name) => there(name, isFile))).toEqual([]);
      const folders = [...prose.matchAll(/`([\w./-]+\/)`/g)].map(([, name]) => name);
      expect(folders.filter((name) => !there(name, isFolder) && name !== "i/")).toEqual([]);
    },
  );
});

describe("the architecture's table of rooms", () => {
  it("is the house's", () => {
    const told = [
      ...textOf("docs/architecture.md").matchAll(/^\| `(\w+)\/` +\|[^|]*\| ([\w, ]+?) +\|$/gm),
    ].map(([, room, on]) => [room, on === "nothing" ? [] : on.split(", ")]);
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(rooms).map(([room, { on }]) => [room, on])),
    );
  });
});

describe("the site", () => {
  it("has every page under a topic, once", () => {
    const listed = topics.flatMap((topic) => topic.pages).filter((entry) => typeof entry === "string");
    expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
    expect(listed.filter((page, i) => listed.indexOf(page) !== i)).toEqual([]);
  });

  it("has the sections that topics name", () => {
    const sections = topics.flatMap((topic) => topic.pages).filter((entry) => typeof entry !== "string");
    expect(sections.length).toBeGreaterThan(0);
    expect(sections.filter(({ page, section }) => !anchorsOf(textOf(page)).includes(section))).toEqual([]);
  });
});
