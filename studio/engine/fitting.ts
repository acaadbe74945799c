/** Apart from the worker's first files: who trains nothing loads nothing of it. */
export { fit, fitEnsemble, learningRateRange, miniRocket, multiRocketHydra } from "toeplitz";
