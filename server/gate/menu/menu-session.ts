import { openFullScreenMenu } from '../../../menus/full-screen-menu.js';
import { openPlainMenu } from '../../../menus/plain-menu.js';
import type { MenuDomain } from '../../../menus/menu-domain.js';
import type { Effect, Fact, MenuPreferences, OpenMenu } from '../../../menus/port.js';
import type { CustomerName, DomainName } from '../../../policy/names.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { OwnNotices } from '../customer/own-notices.js';
import type { Activity } from '../customer/activity.js';
import { MenuLog } from '../console-log/menu-log.js';
import type { MenuLogParts } from '../console-log/menu-log.js';
import { ConsoleSession } from '../console/console-session.js';
import type { ConsoleParts } from '../console/console-attachment.js';
import { IdleWatch } from '../console/idle-watch.js';
import { ExecOutput } from '../exec/exec-output.js';
import type { Identity } from '../session/identity.js';
import type { OwnKeys } from '../customer/own-keys.js';
import type { MaintenanceWatch } from '../policy/maintenance-watch.js';
import { MenuDomains } from './menu-domains.js';
import type { MenuDomainsParts } from './menu-domains.js';
import { MenuNotices } from './menu-notices.js';
import { MenuKeys } from './menu-keys.js';
import { MenuReports } from './menu-reports.js';
import type { MenuReportsParts } from './menu-reports.js';
import { MenuOperations } from './menu-operations.js';
import type { MenuOperationsParts } from './menu-operations.js';
import type { SessionTerms } from '../access/session-terms.js';
import { SessionMenuTerminal } from './menu-terminal.js';
import type { HearingMenu, OpenMenus } from './open-menus.js';
import type { AskStanding } from '../access/standing.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';
import * as words from '../text/words.js';

interface Preferences {
  /** Null where the customer chose nothing. */
  get(customer: CustomerName): { readonly [K in keyof MenuPreferences]: MenuPreferences[K] | null };
  set(customer: CustomerName, preferences: MenuPreferences): void;
}

export interface MenuParts extends MenuDomainsParts, MenuOperationsParts, MenuReportsParts {
  readonly site: string;
  readonly motd: readonly string[];
  readonly keys: OwnKeys;
  readonly activity: Activity;
  readonly notices: OwnNotices;
  readonly console: ConsoleParts;
  readonly consoleLog: MenuLogParts;
  readonly openMenus: Pick<OpenMenus, 'enter' | 'leave'>;
  readonly maintenance: Pick<MaintenanceWatch, 'current'>;
  readonly standing: AskStanding;
  readonly preferences: Preferences;
  readonly terms: Pick<SessionTerms, 'menuIdleSeconds'>;
}

/**
 * One customer in the menu: tells the menu the facts, carries out its effects, lends the terminal to a
 * console and takes it back. Nothing here permits anything: each effect goes the same way as a command by
 * exec.
 */
export class MenuSession implements HearingMenu {
  readonly #parts: MenuParts;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #session: string | null;
  readonly #menuTerminal: SessionMenuTerminal;
  readonly #domains: MenuDomains;
  readonly #keys: MenuKeys;
  readonly #notices: MenuNotices;
  readonly #idle: IdleWatch;
  readonly #log: MenuLog;
  #stopClose: Unsubscribe | null = null;
  #menu: OpenMenu | null = null;
  #console: ConsoleSession | null = null;
  #finish: (status: number) => void = () => undefined;
  #over = false;

  /** @param session its id, for admins */
  constructor(parts: MenuParts, identity: Identity, terminal: Terminal, session: string | null = null) {
    this.#session = session;
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#menuTerminal = new SessionMenuTerminal(terminal, () => {
      this.#idle.touch();
      this.#domains.wake();
    });
    const tell = (fact: Fact): void => {
      this.#tell(fact);
    };
    this.#domains = new MenuDomains(parts, identity, tell, () => {
      this.#menu?.rest();
    });
    this.#keys = new MenuKeys(parts.keys, identity, tell);
    this.#notices = new MenuNotices(parts.notices, identity, tell);
    this.#log = new MenuLog(parts.consoleLog, identity, terminal, tell);
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
    return new Promise((resolve, reject) => {
      this.#stopClose = this.#terminal.onClose(() => {
        this.#close(1);
      });
      this.#finish = resolve;
      const domains = this.#domains.start();
      if (domains instanceof Promise)
        domains.then((made) => {
          if (!this.#over) this.#open(options.plain, made);
        }, reject);
      else this.#open(options.plain, domains);
    });
  }

  /** Ends it from outside: puts the terminal right and shows the sentence on it. */
  end(sentence: string): void {
    if (this.#console !== null) this.#console.end(sentence);
    this.#close(1);
    new ExecOutput(this.#terminal).say(sentence);
  }

  policyChanged(): void {
    this.#idle.review();
    // Answers are kept for one revision, and the menus of a customer share the new ones.
    this.#domains.soon();
  }

  windowsChanged(): void {
    this.#domains.soonAnew();
  }

  maintenanceChanged(): void {
    this.#tell({ fact: 'maintenance', message: this.#maintenance() });
    this.#domains.soonAnew();
  }

  announced(text: string): boolean {
    // A customer on a console reads it there.
    if (this.#console === null) this.#tell({ fact: 'notice', message: text });
    return this.#console === null;
  }

  #open(plain: boolean, domains: readonly MenuDomain[]): void {
    const { openMenus, console } = this.#parts;
    const { customer, domain } = this.#identity;
    const terminal = this.#terminal;
    openMenus.enter(this);
    const start = {
      customer,
      site: this.#parts.site,
      motd: this.#parts.motd,
      maintenance: this.#maintenance(),
      preferences: this.#preferences(),
      escape: console.consoleOptions.escapeKey(customer),
      // What a program types line by line would reach the guest.
      followsStart: terminal.hasPty,
      domains,
      only: domain,
      columns: terminal.columns,
      rows: terminal.rows,
      now: Date.now(),
      hasGraphs: this.#parts.ownUsage !== null,
      hasNotices: this.#notices.isOffered,
    };
    const perform = (effect: Effect): void => {
      // A fault in an effect must not reach the menu, which may still be at work.
      this.#perform(effect).catch((fault: unknown) => {
        this.#parts.log.error(
          { connection: this.#identity.connection, effect: effect.effect, err: fault },
          'menu.effect-failed',
        );
        this.#tell({ fact: 'refused', message: words.fault(this.#identity.connection).message });
      });
    };
    const lineByLine = plain || !terminal.hasPty || terminal.term === 'dumb';
    this.#menu = lineByLine
      ? openPlainMenu(this.#menuTerminal, start, perform, { echo: terminal.hasPty })
      : openFullScreenMenu(this.#menuTerminal, start, perform);
    // The first page may be a server's, whose graph is asked for with the first fact.
    if (start.hasGraphs) this.#tell({ fact: 'tick', now: start.now });
  }

  /** The sentence during maintenance; null otherwise. */
  #maintenance(): string | null {
    const row = this.#parts.maintenance.current;
    return row === null ? null : words.maintenance(row);
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
    const { activity, preferences } = this.#parts;
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
      case 'extend':
        return this.#operations().perform(effect);
      case 'console':
        return this.#lend(effect.domain, effect.mode, effect.boot === true);
      case 'list-keys':
      case 'add-key':
      case 'remove-key':
        this.#keys.perform(effect);
        return;
      case 'list-notices':
      case 'change-notices':
      case 'tell-notices':
        this.#notices.perform(effect);
        return;
      case 'list-activity': {
        const lines = activity.of(identity).map(({ at, text }) => ({ at: Date.parse(at), text }));
        this.#tell({ fact: 'activity', activity: lines });
        return;
      }
      case 'usage':
      case 'print':
        return this.#reports().perform(effect);
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

  // Both are made when they are needed: a menu that nobody touches keeps none.
  #operations(): MenuOperations {
    return new MenuOperations(this.#parts, this.#identity, this.#domains, (fact) => {
      this.#tell(fact);
    });
  }

  #reports(): MenuReports {
    const charset = (): MenuPreferences['charset'] => this.#preferences().charset;
    return new MenuReports(this.#parts, this.#identity, this.#terminal, charset, (fact) => {
      this.#tell(fact);
    });
  }

  async #lend(domain: DomainName, mode: 'write' | 'watch', fromBoot: boolean): Promise<void> {
    const menu = this.#menu;
    if (menu === null || this.#console !== null) return;
    menu.suspend();
    this.#domains.hide();
    const { console } = this.#parts;
    const [identity, terminal] = [this.#identity, this.#terminal];
    const session = new ConsoleSession(console, identity, terminal, domain, mode, fromBoot, this.#session);
    this.#console = session;
    const ending = await session.run().finally(() => {
      this.#takeBack(menu);
    });
    if (isRefusal(ending)) this.#tell({ fact: 'refused', message: shownRefusal(ending) });
    this.#tell({ fact: 'console-left', domain, message: isRefusal(ending) ? null : ending.message });
    if (!isRefusal(ending) && ending.rest !== undefined) this.#menuTerminal.typedAhead(ending.rest);
  }

  #takeBack(menu: OpenMenu): void {
    this.#console = null;
    this.#domains.show();
    this.#idle.touch();
    this.#idle.review();
    if (!this.#over) menu.resume();
  }

  #tell(fact: Fact): void {
    if (!this.#over) this.#menu?.tell(fact);
  }

  #close(status: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#domains.dispose();
    this.#idle.dispose();
    this.#parts.openMenus.leave(this);
    this.#stopClose?.();
    this.#log.close();
    this.#menu?.dispose();
    this.#finish(status);
  }
}
