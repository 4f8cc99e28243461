/** A counter of somebody who may begin anew: goes on where it was. */
export class Counter {
  #before = 0;
  #last = 0;

  /** What is counted in all, now that the other one says `value`. */
  see(value: number): number {
    if (value < this.#last) this.#before += this.#last;
    this.#last = value;
    return this.#before + value;
  }
}
