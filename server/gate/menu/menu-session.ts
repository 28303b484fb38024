import { openFullScreenMenu } from '../../../menus/full-screen-menu.js';
import { openPlainMenu } from '../../../menus/plain-menu.js';
import type { Effect, Fact, MenuDomain, MenuPreferences, OpenMenu } from '../../../menus/port.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { Activity } from '../customer/activity.js';
import type { AuditNotifier } from '../audit/audit-notifier.js';
import { MenuLog } from '../console-log/menu-log.js';
import type { MenuLogParts } from '../console-log/menu-log.js';
import { ConsoleSession } from '../console/console-session.js';
import type { ConsoleParts } from '../console/console-attachment.js';
import { IdleWatch } from '../console/idle-watch.js';
import { ExecOutput } from '../exec/exec-output.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import type { OwnKeys } from '../customer/own-keys.js';
import type { Logger } from '../../wire/logger.js';
import type { MaintenanceWatch } from '../policy/maintenance-watch.js';
import { MenuClock } from './menu-clock.js';
import type { SessionTerms } from '../access/session-terms.js';
import { SessionMenuTerminal } from './menu-terminal.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import { menuOperation, OwnDomains } from '../customer/own-domains.js';
import type { OwnDomainsParts } from '../customer/own-domains.js';
import type { PolicyHolder } from '../policy/policy-holder.js';
import type { SlicedQueue } from '../scheduling/sliced-queue.js';
import type { AskStanding } from '../access/standing.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';
import type { WindowWatch } from '../policy/window-watch.js';
import * as words from '../text/words.js';

interface Preferences {
  get(customer: CustomerName): {
    readonly charset: 'utf-8' | 'ascii' | null;
    readonly colour: boolean | null;
  };
  set(customer: CustomerName, preferences: MenuPreferences): void;
}

export interface MenuParts {
  readonly site: string;
  readonly motd: readonly string[];
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly keys: OwnKeys;
  readonly activity: Activity;
  readonly ownDomains: OwnDomainsParts;
  readonly console: ConsoleParts;
  readonly consoleLog: MenuLogParts;
  readonly policy: Pick<PolicyHolder, 'onChange'>;
  readonly windows: Pick<WindowWatch, 'onChange'>;
  readonly maintenance: Pick<MaintenanceWatch, 'current' | 'onChange'>;
  readonly news: Pick<AuditNotifier, 'onNews'>;
  readonly standing: AskStanding;
  /** The queue in which all menus make their lists anew. */
  readonly refreshes: Pick<SlicedQueue, 'add'>;
  readonly preferences: Preferences;
  readonly terms: Pick<SessionTerms, 'menuIdleSeconds'>;
  readonly log: Logger;
}

/** News of the domains are told together, at most this often. Milliseconds. */
const TOGETHER = 200;

/**
 * One customer in the menu: tells the menu the facts, carries out its effects, lends the terminal to a
 * console and takes it back. Nothing here permits anything: each effect goes the same way as a command by
 * exec.
 */
export class MenuSession {
  readonly #parts: MenuParts;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #menuTerminal: SessionMenuTerminal;
  readonly #domains: OwnDomains;
  readonly #idle: IdleWatch;
  readonly #log: MenuLog;
  readonly #cleanup: Unsubscribe[] = [];
  #menu: OpenMenu | null = null;
  #console: ConsoleSession | null = null;
  #told: readonly MenuDomain[] = [];
  #pending: NodeJS.Timeout | null = null;
  readonly #clock = new MenuClock((now) => {
    this.#tell({ fact: 'tick', now });
  });
  #finish: (status: number) => void = () => undefined;
  #over = false;

  constructor(parts: MenuParts, identity: Identity, terminal: Terminal) {
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#menuTerminal = new SessionMenuTerminal(terminal, () => {
      this.#idle.touch();
    });
    this.#domains = new OwnDomains(parts.ownDomains, identity);
    this.#log = new MenuLog(parts.consoleLog, identity, terminal, (fact) => {
      this.#tell(fact);
    });
    this.#idle = new IdleWatch(
      // A console has its own idle limit.
      () => (this.#console === null ? parts.terms.menuIdleSeconds(identity.customer) : null),
      {
        warn: (seconds) => {
          this.#tell({ fact: 'notice', message: words.menuIdle(seconds) });
        },
        back: () => undefined,
        over: () => {
          this.end(words.menuIdleEnd);
        },
      },
    );
  }

  /** @returns the exit status, once the customer has left */
  run(options: { readonly plain: boolean }): Promise<number> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#open(options.plain);
    });
  }

  /** Ends it from outside: puts the terminal right and shows the sentence on it. */
  end(sentence: string): void {
    if (this.#console !== null) this.#console.end(sentence);
    this.#close(1);
    new ExecOutput(this.#terminal).say(sentence);
  }

  #open(plain: boolean): void {
    const { hosts, policy, windows, maintenance, news, console } = this.#parts;
    const { customer, domain } = this.#identity;
    const terminal = this.#terminal;
    this.#cleanup.push(
      hosts.onEvent(({ event }) => {
        // An operation shows in its domain, whose event comes as well.
        if (event.event === 'operation') return;
        if (!('name' in event) || this.#told.some(({ name }) => name === event.name)) this.#soon();
      }),
      policy.onChange(() => {
        this.#parts.refreshes.add(this.#reviewIdle);
        this.#soonAnew();
      }),
      windows.onChange(() => {
        this.#soonAnew();
      }),
      maintenance.onChange((row) => {
        this.#tell({ fact: 'maintenance', message: row === null ? null : words.maintenance(row) });
        this.#soonAnew();
      }),
      console.announcements.inMenu((text) => {
        // A customer on a console reads it there.
        if (this.#console === null) this.#tell({ fact: 'notice', message: text });
        return this.#console === null;
      }),
      news.onNews(({ customers, domains }) => {
        if (customers.has(customer) || this.#told.some(({ name }) => domains.has(name))) this.#soonAnew();
      }),
      terminal.onClose(() => {
        this.#close(1);
      }),
    );
    this.#told = this.#domains.list();
    const closed = maintenance.current;
    const start = {
      customer,
      site: this.#parts.site,
      motd: this.#parts.motd,
      maintenance: closed === null ? null : words.maintenance(closed),
      preferences: this.#preferences(),
      escape: console.consoleOptions.escapeKey(customer),
      domains: this.#told,
      only: domain,
      columns: terminal.columns,
      rows: terminal.rows,
      now: Date.now(),
    };
    const perform = (effect: Effect): void => {
      // A fault in an effect must not reach the menu, which may still be at work.
      this.#perform(effect).catch((fault: unknown) => {
        this.#parts.log.error(
          { connection: this.#identity.connection, effect: effect.effect, err: fault },
          'an effect failed',
        );
        this.#tell({ fact: 'refused', message: words.fault(this.#identity.connection).message });
      });
    };
    const lineByLine = plain || !terminal.hasPty || terminal.term === 'dumb';
    this.#menu = lineByLine
      ? openPlainMenu(this.#menuTerminal, start, perform, { echo: terminal.hasPty })
      : openFullScreenMenu(this.#menuTerminal, start, perform);
    this.#clock.watch(this.#told);
  }

  #preferences(): MenuPreferences {
    const { charset, colour } = this.#parts.preferences.get(this.#identity.customer);
    // A client that says nothing of it has UTF-8 nowadays; the menu's key for ASCII is remembered.
    return {
      charset: charset ?? (this.#terminal.utf8 === false ? 'ascii' : 'utf-8'),
      colour: colour ?? !this.#terminal.term.startsWith('vt'),
    };
  }

  async #perform(effect: Effect): Promise<void> {
    const { operations, keys, activity, preferences } = this.#parts;
    const identity = this.#identity;
    // Leaving needs no right. All else asks for standing first, in case nobody has noticed yet that it is
    // gone.
    const absent = effect.effect === 'quit' ? null : this.#parts.standing(identity);
    if (absent !== null) {
      this.end(absent.message);
      return;
    }
    switch (effect.effect) {
      case 'operate':
        return this.#operate(operations, effect);
      case 'console':
        return this.#lend(effect.domain, effect.mode);
      case 'list-keys':
        this.#tellKeys();
        return;
      case 'add-key': {
        const key = keys.add(identity, effect.text);
        if (isRefusal(key)) this.#tell({ fact: 'refused', message: key.message });
        else this.#tell({ fact: 'notice', message: `Added ${key.fingerprint}.` });
        this.#tellKeys();
        return;
      }
      case 'remove-key': {
        const key = keys.remove(identity, effect.fingerprint, { confirmed: true });
        if (isRefusal(key)) this.#tell({ fact: 'refused', message: key.message });
        else this.#tell({ fact: 'notice', message: `Removed ${key.fingerprint}.` });
        this.#tellKeys();
        return;
      }
      case 'list-activity': {
        const lines = activity.of(identity).map(({ at, text }) => ({ at: Date.parse(at), text }));
        this.#tell({ fact: 'activity', activity: lines });
        return;
      }
      case 'log':
      case 'log-find':
      case 'log-give-up':
      case 'log-follow':
      case 'log-switch':
      case 'log-close':
        return this.#log.perform(effect);
      case 'prefer':
        preferences.set(identity.customer, effect.preferences);
        return;
      case 'choose-escape':
        this.#parts.console.consoleOptions.chooseEscape(identity.customer, effect.escape.caret);
        return;
      case 'quit':
        this.#close(0);
        return;
    }
  }

  async #operate(
    operations: OperationDispatcher,
    effect: Extract<Effect, { effect: 'operate' }>,
  ): Promise<void> {
    const { action, domain, profile } = effect;
    const started = await operations.operate(this.#identity, { action, domain, profile });
    if (isRefusal(started)) {
      this.#tell({ fact: 'refused', message: shownRefusal(started) });
      return;
    }
    this.#tell({ fact: 'accepted', domain, action });
    this.#soon();
    const end = await started.ended;
    if (end.outcome === 'lost') {
      this.#tell({ fact: 'refused', message: words.outcomeLost(domain).message });
      return;
    }
    // The result is on the screen before the customer reads that it is over.
    this.#tellDomains();
    const operation = menuOperation(end.operation);
    // A customer who may not see the domain any more is told nothing of it.
    const seen = this.#told.some(({ name }) => name === domain);
    if (operation !== null && seen) this.#tell({ fact: 'ended', domain, operation });
  }

  async #lend(domain: DomainName, mode: 'write' | 'watch'): Promise<void> {
    const menu = this.#menu;
    if (menu === null || this.#console !== null) return;
    menu.suspend();
    this.#clock.stop();
    const session = new ConsoleSession(this.#parts.console, this.#identity, this.#terminal, domain, mode);
    this.#console = session;
    try {
      const ending = await session.run();
      this.#takeBack(menu);
      if (isRefusal(ending)) this.#tell({ fact: 'refused', message: shownRefusal(ending) });
      this.#tell({ fact: 'console-left', domain, message: isRefusal(ending) ? null : ending.message });
      if (!isRefusal(ending) && ending.rest !== undefined) this.#menuTerminal.typedAhead(ending.rest);
    } catch (fault) {
      this.#takeBack(menu);
      throw fault;
    }
    this.#soon();
  }

  #takeBack(menu: OpenMenu): void {
    this.#console = null;
    this.#idle.touch();
    this.#idle.review();
    if (!this.#over) menu.resume();
  }

  #tellKeys(): void {
    const keys = this.#parts.keys.list(this.#identity).map((key) => ({
      fingerprint: key.fingerprint,
      type: key.type,
      comment: key.comment,
      addedAt: Date.parse(key.addedAt),
      lastUsedAt: key.lastUsedAt === null ? null : Date.parse(key.lastUsedAt),
      expiresAt: key.expiresAt === null ? null : Date.parse(key.expiresAt),
      inUse: key.fingerprint === this.#identity.fingerprint,
    }));
    this.#tell({ fact: 'keys', keys });
  }

  #soonAnew(): void {
    this.#domains.forget();
    this.#soon();
  }

  #soon(): void {
    if (this.#over) return;
    this.#pending ??= setTimeout(() => {
      this.#parts.refreshes.add(this.#refresh);
    }, TOGETHER);
  }

  readonly #reviewIdle = (): void => {
    this.#idle.review();
  };

  readonly #refresh = (): void => {
    if (this.#pending !== null) this.#tellDomains();
  };

  #tellDomains(): void {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
    if (this.#over) return;
    try {
      this.#told = this.#domains.list();
    } catch (fault) {
      this.#parts.log.error(
        { connection: this.#identity.connection, err: fault },
        'the domains could not be listed',
      );
      return;
    }
    this.#tell({ fact: 'domains', domains: this.#told });
    if (this.#console === null) this.#clock.watch(this.#told);
  }

  #tell(fact: Fact): void {
    if (!this.#over) this.#menu?.tell(fact);
  }

  #close(status: number): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#clock.stop();
    this.#idle.dispose();
    for (const stop of this.#cleanup.splice(0)) stop();
    this.#log.close();
    this.#menu?.dispose();
    this.#finish(status);
  }
}
