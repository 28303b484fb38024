import type { DomainName } from '../policy/names.js';
import type { LogFact, LogGo } from './log-port.js';
import {
  bottom,
  every,
  joinAfter,
  joinBefore,
  logHeight,
  lookedAt,
  needOf,
  openAround,
  openView,
  scrollRows,
  seenRows,
  seesEnd,
  settle,
} from './log-view.js';
import type { LogView } from './log-view.js';
import type { Effect } from './port.js';
import { currentPage, findDomain } from './state.js';
import type { LogPage, MenuState, Step } from './state.js';
import { LOG_BEGINS, LOG_NO_EARLIER, LOG_NO_LATER, LOG_NOTHING_SOUGHT, logNotFound } from './log-words.js';

/** Longer search texts are cut: nobody reads them on one line. */
const LONGEST_SOUGHT = 200;

function still(state: MenuState): Step {
  return { state, effects: [] };
}

export function openLog(state: MenuState, domain: DomainName): Step {
  const page: LogPage = {
    page: 'log',
    domain,
    view: null,
    asked: null,
    follow: false,
    typing: null,
    text: null,
    searching: false,
  };
  return { state: { ...state, pages: [...state.pages, page] }, effects: [go(page, { go: 'end' })] };
}

/** Handles a key on a log's page. @returns null for a key with the same meaning on every page */
export function logKey(state: MenuState, page: LogPage, key: string): Step | null {
  if (page.typing !== null) return typingKey(state, page, page.typing, key);
  if (key === 'q' || (key === 'escape' && !page.searching)) return still(leave(state));
  if (key === 'escape') {
    return { state: withPage(state, { ...page, searching: false }), effects: [{ effect: 'log-give-up' }] };
  }
  const { view } = page;
  if (view === null) return null;
  const rows = rowsBy(key, logHeight(state, view));
  if (rows !== null) return scroll(state, page, view, rows);
  switch (key) {
    case 'home':
    case 'g':
      return goTo(state, page, { go: 'start' });
    case 'end':
    case 'G':
      return goTo(state, page, { go: 'end' });
    case '[':
    case ']': {
      const position = lookedAt(view, state)?.from ?? view.to;
      return goTo(state, page, { go: key === '[' ? 'earlier-boot' : 'later-boot', position });
    }
    case '/':
      return still(withPage(state, { ...page, typing: '' }));
    case 'n':
    case 'N':
      return page.text === null
        ? still({ ...state, notice: LOG_NOTHING_SOUGHT })
        : find(state, page, view, page.text, key === 'n');
    case 'f':
      return follow(state, page, !page.follow);
    case 'o':
      return askSwitchLog(state, page.domain, !view.about.keeping);
    default:
      return null;
  }
}

/** Handles pasted text while a search text is being typed. */
export function logPaste(state: MenuState, page: LogPage, text: string): Step {
  return page.typing === null
    ? still(state)
    : still(withPage(state, { ...page, typing: sought(page.typing + text) }));
}

/** Searches for a whole line, as the plain menu reads it. */
export function logLine(state: MenuState, page: LogPage, text: string): Step {
  if (page.view === null || !text.startsWith('/')) return still(state);
  return find(state, page, page.view, sought(text.slice(1)), true);
}

export function logFact(state: MenuState, fact: LogFact): Step {
  const page = currentPage(state);
  if (page.page !== 'log' || page.domain !== fact.domain) return still(state);
  switch (fact.fact) {
    case 'log':
      return piece(state, page, fact);
    case 'log-found': {
      const view = openAround(fact.piece, fact.at, state);
      return fill(state, { ...page, view, asked: null, searching: false });
    }
    case 'log-missing': {
      const notice = missing(fact.what, page.text ?? '');
      return still({ ...withPage(state, { ...page, searching: false }), notice });
    }
    case 'log-about': {
      const view = page.view === null ? null : { ...page.view, about: fact.about };
      return still(withPage(state, { ...page, view }));
    }
    case 'log-rests':
      return still({ ...withPage(state, { ...page, follow: false }), notice: fact.message });
    case 'log-left':
      return still({ ...leave(state), problem: fact.message });
  }
}

/** After a refusal nothing more will arrive. A log that could not be opened is left. */
export function logRefused(state: MenuState): MenuState {
  const page = currentPage(state);
  if (page.page !== 'log') return state;
  return page.view === null ? leave(state) : withPage(state, { ...page, asked: null, searching: false });
}

/** The window's size has changed. */
export function logResized(state: MenuState): Step {
  const page = currentPage(state);
  if (page.page !== 'log' || page.view === null) return still(state);
  return fill(state, { ...page, view: settle(page.view, state) });
}

function typingKey(state: MenuState, page: LogPage, typing: string, key: string): Step {
  const type = (text: string | null): Step => still(withPage(state, { ...page, typing: text }));
  if (key === 'escape' || key === 'interrupt' || key === 'eof') return type(null);
  if (key === 'backspace') return type(typing === '' ? null : typing.slice(0, -1));
  if (key === 'clear') return type('');
  if (key !== 'enter') return Array.from(key).length === 1 ? type(sought(typing + key)) : still(state);
  const text = typing === '' ? page.text : typing;
  if (text === null || page.view === null) return type(null);
  return find(state, { ...page, typing: null }, page.view, text, true);
}

function sought(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').slice(0, LONGEST_SOUGHT);
}

/**
 * Searches back from the found line, or from the foot of the screen. Searches forward from the found line, or
 * from its head.
 */
function find(state: MenuState, page: LogPage, view: LogView, text: string, back: boolean): Step {
  if (text === '') return still({ ...state, notice: LOG_NOTHING_SOUGHT });
  const again = page.text === text && view.mark !== null;
  const seen = seenRows(view, state);
  const lines = every(view);
  const marked = lines.find(({ from }) => from === view.mark);
  const position = back
    ? again
      ? marked?.from
      : lines[seen.at(-1)?.line ?? -1]?.to
    : again
      ? marked?.to
      : lines[seen[0]?.line ?? -1]?.from;
  return {
    state: withPage(state, { ...page, text, searching: true, follow: false }),
    effects: [
      ...unfollow(page),
      { effect: 'log-find', domain: page.domain, text, position: position ?? view.to, back },
    ],
  };
}

function scroll(state: MenuState, page: LogPage, view: LogView, by: number): Step {
  const back = by < 0;
  const next = scrollRows(view, by, state);
  const stuck = back && view.atStart && next.top.line === view.top.line && next.top.part === view.top.part;
  if (stuck) return still({ ...state, notice: LOG_BEGINS });
  // At the end there may be new lines.
  const atEnd = !back && seesEnd(view, state) && !page.follow;
  if (atEnd && page.asked === null) {
    const owing = { ...next, owed: by };
    return ask(state, { ...page, view: owing }, 'after');
  }
  const step = fill(state, { ...page, view: next, follow: page.follow && !back });
  return back && page.follow ? { ...step, effects: [...unfollow(page), ...step.effects] } : step;
}

function rowsBy(key: string, height: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    enter: 1,
    pageup: -height,
    pagedown: height,
    ' ': height,
  };
  return Object.hasOwn(steps, key) ? (steps[key] ?? null) : null;
}

function goTo(state: MenuState, page: LogPage, where: LogGo): Step {
  return {
    state: withPage(state, { ...page, follow: false, searching: false }),
    effects: [...unfollow(page), go(page, where)],
  };
}

function follow(state: MenuState, page: LogPage, on: boolean): Step {
  return {
    state: withPage(state, { ...page, follow: on, searching: false }),
    effects: [{ effect: 'log-follow', domain: page.domain, follow: on }],
  };
}

function unfollow({ domain, follow: follows }: LogPage): Effect[] {
  return follows ? [{ effect: 'log-follow', domain, follow: false }] : [];
}

/** Asks whether to switch a log off, or on. */
export function askSwitchLog(state: MenuState, domain: DomainName, keep: boolean): Step {
  const offer = findDomain(state, domain)?.offers['log-switch'];
  if (offer?.offered === false) return still({ ...state, problem: offer.reason });
  return still({ ...state, dialog: { ask: 'switch-log', domain, keep } });
}

function piece(state: MenuState, page: LogPage, fact: Extract<LogFact, { fact: 'log' }>): Step {
  const came = fact.piece;
  const { view } = page;
  switch (fact.where) {
    case 'end':
      return fill(state, { ...page, view: openView(came, null, state), asked: null });
    case 'start':
    case 'earlier-boot':
    case 'later-boot':
      return fill(state, { ...page, view: openView(came, came.from, state), asked: null });
    case 'before':
    case 'after': {
      if (view === null) return still(state);
      const joined = fact.where === 'before' ? joinBefore(view, came, state) : joinAfter(view, came, state);
      const asked = page.asked === fact.where ? null : page.asked;
      // The piece does not fit: the customer went elsewhere meanwhile, or the oldest lines have gone. The
      // next key asks again.
      if (joined === view) return still(withPage(state, { ...page, view: { ...view, owed: 0 }, asked }));
      const next = page.follow ? bottom(joined, state) : joined;
      return fill(state, { ...page, view: next, asked });
    }
  }
}

/** Asks for the lines that will soon be needed. */
function fill(state: MenuState, page: LogPage): Step {
  const need = page.view === null || page.asked !== null || page.follow ? null : needOf(page.view, state);
  return need === null ? still(withPage(state, page)) : ask(state, page, need);
}

function ask(state: MenuState, page: LogPage, need: 'before' | 'after'): Step {
  const position = (need === 'before' ? page.view?.from : page.view?.to) ?? 0;
  return {
    state: withPage(state, { ...page, asked: need }),
    effects: [go(page, { go: need, position })],
  };
}

function missing(what: Extract<LogFact, { fact: 'log-missing' }>['what'], text: string): string {
  switch (what) {
    case 'text':
      return logNotFound(text);
    case 'earlier-boot':
      return LOG_NO_EARLIER;
    case 'later-boot':
      return LOG_NO_LATER;
  }
}

function go({ domain }: LogPage, where: LogGo): Effect {
  return { effect: 'log', domain, where };
}

function withPage(state: MenuState, page: LogPage): MenuState {
  return { ...state, pages: [...state.pages.slice(0, -1), page] };
}

function leave(state: MenuState): MenuState {
  return { ...state, pages: state.pages.slice(0, -1) };
}
