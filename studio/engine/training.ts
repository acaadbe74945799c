/** Training in the worker. */
export const trainingHandlers = {};
