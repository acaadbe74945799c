/** The command line as a rank. */
import "../../../src/cli/main.ts";
