export type AttachResult = 'attached' | 'locked' | 'failed';

/** Everyone who waits for a console to be attached. */
export class AttachWaiters {
  #waiting = new Set<(result: AttachResult) => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** @returns the next result that is told; `failed` when there is none within this many milliseconds */
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
