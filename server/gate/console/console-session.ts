import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { ConsoleMode } from '../../wire/console.js';
import type { DemandedPermit } from '../access/authorize.js';
import type { Identity } from '../session/identity.js';
import { AttachmentRecording } from '../recording/attachment-recording.js';
import type { Tracked } from '../access/revocation.js';
import type { Terminal } from '../session/terminal.js';
import { ConsoleAttachment } from './console-attachment.js';
import type { ConsoleParts } from './console-attachment.js';
import type { ConsoleEnding } from './console-departure.js';
import { ConsoleLink } from './console-link.js';

/**
 * One customer on the console of one domain, from asking for the right to putting their terminal right. The
 * attachment outlives reboots of the domain and losses of the host. It ends when the customer leaves, the
 * right is taken away, or the domain is gone.
 */
export class ConsoleSession {
  readonly #parts: ConsoleParts;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #asked: string;
  readonly #mode: ConsoleMode;
  readonly #fromBoot: boolean;
  readonly #session: string | null;
  #ending: ConsoleEnding | null = null;
  #attachment: ConsoleAttachment | null = null;

  /**
   * @param domain as the customer spelt it @param fromBoot whether to begin with the output of the running
   * boot, from its first byte, and not with the screen @param session its id, for admins
   */
  constructor(
    parts: ConsoleParts,
    identity: Identity,
    terminal: Terminal,
    domain: string,
    mode: ConsoleMode,
    fromBoot = false,
    session: string | null = null,
  ) {
    this.#session = session;
    this.#fromBoot = fromBoot;
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#asked = domain;
    this.#mode = mode;
  }

  /** Runs the console to its end. After a refusal it never began, and the terminal is as it was. */
  async run(): Promise<ConsoleEnding | Refusal> {
    const action = this.#mode === 'write' ? 'console' : 'watch';
    const request = { action, domain: this.#asked, profile: null } as const;
    const permit = this.#parts.authorizer.authorize(this.#identity, request);
    if (isRefusal(permit)) return permit;
    const demanded = permit.consume(action);
    const { customer, source } = demanded.identity;
    const leave = this.#parts.liveAttachments.enter({
      operation: demanded.operation,
      customer,
      source,
      domain: demanded.domain,
      session: this.#session,
      since: Date.now(),
      action: () => (this.#attachment?.isWriter === true ? 'console' : action),
    });
    const recording = new AttachmentRecording(this.#parts, demanded, this.#terminal);
    try {
      return await this.#recording(demanded, recording);
    } finally {
      leave();
      recording.dispose();
    }
  }

  /** Ends it from outside; the sentence is for the customer. */
  end(sentence: string): void {
    this.#ending = { status: 1, message: sentence };
    this.#attachment?.leave(this.#ending);
  }

  async #recording(
    demanded: DemandedPermit,
    recording: AttachmentRecording,
  ): Promise<ConsoleEnding | Refusal> {
    const link = new ConsoleLink(this.#parts, demanded, this.#mode, this.#terminal, this.#fromBoot);
    // Track before the host is asked: the right may go while it answers.
    const tracked = this.#watch(demanded);
    let no: Refusal | null;
    try {
      no = (await recording.begin()) ?? (await link.open());
      // A change made meanwhile may not have been checked yet.
      tracked.canAct();
    } finally {
      tracked.forget();
    }
    // No `await` from here until the attachment tracks its own right.
    const { operations } = this.#parts;
    if (no !== null) {
      operations.recordEnd(demanded, 'refused', no.code, no.detail);
      return no;
    }
    if (this.#ending !== null) {
      link.close();
      operations.recordEnd(demanded, 'done', null, this.#ending.message);
      return this.#ending;
    }
    return new Promise((resolve) => {
      this.#attachment = new ConsoleAttachment(this.#parts, demanded, link, recording, this.#mode, resolve);
    });
  }

  #watch({ identity, action, domain }: DemandedPermit): Tracked {
    return this.#parts.revocation.track({
      identity,
      needs: () => ({ action, domain }),
      beginning: true,
      end: (sentence) => {
        this.end(sentence);
      },
    });
  }
}
