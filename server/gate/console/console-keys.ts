import { CTRL_BRACKET } from '../../../policy/escape-key.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { Authorizer, Grant } from '../access/authorize.js';
import type { ConsoleStream } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Operations, OperationWish } from '../operations/operations.js';
import * as gateWords from '../text/words.js';
import { isTerminalAnswer } from '../../wire/terminal-answers.js';
import type { Company } from './company.js';
import type { ConsoleNotice } from './console-notice.js';
import type { EscapeKey } from '../../../policy/escape-key.js';
import type { Terminal } from '../session/terminal.js';
import type { ConsoleCustoms } from './console-customs.js';
import type { ConsoleWords } from './console-words.js';
import { EscapeFilter } from './escape-filter.js';
import type { Intention } from './escape-filter.js';
import { KeyboardTakeover } from './keyboard-takeover.js';
import type { ScreenReader } from './screen-reader.js';
import type { SizeHint } from './size-hint.js';
import { SizeTelling } from './size-telling.js';

interface Doors {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: Operations;
  readonly customs: ConsoleCustoms;
}

interface Scene {
  readonly grant: Grant;
  readonly company: Company;
  readonly notice: ConsoleNotice;
  readonly words: ConsoleWords;
  readonly escape: EscapeKey;
  readonly terminal: Pick<Terminal, 'columns' | 'rows'>;
  readonly screen: ScreenReader;
  readonly sizeHint: SizeHint;
}

interface Hands {
  /** Null while the host is lost. */
  stream(): ConsoleStream | null;
  /** @param rest what was typed after it: not for the guest */
  leave(rest: Buffer): void;
  /** The keyboard was taken from somebody with this grant. */
  taken(grant: Grant): void;
}

/** How often one who only watches is told so while typing. Milliseconds. */
const REMIND = 5_000;

/** What a customer types on a console: to the guest, or to us after the escape key. */
export class ConsoleKeys {
  readonly #doors: Doors;
  readonly #scene: Scene;
  readonly #hands: Hands;
  readonly #filter: EscapeFilter;
  readonly #takeover: KeyboardTakeover;
  readonly #size: SizeTelling;
  #reminded = 0;
  #asking = false;

  constructor(doors: Doors, scene: Scene, hands: Hands) {
    this.#doors = doors;
    this.#scene = scene;
    this.#hands = hands;
    this.#filter = new EscapeFilter(scene.escape);
    this.#takeover = new KeyboardTakeover(doors, scene, hands);
    this.#size = new SizeTelling(scene);
  }

  typed(data: Buffer): void {
    for (const intention of this.#filter.push(data)) this.#mean(intention);
  }

  /** dom0 says that the keyboard is ours now. */
  hasKeyboard(): void {
    const ahead = this.#takeover.done();
    if (ahead !== null) this.#toGuest(ahead);
  }

  /** The client asks for a break, or the customer with our key for it. */
  break(): void {
    const { notice, words } = this.#scene;
    const key = this.#doors.customs.breakKey;
    if (key === null) notice.show(words.noBreak);
    else this.#sysrq(key);
  }

  /** The host is lost: a takeover under way has not happened. */
  lost(): void {
    this.#takeover.lost();
  }

  dispose(): void {
    this.#takeover.lost();
  }

  #mean(intention: Intention): void {
    const { notice, company, grant, words } = this.#scene;
    if (this.#asking && intention.kind !== 'bytes') {
      this.#asking = false;
      notice.clear();
    }
    switch (intention.kind) {
      case 'bytes':
        // Who types has read it, and must see what the guest answers there.
        if (!isTerminalAnswer(intention.bytes)) notice.readAway();
        this.#toGuest(intention.bytes);
        return;
      case 'leave':
        this.#hands.leave(intention.rest);
        return;
      case 'help':
        notice.show(words.help);
        return;
      case 'who':
        notice.show(`${company.writes ? `${words.youWrite} ` : ''}${words.here(company.others)}`);
        return;
      case 'takeover':
        this.#takeover.begin();
        return;
      case 'break':
        this.break();
        return;
      case 'ask-sysrq':
        this.#askSysrq();
        return;
      case 'ask-size':
        this.#ask(this.#size.ask());
        return;
      case 'ask-reboot':
        this.#askReboot();
        return;
      case 'sysrq':
        this.#sysrq(intention.key);
        return;
      case 'size':
      case 'size-anyway':
        if (company.writes) this.#tellSize(intention.kind === 'size-anyway');
        return;
      case 'reboot':
        void this.#operate({ action: 'reboot', domain: grant.domain, profile: null });
        return;
      case 'cancelled':
        notice.show(words.cancelled);
        return;
      case 'escape-itself':
        this.#escapeItself();
        return;
      case 'unknown-key':
        notice.show(words.unknownKey);
        return;
    }
  }

  #ask(question: string): void {
    this.#asking = true;
    this.#scene.notice.show(question, { stays: true });
  }

  #toGuest(bytes: Buffer): void {
    const stream = this.#hands.stream();
    const { company, notice, words } = this.#scene;
    if (stream !== null && company.mayType) {
      stream.write(this.#passable(bytes));
      return;
    }
    if (isTerminalAnswer(bytes) || this.#takeover.typedAhead(bytes)) return;
    if (Date.now() - this.#reminded < REMIND) return;
    this.#reminded = Date.now();
    notice.show(stream === null ? words.keysDropped : words.watching());
  }

  #escapeItself(): void {
    const { byte } = this.#scene.escape;
    if (this.#passesBracket() || byte !== CTRL_BRACKET.byte) this.#toGuest(Buffer.from([byte]));
    else this.#scene.notice.show(this.#scene.words.noBracket);
  }

  /** Ctrl-] may be typed like any other key by who has another escape key; not every host can take it. */
  #passable(bytes: Buffer): Buffer {
    if (!bytes.includes(CTRL_BRACKET.byte) || this.#passesBracket()) return bytes;
    this.#scene.notice.show(this.#scene.words.noBracket);
    return Buffer.from(bytes.filter((byte) => byte !== CTRL_BRACKET.byte));
  }

  /** A lone Ctrl-] would end `xl console` for everybody: only where the toolstack's takes another escape. */
  #passesBracket(): boolean {
    return this.#contract()?.passesEscape === true;
  }

  /** The question, or why there is none: one key is awaited in either case. */
  #askSysrq(): void {
    const { grant, words } = this.#scene;
    const passing = this.#contract()?.sysrqKeys ?? [];
    const { identity, domain } = grant;
    const consider = (key: string | null): Refusal | null =>
      this.#doors.authorizer.consider(identity, { action: 'sysrq', domain, profile: null, key });
    const keys = passing.filter((key) => consider(key) === null);
    const no = keys.length === 0 ? consider(passing[0] ?? null) : null;
    this.#ask(
      no !== null ? words.pressAnyKey(no.message) : keys.length === 0 ? words.noSysrq : words.askSysrq(keys),
    );
  }

  /** Whoever may not is told so in place of the question; a yes is then asked of nobody. */
  #askReboot(): void {
    const { grant, words } = this.#scene;
    const { identity, domain } = grant;
    const no = this.#doors.authorizer.consider(identity, { action: 'reboot', domain, profile: null });
    if (no !== null) this.#filter.dismiss();
    this.#ask(no === null ? words.askReboot(domain) : words.pressAnyKey(no.message));
  }

  #sysrq(key: string): void {
    const { grant, notice, words } = this.#scene;
    const passes = this.#contract()?.sysrqKeys.includes(key) ?? true;
    if (!passes) notice.show(words.noSuchSysrq(key));
    else void this.#operate({ action: 'sysrq', domain: grant.domain, profile: null, key });
  }

  #tellSize(anyway: boolean): void {
    const command = this.#size.command(anyway);
    if (command !== null) {
      this.#toGuest(command);
      this.#hands.stream()?.send({ note: 'resize', ...this.#size.told, told: true });
      this.#scene.sizeHint.told();
      return;
    }
    this.#filter.askAgain();
    this.#ask(this.#size.doubt());
  }

  async #operate(wish: OperationWish): Promise<void> {
    const { notice, grant } = this.#scene;
    try {
      const started = await this.#doors.operations.operate(grant.identity, wish);
      if (isRefusal(started)) {
        notice.show(shownRefusal(started));
        return;
      }
      notice.show(gateWords.begun(started.operation));
      const end = await started.ended;
      if (end.outcome === 'failed') notice.show(gateWords.ended(end.operation));
    } catch {
      notice.show(gateWords.fault(grant.identity.connection).message);
    }
  }

  #contract(): { readonly passesEscape: boolean; readonly sysrqKeys: readonly string[] } | undefined {
    return this.#doors.hosts.find(this.#scene.grant.domain)?.host.contract?.console;
  }
}
