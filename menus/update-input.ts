import { COMMON_ESCAPE_KEYS } from '../policy/escape-key.js';
import type { DomainName, Fingerprint } from '../policy/names.js';
import { entriesOf, rescueProfiles, selectedIndex } from './entries.js';
import type { Choice, Entry } from './entries.js';
import type { MenuState, Page, Step } from './state.js';
import { asksForText, currentPage, findDomain, isTyped, waitsForGuest } from './state.js';
import { dialogKey, dialogTime, openDialog, operate } from './update-dialog.js';
import { addKeyKey, addKeyLine, addKeyPaste } from './update-add-key.js';
import { changeNotices, noticeTextKey, noticeTextLine, noticeTextPaste } from './update-notices.js';
import { logKey, logLine, logPaste, openLog } from './update-log.js';
import { AT_END, scroll } from './reading.js';
import { ONLY_KEY } from './key-words.js';
import { REINSTALL_NONE, RESCUE_NONE } from './operation-words.js';
import { NOT_PASTED, domainGone } from './words.js';
import type { Setting } from './port.js';

function still(state: MenuState): Step {
  return { state, effects: [] };
}

/** Handles one key. A key without a meaning on this page does nothing. */
export function pressKey(before: MenuState, key: string): Step {
  const dismisses =
    before.problem !== null && !isTyping(before) && ['enter', 'escape', ' ', 'q'].includes(key);
  const state = { ...before, problem: null, notice: null };
  if (key === 'repaint') return still({ ...before, generation: before.generation + 1 });
  if (state.calling !== null) {
    return still(key === 'escape' || key === 'interrupt' ? { ...state, calling: null } : before);
  }
  if (dismisses) return still(state);
  if (state.dialog !== null) return dialogKey(state, state.dialog, key);
  const page = currentPage(state);
  if (page.page === 'add-key') return addKeyKey(state, page, key);
  if (page.page === 'notice-text') return noticeTextKey(state, page, key);
  const ofLog = page.page === 'log' ? logKey(state, page, key) : null;
  if (ofLog !== null) return ofLog;
  return anyPageKey(state, key) ?? pageKey(state, page, key);
}

function isTyping(state: MenuState): boolean {
  if (state.dialog !== null) return isTyped(state.dialog);
  const page = currentPage(state);
  return asksForText(page) || (page.page === 'log' && page.typing !== null);
}

/** Pasted text goes only to a field being typed in; elsewhere it must never be taken for keys. */
export function pasteText(before: MenuState, text: string): Step {
  if (before.calling !== null) return still(before);
  const state = { ...before, problem: null, notice: null };
  if (isTyped(state.dialog)) {
    const name = text.trim();
    return Array.from(name).reduce<Step>(
      (step, character) =>
        step.state.dialog === null ? step : dialogKey(step.state, step.state.dialog, character),
      still(state),
    );
  }
  const page = currentPage(state);
  if (state.dialog === null && page.page === 'add-key') return addKeyPaste(state, page, text);
  if (state.dialog === null && page.page === 'notice-text') return noticeTextPaste(state, page, text);
  if (state.dialog === null && page.page === 'log' && page.typing !== null)
    return logPaste(state, page, text);
  return still({ ...before, notice: NOT_PASTED });
}

/** Handles text that came at once without paste brackets. Its final Enter counts only in a field. */
export function burstText(before: MenuState, text: string, isLine: boolean): Step {
  const page = currentPage(before);
  // A program sends the key that begins a search and the text together.
  if (page.page === 'log' && page.typing === null && before.dialog === null && text.startsWith('/'))
    return burstText(pressKey(before, '/').state, text.slice(1), isLine);
  const isAnswer = isLine && isTyping(before);
  const pasted = pasteText(before, text);
  return isAnswer ? pressKey(pasted.state, 'enter') : pasted;
}

/** Chooses an entry by its number, from 1: lists can be longer than there are digit keys. */
export function chooseNumber(before: MenuState, number: number): Step {
  const state = { ...before, problem: null, notice: null };
  const entry =
    state.dialog === null ? entriesOf(state).filter((one) => isNumbered(one))[number - 1] : undefined;
  return entry === undefined ? still(before) : choose(state, entry);
}

export function chooseEntry(before: MenuState, id: string): Step {
  const state = { ...before, problem: null, notice: null };
  const entry = state.dialog === null ? entriesOf(state).find((one) => one.id === id) : undefined;
  return entry === undefined ? still(before) : choose(state, entry);
}

function isNumbered(entry: Entry): boolean {
  return ['domain', 'profile', 'image', 'key', 'notices', 'notice-text'].includes(entry.choice.choose);
}

/** Handles a whole typed line: a name to confirm, a key to add. */
export function enterLine(before: MenuState, text: string): Step {
  const state = { ...before, problem: null, notice: null };
  if (isTyped(state.dialog)) {
    const timed = dialogTime(state, state.dialog, text);
    if (timed !== null) return timed;
    return dialogKey(state, { ...state.dialog, typed: text.trim(), wrong: false }, 'enter');
  }
  const page = currentPage(state);
  if (state.dialog === null && page.page === 'add-key') return addKeyLine(state, page, text);
  if (state.dialog === null && page.page === 'notice-text') return noticeTextLine(state, page, text);
  if (state.dialog === null && page.page === 'log') return logLine(state, page, text);
  return still(before);
}

/** Keys with the same meaning on every page. */
function anyPageKey(state: MenuState, key: string): Step | null {
  const { preferences } = state;
  switch (key) {
    case 'r':
      return still({ ...state, generation: state.generation + 1 });
    case 'u':
      return askSetting(state, { of: 'charset', to: preferences.charset === 'ascii' ? 'utf-8' : 'ascii' });
    case 'c':
      return askSetting(state, { of: 'colour', to: !preferences.colour });
    case 'e': {
      const at = COMMON_ESCAPE_KEYS.findIndex(({ byte }) => byte === state.escape.byte);
      const escape = COMMON_ESCAPE_KEYS[(at + 1) % COMMON_ESCAPE_KEYS.length] ?? state.escape;
      return askSetting(state, { of: 'escape', to: escape });
    }
    case '?':
      return currentPage(state).page === 'help' ? still(state) : openPage(state, 'help');
    case 'interrupt':
    case 'eof':
      return quit(state);
    case 'escape':
    case 'backspace':
    case 'left':
    case 'h':
      return still(goBack(state));
    default:
      return null;
  }
}

/** Asks first: a key pressed by mistake must not change later logins. */
function askSetting(state: MenuState, setting: Setting): Step {
  return still({ ...state, dialog: { ask: 'setting', setting } });
}

function pageKey(state: MenuState, page: Page, key: string): Step {
  if (page.page === 'activity' || page.page === 'help') {
    return key === 'q'
      ? still(goBack(state))
      : still(withPage(state, { ...page, top: scroll(state, page, key) }));
  }
  if (asksForText(page) || page.page === 'log') return still(state);
  const moved = move(state, page, key);
  if (moved !== null) return still(moved);
  const entries = entriesOf(state);
  const entry =
    entries.find((one) => one.key === key) ??
    (key === 'enter' || key === 'right' || key === 'l'
      ? entries[selectedIndex(entries, page.selected)]
      : undefined);
  if (entry !== undefined) return choose(withPage(state, { ...page, selected: entry.id }), entry);
  return otherKey(state, page, key);
}

/** Letters of a page besides the keys of its entries. */
function otherKey(state: MenuState, page: Page, key: string): Step {
  switch (page.page) {
    case 'domain': {
      const domain = findDomain(state, page.domain);
      if (key === 'p' && domain !== undefined && waitsForGuest(domain)) {
        return openDialog(state, 'poweroff', page.domain, null);
      }
      if (key === 's') return openPage(state, 'keys');
      if (key === 'a') return openPage(state, 'activity');
      return still(state);
    }
    case 'keys': {
      if (key === 'q') return still(goBack(state));
      const entries = entriesOf(state);
      const entry = entries[selectedIndex(entries, page.selected)];
      const removes = key === 'd' || key === 'x';
      return removes && entry?.choice.choose === 'key' ? choose(state, entry) : still(state);
    }
    case 'rescue':
    case 'notices':
    case 'reinstall':
      return still(key === 'q' ? goBack(state) : state);
    case 'list':
    case 'add-key':
    case 'notice-text':
    case 'log':
    case 'activity':
    case 'help':
      return still(state);
  }
}

type ListPage = Extract<Page, { selected: string }>;

function move(state: MenuState, page: ListPage, key: string): MenuState | null {
  const entries = entriesOf(state);
  const at = selectedIndex(entries, page.selected);
  const screen = Math.max(1, state.rows - 10);
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -screen,
    pagedown: screen,
    home: -entries.length,
    g: -entries.length,
    end: entries.length,
    G: entries.length,
  };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (step === undefined) return null;
  const to = entries[Math.min(entries.length - 1, Math.max(0, at + step))];
  return withPage(state, { ...page, selected: to?.id ?? page.selected });
}

function choose(state: MenuState, entry: Entry): Step {
  if (entry.refused !== null) return still({ ...state, problem: entry.refused });
  return carryOut(state, entry.choice);
}

function carryOut(state: MenuState, choice: Choice): Step {
  switch (choice.choose) {
    case 'domain':
      return still(pushPage(state, { page: 'domain', domain: choice.domain, selected: '' }));
    case 'action':
      return chooseAction(state, choice.domain, choice.action);
    case 'profile':
      return openDialog(state, 'rescue', choice.domain, choice.profile, choice.values);
    case 'image':
      return openDialog(state, 'reinstall', choice.domain, choice.image);
    case 'key':
      return askToRemove(state, choice.fingerprint);
    case 'add-key':
      return still(pushPage(state, { page: 'add-key', text: '', discarding: false }));
    case 'page':
      return openPage(state, choice.page);
    case 'notices':
      return changeNotices(state, choice.change);
    case 'notice-text':
      return still(pushPage(state, { page: 'notice-text', of: choice.of, text: '' }));
    case 'quit':
      return quit(state);
  }
}

function askToRemove(state: MenuState, fingerprint: Fingerprint): Step {
  const keys = state.keys ?? [];
  if (keys.length < 2) return still({ ...state, problem: ONLY_KEY });
  const inUse = keys.some((key) => key.inUse && key.fingerprint === fingerprint);
  return still({
    ...state,
    dialog: inUse
      ? { ask: 'remove-used-key', fingerprint, typed: '', wrong: false }
      : { ask: 'remove-key', fingerprint },
  });
}

function chooseAction(
  state: MenuState,
  name: DomainName,
  action: Extract<Choice, { choose: 'action' }>['action'],
): Step {
  const domain = findDomain(state, name);
  if (domain === undefined) return still({ ...state, problem: domainGone(name) });
  switch (action) {
    case 'console':
    case 'watch': {
      const mode = action === 'console' ? 'write' : 'watch';
      return { state: { ...state, calling: name }, effects: [{ effect: 'console', domain: name, mode }] };
    }
    case 'log':
      return openLog(state, name);
    case 'extend':
      return { state, effects: [{ effect: 'extend', domain: name }] };
    case 'start':
      return operate(state, 'start', name, null);
    case 'rescue':
      return rescueProfiles(domain).length === 0
        ? still({ ...state, problem: RESCUE_NONE })
        : still(pushPage(state, { page: 'rescue', domain: name, selected: '' }));
    case 'reinstall':
      return (domain.images ?? []).length === 0
        ? still({ ...state, problem: REINSTALL_NONE })
        : still(pushPage(state, { page: 'reinstall', domain: name, selected: '' }));
    case 'shutdown':
    case 'poweroff':
    case 'reboot':
    case 'normal':
      return openDialog(state, action, name, null);
  }
}

function openPage(state: MenuState, page: 'keys' | 'notices' | 'activity' | 'help'): Step {
  switch (page) {
    case 'notices':
      return { state: pushPage(state, { page, selected: '' }), effects: [{ effect: 'list-notices' }] };
    case 'keys':
      return { state: pushPage(state, { page, selected: '' }), effects: [{ effect: 'list-keys' }] };
    case 'activity':
      return { state: pushPage(state, { page, top: AT_END }), effects: [{ effect: 'list-activity' }] };
    case 'help':
      return still(pushPage(state, { page, top: 0 }));
  }
}

/** Pages do not pile up: opening a page that is already below returns to it. */
function pushPage(state: MenuState, page: Page): MenuState {
  const below = state.pages.findIndex((one) => one.page === page.page);
  const pages = below > 0 ? state.pages.slice(0, below) : state.pages;
  return { ...state, pages: [...pages, page] };
}

function goBack(state: MenuState): MenuState {
  return state.pages.length > 1 ? { ...state, pages: state.pages.slice(0, -1) } : state;
}

function withPage(state: MenuState, page: Page): MenuState {
  return { ...state, pages: [...state.pages.slice(0, -1), page] };
}

function quit(state: MenuState): Step {
  return { state: { ...state, closing: true }, effects: [{ effect: 'quit' }] };
}
