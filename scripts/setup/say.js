/** Progress goes to standard error only: standard output belongs to the program that a script runs. */
export const say = (text) => process.stderr.write(`cofferdam: ${text}\n`);

/** A condition that ends a script with a message for a person, not with a stack. */
export class Stop extends Error {
  /** @param {string} message @param {number} [status] exit status */
  constructor(message, status = 1) {
    super(message);
    this.status = status;
  }
}
