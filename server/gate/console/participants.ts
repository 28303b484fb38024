import type { Presence } from '../../wire/console.js';
import type { ConsoleNews } from '../hosts/console-stream.js';

/** Everybody at a console, as one of them knows it. */
export class Participants {
  readonly #present = new Map<number, Presence>();
  #me: number | null = null;
  readonly #cameToWrite: boolean;
  /** The one with the keyboard; null when nobody has it. */
  writer: { readonly attachment: number; readonly label: string } | null = null;

  constructor(cameToWrite: boolean) {
    this.#cameToWrite = cameToWrite;
  }

  /**
   * Whether typed keys are for the guest: dom0 gives a free keyboard to anyone who came to write and types.
   */
  get canType(): boolean {
    return this.isWriter || (this.#cameToWrite && this.writer === null);
  }

  /** Whether we have the keyboard. */
  get isWriter(): boolean {
    return this.#me !== null && this.writer?.attachment === this.#me;
  }

  /** Everybody but ourselves. */
  get others(): readonly Presence[] {
    return [...this.#present.values()]
      .filter(({ attachment }) => attachment !== this.#me)
      .map((who) => ({ ...who, mode: who.attachment === this.writer?.attachment ? 'write' : 'watch' }));
  }

  attached(note: Extract<ConsoleNews, { note: 'attached' }>): void {
    this.#me = note.attachment;
    this.#present.clear();
    for (const who of note.present) this.#present.set(who.attachment, who);
    const writer = note.present.find(({ mode }) => mode === 'write') ?? null;
    this.writer = note.mode === 'write' ? { attachment: note.attachment, label: 'you' } : writer;
  }

  changed({ note, who }: Extract<ConsoleNews, { note: 'joined' | 'left' }>): void {
    if (note === 'joined') this.#present.set(who.attachment, who);
    else this.#present.delete(who.attachment);
  }
}
