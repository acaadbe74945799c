/** `toeplitz studio`: the studio's page and a folder of runs, served to this machine. */
import type { Command } from "commander";
import { InputError } from "../../data/errors.ts";
import { printableJson } from "../../data/printable.ts";
import { say, type Io } from "../io.ts";
import { whole } from "../options/parsers.ts";
import { studioFiles } from "../studio/files.ts";
import { requireFolder, runsFolder } from "../studio/runs.ts";
import { listen, studioServer } from "../studio/server.ts";

const RUNS = "runs";
const PORT = 5757;

const HELP = `
The page reads data, trains, explains and exports in the browser; beside that it shows the runs of a folder, while they go
on too. The server listens on 127.0.0.1, answers no page of another origin, and writes nothing. An interrupt (Ctrl-C) ends it.

Examples:
  toeplitz studio
  toeplitz studio experiments --port 8000
  toeplitz studio runs/GunPoint-fcn-0`;

/** Adds the verb. */
export function addStudio(program: Command, io: Io): void {
  program
    .command("studio")
    .description(
      "the studio in a browser: data, training, explanations, streams and exports, on this machine",
    )
    .argument("[RUNS]", `a folder of runs, or one run (default: ${RUNS})`)
    .option(
      "--port <N>",
      `where it listens; 0: one that is free (default: ${PORT})`,
      whole("--port", 0, PORT, 65_535),
    )
    .option("--json", "print the address as one JSON object")
    .addHelpText("after", HELP)
    .action(async (given: string | undefined, { port = PORT, json }: { port?: number; json?: true }) => {
      const files = studioFiles();
      if (given !== undefined) await requireFolder(given);
      const folder = await runsFolder(given ?? RUNS);
      const server = studioServer(files, folder);
      const address = await listen(server, port).catch((error: unknown) => {
        throw portError(error, port);
      });
      say(io.stdout, json ? printableJson({ schema: 1, address }) : address);
      say(io.stderr, `the studio, with the runs of ${folder.said}; Ctrl-C ends it`);
      await new Promise<void>((resolve) => {
        const stop = io.onInterrupt(() => {
          stop();
          server.close(() => resolve());
          server.closeAllConnections();
        });
      });
    });
}

/** What a system refuses of a port, as one line. */
function portError(error: unknown, port: number): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE")
    return new InputError(
      `--port ${port}: another program listens there, perhaps another studio; give --port 0 for one that is free`,
    );
  if (code === "EACCES")
    return new InputError(`--port ${port}: this user may not listen there; give one above 1023, or 0`);
  return error;
}
