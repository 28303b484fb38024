export type AttachResult = 'attached' | 'locked' | 'failed';

/** Those who wait for a console to be attached. */
export class AttachWaiters {
  #waiting = new Set<(result: AttachResult) => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** @returns what is told next; `failed` when nothing is in so many milliseconds */
  wait(ms: number): Promise<AttachResult> {
    return new Promise((resolve) => {
      const settle = (result: AttachResult): void => {
        clearTimeout(deadline);
        this.#waiting.delete(settle);
        resolve(result);
      };
      const deadline = setTimeout(() => {
        settle('failed');
      }, ms);
      this.#waiting.add(settle);
    });
  }

  tell(result: AttachResult): void {
    for (const settle of [...this.#waiting]) settle(result);
  }
}
