import type { Recording } from './recording-store.js';

interface Size {
  readonly bytes: number;
  readonly ended: boolean;
}

/**
 * How many bytes the recordings take. A file that is being written is smaller than what its writer has taken:
 * the writer's number counts, until the directory has been looked at after the recording's end.
 */
export class RoomTaken {
  /** The sizes that the writers tell, by recording. */
  readonly #sizes = new Map<string, Size>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param bytes of the recording, with those that wait to be written */
  grew(recording: string, bytes: number): void {
    this.#bytes += bytes - (this.#sizes.get(recording)?.bytes ?? 0);
    this.#sizes.set(recording, { bytes, ended: false });
  }

  ended(recording: string): void {
    const size = this.#sizes.get(recording);
    if (size !== undefined) this.#sizes.set(recording, { ...size, ended: true });
  }

  /** Looks at the directory, and counts anew. @throws Error of `list` */
  async measure(list: () => Promise<Recording[]>): Promise<Recording[]> {
    const before = [...this.#sizes].filter(([, { ended }]) => ended).map(([id]) => id);
    const found = await list();
    // Only what had ended before the look is in the directory as a whole.
    for (const id of before) this.#sizes.delete(id);
    const listed = new Set(found.map(({ id }) => id));
    this.#bytes = found.reduce((sum, recording) => sum + this.sizeOf(recording), 0);
    for (const [id, { bytes, ended }] of this.#sizes) if (!ended && !listed.has(id)) this.#bytes += bytes;
    return found;
  }

  sizeOf({ id, bytes }: Recording): number {
    return Math.max(bytes, this.#sizes.get(id)?.bytes ?? 0);
  }
}
