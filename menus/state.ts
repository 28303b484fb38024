import type { Action } from '../policy/actions.js';
import type { BootProfileName, DomainName, Fingerprint, ImageName } from '../policy/names.js';
import type { LogView, Need } from './log-view.js';
import type { RescueTime } from './rescue-time.js';
import type { MenuDomain } from './menu-domain.js';
import type {
  Chosen,
  Effect,
  MenuActivity,
  MenuKey,
  MenuNotices,
  MenuStart,
  NoticeChange,
  OperateAction,
  Printed,
  Setting,
} from './port.js';
import type { UsageGraph } from './usage-graph.js';

/** A page of the menu. `selected` is an entry's id, so the selection stays when the list changes. */
export type Page =
  | { readonly page: 'list'; readonly selected: string }
  | { readonly page: 'domain'; readonly domain: DomainName; readonly selected: string }
  | { readonly page: 'rescue'; readonly domain: DomainName; readonly selected: string }
  | { readonly page: 'reinstall'; readonly domain: DomainName; readonly selected: string }
  | { readonly page: 'keys'; readonly selected: string }
  /** `discarding`: a private key was pasted, and everything is dropped until the customer leaves. */
  | { readonly page: 'add-key'; readonly text: string; readonly discarding: boolean }
  | LogPage
  | { readonly page: 'notices'; readonly selected: string }
  | { readonly page: 'notice-text'; readonly of: 'address' | 'confirm'; readonly text: string }
  | { readonly page: 'activity'; readonly top: number }
  | { readonly page: 'help'; readonly top: number };

/** The log of a console. */
export interface LogPage {
  readonly page: 'log';
  readonly domain: DomainName;
  /** Null until it arrives. */
  readonly view: LogView | null;
  /** The requested piece that has not arrived. */
  readonly asked: Need;
  readonly follow: boolean;
  /** The search text being typed; null when none is. */
  readonly typing: string | null;
  /** The last text searched. */
  readonly text: string | null;
  readonly searching: boolean;
}

/** A question over the page. Nothing happens before the answer. */
export type Dialog =
  | { readonly ask: 'yes'; readonly action: OperateAction; readonly domain: DomainName }
  | {
      readonly ask: 'name';
      readonly action: OperateAction;
      readonly domain: DomainName;
      /** Of a reinstallation the image. */
      readonly profile: BootProfileName | ImageName | null;
      /** The values that the customer chose; missing when there was nothing to choose. */
      readonly choice?: Chosen;
      /** How long the rescue lasts; missing where it has no end. */
      readonly time?: RescueTime;
      readonly typed: string;
      readonly wrong: boolean;
    }
  | { readonly ask: 'remove-key'; readonly fingerprint: Fingerprint }
  /** For the key in use, the customer types a word that nobody pastes by mistake. */
  | {
      readonly ask: 'remove-used-key';
      readonly fingerprint: Fingerprint;
      readonly typed: string;
      readonly wrong: boolean;
    }
  /** Changes all later logins. */
  | { readonly ask: 'setting'; readonly setting: Setting }
  | { readonly ask: 'switch-log'; readonly domain: DomainName; readonly keep: boolean };

/** A question that is answered by typing. */
export type TypedDialog = Extract<Dialog, { readonly typed: string }>;

export function isTyped(dialog: Dialog | null): dialog is TypedDialog {
  return dialog !== null && 'typed' in dialog;
}

/** The word to type for a yes. */
export function wordFor(dialog: TypedDialog): string {
  return dialog.ask === 'name' ? dialog.domain : REMOVE_WORD;
}

const REMOVE_WORD = 'remove';

/** A requested operation without an answer yet. */
export interface Asked {
  readonly domain: DomainName;
  readonly action: OperateAction;
  readonly profile: BootProfileName | ImageName | null;
  /** Whether the menu opens the console when it boots. */
  readonly console: boolean;
  /** After how many seconds a rescue ends; missing: as usual. */
  readonly forSeconds?: number;
  /** The values that the customer chose; missing when there was nothing to choose. */
  readonly choice?: Chosen;
  readonly at: number;
}

/**
 * The follow-up of a "power off now" that interrupted an operation of this menu. For example, a rescue boot
 * is still wanted when its guest would not shut down. The customer has confirmed both.
 */
export interface Plan {
  readonly domain: DomainName;
  readonly action: Extract<OperateAction, 'rescue' | 'normal' | 'start'>;
  readonly profile: BootProfileName | ImageName | null;
  readonly console: boolean;
  readonly forSeconds?: number;
  readonly choice?: Chosen;
  /** Whether the power-off has ended. */
  readonly ready: boolean;
}

/** A graph that was asked for. */
export interface ShownUsage {
  readonly domain: DomainName;
  readonly askedAt: number;
  readonly graph: UsageGraph | null;
}

export interface MenuState extends MenuStart {
  /** Null until requested and received. */
  readonly keys: readonly MenuKey[] | null;
  readonly activity: readonly MenuActivity[] | null;
  readonly notices: MenuNotices | null;
  /** The last 24 hours of the server whose page is or was shown last. `graph` is null until it arrives. */
  readonly usage: ShownUsage | null;
  /** The path to the current page, which is the last. Never empty. */
  readonly pages: readonly Page[];
  readonly dialog: Dialog | null;
  /** What went wrong; stays until the next key. */
  readonly problem: string | null;
  readonly notice: string | null;
  readonly asked: Asked | null;
  /** The last operation of this menu that dom0 accepted. */
  readonly accepted: Asked | null;
  /** The domain whose console the menu opens as soon as this action has it boot. */
  readonly follow: {
    readonly domain: DomainName;
    readonly action: OperateAction;
    readonly begun: boolean;
  } | null;
  readonly plan: Plan | null;
  /**
   * The requested console. Until it opens or is refused, other keys are dropped: the customer meant them for
   * it.
   */
  readonly calling: DomainName | null;
  /** Whether something to print is on its way. */
  readonly printing: boolean;
  /** Whether a console has the terminal. */
  readonly lent: boolean;
  readonly closing: boolean;
  /** Raised to paint every cell again. */
  readonly generation: number;
}

/**
 * Messages to a menu besides facts. A `key` is one printable character or one of NAMED_KEYS. `choose` is an
 * entry's number as the plain menu counts, and `entry` one by its id. `line` is a whole typed line.
 */
export type Input =
  | { readonly input: 'key'; readonly key: string }
  | { readonly input: 'paste'; readonly text: string }
  /** Text pasted without brackets, or typed by a program. `isLine`: one line that ends with Enter. */
  | { readonly input: 'burst'; readonly text: string; readonly isLine: boolean }
  | { readonly input: 'choose'; readonly number: number }
  | { readonly input: 'entry'; readonly id: string }
  | { readonly input: 'line'; readonly text: string }
  /** Words of the plain menu that no page has a choice for. */
  | { readonly input: 'print'; readonly printed: Printed }
  | { readonly input: 'switch-log'; readonly domain: DomainName; readonly keep: boolean }
  | { readonly input: 'notices'; readonly change: NoticeChange | 'confirm' }
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

/** Limits a window's size to one that can be painted. A value that is not a number becomes 80 or 24. */
export function clampSize(columns: number, rows: number): { columns: number; rows: number } {
  const clamp = (value: number, least: number, most: number, otherwise: number): number =>
    Number.isFinite(value) ? Math.min(most, Math.max(least, Math.trunc(value))) : otherwise;
  return { columns: clamp(columns, 20, MOST_COLUMNS, 80), rows: clamp(rows, 5, MOST_ROWS, 24) };
}

export function initialState(start: MenuStart): MenuState {
  return {
    ...start,
    ...clampSize(start.columns, start.rows),
    keys: null,
    activity: null,
    notices: null,
    usage: null,
    pages: [rootPage(start.domains, start.only)],
    dialog: null,
    problem: null,
    notice: firstNotice(start),
    asked: null,
    accepted: null,
    follow: null,
    plan: null,
    calling: null,
    printing: false,
    lent: false,
    closing: false,
    generation: 0,
  };
}

/** The list shows the message of the day below itself. A lower window, or a domain's page, has no room. */
const ROOMY_ROWS = 22;

function firstNotice(start: MenuStart): string | null {
  if (start.motd.length === 0) return null;
  const { page } = rootPage(start.domains, start.only);
  const below = start.rows - start.domains.length - start.motd.length;
  return page === 'list' && start.rows >= ROOMY_ROWS && below > 12 ? null : start.motd.join(' ');
}

/** The first page, where Back ends: the only domain's page, else the list. */
export function rootPage(domains: readonly MenuDomain[], only: DomainName | null): Page {
  const single = domains.length === 1 ? domains[0]?.name : undefined;
  const domain = only ?? single;
  return domain === undefined ? { page: 'list', selected: '' } : { page: 'domain', domain, selected: '' };
}

export function currentPage(state: MenuState): Page {
  return state.pages.at(-1) ?? rootPage(state.domains, state.only);
}

/** Whether a page asks for a text, so that nothing typed on it is a choice. */
export function asksForText(page: Page): page is Extract<Page, { page: 'add-key' | 'notice-text' }> {
  return page.page === 'add-key' || page.page === 'notice-text';
}

export function findDomain(state: MenuState, name: DomainName): MenuDomain | undefined {
  return state.domains.find((domain) => domain.name === name);
}

/** The running operation of a domain; null when there is none. */
export function underWay(domain: MenuDomain): MenuDomain['operation'] {
  const phase = domain.operation?.phase;
  return phase === 'queued' || phase === 'running' ? domain.operation : null;
}

/** Steps at which the guest is already down and starts again. */
const BOOTING: readonly string[] = ['creating', 'attaching-console', 'unpausing', 'undoing'];

/** Whether to offer "power off now": an operation is waiting for the guest. */
export function waitsForGuest(domain: MenuDomain): boolean {
  const operation = underWay(domain);
  const slow: readonly Action[] = ['shutdown', 'reboot', 'rescue', 'normal'];
  if (operation?.action === 'reinstall') return operation.step === 'shutting-down';
  return operation !== null && slow.includes(operation.action) && !BOOTING.includes(operation.step);
}
