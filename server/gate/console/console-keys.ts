import { isRefusal } from '../../../policy/refusal.js';
import type { Authorizer, Grant } from '../authorize.js';
import type { ConsoleStream } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Operations, OperationWish } from '../operations.js';
import * as words from '../words.js';
import type { Company } from './company.js';
import type { ConsoleNotice } from './console-notice.js';
import * as say from './console-words.js';
import { ESCAPE, EscapeFilter } from './escape-filter.js';
import type { Intention } from './escape-filter.js';

interface Doors {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: Operations;
}

interface Scene {
  readonly grant: Grant;
  readonly company: Company;
  readonly notice: ConsoleNotice;
}

interface Hands {
  /** Null while the host is lost. */
  stream(): ConsoleStream | null;
  /** @param rest what was typed after it: not for the guest */
  leave(rest: Buffer): void;
  /** The keyboard was taken from somebody with this grant. */
  taken(grant: Grant): void;
}

/** How long a takeover may take. Milliseconds. */
const PATIENCE = 5_000;

/** How much may be typed ahead of a takeover. Bytes. */
const MOST_AHEAD = 4096;

/** How often one who only watches is told so while typing. Milliseconds. */
const REMIND = 5_000;

/** What a customer types on a console: to the guest, or to us after Ctrl-]. */
export class ConsoleKeys {
  readonly #doors: Doors;
  readonly #scene: Scene;
  readonly #hands: Hands;
  readonly #filter = new EscapeFilter();
  #taking: { readonly grant: Grant; readonly timer: NodeJS.Timeout } | null = null;
  /** What was typed after Ctrl-] t, until the keyboard is ours: it is meant for the guest. */
  #ahead = '';
  #reminded = 0;
  #asking = false;

  constructor(doors: Doors, scene: Scene, hands: Hands) {
    this.#doors = doors;
    this.#scene = scene;
    this.#hands = hands;
  }

  typed(data: Buffer): void {
    for (const intention of this.#filter.push(data)) this.#mean(intention);
  }

  /** dom0 says that the keyboard is ours now. */
  hasKeyboard(): void {
    const taking = this.#forget();
    if (taking === null) return;
    this.#hands.taken(taking);
    this.#doors.operations.recordEnd(taking, 'done', null, null);
    const ahead = Buffer.from(this.#ahead, 'latin1');
    this.#ahead = '';
    if (ahead.length > 0) this.#toGuest(ahead);
  }

  /** The host is lost: a takeover under way has not happened. */
  lost(): void {
    const taking = this.#forget();
    if (taking !== null)
      this.#doors.operations.recordEnd(taking, 'refused', 'host-unreachable', 'the host was lost');
  }

  dispose(): void {
    this.lost();
  }

  #mean(intention: Intention): void {
    const { notice, company, grant } = this.#scene;
    if (this.#asking && intention.kind !== 'bytes') {
      this.#asking = false;
      notice.clear();
    }
    switch (intention.kind) {
      case 'bytes':
        // Who types has read it, and must see what the guest answers there.
        notice.readAway();
        this.#toGuest(intention.bytes);
        return;
      case 'leave':
        this.#hands.leave(intention.rest);
        return;
      case 'help':
        notice.show(say.HELP);
        return;
      case 'who':
        notice.show(`${company.writes ? `${say.youWrite} ` : ''}${say.here(company.others)}`);
        return;
      case 'takeover':
        this.#takeover();
        return;
      case 'break':
        notice.show(say.noBreak);
        return;
      case 'ask-sysrq':
        this.#ask(say.askSysrq(this.#contract()?.sysrqKeys ?? []));
        return;
      case 'ask-reboot':
        this.#ask(say.askReboot(grant.domain));
        return;
      case 'sysrq':
        void this.#operate({ action: 'sysrq', domain: grant.domain, profile: null, key: intention.key });
        return;
      case 'reboot':
        void this.#operate({ action: 'reboot', domain: grant.domain, profile: null });
        return;
      case 'cancelled':
        notice.show(say.cancelled);
        return;
      case 'escape-itself':
        this.#escapeItself();
        return;
      case 'unknown-key':
        notice.show(say.unknownKey);
        return;
    }
  }

  #ask(question: string): void {
    this.#asking = true;
    this.#scene.notice.show(question, { stays: true });
  }

  #toGuest(bytes: Buffer): void {
    const stream = this.#hands.stream();
    if (stream !== null && this.#scene.company.mayType) {
      stream.write(bytes);
      return;
    }
    if (this.#taking !== null) {
      this.#ahead = (this.#ahead + bytes.toString('latin1')).slice(0, MOST_AHEAD);
      return;
    }
    if (Date.now() - this.#reminded < REMIND) return;
    this.#reminded = Date.now();
    this.#scene.notice.show(stream === null ? say.keysDropped : say.watching);
  }

  /** A lone Ctrl-] would end `xl console` for everybody: only where the toolstack's takes another escape. */
  #escapeItself(): void {
    if (this.#contract()?.passesEscape === true) this.#toGuest(Buffer.from([ESCAPE]));
    else this.#scene.notice.show(say.noEscape);
  }

  #takeover(): void {
    const { company, notice, grant } = this.#scene;
    const stream = this.#hands.stream();
    if (company.writes) {
      notice.show(say.youWriteAlready);
      return;
    }
    if (stream === null || this.#taking !== null) return;
    const { authorizer } = this.#doors;
    const { identity, domain } = grant;
    // A keyboard that nobody has is not taken from anybody; who came to watch needs the right to write in any case.
    const mayWrite = authorizer.mayStill(identity, { action: 'console', domain, profile: null });
    const action = company.writer === null ? 'console' : 'takeover';
    const permit = mayWrite ?? authorizer.authorize(identity, { action, domain, profile: null });
    if (isRefusal(permit)) {
      notice.show(permit.message);
      return;
    }
    const taking = permit.consume(action);
    const timer = setTimeout(() => {
      this.#forget();
      notice.show(say.notTaken);
      this.#doors.operations.recordEnd(taking, 'refused', 'console-taken', 'dom0 did not give the keyboard');
    }, PATIENCE);
    this.#taking = { grant: taking, timer };
    this.#ahead = '';
    stream.takeover(taking);
  }

  #forget(): Grant | null {
    const taking = this.#taking;
    if (taking === null) return null;
    clearTimeout(taking.timer);
    this.#taking = null;
    return taking.grant;
  }

  async #operate(wish: OperationWish): Promise<void> {
    const { notice, grant } = this.#scene;
    try {
      const started = await this.#doors.operations.operate(grant.identity, wish);
      if (isRefusal(started)) {
        notice.show(started.message);
        return;
      }
      notice.show(words.begun(started.operation));
      const end = await started.ended;
      if (end.outcome === 'failed') notice.show(words.ended(end.operation));
    } catch {
      notice.show(words.fault(grant.identity.connection).message);
    }
  }

  #contract(): { readonly passesEscape: boolean; readonly sysrqKeys: readonly string[] } | undefined {
    return this.#doors.hosts.find(this.#scene.grant.domain)?.host.contract?.console;
  }
}
