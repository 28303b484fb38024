import type { LogEffect, LogFact, LogGo } from '../../../menus/log-port.js';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Identity } from '../session/identity.js';
import type { Revocation, Tracked } from '../access/revocation.js';
import type { Terminal } from '../session/terminal.js';
import type { LogAccess } from './log-access.js';
import type { OpenedLog } from './opened-log.js';
import { LogFollower } from './log-follower.js';
import { aboutOf, LogPager } from './log-pager.js';
import { LogPages } from './log-pages.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import { TurnTaker } from '../scheduling/turn-taker.js';
import type { SearchQueue } from './search-queue.js';
import * as say from './log-words.js';

export interface MenuLogParts {
  readonly access: LogAccess;
  readonly revocation: Pick<Revocation, 'track'>;
  readonly searches: SearchQueue;
  /** In which pages are read and searched. */
  readonly turns: CustomerTurns;
}

/** What a menu is told; `refused` stays on its screen until a key. */
type Told = LogFact | { readonly fact: 'refused' | 'notice'; readonly message: string };

/** A log that is open. */
interface Open {
  readonly log: OpenedLog;
  readonly pages: LogPages;
  readonly pager: LogPager;
  readonly turns: TurnTaker;
  readonly tracked: Tracked;
}

/**
 * One customer's menu with a log open: asks the host for what the menu wants, and tells the menu when it
 * comes.
 */
export class MenuLog {
  readonly #parts: MenuLogParts;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #tell: (fact: Told) => void;
  #open: Open | null = null;
  #follower: LogFollower | null = null;
  #search: AbortController | null = null;
  /** Counts the requests for a whole new place in the log: only the last one counts. */
  #turn = 0;

  constructor(parts: MenuLogParts, identity: Identity, terminal: Terminal, tell: (fact: Told) => void) {
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#tell = tell;
  }

  async perform(effect: LogEffect): Promise<void> {
    switch (effect.effect) {
      case 'log':
        return this.#go(effect.domain, effect.where);
      case 'log-find':
        return this.#find(effect);
      case 'log-give-up':
        this.#giveUp();
        return;
      case 'log-follow':
        this.#follower?.stop();
        this.#follower = null;
        if (effect.follow) this.#follow(effect.domain);
        return;
      case 'log-switch':
        return this.#switch(effect.domain, effect.keep);
      case 'log-close':
        this.close();
    }
  }

  /** Call it when nobody reads the log any more; twice is harmless. */
  close(): void {
    const open = this.#open;
    this.#open = null;
    this.#turn += 1;
    this.#giveUp();
    this.#follower?.stop();
    this.#follower = null;
    if (open === null) return;
    open.tracked.forget();
    open.turns.leave();
    this.#parts.access.close(open.log);
  }

  async #go(domain: DomainName, where: LogGo): Promise<void> {
    const open = this.#opened(domain);
    if (open === null) return;
    // The menu takes a piece that joins on, or drops it, by its position.
    const joins = where.go === 'before' || where.go === 'after';
    if (!joins) {
      this.#turn += 1;
      this.#giveUp();
    }
    const turn = this.#turn;
    const piece = await open.pager.go(where);
    if (!this.#canTell(open) || (!joins && turn !== this.#turn)) return;
    if (isRefusal(piece)) this.#refused(piece);
    else if (piece !== null) this.#tell({ fact: 'log', domain, where: where.go, piece });
    else
      this.#tell({
        fact: 'log-missing',
        domain,
        what: where.go === 'later-boot' ? 'later-boot' : 'earlier-boot',
      });
  }

  async #find({ domain, text, position, back }: Extract<LogEffect, { effect: 'log-find' }>): Promise<void> {
    const open = this.#opened(domain);
    if (open === null) return;
    this.#turn += 1;
    this.#giveUp();
    const search = new AbortController();
    this.#search = search;
    const found = await open.pager.find(text, position, back, search.signal);
    if (search.signal.aborted || !this.#canTell(open)) return;
    this.#search = null;
    if (isRefusal(found)) this.#refused(found);
    else if (found === null) this.#tell({ fact: 'log-missing', domain, what: 'text' });
    else this.#tell({ fact: 'log-found', domain, ...found });
  }

  #giveUp(): void {
    this.#search?.abort();
    this.#search = null;
  }

  #follow(domain: DomainName): void {
    const open = this.#opened(domain);
    if (open === null) return;
    const { access } = this.#parts;
    const follower = new LogFollower(open.log, open.pages, open.pager, this.#terminal, access);
    this.#follower = follower;
    const told = (fact: Told): void => {
      if (this.#follower === follower && this.#canTell(open)) this.#tell(fact);
    };
    follower
      .run(domain, told, () => open.tracked.canAct())
      .then(
        (message) => {
          if (this.#follower !== follower) return;
          const moved = this.#canTell(open) ? access.moved(open.log) : null;
          if (moved !== null) {
            open.turns.leave();
            this.#open = this.#onHost(moved, open.tracked);
            this.#tell({ fact: 'notice', message: say.moved(domain, moved.host.name) });
            this.#follow(domain);
            return;
          }
          if (message !== null) told({ fact: 'log-rests', domain, message });
          this.#follower = null;
        },
        () => {
          told({ fact: 'log-rests', domain, message: say.restsByFault });
        },
      );
  }

  async #switch(domain: DomainName, keep: boolean): Promise<void> {
    const no = await this.#parts.access.switch(this.#identity, domain, keep);
    if (no !== null) {
      this.#refused(no);
      return;
    }
    this.#tell({ fact: 'notice', message: say.switched(domain, keep) });
    const open = this.#open;
    if (open === null) return;
    const page = await open.pages.page({ bytes: 1 });
    if (this.#canTell(open) && !isRefusal(page))
      this.#tell({ fact: 'log-about', domain, about: aboutOf(page.head) });
  }

  /** Opens the log, if it is not open yet. @returns null when it may not be read */
  #opened(domain: DomainName): Open | null {
    // When the log may be read no more, `end` below tells the menu.
    if (this.#open?.log.demanded.domain === domain) return this.#open.tracked.canAct() ? this.#open : null;
    this.close();
    const opened = this.#parts.access.open(this.#identity, domain);
    if (isRefusal(opened)) {
      this.#tell({ fact: 'log-left', domain, message: shownRefusal(opened) });
      return null;
    }
    const tracked = this.#parts.revocation.track({
      identity: this.#identity,
      needs: () => ({ action: 'log', domain }),
      end: (sentence) => {
        this.close();
        this.#tell({ fact: 'log-left', domain, message: sentence });
      },
    });
    const open = this.#onHost(opened, tracked);
    this.#open = open;
    void this.#tellMissing(domain, open);
    return open;
  }

  /** Tells once which part of the log is on a host that cannot be asked. */
  async #tellMissing(domain: DomainName, open: Open): Promise<void> {
    const joined = await open.pages.joined();
    if (isRefusal(joined) || !this.#canTell(open)) return;
    for (const message of say.missingPart(domain, joined.missing)) this.#tell({ fact: 'notice', message });
  }

  #onHost(log: OpenedLog, tracked: Tracked): Open {
    const pages = new LogPages(log, () => this.#parts.access.joined(log));
    const turns = new TurnTaker(this.#parts.turns, this.#identity.customer);
    const pager = new LogPager(pages, this.#parts.searches, (work) => turns.take(work));
    return { log, pages, pager, turns, tracked };
  }

  /** When a host answers, another log may be open, or the customer may not read this one any more. */
  #canTell(open: Open): boolean {
    return this.#open === open && open.tracked.canAct();
  }

  #refused({ message }: Refusal): void {
    this.#tell({ fact: 'refused', message });
  }
}
