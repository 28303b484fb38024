import { CTRL_BRACKET } from '../../../policy/escape-key.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import type { ConsoleStream } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { RequestedOperation } from '../operations/operation-requests.js';
import * as gateWords from '../text/words.js';
import * as operationWords from '../text/operation-words.js';
import { isTerminalAnswer } from '../../wire/terminal-answers.js';
import type { Participants } from './participants.js';
import type { ConsoleNotice } from './console-notice.js';
import type { EscapeKey } from '../../../policy/escape-key.js';
import type { Terminal } from '../session/terminal.js';
import type { ConsoleOptions } from './console-options.js';
import type { ConsoleWords } from './console-words.js';
import { EscapeFilter } from './escape-filter.js';
import type { KeyCommand } from './escape-filter.js';
import { KeyboardTakeover } from './keyboard-takeover.js';
import type { ScreenQuery } from './screen-query.js';
import type { SizeHint } from './size-hint.js';
import { SizeCommand } from './size-command.js';

interface Deps {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly consoleOptions: ConsoleOptions;
}

interface Context {
  readonly demanded: DemandedPermit;
  readonly participants: Participants;
  readonly notice: ConsoleNotice;
  readonly words: ConsoleWords;
  readonly escape: EscapeKey;
  readonly terminal: Pick<Terminal, 'columns' | 'rows'>;
  readonly screen: ScreenQuery;
  readonly sizeHint: SizeHint;
}

interface Callbacks {
  /** Null while the host is lost. */
  stream(): ConsoleStream | null;
  /** @param rest what was typed after it, which is not for the guest */
  leave(rest: Buffer): void;
  /** The keyboard was taken with this permit. */
  taken(demanded: DemandedPermit): void;
}

/** How often a customer who types while watching is told so. Milliseconds. */
const REMIND = 5_000;

/**
 * Carries out what a customer types on a console: it goes to the guest, or is for us after the escape key.
 */
export class ConsoleKeys {
  readonly #deps: Deps;
  readonly #context: Context;
  readonly #callbacks: Callbacks;
  readonly #filter: EscapeFilter;
  readonly #takeover: KeyboardTakeover;
  readonly #size: SizeCommand;
  #reminded = 0;
  #asking = false;

  constructor(deps: Deps, context: Context, callbacks: Callbacks) {
    this.#deps = deps;
    this.#context = context;
    this.#callbacks = callbacks;
    this.#filter = new EscapeFilter(context.escape);
    this.#takeover = new KeyboardTakeover(deps, context, callbacks);
    this.#size = new SizeCommand(context);
  }

  typed(data: Buffer): void {
    for (const command of this.#filter.push(data)) this.#carryOut(command);
  }

  /** Call it when dom0 says that the keyboard is ours now. */
  hasKeyboard(): void {
    const ahead = this.#takeover.done();
    if (ahead !== null) this.#toGuest(ahead);
  }

  /** Sends a break, when the client asks for one or the customer presses our key for it. */
  break(): void {
    const { notice, words } = this.#context;
    const key = this.#deps.consoleOptions.breakKey;
    if (key === null) notice.show(words.noBreak);
    else this.#sysrq(key);
  }

  /** Call it when the host is lost: a takeover under way has not happened. */
  lost(): void {
    this.#takeover.lost();
  }

  dispose(): void {
    this.#takeover.lost();
  }

  #carryOut(command: KeyCommand): void {
    const { notice, participants, demanded, words } = this.#context;
    if (this.#asking && command.kind !== 'bytes') {
      this.#asking = false;
      notice.clear();
    }
    switch (command.kind) {
      case 'bytes':
        // A customer who types has read the notice, and must see what the guest answers there.
        if (!isTerminalAnswer(command.bytes)) notice.readAway();
        this.#toGuest(command.bytes);
        return;
      case 'leave':
        this.#callbacks.leave(command.rest);
        return;
      case 'help':
        notice.show(words.help);
        return;
      case 'who':
        notice.show(`${participants.isWriter ? `${words.youWrite} ` : ''}${words.here(participants.others)}`);
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
        this.#sysrq(command.key);
        return;
      case 'size':
      case 'size-anyway':
        if (participants.isWriter) this.#tellSize(command.kind === 'size-anyway');
        return;
      case 'reboot':
        void this.#operate({ action: 'reboot', domain: demanded.domain, profile: null });
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
    this.#context.notice.show(question, { stays: true });
  }

  #toGuest(bytes: Buffer): void {
    const stream = this.#callbacks.stream();
    const { participants, notice, words } = this.#context;
    if (stream !== null && participants.canType) {
      stream.write(this.#passable(bytes));
      return;
    }
    if (isTerminalAnswer(bytes) || this.#takeover.typedAhead(bytes)) return;
    if (Date.now() - this.#reminded < REMIND) return;
    this.#reminded = Date.now();
    notice.show(stream === null ? words.keysDropped : words.watching());
  }

  #escapeItself(): void {
    const { byte } = this.#context.escape;
    if (this.#canPassBracket() || byte !== CTRL_BRACKET.byte) this.#toGuest(Buffer.from([byte]));
    else this.#context.notice.show(this.#context.words.noBracket);
  }

  /**
   * A customer with another escape key may type Ctrl-] like any other key, but not every host can take it.
   */
  #passable(bytes: Buffer): Buffer {
    if (!bytes.includes(CTRL_BRACKET.byte) || this.#canPassBracket()) return bytes;
    this.#context.notice.show(this.#context.words.noBracket);
    return Buffer.from(bytes.filter((byte) => byte !== CTRL_BRACKET.byte));
  }

  /**
   * A lone Ctrl-] would end `xl console` for everybody. It passes only where the toolstack's console takes
   * another escape.
   */
  #canPassBracket(): boolean {
    return this.#contract()?.passesEscape === true;
  }

  /** Asks the question, or says why there is none; one key is awaited in either case. */
  #askSysrq(): void {
    const { demanded, words } = this.#context;
    const passing = this.#contract()?.sysrqKeys ?? [];
    const { identity, domain } = demanded;
    const consider = (key: string | null): Refusal | null =>
      this.#deps.authorizer.check(identity, { action: 'sysrq', domain, profile: null, key });
    const keys = passing.filter((key) => consider(key) === null);
    const no = keys.length === 0 ? consider(passing[0] ?? null) : null;
    this.#ask(
      no !== null ? words.pressAnyKey(no.message) : keys.length === 0 ? words.noSysrq : words.askSysrq(keys),
    );
  }

  /** A customer who may not reboot is told so in place of the question; a yes then does nothing. */
  #askReboot(): void {
    const { demanded, words } = this.#context;
    const { identity, domain } = demanded;
    const no = this.#deps.authorizer.check(identity, { action: 'reboot', domain, profile: null });
    if (no !== null) this.#filter.dismiss();
    this.#ask(no === null ? words.askReboot(domain) : words.pressAnyKey(no.message));
  }

  #sysrq(key: string): void {
    const { demanded, notice, words } = this.#context;
    const passes = this.#contract()?.sysrqKeys.includes(key) ?? true;
    if (!passes) notice.show(words.noSuchSysrq(key));
    else void this.#operate({ action: 'sysrq', domain: demanded.domain, profile: null, key });
  }

  #tellSize(anyway: boolean): void {
    const command = this.#size.command(anyway);
    if (command !== null) {
      this.#toGuest(command);
      this.#callbacks.stream()?.send({ note: 'resize', ...this.#size.told, told: true });
      this.#context.sizeHint.told();
      return;
    }
    this.#filter.askAgain();
    this.#ask(this.#size.doubt());
  }

  async #operate(request: RequestedOperation): Promise<void> {
    const { notice, demanded } = this.#context;
    try {
      const started = await this.#deps.operations.operate(demanded.identity, request);
      if (isRefusal(started)) {
        notice.show(shownRefusal(started));
        return;
      }
      notice.show(operationWords.begun(started.operation));
      const end = await started.ended;
      if (end.outcome === 'failed') notice.show(operationWords.ended(end.operation));
    } catch {
      notice.show(gateWords.fault(demanded.identity.connection).message);
    }
  }

  #contract(): { readonly passesEscape: boolean; readonly sysrqKeys: readonly string[] } | undefined {
    return this.#deps.hosts.find(this.#context.demanded.domain)?.host.contract?.console;
  }
}
