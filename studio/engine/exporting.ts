/** Apart from the worker's first files: nobody who ships nothing loads it. */
export { exporters } from "toeplitz";
