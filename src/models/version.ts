/** The version of this package, as written into models. */
export const VERSION = "0.1.0";
