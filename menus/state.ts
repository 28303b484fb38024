import type { Action } from '../policy/actions.js';
import type { EscapeKey } from '../policy/escape-key.js';
import type { BootProfileName, CustomerName, DomainName, Fingerprint } from '../policy/names.js';
import type { LogView, Need } from './log-view.js';
import type {
  Effect,
  MenuActivity,
  MenuDomain,
  MenuKey,
  MenuPreferences,
  MenuStart,
  OperateAction,
  Setting,
} from './port.js';

/** What the customer looks at. `selected` is an entry's id, so that a list that changes does not move the choice. */
export type Page =
  | { readonly page: 'list'; readonly selected: string }
  | { readonly page: 'domain'; readonly domain: DomainName; readonly selected: string }
  | { readonly page: 'rescue'; readonly domain: DomainName; readonly selected: string }
  | { readonly page: 'keys'; readonly selected: string }
  /** `discarding`: a private key came; all is thrown away until the customer leaves. */
  | { readonly page: 'add-key'; readonly text: string; readonly discarding: boolean }
  | LogPage
  | { readonly page: 'activity'; readonly top: number }
  | { readonly page: 'help'; readonly top: number };

/** The log of a console. */
export interface LogPage {
  readonly page: 'log';
  readonly domain: DomainName;
  /** Null until it came. */
  readonly view: LogView | null;
  /** The piece that was asked for and has not come. */
  readonly asked: Need;
  readonly follow: boolean;
  /** What is being typed to be looked for; null when nothing is. */
  readonly typing: string | null;
  /** What was looked for last. */
  readonly text: string | null;
  readonly searching: boolean;
}

/** A question over the page; nothing happens before it is answered. */
export type Dialog =
  | { readonly ask: 'yes'; readonly action: OperateAction; readonly domain: DomainName }
  | {
      readonly ask: 'name';
      readonly action: OperateAction;
      readonly domain: DomainName;
      readonly profile: BootProfileName | null;
      readonly typed: string;
      readonly wrong: boolean;
    }
  | { readonly ask: 'remove-key'; readonly fingerprint: Fingerprint }
  /** Of the key in use: a word is typed, which nothing that is pasted by mistake holds. */
  | {
      readonly ask: 'remove-used-key';
      readonly fingerprint: Fingerprint;
      readonly typed: string;
      readonly wrong: boolean;
    }
  /** What stays so at every later login. */
  | { readonly ask: 'setting'; readonly setting: Setting }
  | { readonly ask: 'switch-log'; readonly domain: DomainName; readonly keep: boolean };

/** A question that is answered by typing. */
export type TypedDialog = Extract<Dialog, { readonly typed: string }>;

export function isTyped(dialog: Dialog | null): dialog is TypedDialog {
  return dialog !== null && 'typed' in dialog;
}

/** What is to be typed for a yes. */
export function wordFor(dialog: TypedDialog): string {
  return dialog.ask === 'name' ? dialog.domain : REMOVE_WORD;
}

const REMOVE_WORD = 'remove';

/** An operation asked for and not yet answered. */
export interface Asked {
  readonly domain: DomainName;
  readonly action: OperateAction;
  readonly profile: BootProfileName | null;
  readonly at: number;
}

/**
 * What goes on by itself after a "power off now" that cut short what this menu had asked for: a rescue boot whose guest
 * would not shut down is still wanted. The customer has confirmed both.
 */
export interface Plan {
  readonly domain: DomainName;
  readonly action: Extract<OperateAction, 'rescue' | 'normal' | 'start'>;
  readonly profile: BootProfileName | null;
  /** The power-off has ended. */
  readonly ready: boolean;
}

export interface MenuState {
  readonly customer: CustomerName;
  readonly site: string;
  readonly motd: readonly string[];
  readonly maintenance: string | null;
  readonly preferences: MenuPreferences;
  readonly escape: EscapeKey;
  readonly only: DomainName | null;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
  readonly domains: readonly MenuDomain[];
  /** Null until they were asked for and came. */
  readonly keys: readonly MenuKey[] | null;
  readonly activity: readonly MenuActivity[] | null;
  /** The way here; the last is shown. Never empty. */
  readonly pages: readonly Page[];
  readonly dialog: Dialog | null;
  /** What went wrong; stays until a key. */
  readonly problem: string | null;
  readonly notice: string | null;
  readonly asked: Asked | null;
  /** The last operation of this menu that dom0 accepted. */
  readonly accepted: Asked | null;
  /** The domain whose rescue boot shall be shown on its console as soon as it begins. */
  readonly follow: { readonly domain: DomainName; readonly begun: boolean } | null;
  readonly plan: Plan | null;
  /** The console that was asked for; until it comes or is refused, keys are nobody's: they were meant for it. */
  readonly calling: DomainName | null;
  /** The terminal is a console's. */
  readonly lent: boolean;
  readonly closing: boolean;
  /** Raised when every cell is to be painted anew. */
  readonly generation: number;
}

/**
 * What comes to a menu besides facts. A `key` is one printable character or one of NAMED_KEYS; `choose` is
 * an entry's number as the plain menu counts; `line` is a whole typed line.
 */
export type Input =
  | { readonly input: 'key'; readonly key: string }
  | { readonly input: 'paste'; readonly text: string }
  /** Pasted without brackets, or typed by a program. `isLine`: one line with Enter behind it. */
  | { readonly input: 'burst'; readonly text: string; readonly isLine: boolean }
  | { readonly input: 'choose'; readonly number: number }
  | { readonly input: 'line'; readonly text: string }
  | { readonly input: 'lent'; readonly lent: boolean };

export const NAMED_KEYS = [
  'up',
  'down',
  'left',
  'right',
  'home',
  'end',
  'pageup',
  'pagedown',
  'enter',
  'escape',
  'backspace',
  'clear',
  'repaint',
  'interrupt',
  'eof',
] as const;

export type NamedKey = (typeof NAMED_KEYS)[number];

export interface Step {
  readonly state: MenuState;
  readonly effects: readonly Effect[];
}

const MOST_COLUMNS = 300;
const MOST_ROWS = 100;

/** A window's size as it can be painted; what is not a number is 80×24. */
export function clampSize(columns: number, rows: number): { columns: number; rows: number } {
  const clamp = (value: number, least: number, most: number, otherwise: number): number =>
    Number.isFinite(value) ? Math.min(most, Math.max(least, Math.trunc(value))) : otherwise;
  return { columns: clamp(columns, 20, MOST_COLUMNS, 80), rows: clamp(rows, 5, MOST_ROWS, 24) };
}

export function initialState(start: MenuStart): MenuState {
  return {
    customer: start.customer,
    site: start.site,
    motd: start.motd,
    maintenance: start.maintenance,
    preferences: start.preferences,
    escape: start.escape,
    only: start.only,
    ...clampSize(start.columns, start.rows),
    now: start.now,
    domains: start.domains,
    keys: null,
    activity: null,
    pages: [rootPage(start.domains, start.only)],
    dialog: null,
    problem: null,
    notice: firstNotice(start),
    asked: null,
    accepted: null,
    follow: null,
    plan: null,
    calling: null,
    lent: false,
    closing: false,
    generation: 0,
  };
}

/** The list shows the message of the day below itself; a domain's page and a low window have no room for it. */
const ROOMY_ROWS = 22;

function firstNotice(start: MenuStart): string | null {
  if (start.motd.length === 0) return null;
  const { page } = rootPage(start.domains, start.only);
  const below = start.rows - start.domains.length - start.motd.length;
  return page === 'list' && start.rows >= ROOMY_ROWS && below > 12 ? null : start.motd.join(' ');
}

/** Where a menu begins and Back ends: the only domain's page, else the list. */
export function rootPage(domains: readonly MenuDomain[], only: DomainName | null): Page {
  const single = domains.length === 1 ? domains[0]?.name : undefined;
  const domain = only ?? single;
  return domain === undefined ? { page: 'list', selected: '' } : { page: 'domain', domain, selected: '' };
}

export function currentPage(state: MenuState): Page {
  return state.pages.at(-1) ?? rootPage(state.domains, state.only);
}

export function findDomain(state: MenuState, name: DomainName): MenuDomain | undefined {
  return state.domains.find((domain) => domain.name === name);
}

/** The operation under way on a domain, null when it is at rest. */
export function underWay(domain: MenuDomain): MenuDomain['operation'] {
  const phase = domain.operation?.phase;
  return phase === 'queued' || phase === 'running' ? domain.operation : null;
}

/** Steps at which the guest is down already, and coming up again. */
const BOOTING: readonly string[] = ['creating', 'attaching-console', 'unpausing', 'undoing'];

/** Whether "power off now" belongs on the screen: something is under way that waits for the guest. */
export function waitsForGuest(domain: MenuDomain): boolean {
  const operation = underWay(domain);
  const slow: readonly Action[] = ['shutdown', 'reboot', 'rescue', 'normal'];
  return operation !== null && slow.includes(operation.action) && !BOOTING.includes(operation.step);
}
