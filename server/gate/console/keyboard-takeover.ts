import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import type { ConsoleStream } from '../hosts/console-stream.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { Participants } from './participants.js';
import type { ConsoleNotice } from './console-notice.js';
import type { ConsoleWords } from './console-words.js';

interface Deps {
  readonly authorizer: Authorizer;
  readonly operations: OperationDispatcher;
}

interface Context {
  readonly demanded: DemandedPermit;
  readonly participants: Participants;
  readonly notice: ConsoleNotice;
  readonly words: ConsoleWords;
}

interface Callbacks {
  /** Null while the host is lost. */
  stream(): ConsoleStream | null;
  /** The keyboard was taken with this permit. */
  taken(demanded: DemandedPermit): void;
}

/** How long dom0 may take to give the keyboard. Milliseconds. */
const PATIENCE = 5_000;

/** How much may be typed ahead while the keyboard is being taken. Bytes. */
const MOST_AHEAD = 4096;

/** Takes the keyboard: asks policy, then dom0, which tells everybody. */
export class KeyboardTakeover {
  readonly #deps: Deps;
  readonly #context: Context;
  readonly #callbacks: Callbacks;
  #taking: { readonly demanded: DemandedPermit; readonly timer: NodeJS.Timeout } | null = null;
  /** The keys typed since `begin`: they are meant for the guest, once the keyboard is ours. */
  #ahead = '';

  constructor(deps: Deps, context: Context, callbacks: Callbacks) {
    this.#deps = deps;
    this.#context = context;
    this.#callbacks = callbacks;
  }

  begin(): void {
    const { participants, notice, demanded, words } = this.#context;
    const stream = this.#callbacks.stream();
    if (participants.isWriter) {
      notice.show(words.youWriteAlready);
      return;
    }
    if (stream === null || this.#taking !== null) return;
    const { authorizer } = this.#deps;
    const { identity, domain } = demanded;
    // A customer who came to watch needs the right to write in any case. A keyboard that nobody has is taken
    // from nobody.
    const canWrite = authorizer.recheck(identity, { action: 'console', domain, profile: null }) === null;
    const action = canWrite && participants.writer !== null ? 'takeover' : 'console';
    const permit = authorizer.authorize(identity, { action, domain, profile: null });
    if (isRefusal(permit)) {
      notice.show(shownRefusal(permit));
      return;
    }
    const taking = permit.consume(action);
    const timer = setTimeout(() => {
      this.#forget();
      notice.show(words.notTaken);
      this.#deps.operations.recordEnd(taking, 'refused', 'console-taken', 'dom0 did not give the keyboard');
    }, PATIENCE);
    this.#taking = { demanded: taking, timer };
    this.#ahead = '';
    stream.takeover(taking);
  }

  /** @returns whether a takeover is under way; the bytes are then kept until it is done */
  typedAhead(bytes: Buffer): boolean {
    if (this.#taking === null) return false;
    this.#ahead = (this.#ahead + bytes.toString('latin1')).slice(0, MOST_AHEAD);
    return true;
  }

  /** Call it when the keyboard is ours. @returns what was typed ahead, null for nothing */
  done(): Buffer | null {
    const taking = this.#forget();
    if (taking === null) return null;
    this.#callbacks.taken(taking);
    this.#deps.operations.recordEnd(taking, 'done', null, null);
    const ahead = Buffer.from(this.#ahead, 'latin1');
    this.#ahead = '';
    return ahead.length > 0 ? ahead : null;
  }

  /** Call it when the host is lost: the takeover has not happened. Twice is harmless. */
  lost(): void {
    const taking = this.#forget();
    if (taking !== null)
      this.#deps.operations.recordEnd(taking, 'refused', 'host-unreachable', 'the host was lost');
  }

  #forget(): DemandedPermit | null {
    const taking = this.#taking;
    if (taking === null) return null;
    clearTimeout(taking.timer);
    this.#taking = null;
    return taking.demanded;
  }
}

/** Whether policy lets the holder of this permit take the keyboard from whoever has it now. */
export function canTake(
  authorizer: Pick<Authorizer, 'check' | 'recheck'>,
  { identity, domain }: Pick<DemandedPermit, 'identity' | 'domain'>,
  participants: Pick<Participants, 'writer'>,
): boolean {
  // The writer is replaced, not joined, so no limit of how many at once applies.
  const writes = authorizer.recheck(identity, { action: 'console', domain, profile: null }) === null;
  if (!writes || participants.writer === null) return writes;
  return authorizer.check(identity, { action: 'takeover', domain, profile: null }) === null;
}
