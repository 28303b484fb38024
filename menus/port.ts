import type { Action } from '../policy/actions.js';
import type { DomainState } from '../policy/domain-state.js';
import type { EscapeKey } from '../policy/escape-key.js';
import type { BootProfileName, CustomerName, DomainName, Fingerprint } from '../policy/names.js';
import type { Recorded } from '../policy/recorded.js';
import type { RefusalCode } from '../policy/refusal.js';
import type { Role } from '../policy/roles.js';
import type { LogEffect, LogFact } from './log-port.js';

/**
 * The port between a menu and the gate around it. A menu is `(state, message) -> (state, effects)`: facts come in
 * as messages, requests go out as effects, and the gate carries them out in one place. What was painted
 * is never what permits.
 */

/** Whether an action may be chosen, as policy says now; asked again when it is chosen. */
export type Offer =
  | { readonly offered: true }
  | { readonly offered: false; readonly code: RefusalCode; readonly reason: string };

/** An operation under way or just ended, as the menu shows it. Times are milliseconds since the epoch. */
export interface MenuOperation {
  readonly id: string;
  readonly action: Action;
  readonly profile: BootProfileName | null;
  readonly phase: 'queued' | 'running' | 'done' | 'failed' | 'superseded';
  readonly step: string;
  readonly place: number;
  readonly startedAt: number;
  readonly deadlineAt: number | null;
  readonly by: CustomerName;
  /** The failure's sentence, when it failed. */
  readonly message: string | null;
}

export interface MenuProfile {
  readonly name: BootProfileName;
  readonly title: string;
  readonly disks: string;
  readonly hint: string;
  /** What is set for this domain of what the profile leaves open. */
  readonly parameters: readonly MenuParameter[];
  /** Why it cannot be chosen, null when it can. */
  readonly refused: string | null;
}

export interface MenuParameter {
  readonly title: string;
  /** Null while nobody has set it. */
  readonly value: string | null;
}

/** One domain of this customer, as last heard. `state` is null until dom0 has answered for the first time. */
export interface MenuDomain {
  readonly name: DomainName;
  readonly role: Role;
  readonly state: DomainState | null;
  readonly profile: BootProfileName | null;
  readonly since: number | null;
  /** When the toolstack was last asked; older than 5 s is shown with its age. */
  readonly seenAt: number | null;
  /** False when its Xen host does not answer. */
  readonly reachable: boolean;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  readonly cpuPercent: number | null;
  readonly profiles: readonly MenuProfile[];
  readonly operation: MenuOperation | null;
  /** An administrator of the host has its console to themselves. */
  readonly consoleLocked: boolean;
  /** The host where it is without being managed there: nothing can be done with it, and its state is that one's. */
  readonly elsewhere: { readonly host: string; readonly moving: boolean } | null;
  /** What would be recorded of a visit to its console. */
  readonly recorded: Recorded;
  readonly offers: Readonly<Record<Action, Offer>>;
}

export interface MenuKey {
  readonly fingerprint: Fingerprint;
  readonly type: string;
  readonly comment: string;
  readonly addedAt: number;
  readonly lastUsedAt: number | null;
  /** From then on it opens nothing; null: never. */
  readonly expiresAt: number | null;
  /** The key of this very connection. */
  readonly inUse: boolean;
}

/** One line of the customer's own activity, already in words that the customer may read. */
export interface MenuActivity {
  readonly at: number;
  readonly text: string;
}

/** How the menu is drawn; kept per customer. */
export interface MenuPreferences {
  readonly charset: 'utf-8' | 'ascii';
  readonly colour: boolean;
}

/** A preference that the customer is asked to change for every later login. */
export type Setting =
  | { readonly of: 'charset'; readonly to: MenuPreferences['charset'] }
  | { readonly of: 'colour'; readonly to: boolean }
  | { readonly of: 'escape'; readonly to: EscapeKey };

/** What a menu starts with. */
export interface MenuStart {
  readonly customer: CustomerName;
  /** The name of this service, from the settings: shown in the title bar. */
  readonly site: string;
  /** Lines of the message of the day, printable. */
  readonly motd: readonly string[];
  /** What stands at the top while maintenance is on. */
  readonly maintenance: string | null;
  readonly preferences: MenuPreferences;
  /** What leaves a console, with a dot behind it. */
  readonly escape: EscapeKey;
  readonly domains: readonly MenuDomain[];
  /** Set when the login named a domain: its page is the first, and there is no list behind it. */
  readonly only: DomainName | null;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
}

/** The actions that end in an operation of dom0. */
export type OperateAction = Extract<
  Action,
  'start' | 'shutdown' | 'poweroff' | 'reboot' | 'rescue' | 'normal'
>;

/** What a menu wants done. */
export type Effect =
  | {
      readonly effect: 'operate';
      readonly action: OperateAction;
      readonly domain: DomainName;
      readonly profile: BootProfileName | null;
    }
  /** Lend the terminal to the console; the menu gets it back with the `console-left` fact. */
  | { readonly effect: 'console'; readonly domain: DomainName; readonly mode: 'write' | 'watch' }
  | { readonly effect: 'list-keys' }
  | { readonly effect: 'add-key'; readonly text: string }
  | { readonly effect: 'remove-key'; readonly fingerprint: Fingerprint }
  | { readonly effect: 'list-activity' }
  | LogEffect
  | { readonly effect: 'prefer'; readonly preferences: MenuPreferences }
  | { readonly effect: 'choose-escape'; readonly escape: EscapeKey }
  | { readonly effect: 'quit' };

/** What a menu is told. */
export type Fact =
  /** The whole list of this customer's domains, each time anything in it changes. */
  | { readonly fact: 'domains'; readonly domains: readonly MenuDomain[] }
  /** An operate effect was accepted by dom0. */
  | { readonly fact: 'accepted'; readonly domain: DomainName; readonly action: Action }
  /** An operation of this customer's menu came to its end. */
  | { readonly fact: 'ended'; readonly domain: DomainName; readonly operation: MenuOperation }
  /** An effect was refused; the sentence stays until a key. */
  | { readonly fact: 'refused'; readonly message: string }
  /** Something worth a sentence: a key was added, an announcement. */
  | { readonly fact: 'notice'; readonly message: string }
  /** Maintenance begins, says something else, or ends (null). */
  | { readonly fact: 'maintenance'; readonly message: string | null }
  | { readonly fact: 'keys'; readonly keys: readonly MenuKey[] }
  | { readonly fact: 'activity'; readonly activity: readonly MenuActivity[] }
  | LogFact
  /** The console gave the terminal back; `message` says why, when there is something to say. */
  | { readonly fact: 'console-left'; readonly domain: DomainName; readonly message: string | null }
  | { readonly fact: 'size'; readonly columns: number; readonly rows: number }
  /** Once a second while anything on the screen shows an age or a progress. */
  | { readonly fact: 'tick'; readonly now: number };

/** The customer's end of the line, as a menu needs it. */
export interface MenuTerminal {
  /** From the allow-list; never what the client sent. */
  readonly term: string;
  columns: number;
  rows: number;
  write(data: string | Uint8Array): void;
  /** @returns a function that stops listening */
  onInput(listener: (data: Buffer) => void): () => void;
  onResize(listener: (columns: number, rows: number) => void): () => void;
  /** There will be no more input. A plain menu leaves then; without it, it waits to be disposed of. */
  onEnd?(listener: () => void): () => void;
}

/** Carries out what a menu wants; never throws, answers by facts. */
export type Perform = (effect: Effect) => void;

/**
 * A menu on a terminal: full-screen or plain. Made by `openFullScreenMenu` and `openPlainMenu`, which share one state and
 * one `update`.
 */
export interface OpenMenu {
  tell(fact: Fact): void;
  /** Stop reading and painting; the terminal is another's (a console's). */
  suspend(): void;
  /** Take the terminal back and paint everything again. */
  resume(): void;
  /** Put the terminal right and let go of it; twice is harmless. */
  dispose(): void;
}
