/**
 * A model that learns, compiled: gradients, optimizer step and prediction share one arena, where the parameters and
 * the optimizer's state are contiguous.
 */
import { compile } from "../compiler/compile.ts";
import { inBlocks } from "../compiler/fast.ts";
import { laneAxis } from "../compiler/lanes.ts";
import { resolve, type Model, type Resolved } from "../layers/model.ts";
import { chooseBackend, loadProgram } from "../models/runtime.ts";
import { InputError } from "../data/errors.ts";
import type { Graph } from "../graph/ops.ts";
import { trainingGraphs } from "./graphs.ts";
import { gradientName, parameterName, parametersOf, GRADIENT, PARAMETERS } from "../models/graphs.ts";
import { lossInputs, losses } from "./losses.ts";
import { optimizers } from "./optimizers.ts";
import { checkFreeze } from "./transfer.ts";
import type { Trainer, TrainerOptions } from "./trainerApi.ts";
import type { Program } from "../vector/program.ts";
import { Learner } from "./learner.ts";
import { checkRules } from "./updateRules.ts";

/**
 * Compiles a model for training and draws its first weights from the seed.
 *
 * @throws InputError for options out of range and a model without parameters, ModelError where the model is none
 */
export async function trainer(model: Model, options: TrainerOptions): Promise<Trainer> {
  const { loss = losses.crossEntropy(), optimizer = optimizers.adam() } = options;
  const layers = trainable(model, options);
  const graphs = trainingGraphs(layers, loss, optimizer, options);
  const program = compileTraining(layers, graphs, options);
  const [learner] = await learnersOf(model, layers, program, options, 1);
  return learner;
}

/** A model's layers, where it can be trained with these options; throws InputError. */
export function trainable(model: Model, options: TrainerOptions): readonly Resolved[] {
  const { batch, seed = 0 } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new InputError(`batch is ${batch}; it is a whole number of at least 1`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw new InputError(`seed is ${seed}; it is a whole number from 0 to 4294967295`);
  const layers = resolve(model);
  if (parametersOf(layers).length === 0)
    throw new InputError(`the model ${model.name} has no parameters to train`);
  checkRules(options);
  checkFreeze(layers, options.freeze ?? []);
  return layers;
}

/** Training graphs compiled for batches of so many rows. */
export function compileTraining(
  layers: readonly Resolved[],
  plain: Readonly<Record<string, Graph>>,
  options: TrainerOptions,
): Program {
  const { batch } = options;
  const parameters = parametersOf(layers);
  const backend = chooseBackend(options.backend);
  const graphs =
    options.convolution === "direct"
      ? plain
      : Object.fromEntries(Object.entries(plain).map(([name, graph]) => [name, inBlocks(graph)]));
  return compile(graphs, {
    batch,
    lanes: laneAxis(Object.values(graphs), batch),
    schedule: backend.schedule,
    numerics: options.numerics,
    packs: {
      [PARAMETERS]: parameters.map((p) => parameterName(p.name)),
      [GRADIENT]: parameters.map((p) => gradientName(p.name)),
    },
  });
}

/** So many arenas that run a program of training, each with first weights from the seed. */
export async function learnersOf(
  model: Model,
  layers: readonly Resolved[],
  program: Program,
  options: TrainerOptions,
  count: number,
): Promise<Learner[]> {
  const {
    loss = losses.crossEntropy(),
    optimizer = optimizers.adam(),
    seed = 0,
    preparation = { kind: "none" },
    targets,
  } = options;
  const inputs = lossInputs(loss, layers[layers.length - 1].output.channels);
  const { name } = chooseBackend(options.backend);
  const learners: Learner[] = [];
  for (let k = 0; k < count; k++) {
    const executable = await loadProgram(program, options.backend, options.threads);
    const learner = new Learner(model, layers, executable, name, {
      loss,
      optimizer,
      preparation,
      targets,
      unlabelled: options.unlabelled,
      rules: options,
    });
    learner.write(inputs);
    learner.initialise(seed);
    learners.push(learner);
  }
  return learners;
}
