/**
 * The one kind of error that a user can mend: bad usage or bad input. Its message is a single line that says
 * what, where, the rule and the remedy; the command line prints it alone and exits with code 2.
 */
export class InputError extends Error {
  /** The name of the class, to tell errors apart by. */
  override readonly name = "InputError";
}
