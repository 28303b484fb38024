import type { Action } from '../policy/actions.js';
import type { EscapeKey } from '../policy/escape-key.js';
import type { BootProfileName, CustomerName, DomainName, Fingerprint, ImageName } from '../policy/names.js';
import type { LogEffect, LogFact } from './log-port.js';
import type { MenuDomain, MenuOperation } from './menu-domain.js';
import type { UsageGraph } from './usage-graph.js';

/**
 * The port between a menu and the gate around it. A menu is `(state, message) -> (state, effects)`: facts
 * arrive as messages, and requests leave as effects, which the gate carries out in one place. A painted
 * choice never gives permission.
 */

export interface MenuKey {
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly comment: string;
  readonly addedAt: number;
  readonly lastUsedAt: number | null;
  /** When the key stops working; null for never. */
  readonly expiresAt: number | null;
  /** Whether this connection uses the key. */
  readonly inUse: boolean;
}

/** One line of the customer's own activity, in words for the customer. */
export interface MenuActivity {
  readonly at: number;
  readonly text: string;
}

/** Where the customer is told by mail what happens. */
export interface MenuNotices {
  readonly address: string | null;
  readonly on: boolean;
  /** An address that waits for its code; null: none. */
  readonly asked: { readonly address: string; readonly until: number } | null;
}

export type NoticeChange = 'on' | 'off' | 'test' | 'forget';

/** How the menu is drawn. The gate stores it for each customer. */
export interface MenuPreferences {
  readonly charset: 'utf-8' | 'ascii';
  readonly colour: boolean;
}

/** A preference to change for all later logins, after a question. */
export type Setting =
  | { readonly of: 'charset'; readonly to: MenuPreferences['charset'] }
  | { readonly of: 'colour'; readonly to: boolean }
  | { readonly of: 'escape'; readonly to: EscapeKey };

/** The initial facts of a menu. */
export interface MenuStart {
  readonly customer: CustomerName;
  /** The service's name from the settings, shown in the title bar. */
  readonly site: string;
  /** Printable lines of the message of the day. */
  readonly motd: readonly string[];
  /** The sentence at the top during maintenance; null otherwise. */
  readonly maintenance: string | null;
  readonly preferences: MenuPreferences;
  /** This key, then a dot, leaves a console. */
  readonly escape: EscapeKey;
  /** Whether a start leads to the console: somebody looks at a screen, and no program types. */
  readonly followsStart: boolean;
  readonly domains: readonly MenuDomain[];
  /** The domain that the login named: its page is the first, with no list behind it. Null otherwise. */
  readonly only: DomainName | null;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
  /** Whether the gate knows what servers used. */
  readonly hasGraphs?: boolean;
  /** Whether the customer may have notices by mail. */
  readonly hasNotices?: boolean;
}

/** The actions that become an operation of dom0. */
export type OperateAction = Extract<
  Action,
  'start' | 'shutdown' | 'poweroff' | 'reboot' | 'rescue' | 'normal' | 'reinstall'
>;

/** The values that a customer chose for a boot, by the parameters' names. */
export type Chosen = Readonly<Record<string, string>>;

/** What the commands by exec print, for a menu of lines. */
export type Printed =
  | { readonly what: 'screen' | 'graph'; readonly domain: DomainName }
  | { readonly what: 'recordings' };

/** A menu's requests to the gate. */
export type Effect =
  | {
      readonly effect: 'operate';
      readonly action: OperateAction;
      readonly domain: DomainName;
      /** Of a reinstallation the image. */
      readonly profile: BootProfileName | ImageName | null;
      /** After how many seconds a rescue ends; missing: as usual. */
      readonly forSeconds?: number;
      /** The values that the customer chose; missing when there was nothing to choose. */
      readonly choice?: Chosen;
    }
  /** Give the rescue of the domain one more hour. */
  | { readonly effect: 'extend'; readonly domain: DomainName }
  /**
   * Lend the terminal to the console. The menu gets it back with the `console-left` fact. `boot`: it begins
   * with the output of the running boot, from its first byte.
   */
  | {
      readonly effect: 'console';
      readonly domain: DomainName;
      readonly mode: 'write' | 'watch';
      readonly boot?: true;
    }
  | { readonly effect: 'list-keys' }
  | { readonly effect: 'add-key'; readonly text: string }
  | { readonly effect: 'remove-key'; readonly fingerprint: Fingerprint }
  | { readonly effect: 'list-activity' }
  | { readonly effect: 'list-notices' }
  | { readonly effect: 'change-notices'; readonly change: NoticeChange }
  /** An address to send notices to, or the code that was sent to one. */
  | { readonly effect: 'tell-notices'; readonly of: 'address' | 'confirm'; readonly text: string }
  /** Asked for a server's page, and again once a minute while it is shown. */
  | { readonly effect: 'usage'; readonly domain: DomainName }
  /** Answered with one `printed`, whatever becomes of it. */
  | { readonly effect: 'print'; readonly printed: Printed }
  | LogEffect
  | { readonly effect: 'prefer'; readonly preferences: MenuPreferences }
  | { readonly effect: 'choose-escape'; readonly escape: EscapeKey }
  | { readonly effect: 'quit' };

/** What the gate tells a menu. */
export type Fact =
  /** All domains of this customer, sent whenever anything in the list changes. */
  /** `now` when an age or an operation counts up: then no `tick` follows. Milliseconds since 1970. */
  | { readonly fact: 'domains'; readonly domains: readonly MenuDomain[]; readonly now?: number }
  /** dom0 accepted an operate effect. */
  | { readonly fact: 'accepted'; readonly domain: DomainName; readonly action: Action }
  /** An operation of this customer's menu has ended. */
  | { readonly fact: 'ended'; readonly domain: DomainName; readonly operation: MenuOperation }
  /**
   * An effect was refused, or nobody knows what came of it. The sentence stays until the next key. With `domain`,
   * the menu waits for no boot of that one any more.
   */
  | { readonly fact: 'refused'; readonly message: string; readonly domain?: DomainName }
  /** News, such as an added key or an announcement. */
  | { readonly fact: 'notice'; readonly message: string }
  /** Maintenance begins, changes its sentence, or ends (null). */
  | { readonly fact: 'maintenance'; readonly message: string | null }
  | { readonly fact: 'keys'; readonly keys: readonly MenuKey[] }
  | { readonly fact: 'notices'; readonly notices: MenuNotices }
  | { readonly fact: 'activity'; readonly activity: readonly MenuActivity[] }
  /** Null: nothing is known. */
  | { readonly fact: 'usage'; readonly domain: DomainName; readonly graph: UsageGraph | null }
  /** What was to be printed, or the sentence that refuses it. */
  | { readonly fact: 'printed'; readonly lines: readonly string[] }
  | LogFact
  /** The console has returned the terminal; `message` gives the reason, if there is one to tell. */
  | { readonly fact: 'console-left'; readonly domain: DomainName; readonly message: string | null }
  | { readonly fact: 'size'; readonly columns: number; readonly rows: number }
  /** Sent once a second while the screen shows an age or progress. */
  | { readonly fact: 'tick'; readonly now: number };

/** The customer's terminal, as a menu uses it. */
export interface MenuTerminal {
  /** A name from the allow-list, never the client's text. */
  readonly term: string;
  columns: number;
  rows: number;
  write(data: string | Uint8Array): void;
  /** @returns a function that stops listening */
  onInput(listener: (data: Buffer) => void): () => void;
  onResize(listener: (columns: number, rows: number) => void): () => void;
  /** Runs work that keys or sizes cause: at once, or when it is the customer's turn. Missing: always at once. */
  inTurn?(work: () => void): void;
  /** Called when input has ended. A plain menu then leaves; another menu waits to be disposed of. */
  onEnd?(listener: () => void): () => void;
}

/** Carries out an effect. It never throws, and answers with facts. */
export type Perform = (effect: Effect) => void;

/**
 * A menu on a terminal. Use `openFullScreenMenu` or `openPlainMenu`; both share one state and one `update`.
 */
export interface OpenMenu {
  tell(fact: Fact): void;
  /** Stops reading and painting: the terminal belongs to another user of it (a console). */
  suspend(): void;
  /** Takes the terminal back and paints everything again. */
  resume(): void;
  /** Nobody has touched it for a while: lets go what can be made again. The screen stays as it is. */
  rest(): void;
  /** Restores the terminal and releases it. Calling it twice is harmless. */
  dispose(): void;
}
