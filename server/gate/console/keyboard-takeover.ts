import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { Authorizer, Grant } from '../access/authorize.js';
import type { ConsoleStream } from '../hosts/console-stream.js';
import type { Operations } from '../operations/operations.js';
import type { Company } from './company.js';
import type { ConsoleNotice } from './console-notice.js';
import type { ConsoleWords } from './console-words.js';

interface Doors {
  readonly authorizer: Authorizer;
  readonly operations: Operations;
}

interface Scene {
  readonly grant: Grant;
  readonly company: Company;
  readonly notice: ConsoleNotice;
  readonly words: ConsoleWords;
}

interface Hands {
  /** Null while the host is lost. */
  stream(): ConsoleStream | null;
  /** The keyboard was taken from somebody with this grant. */
  taken(grant: Grant): void;
}

/** How long it may take. Milliseconds. */
const PATIENCE = 5_000;

/** How much may be typed ahead of it. Bytes. */
const MOST_AHEAD = 4096;

/** Taking the keyboard: asked of policy, then of dom0, which tells everybody. */
export class KeyboardTakeover {
  readonly #doors: Doors;
  readonly #scene: Scene;
  readonly #hands: Hands;
  #taking: { readonly grant: Grant; readonly timer: NodeJS.Timeout } | null = null;
  /** What was typed since, until the keyboard is ours: it is meant for the guest. */
  #ahead = '';

  constructor(doors: Doors, scene: Scene, hands: Hands) {
    this.#doors = doors;
    this.#scene = scene;
    this.#hands = hands;
  }

  begin(): void {
    const { company, notice, grant, words } = this.#scene;
    const stream = this.#hands.stream();
    if (company.writes) {
      notice.show(words.youWriteAlready);
      return;
    }
    if (stream === null || this.#taking !== null) return;
    const { authorizer } = this.#doors;
    const { identity, domain } = grant;
    // Who came to watch needs the right to write in any case; a keyboard that nobody has is not taken from anybody.
    const mayWrite = authorizer.mayStill(identity, { action: 'console', domain, profile: null }) === null;
    const action = mayWrite && company.writer !== null ? 'takeover' : 'console';
    const permit = authorizer.authorize(identity, { action, domain, profile: null });
    if (isRefusal(permit)) {
      notice.show(shownRefusal(permit));
      return;
    }
    const taking = permit.consume(action);
    const timer = setTimeout(() => {
      this.#forget();
      notice.show(words.notTaken);
      this.#doors.operations.recordEnd(taking, 'refused', 'console-taken', 'dom0 did not give the keyboard');
    }, PATIENCE);
    this.#taking = { grant: taking, timer };
    this.#ahead = '';
    stream.takeover(taking);
  }

  /** @returns whether it is under way: the bytes are then kept until it is done */
  typedAhead(bytes: Buffer): boolean {
    if (this.#taking === null) return false;
    this.#ahead = (this.#ahead + bytes.toString('latin1')).slice(0, MOST_AHEAD);
    return true;
  }

  /** The keyboard is ours. @returns what was typed ahead, null for nothing */
  done(): Buffer | null {
    const taking = this.#forget();
    if (taking === null) return null;
    this.#hands.taken(taking);
    this.#doors.operations.recordEnd(taking, 'done', null, null);
    const ahead = Buffer.from(this.#ahead, 'latin1');
    this.#ahead = '';
    return ahead.length > 0 ? ahead : null;
  }

  /** The host is lost: it has not happened. Twice is harmless. */
  lost(): void {
    const taking = this.#forget();
    if (taking !== null)
      this.#doors.operations.recordEnd(taking, 'refused', 'host-unreachable', 'the host was lost');
  }

  #forget(): Grant | null {
    const taking = this.#taking;
    if (taking === null) return null;
    clearTimeout(taking.timer);
    this.#taking = null;
    return taking.grant;
  }
}

/** Whether policy lets who has this grant take the keyboard as it is now. */
export function mayTake(
  authorizer: Pick<Authorizer, 'consider' | 'mayStill'>,
  { identity, domain }: Pick<Grant, 'identity' | 'domain'>,
  company: Pick<Company, 'writer'>,
): boolean {
  // Whoever writes now is replaced, not joined: how many may at once is no question.
  const writes = authorizer.mayStill(identity, { action: 'console', domain, profile: null }) === null;
  if (!writes || company.writer === null) return writes;
  return authorizer.consider(identity, { action: 'takeover', domain, profile: null }) === null;
}
