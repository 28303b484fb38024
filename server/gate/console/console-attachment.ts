import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailable } from '../../store/store-error.js';
import type { ConsoleMode } from '../../wire/console.js';
import { actorOf } from '../authorize.js';
import type { Authorizer, Grant } from '../authorize.js';
import type { ConsoleNews } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Log } from '../log.js';
import type { Operations } from '../operations.js';
import type { Revocation } from '../revocation.js';
import type { Terminal, Unsubscribe } from '../terminal.js';
import { Company } from './company.js';
import { ConsoleKeys } from './console-keys.js';
import type { ConsoleLink } from './console-link.js';
import { ConsoleNotice } from './console-notice.js';
import { ConsoleOutput } from './console-output.js';
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
  /** What was typed behind the leave, for whoever has the terminal next. */
  readonly rest?: Buffer;
}

/** After the end of input: what the guest still answers is shown until it is quiet, or for so long. Milliseconds. */
const LINGER = { quiet: 500, most: 5_000 };

/** Until the first picture is there, the greeting waits: until it is quiet, or so long. Milliseconds. */
const GREETING = { quiet: 60, most: 500 };

/** More than this not yet taken by dom0, and the customer's next keys wait. Bytes. */
const MOST_BACKLOG = 256 * 1024;

/** What holds a terminal and a console together while they are joined. */
export class ConsoleAttachment {
  readonly #parts: ConsoleParts;
  readonly #grant: Grant;
  readonly #link: ConsoleLink;
  readonly #terminal: Terminal;
  readonly #mode: ConsoleMode;
  readonly #company: Company;
  readonly #notice: ConsoleNotice;
  readonly #output: ConsoleOutput;
  readonly #keys: ConsoleKeys;
  readonly #cleanup: Unsubscribe[] = [];
  readonly #finish: (ending: ConsoleEnding) => void;
  #stopReading: Unsubscribe | null = null;
  #greetingTimer: NodeJS.Timeout | null = null;
  #lingerTimer: NodeJS.Timeout | null = null;
  #lastBytes = 0;
  #wasLost = false;
  #detached = false;
  #over = false;

  constructor(
    parts: ConsoleParts,
    grant: Grant,
    link: ConsoleLink,
    terminal: Terminal,
    mode: ConsoleMode,
    finish: (ending: ConsoleEnding) => void,
  ) {
    this.#parts = parts;
    this.#grant = grant;
    this.#link = link;
    this.#terminal = terminal;
    this.#mode = mode;
    this.#finish = finish;
    this.#company = new Company(mode === 'write');
    this.#notice = new ConsoleNotice(terminal, () => link.stream?.send({ note: 'repaint' }));
    this.#output = new ConsoleOutput(terminal, (bytes) => link.stream?.send({ note: 'credit', bytes }));
    this.#keys = new ConsoleKeys(
      parts,
      { grant, company: this.#company, notice: this.#notice },
      {
        stream: () => link.stream,
        leave: (rest) => {
          this.leave({ status: 0, message: null, rest });
        },
        taken: (taken) => {
          this.#record('console.taken', taken);
        },
      },
    );
    this.#record('console.attached', grant);
    this.#join();
  }

  /** Puts the terminal right and lets go of everything; once. */
  leave(ending: ConsoleEnding): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#greetingTimer !== null) clearTimeout(this.#greetingTimer);
    if (this.#lingerTimer !== null) clearTimeout(this.#lingerTimer);
    this.#stopReading?.();
    for (const undo of this.#cleanup.splice(0)) undo();
    this.#notice.dispose();
    this.#output.dispose();
    this.#keys.dispose();
    this.#link.close();
    const { hasPty, term, rows } = this.#terminal;
    if (hasPty) this.#terminal.write(`${terminalReset(term)}${term === 'dumb' ? '' : `\x1b[${rows};1H`}\r\n`);
    this.#record('console.detached', this.#grant);
    this.#parts.operations.recordEnd(this.#grant, 'done', null, ending.message);
    this.#finish(ending);
  }

  #join(): void {
    const { identity, domain } = this.#grant;
    const terminal = this.#terminal;
    const action = this.#mode === 'write' ? 'console' : 'watch';
    this.#cleanup.push(
      this.#parts.revocation.track({
        identity,
        // Who came to watch and has the keyboard by now writes.
        needs: () => ({ action: this.#company.writes ? 'console' : action, domain }),
        end: (sentence) => {
          this.leave({ status: 1, message: sentence });
        },
      }),
      terminal.onClose(() => {
        this.leave({ status: 1, message: null });
      }),
      terminal.onResize((cols, rows) => {
        if (this.#company.writes) this.#link.stream?.send({ note: 'resize', cols, rows });
      }),
      terminal.onBreak(() => {
        this.#notice.show(say.noBreak);
      }),
      terminal.onEnd(() => {
        if (this.#mode === 'write') this.#linger(Date.now());
      }),
    );
    this.#read();
    this.#link.listen({
      bytes: (data) => {
        this.#lastBytes = Date.now();
        this.#output.write(data);
      },
      note: (note) => {
        this.#heard(note);
      },
      drained: () => {
        this.#read();
      },
      lost: () => {
        this.#lost();
      },
      over: (message) => {
        this.leave({ status: 1, message });
      },
    });
    if (!terminal.open) this.leave({ status: 1, message: null });
  }

  /** Reads what is typed, unless it is read already. */
  #read(): void {
    if (this.#stopReading !== null || this.#over) return;
    this.#stopReading = this.#terminal.onInput((data) => {
      this.#keys.typed(data);
      if ((this.#link.stream?.backlog ?? 0) <= MOST_BACKLOG) return;
      // The rest waits at the client until dom0 has taken what is under way.
      this.#stopReading?.();
      this.#stopReading = null;
    });
  }

  #lost(): void {
    this.#wasLost = true;
    this.#output.forget();
    this.#notice.show(say.lost, { stays: true });
    this.#keys.lost();
    this.#read();
  }

  #heard(note: ConsoleNews): void {
    const { domain } = this.#grant;
    switch (note.note) {
      case 'attached':
        this.#company.attached(note);
        this.#greet(Date.now());
        return;
      case 'writer':
        this.#writer(note);
        return;
      case 'joined':
      case 'left':
        this.#company.changed(note);
        this.#notice.show(say[note.note](note.who.label));
        return;
      case 'skipped':
        this.#notice.show(say.skipped(note.bytes));
        return;
      case 'state':
        this.#stateIs(note);
        return;
      case 'ended':
        if (note.reason === 'domain-gone' || note.reason === 'evicted') {
          this.leave({ status: 1, message: say.ended(domain, note.reason) });
        }
        return;
      case 'resized':
        return;
    }
  }

  #writer(note: Extract<ConsoleNews, { note: 'writer' }>): void {
    const company = this.#company;
    const wrote = company.writes;
    company.writer =
      note.attachment === null ? null : { attachment: note.attachment, label: note.label ?? '?' };
    if (company.writes) {
      const { columns: cols, rows } = this.#terminal;
      this.#link.stream?.send({ note: 'resize', cols, rows });
      this.#keys.hasKeyboard();
      if (!wrote) this.#notice.show(say.youWrite);
    } else if (company.writer === null) {
      this.#notice.show(company.mayType ? say.freedForYou : say.freed);
    } else if (wrote) {
      this.#notice.show(say.taken(company.writer.label));
    }
  }

  #stateIs(note: Extract<ConsoleNews, { note: 'state' }>): void {
    const { domain } = this.#grant;
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
  #greet(since: number): void {
    if (this.#greetingTimer !== null) clearTimeout(this.#greetingTimer);
    this.#greetingTimer = setTimeout(() => {
      const now = Date.now();
      if (now - this.#lastBytes < GREETING.quiet && now - since < GREETING.most) this.#greet(since);
      else this.#greeting();
    }, GREETING.quiet);
  }

  #greeting(): void {
    const { domain } = this.#grant;
    const company = this.#company;
    const console = this.#parts.hosts.find(domain)?.view.console;
    this.#detached = console !== undefined && console !== 'attached';
    const hello = this.#wasLost
      ? say.back
      : say.greeting(domain, company.writes, company.writer?.label ?? null, company.others);
    this.#wasLost = false;
    const absent = console === 'locked' ? say.locked(domain) : say.off(domain);
    this.#notice.show(this.#detached ? [hello, absent] : hello, { stays: this.#detached });
  }

  /** The input is at its end: what is still answered is shown, then it is over. */
  #linger(since: number): void {
    const now = Date.now();
    const quiet = now - Math.max(this.#lastBytes, since) >= LINGER.quiet;
    if (quiet || now - since >= LINGER.most) {
      this.leave({ status: 0, message: null });
      return;
    }
    this.#lingerTimer = setTimeout(() => {
      this.#linger(since);
    }, LINGER.quiet / 5);
  }

  /** That a console is looked at must not wait for room on the disk. */
  #record(kind: 'console.attached' | 'console.detached' | 'console.taken', grant: Grant): void {
    const { domain, operation, identity } = grant;
    const mode = kind === 'console.taken' ? 'write' : this.#mode;
    try {
      this.#parts.audit.append({ kind, actor: actorOf(identity), domain, mode, operation });
    } catch (fault) {
      if (!(fault instanceof AuditUnavailable)) throw fault;
      this.#parts.log.error({ kind, connection: identity.connection }, 'cannot be recorded in the audit log');
    }
  }
}
