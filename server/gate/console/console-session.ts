import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailable } from '../../store/store-error.js';
import type { ConsoleMode } from '../../wire/console.js';
import { actorOf } from '../authorize.js';
import type { Authorizer, Grant } from '../authorize.js';
import type { ConsoleNews, ConsoleStream } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../identity.js';
import type { Log } from '../log.js';
import type { Operations } from '../operations.js';
import type { Revocation } from '../revocation.js';
import type { Terminal, Unsubscribe } from '../terminal.js';
import * as words from '../words.js';
import { ConsoleKeys } from './console-keys.js';
import { ConsoleNotice } from './console-notice.js';
import { ConsoleOutput } from './console-output.js';
import { Company } from './company.js';
import * as say from './console-words.js';
import { terminalReset } from './terminal-reset.js';

export interface ConsoleParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: Operations;
  readonly revocation: Revocation;
  /** @throws AuditUnavailable */
  readonly audit: { append(event: AuditEvent): unknown };
  readonly log: Log;
}

/** How a console ended. */
export interface ConsoleEnding {
  /** An exit status of exec: 0 when the customer left. */
  readonly status: number;
  /** Why, when there is something to say. */
  readonly message: string | null;
}

/** Waits before the console is asked for again after a loss: doubled from the first to the last. Milliseconds. */
const AGAIN: readonly [number, number] = [250, 2_000];

/** After the end of input: what the guest still answers is shown until it is quiet, or for so long. Milliseconds. */
const LINGER = { quiet: 500, most: 5_000 };

/** Until the first picture is there, the greeting waits: so long, or until it is quiet. Milliseconds. */
const GREETING = { quiet: 60, most: 500 };

/** More than this not yet taken by dom0, and the customer's next keys wait. Bytes. */
const MOST_BACKLOG = 256 * 1024;

/**
 * One customer on the console of one domain, from the question whether they may to their terminal put right. The
 * attachment outlives reboots of the domain and losses of the host; it ends when the customer leaves, the right is
 * taken away, or there is no domain any more.
 */
export class ConsoleSession {
  readonly #parts: ConsoleParts;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #wanted: ConsoleMode;
  readonly #asked: string;
  readonly #cleanup: Unsubscribe[] = [];
  #grant: Grant | null = null;
  #stream: ConsoleStream | null = null;
  #company: Company | null = null;
  #notice: ConsoleNotice;
  #output: ConsoleOutput;
  #finish: ((ending: ConsoleEnding) => void) | null = null;
  #ending: ConsoleEnding | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastBytes = 0;
  #tries = 0;
  #detached = false;

  /** @param domain as the customer spelt it */
  constructor(
    parts: ConsoleParts,
    identity: Identity,
    terminal: Terminal,
    domain: string,
    mode: ConsoleMode,
  ) {
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#asked = domain;
    this.#wanted = mode;
    this.#notice = new ConsoleNotice(terminal, () => {
      this.#stream?.send({ note: 'repaint' });
    });
    this.#output = new ConsoleOutput(terminal, (bytes) => {
      this.#stream?.send({ note: 'credit', bytes });
    });
  }

  /** Runs it to its end. A refusal: it never began, and the terminal is as it was. */
  async run(): Promise<ConsoleEnding | Refusal> {
    const action = this.#wanted === 'write' ? 'console' : 'watch';
    const permit = this.#parts.authorizer.authorize(this.#identity, {
      action,
      domain: this.#asked,
      profile: null,
    });
    if (isRefusal(permit)) {
      this.#output.dispose();
      return permit;
    }
    const grant = permit.consume(action);
    this.#grant = grant;
    const stream = await this.#open(grant);
    if (isRefusal(stream)) {
      this.#output.dispose();
      this.#parts.operations.recordEnd(grant, 'refused', stream.code, stream.detail);
      return stream;
    }
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#record('console.attached', grant);
      this.#begin(grant, stream);
    });
  }

  /** Ends it from outside; the sentence is for the customer. */
  end(sentence: string): void {
    this.#leave({ status: 1, message: sentence });
  }

  #begin(grant: Grant, stream: ConsoleStream): void {
    const { identity } = grant;
    const action = this.#wanted === 'write' ? 'console' : 'watch';
    const terminal = this.#terminal;
    this.#cleanup.push(
      this.#parts.revocation.track({
        identity,
        // Who came to watch and has the keyboard by now writes.
        needs: () => ({ action: this.#company?.writes === true ? 'console' : action, domain: grant.domain }),
        end: (sentence) => {
          this.end(sentence);
        },
      }),
      terminal.onClose(() => {
        this.#leave({ status: 1, message: null });
      }),
      terminal.onResize((cols, rows) => {
        if (this.#company?.writes === true) this.#stream?.send({ note: 'resize', cols, rows });
      }),
    );
    this.#company = new Company(this.#wanted === 'write');
    const keys = new ConsoleKeys(
      { authorizer: this.#parts.authorizer, hosts: this.#parts.hosts, operations: this.#parts.operations },
      { grant, company: this.#company, notice: this.#notice },
      {
        stream: () => this.#stream,
        leave: () => {
          this.#leave({ status: 0, message: null });
        },
        taken: (taken) => {
          this.#record('console.taken', taken);
        },
      },
    );
    this.#cleanup.push(() => {
      keys.dispose();
    });
    this.#readKeys(keys);
    this.#cleanup.push(
      terminal.onBreak(() => {
        this.#notice.show(say.noBreak);
      }),
      terminal.onEnd(() => {
        if (this.#wanted === 'write') this.#linger();
      }),
    );
    this.#link(grant, stream, keys);
    // It was ended while the host was asked.
    if (this.#ending !== null) this.#close(this.#ending);
    else if (!terminal.open) this.#leave({ status: 1, message: null });
  }

  #readKeys(keys: ConsoleKeys): void {
    let stop: Unsubscribe | null = null;
    const read = (): void => {
      stop = this.#terminal.onInput((data) => {
        keys.typed(data);
        if ((this.#stream?.backlog ?? 0) <= MOST_BACKLOG) return;
        // Its input waits at the client until dom0 has taken what is under way.
        stop?.();
        stop = null;
      });
    };
    read();
    this.#resume = (): void => {
      if (stop === null && this.#ending === null) read();
    };
    this.#cleanup.push(() => stop?.());
  }

  #resume: () => void = () => undefined;

  async #open(grant: Grant): Promise<ConsoleStream | Refusal> {
    const { hosts } = this.#parts;
    const found = hosts.find(grant.domain);
    if (found === undefined) {
      return hosts.allReachable
        ? words.notOnAnyHost(grant.domain)
        : words.hostUnreachable(grant.domain, 'no host that answers has it');
    }
    if (!found.host.reachable)
      return words.hostUnreachable(grant.domain, `${found.host.name} is not reachable`);
    const { columns, rows } = this.#terminal;
    return found.host.openConsole(grant, {
      mode: this.#wanted,
      columns,
      rows,
      label: this.#identity.customer,
    });
  }

  #link(grant: Grant, stream: ConsoleStream, keys: ConsoleKeys): void {
    this.#stream = stream;
    this.#output.forget();
    stream.listen({
      bytes: (data) => {
        this.#lastBytes = Date.now();
        this.#output.write(data);
      },
      note: (note) => {
        this.#heard(grant, note, keys);
      },
      drained: () => {
        this.#resume();
      },
      closed: (reason) => {
        this.#lost(grant, keys, reason);
      },
    });
  }

  #lost(grant: Grant, keys: ConsoleKeys, reason: string): void {
    const { domain, identity } = grant;
    this.#stream?.close();
    this.#stream = null;
    this.#parts.log.warn({ connection: identity.connection, domain, reason }, 'a console was lost');
    this.#notice.show(say.lost, { stays: true });
    keys.lost();
    this.#resume();
    this.#again(grant, keys);
  }

  #again(grant: Grant, keys: ConsoleKeys): void {
    if (this.#ending !== null) return;
    const [first, last] = AGAIN;
    const wait = Math.min(first * 2 ** this.#tries, last);
    this.#tries += 1;
    this.#later(wait, () => {
      void this.#open(grant).then((stream) => {
        if (this.#ending !== null) {
          if (!isRefusal(stream)) stream.close();
          return;
        }
        if (!isRefusal(stream)) this.#link(grant, stream, keys);
        else if (stream.code === 'host-unreachable') this.#again(grant, keys);
        else this.#leave({ status: 1, message: stream.message });
      });
    });
  }

  #heard(grant: Grant, note: ConsoleNews, keys: ConsoleKeys): void {
    const { domain } = grant;
    const company = this.#company;
    if (company === null) return;
    switch (note.note) {
      case 'attached':
        company.attached(note);
        this.#greet(domain);
        return;
      case 'writer':
        this.#writer(note, keys);
        return;
      case 'joined':
      case 'left':
        company.changed(note);
        if (!note.who.label.endsWith(LOOKS_ONCE)) this.#notice.show(say[note.note](note.who.label));
        return;
      case 'skipped':
        this.#notice.show(say.skipped(note.bytes));
        return;
      case 'state':
        this.#stateIs(domain, note);
        return;
      case 'ended':
        if (note.reason === 'domain-gone' || note.reason === 'evicted') {
          this.#leave({ status: 1, message: say.ended(domain, note.reason) });
        } else {
          this.#lost(grant, keys, `dom0 ended it: ${note.reason}`);
        }
        return;
      case 'resized':
        return;
    }
  }

  #writer(note: Extract<ConsoleNews, { note: 'writer' }>, keys: ConsoleKeys): void {
    const company = this.#company;
    if (company === null) return;
    const wrote = company.writes;
    company.writer =
      note.attachment === null ? null : { attachment: note.attachment, label: note.label ?? '?' };
    if (company.writes) {
      const { columns: cols, rows } = this.#terminal;
      this.#stream?.send({ note: 'resize', cols, rows });
      keys.hasKeyboard();
      if (!wrote) this.#notice.show(say.youWrite);
    } else if (company.writer === null) {
      this.#notice.show(company.mayType ? say.freedForYou : say.freed);
    } else if (wrote) {
      this.#notice.show(say.taken(company.writer.label));
    }
  }

  #stateIs(domain: DomainName, note: Extract<ConsoleNews, { note: 'state' }>): void {
    const detached = note.console !== 'attached';
    if (detached && !this.#detached && note.state !== 'rebooting') {
      this.#detached = true;
      this.#notice.show(note.console === 'locked' ? say.locked(domain) : say.off(domain), { stays: true });
    } else if (!detached && this.#detached) {
      this.#detached = false;
      this.#notice.clear();
    }
  }

  /** After the first picture, so that the greeting is not painted over at once. */
  #greet(domain: DomainName): void {
    const since = Date.now();
    const again = this.#tries > 0;
    this.#tries = 0;
    const look = (): void => {
      const now = Date.now();
      if (now - this.#lastBytes < GREETING.quiet && now - since < GREETING.most) {
        this.#later(GREETING.quiet, look);
        return;
      }
      const view = this.#parts.hosts.find(domain)?.view;
      this.#detached = view !== undefined && view.console !== 'attached';
      const company = this.#company;
      if (company === null) return;
      const first = again
        ? say.back
        : say.greeting(domain, company.writes, company.writer?.label ?? null, company.others);
      const absent = !this.#detached
        ? []
        : [view?.console === 'locked' ? say.locked(domain) : say.off(domain)];
      this.#notice.show([first, ...absent], { stays: this.#detached });
    };
    this.#later(GREETING.quiet, look);
  }

  /** The input is at its end: what is still answered is shown, then it is over. */
  #linger(): void {
    const since = Date.now();
    this.#lastBytes = since;
    const look = (): void => {
      const now = Date.now();
      if (now - this.#lastBytes >= LINGER.quiet || now - since >= LINGER.most)
        this.#leave({ status: 0, message: null });
      else setTimeout(look, LINGER.quiet / 5);
    };
    look();
  }

  #later(wait: number, then: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(then, wait);
  }

  #leave(ending: ConsoleEnding): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    if (this.#finish !== null) this.#close(ending);
  }

  #close(ending: ConsoleEnding): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#notice.dispose();
    this.#output.dispose();
    this.#stream?.close();
    this.#stream = null;
    for (const undo of this.#cleanup.splice(0)) undo();
    const { hasPty, term, rows, open } = this.#terminal;
    if (hasPty && open)
      this.#terminal.write(`${terminalReset(term)}${term === 'dumb' ? '' : `\x1b[${rows};1H`}\r\n`);
    if (this.#grant !== null) {
      this.#record('console.detached', this.#grant);
      this.#parts.operations.recordEnd(this.#grant, 'done', null, ending.message);
    }
    this.#finish?.(ending);
    this.#finish = null;
  }

  /** That a console is looked at must not wait for room on the disk. */
  #record(kind: 'console.attached' | 'console.detached' | 'console.taken', grant: Grant): void {
    const mode = kind === 'console.taken' || this.#company?.writes === true ? 'write' : 'watch';
    const { domain, operation } = grant;
    try {
      this.#parts.audit.append({ kind, actor: actorOf(grant.identity), domain, mode, operation });
    } catch (fault) {
      if (!(fault instanceof AuditUnavailable)) throw fault;
      this.#parts.log.error(
        { kind, connection: grant.identity.connection },
        'cannot be recorded in the audit log',
      );
    }
  }
}

/** How one is called who only takes the screen as it is and goes: nobody is told of it. */
export const LOOKS_ONCE = ' (log)';
