import type { DomainName } from '../../../policy/names.js';
import type { ConsoleNews } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Company } from './company.js';
import type { ConsoleNotice } from './console-notice.js';
import type { ConsoleWords } from './console-words.js';

/** Until the first picture is there, the greeting waits: until it is quiet, or so long. Milliseconds. */
const GREETING = { quiet: 60, most: 500 };

export interface HeraldParts {
  readonly domain: DomainName;
  readonly hosts: Hosts;
  readonly company: Company;
  readonly notice: ConsoleNotice;
  readonly words: ConsoleWords;
}

/** Tells who is on a console what becomes of it: who comes and goes, who has the keyboard, whether the domain is there. */
export class ConsoleHerald {
  readonly #parts: HeraldParts;
  #greetingTimer: NodeJS.Timeout | null = null;
  #lastBytes = 0;
  #wasLost = false;
  #detached = false;

  constructor(parts: HeraldParts) {
    this.#parts = parts;
  }

  /** When the guest spoke last. Milliseconds since the epoch. */
  get lastBytes(): number {
    return this.#lastBytes;
  }

  bytes(): void {
    this.#lastBytes = Date.now();
  }

  /** The host is lost. */
  lost(): void {
    const { notice, words } = this.#parts;
    this.#wasLost = true;
    notice.show(words.lost, { stays: true });
  }

  heard(note: ConsoleNews): void {
    const { company, notice, words } = this.#parts;
    switch (note.note) {
      case 'attached':
        company.attached(note);
        this.#greet(Date.now());
        return;
      case 'writer':
        this.#writer(note);
        return;
      case 'joined':
      case 'left':
        company.changed(note);
        notice.show(words[note.note](note.who.label));
        return;
      case 'skipped':
        notice.show(words.skipped(note.bytes));
        return;
      case 'state':
        this.#stateIs(note);
        return;
      case 'painted':
        notice.painted();
        return;
      case 'ended':
      case 'resized':
      case 'screen':
        return;
    }
  }

  /** Twice is harmless. */
  dispose(): void {
    if (this.#greetingTimer !== null) clearTimeout(this.#greetingTimer);
  }

  #writer(note: Extract<ConsoleNews, { note: 'writer' }>): void {
    const { company, notice, words } = this.#parts;
    const wrote = company.writes;
    company.writer =
      note.attachment === null ? null : { attachment: note.attachment, label: note.label ?? '?' };
    if (company.writes) {
      if (!wrote) notice.show(words.youWrite);
    } else if (company.writer === null) {
      notice.show(company.mayType ? words.freedForYou : words.freed);
    } else if (wrote) {
      notice.show(words.taken(company.writer.label));
    }
  }

  #stateIs(note: Extract<ConsoleNews, { note: 'state' }>): void {
    const { domain, notice, words } = this.#parts;
    const detached = note.console !== 'attached';
    if (detached && !this.#detached && note.state !== 'rebooting') {
      this.#detached = true;
      notice.show(note.console === 'locked' ? words.locked(domain) : words.off(domain), { stays: true });
    } else if (!detached && this.#detached) {
      this.#detached = false;
      notice.clear();
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
    const { domain, hosts, company, notice, words } = this.#parts;
    const console = hosts.find(domain)?.view.console;
    this.#detached = console !== undefined && console !== 'attached';
    const hello = this.#wasLost
      ? words.back
      : words.greeting(domain, company.writes, company.writer?.label ?? null, company.others);
    this.#wasLost = false;
    const absent = console === 'locked' ? words.locked(domain) : words.off(domain);
    notice.show(this.#detached ? [hello, absent] : hello, { stays: this.#detached });
  }
}
