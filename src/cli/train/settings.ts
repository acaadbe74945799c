/** What a run of the command line really uses: its recipe with the options that were given, and where it runs. */
import type { Backend } from "../../backends/backend.ts";
import type { RecipeSettings } from "../../training/settings.ts";

export type Settings = RecipeSettings & { readonly backend: Backend; readonly threads?: number };
