/** A reason and what to do, each a sentence or more without the full stop at the end. */
export interface Reason {
  readonly why: string;
  readonly mend: string;
}
