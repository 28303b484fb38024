/** Waits for new output of one log. */
interface LogFollower {
  /** Resolves when the condition holds or the reader has left. Asked again after each `wake`. */
  until(holds: () => boolean): Promise<void>;
  stop(): void;
}

/** The readers who wait for new output of a log. */
export class LogFollowers {
  readonly #wakes = new Set<() => void>();

  get any(): boolean {
    return this.#wakes.size > 0;
  }

  /** The log has grown, or was closed. */
  wake(): void {
    for (const wake of this.#wakes) wake();
  }

  /** Joins until `stop`. @param signal aborted when the reader leaves */
  follow(signal: AbortSignal): LogFollower {
    let waiting: (() => void) | null = null;
    const wake = (): void => {
      waiting?.();
    };
    this.#wakes.add(wake);
    signal.addEventListener('abort', wake);
    return {
      until: async (holds) => {
        while (!holds() && !signal.aborted) {
          await new Promise<void>((resolve) => {
            waiting = resolve;
          });
        }
      },
      stop: () => {
        this.#wakes.delete(wake);
        signal.removeEventListener('abort', wake);
      },
    };
  }
}
