import type { Attachment } from './attachment.js';
import type { ConsoleAttachments } from './console-attachments.js';

/** The keyboard of a console: at most one attachment has it, and everybody may know which. */
export class ConsoleKeyboard {
  readonly #attachments: ConsoleAttachments;
  readonly #taken: (by: Attachment) => void;
  #holder: Attachment | null = null;

  /** @param taken called when somebody present takes it */
  constructor(attachments: ConsoleAttachments, taken: (by: Attachment) => void) {
    this.#attachments = attachments;
    this.#taken = taken;
  }

  get isFree(): boolean {
    return this.#holder === null;
  }

  isHeldBy(who: Attachment): boolean {
    return this.#holder === who;
  }

  /** Passes it on and tells nobody. @returns the attachment that had it: call its `drained` when all were told */
  pass(to: Attachment | null): Attachment | null {
    const former = this.#holder;
    this.#holder = to;
    if (former !== null) former.mode = 'watch';
    if (to !== null) to.mode = 'write';
    return former;
  }

  /** Gives it to somebody present, or frees it, and tells everybody. */
  give(to: Attachment | null): void {
    if (this.#holder === to) return;
    const former = this.pass(to);
    if (to !== null) {
      to.canType = true;
      this.#attachments.announce(to);
      this.#taken(to);
    }
    this.tell();
    // Input of the former holder that still waits for room must not reach the console.
    former?.drained();
  }

  /** Tells everybody who has it. */
  tell(except?: Attachment): void {
    const { id = null, label = null } = this.#holder ?? {};
    this.#attachments.broadcast({ note: 'writer', attachment: id, label }, except);
  }
}
