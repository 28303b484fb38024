import type { DemandedPermit } from '../access/authorize.js';
import type { ConsoleOptions } from './console-options.js';
import type { ConsoleWords } from './console-words.js';
import { guestPromptOf } from './guest-prompt.js';
import type { Participants } from './participants.js';
import type { PendingDepartures } from './pending-departures.js';
import type { ScreenQuery } from './screen-query.js';

/** How a console ended. */
export interface ConsoleEnding {
  /** An exit status of exec: 0 when the customer left. */
  readonly status: number;
  /** The reason, when there is something to say. */
  readonly message: string | null;
  /** What was typed after the leave, for the next reader of the terminal. */
  readonly rest?: Buffer;
}

interface Context {
  readonly demanded: DemandedPermit;
  readonly participants: Participants;
  readonly words: ConsoleWords;
  readonly screen: ScreenQuery;
  readonly departures: PendingDepartures;
}

interface Callbacks {
  /** Nothing that is typed from now on is for the guest. */
  begin(): void;
  /** Whether the right is still there. */
  canAct(): boolean;
  /** Sends keys to the guest. */
  send(keys: Buffer): void;
  leave(ending: ConsoleEnding): void;
  /** A shell is left logged in. */
  leftLoggedIn(): void;
}

/** Ends a shell's input. */
const CTRL_D = Buffer.from([0x04]);

/**
 * Leaves a console by the customer's own doing. A shell that is left logged in is mentioned, or ended where
 * the options say so.
 */
export class ConsoleDeparture {
  readonly #options: ConsoleOptions;
  readonly #context: Context;
  readonly #callbacks: Callbacks;
  #begun = false;

  constructor(options: ConsoleOptions, context: Context, callbacks: Callbacks) {
    this.#options = options;
    this.#context = context;
    this.#callbacks = callbacks;
  }

  /** Begins; once. The screen is looked at although nobody may be there to read the message. */
  begin(ending: ConsoleEnding): void {
    if (this.#begun) return;
    const { demanded, participants } = this.#context;
    const logsOut = this.#options.logsOut(demanded.identity.customer, demanded.domain);
    if (!participants.isWriter) {
      this.#callbacks.leave(ending);
      return;
    }
    this.#begun = true;
    this.#callbacks.begin();
    const forget = this.#context.departures.add(() => {
      this.#callbacks.leave(ending);
    });
    void this.#leaveShell(logsOut).then((sentence) => {
      forget();
      const message = [ending.message, sentence].filter((each) => each !== null).join(' ');
      this.#callbacks.leave({ ...ending, message: message === '' ? null : message });
    });
  }

  /** @returns the sentence about a shell that is logged in; null when none is seen */
  async #leaveShell(logsOut: boolean): Promise<string | null> {
    const { demanded, participants, words, screen } = this.#context;
    const text = await screen.read();
    const seeming = text === null ? 'other' : guestPromptOf(text);
    // Ctrl-D means the end only where nothing is typed: half a command would be lost, or run.
    if (seeming === 'shell' && logsOut && participants.isWriter && this.#callbacks.canAct()) {
      this.#callbacks.send(CTRL_D);
      return words.loggedOut(demanded.domain);
    }
    if (seeming !== 'shell' && seeming !== 'shell-typing') return null;
    this.#callbacks.leftLoggedIn();
    return words.loggedIn(demanded.domain);
  }
}
