import type { ConsoleNote, Presence } from '../../wire/console.js';
import { FRAME_LIMIT } from '../../wire/console.js';
import type { Attachment } from './attachment.js';
import { OutputFrame } from './output-frame.js';

/** All consoles use it: nothing that comes from one is needed when the next has output. */
const outputFrame = new OutputFrame(FRAME_LIMIT);

/** All attachments at one console. */
export class ConsoleAttachments implements Iterable<Attachment> {
  readonly #attachments = new Map<number, Attachment>();

  get size(): number {
    return this.#attachments.size;
  }

  /** The announced attachments, of which everybody may know. */
  get present(): readonly Presence[] {
    return [...this].filter(({ announced }) => announced).map(({ presence }) => presence);
  }

  [Symbol.iterator](): Iterator<Attachment> {
    return [...this.#attachments.values()][Symbol.iterator]();
  }

  add(attachment: Attachment): void {
    this.#attachments.set(attachment.id, attachment);
  }

  /** @returns whether the attachment was there */
  delete(attachment: Attachment): boolean {
    return this.#attachments.delete(attachment.id);
  }

  /** @returns the attachments that were there */
  clear(): readonly Attachment[] {
    const all = [...this];
    this.#attachments.clear();
    return all;
  }

  broadcast(note: ConsoleNote, except?: Attachment): void {
    for (const attachment of this) {
      if (attachment !== except) attachment.note(note);
    }
  }

  /** Passes on the console's output. The bytes may change when this has returned. */
  output(bytes: Buffer): void {
    if (this.size === 0) return;
    const frame = outputFrame.around(bytes);
    let isFree = true;
    for (const attachment of this.#attachments.values()) if (!attachment.output(bytes, frame)) isFree = false;
    if (!isFree) outputFrame.giveAway();
  }

  /** Announces an attachment to the others, unless that was done before. */
  announce(who: Attachment): void {
    if (who.announced) return;
    who.announced = true;
    this.broadcast({ note: 'joined', who: who.presence }, who);
  }
}
