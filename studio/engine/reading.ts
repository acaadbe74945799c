/** Apart from the worker's first files: who opens a model alone loads no readers of data. */
export { csvColumns, mnist1d, parseAnnotations, readFiles } from "toeplitz";
