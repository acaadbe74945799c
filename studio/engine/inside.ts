/** Apart from the worker's first files: nobody who looks into nothing loads it. */
export {
  attributor,
  calibrate,
  certify,
  diagnose,
  evaluateGroups,
  explain,
  filterResponse,
  plane,
  reliabilityOf,
} from "toeplitz";
